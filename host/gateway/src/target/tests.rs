//! What becomes of segments and pairs, and what is refused.

use proptest::prelude::*;

use super::*;
use crate::ask::Body;

const FIXTURE: &str = r#"
version = 1

[site.jira]
origin = "https://jira.example.test"
deployment = "cloud"
products = ["jira"]

[site.inside]
origin = "https://inside.example.test:8443"
deployment = "data-center"
products = ["jira", "confluence"]
context.jira = "/jira"
context.confluence = "/confluence"

[site.scoped]
origin = "https://acme.atlassian.net"
products = ["jira", "confluence"]
gateway.cloud-id = "11111111-2222-3333-4444-555555555555"

[[rule]]
id = "read"
site = "*"
classes = ["read"]
"#;

fn policy() -> policy::Policy {
    policy::parse(FIXTURE, "policy.toml").expect("the fixture is a policy")
}

fn ask(site: &str, path: &str) -> Ask {
    let site = SiteName::parse(site).expect("a name");
    let deployment = policy().site(&site).and_then(Site::known_deployment);
    Ask {
        site,
        product: Product::Jira,
        deployment: deployment.expect("the fixture says it"),
        method: Method::Get,
        segments: path.split('/').skip(1).map(str::to_owned).collect(),
        query: vec![],
        headers: vec![],
        body: Body::Empty,
        keep: Keep::Inline,
        max_body: None,
        timeout_ms: None,
        idempotent: false,
        operation: None,
    }
}

fn built(ask: &Ask) -> Result<(String, Vec<String>), Misfit> {
    let policy = policy();
    let site = policy.site(&ask.site).expect("a site of the fixture");
    Target::new(site, ask).map(|target| (target.url, target.segments))
}

fn url(ask: &Ask) -> String {
    built(ask).expect("an ordinary request").0
}

fn rule(ask: &Ask) -> &'static str {
    match built(ask) {
        Err(Misfit::Refused { rule, .. }) => rule,
        other => panic!("{ask:?} gave {other:?}"),
    }
}

fn with_query(pairs: &[(&str, &str)]) -> Ask {
    Ask {
        query: pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..ask("jira", "/rest/api/3/issue/PROJ-1")
    }
}

#[test]
fn the_base_of_the_site_stands_before_the_path() {
    let page = |site| Ask {
        product: Product::Confluence,
        ..ask(site, "/rest/api/content/1")
    };
    assert_eq!(
        url(&ask("jira", "/rest/api/3/issue/PROJ-1")),
        "https://jira.example.test/rest/api/3/issue/PROJ-1"
    );
    assert_eq!(
        url(&ask("inside", "/rest/api/2/myself")),
        "https://inside.example.test:8443/jira/rest/api/2/myself"
    );
    assert_eq!(
        url(&page("inside")),
        "https://inside.example.test:8443/confluence/rest/api/content/1"
    );
    assert_eq!(
        url(&page("scoped")),
        "https://api.atlassian.com/ex/confluence/11111111-2222-3333-4444-555555555555/rest/api/content/1"
    );
}

#[test]
fn the_policy_sees_the_path_without_the_base() {
    let (_, segments) = built(&ask("inside", "/rest/api/2/myself")).expect("an ordinary request");
    assert_eq!(segments, ["rest", "api", "2", "myself"]);
}

#[test]
fn query_values_are_encoded_once_and_in_order() {
    for (pairs, query) in [
        (
            vec![("fields", "summary,status"), ("expand", "changelog")],
            "fields=summary%2Cstatus&expand=changelog",
        ),
        (
            vec![("fields", "a&b=c#d?e/f;g%h+i jé")],
            "fields=a%26b%3Dc%23d%3Fe%2Ff%3Bg%25h%2Bi%20j%C3%A9",
        ),
        (
            vec![("fields", "{{secret.jira}}")],
            "fields=%7B%7Bsecret.jira%7D%7D",
        ),
        (vec![("fields", "")], "fields="),
        (vec![("fields", "-._~AZaz09")], "fields=-._~AZaz09"),
    ] {
        assert_eq!(
            url(&with_query(&pairs)),
            format!("https://jira.example.test/rest/api/3/issue/PROJ-1?{query}")
        );
    }
}

#[test]
fn a_path_that_can_be_read_in_two_ways_is_refused() {
    let deep = "/a".repeat(MOST_SEGMENTS + 1);
    let long = format!("/rest/{}", "A".repeat(256));
    for path in [
        "/rest/api/3/issue/PROJ-1/../PROJ-2",
        "/rest/api/3/issue/./PROJ-1",
        "/rest/api/3/issue/PROJ-1/..",
        "/rest/api/3/issue/%2e%2e/%2e%2e/secure",
        "/rest/api/3/issue/%252e%252e/x",
        "/rest/api/3/issue/%25252e/x",
        "/rest/api/3/issue/..%2f..%2fsecure",
        "/rest/api/3/issue/PROJ-1%2fcomment",
        "/rest/api/3/issue/..\\..\\secure",
        "/rest/api/3/issue/..;/..;/secure/admin",
        "/rest/api/3/issue/..;x=y/secure",
        "/rest/api/3/issue/PROJ-1;jsessionid=abc",
        "/rest/api/3/issue;v=1/PROJ-1",
        "/rest/api/3/issue/PROJ-1%3bx=y",
        "//rest/api/3/issue/PROJ-1",
        "/rest//api/3/issue/PROJ-1",
        "/rest/api/3/issue//",
        "/rest/api/3/issue/",
        "/rest/api/3/issue/PROJ-1%00",
        "/rest/api/3/issue/PROJ-1\0",
        "/rest/api/3/issue/PROJ-1%0d%0aX:%20y",
        "/rest/api/3/issue/PROJ-1\r\nX: y",
        "/rest/api/3/issue/PROJ-1 HTTP/1.1",
        "/rest/api/3/issue/PROJ-1%20",
        "/rest/api/3/issue/%u002e%u002e/x",
        "/rest/api/3/issue/%ff",
        "/rest/api/3/issue/PROJ-1?fields=x",
        "/rest/api/3/issue/PROJ-1#x",
        "/rest/api/3/issue/PROJ-1%3ffields=x",
        "/rest/api/3/issue/%zz",
        "/rest/api/3/issue/%",
        "/rest/api/3/issue/%50ROJ-1",
        "/rest/api/3/issue/{key}",
        "/rest/api/3/issue/\u{661}\u{660}",
        "/",
        "",
        deep.as_str(),
        long.as_str(),
    ] {
        assert_eq!(rule(&ask("jira", path)), "host.path", "{path:?}");
    }
}

#[test]
fn a_segment_cannot_leave_the_origin() {
    for first in ["@evil.test", ".evil.test", ":8080", "evil.test:443"] {
        let sent = url(&ask("jira", &format!("/{first}")));
        let parsed = url::Url::parse(&sent).expect("still an address");
        assert_eq!(
            (parsed.host_str(), parsed.port()),
            (Some("jira.example.test"), None),
            "{sent}"
        );
    }
}

#[test]
fn a_query_that_can_be_read_in_two_ways_is_refused() {
    let many: Vec<(String, String)> = (0..=MOST_PAIRS)
        .map(|at| (format!("a{at}"), String::new()))
        .collect();
    let many: Vec<(&str, &str)> = many
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    for pairs in [
        vec![("fields", "summary"), ("fields", "*all")],
        vec![("", "")],
        vec![("fields%00", "x")],
        vec![("fields[]", "x")],
        vec![("fi elds", "x")],
        vec![("fields&x", "x")],
        vec![("fields=x", "x")],
        vec![("f\u{ef}elds", "x")],
        vec![("fields", "a\r\nX: y")],
        vec![("fields", "a\n")],
        vec![("fields", "a\0")],
        vec![("fields", "a\u{85}")],
        many,
    ] {
        assert_eq!(rule(&with_query(&pairs)), "host.query", "{pairs:?}");
    }
}

#[test]
fn an_address_that_a_server_would_cut_is_refused() {
    assert_eq!(
        rule(&with_query(&[("jql", &"\u{20ac}".repeat(800))])),
        "host.size"
    );
    assert!(built(&with_query(&[("jql", &"x".repeat(6_900))])).is_ok());
}

#[test]
fn a_site_gives_only_its_own_products_and_deployment() {
    let confluence = Ask {
        product: Product::Confluence,
        ..ask("jira", "/wiki/rest/api/content/1")
    };
    assert_eq!(rule(&confluence), "host.site");
    let data_center = Ask {
        deployment: Deployment::DataCenter,
        ..ask("jira", "/rest/api/2/myself")
    };
    assert_eq!(rule(&data_center), "host.site");
}

#[test]
fn a_request_may_ask_for_less_time_and_not_for_more() {
    let policy = policy();
    let timeout = |timeout_ms| {
        let ask = Ask {
            timeout_ms,
            ..ask("jira", "/rest/api/3/myself")
        };
        Target::new(policy.site(&ask.site).expect("a site"), &ask).map(|target| target.timeout)
    };
    assert_eq!(timeout(None), Ok(EXCHANGE_TIME));
    assert_eq!(timeout(Some(10)), Ok(Duration::from_millis(10)));
    assert_eq!(timeout(Some(u32::MAX)), Ok(EXCHANGE_TIME));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    /// What was decided on is what any reader of the address finds in it.
    #[test]
    fn other_parsers_read_the_same_request(
        segments in prop::collection::vec("[ -~]{1,12}|[a-zA-Z0-9.%;]{1,6}|\\PC{1,4}", 1..6),
        query in prop::collection::btree_map("[a-zA-Z-]{1,8}", "\\PC{0,20}", 0..4),
    ) {
        let query: Vec<(String, String)> = query.into_iter().collect();
        let ask = Ask { segments: segments.clone(), query: query.clone(), ..ask("jira", "/x") };
        let Ok((sent, decided)) = built(&ask) else { return Ok(()) };
        prop_assert_eq!(&decided, &segments);
        let parsed = url::Url::parse(&sent).expect("an accepted request has a valid address");
        prop_assert_eq!(parsed.as_str(), &sent, "another parser rewrites it");
        prop_assert_eq!(parsed.origin().ascii_serialization(), "https://jira.example.test");
        prop_assert_eq!(parsed.path_segments().expect("it has a path").collect::<Vec<_>>(), segments);
        let pairs: Vec<(String, String)> = parsed.query_pairs().into_owned().collect();
        prop_assert_eq!(pairs, query);
        prop_assert_eq!((parsed.username(), parsed.password(), parsed.fragment()), ("", None, None));
    }
}
