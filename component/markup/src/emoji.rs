//! The emoji whose spelling differs from format to format.
//!
//! Decides which name, character, storage name and wiki token mean the same. An emoji that is not
//! in the table keeps its name and, where the source has them, its id and its character.

/// name, character, Confluence emoticon name, wiki token.
const TABLE: &[(&str, &str, &str, &str)] = &[
    ("slight_smile", "🙂", "smile", ":)"),
    ("disappointed", "😞", "sad", ":("),
    ("stuck_out_tongue", "😛", "cheeky", ":P"),
    ("smiley", "😃", "laugh", ":D"),
    ("wink", "😉", "wink", ";)"),
    ("thumbsup", "👍", "thumbs-up", "(y)"),
    ("thumbsdown", "👎", "thumbs-down", "(n)"),
    ("info", "ℹ️", "information", "(i)"),
    ("check_mark", "✅", "tick", "(/)"),
    ("cross_mark", "❌", "cross", "(x)"),
    ("warning", "⚠️", "warning", "(!)"),
    ("plus", "➕", "plus", "(+)"),
    ("minus", "➖", "minus", "(-)"),
    ("question", "❓", "question", "(?)"),
    ("light_bulb_on", "💡", "light-on", "(on)"),
    ("light_bulb_off", "💡", "light-off", "(off)"),
    ("yellow_star", "⭐", "yellow-star", "(*)"),
    ("red_star", "⭐", "red-star", "(*r)"),
    ("green_star", "⭐", "green-star", "(*g)"),
    ("blue_star", "⭐", "blue-star", "(*b)"),
    ("heart", "❤️", "heart", "<3"),
    ("broken_heart", "💔", "broken-heart", "</3"),
];

pub(crate) fn text_of(name: &str) -> Option<&'static str> {
    by(name, |row| row.0).map(|row| row.1)
}

pub(crate) fn storage_of(name: &str) -> Option<&'static str> {
    by(name, |row| row.0).map(|row| row.2)
}

pub(crate) fn wiki_of(name: &str) -> Option<&'static str> {
    by(name, |row| row.0).map(|row| row.3)
}

pub(crate) fn from_storage(name: &str) -> Option<&'static str> {
    by(name, |row| row.2).map(|row| row.0)
}

/// The emoji whose wiki token `text` starts with, and the token's length. Longest first.
pub(crate) fn from_wiki(text: &str) -> Option<(&'static str, usize)> {
    let second = *text.as_bytes().get(1)?;
    if !SECONDS[usize::from(second)] {
        return None;
    }
    TABLE
        .iter()
        .filter(|row| text.starts_with(row.3))
        .max_by_key(|row| row.3.len())
        .map(|row| (row.0, row.3.len()))
}

/// The second bytes of all wiki tokens: nearly every colon and bracket is none.
const SECONDS: [bool; 256] = {
    let mut seconds = [false; 256];
    let mut row = 0;
    while row < TABLE.len() {
        seconds[TABLE[row].3.as_bytes()[1] as usize] = true;
        row += 1;
    }
    seconds
};

/// What may stand between two colons: `smile`, `+1`, `check_mark`.
pub(crate) fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let shaped = match bytes.next() {
        Some(b'+' | b'-') => name.len() > 1,
        Some(byte) => byte.is_ascii_lowercase(),
        None => false,
    };
    shaped
        && name.len() <= 60
        && bytes.all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'+' | b'-')
        })
}

type Row = (&'static str, &'static str, &'static str, &'static str);

fn by(key: &str, column: fn(&Row) -> &'static str) -> Option<&'static Row> {
    TABLE.iter().find(|row| column(row) == key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_and_tokens_are_unique() {
        for column in [|row: &Row| row.0, |row: &Row| row.2, |row: &Row| row.3] {
            let seen: BTreeSet<_> = TABLE.iter().map(column).collect();
            assert_eq!(seen.len(), TABLE.len());
        }
    }

    #[test]
    fn every_name_can_be_written_in_markdown() {
        assert!(TABLE.iter().all(|row| is_name(row.0)));
        for name in ["", "+", "30", "A", "a b", "a:b", "ä"] {
            assert!(!is_name(name), "{name}");
        }
    }
}
