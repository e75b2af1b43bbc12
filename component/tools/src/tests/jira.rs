//! Reading in Jira: what is asked of the site and what the model reads.

use serde_json::{Value, json};

use super::world::{found, issue, paragraph, user, world};
use super::{BOTH, answer, failure, sent};
use crate::fake::FakeGateway;
use crate::{Deployment, Product, SiteInfo};

/// Both deployments one after the other, as they are compared.
fn on_both(tool: &str, arguments: &Value) -> String {
    let parts = BOTH.map(|deployment| {
        let gateway = world(deployment);
        let text = answer(&gateway, tool, arguments.clone());
        format!("=== {}\n{}---\n{text}", deployment.name(), sent(&gateway))
    });
    parts.join("\n")
}

#[test]
fn an_issue_is_read_with_one_request() {
    insta::assert_snapshot!(on_both("jira_get_issue", &json!({ "issue_key": "proj-1" })));
}

#[test]
fn chosen_fields_are_named_as_people_name_them() {
    insta::assert_snapshot!(on_both(
        "jira_get_issue",
        &json!({ "issue_key": "PROJ-1", "fields": ["Story Points", "due date"], "comment_limit": 1 })
    ));
}

#[test]
fn issues_are_listed_as_a_table() {
    insta::assert_snapshot!(on_both(
        "jira_search",
        &json!({ "jql": "project = PROJ ORDER BY updated DESC", "limit": 10 })
    ));
}

#[test]
fn projects_are_listed_as_a_table() {
    insta::assert_snapshot!(on_both("jira_list_projects", &json!({ "query": "pro" })));
}

#[test]
fn sites_are_listed_without_a_request() {
    insta::assert_snapshot!(on_both("atlassian_sites", &json!({})));
}

#[test]
fn an_issue_that_holds_nothing_is_still_shown() {
    for body in [
        json!({}),
        json!({ "key": null, "fields": null }),
        json!({ "fields": [] }),
        json!([]),
        json!({ "fields": { "comment": "x", "labels": "y", "subtasks": 1 } }),
    ] {
        let gateway = FakeGateway::new(Deployment::Cloud).answer("jira.issue.get", body);
        let text = answer(&gateway, "jira_get_issue", json!({ "issue_key": "PROJ-1" }));
        assert!(text.starts_with("# PROJ-1: (no summary)\n"), "{text}");
    }
}

#[test]
fn no_null_avatar_or_own_link_reaches_the_model() {
    for deployment in BOTH {
        for arguments in [
            json!({ "issue_key": "PROJ-1" }),
            json!({ "issue_key": "PROJ-1", "fields": ["*all"] }),
        ] {
            let text = answer(&world(deployment), "jira_get_issue", arguments);
            for noise in ["null", "avatar", "/rest/", "iconUrl", "\u{202e}"] {
                assert!(!text.contains(noise), "{noise} in {text}");
            }
        }
    }
}

#[test]
fn a_long_issue_comes_in_parts_that_belong_together() {
    for deployment in BOTH {
        let mut long = issue(deployment);
        let lines: String = (0..900)
            .map(|number| format!("line {number} of a long report\n\n"))
            .collect();
        long["fields"]["description"] = match deployment {
            Deployment::Cloud => {
                let content: Vec<Value> = lines
                    .split("\n\n")
                    .map(|line| paragraph(deployment, line)["content"][0].clone())
                    .collect();
                json!({ "type": "doc", "version": 1, "content": content })
            }
            Deployment::DataCenter => json!(lines),
        };
        let gateway = FakeGateway::new(deployment).answer("jira.issue.get", long);
        let mut cursor = None;
        let mut whole = String::new();
        for _ in 0..10 {
            let mut arguments = json!({ "issue_key": "PROJ-1" });
            arguments["cursor"] = json!(cursor);
            let part = answer(&gateway, "jira_get_issue", arguments);
            assert!(part.len() < 10_500);
            let (text, rest) = part.split_once("(Cut here, ").unwrap_or((&part, ""));
            assert_eq!(
                text.matches("<foreign>\n").count(),
                text.matches("</foreign>\n").count()
            );
            whole.push_str(text);
            cursor = rest
                .split_once("with cursor ")
                .and_then(|(_, rest)| rest.split_once(' '))
                .map(|(cursor, _)| cursor.to_owned());
            if cursor.is_none() {
                break;
            }
        }
        assert!((0..900).all(|number| whole.contains(&format!("line {number} of"))));
        assert!(whole.contains("## Comments (3 of 3"));
    }
}

#[test]
fn a_cursor_of_a_text_that_changed_is_refused() {
    let mut long = issue(Deployment::DataCenter);
    long["fields"]["description"] = json!("word word word\n".repeat(2_000));
    let mut changed = long.clone();
    changed["fields"]["summary"] = json!("other");
    let gateway = FakeGateway::new(Deployment::DataCenter)
        .answer("jira.issue.get", long)
        .answer("jira.issue.get", changed);
    let part = answer(&gateway, "jira_get_issue", json!({ "issue_key": "PROJ-1" }));
    let cursor = part
        .split_once("with cursor ")
        .and_then(|(_, rest)| rest.split_once(' '))
        .unwrap()
        .0;
    let told = failure(
        &gateway,
        "jira_get_issue",
        json!({ "issue_key": "PROJ-1", "cursor": cursor }),
    );
    assert!(told.contains("has changed since"), "{told}");
}

#[test]
fn a_search_goes_on_where_it_stopped() {
    for (deployment, place) in [
        (Deployment::Cloud, r#""nextPageToken":"CAEaAggD==""#),
        (Deployment::DataCenter, r#""startAt":10"#),
    ] {
        let gateway = world(deployment);
        let first = answer(
            &gateway,
            "jira_search",
            json!({ "jql": "project = PROJ", "limit": 10 }),
        );
        let cursor = first.trim_end().rsplit(' ').next().unwrap();
        answer(
            &gateway,
            "jira_search",
            json!({ "jql": "project = PROJ", "limit": 5, "cursor": cursor }),
        );
        assert!(
            gateway.requests()[1]
                .body()
                .unwrap()
                .to_string()
                .contains(place)
        );
        let told = failure(
            &gateway,
            "jira_search",
            json!({ "jql": "project = OTHER", "cursor": cursor }),
        );
        assert!(told.contains("another question"), "{told}");
        assert_eq!(gateway.requests().len(), 2);
    }
}

#[test]
fn the_last_part_says_so() {
    let mut last = found(Deployment::Cloud, 2);
    last["nextPageToken"] = json!(null);
    last["isLast"] = json!(true);
    let gateway = FakeGateway::new(Deployment::Cloud)
        .answer("jira.issue.search", last)
        .answer("jira.issue.search", json!({ "issues": [] }));
    assert!(
        answer(&gateway, "jira_search", json!({ "jql": "x" })).ends_with("2 shown, no more.\n")
    );
    assert_eq!(
        answer(&gateway, "jira_search", json!({ "jql": "x" })),
        "No issue matches.\n"
    );
}

#[test]
fn a_field_that_nobody_has_is_explained() {
    let gateway = world(Deployment::Cloud);
    let told = failure(
        &gateway,
        "jira_search",
        json!({ "jql": "x", "fields": ["story size"] }),
    );
    assert_eq!(
        told,
        "this site has no field named `story size`; like it: Story Points"
    );
    answer(
        &gateway,
        "jira_search",
        json!({ "jql": "x", "fields": ["Story Points"] }),
    );
    let lists = gateway
        .requests()
        .iter()
        .filter(|request| request.route().id == "jira.field.list")
        .count();
    assert_eq!(lists, 1, "the list of fields is remembered");
}

#[test]
fn a_link_of_another_site_is_refused() {
    let gateway = world(Deployment::Cloud);
    let told = failure(
        &gateway,
        "jira_get_issue",
        json!({ "issue_key": "https://other.atlassian.net/browse/PROJ-1" }),
    );
    assert!(
        told.contains("other.atlassian.net") && told.contains("acme.atlassian.net"),
        "{told}"
    );
    assert!(gateway.requests().is_empty());
    answer(
        &gateway,
        "jira_get_issue",
        json!({ "issue_key": "https://acme.atlassian.net/browse/proj-1?x=y" }),
    );
}

#[test]
fn the_site_must_be_clear() {
    let site = |name: &str, product| SiteInfo {
        id: name.to_owned(),
        name: name.to_owned(),
        product,
        deployment: Deployment::Cloud,
        browse_url: format!("https://{name}.example"),
        read_only: true,
    };
    let none = FakeGateway::with_sites(vec![site("one", Product::Confluence)]);
    assert!(
        failure(&none, "jira_search", json!({ "jql": "x" }))
            .starts_with("no Jira site is configured")
    );
    let several =
        FakeGateway::with_sites(vec![site("two", Product::Jira), site("one", Product::Jira)]);
    let told = failure(&several, "jira_search", json!({ "jql": "x" }));
    assert_eq!(
        told,
        "there are several Jira sites: choose one with `site`: one, two"
    );
}

#[test]
fn projects_are_paged_where_the_site_does_not() {
    let projects: Value = (10..35)
        .map(|number| json!({ "key": format!("P{number}"), "name": "Team" }))
        .collect();
    let gateway = FakeGateway::new(Deployment::DataCenter).answer("jira.project.list", projects);
    let first = answer(
        &gateway,
        "jira_list_projects",
        json!({ "query": "TEAM", "limit": 20 }),
    );
    assert!(first.contains("20 of 25 shown"), "{first}");
    let cursor = first.trim_end().rsplit(' ').next().unwrap();
    let second = answer(
        &gateway,
        "jira_list_projects",
        json!({ "query": "TEAM", "limit": 20, "cursor": cursor }),
    );
    assert!(
        second.contains("|P34|")
            && !second.contains("|P29|")
            && second.contains("5 of 25 shown, no more"),
        "{second}"
    );
}

#[test]
fn comments_left_out_are_counted() {
    let comments: Vec<Value> = (10..40)
        .map(|day| json!({ "author": user(Deployment::Cloud, "a", "Ada"), "created": format!("2026-11-{day}"), "body": paragraph(Deployment::Cloud, &format!("said {day}")) }))
        .collect();
    let gateway = FakeGateway::new(Deployment::Cloud).answer(
        "jira.issue.get",
        json!({ "key": "PROJ-1", "fields": { "comment": { "comments": comments, "total": 50 } } }),
    );
    let text = answer(
        &gateway,
        "jira_get_issue",
        json!({ "issue_key": "PROJ-1", "comment_limit": 2 }),
    );
    assert!(
        text.contains(
            "## Comments (2 of 50, newest first; Jira sent only 30; comment_limit 30 shows more)"
        ),
        "{text}"
    );
    assert!(text.contains("said 39") && text.contains("said 38") && !text.contains("said 37"));
    let none = answer(
        &gateway,
        "jira_get_issue",
        json!({ "issue_key": "PROJ-1", "comment_limit": 0 }),
    );
    assert!(
        none.contains("## Comments (0 of 50") && !none.contains("said"),
        "{none}"
    );
}
