//! Walks over the tree.
//!
//! Decides in which order nodes are visited: as they are read. Never changes anything itself.

use std::sync::Arc;

use crate::doc::{
    Block, BlockKind, Carried, Document, Inline, InlineKind, Mention, Source, Span, Task,
};

impl Document {
    /// Every mention, in reading order, to fill in the names the source does not have.
    pub fn mentions_mut(&mut self) -> Vec<&mut Mention> {
        let mut mentions = Vec::new();
        for content in contents(&mut self.blocks) {
            for inline in content {
                if let InlineKind::Mention(mention) = &mut inline.kind {
                    mentions.push(&mut **mention);
                }
            }
        }
        mentions
    }

    /// Forgets where the nodes stood, so that documents can be compared by what they say.
    pub fn forget_source(&mut self) {
        self.source = Source::Made;
        forget(&mut self.blocks);
    }
}

fn forget(blocks: &mut [Block]) {
    for block in blocks {
        block.span = Span::Unknown;
        for body in bodies_mut(&mut block.kind) {
            forget(body);
        }
    }
}

/// The lists of blocks directly inside a block.
pub(crate) fn bodies(kind: &BlockKind) -> Vec<&[Block]> {
    match kind {
        BlockKind::Quote(body)
        | BlockKind::Panel { body, .. }
        | BlockKind::Expand { body, .. }
        | BlockKind::Kept {
            body: Some(body), ..
        } => vec![body],
        BlockKind::List { items, .. } => items.iter().map(|item| &*item.blocks).collect(),
        BlockKind::Table(table) => {
            let cells = table.rows.iter().flat_map(|row| &row.cells);
            cells.map(|cell| &*cell.blocks).collect()
        }
        _ => Vec::new(),
    }
}

/// [`bodies`], to change them.
pub(crate) fn bodies_mut(kind: &mut BlockKind) -> Vec<&mut Vec<Block>> {
    match kind {
        BlockKind::Quote(body)
        | BlockKind::Panel { body, .. }
        | BlockKind::Expand { body, .. }
        | BlockKind::Kept {
            body: Some(body), ..
        } => vec![body],
        BlockKind::List { items, .. } => items.iter_mut().map(|item| &mut item.blocks).collect(),
        BlockKind::Table(table) => {
            let cells = table.rows.iter_mut().flat_map(|row| &mut row.cells);
            cells.map(|cell| &mut cell.blocks).collect()
        }
        _ => Vec::new(),
    }
}

/// Leaves what the tree itself says: takes off carried attributes, task ids, and the bytes of kept
/// nodes.
pub(crate) fn forget_origins(blocks: &mut [Block]) {
    for block in blocks.iter_mut() {
        forget_carried(block);
        if let BlockKind::Kept { kept, .. } = &mut block.kind {
            kept.origin = None;
        }
        for body in bodies_mut(&mut block.kind) {
            forget_origins(body);
        }
    }
    for run in contents(blocks).into_iter().flatten() {
        run.marks
            .kept
            .iter_mut()
            .for_each(|kept| Arc::make_mut(kept).origin = None);
        if let Some(link) = &mut run.marks.link
            && !link.carried.is_empty()
        {
            Arc::make_mut(link).carried = Carried::default();
        }
        if let Some(carried) = run.kind.carried_mut() {
            *carried = Carried::default();
        }
        match &mut run.kind {
            InlineKind::Kept(kept) => kept.origin = None,
            InlineKind::Emoji(emoji) => (emoji.id, emoji.text) = (None, None),
            _ => {}
        }
    }
}

/// Takes off what a block and its items, tasks, rows and cells carry, but not what the blocks in
/// it do.
pub(crate) fn forget_carried(block: &mut Block) {
    block.carried = Carried::default();
    match &mut block.kind {
        BlockKind::Tasks(tasks) => forget_ids(tasks),
        BlockKind::List { items, .. } => {
            let items = items.iter_mut();
            items.for_each(|item| item.carried = Carried::default());
        }
        BlockKind::Table(table) => {
            for row in &mut table.rows {
                row.carried = Carried::default();
                let cells = row.cells.iter_mut();
                cells.for_each(|cell| cell.carried = Carried::default());
            }
        }
        _ => {}
    }
}

fn forget_ids(tasks: &mut [Task]) {
    for task in tasks {
        task.id = None;
        task.carried = Carried::default();
        forget_ids(&mut task.children);
    }
}

/// What is visited.
pub(crate) enum Part<'b> {
    Block(&'b Block),
    Task(&'b Task),
    Run(&'b Inline),
}

/// Visits everything in `blocks`.
pub(crate) fn each<'b>(blocks: &'b [Block], visit: &mut impl FnMut(Part<'b>)) {
    for block in blocks {
        visit(Part::Block(block));
        match &block.kind {
            BlockKind::Paragraph(content) | BlockKind::Heading { content, .. } => {
                content.iter().for_each(|run| visit(Part::Run(run)));
            }
            BlockKind::Tasks(tasks) => each_in_tasks(tasks, visit),
            other => bodies(other).into_iter().for_each(|body| each(body, visit)),
        }
    }
}

fn each_in_tasks<'b>(tasks: &'b [Task], visit: &mut impl FnMut(Part<'b>)) {
    for task in tasks {
        visit(Part::Task(task));
        task.content.iter().for_each(|run| visit(Part::Run(run)));
        each_in_tasks(&task.children, visit);
    }
}

/// Every run of inline content below `blocks`.
pub(crate) fn contents(blocks: &mut [Block]) -> Vec<&mut Vec<Inline>> {
    let mut found = Vec::new();
    for block in blocks {
        match &mut block.kind {
            BlockKind::Paragraph(content) | BlockKind::Heading { content, .. } => {
                found.push(content);
            }
            BlockKind::Tasks(tasks) => task_contents(tasks, &mut found),
            other => {
                for body in bodies_mut(other) {
                    found.extend(contents(body));
                }
            }
        }
    }
    found
}

fn task_contents<'a>(tasks: &'a mut [Task], found: &mut Vec<&'a mut Vec<Inline>>) {
    for task in tasks {
        found.push(&mut task.content);
        task_contents(&mut task.children, found);
    }
}
