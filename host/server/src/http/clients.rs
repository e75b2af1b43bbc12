//! Who may be let in by a server of this machine: holders of a key, or for the demo anyone.

use door::{Presented, Rejected};
use policy::Principal;

use crate::keys::KeyRing;

pub(crate) enum Clients {
    Keys(KeyRing),
    /// The demo holds nothing real.
    Anyone,
}

impl door::Clients for Clients {
    fn anyone(&self) -> Option<Principal> {
        match self {
            Self::Keys(_) => None,
            Self::Anyone => Some(Principal::parse("demo").expect("the name is well-formed")),
        }
    }

    fn owner(&self, shown: &Presented) -> Result<Principal, Rejected> {
        match self {
            Self::Keys(keys) => keys.owner(shown),
            Self::Anyone => Err(Rejected::Unknown),
        }
    }
}
