//! Who hears that there is another list of tools: each era in its way, and nobody who was not promised it.

use super::*;

fn changing() -> Fake {
    Fake {
        changes: Some(watch::Sender::new(())),
        ..Fake::default()
    }
}

fn change(client: &Client) {
    client.fake.changes.as_ref().unwrap().send_replace(());
}

/// Everything that was sent before has been heard when this is answered.
async fn hears_nothing(client: &mut Client) {
    let answer = client.call("say", json!({})).await;
    assert_ne!(answer["result"]["isError"], true, "{answer}");
}

async fn listen(client: &mut Client, filter: Value) -> Value {
    let params = json!({ "notifications": filter });
    client.request(9, "subscriptions/listen", params).await;
    client.receive().await
}

const CHANGED: &str = "notifications/tools/list_changed";

#[tokio::test]
async fn an_older_client_is_promised_it_and_told() {
    for version in LEGACY {
        let mut client = Client::connect_to(version, changing());
        client.send(&initialize(version)).await;
        let hello = client.receive().await;
        assert_eq!(
            hello["result"]["capabilities"],
            json!({"tools": {"listChanged": true}})
        );
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        client.send(&initialized).await;
        hears_nothing(&mut client).await;
        for _ in 0..2 {
            change(&client);
            let told = client.receive().await;
            assert_eq!(told, json!({"jsonrpc": "2.0", "method": CHANGED}));
        }
        let answer = listen(&mut client, json!({"toolsListChanged": true})).await;
        assert_eq!(answer["error"]["code"], -32601, "{answer}");
    }
}

#[tokio::test]
async fn a_client_of_today_is_told_from_when_it_listens_until_it_stops() {
    let mut client = Client::connect_to(MODERN, changing());
    let discovery = client.ask("server/discover", json!({})).await;
    assert_eq!(
        discovery["result"]["capabilities"],
        json!({"tools": {"listChanged": true}})
    );
    hears_nothing(&mut client).await;
    change(&client);
    hears_nothing(&mut client).await;

    let filter = json!({"toolsListChanged": true, "promptsListChanged": true});
    let accepted = listen(&mut client, filter).await;
    assert_eq!(
        accepted["method"],
        "notifications/subscriptions/acknowledged"
    );
    assert_eq!(
        accepted["params"]["notifications"],
        json!({"toolsListChanged": true})
    );
    for _ in 0..2 {
        change(&client);
        let told = client.receive().await;
        assert_eq!(told["method"], CHANGED, "{told}");
        assert_eq!(
            told["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], 9,
            "{told}"
        );
    }
    let cancelled =
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 9}});
    client.send(&cancelled).await;
    hears_nothing(&mut client).await;
    change(&client);
    hears_nothing(&mut client).await;
}

#[tokio::test]
async fn who_listens_for_something_else_is_not_told() {
    let mut client = Client::connect_to(MODERN, changing());
    let accepted = listen(&mut client, json!({"resourcesListChanged": true})).await;
    assert_eq!(accepted["params"]["notifications"], json!({}));
    change(&client);
    hears_nothing(&mut client).await;
}

#[tokio::test]
async fn where_the_list_stays_nobody_can_listen() {
    let mut client = Client::open(MODERN).await;
    let answer = listen(&mut client, json!({"toolsListChanged": true})).await;
    assert_eq!(answer["error"]["code"], -32601, "{answer}");
}
