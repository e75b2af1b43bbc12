//! A person is asked before a write: the real program, both eras on standard input, and HTTP with two callers.

use demo_site::Deployment;
use serde_json::{Value, json};
use tests::client::{Client, Era, LEGACY};
use tests::http::Server;

use crate::program::Stage;

const ASKING: &str =
    "\n[[rule]]\nid = \"ask\"\nsite = \"demo\"\nclasses = [\"write\"]\nconfirm = true\n";

fn stage() -> Stage {
    let stage = Stage::new(Deployment::Cloud);
    let origin = &stage.ready().jira;
    let policy = format!(
        "version = 1\n\n[site.demo]\norigin = \"{origin}\"\ndeployment = \"cloud\"\nproducts = [\"jira\", \"confluence\"]\n\n\
         [[rule]]\nid = \"work\"\nsite = \"demo\"\nclasses = [\"read\", \"write\"]\n{ASKING}"
    );
    std::fs::create_dir_all(stage.config_dir()).expect("a new home");
    std::fs::write(stage.config_dir().join("policy.toml"), policy).expect("a new file");
    stage
}

fn comment(body: &str) -> Value {
    json!({"issue_key": "PROJ-1", "body": body})
}

/// As the site has it: how often the words stand among the comments.
fn times(client: &mut Client, words: &str) -> usize {
    let issue = client.call_tool(
        "jira_get_issue",
        json!({"issue_key": "PROJ-1", "comment_limit": 50}),
    );
    assert!(!issue.is_error, "{}", issue.text);
    issue.text.matches(words).count()
}

fn reader(stage: &Stage) -> Client {
    stage.serve(Era::Modern)
}

fn lines(stage: &Stage, kind: &str) -> Vec<Value> {
    let audit = stage.audit();
    let lines = audit
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    lines.filter(|line: &Value| line["kind"] == kind).collect()
}

fn says(question: &Value, action: &str, arguments: &Value) -> Value {
    json!({
        "name": "jira_add_comment",
        "arguments": arguments,
        "requestState": question["requestState"],
        "inputResponses": {"confirm": {"action": action}},
    })
}

fn text(result: &Value) -> String {
    result["content"][0]["text"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn is_question(result: &Value) -> bool {
    result["resultType"] == "input_required" && result["requestState"].is_string()
}

#[test]
fn a_client_of_today_is_asked_and_the_yes_is_good_once() {
    let stage = stage();
    let mut client = stage.serve(Era::Modern);
    client.capabilities = json!({"elicitation": {"form": {}}});
    let call = |arguments: &Value| json!({"name": "jira_add_comment", "arguments": arguments});
    let wanted = comment("Asked-first.");
    let question = client
        .request("tools/call", call(&wanted))
        .expect("a question");
    assert!(is_question(&question), "{question}");
    let asked = &question["inputRequests"]["confirm"];
    assert_eq!(asked["method"], "elicitation/create");
    let message = asked["params"]["message"].as_str().unwrap_or_default();
    for part in [
        "jira_add_comment",
        "POST http://127.0.0.1:",
        "/rest/api/3/issue/PROJ-1/comment",
        "site demo",
        "rule `ask` (",
        "policy.toml:13) wants you to be asked",
        "Asked-first.",
    ] {
        assert!(message.contains(part), "{part} is not in {message}");
    }
    assert_eq!(times(&mut reader(&stage), "Asked-first."), 0);

    // For other arguments it is worth nothing, and for these ones still everything.
    let other = client.request("tools/call", says(&question, "accept", &comment("Other.")));
    assert!(is_question(&other.expect("asked again")));
    let written = client.request("tools/call", says(&question, "accept", &wanted));
    let written = written.expect("a result");
    assert_ne!(written["isError"], true, "{written}");
    assert_eq!(times(&mut reader(&stage), "Asked-first."), 1);
    let twice = client
        .request("tools/call", says(&question, "accept", &wanted))
        .expect("a result");
    assert!(is_question(&twice), "{twice}");
    let message = twice["inputRequests"]["confirm"]["params"]["message"].to_string();
    assert!(message.contains("used already"), "{message}");
    assert_eq!(times(&mut reader(&stage), "Asked-first."), 1);
    assert_eq!(times(&mut reader(&stage), "Other."), 0);

    for (action, said) in [("decline", "said no"), ("cancel", "nobody did")] {
        let words = format!("Not-{action}.");
        let question = client
            .request("tools/call", call(&comment(&words)))
            .expect("a question");
        let refused = client.request("tools/call", says(&question, action, &comment(&words)));
        let refused = refused.expect("a result");
        assert!(
            refused["isError"] == true && text(&refused).contains(said),
            "{refused}"
        );
        let late = client.request("tools/call", says(&question, "accept", &comment(&words)));
        assert!(
            is_question(&late.expect("asked again")),
            "a no was turned into a yes"
        );
        assert_eq!(times(&mut reader(&stage), &words), 0);
    }

    let reasons = lines(&stage, "answered");
    let reasons: Vec<&str> = reasons
        .iter()
        .filter_map(|line| line["reason"].as_str())
        .collect();
    assert_eq!(reasons, ["yes", "no", "nothing"]);
    assert!(lines(&stage, "asked").len() >= 4);
    let intents = lines(&stage, "intent");
    assert_eq!(intents.len(), 1, "{intents:?}");
    assert!(intents[0]["question"].is_string(), "{intents:?}");
}

#[test]
fn a_yes_is_worth_nothing_to_another_process() {
    let stage = stage();
    let mut clients = [stage.serve(Era::Modern), stage.serve(Era::Modern)];
    for client in &mut clients {
        client.capabilities = json!({"elicitation": {"form": {}}});
    }
    let [asking, other] = &mut clients;
    let wanted = comment("Elsewhere.");
    let call = json!({"name": "jira_add_comment", "arguments": wanted});
    let question = asking.request("tools/call", call).expect("a question");
    let again = other.request("tools/call", says(&question, "accept", &wanted));
    let again = again.expect("asked again");
    assert!(is_question(&again), "{again}");
    assert!(
        again.to_string().contains("to this run of the server"),
        "{again}"
    );
    assert_eq!(times(&mut reader(&stage), "Elsewhere."), 0);
    let written = asking.request("tools/call", says(&question, "accept", &wanted));
    assert_ne!(written.expect("a result")["isError"], true);
    assert_eq!(times(&mut reader(&stage), "Elsewhere."), 1);
}

#[test]
fn an_older_client_is_asked_within_the_call() {
    for (says, words, count) in [
        ("accept", "Older-yes.", 1),
        ("decline", "Older-no.", 0),
        ("cancel", "Older-none.", 0),
    ] {
        let stage = stage();
        let mut client = Client::start_silent(stage.command(&["serve"]));
        client.capabilities = json!({"elicitation": {}});
        client.says = Some(says);
        client.initialize(LEGACY);
        let answer = client.call_tool("jira_add_comment", comment(words));
        assert_eq!(answer.is_error, count == 0, "{}", answer.text);
        let [question] = &client.asked[..] else {
            panic!("{:?}", client.asked)
        };
        let message = question["params"]["message"].as_str().unwrap_or_default();
        assert!(message.contains(words), "{question}");
        assert_eq!(times(&mut reader(&stage), words), count);
    }
}

#[test]
fn a_client_that_asks_nobody_is_told_how_it_would_pass() {
    for era in [Era::Modern, Era::Legacy(LEGACY)] {
        let stage = stage();
        let mut client = stage.serve(era);
        let refused = client.call_tool("jira_add_comment", comment("Silent."));
        assert!(refused.is_error, "{}", refused.text);
        for part in [
            "host.confirm",
            "rule `ask`",
            "policy.toml:13",
            "elicitation",
        ] {
            assert!(refused.text.contains(part), "{part}: {}", refused.text);
        }
        assert_eq!(times(&mut reader(&stage), "Silent."), 0);
    }
}

#[test]
fn a_yes_is_worth_nothing_to_another_caller_or_after_a_reload() {
    let stage = stage();
    let (hers, his) = (
        stage.key(&["add", "--name", "hers"]),
        stage.key(&["add", "--name", "his"]),
    );
    let command = stage.command(&["serve", "--http", "127.0.0.1:0"]);
    let server = Server::start(command).unwrap_or_else(|(status, said)| panic!("{status}: {said}"));
    let ask = |key: &str, mut params: Value| {
        params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({"elicitation": {}});
        let answer = server.ask(Some(key), "tools/call", params);
        answer.unwrap_or_else(|error| panic!("{error:?}"))
    };
    let wanted = comment("Over-http.");
    let call = json!({"name": "jira_add_comment", "arguments": wanted});
    let question = ask(&hers, call.clone());
    assert!(is_question(&question), "{question}");
    assert!(is_question(&ask(&his, says(&question, "accept", &wanted))));
    assert_eq!(times(&mut reader(&stage), "Over-http."), 0);
    let written = ask(&hers, says(&question, "accept", &wanted));
    assert_ne!(written["isError"], true, "{written}");
    assert_eq!(times(&mut reader(&stage), "Over-http."), 1);

    let question = ask(&hers, call);
    let file = stage.config_dir().join("policy.toml");
    let policy = std::fs::read_to_string(&file).expect("it is there");
    std::fs::write(&file, format!("{policy}\n# Changed.\n")).expect("it can be written");
    let patience = std::time::Instant::now();
    while lines(&stage, "reload").is_empty() {
        assert!(
            patience.elapsed().as_secs() < 20,
            "no reload: {}",
            server.stderr()
        );
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let again = ask(&hers, says(&question, "accept", &wanted));
    assert!(is_question(&again), "{again}");
    assert!(again.to_string().contains("policy was changed"), "{again}");
    assert_eq!(times(&mut reader(&stage), "Over-http."), 1);
}
