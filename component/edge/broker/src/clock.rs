//! The time as the gateway sees it, asked of WASI: wall clock for records, a steady clock for deadlines, sleep by
//! pollable.

use std::time::Duration;

use wasip2::clocks::{monotonic_clock, wall_clock};
use wasip2::random::random;

use crate::waiting;

pub(crate) struct WasiClock;

impl WasiClock {
    pub(crate) fn wall_ms() -> u64 {
        let now = wall_clock::now();
        now.seconds
            .saturating_mul(1000)
            .saturating_add(u64::from(now.nanoseconds / 1_000_000))
    }
}

impl gateway::Clock for WasiClock {
    fn now_ms(&self) -> u64 {
        Self::wall_ms()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_nanos(monotonic_clock::now())
    }

    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send {
        waiting::sleep(time)
    }

    fn jitter(&self) -> f64 {
        // The upper 53 bits fill the mantissa of a double exactly.
        (random::get_random_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
