//! Who may be let in by a server of this machine: holders of a key or of a token, or for the demo anyone.

use std::sync::Arc;

use door::{Presented, Refusal, Rejected, Visitor};
use policy::Principal;

use crate::issuer::Issuer;
use crate::keys::KeyRing;

pub(crate) enum Clients {
    Known {
        keys: KeyRing,
        /// The login server whose tokens count beside the keys.
        issuer: Option<Arc<Issuer>>,
    },
    /// The demo holds nothing real.
    Anyone,
}

impl Clients {
    pub(crate) fn issuer(&self) -> Option<&Arc<Issuer>> {
        match self {
            Self::Known { issuer, .. } => issuer.as_ref(),
            Self::Anyone => None,
        }
    }
}

impl door::Clients for Clients {
    fn anyone(&self) -> Option<Principal> {
        match self {
            Self::Known { .. } => None,
            Self::Anyone => Some(Principal::parse("demo").expect("the name is well-formed")),
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
