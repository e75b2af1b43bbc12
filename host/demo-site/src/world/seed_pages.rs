//! Makes the seed's spaces and pages from `pages.txt`: a header line for each page, then its body
//! in storage format. `{{user:name}}` in a body becomes the deployment's own way to name a person.

use time::{Duration, OffsetDateTime};

use super::World;
use super::pages::{Page, PageComment, Revision, Space};
use crate::options::Deployment;

const TEXT: &str = include_str!("pages.txt");

struct SpaceRow(u64, &'static str, &'static str, &'static str, u64, bool);

const SPACES: &[SpaceRow] = &[
    SpaceRow(98_304, "ENG", "Engineering", "global", 65_601, false),
    SpaceRow(98_305, "PROD", "Product", "global", 65_701, false),
    SpaceRow(
        98_306,
        "POLICY",
        "Policies (read only)",
        "global",
        65_801,
        true,
    ),
    SpaceRow(98_307, "~ada", "Ada Okafor", "personal", 65_901, false),
];

/// `(page, author, days ago, storage)`.
const COMMENTS: &[(u64, &str, f64, &str)] = &[
    (
        65_603,
        "emil",
        9.0,
        "<p>Used this last night, step 1 wants <code>sudo</code>.</p>",
    ),
    (
        65_603,
        "dara",
        8.5,
        "<p>Thanks, <strong>fixed</strong>.</p>",
    ),
    (
        65_702,
        "ben",
        5.0,
        "<p>Cards depend on the provider, see PROJ-14.</p>",
    ),
    (65_608, "chen", 2.0, "<p>Where do idempotency keys go?</p>"),
];

pub(super) fn fill(world: &mut World) {
    let now = world.now();
    for SpaceRow(id, key, name, kind, homepage, read_only) in SPACES {
        world.spaces.push(Space {
            id: *id,
            key: (*key).to_owned(),
            name,
            kind,
            homepage: *homepage,
            author: "ada".to_owned(),
            created: now - Duration::days(500),
            read_only: *read_only,
        });
    }
    for part in TEXT.split("=== ").filter(|part| !part.trim().is_empty()) {
        let page = read_page(world, part, now);
        world.pages.insert(page.id, page);
    }
    for (page, author, days, storage) in COMMENTS {
        let comment = PageComment {
            id: world.fresh_id(),
            parent: None,
            storage: (*storage).to_owned(),
            author: (*author).to_owned(),
            at: now - Duration::seconds_f64(days * 86_400.0),
        };
        let page = world
            .pages
            .get_mut(page)
            .expect("comments stand on pages of the seed");
        page.comments.push(comment);
    }
}

fn read_page(world: &World, part: &str, now: OffsetDateTime) -> Page {
    let (header, body) = part
        .split_once('\n')
        .expect("a page has a header and a body");
    let cells: Vec<&str> = header.split('|').map(str::trim).collect();
    let [
        id,
        parent,
        space,
        title,
        author,
        labels,
        created,
        versions,
        updated,
    ] = cells[..]
    else {
        panic!("a page header of the seed has nine cells: {header}");
    };
    let days = |text: &str| -> f64 { text.parse().expect("ages of the seed are numbers") };
    let (created, updated) = (days(created), days(updated));
    let versions: u32 = versions.parse().expect("versions of the seed are numbers");
    let storage = name_people(world, body.trim_end());
    let revisions = (1..=versions)
        .map(|number| {
            // Evenly between the first and the last version.
            let share = f64::from(number - 1) / f64::from((versions - 1).max(1));
            let age = created + (updated - created) * share;
            let last = number == versions;
            Revision {
                title: title.to_owned(),
                storage: if last {
                    storage.clone()
                } else {
                    format!(
                        "<p>Version {number} of {}.</p>",
                        title.replace('&', "&amp;")
                    )
                },
                author: author.to_owned(),
                at: now - Duration::seconds_f64(age * 86_400.0),
                message: if last && number > 1 {
                    "Brought up to date".to_owned()
                } else {
                    String::new()
                },
            }
        })
        .collect();
    Page {
        id: id.parse().expect("ids of the seed are numbers"),
        space: space.to_owned(),
        parent: parent.parse().ok(),
        author: author.to_owned(),
        created: now - Duration::seconds_f64(created * 86_400.0),
        labels: labels
            .split(',')
            .filter(|label| !label.is_empty())
            .map(str::to_owned)
            .collect(),
        revisions,
        comments: Vec::new(),
    }
}

fn name_people(world: &World, body: &str) -> String {
    let mut out = body.to_owned();
    for user in world.users.values() {
        let reference = match world.deployment {
            Deployment::Cloud => format!("<ri:user ri:account-id=\"{}\"/>", user.account_id),
            Deployment::DataCenter => format!("<ri:user ri:userkey=\"{}\"/>", user.key),
        };
        out = out.replace(&format!("{{{{user:{}}}}}", user.name), &reference);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Clock;
    use time::macros::datetime;

    #[test]
    fn every_page_is_sound() {
        let clock = Clock::Fixed(datetime!(2026-11-20 10:00 UTC));
        for deployment in [Deployment::Cloud, Deployment::DataCenter] {
            let world = World::seeded(deployment, "http://127.0.0.1:1", clock);
            assert_eq!(world.pages.len(), 25);
            for page in world.pages.values() {
                assert!(
                    world.space(&page.space).is_some(),
                    "{} is in no space",
                    page.title()
                );
                if let Some(parent) = page.parent {
                    assert_eq!(world.pages[&parent].space, page.space, "{}", page.title());
                }
                for revision in &page.revisions {
                    assert_eq!(
                        crate::confluence::check_storage(&revision.storage),
                        Ok(()),
                        "{}",
                        page.title()
                    );
                }
                assert!(!page.latest().storage.contains("{{"), "{}", page.title());
            }
            for space in &world.spaces {
                assert!(world.pages[&space.homepage].parent.is_none());
            }
        }
    }
}
