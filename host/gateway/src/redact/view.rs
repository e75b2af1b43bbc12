//! A text with one layer of escapes undone, and the way back to where each byte came from.
//!
//! The view is only searched, never shown, so it may undo too much: what is no escape in this
//! kind of document costs nothing when it is read as one.

/// Unescaped bytes with the points where they run out of step with the source.
pub(super) struct View {
    pub(super) bytes: Vec<u8>,
    /// `(place in the view, place in the source)`, ascending. Between two of them both run alike.
    jumps: Vec<(usize, usize)>,
}

impl View {
    /// `None` when there is nothing to undo.
    pub(super) fn of(source: &[u8]) -> Option<Self> {
        let first = source.iter().enumerate().find_map(|(at, byte)| {
            (is_special(*byte) && escape(&source[at..]).is_some()).then_some(at)
        })?;
        let mut view = Self {
            bytes: Vec::with_capacity(source.len()),
            jumps: Vec::new(),
        };
        view.bytes.extend_from_slice(&source[..first]);
        let mut at = first;
        while at < source.len() {
            if let Some(escape) = is_special(source[at])
                .then(|| escape(&source[at..]))
                .flatten()
            {
                view.undo(&escape, at);
                at += escape.length;
            } else {
                let plain = source[at + 1..]
                    .iter()
                    .take_while(|byte| !is_special(**byte))
                    .count();
                view.bytes.extend_from_slice(&source[at..=at + plain]);
                at += 1 + plain;
            }
        }
        Some(view)
    }

    /// Where the byte at `place` begins in the source; the end of the view maps to behind
    /// everything that was dropped after its last byte.
    pub(super) fn source(&self, place: usize) -> usize {
        let behind = self.jumps.partition_point(|(at, _)| *at <= place);
        match behind.checked_sub(1).map(|last| self.jumps[last]) {
            Some((at, source)) => source + (place - at),
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
        for byte in bytes {
            self.jumps.push((self.bytes.len(), at));
            self.bytes.push(*byte);
        }
        self.jumps.push((self.bytes.len(), at + escape.length));
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

/// Bytes that may begin an escape.
const fn is_special(byte: u8) -> bool {
    SPECIAL[byte as usize]
}

/// A table, since this is asked for every byte of every answer.
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut beginnings: &[u8] = b"\\%&=\0\xC2\xE2\xEF";
    while let [first, rest @ ..] = beginnings {
        special[*first as usize] = true;
        beginnings = rest;
    }
    special
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
        View::of(text.as_bytes()).map_or_else(
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
        let view = View::of(source).expect("there are escapes to undo");
        assert_eq!(view.bytes, b"xAByCz");
        let places: Vec<usize> = (0..=6).map(|place| view.source(place)).collect();
        assert_eq!(places, [0, 1, 7, 10, 12, 17, 18]);
    }
}
