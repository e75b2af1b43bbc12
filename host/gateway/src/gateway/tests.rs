//! Whole requests through all seven steps, with a scripted wire.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod audit_mode;
mod consent;
mod decisions;
mod held;
mod limits;
mod records;
mod redirects;
mod repeats;
mod world;
