//! What a conversion costs.
//!
//! Decides which clock is read: the time this process had a processor, which other programs on
//! the machine do not add to, and where the system does not say that, the time of day.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// The mean time of one `convert` in runs of `at_least` together.
pub(crate) fn mean(at_least: Duration, mut convert: impl FnMut()) -> Duration {
    let begin = Clock::now();
    let mut runs = 0_u32;
    loop {
        convert();
        runs += 1;
        let time = begin.elapsed();
        if time >= at_least {
            return black_box(time) / runs;
        }
    }
}

pub(crate) fn name() -> &'static str {
    match processor_time() {
        Some(_) => "processor time",
        None => "time of day",
    }
}

enum Clock {
    Processor(Duration),
    Day(Instant),
}

impl Clock {
    fn now() -> Self {
        match processor_time() {
            Some(time) => Self::Processor(time),
            None => Self::Day(Instant::now()),
        }
    }

    fn elapsed(&self) -> Duration {
        match self {
            Self::Processor(begin) => processor_time().unwrap_or(*begin).saturating_sub(*begin),
            Self::Day(begin) => begin.elapsed(),
        }
    }
}

/// Linux keeps it in nanoseconds, and brings it up to date a few hundred times in a second.
fn processor_time() -> Option<Duration> {
    let line = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    let nanoseconds = line.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}
