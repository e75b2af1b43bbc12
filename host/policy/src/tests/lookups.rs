//! What the host reads before it lets a request of a bound rule go, in which order, and what each answer does.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::*;
use crate::Decision;

const POLICY: &str = r#"
version = 1

[site.cloud]
origin = "https://acme.atlassian.net"
products = ["jira", "confluence"]

[site.own]
origin = "https://intern.example.test"
deployment = "data-center"
products = ["jira", "confluence"]
context = { jira = "/jira", confluence = "/wiki" }

[[rule]]
id = "work"
site = "*"
classes = ["read", "write"]
projects = ["PROJ", "OPS"]
spaces = ["ENG", "~me"]
"#;

static READ: LazyLock<(Policy, Manifest)> = LazyLock::new(|| {
    let json = br#"{"tools":[{"name":"all","routes":["jira.issue.get","jira.issue.search","jira.issue.create","jira.comment.add",
        "confluence.page.get","confluence.page.find","confluence.page.create","confluence.content.create",
        "confluence.page.update","confluence.space.find","confluence.comment.create","confluence.comment.list"]}]}"#;
    let manifest = Manifest::from_json(json, "sha256:all").expect("the JSON is well formed");
    (parse(POLICY), manifest)
});

/// What is asked of the site, and how it ends: `sent`, or why not.
fn told(ask: Ask, answers: &[(u16, Value)]) -> String {
    let deployment = ask.deployment;
    let mut lines = Vec::new();
    let mut answers = answers.iter();
    let mut decision = READ.0.decide(&READ.1, &ask.caller("all"), ask);
    loop {
        let pending = match decision {
            Err(refused) => {
                assert_eq!(refused.refusal.code, RefusalCode::Outside);
                lines.push(refused.refusal.reason);
                break;
            }
            Ok(Decision::Pending(pending)) => pending,
            Ok(Decision::Permitted(_) | Decision::Asking(_)) => {
                lines.push("sent".to_owned());
                break;
            }
        };
        let lookup = pending.lookup();
        let query: Vec<String> = (lookup.query(deployment).iter())
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        lines.push(format!(
            "{} {} /{} {}",
            lookup.rule(),
            lookup.product(),
            lookup.segments(deployment).join("/"),
            query.join("&")
        ));
        let Some((status, body)) = answers.next() else {
            break;
        };
        decision = pending.learn(*status, body.to_string().as_bytes());
    }
    lines.join("\n")
}

fn cloud(method: Method, product: Product, path: &str) -> Ask {
    Ask::jira(method, path).at("cloud", product, Deployment::Cloud)
}

fn own(method: Method, product: Product, path: &str) -> Ask {
    Ask::jira(method, path).at("own", product, Deployment::DataCenter)
}

fn numbers() -> (u16, Value) {
    let results = json!([{ "id": "9", "key": "ENG" }, { "id": 10, "key": "~me" }, { "id": "11", "key": "HR" }]);
    (200, json!({ "results": results }))
}

const SPACES: &str = "host-space-numbers confluence /wiki/api/v2/spaces keys=ENG,~me&limit=250";

#[test]
fn a_page_of_cloud_is_placed_by_the_number_of_its_space() {
    use Product::Confluence;
    let page = || cloud(Method::Put, Confluence, "/wiki/api/v2/pages/7").with_json(json!({}));
    let asked = format!("{SPACES}\nhost-page-place confluence /wiki/api/v2/pages/7 ");
    for (answer, end) in [
        (json!({ "spaceId": "9" }), "sent"),
        (json!({ "spaceId": 10 }), "sent"),
        (
            json!({ "spaceId": "11" }),
            "beyond its path, the page 7 stands in another space, of number 11",
        ),
        (
            json!({ "space": { "key": "ENG" } }),
            "beyond its path, where the page 7 stands is not known: the site's answer does not tell",
        ),
    ] {
        assert_eq!(
            told(page(), &[numbers(), (200, answer)]),
            format!("{asked}\n{end}")
        );
    }
    let refused = |status: u16, body: Value| told(page(), &[(status, body)]);
    let unknown = "beyond its path, where the spaces ENG, ~me stands is not known";
    assert_eq!(
        refused(404, json!({})),
        format!("{SPACES}\n{unknown}: the site answered 404")
    );
    assert_eq!(
        refused(200, json!({ "results": {} })),
        format!("{SPACES}\n{unknown}: the site's answer does not tell")
    );
    // Nothing that was named is known to be inside.
    assert!(
        told(
            page(),
            &[
                (200, json!({ "results": [] })),
                (200, json!({ "spaceId": "9" }))
            ]
        )
        .ends_with("of number 9")
    );
}

#[test]
fn a_page_of_data_center_is_placed_by_the_key_of_its_space() {
    use Product::Confluence;
    let page = || own(Method::Put, Confluence, "/rest/api/content/7").with_json(json!({}));
    let asked = "host-page-place confluence /rest/api/content/7 expand=space,container.space";
    for (answer, end) in [
        (json!({ "space": { "key": "ENG" } }), "sent"),
        (
            json!({ "container": { "space": { "key": "~me" } } }),
            "sent",
        ),
        (
            json!({ "space": { "key": "HR" }, "container": { "space": { "key": "ENG" } } }),
            "beyond its path, the page 7 stands in HR, the rules for it hold space ENG, ~me only",
        ),
        (
            json!({}),
            "beyond its path, where the page 7 stands is not known: the site's answer does not tell",
        ),
    ] {
        assert_eq!(told(page(), &[(200, answer)]), format!("{asked}\n{end}"));
    }
}

#[test]
fn a_list_of_spaces_or_pages_is_asked_for_the_own_ones_only() {
    use Product::Confluence;
    let find = |pairs: &[(&str, &str)]| {
        let ask = cloud(Method::Get, Confluence, "/wiki/api/v2/spaces").with_query(pairs);
        told(ask, &[numbers()])
    };
    assert_eq!(find(&[("keys", "ENG,~me")]), format!("{SPACES}\nsent"));
    assert_eq!(
        find(&[("keys", "ENG,HR")]),
        "beyond its path, it names HR, the rules for it hold space ENG, ~me only"
    );
    let pages = |number: &str| {
        let ask = cloud(Method::Get, Confluence, "/wiki/api/v2/pages");
        told(ask.with_query(&[("space-id", number)]), &[numbers()])
    };
    assert_eq!(pages("9"), format!("{SPACES}\nsent"));
    assert_eq!(pages("9,10"), format!("{SPACES}\nsent"));
    assert_eq!(
        pages("9,11"),
        format!(
            "{SPACES}\nbeyond its path, it names the space of number 11, the rules for it hold space ENG, ~me only"
        )
    );
    let content = |key: &str| {
        let ask = own(Method::Get, Confluence, "/rest/api/content");
        told(ask.with_query(&[("spaceKey", key)]), &[])
    };
    assert_eq!(content("ENG"), "sent");
    assert_eq!(
        content("HR"),
        "beyond its path, it names HR, the rules for it hold space ENG, ~me only"
    );
}

#[test]
fn a_new_page_names_its_space_and_what_it_stands_below() {
    use Product::Confluence;
    let create = |body: Value, answers: &[(u16, Value)]| {
        let ask = cloud(Method::Post, Confluence, "/wiki/api/v2/pages").with_json(body);
        told(ask, answers)
    };
    assert_eq!(
        create(json!({ "spaceId": "9", "title": "HR" }), &[numbers()]),
        format!("{SPACES}\nsent")
    );
    assert!(create(json!({ "spaceId": "11" }), &[numbers()]).contains("space of number 11"));
    let below = json!({ "spaceId": "9", "parentId": "7" });
    assert_eq!(
        create(below, &[numbers(), (200, json!({ "spaceId": "11" }))]),
        format!(
            "{SPACES}\nhost-page-place confluence /wiki/api/v2/pages/7 \nbeyond its path, the page 7 stands in another space, of number 11"
        )
    );
    assert_eq!(
        create(json!({ "spaceId": "9", "parentId": "x" }), &[]),
        "beyond its path, it names \"x\", which is neither a key nor a number that could be looked up"
    );
    let create = |body: Value, answers: &[(u16, Value)]| {
        let ask = own(Method::Post, Confluence, "/rest/api/content").with_json(body);
        told(ask, answers)
    };
    assert_eq!(create(json!({ "space": { "key": "ENG" } }), &[]), "sent");
    assert!(create(json!({ "space": { "key": "HR" } }), &[]).contains("it names HR"));
    let below = json!({ "space": { "key": "ENG" }, "ancestors": [{ "id": 7 }] });
    assert!(
        create(below, &[(200, json!({ "space": { "key": "HR" } }))])
            .ends_with("the page 7 stands in HR, the rules for it hold space ENG, ~me only")
    );
}

#[test]
fn an_issue_and_a_project_are_placed_by_the_key_they_have_now() {
    use Product::Jira;
    let comment = |key: &str| {
        let ask = cloud(
            Method::Post,
            Jira,
            &format!("/rest/api/3/issue/{key}/comment"),
        );
        ask.with_json(json!({ "body": {} }))
    };
    let asked = "host-issue-place jira /rest/api/3/issue/PROJ-1 fields=project";
    let place = |key: &str, project: Option<&str>| {
        let fields = project.map(|key| json!({ "project": { "key": key } }));
        (200, json!({ "key": key, "fields": fields }))
    };
    for (answer, end) in [
        (place("PROJ-1", Some("PROJ")), "sent"),
        (place("OPS-9", None), "sent"),
        (
            place("HR-9", None),
            "beyond its path, the issue PROJ-1 stands in HR, the rules for it hold project OPS, PROJ only",
        ),
        (
            place("PROJ-1", Some("HR")),
            "beyond its path, the issue PROJ-1 stands in HR, the rules for it hold project OPS, PROJ only",
        ),
        (
            (200, json!({ "key": "nonsense" })),
            "beyond its path, where the issue PROJ-1 stands is not known: the site's answer does not tell",
        ),
        (
            (500, json!({ "key": "PROJ-1" })),
            "beyond its path, where the issue PROJ-1 stands is not known: the site answered 500",
        ),
    ] {
        assert_eq!(
            told(comment("PROJ-1"), &[answer]),
            format!("{asked}\n{end}")
        );
    }
    let below = |key: &str| {
        let fields = json!({ "project": { "key": "PROJ" }, "parent": { "key": key } });
        let ask = cloud(Method::Post, Jira, "/rest/api/3/issue");
        told(ask.with_json(json!({ "fields": fields })), &[])
    };
    assert_eq!(below("PROJ-1"), asked);
    assert_eq!(
        below("HR-1"),
        "beyond its path, it names HR-1, the rules for it hold project OPS, PROJ only"
    );
    let create = |project: Value| {
        let ask = own(Method::Post, Jira, "/rest/api/2/issue");
        ask.with_json(json!({ "fields": { "project": project } }))
    };
    for (answer, end) in [
        (json!({ "key": "OPS" }), "sent"),
        (
            json!({ "key": "HR" }),
            "beyond its path, the project 10000 stands in HR, the rules for it hold project OPS, PROJ only",
        ),
        (
            json!({ "id": "10000" }),
            "beyond its path, where the project 10000 stands is not known: the site's answer does not tell",
        ),
    ] {
        assert_eq!(
            told(create(json!({ "id": "10000" })), &[(200, answer)]),
            format!("host-project-place jira /rest/api/2/project/10000 \n{end}")
        );
    }
}

#[test]
fn what_names_more_than_can_be_looked_up_is_refused() {
    let issue = |links: usize| {
        let linked: Vec<Value> = (0..links)
            .map(|number| json!({ "add": { "outwardIssue": { "id": (1000 + number).to_string() } } }))
            .collect();
        let body = json!({ "fields": { "summary": "x" }, "update": { "issuelinks": linked } });
        cloud(Method::Post, Product::Jira, "/rest/api/3/issue").with_json(body)
    };
    assert!(told(issue(8), &[]).starts_with("host-issue-place"));
    assert_eq!(
        told(issue(9), &[]),
        "beyond its path, it names 9 things that the host would have to look up; at most 8 are"
    );
}

#[test]
fn a_search_that_is_no_text_is_refused() {
    let search = |body: Value| {
        let ask = cloud(Method::Post, Product::Jira, "/rest/api/3/search/jql");
        told(ask.with_json(body), &[])
    };
    assert_eq!(search(json!({ "jql": null })), "sent");
    assert_eq!(
        search(json!({ "jql": ["status = Open"] })),
        "beyond its path, `jql` in its body is no text"
    );
    assert_eq!(
        search(json!(["status = Open"])),
        "beyond its path, its body is no JSON object"
    );
}

/// What the answer becomes, or why there is none.
fn filtered(ask: Ask, status: u16, answer: &str) -> String {
    let caller = ask.caller("all");
    let Ok(Decision::Permitted(permitted)) = READ.0.decide(&READ.1, &caller, ask) else {
        panic!("it is sent");
    };
    let filtered = permitted
        .permit()
        .filter_answer(status, answer.as_bytes())
        .expect("the rule is bound");
    match filtered {
        Ok(body) => String::from_utf8(body).expect("text"),
        Err(refused) => refused.refusal.reason,
    }
}

#[test]
fn an_answer_that_nobody_can_read_or_place_stays_outside() {
    let issue = || cloud(Method::Get, Product::Jira, "/rest/api/3/issue/PROJ-1");
    assert_eq!(filtered(issue(), 200, ""), "");
    assert_eq!(filtered(issue(), 503, "<html>PROJ-1</html>"), "");
    assert_eq!(
        filtered(issue(), 200, "<html>PROJ-1</html>"),
        "beyond its path, the answer is no JSON, so nobody can see what it names"
    );
    assert_eq!(
        filtered(issue(), 200, "{\"fields\":{}}"),
        "beyond its path, what was asked for stands elsewhere by now: the rules for it hold project OPS, PROJ only"
    );
    assert_eq!(
        filtered(issue(), 200, "[]"),
        "beyond its path, the answer does not say where it stands"
    );
    // An error names nothing that it stands in, and its words are kept.
    assert_eq!(
        filtered(
            issue(),
            404,
            "{\"errorMessages\":[\"no HR-1\"],\"key\":\"HR-1\"}"
        ),
        "{\"hidden\":\"hidden by rule\",\"key\":\"hidden by rule\"}"
    );
    assert_eq!(
        filtered(issue(), 404, "{\"errorMessages\":[\"none\"]}"),
        "{\"errorMessages\":[\"none\"]}"
    );
}
