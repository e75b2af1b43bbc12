//! Step 6, filter: what of an answer may reach the component. A short list of headers, a body
//! under the cap and readable to the redactor, no form of the credential in either.

use bytes::Bytes;

use crate::ask::{Answer, Failure, Keep};
use crate::ports::Incoming;
use crate::redact::Redactors;

/// Everything else is dropped: cookies, `location`, session and timing headers, `link` (bodies
/// carry the cursor), `content-length` (the body may have changed), `content-disposition`.
const TO_GUEST: [&str; 5] = [
    "content-type",
    "etag",
    "last-modified",
    "retry-after",
    "beta-retry-after",
];

/// Rate limits come under a family of names, some of them with a trial prefix.
const FAMILIES: [&str; 3] = ["x-ratelimit-", "ratelimit", "beta-ratelimit"];

const MOST_HEADERS: usize = 256;
const LONGEST_VALUE: usize = 1024;

/// The answer, and how many places were redacted in it.
pub(crate) fn filter(
    incoming: Incoming,
    keep: Keep,
    redactors: &Redactors,
) -> Result<(Answer, u64), Failure> {
    if !(200..=599).contains(&incoming.status) || incoming.headers.len() > MOST_HEADERS {
        return Err(Failure::BadResponse);
    }
    // Encoded bytes would pass the redactor unread.
    if !incoming.body.is_empty()
        && incoming
            .headers
            .iter()
            .any(|(name, value)| is_encoded(name, value))
    {
        return Err(Failure::BadResponse);
    }
    let mut hits = 0;
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in &incoming.headers {
        let name = name.to_ascii_lowercase();
        let Some(value) = shown(&name, value) else {
            continue;
        };
        if headers.iter().all(|(earlier, _)| *earlier != name) {
            let (value, found) = redactors.redact_str(value);
            hits += found;
            headers.push((name, value));
        }
    }
    let body = match keep {
        Keep::Discard => Bytes::new(),
        Keep::Inline | Keep::Blob => {
            let (body, found) = redactors.redact(incoming.body);
            hits += found;
            body
        }
    };
    Ok((
        Answer {
            status: incoming.status,
            headers,
            body,
            redacted: hits > 0,
        },
        hits,
    ))
}

fn is_encoded(name: &str, value: &[u8]) -> bool {
    name.eq_ignore_ascii_case("content-encoding")
        && !value.eq_ignore_ascii_case(b"identity")
        && !value.is_empty()
}

fn shown<'a>(name: &str, value: &'a [u8]) -> Option<&'a str> {
    let allowed =
        TO_GUEST.contains(&name) || FAMILIES.iter().any(|family| name.starts_with(family));
    let plain =
        value.len() <= LONGEST_VALUE && value.iter().all(|byte| matches!(byte, b' '..=b'~'));
    (allowed && plain)
        .then(|| std::str::from_utf8(value).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Credential;

    const TOKEN: &str = "CANARY-jira-7Qm2xVt9LrPz4KdW8sYbN3hF";

    fn redactors() -> Redactors {
        Redactors::default().with(&Credential {
            name: "jira".into(),
            authorization: format!("Bearer {TOKEN}").into(),
            secrets: vec![TOKEN.into()],
        })
    }

    fn incoming(headers: &[(&str, &str)], body: &str) -> Incoming {
        Incoming {
            status: 200,
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
                .collect(),
            body: Bytes::copy_from_slice(body.as_bytes()),
            peer: None,
        }
    }

    fn filtered(headers: &[(&str, &str)]) -> Vec<(String, String)> {
        filter(incoming(headers, ""), Keep::Inline, &redactors())
            .expect("a fine answer")
            .0
            .headers
    }

    #[test]
    fn headers_outside_the_list_never_reach_the_component() {
        for name in [
            "set-cookie",
            "set-cookie2",
            "location",
            "content-location",
            "www-authenticate",
            "proxy-authenticate",
            "authorization",
            "x-asessionid",
            "x-arequestid",
            "x-ausername",
            "x-seraph-loginreason",
            "server-timing",
            "server",
            "warning",
            "link",
            "refresh",
            "content-disposition",
            "content-length",
            "x-forwarded-for",
            "via",
            "nel",
            "report-to",
            "atl-traceid",
            "alt-svc",
            "x-unknown",
        ] {
            assert_eq!(filtered(&[(name, "x")]), [], "{name}");
        }
    }

    #[test]
    fn listed_headers_pass_in_lower_case_and_once() {
        let given = [
            ("Content-Type", "application/json"),
            ("ETag", "\"1\""),
            ("Last-Modified", "x"),
            ("Retry-After", "5"),
            ("X-RateLimit-Remaining", "7"),
            ("RateLimit-Reason", "jira-burst-based"),
            ("RateLimit", "r=1"),
            ("Beta-RateLimit-Policy", "q=1"),
            ("Beta-Retry-After", "5"),
            ("content-type", "text/html"),
        ];
        let shown = filtered(&given);
        assert_eq!(shown.len(), 9);
        assert_eq!(
            shown[0],
            ("content-type".to_owned(), "application/json".to_owned())
        );
        assert!(
            shown
                .iter()
                .all(|(name, _)| *name == name.to_ascii_lowercase())
        );
    }

    #[test]
    fn a_value_that_is_not_plain_is_dropped() {
        let long = "a".repeat(1025);
        for value in ["a\r\nb", "a\0b", "é", "\u{1b}[2J", long.as_str()] {
            assert_eq!(filtered(&[("etag", value)]), [], "{value:?}");
        }
    }

    #[test]
    fn the_credential_is_removed_from_headers_and_body() {
        let given = incoming(
            &[("etag", &format!("\"{TOKEN}\""))],
            &format!("{{\"echo\":\"Bearer {TOKEN}\"}}"),
        );
        let (answer, hits) = filter(given, Keep::Inline, &redactors()).expect("a fine answer");
        assert_eq!(
            answer.headers,
            [("etag".to_owned(), "\"[REDACTED]\"".to_owned())]
        );
        assert_eq!(
            answer.body,
            Bytes::from_static(b"{\"echo\":\"[REDACTED]\"}")
        );
        assert!(answer.redacted);
        assert_eq!(hits, 2);
    }

    #[test]
    fn an_answer_without_the_credential_is_untouched() {
        let (answer, hits) = filter(
            incoming(&[], "{\"key\":\"PROJ-1\"}"),
            Keep::Blob,
            &redactors(),
        )
        .expect("a fine answer");
        assert_eq!(
            (answer.body, answer.redacted, hits),
            (Bytes::from_static(b"{\"key\":\"PROJ-1\"}"), false, 0)
        );
    }

    #[test]
    fn a_discarded_body_is_empty() {
        let (answer, _) =
            filter(incoming(&[], "x"), Keep::Discard, &redactors()).expect("a fine answer");
        assert!(answer.body.is_empty());
    }

    #[test]
    fn a_body_that_is_still_encoded_is_refused() {
        for encoding in ["gzip", "gzip, gzip", "br", "zstd", "deflate", "x"] {
            let result = filter(
                incoming(&[("Content-Encoding", encoding)], "x"),
                Keep::Inline,
                &redactors(),
            );
            assert_eq!(result.err(), Some(Failure::BadResponse), "{encoding}");
        }
        let empty = incoming(&[("content-encoding", "gzip")], "");
        assert!(
            filter(empty, Keep::Inline, &redactors()).is_ok(),
            "as after HEAD"
        );
        assert!(
            filter(
                incoming(&[("content-encoding", "identity")], "x"),
                Keep::Inline,
                &redactors()
            )
            .is_ok()
        );
    }

    #[test]
    fn a_flood_of_headers_or_an_odd_status_is_no_answer() {
        let many = vec![("x", "y"); 257];
        assert_eq!(
            filter(incoming(&many, ""), Keep::Inline, &redactors()).err(),
            Some(Failure::BadResponse)
        );
        for status in [0, 100, 103, 199, 600, 999] {
            let odd = Incoming {
                status,
                ..incoming(&[], "")
            };
            assert_eq!(
                filter(odd, Keep::Inline, &redactors()).err(),
                Some(Failure::BadResponse),
                "{status}"
            );
        }
    }

    #[test]
    fn any_real_status_is_an_answer() {
        for status in [200, 204, 304, 401, 403, 404, 409, 429, 500, 503] {
            let given = Incoming {
                status,
                ..incoming(&[("location", "https://x.test")], "")
            };
            let (answer, _) = filter(given, Keep::Inline, &redactors()).expect("an answer");
            assert_eq!((answer.status, answer.headers), (status, vec![]));
        }
    }
}
