//! What a CQL query looks at: every page, comment and space, with the fields that can be asked for.

use time::OffsetDateTime;

use crate::confluence::plain_text;
use crate::world::{Page, PageComment, Space, World};

#[derive(Debug, Clone, Copy)]
pub(crate) enum What<'w> {
    Page(&'w Page),
    Comment(&'w Page, &'w PageComment),
    Space,
}

#[derive(Debug, Clone)]
pub(crate) struct Entry<'w> {
    pub(crate) what: What<'w>,
    pub(crate) id: u64,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) space: &'w Space,
    pub(crate) labels: &'w [String],
    pub(crate) creator: &'w str,
    pub(crate) contributors: Vec<&'w str>,
    pub(crate) created: OffsetDateTime,
    pub(crate) modified: OffsetDateTime,
    pub(crate) parent: Option<u64>,
    pub(crate) ancestors: Vec<u64>,
}

impl Entry<'_> {
    pub(crate) fn kind(&self) -> &'static str {
        match self.what {
            What::Page(_) => "page",
            What::Comment(..) => "comment",
            What::Space => "space",
        }
    }
}

pub(super) fn all(world: &World) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    for page in world.pages.values() {
        let Some(space) = world.space(&page.space) else {
            continue;
        };
        entries.push(page_entry(world, page, space));
        entries.extend(
            page.comments
                .iter()
                .map(|comment| comment_entry(page, comment, space)),
        );
    }
    entries.extend(world.spaces.iter().map(space_entry));
    entries
}

fn page_entry<'w>(world: &'w World, page: &'w Page, space: &'w Space) -> Entry<'w> {
    let mut ancestors = Vec::new();
    let mut above = page.parent;
    while let Some(id) = above {
        ancestors.push(id);
        above = world.pages.get(&id).and_then(|page| page.parent);
    }
    Entry {
        what: What::Page(page),
        id: page.id,
        title: page.title().to_owned(),
        text: plain_text(&page.latest().storage),
        space,
        labels: &page.labels,
        creator: &page.author,
        contributors: page
            .revisions
            .iter()
            .map(|revision| revision.author.as_str())
            .collect(),
        created: page.created,
        modified: page.latest().at,
        parent: page.parent,
        ancestors,
    }
}

fn comment_entry<'w>(page: &'w Page, comment: &'w PageComment, space: &'w Space) -> Entry<'w> {
    Entry {
        what: What::Comment(page, comment),
        id: comment.id,
        title: format!("Re: {}", page.title()),
        text: plain_text(&comment.storage),
        space,
        labels: &[],
        creator: &comment.author,
        contributors: vec![&comment.author],
        created: comment.at,
        modified: comment.at,
        parent: None,
        ancestors: Vec::new(),
    }
}

fn space_entry(space: &Space) -> Entry<'_> {
    Entry {
        what: What::Space,
        id: space.id,
        title: space.name.to_owned(),
        text: String::new(),
        space,
        labels: &[],
        creator: &space.author,
        contributors: Vec::new(),
        created: space.created,
        modified: space.created,
        parent: None,
        ancestors: Vec::new(),
    }
}
