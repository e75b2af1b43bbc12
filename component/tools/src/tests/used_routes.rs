//! A tool uses the routes that it declares, every one, and no other.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::BOTH;
use super::world::world;
use crate::{Deployment, call, list, route::Class};

/// Calls that together reach every route of every tool.
pub(super) fn scenarios() -> Vec<(&'static str, Value)> {
    vec![
        ("atlassian_sites", json!({})),
        ("jira_get_issue", json!({ "issue_key": "proj-1" })),
        (
            "jira_get_issue",
            json!({ "issue_key": "PROJ-1", "fields": ["Story Points", "status"] }),
        ),
        ("jira_search", json!({ "jql": "project = PROJ" })),
        (
            "jira_search",
            json!({ "jql": "project = PROJ", "fields": ["summary", "Story Points"] }),
        ),
        (
            "jira_create_issue",
            json!({ "project_key": "PROJ", "issue_type": "Task", "summary": "A", "description": "**b**", "assignee": "Bob Example",
            "additional_fields": { "Severity": "major", "labels": "a, b" } }),
        ),
        (
            "jira_create_issue",
            json!({ "project_key": "PROJ", "issue_type": "Bug", "summary": "A", "assignee": "me", "parent": "PROJ-9" }),
        ),
        (
            "jira_update_issue",
            json!({ "issue_key": "PROJ-1", "fields": { "description": "new", "assignee": "bob", "reporter": "me",
            "Story Points": "5", "Due date": null } }),
        ),
        (
            "jira_transition_issue",
            json!({ "issue_key": "PROJ-1", "transition": "finish", "comment": "done",
            "fields": { "Resolution": "done", "Tester": "Bob Example" } }),
        ),
        (
            "jira_transition_issue",
            json!({ "issue_key": "PROJ-1", "transition": "31", "fields": { "Tester": "me" } }),
        ),
        (
            "jira_add_comment",
            json!({ "issue_key": "PROJ-1", "body": "Hello *there*" }),
        ),
        ("jira_list_projects", json!({ "query": "o", "limit": 2 })),
        ("confluence_search", json!({ "query": "release notes" })),
        (
            "confluence_get_page",
            json!({ "page_id": 123, "comment_limit": 5 }),
        ),
        (
            "confluence_get_page",
            json!({ "title": "Plan", "space_key": "DOCS", "comment_limit": 5 }),
        ),
        (
            "confluence_create_page",
            json!({ "space_key": "DOCS", "title": "New", "content": "# Hi", "parent_id": "123" }),
        ),
        (
            "confluence_update_page",
            json!({ "page_id": "123", "content": "# Plan\n\nShip.", "version": 7, "version_comment": "shorter" }),
        ),
        (
            "confluence_add_comment",
            json!({ "page_id": "123", "content": "Nice" }),
        ),
    ]
}

#[test]
fn declared_routes_are_the_used_ones() {
    let mut used: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for deployment in BOTH {
        for (tool, arguments) in scenarios() {
            let gateway = world(deployment);
            let output = call(&gateway, tool, &arguments.to_string()).unwrap();
            assert!(
                !output.is_error,
                "{tool} on {}: {}",
                deployment.name(),
                output.text
            );
            used.entry(tool)
                .or_default()
                .extend(gateway.requests().iter().map(|request| request.route().id));
        }
    }
    for tool in list() {
        let declared: BTreeSet<&str> = tool.routes.iter().copied().collect();
        assert_eq!(
            declared.len(),
            tool.routes.len(),
            "{} declares a route twice",
            tool.name
        );
        assert_eq!(
            used.remove(tool.name).unwrap_or_default(),
            declared,
            "{}",
            tool.name
        );
    }
    assert!(used.is_empty());
}

#[test]
fn reading_tools_have_no_route_that_writes() {
    for tool in list() {
        let classes: Vec<Class> = crate::route::routes::ALL
            .iter()
            .filter(|route| tool.routes.contains(&route.id))
            .map(|route| route.class)
            .collect();
        assert_eq!(classes.len(), tool.routes.len());
        assert_eq!(
            tool.access.read_only,
            classes.iter().all(|class| *class == Class::Read),
            "{}",
            tool.name
        );
        assert!(
            !tool.access.destructive || !tool.access.read_only,
            "{}",
            tool.name
        );
    }
}

/// What an everyday call costs the site.
#[test]
fn everyday_calls_need_one_request() {
    for deployment in BOTH {
        for (tool, arguments, expected) in [
            ("atlassian_sites", json!({}), 0),
            ("jira_get_issue", json!({ "issue_key": "PROJ-1" }), 1),
            ("jira_search", json!({ "jql": "project = PROJ" }), 1),
            (
                "jira_create_issue",
                json!({ "project_key": "PROJ", "issue_type": "Task", "summary": "A", "description": "b" }),
                1,
            ),
            (
                "jira_update_issue",
                json!({ "issue_key": "PROJ-1", "fields": { "summary": "B", "priority": "High" } }),
                1,
            ),
            (
                "jira_add_comment",
                json!({ "issue_key": "PROJ-1", "body": "b" }),
                1,
            ),
            (
                "jira_transition_issue",
                json!({ "issue_key": "PROJ-1", "transition": "Start" }),
                2,
            ),
            ("jira_list_projects", json!({}), 1),
            ("confluence_search", json!({ "query": "x" }), 1),
            ("confluence_get_page", json!({ "page_id": "123" }), 1),
            (
                "confluence_update_page",
                json!({ "page_id": "123", "title": "B" }),
                2,
            ),
            (
                "confluence_add_comment",
                json!({ "page_id": "123", "content": "b" }),
                1,
            ),
            (
                "confluence_create_page",
                json!({ "space_key": "DOCS", "title": "B", "content": "b" }),
                if deployment == Deployment::Cloud {
                    2
                } else {
                    1
                },
            ),
        ] {
            let gateway = world(deployment);
            super::answer(&gateway, tool, arguments);
            assert_eq!(
                gateway.requests().len(),
                expected,
                "{tool} on {}",
                deployment.name()
            );
        }
    }
}

#[test]
fn no_request_has_a_query_that_its_route_lacks() {
    for deployment in BOTH {
        for (tool, arguments) in scenarios() {
            let gateway = world(deployment);
            super::answer(&gateway, tool, arguments);
            for request in gateway.requests() {
                assert_eq!(request.unknown_query(), None, "{}", request.route().id);
                assert_eq!(
                    request.is_idempotent(),
                    request.route().class == Class::Read
                );
            }
        }
    }
}
