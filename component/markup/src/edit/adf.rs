//! Edits of ADF, as nodes of the JSON document.
//!
//! Decides which nodes a place has. What is put there is written by the writer of ADF in the
//! container it comes to stand in, so that it holds nothing that is not allowed there.

use serde_json::Value;

use super::outline::{Kind, Node, OBJECT, Piece};
use super::search::{self, Found, Replaced};
use super::{Edit, EditError, Edited, Lies, blocks_in, fitted};
use crate::adf;
use crate::doc::{Block, BlockKind, Cell, Document, Item, ListMarker, PanelKind, Row, Span, Table};
use crate::error::ReadError;

pub(super) fn apply(source: &str, edit: &Edit) -> Result<Edited, EditError> {
    let mut value: Value =
        serde_json::from_str(source).map_err(|error| ReadError::Json(error.to_string()))?;
    let base = adf::read(source)?;
    let root = outline(&value);
    let mut lost = Vec::new();
    let splice = match edit {
        Edit::ReplaceText { find, with, every } => {
            for found in search::places(&root, find, *every)? {
                replace_words(&mut value, &found, with);
            }
            return Ok(Edited {
                text: value.to_string(),
                lost,
            });
        }
        Edit::ReplaceSection { heading, body } => {
            let section = root.section(heading)?;
            let begin = behind(section.head());
            let end = section.body().last().map_or(begin, behind);
            Splice::new(&section.parent.place, begin..end, body)
        }
        Edit::AppendToSection { heading, body } => {
            let section = root.section(heading)?;
            let end = behind(section.body().last().unwrap_or(section.head()));
            Splice::new(&section.parent.place, end..end, body)
        }
        Edit::InsertAfter { anchor, body } => {
            let node = root.anchor(anchor)?;
            let end = behind(node);
            let parent = &node.place[..node.place.len().saturating_sub(1)];
            Splice::new(parent, end..end, body)
        }
        Edit::SetCell {
            table,
            row,
            column,
            body,
        } => {
            let cell = root.cell(*table, row, column)?;
            Splice::new(&cell.place, 0..cell.children.len(), body)
        }
    };
    let old = blocks_in(&base.blocks, &|span| splice.lies(span));
    let (blocks, gone) = fitted(splice.body, &base, old)?;
    lost.extend(gone);
    let parent = at(&mut value, splice.parent).ok_or(ReadError::NotAdf("a node is not there"))?;
    let holder = parent["type"].as_str().unwrap_or("").to_owned();
    let new = contents(&holder, blocks)?;
    if let Some(content) = parent["content"].as_array_mut() {
        content.splice(splice.range, new);
    } else {
        parent["content"] = Value::Array(new);
    }
    Ok(Edited {
        text: value.to_string(),
        lost,
    })
}

/// Children of a node that make room for a body.
struct Splice<'e> {
    parent: &'e [usize],
    range: std::ops::Range<usize>,
    body: &'e str,
}

impl<'e> Splice<'e> {
    fn new(parent: &'e [usize], range: std::ops::Range<usize>, body: &'e str) -> Self {
        Self {
            parent,
            range,
            body,
        }
    }

    /// How a block lies to the children that make room.
    fn lies(&self, span: &Span) -> Lies {
        let Span::Path(path) = span else {
            return Lies::Apart;
        };
        let path: Vec<usize> = path.iter().map(|number| *number as usize).collect();
        match path.strip_prefix(self.parent) {
            Some([number, ..]) if self.range.contains(number) => Lies::Inside,
            _ if self.parent.starts_with(&path) => Lies::Around,
            _ => Lies::Apart,
        }
    }
}

/// The number of the child behind a node.
fn behind(node: &Node<Vec<usize>>) -> usize {
    node.place.last().map_or(0, |number| number + 1)
}

fn at<'v>(value: &'v mut Value, path: &[usize]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |node, number| {
        node.get_mut("content")?.get_mut(*number)
    })
}

fn outline(value: &Value) -> Node<Vec<usize>> {
    let mut root = Node::new(Kind::Other, Vec::new());
    collect(value, &mut root);
    root
}

fn children(node: &Value) -> &[Value] {
    let content = node.get("content").and_then(Value::as_array);
    content.map_or(&[], Vec::as_slice)
}

fn collect(node: &Value, into: &mut Node<Vec<usize>>) {
    for (number, child) in children(node).iter().enumerate() {
        let mut place = into.place.clone();
        place.push(number);
        let mut block = Node::new(kind(child), place);
        if matches!(block.kind, Kind::Text | Kind::Heading(_)) {
            words(child, &mut block);
        } else {
            collect(child, &mut block);
        }
        into.children.push(block);
    }
}

fn kind(node: &Value) -> Kind {
    let attribute = |name: &str| node["attrs"][name].as_str().unwrap_or("").to_owned();
    match node["type"].as_str().unwrap_or("") {
        "heading" => {
            let level = node["attrs"]["level"].as_u64().unwrap_or(1);
            Kind::Heading(level.clamp(1, 6) as u8)
        }
        "paragraph" | "codeBlock" | "taskItem" | "decisionItem" | "caption" => Kind::Text,
        "table" => Kind::Table,
        "tableRow" => Kind::Row,
        "tableCell" | "tableHeader" => Kind::Cell,
        "extension" | "bodiedExtension" => Kind::Macro(attribute("extensionKey")),
        "panel" => Kind::Macro(attribute("panelType")),
        "expand" | "nestedExpand" => Kind::Macro("expand".to_owned()),
        _ => Kind::Other,
    }
}

fn words(node: &Value, into: &mut Node<Vec<usize>>) {
    for (number, child) in children(node).iter().enumerate() {
        let mut place = into.place.clone();
        place.push(number);
        let text = match child["text"].as_str().filter(|_| child["type"] == "text") {
            Some(text) => text.to_owned(),
            None if child["type"] == "hardBreak" => "\n".to_owned(),
            None => {
                let name = child["attrs"]["extensionKey"].as_str();
                into.macros.extend(name.map(str::to_owned));
                OBJECT.to_owned()
            }
        };
        into.pieces.push(Piece { text, place });
    }
}

fn replace_words(value: &mut Value, found: &Found<'_, Vec<usize>>, with: &str) {
    for Replaced { piece, range, new } in found.replaced(with) {
        let Some((child, parent)) = piece.place.split_last() else {
            continue;
        };
        let Some(content) = at(value, parent).and_then(|node| node["content"].as_array_mut())
        else {
            continue;
        };
        // An earlier change in the same text has not moved what stands before it.
        let is_text = content[*child]["type"] == "text";
        let now = content[*child]["text"].as_str().unwrap_or("").to_owned();
        let text = match is_text {
            true => format!("{}{new}{}", &now[..range.start], &now[range.end..]),
            false => String::new(),
        };
        if text.is_empty() {
            // The schema knows no empty text.
            content.remove(*child);
        } else {
            content[*child]["text"] = Value::String(text);
        }
    }
}

/// The nodes that `blocks` are in a holder of this type.
fn contents(holder: &str, blocks: Vec<Block>) -> Result<Vec<Value>, EditError> {
    let around = match holder {
        "tableCell" | "tableHeader" => BlockKind::Table(Table {
            rows: vec![Row {
                cells: vec![Cell {
                    blocks,
                    ..Cell::default()
                }],
                ..Row::default()
            }],
        }),
        "listItem" => BlockKind::List {
            marker: ListMarker::Bullet,
            items: vec![Item {
                blocks,
                ..Item::default()
            }],
        },
        "panel" => BlockKind::Panel {
            kind: PanelKind::Info,
            title: None,
            body: blocks,
        },
        "expand" | "nestedExpand" => BlockKind::Expand {
            title: String::new(),
            body: blocks,
        },
        "blockquote" => BlockKind::Quote(blocks),
        _ => {
            let written = adf::write_value(&Document::new(blocks))?;
            return Ok(children(&written).to_vec());
        }
    };
    let mut written = adf::write_value(&Document::new(vec![Block::new(around)]))?;
    let depth = match holder {
        "tableCell" | "tableHeader" => 3,
        "listItem" => 2,
        _ => 1,
    };
    let inside = at(&mut written, &vec![0; depth]);
    Ok(inside
        .map(|node| children(node).to_vec())
        .unwrap_or_default())
}
