//! Logins and renewals with the real program, in an empty home, against demo sites on loopback.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
#![expect(
    clippy::disallowed_methods,
    reason = "the tests start the program, play the browser and stand in for proxies"
)]

mod clean;
mod front;
mod gate;
mod kinds;
mod refusals;
mod renewal;
mod session;
mod stage;
