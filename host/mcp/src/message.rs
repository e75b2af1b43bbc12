//! One piece of input: a message for the handler, or the answer that a sender of nonsense gets.
//!
//! rmcp's own stdio transport drops what it cannot parse, and the client waits for an answer that
//! never comes. Here each request gets one. Notifications never do (JSON-RPC 2.0, section 4.1).

use rmcp::{
    RoleServer,
    model::{ErrorCode, ErrorData, RequestId},
    service::RxJsonRpcMessage,
};
use serde::Serialize;
use serde_json::Value;

#[derive(Debug)]
pub enum Input {
    Message(Box<RxJsonRpcMessage<RoleServer>>),
    Refused(Refusal),
    Ignored,
}

/// An answer to something that is no message.
#[derive(Debug, PartialEq)]
pub struct Refusal {
    id: Option<RequestId>,
    code: ErrorCode,
    message: String,
}

/// Reads one message. Some editors send a byte order mark, some shells a carriage return.
pub fn parse(line: &[u8]) -> Input {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    if line.trim_ascii().is_empty() {
        return Input::Ignored;
    }
    if let Ok(message) = serde_json::from_slice(line) {
        return Input::Message(Box::new(message));
    }
    match serde_json::from_slice::<Value>(line) {
        Ok(value) => misshapen(&value),
        Err(error) => Input::Refused(Refusal {
            id: None,
            code: ErrorCode::PARSE_ERROR,
            message: format!("not JSON: {error}; send one JSON-RPC message at a time, in UTF-8"),
        }),
    }
}

impl Refusal {
    pub fn too_long(id: Option<RequestId>, longest: usize) -> Self {
        Self {
            id,
            code: ErrorCode::INVALID_REQUEST,
            message: format!(
                "the message was longer than {} MiB and was skipped; send less at a time",
                longest / (1024 * 1024)
            ),
        }
    }

    /// A request that could not be passed on.
    pub fn failed(id: RequestId, message: String) -> Self {
        Self {
            id: Some(id),
            code: ErrorCode::INTERNAL_ERROR,
            message,
        }
    }

    pub fn to_line(&self) -> Vec<u8> {
        let mut line = self.to_json();
        line.push(b'\n');
        line
    }

    /// The message to answer with. An unknown `id` is null (JSON-RPC 2.0, section 5).
    pub fn to_json(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Answer<'a> {
            jsonrpc: &'static str,
            id: &'a Option<RequestId>,
            error: ErrorData,
        }
        let answer = Answer {
            jsonrpc: "2.0",
            id: &self.id,
            error: ErrorData::new(self.code, self.message.clone(), None),
        };
        serde_json::to_vec(&answer).expect("text and numbers serialise")
    }
}

/// Whether an answer says that the request failed.
pub fn is_error(answer: &[u8]) -> bool {
    serde_json::from_slice::<Value>(answer).is_ok_and(|answer| answer.get("error").is_some())
}

/// What is wrong with JSON that is no message.
fn misshapen(value: &Value) -> Input {
    let id = value
        .get("id")
        .and_then(|id| serde_json::from_value::<RequestId>(id.clone()).ok());
    let method = value.get("method").map(Value::is_string);
    let versioned = value.get("jsonrpc").and_then(Value::as_str) == Some("2.0");
    if versioned && method == Some(true) && value.get("id").is_none() {
        return Input::Ignored;
    }
    let wrong = if value.is_array() {
        "batches are not part of this protocol; send one message at a time"
    } else if !value.is_object() {
        "a message is a JSON object"
    } else if !versioned {
        "`jsonrpc` must be \"2.0\""
    } else if value.get("id").is_some() && id.is_none() {
        "`id` must be a string or an integer"
    } else if method == Some(false) {
        "`method` must be a string"
    } else if value
        .get("params")
        .is_some_and(|params| !params.is_object())
    {
        "`params` must be an object"
    } else {
        "a message has a `method`, a `result` or an `error`, and only one of them"
    };
    Input::Refused(Refusal {
        id,
        code: ErrorCode::INVALID_REQUEST,
        message: format!("not a JSON-RPC message: {wrong}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(line: &str) -> String {
        match parse(line.as_bytes()) {
            Input::Refused(refusal) => String::from_utf8_lossy(&refusal.to_line()).into_owned(),
            Input::Message(_) => "a message\n".to_owned(),
            Input::Ignored => "ignored\n".to_owned(),
        }
    }

    #[test]
    fn what_is_no_message_is_answered_with_what_is_wrong() {
        let mut answers = String::new();
        for line in [
            "hello",
            r#"{"jsonrpc":"2.0","id":1"#,
            "42",
            r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
            r#"{"id":1,"method":"ping"}"#,
            r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":"a","method":5}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":[1]}"#,
            r#"{"jsonrpc":"2.0","id":1}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#,
            r#"{}"#,
        ] {
            answers.push_str(&format!("{line}\n    {}", refusal(line)));
        }
        answers.push_str(&String::from_utf8_lossy(
            &Refusal::too_long(None, 16 << 20).to_line(),
        ));
        insta::assert_snapshot!(answers, @r#"
        hello
            {"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"not JSON: expected value at line 1 column 1; send one JSON-RPC message at a time, in UTF-8"}}
        {"jsonrpc":"2.0","id":1
            {"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"not JSON: EOF while parsing an object at line 1 column 23; send one JSON-RPC message at a time, in UTF-8"}}
        42
            {"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"not a JSON-RPC message: a message is a JSON object"}}
        [{"jsonrpc":"2.0","id":1,"method":"ping"}]
            {"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"not a JSON-RPC message: batches are not part of this protocol; send one message at a time"}}
        {"id":1,"method":"ping"}
            {"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"not a JSON-RPC message: `jsonrpc` must be \"2.0\""}}
        {"jsonrpc":"1.0","id":1,"method":"ping"}
            {"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"not a JSON-RPC message: `jsonrpc` must be \"2.0\""}}
        {"jsonrpc":"2.0","id":null,"method":"ping"}
            {"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"not a JSON-RPC message: `id` must be a string or an integer"}}
        {"jsonrpc":"2.0","id":1.5,"method":"ping"}
            {"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"not a JSON-RPC message: `id` must be a string or an integer"}}
        {"jsonrpc":"2.0","id":"a","method":5}
            {"jsonrpc":"2.0","id":"a","error":{"code":-32600,"message":"not a JSON-RPC message: `method` must be a string"}}
        {"jsonrpc":"2.0","id":1,"method":"tools/list","params":[1]}
            {"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"not a JSON-RPC message: `params` must be an object"}}
        {"jsonrpc":"2.0","id":1}
            {"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"not a JSON-RPC message: a message has a `method`, a `result` or an `error`, and only one of them"}}
        {"jsonrpc":"2.0","id":1,"method":"ping","result":{}}
            {"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"not a JSON-RPC message: a message has a `method`, a `result` or an `error`, and only one of them"}}
        {}
            {"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"not a JSON-RPC message: `jsonrpc` must be \"2.0\""}}
        {"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"the message was longer than 16 MiB and was skipped; send less at a time"}}
        "#);
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_a_parse_error() {
        assert!(matches!(
            parse(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xFF\"}"),
            Input::Refused(Refusal {
                code: ErrorCode::PARSE_ERROR,
                ..
            })
        ));
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(matches!(
            parse(deep.as_bytes()),
            Input::Refused(Refusal {
                code: ErrorCode::PARSE_ERROR,
                ..
            })
        ));
    }

    #[test]
    fn blank_lines_and_odd_notifications_are_passed_over() {
        for line in ["", "   \r", "\u{feff}"] {
            assert!(matches!(parse(line.as_bytes()), Input::Ignored), "{line:?}");
        }
        let odd = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":[1],"error":1}"#;
        assert!(matches!(parse(odd.as_bytes()), Input::Ignored));
    }

    #[test]
    fn a_byte_order_mark_and_a_carriage_return_do_no_harm() {
        let line = "\u{feff}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\r";
        assert!(matches!(parse(line.as_bytes()), Input::Message(_)));
    }
}
