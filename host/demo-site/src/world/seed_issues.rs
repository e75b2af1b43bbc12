//! Makes the seed's issues from `issues.tsv` and the texts: dates counted back from now, statuses
//! and versions looked up by name, links on both sides, a changelog that agrees with the state.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::catalogue::{Category, ISSUE_TYPES, PRIORITIES, STATUSES, status};
use super::issues::{Change, Comment, Issue, Link};
use super::seed_texts::{COMMENTS, DESCRIPTIONS, LINKS};
use super::text::{self, Block};
use super::{Project, World};

const TABLE: &str = include_str!("issues.tsv");

/// The first id of each project's issues, so that ids say nothing about keys.
const FIRST_IDS: &[(&str, u64)] = &[
    ("PROJ", 12_000),
    ("OPS", 14_300),
    ("DESIGN", 16_900),
    ("SEC", 18_200),
];

/// Keys that issues had before they were moved to another project.
const OLD_KEYS: &[(&str, &str)] = &[
    ("PROJ-900", "OPS-12"),
    ("OPS-900", "DESIGN-5"),
    ("PROJ-901", "SEC-1"),
];

struct Row<'a> {
    cells: Vec<&'a str>,
}

impl<'a> Row<'a> {
    fn text(&self, column: usize) -> Option<&'a str> {
        self.cells
            .get(column)
            .copied()
            .filter(|cell| !cell.is_empty())
    }

    fn words(&self, column: usize) -> impl Iterator<Item = &'a str> {
        self.text(column)
            .unwrap_or("")
            .split(',')
            .filter(|word| !word.is_empty())
    }

    fn days(&self, column: usize) -> Option<f64> {
        self.text(column)?.parse().ok()
    }
}

pub(super) fn fill(world: &mut World) {
    let now = world.now();
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let row = Row {
            cells: line.split('\t').collect(),
        };
        let issue = read_row(world, &row, now);
        if let Some(project) = world.projects.get_mut(&issue.project) {
            project.last_number = project.last_number.max(issue.number);
        }
        world.insert_issue(issue);
    }
    add_links(world);
    for (old, key) in OLD_KEYS {
        let id = id_of(key);
        world.remember_key(old, id);
    }
}

/// Ids follow from keys, so that a parent may stand below its child in the table.
fn id_of(key: &str) -> u64 {
    let (project, number) = key.split_once('-').expect("keys of the seed have a dash");
    let first = FIRST_IDS
        .iter()
        .find(|(p, _)| *p == project)
        .expect("each project has ids")
        .1;
    first
        + number
            .parse::<u64>()
            .expect("keys of the seed end in a number")
}

fn read_row(world: &mut World, row: &Row<'_>, now: OffsetDateTime) -> Issue {
    let ago = |days: f64| now - Duration::seconds_f64(days * 86_400.0);
    let key = row.text(0).expect("column key");
    let (project_key, number) = key.split_once('-').expect("a key has a dash");
    let project = world.projects[project_key].clone();
    let issue_type = ISSUE_TYPES
        .iter()
        .find(|t| Some(t.name) == row.text(1))
        .expect("column type");
    let state = STATUSES
        .iter()
        .find(|s| Some(s.name) == row.text(2))
        .expect("column status");
    let created = ago(row.days(12).expect("column created"));
    let updated = ago(row.days(13).expect("column updated"));
    let done = state.category == Category::Done;
    let person = |column| row.text(column).map(str::to_owned);
    let version_ids = |names: &mut dyn Iterator<Item = &str>| -> Vec<String> {
        names
            .filter_map(|name| project.versions.iter().find(|version| version.name == name))
            .map(|version| version.id.clone())
            .collect()
    };
    let is_bug = issue_type.name == "Bug";
    let reporter = person(5).expect("column reporter");
    Issue {
        id: id_of(key),
        project: project_key.to_owned(),
        number: number.parse().expect("a key ends in a number"),
        issue_type: issue_type.id,
        summary: row.text(15).expect("column summary").to_owned(),
        description: describe(world, key, issue_type.name),
        environment: (key == "PROJ-4").then(|| {
            rich(
                world,
                &[Block::Paragraph("Chrome 131 on Windows 11, portal 2.3.1")],
            )
        }),
        status: state.id,
        status_changed: updated,
        priority: PRIORITIES
            .iter()
            .find(|p| Some(p.name) == row.text(3))
            .expect("column priority")
            .id,
        resolution: done.then_some(if row.words(11).any(|label| label == "duplicate") {
            "10002"
        } else {
            "10000"
        }),
        resolved: done.then_some(updated),
        assignee: person(4),
        creator: reporter.clone(),
        reporter: Some(reporter),
        labels: row.words(11).map(str::to_owned).collect(),
        components: row
            .words(9)
            .filter_map(|name| {
                project
                    .components
                    .iter()
                    .find(|component| component.name == name)
            })
            .map(|component| component.id.clone())
            .collect(),
        fix_versions: version_ids(&mut row.words(10)),
        versions: if is_bug {
            version_ids(&mut ["2.3.1"].into_iter())
        } else {
            Vec::new()
        },
        parent: row.text(8).map(id_of),
        links: Vec::new(),
        comments: comments_of(world, key, now),
        created,
        updated,
        due: row
            .days(14)
            .map(|days| (now + Duration::seconds_f64(days * 86_400.0)).date()),
        sprints: row.words(7).filter_map(|id| id.parse().ok()).collect(),
        story_points: row.days(6),
        custom: custom_values(key, issue_type.name, row.text(15).unwrap_or("")),
        history: history(world, &project, state.id, person(4), (created, updated)),
    }
}

fn rich(world: &World, blocks: &[Block]) -> Value {
    text::render(blocks, world.deployment, &world.users)
}

fn describe(world: &World, key: &str, issue_type: &str) -> Option<Value> {
    let written = DESCRIPTIONS
        .iter()
        .find(|(k, _)| *k == key)
        .map(|(_, blocks)| *blocks);
    let short: &[Block] = match issue_type {
        "Bug" => &[Block::Paragraph(
            "Reported by a customer; see the *summary*. Steps follow.",
        )],
        "Story" => &[Block::Paragraph(
            "Details are on the page *Autumn release* in the wiki.",
        )],
        "Epic" => &[Block::Paragraph("Goal and scope are in the wiki.")],
        _ => return written.map(|blocks| rich(world, blocks)),
    };
    Some(rich(world, written.unwrap_or(short)))
}

fn comments_of(world: &mut World, key: &str, now: OffsetDateTime) -> Vec<Comment> {
    let mut comments = Vec::new();
    for (_, author, days, blocks) in COMMENTS.iter().filter(|(k, ..)| *k == key) {
        let at = now - Duration::seconds_f64(days * 86_400.0);
        let body = rich(world, blocks);
        comments.push(Comment {
            id: world.fresh_id(),
            author: (*author).to_owned(),
            body,
            created: at,
            updated: at,
            visibility: None,
        });
    }
    comments
}

fn custom_values(key: &str, issue_type: &str, summary: &str) -> BTreeMap<String, Value> {
    let mut custom = BTreeMap::new();
    if issue_type == "Epic" {
        custom.insert("customfield_10011".to_owned(), json!(summary));
    }
    if key == "PROJ-4" || key == "PROJ-31" {
        custom.insert(
            "customfield_10030".to_owned(),
            json!({"value": "Gold", "id": "10202"}),
        );
        custom.insert("customfield_10031".to_owned(), json!("Meridian Ltd"));
    }
    if key == "PROJ-12" {
        custom.insert(
            "customfield_10035".to_owned(),
            json!([{"value": "Web", "id": "10300"}, {"value": "iOS", "id": "10301"}]),
        );
    }
    custom
}

/// An issue that has left its first status did so halfway, and got its assignee just before.
fn history(
    world: &mut World,
    project: &Project,
    state: &'static str,
    assignee: Option<String>,
    (created, updated): (OffsetDateTime, OffsetDateTime),
) -> Vec<Change> {
    if state == project.workflow.initial {
        return Vec::new();
    }
    let author = assignee.clone().unwrap_or_else(|| project.lead.to_owned());
    let midway = created + (updated - created) / 2;
    vec![
        Change {
            id: world.fresh_id(),
            author: project.lead.to_owned(),
            at: midway - Duration::minutes(1),
            field: "assignee",
            from: None,
            to: assignee
                .and_then(|name| world.users.get(&name))
                .map(|user| user.display_name.clone()),
        },
        Change {
            id: world.fresh_id(),
            author,
            at: midway,
            field: "status",
            from: Some(status(project.workflow.initial).name.to_owned()),
            to: Some(status(state).name.to_owned()),
        },
    ]
}

fn add_links(world: &mut World) {
    for (from, link_type, to) in LINKS {
        let (from, to) = (id_of(from), id_of(to));
        let id = world.fresh_id();
        for (holder, other, outward) in [(from, to, true), (to, from, false)] {
            if let Some(issue) = world.issue_mut(holder) {
                issue.links.push(Link {
                    id,
                    link_type,
                    outward,
                    other,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Deployment;
    use crate::world::Clock;
    use time::macros::datetime;

    fn world() -> World {
        let clock = Clock::Fixed(datetime!(2026-11-20 10:00 UTC));
        World::seeded(Deployment::Cloud, "http://127.0.0.1:1", clock)
    }

    #[test]
    fn every_row_becomes_an_issue_that_refers_to_what_exists() {
        let world = world();
        let rows = TABLE.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(world.issues.len(), rows);
        for issue in world.issues.values() {
            for person in issue.assignee.iter().chain(&issue.reporter) {
                assert!(
                    world.users.contains_key(person),
                    "{}: {person}",
                    issue.key()
                );
            }
            if let Some(parent) = issue.parent {
                assert!(
                    world.issues.contains_key(&parent),
                    "{} has no parent",
                    issue.key()
                );
            }
            assert!(
                issue.created <= issue.updated,
                "{} was changed before it was made",
                issue.key()
            );
            assert!(
                issue
                    .sprints
                    .iter()
                    .all(|id| world.sprints.iter().any(|sprint| sprint.id == *id))
            );
            let project = &world.projects[&issue.project];
            assert!(
                project.types.contains(&issue.issue_type),
                "{} has a foreign type",
                issue.key()
            );
        }
    }

    #[test]
    fn every_text_and_link_belongs_to_an_issue() {
        let world = world();
        let keys = DESCRIPTIONS
            .iter()
            .map(|(key, _)| *key)
            .chain(COMMENTS.iter().map(|(key, ..)| *key))
            .chain(LINKS.iter().flat_map(|(from, _, to)| [*from, *to]));
        for key in keys {
            assert!(
                world.issues.contains_key(&id_of(key)),
                "{key} is not in the table"
            );
        }
    }

    #[test]
    fn a_moved_issue_is_found_by_its_old_key_and_a_hidden_one_by_none() {
        let world = world();
        assert_eq!(
            world.issue("PROJ-900").map(Issue::key),
            Some("OPS-12".into())
        );
        assert_eq!(world.issue("proj-4").map(Issue::key), Some("PROJ-4".into()));
        assert!(world.issue("SEC-1").is_none());
        assert!(world.issue("PROJ-901").is_none());
        assert!(world.issue("PROJ-999").is_none());
    }
}
