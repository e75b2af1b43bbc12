//! How long a guest has computed. Time that it waits inside the host (a request on its way) is
//! taken off, since an epoch deadline alone would stop a guest that only waits. It never stops
//! anything itself: the epoch callback asks `exhausted`.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use wasmtime::{Engine, EngineWeak};

/// How often a running guest is interrupted and asked for its time.
const TICK: Duration = Duration::from_millis(10);

/// How many ticks the clock stays awake without a call: half a second.
const LINGER: u32 = 50;

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

/// Advances the engine's epoch while a call runs and shortly after, and sleeps otherwise: an idle server must not wake
/// the machine a hundred times a second, and a busy one need not wake its clock for every call.
pub(super) struct Ticker {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<Beat>,
    changed: Condvar,
}

#[derive(Default)]
struct Beat {
    running: usize,
    asleep: bool,
    ended: bool,
}

/// Held by a running call.
pub(super) struct Ticking(Arc<Shared>);

impl Ticker {
    pub(super) fn start(engine: &Engine) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let (beat, engine) = (Arc::clone(&shared), engine.weak());
        std::thread::Builder::new()
            .name("epoch".into())
            .stack_size(64 * 1024)
            .spawn(move || tick(&beat, &engine))?;
        Ok(Self { shared })
    }

    pub(super) fn hold(&self) -> Ticking {
        let mut beat = lock(&self.shared);
        beat.running += 1;
        if std::mem::take(&mut beat.asleep) {
            self.shared.changed.notify_one();
        }
        Ticking(Arc::clone(&self.shared))
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        lock(&self.0).running -= 1;
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        lock(&self.shared).ended = true;
        self.shared.changed.notify_one();
    }
}

fn tick(shared: &Shared, engine: &EngineWeak) {
    let mut idle = 0;
    loop {
        let mut beat = lock(shared);
        idle = if beat.running == 0 { idle + 1 } else { 0 };
        if idle > LINGER {
            beat.asleep = true;
            beat = shared
                .changed
                .wait_while(beat, |beat| beat.asleep && !beat.ended)
                .unwrap_or_else(PoisonError::into_inner);
            idle = 0;
        }
        if beat.ended {
            return;
        }
        drop(beat);
        std::thread::sleep(TICK);
        if let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
        }
    }
}

fn lock(shared: &Shared) -> std::sync::MutexGuard<'_, Beat> {
    shared.state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
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

    #[test]
    fn the_clock_sleeps_without_calls_and_wakes_for_the_next() {
        let engine = Engine::default();
        let ticker = Ticker::start(&engine).unwrap();
        let asleep = || lock(&ticker.shared).asleep;
        let begun = Instant::now();
        let becomes = |wanted: bool| {
            while asleep() != wanted {
                assert!(begun.elapsed() < Duration::from_secs(30), "never {wanted}");
                std::thread::sleep(TICK);
            }
        };
        becomes(true);
        let call = ticker.hold();
        assert!(!asleep());
        std::thread::sleep(TICK * (LINGER + 20));
        assert!(!asleep(), "a call runs");
        drop(call);
        becomes(true);
    }
}
