//! The items of a list, read from Markdown.
//!
//! Decides which lists are lists of tasks. Never decides where an item ends.

use crate::doc::{Block, BlockKind, Inline, Item, ListMarker, Task};
use crate::inlines;

pub(super) struct ReadItem {
    /// What the box says that its first line begins with.
    pub(super) done: Option<bool>,
    pub(super) blocks: Vec<Block>,
}

/// A task list if every item has a box and nothing but further tasks below its line; otherwise the
/// boxes are text.
pub(super) fn list(marker: ListMarker, items: Vec<ReadItem>) -> BlockKind {
    let is_task = |item: &ReadItem| {
        let mut blocks = item.blocks.iter();
        item.done.is_some()
            && matches!(
                blocks.next().map(|block| &block.kind),
                Some(BlockKind::Paragraph(_))
            )
            && blocks.all(|block| matches!(block.kind, BlockKind::Tasks(_)))
    };
    if marker == ListMarker::Bullet && !items.is_empty() && items.iter().all(is_task) {
        return BlockKind::Tasks(items.into_iter().map(task).collect());
    }
    let items = items
        .into_iter()
        .map(|mut item| {
            if let (Some(done), Some(first)) = (item.done, item.blocks.first_mut())
                && let BlockKind::Paragraph(content) = &mut first.kind
            {
                let text = if done { "[x] " } else { "[ ] " };
                content.insert(0, Inline::text(text));
                *content = inlines::normal(std::mem::take(content));
            }
            Item {
                blocks: item.blocks,
                ..Item::default()
            }
        })
        .collect();
    BlockKind::List { marker, items }
}

fn task(item: ReadItem) -> Task {
    let mut task = Task {
        done: item.done == Some(true),
        ..Task::default()
    };
    for block in item.blocks {
        match block.kind {
            BlockKind::Paragraph(content) => task.content = content,
            BlockKind::Tasks(children) => task.children.extend(children),
            _ => {}
        }
    }
    task
}
