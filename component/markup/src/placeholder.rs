//! The visible stand-in for a node that Markdown cannot say: `⟦macro jira #3f9a2c⟧`.
//!
//! Decides how a placeholder is named, spelled and recognised. Never decides what is kept.

use crate::doc::{Format, Kept, Origin};

pub(crate) const OPEN: char = '⟦';
pub(crate) const CLOSE: char = '⟧';
/// Long enough for the words of most nodes that are kept.
const LONGEST_LABEL: usize = 1_000;

/// What a token in Markdown text says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// A node without content of its own.
    Whole(Kept),
    /// The beginning of a node whose content follows.
    Begin(Kept),
    /// The end of the content of the node with this id.
    End(String),
}

impl Token {
    /// What stands for `kept` where it has no content.
    pub(crate) fn whole(kept: Kept) -> Self {
        if kept.origin.is_none() && kept.label == "end" && !kept.id.is_empty() {
            Self::End(kept.id)
        } else {
            Self::Whole(kept)
        }
    }
}

impl Kept {
    /// Keeps a node of `format` whose content, if any, stood between `open` and `close`.
    pub(crate) fn new(label: &str, format: Format, open: String, close: String) -> Self {
        let id = name_of(&open, &close);
        Self {
            label: plain_label(label),
            id,
            origin: Some(Origin {
                format,
                open,
                close,
            }),
        }
    }

    /// Stands for the end of a node whose beginning is missing.
    pub(crate) fn lost_end(id: String) -> Self {
        Self {
            label: "end".into(),
            id,
            origin: None,
        }
    }

    /// Whether this is the end of `begun`, read where nobody knew of its beginning.
    pub(crate) fn is_end_of(&self, begun: &Self) -> bool {
        self.origin.is_none() && self.label == "end" && self.id == begun.id
    }

    /// `⟦macro jira #3f9a2c⟧`
    pub fn placeholder(&self) -> String {
        match (self.label.as_str(), self.id.as_str()) {
            (label, "") => format!("{OPEN}{label}{CLOSE}"),
            ("", id) => format!("{OPEN}#{id}{CLOSE}"),
            (label, id) => format!("{OPEN}{label} #{id}{CLOSE}"),
        }
    }

    pub(crate) fn begin(&self) -> String {
        let whole = self.placeholder();
        format!("{} …{CLOSE}", whole.trim_end_matches(CLOSE))
    }

    pub(crate) fn end(&self) -> String {
        format!("{OPEN}end #{}{CLOSE}", self.id)
    }
}

/// Reads the inside of `⟦…⟧`. What a hand has damaged stays a placeholder, with a name that no
/// original has, so that it is noticed when it is written.
pub(crate) fn parse(inside: &str) -> Token {
    let (inside, begins) = match inside.trim().strip_suffix('…') {
        Some(rest) => (rest.trim(), true),
        None => (inside.trim(), false),
    };
    let (label, id) = match inside.rsplit_once('#') {
        Some((label, id)) if is_id(id) => (label.trim(), id),
        _ => (inside, ""),
    };
    if label == "end" && !id.is_empty() {
        return Token::End(id.to_owned());
    }
    let kept = Kept {
        label: plain_label(label),
        id: id.to_owned(),
        origin: None,
    };
    if begins && !id.is_empty() {
        Token::Begin(kept)
    } else {
        Token::Whole(kept)
    }
}

fn is_id(id: &str) -> bool {
    id.len() == 6 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Letters, digits, spaces, dots and hyphens: nothing that Markdown reads as markup.
fn plain_label(label: &str) -> String {
    let mut plain = String::new();
    for char in label.chars().take(LONGEST_LABEL) {
        let char = match char {
            '.' | ',' | '=' => char,
            char if char.is_alphanumeric() => char,
            char if char.is_whitespace() => ' ',
            _ => '-',
        };
        if !(char == ' ' && plain.ends_with(' ')) {
            plain.push(char);
        }
    }
    plain.trim().to_owned()
}

/// Six hexadecimal digits of FNV-1a over the node's source. Two nodes that share them are told
/// apart, and refused, when the text is put back.
fn name_of(open: &str, close: &str) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in open.bytes().chain([0]).chain(close.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{:06x}", (hash ^ (hash >> 24) ^ (hash >> 48)) & 0xff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(label: &str, id: &str) -> Kept {
        Kept {
            label: label.into(),
            id: id.into(),
            origin: None,
        }
    }

    #[test]
    fn what_is_spelled_is_recognised() {
        let macro_jira = kept("macro jira", "3f9a2c");
        assert_eq!(macro_jira.placeholder(), "⟦macro jira #3f9a2c⟧");
        assert_eq!(
            parse("macro jira #3f9a2c"),
            Token::Whole(macro_jira.clone())
        );
        assert_eq!(macro_jira.begin(), "⟦macro jira #3f9a2c …⟧");
        assert_eq!(
            parse("macro jira #3f9a2c …"),
            Token::Begin(macro_jira.clone())
        );
        assert_eq!(macro_jira.end(), "⟦end #3f9a2c⟧");
        assert_eq!(parse("end #3f9a2c"), Token::End("3f9a2c".into()));
    }

    #[test]
    fn a_damaged_one_names_nothing() {
        assert_eq!(parse("macro jira"), Token::Whole(kept("macro jira", "")));
        assert_eq!(parse("macro #12"), Token::Whole(kept("macro -12", "")));
        assert_eq!(parse(""), Token::Whole(kept("", "")));
    }

    #[test]
    fn a_label_holds_no_markup() {
        let kept = Kept::new(
            "image a_b*c|<x>`.png",
            Format::Adf,
            "{}".into(),
            String::new(),
        );
        assert_eq!(kept.label, "image a-b-c--x--.png");
    }
}
