//! Lists of wiki markup.
//!
//! Decides what belongs to an item: the lines behind it and the macros that stand on them, up to
//! an empty line. Items that begin with a box are tasks.

use super::NO_WORDS;
use super::macros::{self, CONTAINERS, parameters};
use super::markers;
use super::read::{Reader, heading, offset_in, paragraph, strip};
use crate::MAX_DEPTH;
use crate::doc::{Block, BlockKind, Inline, Item, ListMarker, Task, push_few};
use crate::inlines;

/// An item as its lines say it.
struct Line<'a> {
    markers: &'a str,
    /// Whether the task that the item begins with is done.
    task: Option<bool>,
    /// The number of the list that begins here.
    start: Option<u32>,
    parts: Vec<Part<'a>>,
}

enum Part<'a> {
    Text(&'a str),
    Block(Block),
}

impl<'a> Reader<'a> {
    pub(super) fn list(&mut self) {
        let start = self.at;
        let mut items: Vec<Line<'a>> = Vec::new();
        while self.at < self.source.len() {
            let (line, next) = self.line_here();
            let text = strip(line);
            if let Some((markers, rest)) = list_item(text) {
                let (start, rest) = match markers::list_from(rest) {
                    Some((start, rest)) if markers.ends_with('#') => (Some(start), strip(rest)),
                    _ => (None, rest),
                };
                // Another list at the outermost level is a block of its own.
                let numbered = |markers: &str| markers.starts_with('#');
                let begins_another = |first: &Line<'_>| {
                    let restarts = start.is_some() && markers.len() == 1;
                    restarts || numbered(markers) != numbered(first.markers)
                };
                if items.first().is_some_and(begins_another) {
                    break;
                }
                let (task, rest) = unboxed(rest);
                items.push(Line {
                    markers,
                    task,
                    start,
                    parts: Vec::new(),
                });
                self.at += offset_in(line, rest);
                self.item_line(next, &mut items);
            } else if text.is_empty() || ends_list(text) || self.closes_frame(text) {
                break;
            } else {
                self.item_line(next, &mut items);
            }
        }
        let end = self.at;
        let mut items = items.into_iter().peekable();
        let mut lists = Vec::new();
        while let Some(line) = items.peek() {
            let first = line.markers.as_bytes()[0];
            lists.push(self.nest(&mut items, 0, first));
        }
        // Several lists from one run of lines have no bytes of their own.
        match <[BlockKind; 1]>::try_from(lists) {
            Ok([list]) => self.push(Block::new(list), start..end),
            Err(several) => several
                .into_iter()
                .for_each(|list| self.push_placeless(Block::new(list))),
        }
    }

    /// Reads from the cursor to the end of the line, or behind the macro that begins on it.
    fn item_line(&mut self, next: usize, items: &mut [Line<'a>]) {
        let Some(item) = items.last_mut() else {
            self.at = next;
            return;
        };
        while self.at < next {
            let line = &self.source[self.at..next];
            if self.closes_frame(strip(line)) {
                return;
            }
            if let Some((block, end)) = self.macro_in_item() {
                item.parts.push(Part::Block(block));
                self.at = end;
                continue;
            }
            let end = self.inner_macro(line).unwrap_or(line.len());
            let text = match strip(&line[..end]) {
                NO_WORDS if item.parts.is_empty() => "",
                text => text,
            };
            if !text.is_empty() || item.parts.is_empty() {
                push_few(&mut item.parts, Part::Text(text));
            }
            self.at += end.max(1);
        }
    }

    /// Code, a quote or a panel, whole, at the cursor.
    fn macro_in_item(&self) -> Option<(Block, usize)> {
        let rest = &self.source[self.at..];
        let indent = rest.len() - strip_start(rest).len();
        let at = self.at + indent;
        if let Some(found) = self.verbatim_at(at) {
            return Some((found.block(), found.end));
        }
        if self.depth + 2 >= MAX_DEPTH {
            return None;
        }
        let text = &self.source[at..];
        let (name, found, length) = if text.starts_with("{quote}") {
            ("quote", Vec::new(), "{quote}".len())
        } else {
            CONTAINERS.iter().find_map(|name| {
                let (found, length) = parameters(text, name)?;
                Some((*name, found, length))
            })?
        };
        let end = self.closing(name, at + length)?;
        let inside = &self.source[at + length..end];
        let body = Reader::within(inside, self.depth + 1, self.names).blocks();
        let block = if name == "quote" {
            Block::new(BlockKind::Quote(body))
        } else {
            let (shows, title, carried) = macros::panel(name, &found);
            Block::new(shows.block(title, body)).carrying(carried)
        };
        Some((block, self.past_line_end(end + name.len() + 2)))
    }

    /// Takes the items that belong to one list, and their own lists.
    fn nest(
        &self,
        items: &mut std::iter::Peekable<impl Iterator<Item = Line<'a>>>,
        level: usize,
        marker: u8,
    ) -> BlockKind {
        let mut list: Vec<Item> = Vec::new();
        let mut tasks: Vec<Option<bool>> = Vec::new();
        let mut start = 1;
        while let Some(line) = items.peek() {
            let markers = line.markers.as_bytes();
            if markers.len() <= level || is_ordered(markers[level]) != is_ordered(marker) {
                break;
            }
            let deeper = markers.len() > level + 1 && level + 1 + self.depth < MAX_DEPTH / 2;
            if deeper {
                let inner = markers[level + 1];
                let kind = self.nest(items, level + 1, inner);
                if list.is_empty() {
                    list.push(Item::default());
                    tasks.push(None);
                }
                if let Some(item) = list.last_mut() {
                    push_few(&mut item.blocks, Block::new(kind));
                }
                continue;
            }
            if line.start.is_some() && !list.is_empty() {
                break;
            }
            if let Some(line) = items.next() {
                start = line.start.unwrap_or(start);
                tasks.push(line.task);
                list.push(Item {
                    blocks: self.item_blocks(line.parts),
                    ..Item::default()
                });
            }
        }
        let ordered = is_ordered(marker);
        if !ordered && let Some(tasks) = as_tasks(&list, &tasks) {
            return BlockKind::Tasks(tasks);
        }
        for (item, task) in list.iter_mut().zip(tasks) {
            if let Some(done) = task {
                put_back(item, done);
            }
        }
        BlockKind::List {
            marker: if ordered {
                ListMarker::Ordered { start }
            } else {
                ListMarker::Bullet
            },
            items: list,
        }
    }

    fn item_blocks(&self, parts: Vec<Part<'a>>) -> Vec<Block> {
        if let [Part::Text(line)] = parts.as_slice() {
            let only = paragraph(&[line], self.depth, self.names);
            return only.into_iter().collect();
        }
        let mut blocks = Vec::new();
        let mut lines = Vec::new();
        for part in parts {
            match part {
                Part::Text(line) => lines.push(line),
                Part::Block(block) => {
                    blocks.extend(paragraph(&lines, self.depth, self.names));
                    lines.clear();
                    blocks.push(block);
                }
            }
        }
        blocks.extend(paragraph(&lines, self.depth, self.names));
        blocks
    }
}

fn strip_start(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

/// What begins a block of its own behind an item.
fn ends_list(text: &str) -> bool {
    text.starts_with('|')
        || heading(text).is_some()
        || text.starts_with("bq. ")
        || text.len() >= 4 && text.bytes().all(|byte| byte == b'-')
}

/// `*# text`: the markers and the text.
pub(super) fn list_item(text: &str) -> Option<(&str, &str)> {
    let rest = text.trim_start_matches(['*', '#', '-']);
    let markers = &text[..text.len() - rest.len()];
    let dashes = markers.len() > 1 && markers.bytes().all(|byte| byte == b'-');
    (!markers.is_empty() && !dashes && rest.starts_with(' ')).then(|| (markers, strip(rest)))
}

fn is_ordered(marker: u8) -> bool {
    marker == b'#'
}

/// `[ ] text`, as a task is written where there are none.
fn unboxed(text: &str) -> (Option<bool>, &str) {
    let boxed = |sign: &str| {
        let rest = text.strip_prefix(sign)?;
        (rest.is_empty() || rest.starts_with(' ')).then(|| strip(rest))
    };
    match (boxed("[ ]"), boxed("[x]")) {
        (Some(rest), _) => (Some(false), rest),
        (_, Some(rest)) => (Some(true), rest),
        _ => (None, text),
    }
}

fn sign(done: bool) -> &'static str {
    if done { "[x] " } else { "[ ] " }
}

/// The items as tasks, if all of them are.
fn as_tasks(items: &[Item], tasks: &[Option<bool>]) -> Option<Vec<Task>> {
    let task = |(item, done): (&Item, &Option<bool>)| {
        let (content, below) = match item.blocks.as_slice() {
            [
                Block {
                    kind: BlockKind::Paragraph(content),
                    ..
                },
                below @ ..,
            ] => (content.clone(), below),
            below => (Vec::new(), below),
        };
        let children = match below {
            [] => Vec::new(),
            [
                Block {
                    kind: BlockKind::Tasks(tasks),
                    ..
                },
            ] => tasks.clone(),
            _ => return None,
        };
        Some(Task {
            done: (*done)?,
            content,
            children,
            ..Task::default()
        })
    };
    items.iter().zip(tasks).map(task).collect()
}

/// In a list that is not one of tasks a box is text.
fn put_back(item: &mut Item, done: bool) {
    let text = Inline::text(sign(done));
    match item.blocks.first_mut().map(|block| &mut block.kind) {
        Some(BlockKind::Paragraph(content)) => {
            content.insert(0, text);
            *content = inlines::normal(std::mem::take(content));
        }
        _ => item
            .blocks
            .insert(0, Block::paragraph(inlines::normal(vec![text]))),
    }
}
