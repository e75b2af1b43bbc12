//! How many wrong keys came from where, and when that is enough. Whoever shows one is told what is wrong with it, twenty
//! times a minute; then only that it was too often. A right key is let in whatever was counted: keys are looked at
//! before anything is, so nobody can shut out others that share an address.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use door::Refusal;

use super::ears::Peer;

const MOST: u32 = 20;

const WINDOW: Duration = Duration::from_secs(60);

/// As many are told apart at once; those that come on top are counted together.
const MOST_NETWORKS: usize = 4096;

/// Whoever shares it is taken for one: a household's IPv6 network has as many addresses as it likes (RFC 6177).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Network {
    Address(IpAddr),
    Prefix(Ipv6Addr),
    SameMachine,
    AnyOther,
}

#[derive(Default)]
pub(super) struct Strangers {
    counts: Mutex<HashMap<Network, Count>>,
}

struct Count {
    since: Instant,
    wrong: u32,
}

impl Strangers {
    /// What somebody is told who has shown a wrong key.
    pub(super) fn told(&self, peer: Peer, refusal: Refusal) -> Refusal {
        match self.count(peer, Instant::now()) {
            Some(left) => Refusal::later(left.as_secs() + 1),
            None => refusal,
        }
    }

    /// How long it is enough, where it is.
    fn count(&self, peer: Peer, now: Instant) -> Option<Duration> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut network = Network::of(peer);
        if !counts.contains_key(&network) && counts.len() >= MOST_NETWORKS {
            counts.retain(|_, count| count.left(now).is_some());
            if counts.len() >= MOST_NETWORKS {
                network = Network::AnyOther;
            }
        }
        let count = counts.entry(network).or_insert(Count {
            since: now,
            wrong: 0,
        });
        if count.left(now).is_none() {
            *count = Count {
                since: now,
                wrong: 0,
            };
        }
        count.wrong = count.wrong.saturating_add(1);
        if count.wrong == MOST + 1 {
            // Said once, however many follow.
            tracing::warn!(
                "{network} has shown {MOST} wrong keys within a minute; what is wrong with more of them is not said or logged until it is over"
            );
        }
        count.left(now).filter(|_| count.wrong > MOST)
    }
}

impl Count {
    /// `None` once the window is over.
    fn left(&self, now: Instant) -> Option<Duration> {
        WINDOW.checked_sub(now.saturating_duration_since(self.since))
    }
}

impl Network {
    fn of(peer: Peer) -> Self {
        match peer {
            Peer::SameMachine => Self::SameMachine,
            Peer::Address(address) => match address.to_canonical() {
                IpAddr::V6(address) => {
                    let network = u128::from(address) >> 64 << 64;
                    Self::Prefix(Ipv6Addr::from(network))
                }
                address => Self::Address(address),
            },
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Prefix(network) => write!(f, "{network}/64"),
            Self::SameMachine => Peer::SameMachine.fmt(f),
            Self::AnyOther => f.write_str("one of very many other addresses"),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn peer(address: &str) -> Peer {
        Peer::Address(address.parse().unwrap())
    }

    #[test]
    fn twenty_are_told_and_the_rest_wait_for_the_minute_to_end() {
        let strangers = Strangers::default();
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        for each in 0..20 {
            assert_eq!(strangers.count(peer("192.0.2.1"), after(each)), None);
        }
        let left = strangers.count(peer("192.0.2.1"), after(20));
        assert_eq!(left, Some(Duration::from_secs(40)));
        // Asking again does not make it longer.
        let left = strangers.count(peer("192.0.2.1"), after(59));
        assert_eq!(left, Some(Duration::from_secs(1)));
        assert_eq!(strangers.count(peer("192.0.2.2"), after(59)), None);
        assert_eq!(strangers.count(peer("192.0.2.1"), after(61)), None);
    }

    #[test]
    fn an_ipv6_network_is_one_and_a_mapped_address_is_the_ipv4_one() {
        for (one, other, is_same) in [
            ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true),
            ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
        ] {
            let (one, other) = (peer(one), peer(other));
            assert_eq!(Network::of(one) == Network::of(other), is_same);
        }
    }

    #[test]
    fn whoever_has_countless_addresses_does_not_fill_the_memory_and_is_counted_all_the_same() {
        let strangers = Strangers::default();
        let now = Instant::now();
        let at = |number: u32| Peer::Address(IpAddr::from(number.to_be_bytes()));
        let most = u32::try_from(MOST_NETWORKS).unwrap();
        let limited = (0..most + 100).filter(|number| strangers.count(at(*number), now).is_some());
        assert_eq!(limited.count(), 80);
        let held = || strangers.counts.lock().unwrap().len();
        assert_eq!(held(), MOST_NETWORKS + 1);
        let later = now + WINDOW + Duration::from_secs(1);
        assert_eq!(strangers.count(at(u32::MAX), later), None);
        assert_eq!(held(), 1);
    }
}
