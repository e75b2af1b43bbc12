//! Who may come in: the keys of clients, the names and pages that a server is spoken to by, and the one order of
//! questions for every request. Shared by the native server and the shell at the edge, so that both refuse the same
//! requests in the same words.
//!
//! Pure: no socket, no file. What a caller may do once inside is the policy's to say.

#![forbid(unsafe_code)]

mod foreign;
mod gate;
mod keys;
mod message;
mod names;
mod refusal;
mod scopes;
mod session;

pub use gate::{Clients, ENDPOINT, Gate, Visitor};
pub use keys::{
    BrokenKeys, Key, KeyDigest, KeyError, KeyId, Keys, LOCAL, NewKey, PREFIX, Presented, Rejected,
};
pub use message::{Kind, LONGEST, check_message, refuse_encoded, too_long};
pub use names::{Authority, AuthorityError, Names, Own};
pub use refusal::{Guide, Refusal};
pub use scopes::{Grant, scopes};
pub use session::name_session;
