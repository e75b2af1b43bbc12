//! Questions to a person before a write, and what proves that somebody said yes: a sealed note that the client carries.
//!
//! The note is good once, for five minutes, in this process, for the principal, the tool and the arguments that it was
//! made for, and for the requests that were shown. Whether a request is one of those decides the gateway.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gateway::{Consent, Fingerprint, Question};
use mcp::JsonObject;
use policy::Principal;

/// How long a yes may take. A client that is asked within the call waits as long.
const LIFETIME: Duration = Duration::from_secs(300);

/// More than a person reads.
pub(super) const MOST_SHOWN: usize = 20;

/// Of one body; a longer one shows its beginning and its end.
const SHOWN_CHARS: usize = 1_200;

/// What a yes is bound to, beside what was shown.
pub(super) struct Bound {
    words: Vec<u8>,
}

impl Bound {
    /// The arguments as they came, before anything is taken out of them.
    pub(super) fn new(principal: &Principal, tool: &str, arguments: &JsonObject) -> Self {
        let arguments = serde_json::Value::Object(arguments.clone()).to_string();
        let mut words = Vec::new();
        for word in [principal.as_str(), tool, &arguments] {
            words.extend_from_slice(&(word.len() as u64).to_le_bytes());
            words.extend_from_slice(word.as_bytes());
        }
        Self { words }
    }
}

/// Why a note proves nothing. The question is put again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Worthless {
    #[error("the answer does not belong to this call, to this caller or to this run of the server")]
    Foreign,
    #[error("the answer came more than five minutes after the question")]
    Late,
    #[error("that answer was used already")]
    Used,
    #[error("the policy was changed after the question")]
    OtherPolicy,
}

/// Seals and opens the notes of one process.
pub(super) struct Notes {
    key: hmac::Key,
    /// By question, until the note would be late anyway.
    used: Mutex<BTreeMap<String, u64>>,
}

/// Sealed, then taken apart again; in this order.
struct Note {
    until_ms: u64,
    consent: Consent,
}

impl Notes {
    pub(super) fn new() -> Self {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        Self {
            key: key.expect("the operating system has random bytes, or nothing here is safe"),
            used: Mutex::default(),
        }
    }

    pub(super) fn seal(&self, now_ms: u64, bound: &Bound, consent: Consent) -> String {
        let note = Note {
            until_ms: now_ms + millis(LIFETIME),
            consent,
        };
        let text = note.to_text();
        let seal = self.sign(&text, bound);
        URL_SAFE_NO_PAD.encode([seal.as_ref(), text.as_bytes()].concat())
    }

    /// Opens a note, which no second opening does.
    pub(super) fn open(
        &self,
        now_ms: u64,
        bound: &Bound,
        policy: &str,
        sealed: &str,
    ) -> Result<Consent, Worthless> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed);
        let bytes = bytes.map_err(|_| Worthless::Foreign)?;
        let (seal, text) = bytes.split_at_checked(SEAL).ok_or(Worthless::Foreign)?;
        let text = std::str::from_utf8(text).map_err(|_| Worthless::Foreign)?;
        hmac::verify(&self.key, &signed(text, bound), seal).map_err(|_| Worthless::Foreign)?;
        let note = Note::of_text(text).ok_or(Worthless::Foreign)?;
        if note.until_ms < now_ms {
            return Err(Worthless::Late);
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, until_ms| *until_ms >= now_ms);
        let question = note.consent.question.clone();
        if used.insert(question, note.until_ms).is_some() {
            return Err(Worthless::Used);
        }
        if note.consent.policy != policy {
            return Err(Worthless::OtherPolicy);
        }
        Ok(note.consent)
    }

    fn sign(&self, text: &str, bound: &Bound) -> hmac::Tag {
        hmac::sign(&self.key, &signed(text, bound))
    }
}

/// Bytes of an HMAC-SHA-256.
const SEAL: usize = 32;

fn signed(text: &str, bound: &Bound) -> Vec<u8> {
    [bound.words.as_slice(), text.as_bytes()].concat()
}

impl Note {
    fn to_text(&self) -> String {
        let Consent {
            question,
            policy,
            shown,
        } = &self.consent;
        let mut text = format!("{} {question} {policy}", self.until_ms);
        for fingerprint in shown {
            let code = URL_SAFE_NO_PAD.encode(fingerprint.as_bytes());
            text.push(' ');
            text.push_str(&code);
        }
        text
    }

    fn of_text(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let until_ms = words.next()?.parse().ok()?;
        let (question, policy) = (words.next()?.to_owned(), words.next()?.to_owned());
        let shown = words.map(|word| {
            let bytes = URL_SAFE_NO_PAD.decode(word).ok()?;
            Some(Fingerprint::from(<[u8; SEAL]>::try_from(bytes).ok()?))
        });
        let consent = Consent {
            question,
            policy,
            shown: shown.collect::<Option<_>>()?,
        };
        Some(Self { until_ms, consent })
    }
}

/// What the person reads. Everything in it that a model or a stranger chose is shown so that it can't pass for ours.
pub(super) fn message(tool: &str, questions: &[Question], earlier: Option<Worthless>) -> String {
    let mut text = String::new();
    if let Some(earlier) = earlier {
        let _ = writeln!(text, "Asked again, since {earlier}.\n");
    }
    let what = match questions.len() {
        1 => "this".to_owned(),
        many => format!("these {many} requests, all of them or none"),
    };
    let _ = writeln!(text, "May `{tool}` send {what}?");
    for question in questions {
        let (method, url, site) = (question.method, plain(&question.url), &question.site);
        let _ = write!(text, "\n{method} {url}\n  on site {site}");
        match &question.confirm {
            Some(confirm) => {
                let (rule, place) = (&confirm.rule, &confirm.place);
                let _ = writeln!(text, "; rule `{rule}` ({place}) wants you to be asked");
            }
            None => text.push_str("; sent along with the others\n"),
        }
        if !question.body.is_empty() {
            let kind = question.content_type.as_deref().unwrap_or("no kind given");
            let length = question.body.len();
            let body = in_short(&String::from_utf8_lossy(&question.body));
            let _ = writeln!(text, "  {} ({length} bytes):\n  | {body}", plain(kind));
        }
    }
    text
}

/// One line: the beginning and the end, so that nothing hides behind a long middle.
fn in_short(body: &str) -> String {
    let length = body.chars().count();
    if length <= SHOWN_CHARS {
        return plain(body);
    }
    let head: String = body.chars().take(SHOWN_CHARS * 2 / 3).collect();
    let tail: String = body.chars().skip(length - SHOWN_CHARS / 3).collect();
    let left_out = length - SHOWN_CHARS * 2 / 3 - SHOWN_CHARS / 3;
    format!(
        "{} [… {left_out} characters left out …] {}",
        plain(&head),
        plain(&tail)
    )
}

/// No character that ends a line, turns its direction around, or is not seen.
fn plain(text: &str) -> String {
    let is_seen = |c: char| {
        let hides = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
        !c.is_control() && !hides
    };
    let mut out = String::new();
    for c in text.chars() {
        if is_seen(c) {
            out.push(c);
        } else {
            out.extend(c.escape_unicode());
        }
    }
    out
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
