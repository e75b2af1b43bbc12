//! What a message must be before the protocol looks at it: of bearable size, JSON-RPC, and readable in one way only.
//! How its bytes arrive is the transport's; whether it is a good message is the protocol's to say.

use std::collections::HashSet;
use std::fmt;

use http::StatusCode;
use http::header::{CONTENT_ENCODING, HeaderMap};
use mcp::message::{self, Input};
use rmcp::model::{ClientRequest, JsonRpcMessage};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::refusal::Refusal;

/// The largest argument is the text of a page.
pub const LONGEST: usize = 4 << 20;

pub fn refuse_encoded(headers: &HeaderMap) -> Result<(), Refusal> {
    if headers.contains_key(CONTENT_ENCODING) {
        return Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "messages are not taken compressed; send plain JSON",
        ));
    }
    Ok(())
}

pub fn too_long() -> Refusal {
    Refusal::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!(
            "a message may have {} MiB; send less at a time",
            LONGEST >> 20
        ),
    )
}

/// What a message is about, as far as that matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The first one of an older revision.
    Hello,
    /// Of this tool.
    Call(String),
    Other,
}

/// Refuses what is no message, and what two readers could understand differently.
pub fn check_message(bytes: &[u8]) -> Result<Kind, Refusal> {
    let input = message::parse(bytes);
    let kind = kind(&input);
    match input {
        Input::Message(_) | Input::Ignored if bytes.trim_ascii().is_empty() => Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "the message is empty; send one JSON-RPC message",
        )),
        Input::Refused(refusal) => Err(Refusal::message(refusal.to_json())),
        Input::Message(_) | Input::Ignored => match serde_json::from_slice::<OnlyOnce>(bytes) {
            Ok(OnlyOnce) => Ok(kind),
            Err(error) => Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                format!("the message can be read in two ways: {error}"),
            )),
        },
    }
}

fn kind(input: &Input) -> Kind {
    match input {
        Input::Message(message) => match &**message {
            JsonRpcMessage::Request(request) => match &request.request {
                ClientRequest::InitializeRequest(_) => Kind::Hello,
                ClientRequest::CallToolRequest(call) => Kind::Call(call.params.name.to_string()),
                _ => Kind::Other,
            },
            _ => Kind::Other,
        },
        Input::Refused(_) | Input::Ignored => Kind::Other,
    }
}

/// JSON in which no object says a key twice. Which of the two counts differs from reader to reader, and a proxy in front
/// of this server may have checked the other one.
struct OnlyOnce;

impl<'de> Deserialize<'de> for OnlyOnce {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OnlyOnce)
    }
}

impl<'de> Visitor<'de> for OnlyOnce {
    type Value = OnlyOnce;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OnlyOnce, A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            map.next_value::<OnlyOnce>()?;
            if !keys.insert(key) {
                return Err(de::Error::custom("an object has a key twice"));
            }
        }
        Ok(OnlyOnce)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<OnlyOnce, A::Error> {
        while seq.next_element::<OnlyOnce>()?.is_some() {}
        Ok(OnlyOnce)
    }

    fn visit_bool<E>(self, _: bool) -> Result<OnlyOnce, E> {
        Ok(OnlyOnce)
    }

    fn visit_i64<E>(self, _: i64) -> Result<OnlyOnce, E> {
        Ok(OnlyOnce)
    }

    fn visit_u64<E>(self, _: u64) -> Result<OnlyOnce, E> {
        Ok(OnlyOnce)
    }

    fn visit_f64<E>(self, _: f64) -> Result<OnlyOnce, E> {
        Ok(OnlyOnce)
    }

    fn visit_str<E>(self, _: &str) -> Result<OnlyOnce, E> {
        Ok(OnlyOnce)
    }

    fn visit_unit<E>(self) -> Result<OnlyOnce, E> {
        Ok(OnlyOnce)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_taken_and_what_is_none_is_refused() {
        let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"a":[1,2.5,null,true,"x",{"b":-1}]}}"#;
        assert_eq!(check_message(list.as_bytes()), Ok(Kind::Other));
        let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a_tool"}}"#;
        assert_eq!(
            check_message(call.as_bytes()),
            Ok(Kind::Call("a_tool".to_owned()))
        );
        let notification = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        assert_eq!(check_message(notification.as_bytes()), Ok(Kind::Other));
        let hello = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"a","version":"1"}}}"#;
        assert_eq!(check_message(hello.as_bytes()), Ok(Kind::Hello));
        let deep = [&b"["[..]; 100_000].concat();
        for wrong in [
            &b""[..],
            b" \r\n",
            b"{\xff\"",
            b"not json",
            b"[]",
            b"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]",
            b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"method\":\"tools/call\"}",
            b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"\\u006dethod\":\"tools/call\"}",
            b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"a\",\"arguments\":{\"k\":1,\"k\":2}}}",
            b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"} {}",
            &deep,
        ] {
            let refused = check_message(wrong).map_err(|refusal| refusal.status);
            let shown = String::from_utf8_lossy(&wrong[..wrong.len().min(90)]);
            assert_eq!(refused, Err(StatusCode::BAD_REQUEST), "{shown}");
        }
    }
}
