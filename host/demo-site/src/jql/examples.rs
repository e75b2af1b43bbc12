//! What people write, and what it finds in the seed.

use time::macros::datetime;

use super::{Scope, find};
use crate::options::Deployment;
use crate::world::{Clock, World};

const FINDING: &[&str] = &[
    "project = PROJ AND status = \"In Review\"",
    "project = proj and issuetype in (Epic) order by key",
    "project in (OPS, DESIGN) AND statusCategory = \"In Progress\" ORDER BY key",
    "assignee = currentUser() AND statusCategory != Done ORDER BY priority DESC, updated DESC",
    "assignee in (currentUser(), EMPTY) and project = PROJ and sprint in openSprints() order by key",
    "assignee is EMPTY AND type = Bug",
    "assignee was ada",
    "reporter = \"Dara O'Neill\" and type = Bug order by key",
    "assignee = ben@demo.example",
    "assignee = \"ben@demo.example\" AND sprint = \"PROJ Sprint 38\"",
    "text ~ \"invoice export\" order by key",
    "summary ~ \"invoice*\" AND summary !~ export order by key",
    "description ~ \"\\\"press back\\\"\"",
    "comment ~ sandbox",
    "labels = payments AND labels not in (pci) order by key",
    "labels is not EMPTY and project = DESIGN order by key",
    "priority >= High AND resolution = Unresolved AND project = OPS order by key",
    "parent = PROJ-2 order by key",
    "key in (PROJ-4, OPS-8) order by key",
    "key > PROJ-29 and key < PROJ-32 order by key",
    "fixVersion = \"2.4.0\" and status = Done order by key",
    "fixVersion in unreleasedVersions(PROJ) and status = Done order by key",
    "component = Payments and status = \"To Do\" order by key",
    "component ~ kube and status = Done order by key",
    "created >= -7d order by created",
    "updated > startOfDay() order by key",
    "updated >= \"2026-11-19\" AND updated < \"2026-11-20\" order by key",
    "due < now() AND resolution is EMPTY",
    "due <= endOfWeek() and due >= startOfDay() order by due",
    "\"Story Points\" >= 8 order by cf[10016] desc, key",
    "\"Customer Tier\" = Gold order by key",
    "issue in linkedIssues(PROJ-12) order by key",
    "issue in linkedIssues(PROJ-12, \"is blocked by\") order by key",
    "type in subTaskIssueTypes() and status != Done order by key",
    "NOT (project = PROJ OR project = OPS) AND status = Shipped",
    "key = PROJ-900",
];

const ON_DATA_CENTER: &[&str] = &[
    "\"Epic Link\" = PROJ-2 order by key",
    "parent = PROJ-2",
    "parent = PROJ-12 order by key",
    "assignee = ben and status = Blocked",
    "text ~ KeyError",
];

const REFUSED: &[&str] = &[
    "foo = 1",
    "project = NOPE",
    "project = SEC",
    "project ~ PROJ",
    "status = Nope and assignee = nobody",
    "summary = \"x\"",
    "created > yesterday",
    "key = PROJ-999",
    "parent = SEC-1",
    "assignee = membersOff(x)",
    "assignee in openSprints()",
    "sprint = 99",
    "status is Done",
    "\"Story Points\" > many",
    "project = PROJ order by nope",
    "project = PROJ order by text",
    "project = PROJ status = Done",
];

fn world(deployment: Deployment) -> World {
    World::seeded(
        deployment,
        "http://127.0.0.1:1",
        Clock::Fixed(datetime!(2026-11-20 10:00 UTC)),
    )
}

fn keys(world: &World, jql: &str) -> String {
    match find(world, "ada", jql, Scope::Anything) {
        Ok(issues) => issues
            .iter()
            .map(|issue| issue.key())
            .collect::<Vec<_>>()
            .join(" "),
        Err(errors) => format!("! {}", errors.join(" | ")),
    }
}

fn table(deployment: Deployment, queries: &[&str]) -> String {
    let world = world(deployment);
    let rows: Vec<String> = queries
        .iter()
        .map(|jql| format!("{jql}\n    {}", keys(&world, jql)))
        .collect();
    rows.join("\n")
}

#[test]
fn queries_find_what_people_mean() {
    insta::assert_snapshot!(table(Deployment::Cloud, FINDING));
}

#[test]
fn data_center_keeps_epics_and_parents_apart() {
    insta::assert_snapshot!(table(Deployment::DataCenter, ON_DATA_CENTER));
}

#[test]
fn errors_are_worded_as_jira_words_them() {
    insta::assert_snapshot!(table(Deployment::Cloud, REFUSED));
}

#[test]
fn a_query_without_a_restriction_is_unbounded() {
    let world = world(Deployment::Cloud);
    for jql in ["", "order by created desc"] {
        let refused = find(&world, "ada", jql, Scope::Bounded)
            .err()
            .unwrap_or_default();
        assert!(
            refused
                .iter()
                .any(|error| error.starts_with("Unbounded JQL")),
            "`{jql}`"
        );
        assert!(find(&world, "ada", jql, Scope::Anything).is_ok());
    }
}

#[test]
fn no_query_finds_what_may_not_be_seen() {
    for deployment in [Deployment::Cloud, Deployment::DataCenter] {
        let world = world(deployment);
        for jql in [
            "",
            "text ~ token",
            "labels = secret",
            "assignee = emil",
            "not project = PROJ",
            "key != PROJ-1",
        ] {
            let found = keys(&world, jql);
            assert!(!found.contains("SEC-"), "`{jql}` found {found}");
        }
    }
}
