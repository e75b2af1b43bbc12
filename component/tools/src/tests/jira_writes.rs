//! Writing in Jira: what is sent, and what the model is told when the site says no.

use serde_json::{Value, json};

use super::world::{create_metadata, paragraph, screen, user, world};
use super::{BOTH, answer, failure, sent};
use crate::fake::FakeGateway;
use crate::{Deployment, GatewayError};

fn on_both(tool: &str, arguments: &Value) -> String {
    let parts = BOTH.map(|deployment| {
        let gateway = world(deployment);
        let text = answer(&gateway, tool, arguments.clone());
        format!("=== {}\n{}---\n{text}", deployment.name(), sent(&gateway))
    });
    parts.join("\n")
}

#[test]
fn creating_on_both() {
    let arguments = json!({
        "project_key": "proj", "issue_type": "task", "summary": "Repair login", "description": "It **fails**.", "assignee": "Bob Example",
        "additional_fields": {
            "Priority": "High", "labels": ["auth"], "Components": "Gateway, Web", "due date": "2026-12-24", "Severity": "minor",
            "Platforms": ["linux", "Windows"], "Device": "hardware / laptop", "Acceptance": "- one\n- two", "Starts": "2026-12-01T09:00+01:00",
            "Tester": "me", "Story Points": "3", "Sprint": 12,
        },
    });
    insta::assert_snapshot!(on_both("jira_create_issue", &arguments));
}

#[test]
fn parents_are_epics_or_not() {
    let told = ["Bug", "Sub-task"].map(|kind| {
        on_both("jira_create_issue", &json!({ "project_key": "PROJ", "issue_type": kind, "summary": "A", "parent": "PROJ-9" }))
    });
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn updating_on_both() {
    let arguments = json!({ "issue_key": "PROJ-1", "fields": {
        "summary": "New", "description": "Now *it* works.", "assignee": "none", "labels": [], "duedate": null, "Story Points": 8, "parent": "proj-9",
    } });
    insta::assert_snapshot!(on_both("jira_update_issue", &arguments));
}

#[test]
fn moving_on_both() {
    let arguments = json!({ "issue_key": "PROJ-1", "transition": "FINISH", "comment": "Done **now**", "fields": { "resolution": "won't do" } });
    insta::assert_snapshot!(on_both("jira_transition_issue", &arguments));
}

#[test]
fn commenting_on_both() {
    insta::assert_snapshot!(on_both(
        "jira_add_comment",
        &json!({ "issue_key": "PROJ-1", "comment": "Hello _you_" })
    ));
}

#[test]
fn a_transition_that_is_not_there_lists_those_that_are() {
    let gateway = world(Deployment::Cloud);
    let told = [
        failure(
            &gateway,
            "jira_transition_issue",
            json!({ "issue_key": "PROJ-1", "transition": "Reopen" }),
        ),
        failure(
            &gateway,
            "jira_transition_issue",
            json!({ "issue_key": "PROJ-1", "transition": "done" }),
        ),
        failure(
            &gateway,
            "jira_transition_issue",
            json!({ "issue_key": "PROJ-1", "transition": "Finish", "fields": { "resolution": "Maybe" } }),
        ),
        failure(
            &gateway,
            "jira_transition_issue",
            json!({ "issue_key": "PROJ-1", "transition": "Cancel", "fields": { "resolution": "Done" } }),
        ),
    ];
    insta::assert_snapshot!(told.join("\n---\n"));
    assert!(
        gateway
            .requests()
            .iter()
            .all(|request| request.route().id == "jira.issue.transitions"),
        "nothing was written"
    );
    let none = FakeGateway::new(Deployment::Cloud)
        .answer("jira.issue.transitions", json!({ "transitions": [] }));
    assert!(
        failure(
            &none,
            "jira_transition_issue",
            json!({ "issue_key": "PROJ-1", "transition": "Done" })
        )
        .contains("no transition")
    );
}

#[test]
fn a_refused_creation_says_what_the_project_wants() {
    for deployment in BOTH {
        let refusal = r#"{"errorMessages":[],"errors":{"customfield_10017":"Severity is required.","priority":"Priority name 'Huge' is not valid"}}"#;
        let (types, fields) = create_metadata(deployment);
        let gateway = FakeGateway::new(deployment)
            .respond("jira.issue.create", 400, "application/json", refusal)
            .answer("jira.createmeta.types", types)
            .answer("jira.createmeta.fields", fields);
        let arguments = json!({ "project_key": "PROJ", "issue_type": "Task", "summary": "A", "additional_fields": { "priority": "Huge" } });
        let told = failure(&gateway, "jira_create_issue", arguments);
        assert!(
            told.contains("- customfield_10017: Severity is required."),
            "{told}"
        );
        assert!(
            told.contains("- Severity: Major, Minor (required)"),
            "{told}"
        );
        assert!(told.contains("- Priority: High, Low"), "{told}");
        assert!(
            told.contains("- Resolution: Done, Won't Do (required)"),
            "a required field that was not given: {told}"
        );
    }
}

#[test]
fn an_issue_type_in_another_case_is_understood() {
    let (types, fields) = create_metadata(Deployment::Cloud);
    let gateway = FakeGateway::new(Deployment::Cloud)
        .respond(
            "jira.issue.create",
            400,
            "application/json",
            r#"{"errors":{"issuetype":"Specify a valid issue type"}}"#,
        )
        .answer("jira.issue.create", json!({ "key": "PROJ-5" }))
        .answer("jira.createmeta.types", types)
        .answer("jira.createmeta.fields", fields);
    let text = answer(
        &gateway,
        "jira_create_issue",
        json!({ "project_key": "PROJ", "issue_type": "TASK", "summary": "A" }),
    );
    assert_eq!(
        text,
        "Created PROJ-5: https://acme.atlassian.net/browse/PROJ-5\n"
    );
    let told = failure(
        &gateway_without_type(),
        "jira_create_issue",
        json!({ "project_key": "PROJ", "issue_type": "Story", "summary": "A" }),
    );
    assert_eq!(
        told,
        "project PROJ has no issue type `Story`; there are: Task, Bug, Sub-task"
    );
}

fn gateway_without_type() -> FakeGateway {
    let (types, fields) = create_metadata(Deployment::Cloud);
    FakeGateway::new(Deployment::Cloud)
        .respond(
            "jira.issue.create",
            400,
            "application/json",
            r#"{"errors":{"issuetype":"Specify a valid issue type"}}"#,
        )
        .answer("jira.createmeta.types", types)
        .answer("jira.createmeta.fields", fields)
}

#[test]
fn nothing_that_was_given_is_dropped() {
    let gateway = world(Deployment::Cloud);
    let create = |fields: Value| json!({ "project_key": "PROJ", "issue_type": "Task", "summary": "A", "additional_fields": fields });
    let update = |fields: Value| json!({ "issue_key": "PROJ-1", "fields": fields });
    let told = [
        failure(
            &gateway,
            "jira_create_issue",
            create(json!({ "Colour": "red" })),
        ),
        failure(
            &gateway,
            "jira_create_issue",
            create(json!({ "Summary": "B" })),
        ),
        failure(
            &gateway,
            "jira_create_issue",
            create(json!({ "Severity": "Huge" })),
        ),
        failure(
            &gateway,
            "jira_create_issue",
            create(json!({ "labels": ["two words"] })),
        ),
        failure(
            &gateway,
            "jira_create_issue",
            create(json!({ "due date": "tomorrow" })),
        ),
        failure(
            &gateway,
            "jira_create_issue",
            create(json!({ "Story Points": "many" })),
        ),
        failure(
            &gateway,
            "jira_update_issue",
            update(json!({ "Device": "Hardware / Phone" })),
        ),
        failure(
            &gateway,
            "jira_update_issue",
            update(json!({ "Storypoints": 3 })),
        ),
        failure(
            &gateway,
            "jira_update_issue",
            update(json!({ "status": "Done" })),
        ),
        failure(
            &gateway,
            "jira_update_issue",
            update(json!({ "comment": "x" })),
        ),
        failure(&gateway, "jira_update_issue", update(json!({}))),
        failure(
            &gateway,
            "jira_update_issue",
            update(json!({ "due": "2026-01-01", "due date": null })),
        ),
        failure(
            &gateway,
            "jira_update_issue",
            update(json!({ "parent": "../x" })),
        ),
        failure(
            &gateway,
            "jira_update_issue",
            update(json!({ "Starts": "noon" })),
        ),
    ];
    insta::assert_snapshot!(told.join("\n---\n"));
    let written = gateway
        .requests()
        .iter()
        .filter(|request| !request.is_idempotent())
        .count();
    assert_eq!(written, 0, "nothing was written");
}

#[test]
fn an_ambiguous_person_is_never_guessed() {
    for deployment in BOTH {
        let people = json!([
            user(deployment, "bob-1", "Bob Example"),
            user(deployment, "bob-2", "Bob Example"),
            { "displayName": "Bob Gone", "active": false, "accountId": "x", "name": "x" },
        ]);
        let gateway = FakeGateway::new(deployment)
            .answer("jira.user.search", people)
            .answer("jira.user.search", json!([]));
        let told = failure(
            &gateway,
            "jira_update_issue",
            json!({ "issue_key": "PROJ-1", "fields": { "assignee": "bob" } }),
        );
        assert_eq!(
            told,
            "several users match `bob`; give one by id:\n- Bob Example: bob-1\n- Bob Example: bob-2"
        );
        let told = failure(
            &gateway,
            "jira_update_issue",
            json!({ "issue_key": "PROJ-1", "fields": { "assignee": "zoe" } }),
        );
        assert!(told.starts_with("no active user matches `zoe`"), "{told}");
    }
}

#[test]
fn an_account_id_needs_no_search() {
    let gateway = FakeGateway::new(Deployment::Cloud).respond("jira.issue.update", 204, "", "");
    for id in [
        "5b10ac8d82e05b22cc7d4ef5",
        "712020:4d6c9a1e-1111-2222-3333-444455556666",
        "accountid:5b10ac8d82e05b22cc7d4ef5",
    ] {
        answer(
            &gateway,
            "jira_update_issue",
            json!({ "issue_key": "PROJ-1", "fields": { "assignee": id } }),
        );
    }
    assert_eq!(gateway.requests().len(), 3);
}

#[test]
fn a_refused_change_says_which_values_there_are() {
    let refusal = r#"{"errorMessages":["No."],"errors":{"priority":"bad"}}"#;
    let gateway = FakeGateway::new(Deployment::Cloud)
        .respond("jira.issue.update", 400, "application/json", refusal)
        .answer("jira.issue.editmeta", json!({ "fields": screen() }));
    let told = failure(
        &gateway,
        "jira_update_issue",
        json!({ "issue_key": "PROJ-1", "fields": { "priority": "Huge" } }),
    );
    assert!(
        told.contains("- Priority: High, Low") && !told.contains("Severity"),
        "{told}"
    );
    let blind = FakeGateway::new(Deployment::Cloud)
        .respond("jira.issue.update", 400, "application/json", refusal)
        .fail("jira.issue.editmeta", GatewayError::Denied);
    let told = failure(
        &blind,
        "jira_update_issue",
        json!({ "issue_key": "PROJ-1", "fields": { "priority": "Huge" } }),
    );
    assert!(
        told.contains("- No.") && told.contains("- priority: bad"),
        "{told}"
    );
}

#[test]
fn a_description_is_written_fresh_where_there_was_none() {
    for deployment in BOTH {
        let gateway = FakeGateway::new(deployment)
            .answer(
                "jira.issue.get",
                json!({ "key": "PROJ-1", "fields": { "description": null } }),
            )
            .respond("jira.issue.update", 204, "", "");
        answer(
            &gateway,
            "jira_update_issue",
            json!({ "issue_key": "PROJ-1", "fields": { "description": "plain" } }),
        );
        let body = gateway.requests()[1].body().unwrap().clone();
        match deployment {
            Deployment::Cloud => assert_eq!(
                body["fields"]["description"]["content"],
                paragraph(deployment, "plain")["content"]
            ),
            Deployment::DataCenter => assert_eq!(body["fields"]["description"], "plain"),
        }
    }
}
