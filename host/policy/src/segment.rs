//! Which path segments may exist at all.
//!
//! The rule is to refuse, never to repair: two parsers that repair differently (ours, a proxy's, Tomcat's)
//! are how path checks are walked around. So a segment is either already in the one form that every parser
//! reads alike, or the request is refused.

/// Longer than any id, key or name that Atlassian puts in a path.
pub const MAX_LENGTH: usize = 255;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    #[error("a path segment is empty")]
    Empty,
    #[error("a path segment consists of dots only, which servers read as \"go up\" or drop")]
    Dots,
    #[error("a path segment is longer than 255 characters")]
    TooLong,
    #[error("a path segment holds a control character")]
    Control,
    #[error("a path segment holds a character outside ASCII")]
    NotAscii,
    #[error("a path segment holds `{0}`, which servers do not read alike")]
    Character(char),
}

/// Accepts a segment whose encoded and decoded forms are the same bytes for every server on the way.
///
/// What is left of RFC 3986 `pchar` once `%` (double decoding) and `;` (Tomcat strips `;name=value` before it
/// routes) are taken out.
pub fn check(segment: &str) -> Result<(), SegmentError> {
    if segment.is_empty() {
        return Err(SegmentError::Empty);
    }
    if segment.len() > MAX_LENGTH {
        return Err(SegmentError::TooLong);
    }
    if segment.bytes().all(|b| b == b'.') {
        return Err(SegmentError::Dots);
    }
    segment.chars().try_for_each(|c| match c {
        c if c.is_control() => Err(SegmentError::Control),
        c if !c.is_ascii() => Err(SegmentError::NotAscii),
        c if c.is_ascii_alphanumeric() || "-._~!$&'()+,=:@".contains(c) => Ok(()),
        c => Err(SegmentError::Character(c)),
    })
}

/// All segments of a path; a path has at least one.
pub fn check_all<S: AsRef<str>>(segments: &[S]) -> Result<(), SegmentError> {
    if segments.is_empty() {
        return Err(SegmentError::Empty);
    }
    segments
        .iter()
        .try_for_each(|segment| check(segment.as_ref()))
}

/// Splits a path as text (`/rest/api/3/issue/PROJ-1`) into checked segments.
pub fn split(path: &str) -> Result<Vec<String>, SegmentError> {
    let rest = path.strip_prefix('/').ok_or(SegmentError::Empty)?;
    let segments: Vec<String> = rest.split('/').map(str::to_owned).collect();
    check_all(&segments)?;
    Ok(segments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_that_two_parsers_read_differently_is_refused() {
        let refused = [
            "",
            ".",
            "..",
            "...",
            "..;",
            "..;x=y",
            "issue;v=1",
            "PROJ-1;jsessionid=abc",
            "%2e%2e",
            "%252e",
            "..%2f..%2fsecure",
            "PROJ-1%2fcomment",
            "..\\..\\secure",
            "a\\b",
            "a/b",
            "PROJ-1%00",
            "PROJ-1\0",
            "PROJ-1%0d%0aX:%20y",
            "a\r\nb",
            "a\tb",
            "PROJ-1 HTTP",
            " ",
            "%u002e",
            "%ff",
            "%",
            "%zz",
            "%50ROJ-1",
            "PROJ-1?fields=x",
            "a#b",
            "{key}",
            "a|b",
            "a\"b",
            "a<b",
            "a^b",
            "[::1]",
            "\u{7f}",
            "\u{0661}\u{0660}",
            "pr\u{f6}j",
            "\u{ff0e}\u{ff0e}",
            "a\u{200b}b",
            "\u{202e}a",
            "\u{85}",
        ];
        for segment in refused {
            assert!(check(segment).is_err(), "{segment:?} was accepted");
        }
        assert!(check(&"A".repeat(256)).is_err());
    }

    #[test]
    fn ordinary_segments_pass() {
        for segment in [
            "rest",
            "3",
            "PROJ-1",
            "~alice",
            "~5f1:a-b",
            "a.b",
            "user@example.test",
            "_x",
            "10001",
            "1.0",
            ".well-known",
        ] {
            assert_eq!(check(segment), Ok(()), "{segment}");
        }
    }

    #[test]
    fn a_path_has_a_leading_slash_and_no_empty_segment() {
        for path in [
            "",
            "/",
            "rest/api",
            "//rest",
            "/rest//api",
            "/rest/",
            "?x=1",
            "*",
            "@evil.test/x",
            "https://evil.test/x",
            "/\\evil.test/x",
        ] {
            assert!(split(path).is_err(), "{path:?} was accepted");
        }
        assert_eq!(
            split("/rest/api").ok(),
            Some(vec!["rest".to_owned(), "api".to_owned()])
        );
    }
}
