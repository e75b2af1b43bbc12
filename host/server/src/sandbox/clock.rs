//! How long a guest has computed. Time that it waits inside the host (a request on its way) is
//! taken off, since an epoch deadline alone would stop a guest that only waits. It never stops
//! anything itself: the epoch callback asks `exhausted`.

use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use wasmtime::{Engine, EngineWeak};

/// How often a running guest is interrupted and asked for its time.
const TICK: Duration = Duration::from_millis(10);

pub(super) struct CpuClock {
    started: Instant,
    in_host: Duration,
    budget: Duration,
}

impl CpuClock {
    pub(super) fn start(budget: Duration) -> Self {
        Self {
            started: Instant::now(),
            in_host: Duration::ZERO,
            budget,
        }
    }

    pub(super) fn waited(&mut self, since: Instant) {
        self.in_host += since.elapsed();
    }

    pub(super) fn exhausted(&self) -> bool {
        self.started.elapsed().saturating_sub(self.in_host) > self.budget
    }
}

/// Advances the engine's epoch while at least one call runs, and sleeps otherwise: an idle
/// server must not wake the machine a hundred times a second.
pub(super) struct Ticker {
    shared: Arc<Shared>,
}

struct Shared {
    running: Mutex<usize>,
    changed: Condvar,
}

/// Held by a running call.
pub(super) struct Ticking(Arc<Shared>);

impl Ticker {
    pub(super) fn start(engine: &Engine) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            running: Mutex::new(0),
            changed: Condvar::new(),
        });
        let (weak, engine) = (Arc::downgrade(&shared), engine.weak());
        std::thread::Builder::new()
            .name("epoch".into())
            .stack_size(64 * 1024)
            .spawn(move || tick(&weak, &engine))?;
        Ok(Self { shared })
    }

    pub(super) fn hold(&self) -> Ticking {
        let mut running = lock(&self.shared);
        *running += 1;
        if *running == 1 {
            self.shared.changed.notify_one();
        }
        Ticking(Arc::clone(&self.shared))
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        *lock(&self.0) -= 1;
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        // Wakes a sleeping thread so that it sees the engine gone and ends.
        *lock(&self.shared) += 1;
        self.shared.changed.notify_one();
    }
}

fn tick(shared: &Weak<Shared>, engine: &EngineWeak) {
    while let Some(shared) = shared.upgrade() {
        let running = lock(&shared);
        drop(
            shared
                .changed
                .wait_while(running, |running| *running == 0)
                .unwrap_or_else(PoisonError::into_inner),
        );
        drop(shared);
        std::thread::sleep(TICK);
        match engine.upgrade() {
            Some(engine) => engine.increment_epoch(),
            None => return,
        }
    }
}

fn lock(shared: &Shared) -> std::sync::MutexGuard<'_, usize> {
    shared
        .running
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_in_the_host_is_not_computing() {
        let mut clock = CpuClock::start(Duration::from_millis(20));
        let since = Instant::now();
        std::thread::sleep(Duration::from_millis(40));
        clock.waited(since);
        assert!(!clock.exhausted());
        std::thread::sleep(Duration::from_millis(30));
        assert!(clock.exhausted());
    }
}
