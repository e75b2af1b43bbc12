//! The broker's desk as the gate knows it: names, pages, and whose key it is.

use door::{Authority, Names, Own, Presented, Rejected};
use policy::{Origin, Principal, Scheme};

use crate::bindings::airlock::atlassian::desk::{self, Rejection};

pub(crate) struct Desk;

/// `None` where the broker serves nobody. Forgets whoever was served before.
///
/// TLS ends at the runtime or in front of it, so pages are those of `https`, and a name without a port means its port.
pub(crate) fn names() -> Option<Names> {
    let door = desk::open().ok()?;
    let hosts: Vec<Authority> = parsed(&door.hosts)?;
    let origins = door.origins.iter().map(|origin| Origin::parse(origin).ok());
    let origins: Vec<Origin> = origins.collect::<Option<_>>()?;
    Names::new(&hosts, &origins, Scheme::Https, Own::None)
}

fn parsed<T: std::str::FromStr>(texts: &[String]) -> Option<Vec<T>> {
    texts.iter().map(|text| text.parse().ok()).collect()
}

impl door::Clients for Desk {
    fn anyone(&self) -> Option<Principal> {
        None
    }

    /// The key itself stays here, where it came in.
    fn owner(&self, shown: &Presented) -> Result<Principal, Rejected> {
        let owner = desk::admit(shown.id.as_str(), &shown.digest.to_hex());
        let name = owner.map_err(|rejection| match rejection {
            Rejection::Expired => Rejected::Expired,
            Rejection::Unknown => Rejected::Unknown,
        })?;
        Principal::parse(&name).map_err(|_| Rejected::Unknown)
    }
}
