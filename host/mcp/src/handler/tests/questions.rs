//! A question to the user: a result in the new era, a request within the call in the older ones.

use super::*;

/// The last content of the result, or what stands for it.
fn said(answer: &Value) -> String {
    answer["result"]["content"][0]["text"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test]
async fn a_question_is_a_result_today_and_the_answer_comes_with_the_next_call() {
    let mut client = Client::open(MODERN).await;
    let asked = client.ask("tools/call", json!({"name": "ask"})).await;
    let result = &asked["result"];
    assert_eq!(result["resultType"], "input_required");
    assert_eq!(result["requestState"], "sealed");
    assert_eq!(
        result["inputRequests"],
        json!({"confirm": {
            "method": "elicitation/create",
            "params": {
                "mode": "form",
                "message": "May it?",
                "requestedSchema": {"type": "object", "properties": {}},
            },
        }})
    );
    for (answers, heard) in [
        (json!({"confirm": {"action": "accept"}}), "Yes"),
        (json!({"confirm": {"action": "decline"}}), "No"),
        (json!({"confirm": {"action": "cancel"}}), "Nothing"),
        (json!({"confirm": {"action": "of-course"}}), "Nothing"),
        (json!({"confirm": true}), "Nothing"),
        (json!({"other": {"action": "accept"}}), "Nothing"),
        (json!({}), "Nothing"),
    ] {
        let again =
            json!({"name": "ask", "requestState": "sealed", "inputResponses": answers.clone()});
        let answer = client.ask("tools/call", again).await;
        assert_eq!(said(&answer), heard, "{answers}");
    }
}

#[tokio::test]
async fn an_older_client_is_asked_within_the_call_if_it_can_be() {
    for (action, heard) in [("accept", "Yes"), ("decline", "No"), ("cancel", "Nothing")] {
        let mut client = Client::connect(LEGACY[3]);
        let mut hello = initialize(LEGACY[3]);
        hello["params"]["capabilities"] = json!({"elicitation": {}});
        client.send(&hello).await;
        client.receive().await;
        client
            .send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
            .await;
        client
            .request(1, "tools/call", json!({"name": "ask"}))
            .await;
        let question = client.receive().await;
        assert_eq!(question["method"], "elicitation/create", "{question}");
        assert_eq!(question["params"]["message"], "May it?");
        let answer = json!({"jsonrpc": "2.0", "id": question["id"], "result": {"action": action}});
        client.send(&answer).await;
        assert_eq!(said(&client.receive().await), heard);
    }
    let mut client = Client::open(LEGACY[3]).await;
    let answer = client.ask("tools/call", json!({"name": "ask"})).await;
    assert_eq!(said(&answer), "nobody to ask");
}
