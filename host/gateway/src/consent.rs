//! What a call writes, and whether a person has agreed to it where the policy wants that.
//!
//! Nothing is written before a question: with the first one the call ends, and when the person has said yes the tool is
//! run again. Then a write that has to be agreed to is sent if exactly it was shown, and once. Asking, and what proves
//! that somebody said yes, is for others.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use policy::{Asking, Confirm, Method, Permit, SiteName};
use sha2::{Digest, Sha256};

use crate::ask::{Denial, Failure};
use crate::target::Target;

/// A write, as a person is shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub site: SiteName,
    pub method: Method,
    /// As it would be dialled.
    pub url: String,
    pub content_type: Option<String>,
    pub body: Bytes,
    /// The rule that asks; `None` for what would be written along with something that is asked about.
    pub confirm: Option<Confirm>,
    pub fingerprint: Fingerprint,
}

/// Tells one request from every other: method, address, headers and body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

/// A person's yes, to these requests and to no others.
#[derive(Clone, Debug)]
pub struct Consent {
    /// The call that asked.
    pub question: String,
    /// The digest of the policy that it was asked under.
    pub policy: String,
    pub shown: Vec<Fingerprint>,
}

/// What one call has written and wants to write. Requests that run side by side share it.
#[derive(Debug, Default)]
pub(crate) struct Writes {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    can_ask: bool,
    consent: Option<Consent>,
    questions: Vec<Question>,
    sent: Vec<String>,
}

/// The rule that is named where no person has agreed.
pub(crate) const RULE: &str = "host.confirm";

impl Writes {
    /// Somebody could be asked.
    pub(crate) fn asking() -> Self {
        Self::of(State {
            can_ask: true,
            ..State::default()
        })
    }

    /// Somebody was asked, and said yes.
    pub(crate) fn agreed(consent: Consent) -> Self {
        Self::of(State {
            consent: Some(consent),
            ..State::default()
        })
    }

    const fn of(state: State) -> Self {
        Self {
            state: Mutex::new(state),
        }
    }

    /// A write that nobody need agree to is about to be sent, unless a question stands already.
    pub(crate) fn begin(&self, target: &Target<'_>) -> Result<(), Failure> {
        let mut state = self.state();
        if !state.questions.is_empty() {
            return Err(Failure::Unconfirmed);
        }
        state.sent.push(target.in_words());
        Ok(())
    }

    /// The question that was answered with yes; `Err` where this has to be asked first, or can't be.
    pub(crate) fn agree(
        &self,
        asking: &Asking<Target<'_>>,
        policy: &str,
    ) -> Result<String, Failure> {
        let question = Question::new(asking.subject(), asking.permit());
        let mut state = self.state();
        let Some(consent) = &mut state.consent else {
            return Err(state.ask(question));
        };
        if consent.policy != policy {
            return Err(refused(
                "the policy was changed after a person had said yes, so that the yes is worth nothing",
            ));
        }
        let mut shown = consent.shown.iter();
        let Some(place) = shown.position(|shown| *shown == question.fingerprint) else {
            return Err(refused(
                "a person was asked about this call and was not shown this request, or it was sent already",
            ));
        };
        // Once: the same request again is a second write.
        consent.shown.swap_remove(place);
        let answered = consent.question.clone();
        state.sent.push(asking.subject().in_words());
        Ok(answered)
    }

    /// Whether requests that come together have to be looked through before any of them is sent.
    pub(crate) fn may_ask(&self) -> bool {
        let state = self.state();
        state.can_ask && state.consent.is_none() && state.sent.is_empty()
    }

    pub(crate) fn ask(&self, questions: Vec<Question>) {
        self.state().questions.extend(questions);
    }

    pub(crate) fn questions(&self) -> Vec<Question> {
        self.state().questions.clone()
    }

    pub(crate) fn sent(&self) -> Vec<String> {
        self.state().sent.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn ask(&mut self, question: Question) -> Failure {
        let confirm = question.confirm.as_ref();
        let rule = confirm.map_or_else(String::new, |confirm| {
            format!("rule `{}` ({})", confirm.rule, confirm.place)
        });
        if !self.can_ask {
            return Failure::Denied(Box::new(Denial {
                rule: RULE.to_owned(),
                reason: format!(
                    "{rule} wants a person to be asked first, and this client can not put a question to its user"
                ),
                would_allow: Some(format!(
                    "# use a client that supports elicitation, or take `confirm` out of {rule}"
                )),
            }));
        }
        if !self.sent.is_empty() {
            return refused(&format!(
                "{rule} wants a person to be asked before anything is written, and this call has written already; call \
                 the tool again for the rest alone"
            ));
        }
        self.questions.push(question);
        Failure::Unconfirmed
    }
}

impl Question {
    pub(crate) fn new(target: &Target<'_>, permit: &Permit) -> Self {
        let (body, content_type) = match &target.body {
            Some((body, content_type)) => (body.clone(), Some(content_type.clone())),
            None => (Bytes::new(), None),
        };
        Self {
            site: target.site.name.clone(),
            method: target.method,
            url: target.url.clone(),
            fingerprint: Fingerprint::new(target),
            content_type,
            body,
            confirm: permit.confirm.clone(),
        }
    }
}

impl Fingerprint {
    fn new(target: &Target<'_>) -> Self {
        let mut hash = Sha256::new();
        let mut add = |part: &[u8]| {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        };
        add(target.method.as_str().as_bytes());
        add(target.url.as_bytes());
        for (name, value) in &target.headers {
            add(name.as_bytes());
            add(value.as_bytes());
        }
        if let Some((body, content_type)) = &target.body {
            add(content_type.as_bytes());
            add(body);
        }
        Self(hash.finalize().into())
    }

    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Fingerprint {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl Denial {
    /// Refused because no person has agreed to it.
    pub fn is_for_want_of_consent(&self) -> bool {
        self.rule == RULE
    }
}

fn refused(reason: &str) -> Failure {
    Failure::Denied(Box::new(Denial {
        rule: RULE.to_owned(),
        reason: reason.to_owned(),
        would_allow: None,
    }))
}
