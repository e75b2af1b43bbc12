//! What the requests of one tool call share: who asks, until when, how much, and what was refused.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use policy::Caller;

use crate::ask::Denial;
use crate::budget::Budget;
use crate::consent::{Consent, Question, Writes};

/// One tool call. Shared by requests that run side by side.
#[derive(Debug)]
pub struct CallContext {
    pub(crate) caller: Caller,
    pub(crate) id: String,
    /// On the clock's monotonic scale.
    pub(crate) deadline: Duration,
    pub(crate) budget: Budget,
    pub(crate) writes: Writes,
    cancelled: AtomicBool,
    denials: Mutex<Vec<Denial>>,
}

impl CallContext {
    /// `deadline` is on the scale of [`crate::Clock::monotonic`].
    pub fn new(caller: Caller, id: impl Into<String>, deadline: Duration, budget: Budget) -> Self {
        Self {
            caller,
            id: id.into(),
            deadline,
            budget,
            writes: Writes::default(),
            cancelled: AtomicBool::new(false),
            denials: Mutex::new(Vec::new()),
        }
    }

    /// Somebody at the other end can be asked before a write.
    #[must_use]
    pub fn asking(self) -> Self {
        Self {
            writes: Writes::asking(),
            ..self
        }
    }

    /// Somebody was asked, and said yes.
    #[must_use]
    pub fn agreed(self, consent: Consent) -> Self {
        Self {
            writes: Writes::agreed(consent),
            ..self
        }
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// What a person has to see before anything is written. The call is over where there is one.
    pub fn questions(&self) -> Vec<Question> {
        self.writes.questions()
    }

    /// What this call has sent that can change something, in words.
    pub fn written(&self) -> Vec<String> {
        self.writes.sent()
    }

    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Requests sent so far, repeats and hops included.
    pub fn requests(&self) -> u64 {
        self.budget.requests()
    }

    /// No further request of this call is sent. One that is under way ends when its future is
    /// dropped, and is recorded as abandoned.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
    }

    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// Each different refusal of this call so far, in order, for the client's eyes.
    pub fn denials(&self) -> Vec<Denial> {
        self.denials
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn note(&self, denial: &Denial) {
        let mut denials = self
            .denials
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if denials.len() < MOST_DENIALS && !denials.contains(denial) {
            denials.push(denial.clone());
        }
    }
}

/// A component may try a hundred times; a person reads the first few.
const MOST_DENIALS: usize = 16;
