//! Decides how a decision is kept at the edge: one JSON line each, numbered and authenticated with HMAC-SHA-256 over all
//! that stands before the seal. Lines are not chained: instances come and go, and no two share a memory. A changed line is
//! found; a missing last line of an instance is not. Never decides what a line says.

use std::sync::{Mutex, PoisonError};

use gateway::{AuditError, AuditLine, AuditSink};
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;
use zeroize::Zeroizing;

/// By which lines are known for ours. There is no `Debug`.
#[derive(Clone)]
pub(crate) struct AuditKey(Zeroizing<[u8; 32]>);

/// Where lines go: one call writes one whole line.
pub(crate) type Write = fn(&[u8]) -> Result<(), String>;

pub(crate) struct Lines {
    key: AuditKey,
    /// Tells the instances apart, each of which counts from 0.
    run: String,
    state: Mutex<State>,
    write: Write,
}

struct State {
    next: u64,
    failed: Option<AuditError>,
}

/// Set apart from everything else that the key may ever be used for.
const PURPOSE: &[u8] = b"edge\0";

#[derive(Serialize)]
struct Record<'a> {
    seq: u64,
    run: &'a str,
    #[serde(flatten)]
    line: &'a AuditLine,
}

impl AuditKey {
    /// 64 hexadecimal digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }

    fn seal(&self, bytes: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_slice())
            .expect("HMAC takes keys of every length");
        mac.update(PURPOSE);
        mac.update(bytes);
        let seal = mac.finalize().into_bytes();
        seal.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Lines {
    pub(crate) fn new(key: AuditKey, run: String, write: Write) -> Self {
        Self {
            key,
            run,
            state: Mutex::new(State {
                next: 0,
                failed: None,
            }),
            write,
        }
    }

    fn line(&self, seq: u64, line: &AuditLine) -> Result<Vec<u8>, serde_json::Error> {
        let run = &self.run;
        let mut text = serde_json::to_vec(&Record { seq, run, line })?;
        text.pop();
        let seal = self.key.seal(&text);
        text.extend_from_slice(br#","mac":""#);
        text.extend_from_slice(seal.as_bytes());
        text.extend_from_slice(b"\"}\n");
        Ok(text)
    }
}

impl AuditSink for Lines {
    fn ready(&self) -> Result<(), AuditError> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.failed.clone().map_or(Ok(()), Err)
    }

    fn record(&self, line: &AuditLine) -> Result<(), AuditError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(failed) = &state.failed {
            return Err(failed.clone());
        }
        let written = self
            .line(state.next, line)
            .map_err(|error| error.to_string())
            .and_then(|text| (self.write)(&text));
        match written {
            Ok(()) => {
                state.next += 1;
                Ok(())
            }
            Err(reason) => {
                let error = AuditError(reason);
                state.failed = Some(error.clone());
                Err(error)
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use gateway::LineKind;
    use policy::{Method, Product};

    fn key(digit: &str) -> AuditKey {
        AuditKey::parse(&digit.repeat(64)).unwrap()
    }

    fn line() -> AuditLine {
        let whose = ("alice", "jira_get_issue");
        AuditLine {
            call: "c1".into(),
            deployment: Some("cloud"),
            path: Some("/x".into()),
            rule: "default-deny".into(),
            policy: "sha256:0".into(),
            component: "sha256:0".into(),
            ..AuditLine::blank(
                1_795_329_006_000,
                LineKind::Decision,
                whose,
                "acme",
                Product::Jira,
                Method::Get,
            )
        }
    }

    #[test]
    fn a_line_is_sealed_as_it_stands() {
        let lines = Lines::new(key("a"), "r".into(), |_| Ok(()));
        let text = String::from_utf8(lines.line(7, &line()).unwrap()).unwrap();
        assert!(text.starts_with(r#"{"seq":7,"run":"r","v":1,"#), "{text}");
        let (sealed, seal) = text.trim_end().split_once(r#","mac":""#).unwrap();
        assert_eq!(
            seal.strip_suffix("\"}"),
            Some(&*key("a").seal(sealed.as_bytes()))
        );
        assert_ne!(
            key("a").seal(sealed.as_bytes()),
            key("b").seal(sealed.as_bytes())
        );
        let changed = sealed.replace("alice", "mallory");
        assert_ne!(
            key("a").seal(sealed.as_bytes()),
            key("a").seal(changed.as_bytes())
        );
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }

    #[test]
    fn the_seal_is_hmac_sha_256() {
        // RFC 4231, section 4.2, needs a key of 20 bytes; HMAC fills keys up with zeros.
        let rfc = AuditKey::parse(&format!("{}{}", "0b".repeat(20), "00".repeat(12))).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(rfc.0.as_slice()).unwrap();
        mac.update(b"Hi There");
        let hex: String = mac
            .finalize()
            .into_bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            hex,
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
    }

    #[test]
    fn after_a_line_that_was_not_written_nothing_is_accepted() {
        let lines = Lines::new(key("a"), "r".into(), |_| Err("closed".into()));
        assert!(lines.ready().is_ok());
        assert!(lines.record(&line()).is_err());
        assert!(lines.ready().is_err());
    }
}
