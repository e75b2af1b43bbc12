//! Who may be let in by a server of this machine: holders of a key or of a token, those
//! whom a proxy vouches for, or for the demo anyone.

use std::fmt;
use std::sync::Arc;

use door::{Presented, Refusal, Rejected, Visitor};
use hyper::HeaderMap;
use policy::Principal;

use super::vouched::Vouched;
use crate::issuer::Issuer;
use crate::keys::KeyRing;

pub(crate) enum Clients {
    Known {
        keys: KeyRing,
        /// The login server whose tokens count beside the keys.
        issuer: Option<Box<Issuer>>,
        /// What the proxy in front says of whoever comes.
        vouched: Option<Box<Vouched>>,
    },
    /// The demo holds nothing real.
    Anyone,
}

impl Clients {
    /// For as long as the server runs, with what changes meanwhile.
    pub(crate) async fn keep_fresh(self: Arc<Self>) {
        let Self::Known {
            issuer, vouched, ..
        } = &*self
        else {
            return;
        };
        tokio::join!(
            async {
                if let Some(issuer) = issuer {
                    issuer.keep_fresh().await;
                }
            },
            async {
                if let Some(vouched) = vouched {
                    vouched.keep_fresh().await;
                }
            },
        );
    }

    pub(crate) fn issuer(&self) -> Option<&Issuer> {
        match self {
            Self::Known { issuer, .. } => issuer.as_deref(),
            Self::Anyone => None,
        }
    }
}

/// In words for whoever is about to start the server.
impl fmt::Display for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Known {
            keys,
            issuer,
            vouched,
        } = self
        else {
            return f.write_str("anyone, for the demo holds nothing real");
        };
        match keys.count() {
            1 => f.write_str("the holder of one key")?,
            count => write!(f, "holders of {count} keys")?,
        }
        if let Some(issuer) = issuer {
            write!(f, "; of tokens of {}", issuer.name())?;
        }
        if let Some(vouched) = vouched {
            write!(f, "; whoever the proxy names in `{}`", vouched.header())?;
        }
        Ok(())
    }
}

impl door::Clients for Clients {
    fn anyone(&self) -> Option<Principal> {
        match self {
            Self::Known { .. } => None,
            Self::Anyone => Some(Principal::parse("demo").expect("the name is well-formed")),
        }
    }

    fn vouched(&self, headers: &HeaderMap) -> Option<Result<Visitor, Refusal>> {
        match self {
            Self::Known { vouched, .. } => vouched.as_ref()?.visitor(headers),
            Self::Anyone => None,
        }
    }

    fn owner(&self, shown: &Presented) -> Result<Principal, Rejected> {
        match self {
            Self::Known { keys, .. } => keys.owner(shown),
            Self::Anyone => Err(Rejected::Unknown),
        }
    }

    fn bearer(&self, token: &str) -> Option<Result<Visitor, Refusal>> {
        Some(self.issuer()?.visitor(token))
    }
}
