//! Every question of the gate, each with what it lets through and what it does not.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use http::Request;
use policy::Scheme;
use time::OffsetDateTime;

use super::*;
use crate::keys::{Keys, NewKey};
use crate::names::Own;

const HOST: &str = "127.0.0.1:8723";

struct Ring(Keys);

impl Clients for Ring {
    fn anyone(&self) -> Option<Principal> {
        None
    }

    fn owner(&self, shown: &Presented) -> Result<Principal, Rejected> {
        self.0.owner(shown, OffsetDateTime::now_utc()).cloned()
    }
}

struct Anyone;

impl Clients for Anyone {
    fn anyone(&self) -> Option<Principal> {
        Some(Principal::parse("demo").unwrap())
    }

    fn owner(&self, _: &Presented) -> Result<Principal, Rejected> {
        Err(Rejected::Unknown)
    }
}

fn names() -> Names {
    let own = Own::Loopback(Scheme::Http, 8723);
    Names::new(&[], &[], Scheme::Http, own).unwrap()
}

struct World {
    gate: Gate<Ring>,
    alice: String,
    bob: String,
}

fn world() -> World {
    let mut keys = Keys::default();
    let mut add = |name| {
        let key = keys.add(&Principal::parse(name).unwrap(), None).unwrap();
        key.reveal().to_owned()
    };
    let (alice, bob) = (add("alice"), add("bob"));
    World {
        gate: Gate::new(names(), Arc::new(Ring(keys))),
        alice,
        bob,
    }
}

/// A good request, with the header lines of the case in the place of its own.
fn head(method: &str, target: &str, key: &str, lines: &[(&str, &str)]) -> Parts {
    let own = [
        ("host", HOST.to_owned()),
        ("authorization", format!("Bearer {key}")),
        ("content-type", "application/json".to_owned()),
    ];
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in own {
        if lines.iter().all(|(given, _)| *given != name) {
            request = request.header(name, value);
        }
    }
    for (name, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

impl World {
    fn status(&self, head: &Parts) -> u16 {
        self.gate
            .admit(head)
            .map_or_else(|refusal| refusal.status.as_u16(), |_| 200)
    }
}

#[test]
fn whoever_shows_a_key_is_its_owner() {
    let world = world();
    for (key, name) in [(&world.alice, "alice"), (&world.bob, "bob")] {
        let visitor = world.gate.admit(&head("POST", "/mcp", key, &[])).unwrap();
        assert_eq!(visitor.principal.as_str(), name);
    }
    let lower = [("authorization", &*format!("bearer {}", world.alice))];
    assert_eq!(world.status(&head("POST", "/mcp", "", &lower)), 200);
}

#[test]
fn whoever_shows_none_is_nobody() {
    let world = world();
    let alice = &world.alice;
    for header in [
        String::new(),
        "Bearer".into(),
        "Bearer ".into(),
        "Bearer wrong".into(),
        alice.clone(),
        format!("Token {alice}"),
        format!("Bearer  {alice}"),
        format!("Bearer {alice} "),
        format!("Bearer {alice},Bearer y"),
        format!("Bearer {}", &alice[..alice.len() - 1]),
        format!("Bearer {alice}a"),
        format!("Bearer {}", alice.to_uppercase()),
        "Basic YWxpY2U6eA==".into(),
        "Bearer ATATT3xFfGF0".into(),
        "Basic bWU6QVRBVFQzeA==".into(),
        format!("Bearer {}", NewKey::random().reveal()),
    ] {
        let head = head("POST", "/mcp", "", &[("authorization", &header)]);
        assert_eq!(world.status(&head), 401, "{header:?}");
    }
    let twice = [
        ("authorization", &*format!("Bearer {alice}")),
        ("authorization", &format!("Bearer {}", world.bob)),
    ];
    assert_eq!(world.status(&head("POST", "/mcp", "", &twice)), 400);
    let in_query = format!("/mcp?access_token={alice}");
    let none = [("authorization", "")];
    assert_eq!(world.status(&head("POST", &in_query, "", &none)), 401);
    assert_eq!(world.status(&head("POST", &in_query, alice, &[])), 400);
}

#[test]
fn a_refusal_says_what_to_do_and_repeats_nothing() {
    let world = world();
    let mut said = String::new();
    for header in [
        "",
        "Bearer ATATT3xFfGF0CANARY",
        "Bearer CANARY",
        &format!("Bearer {}", NewKey::random().reveal()),
    ] {
        let head = head("POST", "/mcp", "", &[("authorization", header)]);
        let refusal = world.gate.admit(&head).unwrap_err();
        let secret = header.rsplit('_').next().unwrap();
        assert!(secret.is_empty() || !refusal.text.contains(secret));
        let answer = refusal.into_answer();
        said += &format!("{:?}\n", answer.headers()["www-authenticate"]);
    }
    insta::assert_snapshot!(said, @r#"
    "Bearer realm=\"mcp-airlock\""
    "Bearer realm=\"mcp-airlock\", error=\"invalid_token\""
    "Bearer realm=\"mcp-airlock\", error=\"invalid_token\""
    "Bearer realm=\"mcp-airlock\", error=\"invalid_token\""
    "#);
}

#[test]
fn a_wrong_key_counts_as_a_guess_however_it_is_refused() {
    let mut keys = Keys::default();
    let name = Principal::parse("alice").unwrap();
    let past = OffsetDateTime::now_utc() - time::Duration::minutes(1);
    let ended = keys.add(&name, Some(past)).unwrap();
    let gate = Gate::new(names(), Arc::new(Ring(keys)));
    let wrong = format!("Bearer {}", NewKey::random().reveal());
    let chunked = ("transfer-encoding", "chunked");
    for (lines, status, is_a_guess) in [
        (&[("authorization", &*wrong)][..], 401, true),
        (&[("authorization", &wrong), chunked], 400, true),
        (&[("authorization", "Bearer x")], 401, true),
        (&[("authorization", "Bearer ATATT3xFfGF0")], 401, true),
        (&[("authorization", "")], 401, false),
        (&[("authorization", ""), chunked], 400, false),
        (&[], 401, false),
        (&[chunked], 400, false),
        (&[("host", "evil.test")], 403, false),
    ] {
        let head = head("POST", "/mcp", ended.reveal(), lines);
        let refusal = gate.admit(&head).unwrap_err();
        let told = (refusal.status.as_u16(), refusal.is_a_guess());
        assert_eq!(told, (status, is_a_guess), "{lines:?}");
    }
}

#[test]
fn only_a_message_to_the_endpoint_is_let_in() {
    let world = world();
    for (method, target, lines, status) in [
        ("POST", "/mcp", &[][..], 200),
        ("GET", "/mcp", &[], 405),
        ("PUT", "/mcp", &[], 405),
        ("DELETE", "/mcp", &[], 405),
        ("OPTIONS", "/mcp", &[], 405),
        ("POST", "/", &[], 404),
        ("POST", "/mcp/", &[], 404),
        ("POST", "/MCP", &[], 404),
        ("POST", "/mcp/../admin", &[], 404),
        ("POST", "/%6dcp", &[], 404),
        ("GET", "/admin", &[("authorization", "")], 404),
        ("POST", "/mcp", &[("host", "evil.test")], 403),
        ("POST", "/nowhere", &[("host", "evil.test")], 403),
        ("POST", "/mcp", &[("origin", "null")], 403),
        ("POST", "/mcp", &[("content-type", "")], 415),
        ("POST", "/mcp", &[("content-type", "text/plain")], 415),
        (
            "POST",
            "/mcp",
            &[("content-type", "application/json-seq")],
            415,
        ),
        (
            "POST",
            "/mcp",
            &[("content-type", "text/plain; application/json")],
            415,
        ),
        (
            "POST",
            "/mcp",
            &[
                ("content-type", "application/json"),
                ("content-type", "text/plain"),
            ],
            415,
        ),
        (
            "POST",
            "/mcp",
            &[("content-type", "Application/JSON; charset=utf-8")],
            200,
        ),
        (
            "POST",
            "/mcp",
            &[("mcp-session-id", "chosen-by-client")],
            404,
        ),
        (
            "POST",
            "/mcp",
            &[
                ("mcp-session-id", "x"),
                ("mcp-protocol-version", "2025-11-25"),
            ],
            404,
        ),
        (
            "POST",
            "/mcp",
            &[
                ("mcp-session-id", "x"),
                ("mcp-protocol-version", "2026-07-28"),
            ],
            200,
        ),
        ("POST", "/mcp", &[("upgrade", "h2c")], 200),
        ("POST", "/mcp", &[("upgrade", "WebSocket")], 400),
        ("POST", "/mcp", &[("transfer-encoding", "chunked")], 200),
        (
            "POST",
            "/mcp",
            &[("transfer-encoding", "chunked"), ("authorization", "")],
            400,
        ),
    ] {
        let head = head(method, target, &world.alice, lines);
        assert_eq!(world.status(&head), status, "{method} {target} {lines:?}");
    }
}

/// Believes a header; knows no key.
struct Proxied;

impl Clients for Proxied {
    fn anyone(&self) -> Option<Principal> {
        None
    }

    fn owner(&self, _: &Presented) -> Result<Principal, Rejected> {
        Err(Rejected::Unknown)
    }

    fn vouched(&self, headers: &HeaderMap) -> Option<Result<Visitor, Refusal>> {
        let name = headers.get("x-user")?.to_str().unwrap();
        Some(Ok(Visitor::whole(Principal::parse(name).unwrap())))
    }
}

#[test]
fn a_proxys_word_counts_alone_and_after_every_other_question() {
    let gate = Gate::new(names(), Arc::new(Proxied));
    let (nobody, named) = (("authorization", ""), ("x-user", "alice"));
    let key = format!("Bearer {}", NewKey::random().reveal());
    for (lines, status) in [
        (&[nobody, named][..], 200),
        (&[named, ("authorization", "Basic eDp5")], 400),
        (&[named, ("authorization", &key)], 400),
        (&[nobody], 401),
        (&[("authorization", &key)], 401),
        (&[nobody, named, ("host", "evil.test")], 403),
        (&[nobody, named, ("origin", "http://evil.test")], 403),
        (&[nobody, named, ("content-type", "text/plain")], 415),
    ] {
        let head = head("POST", "/mcp", "", lines);
        let told = gate.admit(&head).map(|visitor| visitor.principal);
        let told = told.map_err(|refusal| refusal.status.as_u16());
        match told {
            Ok(principal) => assert_eq!((principal.as_str(), 200), ("alice", status)),
            Err(given) => assert_eq!(given, status, "{lines:?}"),
        }
    }
}

#[test]
fn the_demo_asks_for_no_key_but_for_everything_else() {
    let gate = Gate::new(names(), Arc::new(Anyone));
    let nobody = ("authorization", "");
    let visitor = gate.admit(&head("POST", "/mcp", "", &[nobody])).unwrap();
    assert_eq!(visitor.principal.as_str(), "demo");
    for lines in [
        [nobody, ("host", "evil.test")],
        [nobody, ("origin", "http://evil.test")],
        [nobody, ("content-type", "text/plain")],
    ] {
        assert!(
            gate.admit(&head("POST", "/mcp", "", &lines)).is_err(),
            "{lines:?}"
        );
    }
}
