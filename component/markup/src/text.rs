//! What characters of other people's text a reader may be shown, and how the readers look for the ones they know.
//!
//! Decides which code points are invisible or reorder what is seen. Never changes words.

use std::borrow::Cow;

/// `text` without control characters (but newline and tab), bidirectional controls and the tag
/// characters that hide ASCII from people while models read it.
pub fn visible_text(text: &str) -> Cow<'_, str> {
    // Nearly all text is printable ASCII, which needs no decoding to see that.
    let plain = |byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    if !holds(text, |byte| !plain(byte)) {
        Cow::Borrowed(text)
    } else if text.chars().any(is_hidden) {
        Cow::Owned(text.chars().filter(|char| !is_hidden(*char)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// A table of these bytes, for scans that ask for every byte whether it may mean anything.
pub(crate) const fn signs(bytes: &[u8]) -> [bool; 256] {
    let mut signs = [false; 256];
    let mut at = 0;
    while at < bytes.len() {
        signs[bytes[at] as usize] = true;
        at += 1;
    }
    signs
}

pub(crate) fn is_hidden(char: char) -> bool {
    match char {
        '\n' | '\t' => false,
        // C0, DEL and C1.
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        // Arabic letter mark, left-to-right and right-to-left marks, embeddings, overrides,
        // isolates: the set of Unicode's `Bidi_Control` property.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            true
        }
        // Zero-width space, word joiner and invisible operators, byte order mark, deprecated
        // format characters, interlinear annotations. Joiners (200c, 200d) shape words and emoji.
        '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{206a}'..='\u{206f}' | '\u{feff}' => true,
        '\u{fff9}'..='\u{fffb}' => true,
        '\u{e0000}'..='\u{e007f}' => true,
        _ => false,
    }
}

/// Whether `text` has a byte that is `suspect`. Looks at a block at a time, which takes one
/// instruction for many bytes.
pub(crate) fn holds(text: &str, suspect: impl Fn(u8) -> bool) -> bool {
    let any = |block: &[u8]| block.iter().fold(false, |any, byte| any | suspect(*byte));
    let (blocks, rest) = text.as_bytes().as_chunks::<32>();
    blocks.iter().any(|block| any(block)) || any(rest)
}

/// Whether a text with this byte may hold a control character, or one that no XML holds: U+FFFE
/// and U+FFFF begin with EF.
pub(crate) fn is_suspect(byte: u8) -> bool {
    byte < b' ' || byte == 0x7f || byte == 0xef
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_borrowed() {
        for text in ["", "plain\n\ttext", "naïve 日本 👩‍💻", "\u{fe0f}"] {
            assert!(matches!(visible_text(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn hidden_characters_go() {
        for (hidden, shown) in [
            ("a\u{0}b\u{1b}[31mc\r\n", "ab[31mc\n"),
            ("a\u{85}b\u{9b}c", "abc"),
            ("\u{202e}live\u{202c} \u{2066}x\u{2069}\u{200f}", "live x"),
            ("hi\u{e0049}\u{e0067}\u{e007f}\u{e0001}", "hi"),
            ("zero\u{200b}width\u{feff}", "zerowidth"),
        ] {
            assert_eq!(visible_text(hidden), shown);
        }
    }
}
