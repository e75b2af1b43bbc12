//! What is said instead of a block that may not stand where it does.
//!
//! Decides which block that is, by the schema, and which simpler ones have the same words. Never
//! drops a word.

use super::model::Holder;
use super::write_kept::misplaced;
use crate::doc::{Block, BlockKind, Inline, InlineKind, Item, ListMarker, Marks, PanelKind, Task};
use crate::error::WriteError;
use crate::inlines;

/// Whether `holder` has a node for this block.
pub(super) fn stands(kind: &BlockKind, holder: Holder) -> bool {
    match kind {
        // Where a node of the original may stand is asked when it is written.
        BlockKind::Paragraph(_) | BlockKind::Kept { .. } => true,
        BlockKind::Code { .. } => holder.holds("codeBlock"),
        BlockKind::List { .. } => holder.holds("bulletList"),
        BlockKind::Heading { .. } => holder.holds("heading"),
        BlockKind::Rule => holder.holds("rule"),
        BlockKind::Tasks(_) => holder.holds("taskList"),
        BlockKind::Quote(_) => holder.holds("blockquote"),
        BlockKind::Panel {
            kind: PanelKind::Decision,
            ..
        } => holder.holds("decisionList"),
        BlockKind::Panel { .. } => holder.holds("panel"),
        BlockKind::Table(_) => holder.holds("table"),
        BlockKind::Expand { .. } => holder.holds("expand") || holder.holds("nestedExpand"),
    }
}

pub(super) fn titled(title: &str) -> Block {
    let marks = Marks {
        strong: true,
        ..Marks::default()
    };
    let text = Inline::new(InlineKind::Text(title.into()), marks);
    Block::paragraph(inlines::normal(vec![text]))
}

/// The same words in blocks that may stand in more places.
pub(super) fn simpler(kind: &BlockKind) -> Vec<Block> {
    let with_title = |title: Option<&str>, body: &[Block]| {
        let mut blocks: Vec<Block> = title.map(titled).into_iter().collect();
        blocks.extend(body.iter().cloned());
        blocks
    };
    match kind {
        BlockKind::Heading { content, .. } => {
            let mut content = content.clone();
            for run in &mut content {
                run.marks.strong |= !run.marks.code;
            }
            vec![Block::paragraph(inlines::normal(content))]
        }
        BlockKind::Rule => vec![Block::paragraph(vec![Inline::text("———")])],
        BlockKind::Code { text, .. } => vec![Block::paragraph(code_lines(text))],
        BlockKind::Quote(body) => body.clone(),
        BlockKind::Panel { title, body, .. } => with_title(title.as_deref(), body),
        BlockKind::Expand { title, body } => with_title(Some(title), body),
        BlockKind::List { items, .. } => {
            items.iter().flat_map(|item| item.blocks.clone()).collect()
        }
        BlockKind::Tasks(tasks) => {
            let items = tasks.iter().map(task_item).collect();
            vec![Block::new(BlockKind::List {
                marker: ListMarker::Bullet,
                items,
            })]
        }
        BlockKind::Table(table) => {
            let cells = table.rows.iter().flat_map(|row| &row.cells);
            cells.flat_map(|cell| cell.blocks.clone()).collect()
        }
        BlockKind::Paragraph(_) | BlockKind::Kept { .. } => vec![Block::new(kind.clone())],
    }
}

/// The words of a block, line by line.
pub(super) fn flatten(block: &Block, lines: &mut Vec<Vec<Inline>>) -> Result<(), WriteError> {
    match &block.kind {
        BlockKind::Paragraph(content) if content.is_empty() => {}
        BlockKind::Paragraph(content) => lines.push(content.clone()),
        BlockKind::Kept { kept, .. } => return Err(misplaced(kept, "a single line")),
        other => {
            for block in simpler(other) {
                flatten(&block, lines)?;
            }
        }
    }
    Ok(())
}

fn code_lines(text: &str) -> Vec<Inline> {
    let marks = Marks {
        code: true,
        ..Marks::default()
    };
    let mut runs = Vec::new();
    for line in text.lines() {
        if !runs.is_empty() {
            runs.push(Inline::new(InlineKind::HardBreak, Marks::default()));
        }
        runs.push(Inline::new(InlineKind::Text(line.into()), marks.clone()));
    }
    inlines::normal(runs)
}

fn task_item(task: &Task) -> Item {
    let mut content = task.content.clone();
    content.insert(0, Inline::text(if task.done { "[x] " } else { "[ ] " }));
    let mut blocks = vec![Block::paragraph(inlines::normal(content))];
    if !task.children.is_empty() {
        blocks.extend(simpler(&BlockKind::Tasks(task.children.clone())));
    }
    Item {
        blocks,
        ..Item::default()
    }
}
