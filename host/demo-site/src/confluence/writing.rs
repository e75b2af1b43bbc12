//! Making and changing pages and comments: what is allowed, what clashes, which version comes next.
//! The two API versions read their bodies and word their refusals on their own.

use time::OffsetDateTime;

use super::storage::check_storage;
use crate::site::Visit;
use crate::world::{Page, PageComment, Revision, Space, World};

/// Confluence's limit for titles.
const LONGEST_TITLE: usize = 255;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    NoSuchSpace,
    NoSuchPage,
    NoSuchParent,
    ReadOnly,
    NoTitle,
    TitleTooLong,
    TitleTaken { title: String, space: String },
    Stale { current: usize, given: u64 },
    Body(String),
}

pub(super) struct NewPage<'a> {
    pub(super) space: &'a str,
    pub(super) parent: Option<u64>,
    /// Asked for a page beside the homepage instead of below it.
    pub(super) root_level: bool,
    pub(super) title: &'a str,
    pub(super) storage: &'a str,
}

pub(super) struct Edit<'a> {
    pub(super) id: u64,
    pub(super) version: u64,
    pub(super) message: &'a str,
    /// Kept as they are where not given.
    pub(super) title: Option<&'a str>,
    pub(super) storage: Option<&'a str>,
    pub(super) parent: Option<u64>,
}

pub(super) fn create_page(visit: &mut Visit<'_>, new: &NewPage<'_>) -> Result<u64, Refused> {
    let world = &mut *visit.world;
    let space = world.space(new.space).ok_or(Refused::NoSuchSpace)?.clone();
    check_writable(&space)?;
    let title = check_title(world, new.title, &space.key, None)?;
    let parent = match new.parent {
        Some(parent) => Some(check_parent(world, parent, &space.key)?),
        None if new.root_level => None,
        None => Some(space.homepage),
    };
    check_storage(new.storage).map_err(|malformed| Refused::Body(malformed.0))?;
    let (id, now) = (world.fresh_id(), world.now());
    let page = Page {
        id,
        space: space.key,
        parent,
        author: visit.actor.to_owned(),
        created: now,
        labels: Vec::new(),
        revisions: vec![revision(visit.actor, title, new.storage, "", now)],
        comments: Vec::new(),
    };
    world.pages.insert(id, page);
    Ok(id)
}

pub(super) fn edit_page(visit: &mut Visit<'_>, edit: &Edit<'_>) -> Result<(), Refused> {
    let world = &mut *visit.world;
    let page = world.pages.get(&edit.id).ok_or(Refused::NoSuchPage)?;
    let space = world.space(&page.space).ok_or(Refused::NoSuchSpace)?;
    check_writable(space)?;
    if edit.version != page.version() as u64 + 1 {
        return Err(Refused::Stale {
            current: page.version(),
            given: edit.version,
        });
    }
    let title = check_title(
        world,
        edit.title.unwrap_or(page.title()),
        &page.space,
        Some(page.id),
    )?;
    let parent = match edit.parent {
        Some(parent) if is_below(world, parent, page.id) => return Err(Refused::NoSuchParent),
        Some(parent) => Some(check_parent(world, parent, &page.space)?),
        None => page.parent,
    };
    let storage = edit.storage.unwrap_or(&page.latest().storage);
    check_storage(storage).map_err(|malformed| Refused::Body(malformed.0))?;
    let next = revision(visit.actor, title, storage, edit.message, world.now());
    if let Some(page) = world.pages.get_mut(&edit.id) {
        page.parent = parent;
        page.revisions.push(next);
    }
    Ok(())
}

pub(super) fn add_comment(
    visit: &mut Visit<'_>,
    page: u64,
    parent: Option<u64>,
    storage: &str,
) -> Result<PageComment, Refused> {
    let world = &mut *visit.world;
    let found = world.pages.get(&page).ok_or(Refused::NoSuchPage)?;
    check_writable(world.space(&found.space).ok_or(Refused::NoSuchSpace)?)?;
    if parent.is_some_and(|parent| !found.comments.iter().any(|comment| comment.id == parent)) {
        return Err(Refused::NoSuchParent);
    }
    check_storage(storage).map_err(|malformed| Refused::Body(malformed.0))?;
    let comment = PageComment {
        id: world.fresh_id(),
        parent,
        storage: storage.to_owned(),
        author: visit.actor.to_owned(),
        at: world.now(),
    };
    if let Some(page) = world.pages.get_mut(&page) {
        page.comments.push(comment.clone());
    }
    Ok(comment)
}

/// From the root of the space down to the parent.
pub(super) fn ancestors<'w>(world: &'w World, page: &Page) -> Vec<&'w Page> {
    let mut found = Vec::new();
    let mut above = page.parent.and_then(|id| world.pages.get(&id));
    while let Some(page) = above {
        found.insert(0, page);
        above = page.parent.and_then(|id| world.pages.get(&id));
    }
    found
}

fn check_writable(space: &Space) -> Result<(), Refused> {
    if space.read_only {
        Err(Refused::ReadOnly)
    } else {
        Ok(())
    }
}

fn check_title<'t>(
    world: &World,
    title: &'t str,
    space: &str,
    own: Option<u64>,
) -> Result<&'t str, Refused> {
    let title = title.trim();
    if title.is_empty() {
        return Err(Refused::NoTitle);
    }
    if title.chars().count() > LONGEST_TITLE {
        return Err(Refused::TitleTooLong);
    }
    let mut others = world
        .pages
        .values()
        .filter(|page| page.space == space && Some(page.id) != own);
    if others.any(|page| page.title().eq_ignore_ascii_case(title)) {
        return Err(Refused::TitleTaken {
            title: title.to_owned(),
            space: space.to_owned(),
        });
    }
    Ok(title)
}

fn check_parent(world: &World, parent: u64, space: &str) -> Result<u64, Refused> {
    let found = world.pages.get(&parent).filter(|page| page.space == space);
    found.map(|page| page.id).ok_or(Refused::NoSuchParent)
}

fn is_below(world: &World, page: u64, above: u64) -> bool {
    let Some(found) = world.pages.get(&page) else {
        return false;
    };
    found.id == above
        || ancestors(world, found)
            .iter()
            .any(|ancestor| ancestor.id == above)
}

fn revision(
    author: &str,
    title: &str,
    storage: &str,
    message: &str,
    at: OffsetDateTime,
) -> Revision {
    Revision {
        title: title.to_owned(),
        storage: storage.to_owned(),
        author: author.to_owned(),
        at,
        message: message.to_owned(),
    }
}
