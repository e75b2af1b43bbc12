//! Finds the `id` of a message that is too long to keep.
//!
//! Without it the refusal could not be matched to its request, and the client would wait for its
//! own timeout. Most clients write `id` last, so a kept beginning would not do: every byte passes
//! here once and nothing but the `id` is remembered. Exact for valid JSON; for anything else the
//! worst is an `id` that is not found.

use rmcp::model::RequestId;

/// Longer than any `id` in use; an `id` beyond it counts as not found.
const LONGEST_ID: usize = 256;

/// Follows the top level of one JSON object.
#[derive(Debug, Default)]
pub(super) struct RequestIdScan {
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// At the top level: behind a colon, so that what comes is a value.
    in_value: bool,
    key: Vec<u8>,
    id: Option<Vec<u8>>,
}

impl RequestIdScan {
    pub(super) fn feed(&mut self, mut bytes: &[u8]) {
        while let [byte, rest @ ..] = bytes {
            self.step(*byte);
            bytes = rest;
            // What makes a message long is a long string: step over its inside.
            if self.in_string && !self.escaped && !self.keeps() {
                let inside = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\'));
                bytes = &bytes[inside.unwrap_or(bytes.len())..];
            }
        }
    }

    /// The `id` of what was fed so far.
    pub(super) fn found(&self) -> Option<RequestId> {
        serde_json::from_slice(self.id.as_deref()?).ok()
    }

    fn step(&mut self, byte: u8) {
        if self.in_string {
            self.keep(byte);
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => {
                self.in_string = true;
                self.keep(byte);
            }
            b'{' | b'[' => {
                self.keep(byte);
                self.depth += 1;
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth >= 1 {
                    self.keep(byte);
                }
            }
            b':' if self.depth == 1 => {
                self.in_value = true;
                if self.key == br#""id""# && self.id.is_none() {
                    self.id = Some(Vec::new());
                }
            }
            b',' if self.depth == 1 => {
                self.in_value = false;
                self.key.clear();
            }
            byte => self.keep(byte),
        }
    }

    /// A key of the top level is kept until the next one, and the value of `id` for good.
    fn keeps(&self) -> bool {
        if self.in_value {
            self.key == br#""id""#
        } else {
            self.depth == 1
        }
    }

    fn keep(&mut self, byte: u8) {
        if !self.keeps() || byte.is_ascii_whitespace() && !self.in_string {
            return;
        }
        let kept = match &mut self.id {
            Some(id) if self.in_value => id,
            _ => &mut self.key,
        };
        if kept.len() < LONGEST_ID {
            kept.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> Option<RequestId> {
        let mut scan = RequestIdScan::default();
        // Byte by byte: no state may hide in the cut of the pieces.
        for byte in text.as_bytes() {
            scan.feed(std::slice::from_ref(byte));
        }
        scan.found()
    }

    #[test]
    fn an_id_is_found_wherever_it_stands() {
        for text in [
            r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"id":1}}"#,
            r#"{"method":"tools/call","params":{"id":1,"a":[{"id":2}]},"jsonrpc":"2.0","id":7}"#,
            r#" { "method" : "x" , "id" : 7 } "#,
            r#"{"params":{"text":"\"},\"id\":1,{"},"id":7}"#,
            r#"{"text":"\\","id":7}"#,
        ] {
            assert_eq!(scan(text), Some(RequestId::Number(7)), "{text}");
        }
        assert_eq!(
            scan(r#"{"params":{},"id":"a\",b"}"#),
            Some(RequestId::String("a\",b".into()))
        );
    }

    #[test]
    fn what_is_no_id_is_not_taken_for_one() {
        let endless = format!(r#"{{"id":"{}"}}"#, "x".repeat(100_000));
        for text in [
            r#"{"method":"x","params":{"id":1}}"#,
            r#"{"id":null}"#,
            r#"{"id":{"id":1}}"#,
            r#"{"id":[1]}"#,
            r#"{"x":"id","y":1}"#,
            r#"[{"id":1}]"#,
            r#""id":1"#,
            "",
            "}}}}]]]",
            &endless,
        ] {
            assert_eq!(scan(text), None, "{}", &text[..text.len().min(60)]);
        }
    }
}
