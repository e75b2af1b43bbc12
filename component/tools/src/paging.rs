//! One opaque cursor over token paging and offset paging. It is bound to the question it continues,
//! so it can neither be used for another one nor carry an address.

use crate::error::ToolError;

/// Where the rest begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Position {
    Offset(u64),
    /// The site's own, given back as it came.
    Token(String),
}

const LONGEST_TOKEN: usize = 4096;

/// What a cursor continues: tool, site and everything that decides the order of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Question(u64);

impl Question {
    pub(crate) fn new(parts: &[&str]) -> Self {
        // FNV-1a: tells questions apart. It is no authentication and need not be: the worst a
        // made-up cursor names is another place in a list that the caller may read anyway.
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for part in parts {
            for byte in part.bytes().chain([0xff]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
        Self(hash)
    }

    pub(crate) fn cursor(self, position: &Position) -> String {
        match position {
            Position::Offset(offset) => format!("{}.{offset}", self.mark()),
            Position::Token(token) => format!("{}.t{}", self.mark(), encode(token)),
        }
    }

    pub(crate) fn position(self, cursor: Option<&str>) -> Result<Option<Position>, ToolError> {
        let Some(cursor) = cursor.map(str::trim).filter(|cursor| !cursor.is_empty()) else {
            return Ok(None);
        };
        let malformed = || {
            ToolError::arguments("`cursor` must be taken unchanged from an earlier answer")
                .advise("Leave it out to start from the beginning.")
        };
        let (mark, place) = cursor.split_once('.').ok_or_else(malformed)?;
        let position = match place.strip_prefix('t') {
            Some(token) if !token.is_empty() && token.len() <= 3 * LONGEST_TOKEN => {
                Position::Token(decode(token).ok_or_else(malformed)?)
            }
            _ => Position::Offset(place.parse().map_err(|_| malformed())?),
        };
        match mark == self.mark() {
            true => Ok(Some(position)),
            false => Err(ToolError::arguments("this `cursor` continues another question, another site, or a text that has changed since")
                .advise("Repeat the arguments of the call that gave it, or leave it out to start from the beginning.")),
        }
    }

    fn mark(self) -> String {
        // Half of it is enough to tell questions apart and costs fewer tokens.
        format!("{:08x}", (self.0 >> 32) ^ (self.0 & 0xffff_ffff))
    }
}

fn encode(token: &str) -> String {
    let mut text = String::with_capacity(token.len());
    for byte in token.bytes() {
        match byte {
            b'0'..=b'9'
            | b'A'..=b'Z'
            | b'a'..=b'z'
            | b'-'
            | b'_'
            | b'.'
            | b'~'
            | b'='
            | b'+'
            | b'/' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// Undoes percent encoding; nothing if what results is not text.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let high = char::from(rest.next()?).to_digit(16)?;
                let low = char::from(rest.next()?).to_digit(16)?;
                bytes.push(u8::try_from(high * 16 + low).ok()?);
            }
            b'!'..=b'~' => bytes.push(byte),
            _ => return None,
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cursor_continues_only_its_own_question() {
        let question = Question::new(&["jira_search", "acme:jira", "project = A"]);
        let cursor = question.cursor(&Position::Offset(10));
        assert_eq!(
            question.position(Some(&cursor)),
            Ok(Some(Position::Offset(10)))
        );
        assert_eq!(question.position(None), Ok(None));
        for other in [
            ["jira_search", "acme:jira", "project = B"],
            ["jira_search", "other:jira", "project = A"],
            ["confluence_search", "acme:jira", "project = A"],
        ] {
            let refusal = Question::new(&other)
                .position(Some(&cursor))
                .map_err(|error| error.to_string());
            assert!(refusal.is_err_and(|text| text.contains("another question")));
        }
    }

    #[test]
    fn what_no_answer_gave_is_refused() {
        let question = Question::new(&["x"]);
        for cursor in [
            "10",
            "https://evil.example/",
            "a.b",
            ".",
            "a.t",
            "a.t%zz",
            "a.t\u{e9}",
            "a.-1",
            "a.99999999999999999999",
        ] {
            let refusal = question
                .position(Some(cursor))
                .map_err(|error| error.to_string());
            assert!(refusal.is_err(), "{cursor}");
        }
    }

    proptest! {
        #[test]
        fn any_token_comes_back(token in ".{1,80}") {
            let question = Question::new(&["q"]);
            let cursor = question.cursor(&Position::Token(token.clone()));
            prop_assert!(cursor.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert_eq!(question.position(Some(&cursor)), Ok(Some(Position::Token(token))));
        }
    }
}
