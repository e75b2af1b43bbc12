//! What kind of address an address is, after the IANA special-purpose registries (RFC 6890 and its updates)
//! and the clouds' documentation of their metadata services.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressClass {
    Public,
    /// RFC 1918 and unique local (RFC 4193).
    Private,
    /// Carrier-grade NAT, RFC 6598.
    Shared,
    Loopback,
    LinkLocal,
    /// Where clouds hand out credentials to whoever asks.
    Metadata,
    /// `0.0.0.0/8` and `::`; systems dial themselves there.
    Unspecified,
    Multicast,
    Broadcast,
    Documentation,
    Benchmarking,
    Reserved,
    /// An IPv4 address inside an IPv6 one: mapped, compatible, translated, NAT64, 6to4, Teredo. What it
    /// reaches depends on the network, so it is refused whatever is inside.
    EmbeddedIpv4,
}

impl AddressClass {
    /// No line of configuration makes these usable. (Loopback is, for an origin that is loopback itself.)
    pub const fn is_never_usable(self) -> bool {
        matches!(
            self,
            Self::Loopback
                | Self::LinkLocal
                | Self::Metadata
                | Self::Unspecified
                | Self::Multicast
                | Self::Broadcast
                | Self::EmbeddedIpv4
        )
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Shared => "carrier-grade NAT",
            Self::Loopback => "loopback",
            Self::LinkLocal => "link-local",
            Self::Metadata => "cloud metadata",
            Self::Unspecified => "unspecified",
            Self::Multicast => "multicast",
            Self::Broadcast => "broadcast",
            Self::Documentation => "documentation",
            Self::Benchmarking => "benchmarking",
            Self::Reserved => "reserved",
            Self::EmbeddedIpv4 => "v4-in-v6",
        }
    }
}

impl fmt::Display for AddressClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

pub fn classify(address: IpAddr) -> AddressClass {
    match address {
        IpAddr::V4(address) => classify_v4(address),
        IpAddr::V6(address) => classify_v6(address),
    }
}

fn classify_v4(address: Ipv4Addr) -> AddressClass {
    match address.octets() {
        // AWS, Azure, GCP and others; ECS tasks; Scaleway; Azure's host agent; Oracle; Alibaba.
        [169, 254, 169, 254]
        | [169, 254, 170, 2]
        | [169, 254, 42, 42]
        | [168, 63, 129, 16]
        | [192, 0, 0, 192]
        | [100, 100, 100, 200] => AddressClass::Metadata,
        [0, ..] => AddressClass::Unspecified,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => AddressClass::Private,
        [100, 64..=127, ..] => AddressClass::Shared,
        [127, ..] => AddressClass::Loopback,
        [169, 254, ..] => AddressClass::LinkLocal,
        [192, 0, 0, _] | [192, 88, 99, _] => AddressClass::Reserved,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => AddressClass::Documentation,
        [198, 18 | 19, ..] => AddressClass::Benchmarking,
        [224..=239, ..] => AddressClass::Multicast,
        [255, 255, 255, 255] => AddressClass::Broadcast,
        [240..=255, ..] => AddressClass::Reserved,
        _ => AddressClass::Public,
    }
}

fn classify_v6(address: Ipv6Addr) -> AddressClass {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => AddressClass::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => AddressClass::Loopback,
        // AWS, GCP, Oracle, Scaleway.
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254]
        | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254]
        | [0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe]
        | [0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42] => AddressClass::Metadata,
        // Compatible, mapped, translated (RFC 2765), NAT64 (RFC 6052, 8215), 6to4, Teredo.
        [0, 0, 0, 0, 0, 0 | 0xffff, ..]
        | [0, 0, 0, 0, 0xffff, 0, ..]
        | [0x64, 0xff9b, 0, 0, 0, 0, ..]
        | [0x64, 0xff9b, 1, ..]
        | [0x2002, ..]
        | [0x2001, 0, ..] => AddressClass::EmbeddedIpv4,
        // RFC 3849 and RFC 9637.
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0x0fff, ..] => AddressClass::Documentation,
        [0x2001, 2, 0, ..] => AddressClass::Benchmarking,
        // IETF protocol assignments, discard-only and dummy prefixes, segment routing, deprecated site-local.
        [0x2001, 0..=0x01ff, ..]
        | [0x100, 0, 0, 0 | 1, ..]
        | [0x5f00, ..]
        | [0xfec0..=0xfeff, ..] => AddressClass::Reserved,
        [0xfc00..=0xfdff, ..] => AddressClass::Private,
        [0xfe80..=0xfebf, ..] => AddressClass::LinkLocal,
        [0xff00..=0xffff, ..] => AddressClass::Multicast,
        _ => AddressClass::Public,
    }
}
