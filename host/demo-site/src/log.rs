//! What is remembered of a request: method, path, query, status and whose credential came.
//! Never the credential itself, which is gone before a line is made.

use std::collections::VecDeque;
use std::sync::Mutex;

use serde::Serialize;

use crate::auth::Credential;
use crate::options::LogHook;

/// One answered request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RequestLine {
    pub method: String,
    /// As it came, still percent-encoded.
    pub path: String,
    /// As it came, without the question mark; empty if there was none.
    pub query: String,
    pub status: u16,
    pub credential: Credential,
    /// For tests; not printed.
    #[serde(skip)]
    pub body: Vec<u8>,
}

impl RequestLine {
    /// The line as one line of JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a line holds only strings and numbers")
    }
}

/// How many requests are kept for [`Journal::lines`]; a benchmark sends millions.
const KEPT: usize = 10_000;

pub(crate) struct Journal {
    lines: Mutex<VecDeque<RequestLine>>,
    hook: Option<LogHook>,
}

impl Journal {
    pub(crate) fn new(hook: Option<LogHook>) -> Self {
        Self {
            lines: Mutex::new(VecDeque::new()),
            hook,
        }
    }

    pub(crate) fn record(&self, line: RequestLine) {
        if let Some(hook) = &self.hook {
            hook(&line);
        }
        let mut lines = self
            .lines
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    pub(crate) fn lines(&self) -> Vec<RequestLine> {
        let lines = self
            .lines
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        lines.iter().cloned().collect()
    }

    pub(crate) fn forget(&self) {
        self.lines
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::CredentialKind;

    fn line(path: &str) -> RequestLine {
        RequestLine {
            method: "GET".into(),
            path: path.into(),
            query: "fields=summary".into(),
            status: 200,
            credential: Credential {
                kind: CredentialKind::Basic,
                name: Some("ada@demo.example".into()),
                accepted: true,
            },
            body: b"secret body".to_vec(),
        }
    }

    #[test]
    fn a_line_is_one_line_of_json_without_the_body() {
        insta::assert_snapshot!(line("/rest/api/3/issue/PROJ-1").to_json(), @r#"{"method":"GET","path":"/rest/api/3/issue/PROJ-1","query":"fields=summary","status":200,"credential":{"kind":"basic","name":"ada@demo.example","accepted":true}}"#);
    }

    #[test]
    fn only_the_newest_lines_are_kept() {
        let journal = Journal::new(None);
        for number in 0..KEPT + 5 {
            journal.record(line(&number.to_string()));
        }
        let lines = journal.lines();
        assert_eq!(lines.len(), KEPT);
        assert_eq!(lines[0].path, "5");
        journal.forget();
        assert!(journal.lines().is_empty());
    }
}
