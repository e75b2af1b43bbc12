//! The way out, without the wire: every request of the component passes seven steps here, one
//! module each, in this order:
//!
//! 1. `target` – join the segments to the site's base; refuse what can be spelled in two ways
//! 2. `decide`, route – what does this path mean?
//! 3. `decide` – permit or refusal, by the policy
//! 4. `credential` – whose secret; needs the permit
//! 5. `send` – the only user of the wire; takes a `Permitted<Target>` and nothing else
//! 6. `filter` – headers, size and redaction of what came back
//! 7. `record` – the line in the audit log
//!
//! No runtime, no socket, no file: wire, clock, audit sink and credentials come in through four
//! traits, so the same code runs in the native server and in a component at the edge.

#![forbid(unsafe_code)]

mod ask;
mod budget;
mod call;
mod consent;
mod credential;
mod decide;
mod errand;
mod filter;
mod gateway;
mod headers;
mod multipart;
pub mod mutant;
mod own;
mod ports;
mod quota;
mod record;
mod redact;
mod redirect;
mod retry;
mod send;
mod site_view;
mod target;
mod unpack;
pub mod words;

pub use ask::{Answer, Ask, Body, Denial, Failure, Keep, Part, SIDE_BY_SIDE};
pub use budget::{Budget, Limits};
pub use call::CallContext;
pub use consent::{Consent, Fingerprint, Question};
pub use errand::{Errand, ErrandError, run as run_errand};
pub use gateway::Gateway;
pub use own::{OWN_TOOL, OwnRequest};
pub use ports::{
    AuditError, AuditSink, Clock, Credential, CredentialError, CredentialSource, Hop, Incoming,
    Outgoing, Wire, WireError,
};
pub use record::{AuditLine, LineKind, Verdict, timestamp};
pub use redact::REPLACEMENT;
pub use site_view::SiteView;
pub use unpack::{Unpacking, Unreadable};
