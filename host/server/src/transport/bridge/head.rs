//! What the header lines of a request say about its message (MCP, "Streamable HTTP"). Reads a message that was found to
//! be one, and changes nothing in it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use rmcp::model::RequestId;
use serde::Deserialize;

const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// The part of a message that matters on the way.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Head {
    pub(super) id: Option<RequestId>,
    method: Option<String>,
    #[serde(default)]
    params: Params,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Params {
    name: Option<String>,
    uri: Option<String>,
    request_id: Option<RequestId>,
    #[serde(default, rename = "_meta")]
    meta: Meta,
}

#[derive(Debug, Default, Deserialize)]
struct Meta {
    #[serde(rename = "io.modelcontextprotocol/protocolVersion")]
    version: Option<String>,
}

impl Head {
    pub(super) fn of(message: &[u8]) -> Self {
        // A message may hold anything in these places; the server says what is wrong with it.
        serde_json::from_slice(message).unwrap_or_default()
    }

    pub(super) fn is_hello(&self) -> bool {
        self.method.as_deref() == Some("initialize")
    }

    pub(super) fn cancels(&self) -> Option<&RequestId> {
        match self.method.as_deref() {
            Some("notifications/cancelled") => self.params.request_id.as_ref(),
            _ => None,
        }
    }

    /// `agreed` counts for messages that say no version themselves.
    pub(super) fn write_into(
        &self,
        headers: &mut HeaderMap,
        agreed: Option<&str>,
    ) -> Result<(), String> {
        let own = self.params.meta.version.as_deref();
        if let Some(version) = own.or(agreed.filter(|_| !self.is_hello())) {
            headers.insert(VERSION, value(version)?);
        }
        let (Some(_), Some(method)) = (own, self.method.as_deref()) else {
            return Ok(());
        };
        headers.insert(METHOD, value(method)?);
        let name = match method {
            "tools/call" | "prompts/get" => self.params.name.as_deref(),
            "resources/read" => self.params.uri.as_deref(),
            _ => None,
        };
        if let Some(name) = name {
            headers.insert(NAME, value(name)?);
        }
        Ok(())
    }
}

/// The version that the server chose in its answer to `initialize`.
pub(super) fn agreed_version(answer: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Hello {
        result: Chosen,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Chosen {
        protocol_version: String,
    }
    let hello: Hello = serde_json::from_slice(answer).ok()?;
    Some(hello.result.protocol_version)
}

/// As it is where a header can hold it, else as the protocol wraps it.
fn value(text: &str) -> Result<HeaderValue, String> {
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && text.trim() == text
        && !text.starts_with("=?");
    let value = if is_plain {
        HeaderValue::from_str(text)
    } else {
        HeaderValue::from_str(&format!("=?base64?{}?=", STANDARD.encode(text)))
    };
    value.map_err(|_| "the message names what no header can hold".to_owned())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn headers(message: &str, agreed: Option<&str>) -> String {
        let mut headers = HeaderMap::new();
        Head::of(message.as_bytes())
            .write_into(&mut headers, agreed)
            .unwrap();
        let lines = headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap().to_owned()));
        lines.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn each_era_gets_its_own_lines() {
        let older =
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"jira_search"}}"#;
        assert_eq!(headers(older, None), "");
        assert_eq!(
            headers(older, Some("2025-11-25")),
            "mcp-protocol-version: 2025-11-25"
        );
        let hello = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#;
        assert_eq!(headers(hello, Some("2025-11-25")), "");
        let meta = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#;
        let call = |name: &str| {
            format!(
                r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{name}",{meta}}}}}"#
            )
        };
        assert_eq!(
            headers(&call("jira_search"), Some("2025-11-25")),
            "mcp-protocol-version: 2026-07-28; mcp-method: tools/call; mcp-name: jira_search"
        );
        assert_eq!(
            headers(&call("süß"), None),
            "mcp-protocol-version: 2026-07-28; mcp-method: tools/call; mcp-name: =?base64?c8O8w58=?="
        );
        for odd in [" x", "=?base64?eA==?=", r"x\r\ny: z"] {
            let lines = headers(&call(odd), None);
            assert!(lines.contains("mcp-name: =?base64?"), "{lines}");
        }
        assert_eq!(headers(r#"{"method":7,"params":[]}"#, None), "");
    }

    #[test]
    fn an_answer_to_the_handshake_says_the_version() {
        let answer = br#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18"}}"#;
        assert_eq!(agreed_version(answer).as_deref(), Some("2025-06-18"));
        assert_eq!(agreed_version(br#"{"error":{}}"#), None);
    }
}
