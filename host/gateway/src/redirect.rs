//! What to do with an answer that points elsewhere. The wire follows nothing by itself; this
//! decides on one hop, made by the host for a GET, without credential, to the one origin that
//! the permit's rule names. `Location` is never shown to anybody.

use policy::{Method, Origin, segment};

/// Signed links are long, but not without end.
const LONGEST_LOCATION: usize = 4096;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Redirect {
    /// The final address of the hop.
    Follow(String),
    /// To a page where people log in: the credential was not accepted.
    Login,
    Refuse(&'static str),
}

/// Statuses that ask a client to go elsewhere (RFC 9110 §15.4); 300 and 304 do not.
pub(crate) const fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// `named` is what the rule allows, `own` where the answer came from.
pub(crate) fn judge(
    location: &[u8],
    method: Method,
    named: Option<&Origin>,
    own: &Origin,
) -> Redirect {
    let visible = location.iter().all(|byte| matches!(byte, b'!'..=b'~'));
    let Some(location) = std::str::from_utf8(location).ok().filter(|_| visible) else {
        return Redirect::Refuse(
            "the redirect holds blanks, control characters or bytes outside ASCII",
        );
    };
    if is_login(location, own) {
        return Redirect::Login;
    }
    let Some(named) = named else {
        return Redirect::Refuse("the rule names no origin for redirects");
    };
    if method != Method::Get {
        return Redirect::Refuse("only a GET is redirected");
    }
    match follow(location, named) {
        Ok(()) => Redirect::Follow(location.to_owned()),
        Err(reason) => Redirect::Refuse(reason),
    }
}

/// The text itself is compared and sent, never a parsed and rebuilt form of it.
fn follow(location: &str, named: &Origin) -> Result<(), &'static str> {
    if location.len() > LONGEST_LOCATION {
        return Err("the redirect is too long");
    }
    if named.scheme() != policy::Scheme::Https && !named.is_loopback() {
        return Err("a redirect goes to https only");
    }
    let rest = location
        .strip_prefix(&named.to_string())
        .filter(|rest| rest.starts_with('/'))
        .ok_or("the redirect goes to another origin than the rule names")?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if rest.contains(['#', '\\']) {
        return Err("the redirect holds a fragment or a backslash");
    }
    // A segment may hold blanks and the like as escapes, but nothing that changes the path.
    for part in path[1..].split('/') {
        let plain = part.replace("%20", "_");
        segment::check(&plain).map_err(|_| "the redirect's path is not in canonical form")?;
    }
    check_escapes(query)
}

fn check_escapes(query: &str) -> Result<(), &'static str> {
    let mut rest = query;
    while let Some((_, after)) = rest.split_once('%') {
        let code = after
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code {
            Some(0x20..=0x7e | 0x80..) => rest = &after[2..],
            _ => {
                return Err(
                    "the redirect's query holds a broken escape or an escaped control character",
                );
            }
        }
    }
    Ok(())
}

/// Jira and Confluence send browsers to their own login page, Cloud to Atlassian's.
fn is_login(location: &str, own: &Origin) -> bool {
    const ATLASSIAN: [&str; 2] = ["https://id.atlassian.com/", "https://auth.atlassian.com/"];
    if ATLASSIAN.iter().any(|host| location.starts_with(host)) {
        return true;
    }
    let is_path =
        location.starts_with('/') && !location.starts_with("//") && !location.starts_with("/\\");
    let path = if is_path {
        Some(location)
    } else {
        location.strip_prefix(&own.to_string())
    };
    path.filter(|path| path.starts_with('/'))
        .is_some_and(|path| {
            let path = path.split(['?', '#']).next().unwrap_or_default();
            path.split('/').any(|segment| {
                matches!(
                    segment,
                    "login" | "login.jsp" | "login.action" | "dologin.action" | "samlconsumer"
                )
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        Origin::parse(text).expect("a canonical origin")
    }

    fn media(location: &str) -> Redirect {
        judge(
            location.as_bytes(),
            Method::Get,
            Some(&origin("https://media.example.test")),
            &origin("https://jira.example.test"),
        )
    }

    #[test]
    fn the_named_origin_is_followed_as_written() {
        for location in [
            "https://media.example.test/file/1",
            "https://media.example.test/file/1?token=SIGNED-CANARY",
            "https://media.example.test/file/0b-1/binary?token=a.b-c_d&client=x&name=r%C3%A9port%20(1).pdf&max-age=2592000",
            "https://media.example.test/file/my%20report.pdf",
        ] {
            assert_eq!(media(location), Redirect::Follow(location.to_owned()));
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for location in [
            "https://evil.test/collect",
            "http://jira.example.test:443/rest/api/3/attachment/content/10001",
            "http://media.example.test/file/1",
            "https://media.example.test:8443/file/1",
            "https://media.example.test:443/file/1",
            "HTTPS://media.example.test/file/1",
            "https://MEDIA.example.test/file/1",
            "https://127.0.0.1/",
            "https://0x7f000001/",
            "http://169.254.169.254/latest/meta-data/",
            "https://[::ffff:169.254.169.254]/",
            "//evil.test/x",
            "//media.example.test/file/1",
            "/\\evil.test/x",
            "https:\\\\evil.test\\x",
            "https://media.example.test@evil.test/",
            "https://u:p@media.example.test/file/1",
            "https://media.example.test.evil.test/",
            "https://media.example.test.",
            "https://media.example.test",
            "https://media.example.test?x=/",
            "https://media.example.test/",
            "../../../../secure",
            "/rest/api/3/issue/PROJ-1",
            "https://jira.example.test/rest/api/3/issue/PROJ-1",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://media.example.test/file/1\r\nX: y",
            "https://media.example.test/file/1 HTTP/1.1",
            "https://media.example.test/%2e%2e/x",
            "https://media.example.test/../x",
            "https://media.example.test/a//b",
            "https://media.example.test/a/%2f",
            "https://media.example.test/a;x=y",
            "https://media.example.test/a\\b",
            "https://media.example.test/file/1#x",
            "https://media.example.test/file/1?a=%0d%0aX",
            "https://media.example.test/file/1?a=%",
            "https://media.example.test/file/1?a=%zz",
            "https://media.example.test/fil\u{e9}",
            "loop",
            "",
        ] {
            assert!(
                matches!(media(location), Redirect::Refuse(_)),
                "{location:?} gave {:?}",
                media(location)
            );
        }
        let long = format!("https://media.example.test/file/1?a={}", "a".repeat(5000));
        assert!(matches!(media(&long), Redirect::Refuse(_)));
    }

    #[test]
    fn a_rule_without_a_redirect_follows_nothing() {
        let own = origin("https://jira.example.test");
        let location = b"https://media.example.test/file/1";
        assert!(matches!(
            judge(location, Method::Get, None, &own),
            Redirect::Refuse(_)
        ));
    }

    #[test]
    fn only_a_get_is_followed() {
        let (own, named) = (
            origin("https://jira.example.test"),
            origin("https://media.example.test"),
        );
        for method in [
            Method::Head,
            Method::Post,
            Method::Put,
            Method::Patch,
            Method::Delete,
        ] {
            let verdict = judge(
                b"https://media.example.test/file/1",
                method,
                Some(&named),
                &own,
            );
            assert_eq!(
                verdict,
                Redirect::Refuse("only a GET is redirected"),
                "{method}"
            );
        }
    }

    #[test]
    fn clear_text_is_followed_on_this_machine_only() {
        let own = origin("http://127.0.0.1:8080");
        let follow = |text: &str| {
            judge(
                format!("{text}/file/1").as_bytes(),
                Method::Get,
                Some(&origin(text)),
                &own,
            )
        };
        assert!(matches!(
            follow("http://127.0.0.1:8081"),
            Redirect::Follow(_)
        ));
        assert!(matches!(
            follow("http://media.example.test"),
            Redirect::Refuse(_)
        ));
    }

    #[test]
    fn a_login_page_says_that_the_credential_was_not_accepted() {
        let own = origin("https://jira.example.test");
        for location in [
            "https://jira.example.test/login.jsp?os_destination=x",
            "/login.jsp?os_destination=%2Frest",
            "/wiki/login.action?os_destination=x",
            "/jira/login",
            "https://id.atlassian.com/login?continue=x",
        ] {
            assert_eq!(
                judge(location.as_bytes(), Method::Get, None, &own),
                Redirect::Login,
                "{location}"
            );
        }
        for location in [
            "https://evil.test/login.jsp",
            "//evil.test/login.jsp",
            "https://jira.example.test.evil.test/login.jsp",
            "https://id.atlassian.com.evil.test/login",
        ] {
            assert!(
                matches!(
                    judge(location.as_bytes(), Method::Get, None, &own),
                    Redirect::Refuse(_)
                ),
                "{location}"
            );
        }
    }
}
