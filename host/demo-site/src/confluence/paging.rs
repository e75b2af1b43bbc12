//! Cursors and the links that carry them. A cursor says where the next page begins; callers must
//! not look into it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;

use crate::reply::Reply;
use crate::request::Request;

const DEFAULT_PAGE: usize = 25;

/// Where a page begins and how long it is.
pub(super) struct Window {
    pub(super) start: usize,
    pub(super) limit: usize,
}

/// By cursor, as version 2 does it.
pub(super) fn by_cursor(request: &Request, most: usize) -> Result<Window, Reply> {
    let limit = request.count("limit", DEFAULT_PAGE, most).max(1);
    let start = match request.param("cursor") {
        None => 0,
        Some(cursor) => read_cursor(cursor).ok_or_else(|| {
            Reply::confluence_v2(
                400,
                "INVALID_REQUEST_PARAMETER",
                format!("Provided cursor {cursor} is not valid."),
            )
        })?,
    };
    Ok(Window { start, limit })
}

/// By offset, as version 1 does it.
pub(super) fn by_offset(request: &Request, most: usize) -> Window {
    Window {
        start: request.count("start", 0, usize::MAX),
        limit: request.count("limit", DEFAULT_PAGE, most),
    }
}

pub(super) fn cursor(next: usize) -> String {
    format!("_f_{}", URL_SAFE.encode(next.to_string()))
}

pub(super) fn read_cursor(cursor: &str) -> Option<usize> {
    let decoded = URL_SAFE.decode(cursor.strip_prefix("_f_")?).ok()?;
    String::from_utf8(decoded).ok()?.parse().ok()
}

/// The request's own query with other values for some names, ready for a link.
pub(super) fn query_with(request: &Request, changes: &[(&str, String)]) -> String {
    let kept = request
        .query
        .iter()
        .filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name) && name != "cursor")
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    let changed = changes
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)));
    kept.chain(changed).collect::<Vec<_>>().join("&")
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_place_and_nothing_else_does() {
        assert_eq!(read_cursor(&cursor(25)), Some(25));
        for wrong in ["", "25", "_f_", "_f_!!", "MjU="] {
            assert_eq!(read_cursor(wrong), None, "`{wrong}`");
        }
    }
}
