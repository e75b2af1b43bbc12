//! The way out, without the wire: every request of the component passes seven steps here, one
//! module each, in this order:
//!
//! 1. [`target`] – join the segments to the site's base; refuse what cannot be spelled one way only
//! 2. [`route`] – what does this path mean?
//! 3. [`decide`] – permit or refusal, by the policy
//! 4. [`credential`] – whose secret; needs the permit
//! 5. [`send`] – the only caller of the wire; takes a `Permitted<Target>` and nothing else
//! 6. [`filter`] – headers, size and redaction of what came back
//! 7. [`record`] – the line in the audit log
//!
//! No runtime, no socket, no file: wire, clock, audit sink and credentials come in through
//! [`ports`], so the same code runs in the native server and in a component at the edge.

#![forbid(unsafe_code)]

mod ask;
mod budget;
mod call;
mod gateway;
mod ports;
mod record;

pub use ask::{Answer, Ask, Body, Denial, Failure, Keep, Part};
pub use budget::{Budget, Limits};
pub use call::CallContext;
pub use gateway::Gateway;
pub use ports::{
    AuditError, AuditSink, Clock, Credential, CredentialError, CredentialSource, Hop, Incoming,
    Outgoing, Wire, WireError,
};
pub use record::{AuditLine, LineKind, Verdict};
