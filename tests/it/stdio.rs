//! Bad input on standard input: the program answers what can be answered, keeps serving, writes
//! nothing but JSON on standard output and ends with its input.

use std::time::Duration;

use demo_site::Deployment;
use serde_json::{Value, json};
use tests::client::{Client, Era, LEGACY, MODERN};

use crate::program::{Stage, bare, home};

const MOMENT: Duration = Duration::from_secs(10);

#[test]
fn nonsense_is_survived() {
    let stage = Stage::new(Deployment::Cloud);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let lines: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"not json".to_vec(),
        b"{".to_vec(),
        b"[]".to_vec(),
        b"null".to_vec(),
        b"42".to_vec(),
        b"\xff\xfe\x00".to_vec(),
        br#"{"jsonrpc":"1.0","id":9001,"method":"tools/list"}"#.to_vec(),
        br#"{"jsonrpc":"2.0","id":null,"method":"tools/list"}"#.to_vec(),
        br#"{"jsonrpc":"2.0","id":{},"method":"tools/list"}"#.to_vec(),
        br#"{"jsonrpc":"2.0","id":9003,"result":{}}"#.to_vec(),
        br#"{"jsonrpc":"2.0","method":"notifications/nonsense"}"#.to_vec(),
        br#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}"#
            .to_vec(),
        br#"[{"jsonrpc":"2.0","id":9002,"method":"ping"}]"#.to_vec(),
        deep.into_bytes(),
        vec![b'x'; 20 << 20],
    ];
    for era in [Era::Modern, Era::Legacy(LEGACY)] {
        let mut client = stage.serve(era);
        for line in &lines {
            client.send_bytes(line);
            client.send_bytes(b"\n");
        }
        assert_eq!(client.list_tools().len(), 13, "{era:?}");
        let ended = client.end(MOMENT).expect("it ends with its input");
        assert!(ended.status.success(), "{:?}", ended.status);
        for line in String::from_utf8_lossy(&ended.stdout).lines() {
            let message: Value =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            assert_eq!(message["jsonrpc"], "2.0", "{line}");
        }
    }
}

#[test]
fn the_end_of_input_is_the_end() {
    for first in [
        "",
        "\n",
        "garbage\n",
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
    ] {
        let home = home();
        let mut client = Client::start_silent(bare(home.path(), &["serve", "--demo"]));
        client.send_bytes(first.as_bytes());
        let ended = client.end(MOMENT).expect("it ends with its input");
        assert!(
            ended.status.success(),
            "{first:?}: {:?} {}",
            ended.status,
            String::from_utf8_lossy(&ended.stderr)
        );
    }
}

#[test]
fn both_eras_are_offered_and_others_are_refused() {
    let stage = Stage::new(Deployment::Cloud);
    let mut modern = stage.serve(Era::Modern);
    let discovered = modern
        .request("server/discover", json!({}))
        .expect("it answers");
    let versions = discovered["supportedVersions"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    assert!(
        versions.contains(&json!(MODERN)) && versions.contains(&json!(LEGACY)),
        "{versions:?}"
    );
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", LEGACY] {
        let mut client = Client::start_silent(stage.command(&["serve"]));
        assert_eq!(client.initialize(version)["protocolVersion"], version);
        assert_eq!(client.list_tools().len(), 13);
    }
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "1999-01-01", "io.modelcontextprotocol/clientCapabilities": {}});
    let mut client = Client::start_silent(stage.command(&["serve"]));
    client.send_line(
        &json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}})
            .to_string(),
    );
    let refused = client.answer(1).expect_err("there is no such version");
    assert_eq!(refused["code"], -32022, "{refused}");
}

#[test]
fn mistakes_have_their_codes() {
    let stage = Stage::new(Deployment::Cloud);
    for era in [Era::Modern, Era::Legacy(LEGACY)] {
        let mut client = stage.serve(era);
        let code = |answer: Result<Value, Value>| answer.err().map(|error| error["code"].clone());
        assert_eq!(
            code(client.request("no/such/method", json!({}))),
            Some(json!(-32601))
        );
        assert_eq!(
            code(client.request(
                "tools/call",
                json!({"name": "jira_get_isue", "arguments": {}})
            )),
            Some(json!(-32602))
        );
        assert_eq!(
            code(client.request("tools/call", json!({}))),
            Some(json!(-32602))
        );
        let wrong = client.call_tool("jira_get_issue", json!({"nonsense": 1}));
        assert!(wrong.is_error, "{}", wrong.text);
        assert!(
            wrong.text.contains("issue_key"),
            "the answer teaches: {}",
            wrong.text
        );
    }
}

#[test]
fn a_cancelled_call_is_not_answered_and_the_next_one_is() {
    let stage = Stage::with(Deployment::Cloud, |options| {
        options.delay = Duration::from_secs(2)
    });
    let mut client = stage.serve(Era::Modern);
    let id = client.send_request(
        "tools/call",
        json!({"name": "jira_get_issue", "arguments": {"issue_key": "PROJ-1"}}),
    );
    std::thread::sleep(Duration::from_millis(500));
    client.send_line(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}}).to_string());
    let next = client.request("server/discover", json!({}));
    assert!(next.is_ok());
    assert!(
        client.next_line(Duration::from_secs(3)).is_none(),
        "a cancelled call was answered"
    );
}
