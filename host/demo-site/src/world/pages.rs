//! Spaces, pages and the comments on them. Bodies are kept in storage format; what a version looked
//! like is kept too.

use time::OffsetDateTime;

#[derive(Debug, Clone)]
pub(crate) struct Space {
    pub(crate) id: u64,
    pub(crate) key: String,
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) homepage: u64,
    pub(crate) author: String,
    pub(crate) created: OffsetDateTime,
    /// Everybody may read it and nobody here may write to it.
    pub(crate) read_only: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) id: u64,
    pub(crate) space: String,
    pub(crate) parent: Option<u64>,
    pub(crate) author: String,
    pub(crate) created: OffsetDateTime,
    pub(crate) labels: Vec<String>,
    /// Oldest first; never empty.
    pub(crate) revisions: Vec<Revision>,
    pub(crate) comments: Vec<PageComment>,
}

#[derive(Debug, Clone)]
pub(crate) struct Revision {
    pub(crate) title: String,
    pub(crate) storage: String,
    pub(crate) author: String,
    pub(crate) at: OffsetDateTime,
    pub(crate) message: String,
}

#[derive(Debug, Clone)]
pub(crate) struct PageComment {
    pub(crate) id: u64,
    pub(crate) parent: Option<u64>,
    pub(crate) storage: String,
    pub(crate) author: String,
    pub(crate) at: OffsetDateTime,
}

impl Page {
    pub(crate) fn latest(&self) -> &Revision {
        self.revisions
            .last()
            .expect("a page is made with its first revision")
    }

    pub(crate) fn title(&self) -> &str {
        &self.latest().title
    }

    pub(crate) fn version(&self) -> usize {
        self.revisions.len()
    }
}
