//! A request as the products see it: decoded segments, query pairs, a JSON body.
//! Decides what cannot be read at all; never looks at credentials.

use serde_json::Value;

use crate::reply::Reply;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// Also HEAD, whose answer only lacks the body.
    Get,
    Post,
    Put,
    Delete,
    /// No path here takes it.
    Other,
}

impl Method {
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "GET" | "HEAD" => Self::Get,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "DELETE" => Self::Delete,
            _ => Self::Other,
        }
    }

    pub(crate) fn is_write(self) -> bool {
        self != Self::Get
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) segments: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) authorization: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) atlassian_token: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Splits and decodes a target. `None` if it is no path a servlet container would take:
    /// an encoded slash, a dot segment, broken percent-encoding.
    pub(crate) fn parse(method: &str, path: &str, query: &str) -> Option<Self> {
        let segments = path
            .strip_prefix('/')?
            .split('/')
            .map(|segment| decode(segment, false))
            .collect::<Option<Vec<_>>>()?;
        if segments
            .iter()
            .any(|segment| segment.contains('/') || segment == "." || segment == "..")
        {
            return None;
        }
        let query = pairs(query)?;
        Some(Self {
            method: Method::parse(method),
            segments,
            query,
            authorization: None,
            content_type: None,
            user_agent: None,
            atlassian_token: None,
            body: Vec::new(),
        })
    }

    /// The first value of a query name; an empty one counts as none.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.params(name).first().copied()
    }

    pub(crate) fn params(&self, name: &str) -> Vec<&str> {
        self.query
            .iter()
            .filter(|(n, value)| n == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// All values of a name, each of which may itself be a comma list.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        self.params(name)
            .into_iter()
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// A whole number between 0 and `most`; `default` if it is not there or not a number.
    pub(crate) fn count(&self, name: &str, default: usize, most: usize) -> usize {
        self.param(name)
            .and_then(|value| value.parse().ok())
            .unwrap_or(default)
            .min(most)
    }

    /// The body as JSON, or the refusal of Jira's parser.
    pub(crate) fn json_body(&self) -> Result<Value, Reply> {
        let media_type = self.content_type.as_deref().unwrap_or("");
        let essence = media_type.split(';').next().unwrap_or("").trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(Reply::jira_message(415, "Unsupported Media Type"));
        }
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(object)) => Ok(Value::Object(object)),
            _ => Err(Reply::jira_message(
                400,
                "There was an error parsing JSON. Check that your request body is valid.",
            )),
        }
    }
}

/// The pairs of a query or of a form.
pub(crate) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name, true)?, decode(value, true)?))
        })
        .collect()
}

/// Percent-decoding; in a query a plus is a space.
fn decode(text: &str, plus_is_space: bool) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'%' => {
                let pair = text.get(at + 1..at + 3)?;
                if !pair.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    return None;
                }
                out.push(u8::from_str_radix(pair, 16).ok()?);
                at += 3;
            }
            b'+' if plus_is_space => {
                out.push(b' ');
                at += 1;
            }
            byte => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests end where a value is missing")]
mod tests {
    use super::*;

    #[test]
    fn segments_and_query_are_decoded_once() {
        let request = Request::parse(
            "GET",
            "/rest/api%20x/%2541",
            "jql=a+%3D%20b&fields=x,y&fields=z&empty=",
        )
        .unwrap();
        assert_eq!(request.segments, ["rest", "api x", "%41"]);
        assert_eq!(request.param("jql"), Some("a = b"));
        assert_eq!(request.list("fields"), ["x", "y", "z"]);
        assert_eq!(request.param("empty"), None);
    }

    #[test]
    fn what_a_container_would_refuse_is_refused() {
        for path in [
            "",
            "x",
            "/a%2Fb",
            "/a/../b",
            "/a/%2e%2E/b",
            "/a/./b",
            "/%zz",
            "/%4",
            "/%ff",
            "/%+1",
        ] {
            assert!(
                Request::parse("GET", path, "").is_none(),
                "`{path}` was taken"
            );
        }
        assert!(Request::parse("GET", "/a", "x=%").is_none());
    }

    #[test]
    fn a_body_must_say_and_be_json() {
        let mut request = Request::parse("POST", "/a", "").unwrap();
        request.body = b"{\"a\":1}".to_vec();
        assert_eq!(request.json_body().unwrap_err().status, 415);
        request.content_type = Some("Application/JSON; charset=utf-8".into());
        assert_eq!(request.json_body().unwrap()["a"], 1);
        for body in ["", "[]", "1", "{"] {
            request.body = body.into();
            assert_eq!(request.json_body().unwrap_err().status, 400, "`{body}`");
        }
    }
}
