//! Changing one place of a page: the rest keeps its bytes, and what cannot be found is explained.

use serde_json::{Value, json};

use super::world::page;
use super::{answer, failure};
use crate::Deployment;
use crate::fake::FakeGateway;

/// Odd spelling that no converter would write again.
const STORED: &str = "<h1 >Plan</h1><p>Start &mdash; <em>soon</em></p><h2>Steps</h2><p>one</p><ac:structured-macro ac:name=\"toc\" ac:macro-id='x'/><h2>Risks</h2><table><tbody><tr><th>Risk</th><th>Owner</th></tr><tr><td>Time</td><td>Ann</td></tr></tbody></table>";

fn gateway() -> FakeGateway {
    let mut stored = page(Deployment::Cloud);
    stored["body"]["storage"]["value"] = json!(STORED);
    FakeGateway::new(Deployment::Cloud)
        .answer("confluence.page.get", stored.clone())
        .answer("confluence.page.update", stored)
}

/// The storage format that is sent for a change.
fn written(change: Value) -> String {
    let gateway = gateway();
    let mut arguments = json!({ "page_id": "123" });
    for (name, value) in change.as_object().unwrap() {
        arguments[name] = value.clone();
    }
    answer(&gateway, "confluence_update_page", arguments);
    let requests = gateway.requests();
    let body = requests.last().unwrap().body().unwrap();
    body["body"]["value"].as_str().unwrap().to_owned()
}

#[test]
fn everything_outside_the_place_keeps_its_bytes() {
    for (place, content, old, new) in [
        (json!({ "words": "soon" }), "now", "soon", "now"),
        (
            json!({ "section": "Risks" }),
            "None.",
            &STORED[STORED.find("<table").unwrap()..],
            "<p>None.</p>",
        ),
        (
            json!({ "append_to": "Steps" }),
            "two",
            "<h2>Risks",
            "<p>two</p><h2>Risks",
        ),
        (
            json!({ "after": "## Steps" }),
            "zero",
            "<p>one</p>",
            "<p>zero</p><p>one</p>",
        ),
        (
            json!({ "after": "one" }),
            "two",
            "<p>one</p>",
            "<p>one</p><p>two</p>",
        ),
        (
            json!({ "row": "Time", "column": "Owner" }),
            "Bob",
            "<td>Ann</td>",
            "<td>Bob</td>",
        ),
    ] {
        let got = written(json!({ "place": place, "content": content }));
        assert_eq!(got, STORED.replacen(old, new, 1), "{place}");
    }
}

#[test]
fn a_place_that_is_not_there_changes_nothing_and_is_explained() {
    for (place, said) in [
        (json!({ "section": "Setps" }), "the headings are"),
        (json!({ "words": "later" }), "do not stand"),
        (json!({ "row": "Cost", "column": "Owner" }), "no row is"),
        (json!({}), "needs one of"),
        (
            json!({ "section": "Steps", "words": "one" }),
            "needs one of",
        ),
        (json!({ "row": "Time" }), "needs one of"),
        (json!({ "heading": "Steps" }), "unknown field"),
        (json!("Steps"), "must be an object"),
    ] {
        let gateway = gateway();
        let arguments = json!({ "page_id": "123", "place": place, "content": "x" });
        let told = failure(&gateway, "confluence_update_page", arguments);
        assert!(told.contains(said), "{place}: {told}");
        let writes = gateway.requests();
        assert!(writes.iter().all(|request| request.body().is_none()));
    }
}

#[test]
fn what_a_place_held_is_not_lost_unasked() {
    let gateway = gateway();
    let mut arguments =
        json!({ "page_id": "123", "place": { "section": "Steps" }, "content": "new" });
    let told = failure(&gateway, "confluence_update_page", arguments.clone());
    assert!(
        told.contains("would be lost") && told.contains("toc"),
        "{told}"
    );
    arguments["allow_loss"] = json!(true);
    answer(&gateway, "confluence_update_page", arguments);
}

#[test]
fn a_page_is_read_and_written_as_it_is_stored() {
    let read = answer(
        &gateway(),
        "confluence_get_page",
        json!({ "page_id": "123", "raw": true }),
    );
    assert!(
        read.contains(&format!("<foreign>\n{STORED}\n</foreign>")),
        "{read}"
    );
    let changed = STORED.replace("one", "<em >1</em>");
    assert_eq!(written(json!({ "raw": true, "content": changed })), changed);
    for broken in ["<p>open", "<p>&nosuch;</p></div>"] {
        let arguments = json!({ "page_id": "123", "raw": true, "content": broken });
        failure(&gateway(), "confluence_update_page", arguments);
    }
}

#[test]
fn a_description_is_read_as_it_is_stored() {
    for (deployment, stored, shown) in [
        (
            Deployment::Cloud,
            json!({ "type": "doc", "version": 1, "content": [{ "type": "rule" }] }),
            r#"{"content":[{"type":"rule"}],"type":"doc","version":1}"#,
        ),
        (Deployment::DataCenter, json!("h1. *Plan*"), "h1. *Plan*"),
    ] {
        let issue = json!({ "key": "PROJ-1", "fields": { "summary": "s", "description": stored } });
        let gateway = FakeGateway::new(deployment).answer("jira.issue.get", issue);
        let read = answer(
            &gateway,
            "jira_get_issue",
            json!({ "issue_key": "PROJ-1", "raw": true }),
        );
        assert!(
            read.contains(&format!("<foreign>\n{shown}\n</foreign>")),
            "{read}"
        );
    }
}
