//! The time as the gateway sees it: wall clock for records, a steady clock for deadlines, sleep by the runtime.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The clock of this machine.
#[derive(Clone, Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl gateway::Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(time)
    }

    /// Spreads retries and guards nothing, so the randomness of the hash tables is enough.
    fn jitter(&self) -> f64 {
        let random = RandomState::new().build_hasher().finish();
        // The upper 53 bits fill the mantissa of a double exactly.
        (random >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateway::Clock;

    #[test]
    fn jitter_is_spread_over_its_range() {
        let clock = SystemClock::new();
        let mut quarters = [0; 4];
        for _ in 0..2_000 {
            let jitter = clock.jitter();
            assert!((0.0..1.0).contains(&jitter), "{jitter}");
            quarters[(jitter * 4.0) as usize] += 1;
        }
        // 500 are expected in each; 350 is more than seven standard deviations away.
        assert!(quarters.iter().all(|hits| *hits > 350), "{quarters:?}");
    }

    #[tokio::test]
    async fn sleeping_takes_the_time_that_was_asked_for() {
        let clock = SystemClock::new();
        let before = clock.monotonic();
        clock.sleep(Duration::from_millis(30)).await;
        let slept = clock.monotonic() - before;
        assert!((30..5_000).contains(&slept.as_millis()), "{slept:?}");
    }

    #[test]
    fn the_wall_clock_counts_milliseconds_of_this_century() {
        let in_2026 = 1_767_225_600_000;
        assert!(SystemClock::new().now_ms() > in_2026);
    }
}
