//! Names and the addresses they lead to: one look-up, all answers or none, and only what was checked is dialled.

use super::*;

const GOOD: &str = "198.51.100.7";
const EMPTY: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";

/// Outcome, look-ups and connections of one exchange with a name that leads to `lists`.
async fn look_up(site: &Site, lists: &[&[&str]]) -> (bool, usize, usize) {
    let upstream = Upstream::saying(EMPTY).await;
    let resolver = Scripted::new(lists);
    let wire = wire_to(&upstream, &resolver, site.origin.port());
    let outcome = get(&wire, site).await;
    if let Err(error) = &outcome {
        assert!(matches!(error, WireError::Connect(_)), "{error}");
    }
    (
        outcome.is_ok(),
        resolver.questions(),
        upstream.connections(),
    )
}

#[tokio::test]
async fn an_address_of_the_site_is_dialled() {
    let site = named_site("http://jira.example.test");
    assert_eq!(look_up(&site, &[&[GOOD]]).await, (true, 1, 1));
}

#[tokio::test]
async fn one_bad_answer_refuses_them_all() {
    let site = named_site("http://jira.example.test");
    for list in [
        &["127.0.0.2"][..],
        &["192.168.1.1"],
        &["169.254.169.254"],
        &["100.64.0.1"],
        &["0.0.0.0"],
        &["fe80::1"],
        &["64:ff9b::a00:5"],
        &["2002:a00:5::1"],
        &["168.63.129.16"],
        &["::ffff:198.51.100.7"],
        &[GOOD, "10.0.0.5"],
        &["10.0.0.5", GOOD],
        &[GOOD, "::1"],
        &[],
    ] {
        assert_eq!(look_up(&site, &[list]).await, (false, 1, 0), "{list:?}");
    }
}

#[tokio::test]
async fn five_thousand_answers_are_refused() {
    let site = named_site("http://jira.example.test");
    let list = vec![GOOD; 5000];
    assert_eq!(look_up(&site, &[&list]).await, (false, 1, 0));
}

#[tokio::test]
async fn the_first_look_up_counts_whatever_a_second_would_say() {
    let site = named_site("http://jira.example.test");
    assert_eq!(
        look_up(&site, &[&[GOOD], &["10.0.0.5"]]).await,
        (true, 1, 1)
    );
    assert_eq!(
        look_up(&site, &[&["10.0.0.5"], &[GOOD]]).await,
        (false, 1, 0)
    );
}

#[tokio::test]
async fn a_name_without_addresses_is_told_as_such() {
    let site = named_site("http://jira.example.test");
    assert_eq!(look_up(&site, &[]).await, (false, 1, 0));
}

/// Such a host never reaches a resolver, so a check there alone would miss it. Linux dials itself at `0.0.0.0`:
/// without the check this would be an answer.
#[tokio::test]
async fn a_host_that_is_an_address_is_checked_too() {
    let upstream = Upstream::saying(EMPTY).await;
    let resolver = Scripted::new(&[&[GOOD]]);
    let wire = wire_to(&upstream, &resolver, 80);
    let site = site(&format!("http://0.0.0.0:{}", upstream.address.port()));
    let outcome = get(&wire, &site).await;
    assert!(matches!(outcome, Err(WireError::Connect(_))), "{outcome:?}");
    assert_eq!((resolver.questions(), upstream.connections()), (0, 0));
}

#[tokio::test]
async fn a_redirect_leads_to_public_addresses_only() {
    let upstream = Upstream::saying(EMPTY).await;
    let mut at_home = site("http://jira.example.test");
    at_home.addresses = None;
    let media = Origin::parse("http://media.example.test").unwrap();
    let resolver = Scripted::new(&[&["10.0.0.5"]]);
    let wire = wire_to(&upstream, &resolver, 80);
    // The site itself may stand in a private network, a redirect of it may not.
    assert!(get(&wire, &at_home).await.is_ok());
    let hop = exchange(&wire, &at_home, &media, Hop::Redirect).await;
    assert!(matches!(hop, Err(WireError::Connect(_))));
    assert_eq!((resolver.questions(), upstream.connections()), (2, 1));
}

#[tokio::test]
async fn a_redirect_carries_no_credential() {
    let upstream = Upstream::saying(EMPTY).await;
    let site = named_site("http://jira.example.test");
    let media = Origin::parse("http://media.example.test").unwrap();
    let resolver = Scripted::new(&[&[GOOD]]);
    let wire = wire_to(&upstream, &resolver, 80);
    exchange(&wire, &site, &media, Hop::Redirect).await.unwrap();
    assert!(
        !upstream.requests()[0]
            .to_lowercase()
            .contains("authorization")
    );
}

#[tokio::test]
async fn a_proxy_stands_at_an_address_that_a_machine_can_have() {
    for (proxy, answers) in [
        ("http://0.0.0.0:PORT", None),
        ("http://proxy.example.test", Some("169.254.169.254")),
        ("http://proxy.example.test", Some("127.0.0.1")),
    ] {
        let upstream = Upstream::saying(EMPTY).await;
        let resolver = match answers {
            Some(address) => Scripted::new(&[&[address]]),
            None => Scripted::new(&[]),
        };
        let wire = wire_to(&upstream, &resolver, 80);
        let mut site = named_site("http://jira.example.test");
        let proxy = proxy.replace("PORT", &upstream.address.port().to_string());
        site.proxy = Some(Origin::parse(&proxy).unwrap());
        let outcome = get(&wire, &site).await;
        assert!(matches!(outcome, Err(WireError::Connect(_))), "{proxy}");
        assert_eq!(upstream.connections(), 0);
    }
}
