//! How much markup a text may hold.
//!
//! Decides which texts are refused before they are parsed: those that are markup rather than
//! words. Their nodes would take more memory and time than a text of any length does that somebody
//! wrote. Never looks at what the signs mean.

use crate::error::ReadError;

/// What a megabyte of hostile text stays below in a tenth of a second. Atlassian's own limit for a
/// field of Jira is 32,767 characters.
const MOST_SIGNS: usize = 160_000;

/// A long text may hold more, as long as it has at least so many bytes for each sign.
const BYTES_A_SIGN: usize = 7;

/// So many bars of tables weigh as much as one other sign: a cell takes less to read than a link.
const BARS_A_SIGN: usize = 6;

/// Refuses a text with too many signs.
pub(super) fn check(source: &str) -> Result<(), ReadError> {
    if source.len() <= MOST_SIGNS {
        return Ok(());
    }
    let (mut signs, mut bars) = (0, 0);
    for block in source.as_bytes().chunks(128) {
        // Sums of one byte, so that many bytes are looked at by one instruction.
        let count = |is_one: fn(u8) -> bool| {
            let sum = block.iter().map(|byte| u8::from(is_one(*byte)));
            usize::from(sum.sum::<u8>())
        };
        signs += count(is_sign);
        bars += count(|byte| byte == b'|');
    }
    let signs = signs + bars / BARS_A_SIGN;
    if signs > MOST_SIGNS.max(source.len() / BYTES_A_SIGN) {
        return Err(ReadError::Dense {
            signs,
            most: MOST_SIGNS,
        });
    }
    Ok(())
}

/// What begins or ends a line, a link, a tag, code or an emphasis.
fn is_sign(byte: u8) -> bool {
    matches!(
        byte,
        b'\n' | b'\r' | b'[' | b']' | b'<' | b'`' | b'*' | b'_' | b'~'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_nothing_but_markup_is_refused() {
        let refused = |part: &str, length: usize| check(&part.repeat(length / part.len())).is_err();
        for part in ["[", "*a", "a\n", "- a\n", "`a", "|-|-|\n", "a\r", "<u>"] {
            assert!(refused(part, 1 << 20), "{part:?}");
            assert!(!refused(part, 160_000), "{part:?}");
        }
        let error = check(&"[".repeat(1 << 20)).expect_err("nothing but brackets");
        insta::assert_snapshot!(error, @"the Markdown holds 1048576 line ends, brackets and other signs of markup, too many for its length: 160000 are read in any text, and one for each seven bytes of a longer one; split it into several texts, or take out what is markup alone");
    }

    #[test]
    fn what_people_write_is_not() {
        for part in [
            "Some words, **bold** ones and a [link](https://a.example).\n\n",
            "| one | two |\n",
            "| 12 | 15 | 17 |\n",
            "- a word\n",
            "    \"name\": [1, 2, 3],\n",
            "words and words\r\n",
        ] {
            for length in [1 << 20, 50 << 20] {
                assert_eq!(check(&part.repeat(length / part.len())), Ok(()), "{part:?}");
            }
        }
        assert_eq!(check(&"| a | b |\n".repeat(100_000)), Ok(()));
    }
}
