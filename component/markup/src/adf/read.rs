//! ADF nodes, read into blocks.
//!
//! Decides which nodes are known and which are kept. Deeper than [`MAX_DEPTH`] only the words are
//! read.

use serde_json::{Map, Value};
use serde_json_borrow::Value as Json;

use super::inline;
use super::model::is_known;
use crate::MAX_DEPTH;
use crate::doc::{
    Block, BlockKind, Carried, Cell, Day, Format, Inline, InlineKind, Item, Kept, Level,
    ListMarker, Marks, PanelKind, Row, Span, Table, Task, code_text, language, push_few,
};
use crate::error::ReadError;
use crate::inlines;

/// The blocks of a whole document.
pub(super) fn blocks(value: &Json<'_>) -> Result<Vec<Block>, ReadError> {
    if !value.is_object() {
        return Err(ReadError::NotAdf("it is no JSON object"));
    }
    if kind(value) != "doc" {
        return Err(ReadError::NotAdf("its type is not `doc`"));
    }
    Ok(Cursor::default().blocks(value))
}

/// What a node says of itself under `name`. Of two of that name the last, as elsewhere.
pub(super) fn field<'a>(node: &'a Json<'a>, name: &str) -> Option<&'a Json<'a>> {
    let of_that_name = node.as_object()?.iter().filter(|(key, _)| *key == name);
    of_that_name.last().map(|(_, value)| value)
}

pub(super) fn kind<'a>(node: &'a Json<'a>) -> &'a str {
    field(node, "type").and_then(Json::as_str).unwrap_or("")
}

pub(super) fn children<'a>(node: &'a Json<'a>) -> &'a [Json<'a>] {
    field(node, "content")
        .and_then(Json::as_array)
        .unwrap_or(&[])
}

pub(super) fn attribute<'a>(node: &'a Json<'a>, name: &str) -> Option<&'a Json<'a>> {
    field(field(node, "attrs")?, name).filter(|value| !value.is_null())
}

pub(super) fn string<'a>(node: &'a Json<'a>, name: &str) -> Option<&'a str> {
    attribute(node, name)?.as_str()
}

/// Where in the document the reader is.
#[derive(Default)]
struct Cursor {
    path: Vec<u32>,
    /// Whether a table is around. Markdown has no quotes, panels, expands and rules there.
    in_cell: bool,
}

impl Cursor {
    fn span(&self) -> Span {
        Span::Path(self.path.clone())
    }

    /// Goes through the children of `node`, one level deeper.
    fn each(&mut self, node: &Json<'_>, mut read: impl FnMut(&mut Self, &Json<'_>)) {
        for (index, child) in children(node).iter().enumerate() {
            self.path.push(u32::try_from(index).unwrap_or(u32::MAX));
            read(self, child);
            self.path.pop();
        }
    }

    /// What becomes of each child of `node`.
    fn all<T>(
        &mut self,
        node: &Json<'_>,
        mut read: impl FnMut(&mut Self, &Json<'_>) -> T,
    ) -> Vec<T> {
        let mut found = Vec::with_capacity(children(node).len());
        self.each(node, |cursor, child| found.push(read(cursor, child)));
        found
    }

    fn blocks(&mut self, node: &Json<'_>) -> Vec<Block> {
        if self.path.len() >= MAX_DEPTH {
            let words = words(node);
            let words = inlines::normal(vec![Inline::text(words)]);
            return (!words.is_empty())
                .then(|| Block::paragraph(words).at(self.span()))
                .into_iter()
                .collect();
        }
        let mut blocks = Vec::new();
        let mut loose: Vec<Inline> = Vec::new();
        self.each(node, |cursor, child| {
            if inline::is_inline(child) {
                inline::read(child, &mut loose);
            } else {
                blocks.extend(paragraph(std::mem::take(&mut loose)));
                if let Some(block) = cursor.block(child) {
                    push_few(&mut blocks, block);
                }
            }
        });
        blocks.extend(paragraph(loose));
        // The schema wants something in every container; an empty line there is nothing.
        if !self.path.is_empty() && blocks.iter().all(Block::is_nothing) {
            blocks.clear();
        }
        blocks
    }

    /// The runs of a paragraph. A block that stands there is read for its words, line by line.
    fn inlines(&mut self, node: &Json<'_>) -> Vec<Inline> {
        let mut runs = Vec::new();
        self.each(node, |cursor, child| {
            let is_block = !children(child).is_empty() && is_known(kind(child));
            if !is_block {
                return inline::read(child, &mut runs);
            }
            let line_end = || Inline::new(InlineKind::HardBreak, Marks::default());
            runs.push(line_end());
            if cursor.path.len() >= MAX_DEPTH {
                runs.push(Inline::text(words(child)));
            } else {
                runs.append(&mut cursor.inlines(child));
            }
            runs.push(line_end());
        });
        runs
    }

    fn block(&mut self, node: &Json<'_>) -> Option<Block> {
        let (kind, known): (BlockKind, &[&str]) = match kind(node) {
            "paragraph" => (
                BlockKind::Paragraph(inlines::normal(self.inlines(node))),
                &[],
            ),
            "heading" => {
                let level = attribute(node, "level").and_then(Json::as_u64);
                let kind = BlockKind::Heading {
                    level: Level::nearest(level.unwrap_or(1)),
                    content: inlines::normal_line(self.inlines(node)),
                };
                (kind, &["level"])
            }
            "codeBlock" => {
                let text: String = children(node).iter().map(words).collect();
                let kind = BlockKind::Code {
                    language: string(node, "language").and_then(language),
                    text: code_text(&text),
                };
                (kind, &["language"])
            }
            "rule" | "blockquote" | "panel" | "expand" | "nestedExpand" | "decisionList"
                if self.in_cell =>
            {
                (self.unknown(node), &[])
            }
            "blockquote" => (BlockKind::Quote(self.blocks(node)), &[]),
            "bulletList" => (self.list(node, ListMarker::Bullet), &[]),
            "orderedList" => {
                let start = attribute(node, "order").and_then(Json::as_u64);
                let start = start.and_then(|start| u32::try_from(start).ok());
                let marker = ListMarker::Ordered {
                    start: start.unwrap_or(1),
                };
                // Some editors say so of every list that counts from one.
                let known: &[&str] = match marker {
                    ListMarker::Ordered { start: 1 } => &[],
                    _ => &["order"],
                };
                (self.list(node, marker), known)
            }
            "taskList" if is_task_tree(node) => (BlockKind::Tasks(self.tasks(node)), &[]),
            "table" if is_grid(node) => (self.table(node), &[]),
            "rule" if children(node).is_empty() => (BlockKind::Rule, &[]),
            "decisionList" if has_only(node, &["decisionItem"]) => {
                let kind = BlockKind::Panel {
                    kind: PanelKind::Decision,
                    title: None,
                    body: self.all(node, Self::decision),
                };
                (kind, &[])
            }
            "panel" => {
                let kind = panel_kind(string(node, "panelType").unwrap_or(""));
                let panel = BlockKind::Panel {
                    kind,
                    title: None,
                    body: self.blocks(node),
                };
                // What is written for these is the kind that the editor offers instead.
                let known: &[&str] = match kind {
                    PanelKind::Tip | PanelKind::Plain => &[],
                    _ => &["panelType"],
                };
                (panel, known)
            }
            "expand" | "nestedExpand" => {
                let kind = BlockKind::Expand {
                    title: one_line(string(node, "title").unwrap_or("")),
                    body: self.blocks(node),
                };
                (kind, &["title"])
            }
            "blockCard" | "embedCard" if string(node, "url").is_some() => {
                let url = string(node, "url").unwrap_or("");
                let card = Inline::new(InlineKind::card(url), Marks::default());
                return Some(Block::paragraph(vec![card]).at(self.span()));
            }
            "mediaSingle" | "mediaGroup" if is_media(node) => (self.media(node), &[]),
            _ if inline::is_inline(node) => {
                let mut runs = Vec::new();
                inline::read(node, &mut runs);
                return paragraph(runs).map(|block| block.at(self.span()));
            }
            _ => (self.unknown(node), &[]),
        };
        let carried = match kind {
            BlockKind::Kept { .. } => Carried::default(),
            _ => carried(node, known),
        };
        Some(Block::new(kind).at(self.span()).carrying(carried))
    }

    fn list(&mut self, node: &Json<'_>, marker: ListMarker) -> BlockKind {
        let items = self.all(node, |cursor, child| Item {
            blocks: if kind(child) == "listItem" {
                cursor.blocks(child)
            } else {
                cursor.block(child).into_iter().collect()
            },
            carried: carried(child, &[]),
        });
        BlockKind::List { marker, items }
    }

    /// A nested list follows the task it belongs to, which carries its attributes.
    fn tasks(&mut self, node: &Json<'_>) -> Vec<Task> {
        let mut tasks: Vec<Task> = Vec::new();
        let too_deep = self.path.len() >= MAX_DEPTH;
        self.each(node, |cursor, child| {
            if kind(child) == "taskItem" {
                tasks.push(Task {
                    id: string(child, "localId").map(str::to_owned),
                    done: string(child, "state") == Some("DONE"),
                    content: inlines::normal(cursor.inlines(child)),
                    ..Task::default()
                });
            } else if too_deep {
                let content = inlines::normal(vec![Inline::text(words(child))]);
                tasks.push(Task {
                    content,
                    ..Task::default()
                });
            } else {
                let nested = cursor.tasks(child);
                match tasks.last_mut() {
                    Some(last) => {
                        if last.carried.is_empty() {
                            last.carried = carried(child, &[]);
                        }
                        last.children.extend(nested);
                    }
                    None => tasks.extend(nested),
                }
            }
        });
        tasks
    }

    fn decision(&mut self, node: &Json<'_>) -> Block {
        Block::paragraph(inlines::normal(self.inlines(node)))
            .at(self.span())
            .carrying(carried(node, &[]))
    }

    /// An image with an address is said; one in Atlassian's media store can only be kept, with its
    /// caption open for editing.
    fn media(&mut self, node: &Json<'_>) -> BlockKind {
        if let ("mediaSingle", [only]) = (kind(node), children(node))
            && let Some(image) = inline::external_image(only)
        {
            return BlockKind::Paragraph(vec![image]);
        }
        let noun = if kind(node) == "mediaSingle" {
            "image"
        } else {
            "files"
        };
        let files = children(node).iter().filter(|child| kind(child) == "media");
        let names: Vec<&str> = files.filter_map(|file| string(file, "alt")).collect();
        let label = format!("{noun} {}", names.join(" "));
        let mut shell = Value::from(node);
        let mut caption = Vec::new();
        for (index, child) in children(node).iter().enumerate() {
            if kind(child) == "caption" && !children(child).is_empty() && caption.is_empty() {
                caption = inlines::normal(self.inlines(child));
                shell["content"][index]["content"] = Value::Array(Vec::new());
            }
        }
        let body = (!caption.is_empty()).then(|| vec![Block::paragraph(caption)]);
        BlockKind::Kept {
            kept: Box::new(Kept::new(
                &label,
                Format::Adf,
                shell.to_string(),
                String::new(),
            )),
            body,
        }
    }

    fn table(&mut self, node: &Json<'_>) -> BlockKind {
        let outer = std::mem::replace(&mut self.in_cell, true);
        let rows = self.all(node, |cursor, row| Row {
            cells: cursor.all(row, |cursor, cell| Cell {
                header: kind(cell) == "tableHeader",
                blocks: cursor.blocks(cell),
                carried: carried(cell, &[]),
            }),
            carried: carried(row, &[]),
        });
        self.in_cell = outer;
        BlockKind::Table(Table { rows })
    }

    /// A node the tree has no word for: kept, with its content open for reading.
    fn unknown(&mut self, node: &Json<'_>) -> BlockKind {
        let label = match (kind(node), string(node, "extensionKey")) {
            ("extension" | "bodiedExtension", Some(key)) => format!("macro {key}"),
            ("expand" | "nestedExpand", _) => "expand".to_owned(),
            ("blockquote", _) => "quote".to_owned(),
            ("decisionList", _) => "decisions".to_owned(),
            ("decisionItem", _) => "decision".to_owned(),
            ("layoutSection", _) => "layout".to_owned(),
            ("layoutColumn", _) => "column".to_owned(),
            ("taskList", _) => "tasks".to_owned(),
            ("taskItem" | "blockTaskItem", _) if string(node, "state") == Some("DONE") => {
                "task done".to_owned()
            }
            ("taskItem" | "blockTaskItem", _) => "task open".to_owned(),
            (kind, _) => kind.to_owned(),
        };
        let label = format!("{label} {}", own_words(node));
        let has_content = !children(node).is_empty();
        let body = has_content.then(|| self.blocks(node));
        let mut shell = Value::from(node);
        if let (true, Some(shell)) = (has_content, shell.as_object_mut()) {
            shell.remove("content");
        }
        let kept = Kept::new(&label, Format::Adf, shell.to_string(), String::new());
        BlockKind::Kept {
            kept: Box::new(kept),
            body,
        }
    }
}

fn paragraph(loose: Vec<Inline>) -> Option<Block> {
    let content = inlines::normal(loose);
    (!content.is_empty()).then(|| Block::paragraph(content))
}

fn has_only(node: &Json<'_>, kinds: &[&str]) -> bool {
    children(node)
        .iter()
        .all(|child| kinds.contains(&kind(child)))
}

/// Whether nothing but cells lies in nothing but rows.
fn is_grid(table: &Json<'_>) -> bool {
    has_only(table, &["tableRow"])
        && children(table)
            .iter()
            .all(|row| has_only(row, &["tableCell", "tableHeader"]))
}

/// Whether nothing but tasks lies in it and in the lists in it.
fn is_task_tree(list: &Json<'_>) -> bool {
    children(list).iter().all(|child| match kind(child) {
        "taskItem" => true,
        "taskList" => is_task_tree(child),
        _ => false,
    })
}

/// Whether it holds files and at most one caption, as the schema has it.
fn is_media(node: &Json<'_>) -> bool {
    let captions = children(node)
        .iter()
        .filter(|child| kind(child) == "caption");
    has_only(node, &["media", "caption"]) && captions.count() < 2
}

pub(super) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

fn panel_kind(name: &str) -> PanelKind {
    match name {
        "note" => PanelKind::Note,
        "tip" => PanelKind::Tip,
        "success" => PanelKind::Success,
        "warning" => PanelKind::Warning,
        "error" => PanelKind::Error,
        "custom" => PanelKind::Plain,
        _ => PanelKind::Info,
    }
}

/// The attributes and marks of a block that the tree has no place for.
fn carried(node: &Json<'_>, known: &[&str]) -> Carried {
    let mut kept = unknown(node, known);
    if let Some(marks) = field(node, "marks")
        && marks.as_array().is_some_and(|marks| !marks.is_empty())
    {
        kept.insert("marks".into(), marks.into());
    }
    as_carried(kept)
}

/// The attributes of an object or a mark that the tree has no place for.
pub(super) fn carried_attributes(node: &Json<'_>, known: &[&str]) -> Carried {
    as_carried(unknown(node, known))
}

fn unknown(node: &Json<'_>, known: &[&str]) -> Map<String, Value> {
    let attributes = field(node, "attrs").and_then(Json::as_object);
    let unknown: Map<String, Value> = attributes
        .into_iter()
        .flat_map(|attributes| attributes.iter())
        .filter(|(name, value)| !known.contains(name) && !value.is_null())
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    let mut kept = Map::new();
    if !unknown.is_empty() {
        kept.insert("attrs".into(), unknown.into());
    }
    kept
}

fn as_carried(kept: Map<String, Value>) -> Carried {
    if kept.is_empty() {
        return Carried::default();
    }
    Carried::new(Format::Adf, Value::Object(kept).to_string())
}

/// All words below `node`, without recursion.
pub(super) fn words(node: &Json<'_>) -> String {
    let mut words = String::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        if let Some(text) = field(node, "text").and_then(Json::as_str) {
            words.push_str(text);
        } else if kind(node) == "hardBreak" {
            words.push('\n');
        } else {
            let own = own_words(node);
            if !own.is_empty() {
                words.push_str(&format!(" {own} "));
            }
        }
        open.extend(children(node).iter().rev());
    }
    words
}

/// The words that a node itself shows, from its attributes.
fn own_words(node: &Json<'_>) -> String {
    let day = || {
        let ms = string(node, "timestamp")?.parse().ok()?;
        Some(Day::from_epoch_ms(ms)?.to_string())
    };
    let shown = ["text", "title", "alt", "shortName", "url"].iter();
    let text = shown.filter_map(|name| string(node, name)).next();
    text.map(str::to_owned).or_else(day).unwrap_or_default()
}
