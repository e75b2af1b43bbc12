//! The gateway's surroundings for tests: names that resolve as listed, a clock that can hurry, an
//! audit record in memory.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use gateway::{AuditError, AuditLine, AuditSink, Clock};
use server::wire::{Answers, Resolver};

/// Answers each question about a name with the next list for it, and keeps the questions. A name
/// without any list is a defect of the host: asking for it panics.
pub struct ListedResolver {
    answers: BTreeMap<String, Vec<Vec<IpAddr>>>,
    questions: Mutex<Vec<String>>,
}

impl ListedResolver {
    pub fn new(answers: BTreeMap<String, Vec<Vec<IpAddr>>>) -> ListedResolver {
        ListedResolver {
            answers,
            questions: Mutex::default(),
        }
    }

    pub fn questions(&self) -> Vec<String> {
        lock(&self.questions).clone()
    }
}

impl Resolver for ListedResolver {
    fn resolve(&self, host: String) -> Answers {
        let mut questions = lock(&self.questions);
        let earlier = questions.iter().filter(|asked| **asked == host).count();
        let answer = match self.answers.get(&host) {
            Some(lists) => Ok(lists
                .get(earlier)
                .or(lists.last())
                .expect("a defect of the host, while the request is in scope")
                .clone()),
            None => Err(io::ErrorKind::NotFound.into()),
        };
        questions.push(host);
        Box::pin(std::future::ready(answer))
    }
}

/// The wall clock, some times faster.
#[derive(Clone)]
pub struct QuickClock {
    started: Instant,
    speed: f64,
}

impl QuickClock {
    pub fn new(speed: f64) -> QuickClock {
        QuickClock {
            started: Instant::now(),
            speed,
        }
    }
}

impl Clock for QuickClock {
    fn now_ms(&self) -> u64 {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed().mul_f64(self.speed)
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time.div_f64(self.speed)).await;
    }

    fn jitter(&self) -> f64 {
        0.5
    }
}

/// Keeps every line as JSON text.
#[derive(Clone, Default)]
pub struct MemoryAudit {
    lines: Arc<Mutex<Vec<String>>>,
}

impl MemoryAudit {
    pub fn text(&self) -> String {
        lock(&self.lines).join("\n")
    }
}

impl AuditSink for MemoryAudit {
    fn ready(&self) -> Result<(), AuditError> {
        Ok(())
    }

    fn record(&self, line: &AuditLine) -> Result<(), AuditError> {
        let text = serde_json::to_string(line).map_err(|error| AuditError(error.to_string()))?;
        lock(&self.lines).push(text);
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
