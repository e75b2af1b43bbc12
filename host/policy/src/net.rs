//! Which addresses a site may answer from.
//!
//! Pure: it is told addresses and says yes or no. Whoever dials looks a name up once, has all answers checked
//! here, and dials one of those; a literal host is checked here too, since no resolver ever sees it.

mod class;

use std::fmt;
use std::net::IpAddr;

use serde::{Serialize, Serializer};

pub use class::{AddressClass, classify};

use crate::mutant::{self, Mutant};
use crate::origin::Origin;
use crate::site::Site;

/// More answers than any real name has; a list that long is an attack on whoever walks it.
pub const MAX_ANSWERS: usize = 64;

/// A range of addresses, `10.20.0.0/16`. Host bits are zero, so that each range has one spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cidr {
    base: IpAddr,
    prefix: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CidrError {
    #[error("a range is written like `10.20.0.0/16` or `fd12:3456::/32`")]
    Shape,
    #[error("the range has bits set below its prefix; write `{0}`")]
    HostBits(Cidr),
    #[error("{0} addresses can never be used, so they can't be named")]
    Never(AddressClass),
}

/// What one site's (or one redirect's) addresses must be.
#[derive(Clone, Debug)]
pub struct AddressRules<'a> {
    named: Option<&'a [Cidr]>,
    ordinary: Ordinary,
}

/// What passes although nobody named it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ordinary {
    /// The origin is this machine: loopback and nothing else.
    Loopback,
    Public,
    PublicAndPrivate,
    /// The site names its addresses: those and nothing else.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefusal {
    #[error("{address} is a {class} address, and no configuration allows those")]
    Never {
        address: IpAddr,
        class: AddressClass,
    },
    #[error(
        "{address} is a {class} address; if the site really is there, name its range in the site's `addresses`"
    )]
    NotOrdinary {
        address: IpAddr,
        class: AddressClass,
    },
    #[error("{address} is not in the ranges that the site's `addresses` names")]
    NotNamed { address: IpAddr },
    #[error("the name has no address")]
    NoAnswer,
    #[error("the name has {0} addresses; more than 64 are not believed")]
    TooMany(usize),
}

impl<'a> AddressRules<'a> {
    /// For the host that requests to this site are sent to.
    pub fn for_site(site: &'a Site) -> Self {
        let named = site.addresses.as_deref();
        let ordinary = if site.dial_origin().is_loopback() {
            Ordinary::Loopback
        } else if named.is_some() {
            Ordinary::Nothing
        } else if site.is_known_cloud() {
            Ordinary::Public
        } else {
            Ordinary::PublicAndPrivate
        };
        Self { named, ordinary }
    }

    /// For a named redirect origin of the site: the site's own ranges, or the public internet.
    pub fn for_redirect(site: &'a Site, target: &Origin) -> Self {
        let ordinary = if target.is_loopback() {
            Ordinary::Loopback
        } else {
            Ordinary::Public
        };
        Self {
            named: site.addresses.as_deref(),
            ordinary,
        }
    }

    pub fn permits(&self, address: IpAddr) -> Result<(), AddressRefusal> {
        let class = classify(address);
        if class == AddressClass::Loopback && self.ordinary == Ordinary::Loopback {
            return Ok(());
        }
        if class.is_never_usable() || self.ordinary == Ordinary::Loopback {
            return Err(AddressRefusal::Never { address, class });
        }
        if self
            .named
            .is_some_and(|ranges| ranges.iter().any(|range| range.contains(address)))
        {
            return Ok(());
        }
        match (self.ordinary, class) {
            (Ordinary::Public | Ordinary::PublicAndPrivate, AddressClass::Public)
            | (Ordinary::PublicAndPrivate, AddressClass::Private) => Ok(()),
            (Ordinary::Nothing, _) => Err(AddressRefusal::NotNamed { address }),
            _ => Err(AddressRefusal::NotOrdinary { address, class }),
        }
    }

    /// All answers of one look-up. One bad answer refuses the lot: picking the good one would let whoever
    /// controls the name choose the moment when only the bad one is left.
    pub fn check_all(&self, answers: &[IpAddr]) -> Result<(), AddressRefusal> {
        match answers.len() {
            0 => Err(AddressRefusal::NoAnswer),
            count if count > MAX_ANSWERS => Err(AddressRefusal::TooMany(count)),
            _ => answers
                .iter()
                .try_for_each(|address| self.permits(*address)),
        }
    }

    /// A host that is an address never reaches the resolver, so it is checked before anything is dialled.
    pub fn check_literal(&self, origin: &Origin) -> Result<(), AddressRefusal> {
        if mutant::is_on(Mutant::ResolverOnly) {
            return Ok(());
        }
        origin
            .literal()
            .map_or(Ok(()), |address| self.permits(address))
    }
}

impl Cidr {
    pub fn parse(text: &str) -> Result<Self, CidrError> {
        let (base, prefix) = text.split_once('/').ok_or(CidrError::Shape)?;
        let base: IpAddr = base.parse().map_err(|_| CidrError::Shape)?;
        let is_plain_number = prefix.bytes().all(|b| b.is_ascii_digit())
            && (prefix == "0" || !prefix.starts_with('0'));
        let prefix: u8 = prefix
            .parse()
            .ok()
            .filter(|_| is_plain_number)
            .ok_or(CidrError::Shape)?;
        if prefix > width(base) {
            return Err(CidrError::Shape);
        }
        let range = Self {
            base: mask(base, prefix),
            prefix,
        };
        if range.base != base {
            return Err(CidrError::HostBits(range));
        }
        let (first, last) = (classify(range.base), classify(range.last()));
        if first.is_never_usable() && last.is_never_usable() {
            Err(CidrError::Never(first))
        } else {
            Ok(range)
        }
    }

    pub fn contains(self, address: IpAddr) -> bool {
        width(self.base) == width(address) && mask(address, self.prefix) == self.base
    }

    pub const fn prefix(self) -> u8 {
        self.prefix
    }

    pub const fn base(self) -> IpAddr {
        self.base
    }

    fn last(self) -> IpAddr {
        match self.base {
            IpAddr::V4(base) => IpAddr::from(
                (base.to_bits() | u32::MAX.checked_shr(self.prefix.into()).unwrap_or(0))
                    .to_be_bytes(),
            ),
            IpAddr::V6(base) => IpAddr::from(
                (base.to_bits() | u128::MAX.checked_shr(self.prefix.into()).unwrap_or(0))
                    .to_be_bytes(),
            ),
        }
    }
}

const fn width(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn mask(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => IpAddr::from(
            (v4.to_bits() & !u32::MAX.checked_shr(prefix.into()).unwrap_or(0)).to_be_bytes(),
        ),
        IpAddr::V6(v6) => IpAddr::from(
            (v6.to_bits() & !u128::MAX.checked_shr(prefix.into()).unwrap_or(0)).to_be_bytes(),
        ),
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.prefix)
    }
}

impl Serialize for Cidr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
