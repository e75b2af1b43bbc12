//! What a rule's list of projects or spaces does to a request before it is sent: searches are held to it whatever they
//! say, what is named is looked at, and what may have moved is looked up.

use std::sync::LazyLock;

use serde_json::json;

use super::*;
use crate::{Decision, Lookup};

const POLICY: &str = r#"
version = 1

[site.jira]
origin = "https://acme.atlassian.net"
products = ["jira", "confluence"]

[[rule]]
id = "work"
site = "jira"
classes = ["read", "write"]
projects = ["PROJ", "OPS"]
spaces = ["ENG"]
"#;

/// `None` where it is refused.
fn decided(ask: Ask) -> Option<Decision<Ask>> {
    decide(ask).ok()
}

/// Why it is refused.
fn reason(ask: Ask) -> String {
    decide(ask).expect_err("refused").refusal.reason
}

fn decide(ask: Ask) -> Result<Decision<Ask>, Refused> {
    static READ: LazyLock<(Policy, Manifest)> = LazyLock::new(|| {
        let json = br#"{"tools":[{"name":"all","routes":["jira.issue.get","jira.issue.search","jira.issue.create",
            "jira.issue.update","confluence.search"]}]}"#;
        let manifest = Manifest::from_json(json, "sha256:all").expect("the JSON is well formed");
        (parse(POLICY), manifest)
    });
    let caller = ask.caller("all");
    READ.0.decide(&READ.1, &caller, ask)
}

/// The search that is sent.
fn sent(ask: Ask) -> Option<String> {
    let Decision::Permitted(permitted) = decided(ask)? else {
        panic!("a search names nothing that has to be looked up");
    };
    let ask: &Ask = &permitted;
    let in_query = ask.query.iter().find(|(name, _)| name == "cql");
    Some(match in_query {
        Some((_, cql)) => cql.clone(),
        None => {
            let body = ask.json.as_deref().expect("the search stands in the body");
            let body: serde_json::Value = serde_json::from_str(body).expect("it is JSON");
            body["jql"].as_str().expect("a text").to_owned()
        }
    })
}

fn jql(body: serde_json::Value) -> Option<String> {
    sent(Ask::jira(Method::Post, "/rest/api/3/search/jql").with_json(body))
}

fn cql(pairs: &[(&str, &str)]) -> Option<String> {
    let ask = Ask::jira(Method::Get, "/wiki/rest/api/search").with_query(pairs);
    sent(ask.at("jira", Product::Confluence, Deployment::Cloud))
}

#[test]
fn a_search_is_held_whatever_it_says() {
    let own = "project in (\"OPS\", \"PROJ\")";
    assert_eq!(
        jql(json!({ "jql": "status = Open OR status = Done ORDER BY created" })),
        Some(format!(
            "{own} AND (status = Open OR status = Done) ORDER BY created"
        ))
    );
    assert_eq!(
        jql(json!({ "jql": "issuekey = proj-1" })),
        Some(format!("{own} AND (issuekey = proj-1)"))
    );
    for nothing in [json!({ "jql": "" }), json!({ "fields": ["summary"] })] {
        assert_eq!(jql(nothing), Some(own.to_owned()));
    }
    for foreign in ["issuekey = HR-1", "parent = hr-1 OR status = Open"] {
        assert_eq!(jql(json!({ "jql": foreign })), None, "{foreign}");
    }
    let own = "space in (\"ENG\")";
    assert_eq!(
        cql(&[("cql", "type = page OR space = HR"), ("limit", "5")]),
        Some(format!("{own} AND (type = page OR space = HR)"))
    );
    assert_eq!(cql(&[("limit", "5")]), Some(own.to_owned()));
}

#[test]
fn what_a_body_names_is_looked_at() {
    let create = |fields: serde_json::Value| {
        let ask = Ask::jira(Method::Post, "/rest/api/3/issue");
        decided(ask.with_json(json!({ "fields": fields })))
    };
    for foreign in [
        json!({ "project": { "key": "HR" } }),
        json!({ "project": { "key": "PROJ" }, "parent": { "key": "HR-1" } }),
        json!({ "project": { "key": "PROJ" }, "customfield_10014": "HR-1" }),
    ] {
        assert!(create(foreign.clone()).is_none(), "{foreign}");
    }
    // A key may have been another project's once, and a number says nothing.
    for (own, asked) in [
        (json!({ "key": "PROJ" }), Lookup::project("PROJ")),
        (json!({ "id": "10000" }), Lookup::project("10000")),
    ] {
        let decision = create(json!({ "project": own }));
        let Some(Decision::Pending(pending)) = decision else {
            panic!("{decision:?}");
        };
        assert_eq!(Some(pending.lookup()), asked.as_ref());
    }
}

#[test]
fn what_is_outside_is_told_by_its_name() {
    let create = |fields: serde_json::Value| {
        let ask = Ask::jira(Method::Post, "/rest/api/3/issue");
        ask.with_json(json!({ "fields": fields }))
    };
    let search = |jql: &str| {
        let ask = Ask::jira(Method::Post, "/rest/api/3/search/jql");
        ask.with_json(json!({ "jql": jql }))
    };
    let told = [
        create(json!({ "project": { "key": "HR" } })),
        create(json!({ "project": { "id": "007" } })),
        create(json!({ "project": { "name": "People" } })),
        search("issuekey = hr-1"),
        search("summary ~ \"open"),
        Ask::jira(Method::Get, "/rest/api/3/issue/HR-1"),
    ]
    .map(reason);
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn what_is_written_to_is_looked_up_and_what_is_read_is_stopped_at_the_answer() {
    let issue = |method| Ask::jira(method, "/rest/api/3/issue/PROJ-1");
    let write = issue(Method::Put).with_json(json!({ "fields": { "summary": "New" } }));
    let Some(Decision::Pending(pending)) = decided(write) else {
        panic!("it may have moved");
    };
    assert_eq!(Some(pending.lookup()), Lookup::issue("PROJ-1").as_ref());
    assert_eq!(
        pending.lookup().query(Deployment::Cloud),
        [("fields".to_owned(), "project".to_owned())]
    );
    let elsewhere = json!({ "key": "PROJ-1", "fields": { "project": { "key": "HR" } } });
    assert!(
        pending
            .learn(200, elsewhere.to_string().as_bytes())
            .is_err()
    );
    assert!(matches!(
        decided(issue(Method::Get)),
        Some(Decision::Permitted(_))
    ));
}
