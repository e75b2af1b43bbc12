//! Address classes at their edges, and what each kind of site may answer from.

use std::net::IpAddr;

use crate::net::{AddressClass, AddressRefusal, AddressRules, Cidr, MAX_ANSWERS, classify};
use crate::{Deployment, Origin, Product, Site, SiteName};

fn ip(text: &str) -> IpAddr {
    text.parse()
        .unwrap_or_else(|_| panic!("{text} is an address"))
}

fn a_site(origin: &str) -> Site {
    let name = SiteName::parse("s").expect("the name is plain");
    Site::new(
        name,
        Origin::parse(origin).expect(origin),
        vec![Product::Jira],
    )
}

const REFUSED: &[&str] = &[
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.0",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.0",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.0",
    "192.168.255.255",
    "198.18.0.0",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "169.254.170.2",
    "100.100.100.200",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:8.8.8.8",
    "::ffff:0:10.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:a00:1::",
    "2002:808:808::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
];

const PUBLIC: &[&str] = &[
    "8.8.8.8",
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "168.63.129.15",
    "104.192.136.1",
    "2606:4700:4700::1111",
    "2001:4860:4860::8888",
    "2a00:1450::1",
    "64:ff9c::1",
];

#[test]
fn a_cloud_site_answers_from_public_addresses_only() {
    let cloud = a_site("https://acme.atlassian.net");
    let rules = AddressRules::for_site(&cloud);
    for text in REFUSED {
        assert!(
            rules.permits(ip(text)).is_err(),
            "{text} is {}",
            classify(ip(text))
        );
    }
    for text in PUBLIC {
        assert_eq!(rules.permits(ip(text)), Ok(()), "{text}");
        assert_eq!(classify(ip(text)), AddressClass::Public, "{text}");
    }
}

#[test]
fn classes_have_their_names() {
    for (text, class) in [
        ("10.0.0.1", AddressClass::Private),
        ("fd12::1", AddressClass::Private),
        ("100.64.0.1", AddressClass::Shared),
        ("127.8.8.8", AddressClass::Loopback),
        ("::1", AddressClass::Loopback),
        ("169.254.1.1", AddressClass::LinkLocal),
        ("169.254.169.254", AddressClass::Metadata),
        ("fd00:ec2::254", AddressClass::Metadata),
        ("0.0.0.1", AddressClass::Unspecified),
        ("ff02::1", AddressClass::Multicast),
        ("255.255.255.255", AddressClass::Broadcast),
        ("198.51.100.7", AddressClass::Documentation),
        ("198.18.0.1", AddressClass::Benchmarking),
        ("240.0.0.1", AddressClass::Reserved),
        ("fec0::1", AddressClass::Reserved),
        ("::ffff:8.8.8.8", AddressClass::EmbeddedIpv4),
        ("2002:a00:5::1", AddressClass::EmbeddedIpv4),
    ] {
        assert_eq!(classify(ip(text)), class, "{text}");
    }
    let said = [
        AddressClass::Public,
        AddressClass::Private,
        AddressClass::Shared,
        AddressClass::Loopback,
        AddressClass::LinkLocal,
        AddressClass::Metadata,
        AddressClass::Unspecified,
        AddressClass::Multicast,
        AddressClass::Broadcast,
        AddressClass::Documentation,
        AddressClass::Benchmarking,
        AddressClass::Reserved,
        AddressClass::EmbeddedIpv4,
    ]
    .map(|class| class.to_string());
    insta::assert_snapshot!(said.join(", "), @"public, private, carrier-grade NAT, loopback, link-local, cloud metadata, unspecified, multicast, broadcast, documentation, benchmarking, reserved, v4-in-v6");
}

#[test]
fn another_site_may_be_in_a_private_network_but_nowhere_odd() {
    let company = a_site("https://jira.example.test");
    let rules = AddressRules::for_site(&company);
    for text in [
        "10.20.1.5",
        "192.168.0.1",
        "172.16.0.1",
        "fd12::1",
        "8.8.8.8",
    ] {
        assert_eq!(rules.permits(ip(text)), Ok(()), "{text}");
    }
    for text in [
        "127.0.0.1",
        "::1",
        "169.254.169.254",
        "fe80::1",
        "100.64.0.1",
        "198.51.100.7",
        "0.0.0.0",
        "::ffff:10.0.0.1",
    ] {
        assert!(rules.permits(ip(text)).is_err(), "{text}");
    }
    let stated = Site {
        deployment: Some(Deployment::Cloud),
        ..company
    };
    assert!(
        AddressRules::for_site(&stated)
            .permits(ip("10.20.1.5"))
            .is_err()
    );
}

#[test]
fn named_ranges_replace_everything_else() {
    let ranges = ["10.20.0.0/16", "198.51.100.0/24"].map(|text| Cidr::parse(text).expect(text));
    let site = Site {
        addresses: Some(ranges.to_vec()),
        ..a_site("https://jira.example.test")
    };
    let rules = AddressRules::for_site(&site);
    assert_eq!(rules.permits(ip("10.20.1.5")), Ok(()));
    assert_eq!(rules.permits(ip("198.51.100.7")), Ok(()));
    for text in [
        "10.21.0.5",
        "8.8.8.8",
        "127.0.0.1",
        "169.254.169.254",
        "::ffff:10.20.1.5",
    ] {
        assert!(rules.permits(ip(text)).is_err(), "{text}");
    }
}

#[test]
fn a_wide_range_never_reaches_what_is_never_usable() {
    let site = Site {
        addresses: Some(
            [
                "10.0.0.0/8",
                "64.0.0.0/2",
                "128.0.0.0/1",
                "::/1",
                "8000::/1",
            ]
            .map(|range| Cidr::parse(range).expect(range))
            .to_vec(),
        ),
        ..a_site("https://jira.example.test")
    };
    let rules = AddressRules::for_site(&site);
    assert_eq!(rules.permits(ip("10.20.1.5")), Ok(()));
    for text in [
        "169.254.169.254",
        "127.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "::ffff:127.0.0.1",
        "fd00:ec2::254",
    ] {
        let told = rules.permits(ip(text));
        assert!(
            matches!(told, Err(AddressRefusal::Never { .. })),
            "{text} {told:?}"
        );
    }
}

#[test]
fn a_range_holds_its_first_and_its_last_address_and_no_more() {
    for (range, inside, outside) in [
        (
            "10.20.0.0/15",
            ["10.20.0.0", "10.21.255.255"],
            ["10.19.255.255", "10.22.0.0"],
        ),
        (
            "10.1.2.3/32",
            ["10.1.2.3", "10.1.2.3"],
            ["10.1.2.2", "10.1.2.4"],
        ),
        (
            "fd12::/47",
            ["fd12::", "fd12:0:1:ffff:ffff:ffff:ffff:ffff"],
            ["fd11:ffff::", "fd12:0:2::"],
        ),
        (
            "2001:db9::1/128",
            ["2001:db9::1", "2001:db9::1"],
            ["2001:db9::", "2001:db9::2"],
        ),
    ] {
        let cidr = Cidr::parse(range).expect(range);
        assert!(inside.iter().all(|text| cidr.contains(ip(text))), "{range}");
        assert!(
            !outside.iter().any(|text| cidr.contains(ip(text))),
            "{range}"
        );
    }
    let as_json = serde_json::to_value(Cidr::parse("10.20.0.0/15").expect("a range"));
    assert_eq!(as_json.expect("a text"), "10.20.0.0/15");
    let half = Cidr::parse("128.0.0.0/1").expect("half of it");
    assert!(half.contains(ip("198.51.100.7")) && !half.contains(ip("2001:db9::1")));
}

#[test]
fn one_bad_answer_refuses_all_of_them() {
    let site = Site {
        addresses: Some(vec![Cidr::parse("198.51.100.0/24").expect("a range")]),
        ..a_site("https://jira.example.test")
    };
    let rules = AddressRules::for_site(&site);
    assert_eq!(
        rules.check_all(&[ip("198.51.100.7"), ip("198.51.100.8")]),
        Ok(())
    );
    for answers in [
        &["198.51.100.7", "10.0.0.5"][..],
        &["10.0.0.5", "198.51.100.7"],
    ] {
        let answers: Vec<IpAddr> = answers.iter().map(|text| ip(text)).collect();
        assert_eq!(
            rules.check_all(&answers),
            Err(AddressRefusal::NotNamed {
                address: ip("10.0.0.5")
            })
        );
    }
    assert_eq!(rules.check_all(&[]), Err(AddressRefusal::NoAnswer));
    let many = vec![ip("198.51.100.7"); MAX_ANSWERS + 1];
    assert_eq!(
        rules.check_all(&many),
        Err(AddressRefusal::TooMany(MAX_ANSWERS + 1))
    );
}

#[test]
fn this_machine_answers_for_itself_only() {
    for origin in [
        "http://localhost:8080",
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
    ] {
        let site = a_site(origin);
        let rules = AddressRules::for_site(&site);
        assert_eq!(rules.permits(ip("127.0.0.1")), Ok(()));
        assert_eq!(rules.permits(ip("::1")), Ok(()));
        for text in [
            "8.8.8.8",
            "10.0.0.1",
            "0.0.0.0",
            "::ffff:127.0.0.1",
            "169.254.169.254",
        ] {
            let told = rules.permits(ip(text));
            assert!(
                matches!(told, Err(AddressRefusal::Never { .. })),
                "{origin} {text}"
            );
        }
    }
}

#[test]
fn a_literal_host_is_checked_although_no_resolver_sees_it() {
    let check = |origin: &str| {
        let site = Site {
            deployment: Some(Deployment::Cloud),
            ..a_site(origin)
        };
        AddressRules::for_site(&site).check_literal(&site.dial_origin())
    };
    assert_eq!(check("https://8.8.8.8"), Ok(()));
    assert_eq!(check("https://jira.example.test"), Ok(()));
    for origin in [
        "https://10.0.0.1",
        "https://169.254.169.254",
        "https://[fe80::1]",
        "https://[::ffff:8.8.8.8]",
        "https://0.0.0.0",
    ] {
        assert!(check(origin).is_err(), "{origin}");
    }
}

#[test]
fn a_redirect_stays_in_the_sites_ranges_or_on_the_internet() {
    let site = Site {
        addresses: Some(vec![Cidr::parse("10.20.0.0/16").expect("a range")]),
        ..a_site("https://jira.example.test")
    };
    let media = Origin::parse("https://media.example.test").expect("an origin");
    let rules = AddressRules::for_redirect(&site, &media);
    assert_eq!(rules.permits(ip("10.20.1.5")), Ok(()));
    assert_eq!(rules.permits(ip("8.8.8.8")), Ok(()));
    for text in ["10.21.0.1", "127.0.0.1", "169.254.169.254"] {
        assert!(rules.permits(ip(text)).is_err(), "{text}");
    }
}

#[test]
fn ranges_have_one_spelling_and_never_name_what_is_out_of_reach() {
    for good in [
        "10.20.0.0/16",
        "198.51.100.0/24",
        "10.0.0.1/32",
        "fd12:3456::/32",
        "8.0.0.0/8",
    ] {
        assert_eq!(
            Cidr::parse(good).map(|range| range.to_string()),
            Ok(good.to_owned())
        );
    }
    for bad in [
        "10.20.0.0",
        "10.20.0.1/16",
        "10.20.0.0/33",
        "10.20.0.0/016",
        "10.20.0.0/",
        "/16",
        "10.20/16",
        "010.20.0.0/16",
        "fd12::/129",
        "fd12::1/32",
        "10.20.0.0/+8",
        " 10.20.0.0/16",
        "*",
        "0.0.0.0/0",
        "::/0",
        "127.0.0.0/8",
        "127.0.0.1/32",
        "169.254.169.254/32",
        "169.254.0.0/16",
        "224.0.0.0/4",
        "0.0.0.0/8",
        "255.255.255.255/32",
        "fe80::/10",
        "ff00::/8",
        "::1/128",
        "::ffff:0.0.0.0/96",
        "64:ff9b::/96",
        "2002::/16",
        "fd00:ec2::254/128",
        "168.63.129.16/32",
    ] {
        assert!(Cidr::parse(bad).is_err(), "{bad} was accepted");
    }
}
