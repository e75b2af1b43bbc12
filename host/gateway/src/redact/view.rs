//! A text with one layer of escapes undone, and the way back to where each byte came from.
//!
//! The view is only searched, never shown, so it may undo too much: what is no escape in this
//! kind of document costs nothing when it is read as one.

use std::iter::Peekable;

use memchr::{Memchr2, Memchr3};

/// Kinds of escapes, as a set of bits.
pub(super) type Kinds = u8;

const BACKSLASH: Kinds = 1;
const PERCENT: Kinds = 2;
const ENTITY: Kinds = 4;
/// Bytes that mean nothing between letters.
const FILLER: Kinds = 8;

pub(super) const ALL: Kinds = BACKSLASH | PERCENT | ENTITY | FILLER;

/// The kinds one by one.
pub(super) const EACH: [Kinds; 4] = [BACKSLASH, PERCENT, ENTITY, FILLER];

/// Unescaped bytes with the points where they run out of step with the source.
pub(super) struct View {
    pub(super) bytes: Vec<u8>,
    /// What was undone.
    pub(super) kinds: Kinds,
    /// `(place in the view, place in the source)`, ascending. Between two of them both run alike.
    jumps: Vec<(u32, u32)>,
}

impl View {
    /// `None` when there is nothing of these kinds to undo.
    pub(super) fn of(source: &[u8], kinds: Kinds) -> Option<Self> {
        let mut candidates = Candidates::of(source);
        let mut next = candidates.escape(source, 0, kinds);
        next.as_ref()?;
        let mut view = Self {
            bytes: Vec::with_capacity(source.len()),
            kinds: 0,
            jumps: Vec::new(),
        };
        let mut behind = 0;
        while let Some((at, escape)) = next {
            view.bytes.extend_from_slice(&source[behind..at]);
            view.kinds |= kind(source[at]);
            view.undo(&escape, at);
            behind = at + escape.length;
            next = candidates.escape(source, behind, kinds);
        }
        view.bytes.extend_from_slice(&source[behind..]);
        Some(view)
    }

    /// Where the byte at `place` begins in the source; the end of the view maps to behind
    /// everything that was dropped after its last byte.
    pub(super) fn source(&self, place: usize) -> usize {
        let behind = self.jumps.partition_point(|(at, _)| *at as usize <= place);
        match behind.checked_sub(1).map(|last| self.jumps[last]) {
            Some((at, source)) => source as usize + (place - at as usize),
            None => place,
        }
    }

    fn undo(&mut self, escape: &Escape, at: usize) {
        let mut utf8 = [0; 4];
        let bytes: &[u8] = match escape.means {
            Means::Byte(byte) => {
                utf8[0] = byte;
                &utf8[..1]
            }
            Means::Char(char) => char.encode_utf8(&mut utf8).as_bytes(),
            Means::Nothing => &[],
        };
        for (number, byte) in bytes.iter().enumerate() {
            if number > 0 {
                self.jump(at);
            }
            self.bytes.push(*byte);
        }
        self.jump(at + escape.length);
    }

    /// From the next byte on the view stands at `source`. A run of dropped bytes is one jump:
    /// a body of zeros must not cost many times its size.
    fn jump(&mut self, source: usize) {
        let jump = (narrow(self.bytes.len()), narrow(source));
        match self.jumps.last_mut() {
            Some(last) if last.0 == jump.0 => *last = jump,
            _ => self.jumps.push(jump),
        }
    }
}

fn narrow(place: usize) -> u32 {
    u32::try_from(place).expect("the budget caps an answer far below 4 GiB")
}

/// Every byte that may begin an escape, in order. Ordinary text is passed over by the vector instructions of `memchr`;
/// each of the groups is gone through once, however the bytes of the others lie.
struct Candidates<'a> {
    first: Peekable<Memchr3<'a>>,
    second: Peekable<Memchr3<'a>>,
    third: Peekable<Memchr2<'a>>,
}

impl<'a> Candidates<'a> {
    fn of(source: &'a [u8]) -> Self {
        Self {
            first: memchr::memchr3_iter(b'\\', b'%', b'&', source).peekable(),
            second: memchr::memchr3_iter(b'=', 0, 0xC2, source).peekable(),
            third: memchr::memchr2_iter(0xE2, 0xEF, source).peekable(),
        }
    }

    fn next(&mut self) -> Option<usize> {
        let heads = [
            self.first.peek().copied(),
            self.second.peek().copied(),
            self.third.peek().copied(),
        ];
        let next = heads.into_iter().flatten().min()?;
        self.first.next_if_eq(&next);
        self.second.next_if_eq(&next);
        self.third.next_if_eq(&next);
        Some(next)
    }

    /// The next escape of these kinds, and where it is.
    fn escape(&mut self, source: &[u8], from: usize, kinds: Kinds) -> Option<(usize, Escape)> {
        while let Some(at) = self.next() {
            if at >= from
                && kind(source[at]) & kinds != 0
                && let Some(escape) = escape(&source[at..])
            {
                return Some((at, escape));
            }
        }
        None
    }
}

struct Escape {
    length: usize,
    means: Means,
}

enum Means {
    Byte(u8),
    Char(char),
    Nothing,
}

/// Which kind of escape a byte may begin; none is 0.
const fn kind(byte: u8) -> Kinds {
    KIND[byte as usize]
}

/// A table, since this is asked for every byte of every answer.
const KIND: [Kinds; 256] = {
    let mut kinds = [0; 256];
    kinds[b'\\' as usize] = BACKSLASH;
    kinds[b'%' as usize] = PERCENT;
    kinds[b'&' as usize] = ENTITY;
    let mut fillers: &[u8] = b"=\0\xC2\xE2\xEF";
    while let [first, rest @ ..] = fillers {
        kinds[*first as usize] = FILLER;
        fillers = rest;
    }
    kinds
};

fn escape(text: &[u8]) -> Option<Escape> {
    let dropped = |length| {
        Some(Escape {
            length,
            means: Means::Nothing,
        })
    };
    match text {
        // UTF-16 of ASCII is ASCII with a zero byte on one side.
        [0, ..] => dropped(1),
        [b'\\', rest @ ..] => backslash(rest),
        [b'%', rest @ ..] => Some(Escape {
            length: 3,
            means: Means::Byte(u8::try_from(number(rest.get(..2)?, 16)?).ok()?),
        }),
        [b'&', rest @ ..] => entity(rest),
        // The soft line break of quoted-printable.
        [b'=', b'\r', b'\n', ..] => dropped(3),
        [b'=', b'\n', ..] => dropped(2),
        // Soft hyphen, zero-width characters, word joiner, byte order mark.
        [0xC2, 0xAD, ..] => dropped(2),
        [0xE2, 0x80, 0x8B..=0x8F, ..] | [0xE2, 0x81, 0xA0, ..] | [0xEF, 0xBB, 0xBF, ..] => {
            dropped(3)
        }
        _ => None,
    }
}

/// RFC 8259 §7, and `\xHH` as scripts write it.
fn backslash(rest: &[u8]) -> Option<Escape> {
    let (length, means) = match rest {
        [b'u', rest @ ..] => {
            let code = number(rest.get(..4)?, 16)?;
            (6, Means::Char(char::from_u32(code)?))
        }
        [b'x', rest @ ..] => {
            let code = number(rest.get(..2)?, 16)?;
            (4, Means::Byte(u8::try_from(code).ok()?))
        }
        [b'n', ..] => (2, Means::Byte(b'\n')),
        [b'r', ..] => (2, Means::Byte(b'\r')),
        [b't', ..] => (2, Means::Byte(b'\t')),
        [b'b', ..] => (2, Means::Byte(8)),
        [b'f', ..] => (2, Means::Byte(12)),
        [byte, ..] if byte.is_ascii_punctuation() => (2, Means::Byte(*byte)),
        _ => return None,
    };
    Some(Escape { length, means })
}

fn entity(rest: &[u8]) -> Option<Escape> {
    const NAMED: [(&[u8], u8); 9] = [
        (b"amp;", b'&'),
        (b"lt;", b'<'),
        (b"gt;", b'>'),
        (b"quot;", b'"'),
        (b"apos;", b'\''),
        (b"plus;", b'+'),
        (b"sol;", b'/'),
        (b"equals;", b'='),
        (b"percnt;", b'%'),
    ];
    if let Some((name, byte)) = NAMED.iter().find(|(name, _)| rest.starts_with(name)) {
        return Some(Escape {
            length: 1 + name.len(),
            means: Means::Byte(*byte),
        });
    }
    let (digits, radix, before) = match rest {
        [b'#', b'x' | b'X', digits @ ..] => (digits, 16, 3),
        [b'#', digits @ ..] => (digits, 10, 2),
        _ => return None,
    };
    let count = digits
        .iter()
        .take(MOST_DIGITS)
        .take_while(|digit| char::from(**digit).is_digit(radix))
        .count();
    let code = number(&digits[..count], radix)?;
    let semicolon = usize::from(digits.get(count) == Some(&b';'));
    Some(Escape {
        length: before + count + semicolon,
        means: Means::Char(char::from_u32(code)?),
    })
}

/// Leading zeros are legal in a numeric entity; more of them than this are not worth following.
const MOST_DIGITS: usize = 12;

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u32, |sum, digit| {
        sum.checked_mul(radix)?
            .checked_add(char::from(*digit).to_digit(radix)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn undone(text: &str) -> String {
        View::of(text.as_bytes(), ALL).map_or_else(
            || text.to_owned(),
            |view| String::from_utf8_lossy(&view.bytes).into_owned(),
        )
    }

    #[test]
    fn one_layer_is_undone() {
        for (text, plain) in [
            ("a\\u0041b", "aAb"),
            ("\\/\\\"\\\\", "/\"\\"),
            ("line\\nnext", "line\nnext"),
            ("%41%2f%2F", "A//"),
            ("%2541", "%41"),
            ("100% of it", "100% of it"),
            ("%zz %4", "%zz %4"),
            ("&#65;&#x41;&#X041;&#65", "AAAA"),
            ("&amp;#65;", "&#65;"),
            ("AT&T & co &#; &#xg;", "AT&T & co &#; &#xg;"),
            ("a\0b\0", "ab"),
            ("a\u{200b}b\u{feff}c\u{ad}d", "abcd"),
            ("ab=\r\ncd=\nef=", "abcdef="),
            ("\\u00e9", "é"),
            ("\\ud83d", "\\ud83d"),
        ] {
            assert_eq!(undone(text), plain, "{text:?}");
        }
    }

    #[test]
    fn every_byte_knows_where_it_came_from() {
        let source = b"x\\u0041%42y\0&#67;z";
        let view = View::of(source, ALL).expect("there are escapes to undo");
        assert_eq!(view.bytes, b"xAByCz");
        let places: Vec<usize> = (0..=6).map(|place| view.source(place)).collect();
        assert_eq!(places, [0, 1, 7, 10, 12, 17, 18]);
    }

    #[test]
    fn a_run_of_dropped_bytes_costs_one_jump() {
        let view = View::of(&[0; 100_000], ALL).expect("zeros are dropped");
        assert_eq!((view.bytes.len(), view.jumps.len()), (0, 1));
        let view = View::of(&b"%41".repeat(1000), ALL).expect("there are escapes to undo");
        assert_eq!((view.bytes.len(), view.jumps.len()), (1000, 1000));
    }

    #[test]
    fn both_ways_of_looking_know_the_same_bytes() {
        for byte in 0..=u8::MAX {
            let found = Candidates::of(&[b'a', byte, b'a']).next();
            assert_eq!(found, (kind(byte) != 0).then_some(1), "{byte:#x}");
        }
    }

    #[test]
    fn an_escape_is_found_wherever_it_stands() {
        for before in 0..100 {
            for behind in 0..40 {
                let text = format!("{}\\u0041{}", "x".repeat(before), "y".repeat(behind));
                let plain = format!("{}A{}", "x".repeat(before), "y".repeat(behind));
                assert_eq!(undone(&text), plain);
            }
        }
    }

    #[test]
    fn one_kind_alone_leaves_the_others() {
        let undone = |kinds| View::of(b"\\u0041%41&#65;\0A", kinds).map(|view| view.bytes);
        assert_eq!(undone(BACKSLASH).as_deref(), Some(&b"A%41&#65;\0A"[..]));
        assert_eq!(undone(PERCENT).as_deref(), Some(&b"\\u0041A&#65;\0A"[..]));
        assert_eq!(undone(ENTITY).as_deref(), Some(&b"\\u0041%41A\0A"[..]));
        assert_eq!(undone(FILLER).as_deref(), Some(&b"\\u0041%41&#65;A"[..]));
    }
}
