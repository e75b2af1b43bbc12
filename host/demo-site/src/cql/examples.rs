//! What people write, and what it finds in the seed.

use time::macros::datetime;

use super::find;
use crate::options::Deployment;
use crate::world::{Clock, World};

const FINDING: &[&str] = &[
    "type = page AND space = ENG AND title ~ \"runbook*\" order by title",
    "type = page and title = \"Autumn release\" order by id",
    "siteSearch ~ \"autumn release\" and type = page",
    "text ~ idempotency order by type",
    "label = billing order by created desc",
    "label in (policy, press) and space in (POLICY, PROD)",
    "creator = currentUser() and space = PROD order by title",
    "contributor = emil and type = comment",
    "ancestor = 65606 order by title",
    "parent = 65610 and type = page order by id",
    "lastmodified >= now(\"-1w\") and type = page order by lastmodified desc",
    "created > \"2026-10-01\" and type = page order by id",
    "id = 65603",
    "type = space and title ~ product",
    "type != page and text ~ thanks",
    "space = \"~ada\" and not type = space order by id",
    "space = NOPE",
    "kubectl",
];

const REFUSED: &[&str] = &[
    "",
    "order by title",
    "foo = 1",
    "space ~ ENG",
    "title ~",
    "type = page order by text",
    "created > soon",
    "creator = somebody()",
    "text ~ \"open",
];

fn table(queries: &[&str]) -> String {
    let clock = Clock::Fixed(datetime!(2026-11-20 10:00 UTC));
    let world = World::seeded(Deployment::Cloud, "http://127.0.0.1:1", clock);
    let row = |cql: &&str| {
        let found = match find(&world, "ada", cql) {
            Ok(found) => found
                .entries
                .iter()
                .map(|entry| format!("[{}] ", entry.title))
                .collect(),
            Err(error) => format!("! {error}"),
        };
        format!("{cql}\n    {}", found.trim_end())
    };
    queries.iter().map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn queries_find_what_people_mean() {
    insta::assert_snapshot!(table(FINDING));
}

#[test]
fn what_is_no_query_is_refused() {
    insta::assert_snapshot!(table(REFUSED));
}
