//! Rules that are bound to projects and spaces: what is read before, what is sent, and what of the answer arrives.

use serde_json::{Value, json};

use super::world::*;

const HELD: &str = r#"
version = 1

[site.jira]
origin = "https://jira.example.test"
deployment = "cloud"
products = ["jira"]

[site.confluence]
origin = "https://confluence.example.test"
products = ["confluence"]
deployment = "cloud"

[[rule]]
id = "work"
site = "*"
classes = ["read", "write"]
projects = ["PROJ", "OPS"]
spaces = ["ENG"]
"#;

const TOOLS: &[u8] = br#"{"tools":[{"name":"all","routes":["jira.issue.get","jira.issue.search","jira.issue.create",
    "jira.issue.update","jira.issue.transitions","jira.comment.add","jira.project.search","confluence.page.get",
    "confluence.page.create","confluence.search","confluence.comment.list"]}]}"#;

fn sends(world: &World, ask: Ask) -> Result<Value, Failure> {
    let answer = finish(world.gateway_under(HELD, TOOLS).send(&call("alice"), ask))?;
    Ok(serde_json::from_slice(&answer.body).expect("what was held is JSON"))
}

fn refuses(world: &World, ask: Ask) -> String {
    match sends(world, ask) {
        Err(Failure::Denied(denial)) => denial.reason,
        other => panic!("not refused: {other:?}"),
    }
}

fn says(body: Value) -> Result<Incoming, WireError> {
    Ok(answer(200, &[], &body.to_string()))
}

fn stands_in(key: &str) -> Result<Incoming, WireError> {
    let (project, _) = key.rsplit_once('-').expect("a key of an issue");
    says(json!({ "id": "1", "key": key, "fields": { "project": { "key": project } } }))
}

fn with_body(path: &str, method: Method, body: &str) -> Ask {
    Ask {
        method,
        body: Body::Json(body.to_owned()),
        ..get(path)
    }
}

fn confluence(path: &str) -> Ask {
    Ask {
        site: SiteName::parse("confluence").expect("a name"),
        product: Product::Confluence,
        ..get(path)
    }
}

fn create(body: &str) -> Ask {
    with_body("/rest/api/3/issue", Method::Post, body)
}

fn addresses(world: &World) -> Vec<String> {
    let sent = world.sent();
    sent.iter()
        .map(|sent| format!("{} {}", sent.method, sent.url))
        .collect()
}

#[test]
fn a_search_leaves_within_the_projects() {
    let world = World::answering([says(json!({ "issues": [
        { "id": "1", "key": "PROJ-1", "fields": { "parent": { "id": "2", "key": "HR-2", "fields": { "summary": "Salaries" } } } },
        { "id": "3", "key": "HR-3", "fields": { "summary": "Salaries" } },
    ] }))]);
    let ask = with_body(
        "/rest/api/3/search/jql",
        Method::Post,
        r#"{"jql":"text ~ 'x' OR status = Open order by key","fields":["summary"]}"#,
    );
    let body = sends(&world, ask).unwrap();
    let sent: Value = serde_json::from_slice(world.sent()[0].body.as_ref().unwrap()).unwrap();
    assert_eq!(
        sent["jql"],
        "project in (\"OPS\", \"PROJ\") AND (text ~ \"x\" OR status = Open) ORDER BY key"
    );
    assert_eq!(body["issues"][0]["key"], "PROJ-1");
    assert_eq!(
        body["issues"][0]["fields"]["parent"]["key"],
        "hidden by rule"
    );
    assert_eq!(body["issues"][1]["key"], "hidden by rule");
    assert!(!body.to_string().contains("Salaries"), "{body}");
}

#[test]
fn a_search_that_does_not_lex_is_not_sent() {
    for jql in ["a = 1) OR (b = 2", "a = 'x", "key = HR-1"] {
        let world = World::default();
        let body = json!({ "jql": jql }).to_string();
        let reason = refuses(
            &world,
            with_body("/rest/api/3/search/jql", Method::Post, &body),
        );
        assert!(reason.contains("its search"), "{reason}");
        assert!(world.sent().is_empty(), "{jql}");
    }
}

#[test]
fn a_write_is_preceded_by_one_reading_of_the_host() {
    let world = World::answering([stands_in("PROJ-1"), says(json!({}))]);
    sends(&world, comment()).unwrap();
    assert_eq!(
        addresses(&world),
        [
            "GET https://jira.example.test/rest/api/3/issue/PROJ-1?fields=project",
            "POST https://jira.example.test/rest/api/3/issue/PROJ-1/comment"
        ]
    );
    let lines = world.lines();
    let told: Vec<(&str, &str, LineKind)> = lines
        .iter()
        .map(|line| (line.tool.as_str(), line.rule.as_str(), line.kind))
        .collect();
    assert_eq!(
        told,
        [
            ("host", "host-issue-place", LineKind::Decision),
            ("all", "work", LineKind::Intent),
            ("all", "work", LineKind::Decision)
        ]
    );
    assert_eq!(world.sent()[0].authorization, world.sent()[1].authorization);
}

#[test]
fn what_has_moved_or_cannot_be_placed_is_not_written() {
    let answers = [
        stands_in("HR-9"),
        says(json!({ "key": "PROJ-1", "fields": { "project": { "key": "HR" } } })),
        says(json!({ "fields": {} })),
        says(json!([])),
        Ok(answer(200, &[], "<html>")),
        Ok(answer(404, &[], "{}")),
    ];
    for given in answers {
        let world = World::answering([given]);
        let reason = refuses(&world, comment());
        assert_eq!(world.sent().len(), 1, "{reason}");
        let line = world.lines().pop().unwrap();
        assert_eq!(
            (line.verdict, line.rule.as_str()),
            (Verdict::Deny, "default-deny")
        );
        assert_eq!(line.reason.as_deref(), Some(reason.as_str()));
    }
}

#[test]
fn reading_what_has_moved_is_stopped_at_the_answer() {
    let world = World::answering([says(
        json!({ "key": "HR-9", "fields": { "summary": "Salaries" } }),
    )]);
    let reason = refuses(&world, issue());
    assert!(reason.contains("stands elsewhere"), "{reason}");
    assert_eq!(world.sent().len(), 1);
    // Transitions do not say whose they are, so the host asks before.
    let world = World::answering([stands_in("HR-9")]);
    refuses(&world, get("/rest/api/3/issue/PROJ-1/transitions"));
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn every_place_of_a_key_is_looked_at() {
    let bodies = [
        r#"{"fields":{"project":{"key":"HR"}}}"#,
        r#"{"fields":{"project":{"key":"PROJ"},"parent":{"key":"HR-1"}}}"#,
        r#"{"fields":{"project":{"key":"PROJ"},"customfield_10014":"HR-1"}}"#,
        r#"{"fields":{"project":{"key":"PROJ"}},"update":{"issuelinks":[{"add":{"outwardIssue":{"key":"HR-1"}}}]}}"#,
        // The last one is what counts, here and on the wire.
        r#"{"fields":{"project":{"key":"PROJ"}},"fields":{"project":{"key":"HR"}}}"#,
    ];
    for body in bodies {
        let world = World::default();
        let reason = refuses(&world, create(body));
        assert!(reason.contains("HR"), "{reason}");
        assert!(world.sent().is_empty(), "{body}");
    }
    for path in [
        "/rest/api/3/issue/HR-1",
        "/rest/api/3/issue/HR-1/transitions",
    ] {
        let world = World::default();
        refuses(&world, get(path));
        assert!(world.sent().is_empty(), "{path}");
    }
}

#[test]
fn a_member_that_stands_twice_is_sent_once() {
    let world = World::answering([
        says(json!({ "key": "PROJ" })),
        says(json!({ "id": "1", "key": "PROJ-2" })),
    ]);
    let body = r#"{"fields":{"project":{"key":"HR"}},"fields":{"project":{"key":"PROJ"}}}"#;
    sends(&world, create(body)).unwrap();
    let sent = world.sent();
    assert_eq!(
        sent[1].body.as_deref(),
        Some(br#"{"fields":{"project":{"key":"PROJ"}}}"#.as_slice())
    );
}

#[test]
fn a_number_is_looked_up_before_it_is_sent() {
    let body = r#"{"fields":{"project":{"id":"10000"},"parent":{"id":"10042"}}}"#;
    let world = World::answering([
        stands_in("OPS-7"),
        says(json!({ "key": "PROJ" })),
        says(json!({ "key": "PROJ-2" })),
    ]);
    sends(&world, create(body)).unwrap();
    assert_eq!(
        addresses(&world),
        [
            "GET https://jira.example.test/rest/api/3/issue/10042?fields=project",
            "GET https://jira.example.test/rest/api/3/project/10000",
            "POST https://jira.example.test/rest/api/3/issue"
        ]
    );
    let world = World::answering([stands_in("HR-7")]);
    refuses(&world, create(body));
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn a_page_is_held_to_its_space() {
    let spaces =
        || says(json!({ "results": [{ "id": "9", "key": "ENG" }, { "id": "11", "key": "HR" }] }));
    let page = || confluence("/wiki/api/v2/pages/7");
    let world = World::answering([
        spaces(),
        says(json!({ "id": "7", "spaceId": "9", "title": "x" })),
    ]);
    assert_eq!(sends(&world, page()).unwrap()["title"], "x");
    for elsewhere in [json!({ "id": "7", "spaceId": "11" }), json!({ "id": "7" })] {
        let world = World::answering([spaces(), says(elsewhere)]);
        refuses(&world, page());
    }
    // Comments do not say where they stand.
    let comments = || confluence("/wiki/api/v2/pages/7/footer-comments");
    let world = World::answering([
        spaces(),
        says(json!({ "id": "7", "spaceId": "9" })),
        says(json!({ "results": [] })),
    ]);
    sends(&world, comments()).unwrap();
    let world = World::answering([spaces(), says(json!({ "id": "7", "spaceId": "11" }))]);
    refuses(&world, comments());
    assert_eq!(world.sent().len(), 2);
}

#[test]
fn a_page_is_created_in_an_own_space_only() {
    let spaces = || says(json!({ "results": [{ "id": "9", "key": "ENG" }] }));
    let create = |body: &str| Ask {
        method: Method::Post,
        body: Body::Json(body.to_owned()),
        ..confluence("/wiki/api/v2/pages")
    };
    let world = World::answering([spaces(), says(json!({ "id": "8", "spaceId": "9" }))]);
    sends(&world, create(r#"{"spaceId":"9","title":"x"}"#)).unwrap();
    let world = World::answering([spaces()]);
    refuses(&world, create(r#"{"spaceId":"11","title":"x"}"#));
    let world = World::answering([spaces(), says(json!({ "id": "7", "spaceId": "11" }))]);
    refuses(
        &world,
        create(r#"{"spaceId":"9","parentId":"7","title":"x"}"#),
    );
    assert_eq!(world.sent().len(), 2);
}

#[test]
fn a_search_for_pages_leaves_within_the_spaces() {
    let world = World::answering([says(json!({ "results": [
        { "content": { "id": "7", "type": "page" }, "title": "x", "resultGlobalContainer": { "displayUrl": "/spaces/ENG" } },
        { "content": { "id": "8", "type": "page" }, "title": "Salaries", "resultGlobalContainer": { "displayUrl": "/spaces/HR" } },
        { "content": { "id": "9", "type": "page" }, "title": "Salaries" },
    ] }))]);
    let mut ask = confluence("/wiki/rest/api/search");
    ask.query = vec![("cql".to_owned(), "type = page or a = b".to_owned())];
    let body = sends(&world, ask).unwrap();
    assert!(
        world.sent()[0].url.ends_with(
            "?cql=space%20in%20%28%22ENG%22%29%20AND%20%28type%20%3D%20page%20or%20a%20%3D%20b%29"
        ),
        "{}",
        world.sent()[0].url
    );
    assert_eq!(body["results"][0]["title"], "x");
    assert!(!body.to_string().contains("Salaries"), "{body}");
}

#[test]
fn what_cannot_be_looked_into_does_not_arrive() {
    let world = World::answering([Ok(answer(200, &[], "PROJ-1 and HR-1"))]);
    refuses(&world, issue());
    let world = World::answering([Ok(answer(502, &[], "<html>HR-1</html>"))]);
    let gateway = world.gateway_under(HELD, TOOLS);
    let answer = finish(gateway.send(&call("alice"), issue())).unwrap();
    assert_eq!((answer.status, answer.body.len()), (502, 0));
}
