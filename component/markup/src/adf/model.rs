//! Which node may stand in which, and with which marks.
//!
//! Decides by Atlassian's published schema (npm package `@atlaskit/adf-schema`); a test derives
//! this table from the schema's own JSON and compares. Never decides what is done about a node
//! that stands wrong.

use std::sync::LazyLock;

/// For each holder of blocks its blocks, each with the marks that it may carry there.
pub(crate) const MODEL: &[(&str, &str)] = &[
    (
        "blockTaskItem",
        "extension(dataConsumer,fragment) paragraph(fontSize)",
    ),
    (
        "blockquote",
        "bulletList codeBlock extension(dataConsumer,fragment) mediaGroup mediaSingle(link) \
         orderedList paragraph",
    ),
    (
        "bodiedExtension",
        "blockCard blockquote bulletList codeBlock decisionList embedCard \
         extension(dataConsumer,fragment) heading mediaGroup mediaSingle(link) orderedList panel \
         paragraph(fontSize) rule table(fragment) taskList",
    ),
    (
        "bodiedSyncBlock",
        "blockCard blockquote bulletList codeBlock decisionList embedCard expand \
         heading(alignment,indentation) layoutSection(breakout) mediaGroup mediaSingle(link) \
         orderedList panel paragraph(alignment,fontSize,indentation) rule table(fragment) taskList",
    ),
    ("bulletList", "listItem"),
    ("decisionList", "decisionItem"),
    (
        "doc",
        "blockCard blockquote bodiedExtension(dataConsumer,fragment) bodiedSyncBlock(breakout) \
         bulletList codeBlock(breakout) decisionList embedCard expand(breakout) \
         extension(dataConsumer,fragment) heading(alignment,indentation) layoutSection(breakout) \
         mediaGroup mediaSingle(link) orderedList panel paragraph(alignment,fontSize,indentation) \
         rule syncBlock(breakout) table(fragment) taskList",
    ),
    (
        "expand",
        "blockCard blockquote bulletList codeBlock decisionList embedCard \
         extension(dataConsumer,fragment) heading mediaGroup mediaSingle(link) nestedExpand \
         orderedList panel paragraph(fontSize) rule table(fragment) taskList",
    ),
    (
        "layoutColumn",
        "blockCard blockquote bodiedExtension(dataConsumer,fragment) bulletList codeBlock \
         decisionList embedCard expand extension(dataConsumer,fragment) \
         heading(alignment,indentation) mediaGroup mediaSingle(link) orderedList panel \
         paragraph(alignment,fontSize,indentation) rule table(fragment) taskList",
    ),
    ("layoutSection", "layoutColumn"),
    (
        "listItem",
        "bulletList codeBlock extension(dataConsumer,fragment) mediaSingle(link) orderedList \
         paragraph(fontSize) taskList",
    ),
    (
        "nestedExpand",
        "blockquote bulletList codeBlock decisionList extension(dataConsumer,fragment) heading \
         mediaGroup mediaSingle(link) orderedList panel paragraph(fontSize) rule taskList",
    ),
    ("orderedList", "listItem"),
    (
        "panel",
        "blockCard bulletList codeBlock decisionList extension(dataConsumer,fragment) heading \
         mediaGroup mediaSingle(link) orderedList paragraph(fontSize) rule taskList",
    ),
    ("table", "tableRow"),
    (
        "tableCell",
        "blockCard blockquote bulletList codeBlock decisionList embedCard \
         extension(dataConsumer,fragment) heading(alignment,indentation) mediaGroup \
         mediaSingle(link) nestedExpand orderedList panel paragraph(alignment,fontSize) rule \
         taskList",
    ),
    ("tableRow", "tableCell tableHeader"),
    ("taskList", "blockTaskItem taskItem taskList"),
];

/// Nodes that hold text and inline objects.
pub(crate) const HOLDS_INLINES: &[&str] = &[
    "caption",
    "decisionItem",
    "heading",
    "paragraph",
    "taskItem",
];

/// What holds a block: a node of the schema, or one that the schema does not know and that may
/// hold anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) name: &'static str,
    blocks: Option<&'static [&'static str]>,
}

/// [`MODEL`] with its lists taken apart: it is asked about every block.
static HOLDERS: LazyLock<Vec<(&str, Vec<&str>)>> = LazyLock::new(|| {
    let apart = |(holder, blocks): &(&'static str, &'static str)| {
        (*holder, blocks.split_ascii_whitespace().collect())
    };
    MODEL.iter().map(apart).collect()
});

impl Holder {
    /// The holder of this name; a header cell holds what every cell holds.
    pub(super) fn of(name: &str) -> Self {
        let name = if name == "tableHeader" {
            "tableCell"
        } else {
            name
        };
        match HOLDERS.iter().find(|(holder, _)| *holder == name) {
            Some((name, blocks)) => Self {
                name,
                blocks: Some(blocks),
            },
            None => Self {
                name: "",
                blocks: None,
            },
        }
    }

    /// Whether a node of this name may stand here. What the schema does not know may stand
    /// anywhere: a newer one will say where.
    pub(super) fn holds(self, node: &str) -> bool {
        self.blocks.is_none() || self.entry(node).is_some() || !is_known(node)
    }

    /// What people call it.
    pub(super) fn noun(self) -> &'static str {
        match self.name {
            "blockquote" => "a quote",
            "bulletList" | "orderedList" | "taskList" => "a list",
            "decisionList" => "a list of decisions",
            "expand" | "nestedExpand" => "an expand",
            "layoutColumn" => "a column",
            "layoutSection" => "a layout, outside of its columns",
            "listItem" | "blockTaskItem" => "a list item",
            "panel" => "a panel",
            "table" | "tableRow" | "tableCell" => "a table",
            "doc" => "the text itself",
            _ => "another node",
        }
    }

    /// Whether `node` may carry `mark` here.
    pub(super) fn marks(self, node: &str, mark: &str) -> bool {
        let Some(entry) = self.entry(node) else {
            return self.blocks.is_none();
        };
        let marks = entry[node.len()..].trim_matches(['(', ')']);
        marks.split(',').any(|allowed| allowed == mark)
    }

    fn entry(self, node: &str) -> Option<&'static str> {
        let mut entries = self.blocks?.iter().copied();
        entries.find(|entry| is_entry(entry, node))
    }
}

/// Whether this entry of a holder's list is about `node`.
fn is_entry(entry: &str, node: &str) -> bool {
    entry
        .strip_prefix(node)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('('))
}

/// Whether the schema has a block of this name.
pub(super) fn is_known(node: &str) -> bool {
    HOLDERS
        .iter()
        .any(|(holder, blocks)| *holder == node || blocks.iter().any(|entry| is_entry(entry, node)))
        || HOLDS_INLINES.contains(&node)
}
