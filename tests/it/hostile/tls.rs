//! Servers that cannot prove who they are: not one byte of HTTP may reach them.

use serde_json::json;
use tests::upstream::{Authority, Certificate, Greeting, Lifetime, sha1_certificate};
use tests::world::{Setup, World, authority, greet_with};

use super::Case;
use super::verdict::{Ended, Seen, leaks, seen};

const HOST: &str = "jira.example.test";

pub(crate) async fn run(case: &Case) -> Ended {
    let mut setup = Setup::default();
    let trusted = authority();
    let greeting = match case.input["server"].as_str().unwrap_or_default() {
        "self-signed" => greet_with(Certificate::self_signed(&[HOST])),
        "expired" => greet_with(trusted.certificate(&[HOST], Lifetime::Past)),
        "wrong host name" => {
            greet_with(trusted.certificate(&["other.example.test"], Lifetime::Now))
        }
        "wildcard two levels deep" => greet_with(trusted.certificate(&["*.test"], Lifetime::Now)),
        "untrusted root" => {
            let stranger = Authority::new("nobody's authority");
            greet_with(stranger.certificate(&[HOST], Lifetime::Now))
        }
        "SHA-1 signature" => {
            let (certificate, pem) = sha1_certificate();
            setup.authority = Some(pem.to_owned());
            greet_with(certificate)
        }
        "TLS 1.1" => Greeting::Bytes(server_hello_1_1()),
        "plain HTTP on the TLS port" => Greeting::Plain,
        other => return Ended::Failed(format!("no server is {other}")),
    };
    let is_plain = matches!(greeting, Greeting::Plain);
    setup.greeting = Some(greeting);
    let world = World::new(setup).await;
    let request = json!({"site": "jira/jira", "method": "GET", "segments": ["rest", "api", "3", "issue", "PROJ-1"], "timeout_ms": 3000});
    let called = world
        .call(
            "jira_get_issue",
            &json!({"behaviour": "raw", "requests": [request]}),
        )
        .await;
    let mut problems = leaks(&world, &called);
    match seen(&called) {
        Seen::Error(word) if word == "tls" => {}
        // A client hello that is read as HTTP gets no answer at all.
        Seen::Error(word) if is_plain && (word == "timeout" || word == "connect") => {}
        seen => problems.push(format!("{seen:?} instead of a refusal by TLS")),
    }
    let site = world.site(HOST);
    if site.connections() == 0 {
        problems.push("the server was never asked".to_owned());
    }
    // What a plain server reads is the client's hello, which is no HTTP.
    if !site.requests().is_empty() || (!is_plain && site.application_bytes() > 0) {
        problems.push(format!(
            "{} bytes of HTTP were sent",
            site.application_bytes()
        ));
    }
    Ended::of(problems)
}

/// A server hello that settles on TLS 1.1 (RFC 4346, section 7.4.1.3) with an old cipher.
fn server_hello_1_1() -> Vec<u8> {
    let mut hello = vec![0x02, 0, 0, 38, 0x03, 0x02];
    hello.extend([7; 32]);
    hello.extend([0, 0x00, 0x2f, 0]);
    let length = u8::try_from(hello.len()).expect("a short message");
    let mut record = vec![0x16, 0x03, 0x02, 0, length];
    record.extend(hello);
    record
}
