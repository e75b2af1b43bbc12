//! Words looked for in an outline.
//!
//! Decides where they begin and end: any space is one space, and words stand in one block.

use std::ops::Range;

use super::error::EditError;
use super::outline::{Node, Piece, nearest, plain};

/// Words that were found: from a character of one piece to behind one of the same or a later one.
pub(super) struct Found<'n, P> {
    pub(super) node: &'n Node<P>,
    pub(super) from: Spot,
    pub(super) to: Spot,
}

/// A byte of a piece's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) piece: usize,
    pub(super) byte: usize,
}

/// A part of a piece, and what is put in its place.
pub(super) struct Replaced<'n, P> {
    pub(super) piece: &'n Piece<P>,
    pub(super) range: Range<usize>,
    pub(super) new: &'n str,
}

impl<'n, P> Found<'n, P> {
    /// What changes where `with` takes the place of the words, the last piece first: the first one
    /// gets all of it.
    pub(super) fn replaced(&self, with: &'n str) -> impl Iterator<Item = Replaced<'n, P>> {
        let (node, from, to) = (self.node, self.from, self.to);
        (from.piece..=to.piece).rev().map(move |number| {
            let piece = &node.pieces[number];
            let (is_first, is_last) = (number == from.piece, number == to.piece);
            let start = if is_first { from.byte } else { 0 };
            let end = if is_last { to.byte } else { piece.text.len() };
            Replaced {
                piece,
                range: start..end,
                new: if is_first { with } else { "" },
            }
        })
    }
}

/// The places where `wanted` stands, the last one first; only one unless `all` are meant.
pub(super) fn places<'n, P>(
    root: &'n Node<P>,
    wanted: &str,
    all: bool,
) -> Result<Vec<Found<'n, P>>, EditError> {
    if !all {
        return Ok(vec![only(root, wanted)?]);
    }
    let mut found = every(root, wanted)?;
    found.reverse();
    Ok(found)
}

/// The one place where `wanted` stands.
pub(super) fn only<'n, P>(root: &'n Node<P>, wanted: &str) -> Result<Found<'n, P>, EditError> {
    let mut found = every(root, wanted)?;
    match found.len() {
        1 => Ok(found.remove(0)),
        _ => Err(EditError::ManyTexts {
            wanted: wanted.to_owned(),
            places: found.iter().map(around).collect(),
        }),
    }
}

/// All places where `wanted` stands; there is one at least.
fn every<'n, P>(root: &'n Node<P>, wanted: &str) -> Result<Vec<Found<'n, P>>, EditError> {
    let needle = plain(wanted);
    if needle.is_empty() {
        return Err(EditError::NoWords);
    }
    let (mut found, mut blocks) = (Vec::new(), Vec::new());
    root.walk(&mut |_, _, node| {
        if node.pieces.is_empty() {
            return;
        }
        let text = Flat::new(&node.pieces);
        for (at, _) in text.text.match_indices(&needle) {
            found.push(Found {
                node,
                from: text.spot(at).0,
                to: text.spot(at + needle.len() - 1).1,
            });
        }
        blocks.push(node.words());
    });
    if found.is_empty() {
        let first = needle.split(' ').next().unwrap_or_default();
        let similar = blocks.iter().filter(|block| block.contains(first));
        let mut near = nearest(wanted, similar.map(String::as_str));
        near.truncate(3);
        return Err(EditError::NoText {
            wanted: wanted.to_owned(),
            near: near.iter().map(|block| shortened(block)).collect(),
        });
    }
    Ok(found)
}

fn shortened(text: &str) -> String {
    let start: String = text.chars().take(60).collect();
    if start.len() < text.len() {
        format!("{start}…")
    } else {
        start
    }
}

/// The words before and behind.
fn around<P>(found: &Found<'_, P>) -> String {
    let pieces = &found.node.pieces;
    let before: String = pieces[..found.from.piece]
        .iter()
        .map(|piece| piece.text.as_str())
        .chain([&pieces[found.from.piece].text[..found.from.byte]])
        .collect();
    let start = before.char_indices().rev().nth(24).map_or(0, |(at, _)| at);
    let rest: String = pieces[found.from.piece].text[found.from.byte..]
        .chars()
        .chain(
            pieces[found.from.piece + 1..]
                .iter()
                .flat_map(|piece| piece.text.chars()),
        )
        .take(40)
        .collect();
    plain(&format!("{}{rest}", &before[start..]))
}

/// The text of several pieces with single spaces, and where each of its bytes comes from.
struct Flat {
    text: String,
    /// For each character: its first byte in `text`, its first spot and the one behind it.
    places: Vec<(usize, Spot, Spot)>,
}

impl Flat {
    fn new<P>(pieces: &[Piece<P>]) -> Self {
        let mut flat = Self {
            text: String::new(),
            places: Vec::new(),
        };
        for (number, piece) in pieces.iter().enumerate() {
            for (byte, char) in piece.text.char_indices() {
                let spot = |byte| Spot {
                    piece: number,
                    byte,
                };
                let behind = spot(byte + char.len_utf8());
                if !char.is_whitespace() {
                    flat.places.push((flat.text.len(), spot(byte), behind));
                    flat.text.push(char);
                } else if flat.text.ends_with(' ')
                    && let Some(last) = flat.places.last_mut()
                {
                    last.2 = behind;
                } else {
                    flat.places.push((flat.text.len(), spot(byte), behind));
                    flat.text.push(' ');
                }
            }
        }
        flat
    }

    /// Where the character at `byte` of the text begins and ends.
    fn spot(&self, byte: usize) -> (Spot, Spot) {
        let behind = self.places.partition_point(|(start, ..)| *start <= byte);
        let (_, from, to) = self.places[behind - 1];
        (from, to)
    }
}
