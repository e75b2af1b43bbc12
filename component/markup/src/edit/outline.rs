//! An original as an edit sees it: blocks, their words, and where both stand.
//!
//! Decides which heading, macro, row or cell a name means. Never knows a format: places are the
//! format's own.

use super::error::EditError;
use super::{Anchor, Position};

/// A block with its words, without those of the blocks in it.
#[derive(Debug)]
pub(super) struct Node<P> {
    pub(super) kind: Kind,
    pub(super) place: P,
    pub(super) pieces: Vec<Piece<P>>,
    /// The macros that stand amid its words.
    pub(super) macros: Vec<String>,
    pub(super) children: Vec<Node<P>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Heading(u8),
    Macro(String),
    Table,
    Row,
    Cell,
    /// Holds words.
    Text,
    Other,
}

/// Words that stand together in the source.
#[derive(Debug)]
pub(super) struct Piece<P> {
    pub(super) text: String,
    pub(super) place: P,
}

/// An object amid words, such as a mention: no words are looked for across it.
pub(super) const OBJECT: &str = "\u{fffc}";

/// What is under a heading: children of a node.
pub(super) struct Section<'n, P> {
    pub(super) parent: &'n Node<P>,
    pub(super) heading: usize,
    pub(super) end: usize,
}

impl<P> Section<'_, P> {
    pub(super) fn body(&self) -> &[Node<P>] {
        &self.parent.children[self.heading + 1..self.end]
    }

    pub(super) fn head(&self) -> &Node<P> {
        &self.parent.children[self.heading]
    }
}

impl<P> Node<P> {
    pub(super) fn new(kind: Kind, place: P) -> Self {
        Self {
            kind,
            place,
            pieces: Vec::new(),
            macros: Vec::new(),
            children: Vec::new(),
        }
    }

    /// The words of the node itself.
    pub(super) fn words(&self) -> String {
        let text: String = self
            .pieces
            .iter()
            .map(|piece| piece.text.as_str())
            .collect();
        plain(&text.replace(OBJECT, " "))
    }

    /// The words of the node and of everything in it.
    pub(super) fn all_words(&self) -> String {
        let mut words = self.words();
        for child in &self.children {
            words.push(' ');
            words.push_str(&child.all_words());
        }
        plain(&words)
    }

    /// The node and everything in it, as read, each with its parent and its number there.
    pub(super) fn walk<'n>(&'n self, visit: &mut impl FnMut(&'n Node<P>, usize, &'n Node<P>)) {
        for (number, child) in self.children.iter().enumerate() {
            visit(self, number, child);
            child.walk(visit);
        }
    }

    pub(super) fn section(&self, wanted: &str) -> Result<Section<'_, P>, EditError> {
        let headings = self.headings();
        let path: Vec<String> = wanted.split(" > ").map(folded).collect();
        let found: Vec<&Heading<'_, P>> = headings
            .iter()
            .filter(|heading| heading.is_called(&path) || folded(heading.name()) == folded(wanted))
            .collect();
        match found.as_slice() {
            [] => Err(EditError::NoHeading {
                wanted: wanted.to_owned(),
                near: nearest(wanted, headings.iter().map(|heading| heading.name())),
            }),
            [heading] => Ok(Section {
                parent: heading.parent,
                heading: heading.number,
                end: heading.end(),
            }),
            several => Err(EditError::ManyHeadings {
                wanted: wanted.to_owned(),
                all: several
                    .iter()
                    .map(|heading| heading.path.join(" > "))
                    .collect(),
            }),
        }
    }

    fn headings(&self) -> Vec<Heading<'_, P>> {
        let mut headings: Vec<Heading<'_, P>> = Vec::new();
        let mut above: Vec<(u8, String)> = Vec::new();
        self.walk(&mut |parent, number, node| {
            if let Kind::Heading(level) = node.kind {
                above.retain(|(outer, _)| *outer < level);
                above.push((level, node.words()));
                headings.push(Heading {
                    parent,
                    number,
                    level,
                    path: above.iter().map(|(_, name)| name.clone()).collect(),
                });
            }
        });
        headings
    }

    /// The block that an anchor names.
    pub(super) fn anchor(&self, anchor: &Anchor) -> Result<&Node<P>, EditError> {
        match anchor {
            Anchor::Heading(wanted) => {
                let section = self.section(wanted)?;
                Ok(&section.parent.children[section.heading])
            }
            Anchor::Text(wanted) => super::search::only(self, wanted).map(|found| found.node),
            Anchor::Macro(wanted) => self.macro_called(wanted),
        }
    }

    fn macro_called(&self, wanted: &str) -> Result<&Node<P>, EditError> {
        let (mut found, mut all) = (Vec::new(), Vec::new());
        self.walk(&mut |_, _, node| {
            let own = match &node.kind {
                Kind::Macro(name) => Some(name),
                _ => None,
            };
            for name in node.macros.iter().chain(own) {
                if folded(name) == folded(wanted) {
                    found.push(node);
                }
                if !all.contains(name) {
                    all.push(name.clone());
                }
            }
        });
        let wanted = wanted.to_owned();
        match found.as_slice() {
            [] => Err(EditError::NoMacro { wanted, all }),
            [only] => Ok(only),
            several => Err(EditError::ManyMacros {
                wanted,
                count: several.len(),
            }),
        }
    }

    pub(super) fn cell(
        &self,
        table: Option<usize>,
        row: &Position,
        column: &Position,
    ) -> Result<&Node<P>, EditError> {
        let mut tables = Vec::new();
        self.walk(&mut |_, _, node| {
            if node.kind == Kind::Table {
                tables.push(node);
            }
        });
        let table = match (table, tables.as_slice()) {
            (None, [only]) => Some(*only),
            (Some(number), all) => number.checked_sub(1).and_then(|at| all.get(at)).copied(),
            _ => None,
        };
        let rows = table.map(|table| table.rows());
        let Some(rows) = rows.filter(|rows| !rows.is_empty()) else {
            let first = |table: &&Node<P>| table.rows().first().map(|row| row.all_words());
            let all = tables.iter().map(|table| first(table).unwrap_or_default());
            return Err(EditError::WhichTable { all: all.collect() });
        };
        let begins = |row: &&Node<P>| {
            row.children
                .first()
                .map(Node::all_words)
                .unwrap_or_default()
        };
        let row =
            chosen(&rows, row, begins).map_err(|(wanted, all)| EditError::NoRow { wanted, all })?;
        let head: Vec<&Node<P>> = rows[0].children.iter().collect();
        // A short row has fewer cells than the head has names.
        let at = match column {
            Position::Number(number) => number.checked_sub(1),
            Position::Words(words) => head
                .iter()
                .position(|cell| folded(&cell.all_words()) == folded(words)),
        };
        at.and_then(|at| row.children.get(at))
            .ok_or_else(|| EditError::NoColumn {
                wanted: column.to_string(),
                all: head.iter().map(|cell| cell.all_words()).collect(),
            })
    }

    fn rows(&self) -> Vec<&Node<P>> {
        let rows = self.children.iter();
        rows.filter(|row| row.kind == Kind::Row).collect()
    }
}

struct Heading<'n, P> {
    parent: &'n Node<P>,
    number: usize,
    level: u8,
    /// Its words, behind those of the headings above it.
    path: Vec<String>,
}

impl<P> Heading<'_, P> {
    fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// Whether `path` names it, with or without headings above it left out.
    fn is_called(&self, path: &[String]) -> bool {
        let Some((last, above)) = path.split_last() else {
            return false;
        };
        let mut over = self.path[..self.path.len() - 1].iter();
        folded(self.name()) == *last
            && above
                .iter()
                .all(|wanted| over.any(|name| folded(name) == *wanted))
    }

    /// Behind the last block under it.
    fn end(&self) -> usize {
        let siblings = &self.parent.children;
        let ends =
            |node: &Node<P>| matches!(node.kind, Kind::Heading(level) if level <= self.level);
        let behind = siblings[self.number + 1..].iter().position(ends);
        behind.map_or(siblings.len(), |behind| self.number + 1 + behind)
    }
}

fn chosen<'n, P>(
    rows: &[&'n Node<P>],
    position: &Position,
    name: impl Fn(&&'n Node<P>) -> String,
) -> Result<&'n Node<P>, (String, Vec<String>)> {
    let at = match position {
        Position::Number(number) => number.checked_sub(1),
        Position::Words(words) => rows
            .iter()
            .position(|row| folded(&name(row)) == folded(words)),
    };
    let found = at.and_then(|at| rows.get(at)).copied();
    found.ok_or_else(|| (position.to_string(), rows.iter().map(name).collect()))
}

impl std::fmt::Display for Position {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Words(words) => formatter.write_str(words),
        }
    }
}

/// One space between words, none around them.
pub(super) fn plain(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// A name as it is compared: without case, and without the `##` of Markdown.
fn folded(text: &str) -> String {
    plain(text.trim_start_matches('#')).to_lowercase()
}

/// The names that share words with `wanted` first, then as they stand.
pub(super) fn nearest<'n>(wanted: &str, names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let wanted = folded(wanted);
    let shared = |name: &str| {
        let name = folded(name);
        let words = name.split(' ').filter(|word| wanted.contains(word));
        words.map(str::len).sum::<usize>()
    };
    let mut names: Vec<&str> = names.collect();
    names.sort_by_key(|name| std::cmp::Reverse(shared(name)));
    names.into_iter().map(str::to_owned).collect()
}
