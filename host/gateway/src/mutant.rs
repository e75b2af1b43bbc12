//! Known-bad variants of this crate, for tests of the tests.
//!
//! Built without the feature `mutants` this file is one function that says no, and the good
//! behaviour is all there is.

use secrecy::{ExposeSecret, SecretString};

use crate::ask::Answer;
use crate::ports::{AuditSink, Clock, Credential};
use crate::record::Entry;

/// One way to be wrong. A test suite that stays green with one of these switched on has a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// Any `Location` is followed, with the credential.
    NoRedirectBlock,
    /// The policy sees the segments as they were given, the wire what a URL parser makes of them.
    CheckRawSendNormalised,
    /// A header given twice counts once instead of refusing the request.
    FirstHeaderWins,
    /// A caller without a credential gets the last one that was used.
    FallbackCredential,
    /// Guest headers pass unless they are known to be bad.
    HeaderDenyList,
    /// Only the secret's own spelling is removed from answers.
    RedactRawOnly,
    /// The HTTP client asks the environment for a proxy.
    EnvironmentProxy,
    /// The credential goes back to the component as a response header.
    LeakyGuest,
    /// The credential is written into the audit record.
    LeakyLog,
    /// The credential is appended to the body of the answer.
    LeakyAnswer,
    /// Any web page may send requests.
    OriginOff,
    /// Whoever names a session is taken for the one who opened it.
    SessionByIdOnly,
}

#[cfg(feature = "mutants")]
static ACTIVE: std::sync::Mutex<Option<Mutant>> = std::sync::Mutex::new(None);

/// Switches one variant on, or all off, for the whole process.
#[cfg(feature = "mutants")]
pub fn set(mutant: Option<Mutant>) {
    *ACTIVE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner) = mutant;
}

/// Which variant is on, for the whole process.
#[cfg(feature = "mutants")]
pub fn active() -> Option<Mutant> {
    *ACTIVE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The wire and the HTTP server ask too: they stand outside of this crate.
#[cfg(feature = "mutants")]
pub fn is_on(mutant: Mutant) -> bool {
    active() == Some(mutant)
}

#[cfg(not(feature = "mutants"))]
pub const fn is_on(_: Mutant) -> bool {
    false
}

/// For the three leaky mutants: what they copy out. Empty unless one of them is on.
pub(crate) struct Leak(Option<SecretString>);

impl Leak {
    pub(crate) fn of(credential: &Credential) -> Self {
        let leaky = [Mutant::LeakyGuest, Mutant::LeakyLog, Mutant::LeakyAnswer];
        let is_on = leaky.into_iter().any(is_on);
        Self(is_on.then(|| credential.authorization.clone()))
    }

    pub(crate) fn into_answer<A: AuditSink, C: Clock>(
        self,
        mut answer: Answer,
        entry: &mut Entry<'_, A, C>,
    ) -> Answer {
        let Some(secret) = self.0 else { return answer };
        let value = secret.expose_secret();
        if is_on(Mutant::LeakyGuest) {
            answer.headers.push(("x-leak".to_owned(), value.to_owned()));
        }
        if is_on(Mutant::LeakyAnswer) {
            answer.body = [&answer.body[..], b"\n", value.as_bytes()].concat().into();
        }
        if is_on(Mutant::LeakyLog) {
            entry.leak(value);
        }
        answer
    }
}
