//! Confluence's tools: what is asked of the site and what the model reads.

use serde_json::{Value, json};

use super::world::{hits, page, world};
use super::{BOTH, answer, failure, sent};
use crate::Deployment;
use crate::fake::FakeGateway;

fn on_both(tool: &str, arguments: &Value) -> String {
    let parts = BOTH.map(|deployment| {
        let gateway = world(deployment);
        let text = answer(&gateway, tool, arguments.clone());
        format!("=== {}\n{}---\n{text}", deployment.name(), sent(&gateway))
    });
    parts.join("\n")
}

#[test]
fn searching_on_both() {
    let told = [
        json!({ "query": "release \"notes\"", "limit": 2 }),
        json!({ "query": "space = DOCS AND title ~ plan" }),
    ];
    insta::assert_snapshot!(
        told.map(|arguments| on_both("confluence_search", &arguments))
            .join("\n")
    );
}

#[test]
fn reading_on_both() {
    let told = [
        json!({ "page_id": 123, "comment_limit": 2 }),
        json!({ "title": "Plan", "space_key": "DOCS" }),
    ];
    insta::assert_snapshot!(
        told.map(|arguments| on_both("confluence_get_page", &arguments))
            .join("\n")
    );
}

#[test]
fn creating_on_both() {
    let arguments = json!({ "space_key": "DOCS", "title": " New ", "content": "# Hi\n\n- [ ] task", "parent_id": "123" });
    insta::assert_snapshot!(on_both("confluence_create_page", &arguments));
}

#[test]
fn changing_on_both() {
    let told = [
        json!({ "page_id": "123", "title": "Renamed" }),
        json!({ "page_id": "123", "content": "# Plan\n\nRest.", "version": 7, "version_comment": "why" }),
    ];
    insta::assert_snapshot!(
        told.map(|arguments| on_both("confluence_update_page", &arguments))
            .join("\n")
    );
}

#[test]
fn commenting_on_both() {
    insta::assert_snapshot!(on_both(
        "confluence_add_comment",
        &json!({ "page_id": "123", "body": "I **agree**" })
    ));
}

#[test]
fn a_search_goes_on_where_it_stopped() {
    for (deployment, name, value) in [
        (Deployment::Cloud, "cursor", "_sa_WyJcdDk=="),
        (Deployment::DataCenter, "start", "2"),
    ] {
        let gateway = FakeGateway::new(deployment).answer("confluence.search", hits(deployment));
        let first = answer(&gateway, "confluence_search", json!({ "query": "plan" }));
        let cursor = first.trim_end().rsplit(' ').next().unwrap();
        answer(
            &gateway,
            "confluence_search",
            json!({ "query": "plan", "cursor": cursor }),
        );
        assert!(
            gateway.requests()[1]
                .query_pairs()
                .contains(&(name, value.to_owned()))
        );
        assert!(
            failure(
                &gateway,
                "confluence_search",
                json!({ "query": "other", "cursor": cursor })
            )
            .contains("another question")
        );
    }
}

#[test]
fn a_next_link_that_leads_elsewhere_is_not_followed() {
    for next in [
        "https://evil.example/?limit=1",
        "//evil.example",
        "",
        "/rest/api/search?start=x",
        "/rest/api/search?cursor=%zz",
    ] {
        let mut answers = hits(Deployment::Cloud);
        answers["_links"]["next"] = json!(next);
        let gateway = FakeGateway::new(Deployment::Cloud).answer("confluence.search", answers);
        let text = answer(&gateway, "confluence_search", json!({ "query": "plan" }));
        assert!(
            text.ends_with("2 of 12 shown, no more.\n") && !text.contains("evil"),
            "{text}"
        );
    }
}

#[test]
fn a_page_that_holds_nothing_is_still_shown() {
    for body in [
        json!({ "id": "1" }),
        json!({ "id": 1, "title": null, "version": null, "body": { "storage": null }, "labels": "x", "_links": { "webui": "//evil.example" } }),
    ] {
        for deployment in BOTH {
            let gateway = FakeGateway::new(deployment).answer("confluence.page.get", body.clone());
            let text = answer(&gateway, "confluence_get_page", json!({ "page_id": "1" }));
            assert!(
                text.starts_with("# (no title)\n")
                    && text.contains("(empty)")
                    && !text.contains("evil"),
                "{text}"
            );
        }
    }
    let gateway = FakeGateway::new(Deployment::Cloud).answer("confluence.page.get", json!([]));
    assert!(
        failure(&gateway, "confluence_get_page", json!({ "page_id": "1" }))
            .contains("is not a page")
    );
}

#[test]
fn a_change_is_refused_rather_than_made_blindly() {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut page = page(Deployment::Cloud);
        change(&mut page);
        FakeGateway::new(Deployment::Cloud).answer("confluence.page.get", page)
    };
    let update = json!({ "page_id": "123", "content": "new" });
    let cases = [
        (
            with(&|page| page["status"] = json!("trashed")),
            update.clone(),
            "is trashed, not current",
        ),
        (
            with(&|page| page["version"] = json!({})),
            update.clone(),
            "did not send the version",
        ),
        (
            with(&|page| page["title"] = json!(null)),
            update.clone(),
            "did not send the title",
        ),
        (
            with(&|page| page["body"] = json!({})),
            update.clone(),
            "did not send the text",
        ),
        (
            with(&|page| page["version"]["number"] = json!(8)),
            json!({ "page_id": "123", "content": "new", "version": 7 }),
            "at version 8, not 7",
        ),
        (with(&|_| {}), json!({ "page_id": "123" }), "give a new"),
        (
            with(&|_| {}),
            json!({ "page_id": "123", "title": " " }),
            "`title` is empty",
        ),
    ];
    for (gateway, arguments, expected) in cases {
        let told = failure(&gateway, "confluence_update_page", arguments);
        assert!(told.contains(expected), "{told}");
        assert!(gateway.requests().len() <= 1, "nothing was written");
    }
}

#[test]
fn a_conflict_is_explained() {
    let gateway = FakeGateway::new(Deployment::Cloud)
        .answer("confluence.page.get", page(Deployment::Cloud))
        .respond("confluence.page.update", 409, "application/json", r#"{"errors":[{"status":409,"code":"CONFLICT","title":"Version must be incremented"}]}"#);
    let told = failure(
        &gateway,
        "confluence_update_page",
        json!({ "page_id": "123", "title": "x" }),
    );
    insta::assert_snapshot!(told, @r"
    could not update page 123: somebody else changed it at the same time (HTTP 409)
    - Version must be incremented
    Read it again, then repeat the change.
    This change was made to version 7; nothing was overwritten.
    ");
}

#[test]
fn a_macro_is_not_lost_by_writing_a_page() {
    const MACRO: &str = r#"<ac:structured-macro ac:name="jira" ac:schema-version="1" ac:macro-id="a-b"><ac:parameter ac:name="key">PROJ-1</ac:parameter></ac:structured-macro>"#;
    for deployment in BOTH {
        let mut with_macro = page(deployment);
        with_macro["body"]["storage"]["value"] = json!(format!("<p>before</p>{MACRO}<p>after</p>"));
        let gateway = FakeGateway::new(deployment)
            .answer("confluence.page.get", with_macro.clone())
            .answer("confluence.page.update", with_macro);
        let read = answer(&gateway, "confluence_get_page", json!({ "page_id": "123" }));
        let text = read
            .split_once("<foreign>\n")
            .and_then(|(_, rest)| rest.split_once("\n</foreign>"))
            .unwrap()
            .0;
        let edited = text.replace("before", "changed");
        assert_ne!(edited, text);
        answer(
            &gateway,
            "confluence_update_page",
            json!({ "page_id": "123", "content": edited }),
        );
        let sent = gateway
            .requests()
            .last()
            .unwrap()
            .body()
            .unwrap()
            .to_string();
        assert!(
            sent.contains("changed") && sent.contains(r#"ac:macro-id=\"a-b\""#),
            "{sent}"
        );

        let before = gateway.requests().len();
        let told = failure(
            &gateway,
            "confluence_update_page",
            json!({ "page_id": "123", "content": "changed\n\nafter" }),
        );
        assert!(
            told.contains("would be lost") && told.contains("allow_loss"),
            "{told}"
        );
        assert_eq!(gateway.requests().len(), before + 1, "read, not written");
        answer(
            &gateway,
            "confluence_update_page",
            json!({ "page_id": "123", "content": "changed\n\nafter", "allow_loss": true }),
        );

        let invented = failure(
            &gateway,
            "confluence_update_page",
            json!({ "page_id": "123", "content": "⟦macro jira #000000⟧" }),
        );
        assert!(invented.contains("placeholder"), "{invented}");
    }
}

#[test]
fn a_title_or_space_that_is_not_there_is_said() {
    let gateway = FakeGateway::new(Deployment::Cloud)
        .answer(
            "confluence.space.find",
            json!({ "results": [{ "id": "9", "key": "docs" }] }),
        )
        .answer(
            "confluence.space.find",
            json!({ "results": [{ "id": "8", "key": "OTHER" }] }),
        )
        .answer("confluence.page.find", json!({ "results": [] }));
    let arguments = json!({ "title": "Missing", "space_key": "DOCS" });
    assert!(
        failure(&gateway, "confluence_get_page", arguments.clone())
            .starts_with("space DOCS has no page titled `Missing`")
    );
    assert!(
        failure(&gateway, "confluence_get_page", arguments).starts_with("there is no space DOCS")
    );
}

#[test]
fn a_link_of_another_site_is_refused() {
    let gateway = world(Deployment::Cloud);
    for (tool, arguments) in [
        (
            "confluence_get_page",
            json!({ "page_id": "https://other.example/wiki/spaces/A/pages/1" }),
        ),
        (
            "confluence_update_page",
            json!({ "page_id": "https://other.example/wiki/spaces/A/pages/1", "title": "x" }),
        ),
        (
            "confluence_add_comment",
            json!({ "page_id": "https://other.example/wiki/spaces/A/pages/1", "content": "x" }),
        ),
        (
            "confluence_create_page",
            json!({ "space_key": "A", "title": "x", "content": "x", "parent_id": "https://other.example/wiki/spaces/A/pages/1" }),
        ),
    ] {
        assert!(failure(&gateway, tool, arguments).contains("other.example"));
    }
    assert!(gateway.requests().is_empty());
}

#[test]
fn one_part_of_a_long_page_is_not_taken_for_the_whole() {
    let mut long = page(Deployment::Cloud);
    let paragraphs: String = (0..900)
        .map(|number| format!("<p>paragraph {number} of a page</p>"))
        .collect();
    long["body"]["storage"]["value"] = json!(paragraphs);
    let gateway = FakeGateway::new(Deployment::Cloud)
        .answer("confluence.page.get", long)
        .answer("confluence.page.update", page(Deployment::Cloud));
    let part = answer(&gateway, "confluence_get_page", json!({ "page_id": "123" }));
    let (text, rest) = part
        .split_once("<foreign>\n")
        .and_then(|(_, text)| text.split_once("</foreign>"))
        .unwrap();
    assert!(rest.contains("kB left"));
    let told = failure(
        &gateway,
        "confluence_update_page",
        json!({ "page_id": "123", "content": text }),
    );
    assert!(
        told.contains("kB, which a read gives in parts") && told.contains("allow_loss"),
        "{told}"
    );
    answer(
        &gateway,
        "confluence_update_page",
        json!({ "page_id": "123", "content": text, "allow_loss": true }),
    );
}

#[test]
fn the_fence_is_not_written_into_the_page() {
    let gateway = world(Deployment::Cloud);
    answer(
        &gateway,
        "confluence_update_page",
        json!({ "page_id": "123", "content": "<foreign>\n# Plan\n</foreign>\n" }),
    );
    answer(
        &gateway,
        "confluence_create_page",
        json!({ "space_key": "DOCS", "title": "x", "content": "<foreign>\n# Plan\n</foreign>" }),
    );
    let written: Vec<String> = gateway
        .requests()
        .iter()
        .filter_map(|request| request.body())
        .map(Value::to_string)
        .collect();
    assert_eq!(written.len(), 2);
    assert!(
        written
            .iter()
            .all(|body| body.contains("<h1>Plan</h1>") && !body.contains("foreign")),
        "{written:?}"
    );
}
