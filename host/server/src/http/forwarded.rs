//! Whom a declared proxy speaks for. Only what the proxy itself wrote is believed: the last address of
//! `X-Forwarded-For` that is not a proxy's own. What stands before that one the client may have written.

use std::net::{IpAddr, SocketAddr};

use hyper::HeaderMap;

use super::Range;
use super::ears::Peer;

const HEADER: &str = "x-forwarded-for";

/// The one behind the proxies, or the proxy itself where it does not say.
pub(super) fn client(peer: Peer, proxies: &[Range], headers: &HeaderMap) -> Peer {
    let is_proxy = |address| proxies.iter().any(|range| range.contains(address));
    let Peer::Address(direct) = peer else {
        return peer;
    };
    if !is_proxy(direct) {
        return peer;
    }
    let lines = headers.get_all(HEADER).iter().rev();
    let entries = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    for entry in entries {
        match address(entry.trim()) {
            Some(address) if is_proxy(address) => {}
            Some(address) => return Peer::Address(address),
            // Nothing before it can be believed either.
            None => break,
        }
    }
    peer
}

/// Some proxies write the port too.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.parse().ok();
    bare.or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_proxy_wrote_is_believed() {
        let proxies: Vec<Range> = vec!["10.0.0.0/24".parse().unwrap()];
        for (direct, lines, behind) in [
            ("10.0.0.5", &["192.0.2.1"][..], "192.0.2.1"),
            ("10.0.0.5", &["192.0.2.1:4711"], "192.0.2.1"),
            ("10.0.0.5", &["[2001:db8::1]:4711"], "2001:db8::1"),
            ("10.0.0.5", &["2001:db8::1"], "2001:db8::1"),
            // The client wrote the first ones.
            ("10.0.0.5", &["198.51.100.9, 192.0.2.1"], "192.0.2.1"),
            ("10.0.0.5", &["198.51.100.9", "192.0.2.1"], "192.0.2.1"),
            ("10.0.0.5", &["192.0.2.1, 10.0.0.6"], "192.0.2.1"),
            ("10.0.0.5", &["192.0.2.1, ::ffff:10.0.0.6"], "192.0.2.1"),
            ("10.0.0.5", &["192.0.2.1, unknown"], "10.0.0.5"),
            ("10.0.0.5", &["192.0.2.1, "], "10.0.0.5"),
            ("10.0.0.5", &["10.0.0.6"], "10.0.0.5"),
            ("10.0.0.5", &[], "10.0.0.5"),
            // Somebody who is no proxy speaks for nobody.
            ("203.0.113.7", &["192.0.2.1"], "203.0.113.7"),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(HEADER, line.parse().unwrap());
            }
            let peer = Peer::Address(direct.parse().unwrap());
            let found = client(peer, &proxies, &headers).to_string();
            assert_eq!(found, behind, "{direct} {lines:?}");
        }
    }
}
