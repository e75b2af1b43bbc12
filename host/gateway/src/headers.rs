//! Which headers and which kind of body a component may send. Refuses; never drops or repairs.

use bytes::Bytes;
use policy::Method;

use crate::ask::{Body, Failure};
use crate::multipart;
use crate::mutant::{self, Mutant};
use crate::target::Misfit;

/// The only names a component may use. Our own component sends no other, so another one is a
/// sign of something wrong and refuses the whole request.
pub(crate) const FROM_GUEST: [&str; 4] = [
    "accept",
    "accept-language",
    "content-type",
    "x-experimentalapi",
];

const LONGEST_VALUE: usize = 1024;

/// Lower-case names with their values.
pub(crate) type Headers = Vec<(&'static str, String)>;

/// The guest's headers without `content-type`, and that one apart, since it has to fit the body.
pub(crate) fn check(headers: &[(String, String)]) -> Result<(Headers, Option<String>), Misfit> {
    let mut checked: Headers = Vec::with_capacity(headers.len() + 4);
    for (name, value) in headers {
        let name = allowed_name(name)?;
        if checked.iter().any(|(known, _)| *known == name) {
            if mutant::is_on(Mutant::FirstHeaderWins) {
                continue;
            }
            return Err(Misfit::header(format!("the header {name} is given twice")));
        }
        check_value(name, value)?;
        checked.push((name, value.clone()));
    }
    let content_type = checked
        .iter()
        .position(|(name, _)| *name == "content-type")
        .map(|at| checked.remove(at).1);
    Ok((checked, content_type))
}

/// The bytes to send and their content type.
pub(crate) fn body(
    method: Method,
    body: &Body,
    stated: Option<&str>,
    most: u64,
) -> Result<Option<(Bytes, String)>, Misfit> {
    if matches!(method, Method::Get | Method::Head) && !matches!(body, Body::Empty) {
        return Err(Misfit::body(format!("{method} has no body")));
    }
    match body {
        Body::Empty => match stated {
            Some(_) => Err(Misfit::header("a content-type is given without a body")),
            None => Ok(None),
        },
        Body::Json(text) => {
            check_size(text.len() as u64, most)?;
            if stated.is_some_and(|stated| !is_json(stated)) {
                return Err(Misfit::header(
                    "the content-type is not that of the body, which is JSON",
                ));
            }
            serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|error| {
                Misfit::Mistake(Failure::InvalidRequest(format!(
                    "the body is not valid JSON: {error}"
                )))
            })?;
            Ok(Some((Bytes::copy_from_slice(text.as_bytes()), JSON.into())))
        }
        Body::Bytes { media_type, data } => {
            check_size(data.len() as u64, most)?;
            if stated.is_some_and(|stated| stated != media_type) {
                return Err(Misfit::header("the content-type is not that of the body"));
            }
            if !is_json(media_type) && media_type != OCTETS {
                return Err(Misfit::header(
                    "only application/json, application/octet-stream and parts built by the host are sent",
                ));
            }
            Ok(Some((data.clone(), media_type.clone())))
        }
        Body::Multipart(parts) => {
            let size = parts.iter().map(|part| part.data.len() as u64).sum();
            check_size(size, most)?;
            if stated.is_some() {
                return Err(Misfit::header(
                    "the host writes the content-type of a body with parts",
                ));
            }
            multipart::build(parts).map(Some).map_err(Misfit::body)
        }
    }
}

const JSON: &str = "application/json";
const OCTETS: &str = "application/octet-stream";

/// Form bodies are left out on purpose: servers read parameters such as `_method` out of them,
/// which would make another request of the one that was decided on.
pub(crate) fn is_json(media_type: &str) -> bool {
    let lower = media_type.to_ascii_lowercase();
    let plain = lower
        .strip_suffix("charset=utf-8")
        .map_or(lower.as_str(), |rest| {
            rest.trim_end().strip_suffix(';').unwrap_or("").trim_end()
        });
    plain == JSON
}

fn check_size(size: u64, most: u64) -> Result<(), Misfit> {
    if size > most {
        return Err(Misfit::size(format!(
            "the body has {size} bytes, {most} may be sent"
        )));
    }
    Ok(())
}

fn allowed_name(name: &str) -> Result<&'static str, Misfit> {
    let known = FROM_GUEST
        .iter()
        .find(|allowed| allowed.eq_ignore_ascii_case(name));
    match known {
        Some(known) => Ok(known),
        None if mutant::is_on(Mutant::HeaderDenyList)
            && !["authorization", "cookie", "host"]
                .contains(&name.to_ascii_lowercase().as_str()) =>
        {
            Ok(String::leak(name.to_ascii_lowercase()))
        }
        None => Err(Misfit::header(format!(
            "the header {} is not one of {}",
            name.chars().take(40).collect::<String>().escape_default(),
            FROM_GUEST.join(", ")
        ))),
    }
}

/// RFC 9110 §5.5 without what libraries and servers disagree on: no tab, no byte above 0x7E,
/// no blank at either end.
fn check_value(name: &str, value: &str) -> Result<(), Misfit> {
    let fits = !value.is_empty()
        && value.len() <= LONGEST_VALUE
        && value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && !value.starts_with(' ')
        && !value.ends_with(' ');
    if fits {
        Ok(())
    } else {
        Err(Misfit::header(format!(
            "the value of {name} is empty, longer than {LONGEST_VALUE} bytes or not plain visible ASCII"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::Part;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn rule(result: Result<impl std::fmt::Debug, Misfit>) -> &'static str {
        match result.expect_err("must be refused") {
            Misfit::Refused { rule, .. } => rule,
            Misfit::Mistake(failure) => panic!("refused as a mistake: {failure}"),
        }
    }

    #[test]
    fn the_four_names_pass_in_any_case() {
        let (headers, content_type) = check(&pairs(&[
            ("Accept", "application/json"),
            ("accept-language", "de, en;q=0.5"),
            ("Content-Type", "application/json"),
            ("X-ExperimentalApi", "opt-in"),
        ]))
        .expect("all four are allowed");
        assert_eq!(headers.len(), 3);
        assert_eq!(headers[0], ("accept", "application/json".to_owned()));
        assert_eq!(content_type.as_deref(), Some("application/json"));
    }

    #[test]
    fn a_value_is_data() {
        let (headers, _) = check(&pairs(&[("accept", "${secret:jira}")])).expect("plain ASCII");
        assert_eq!(headers[0].1, "${secret:jira}");
    }

    #[test]
    fn every_other_name_refuses_the_request() {
        for name in [
            "Authorization",
            "AUTHORIZATION",
            "Proxy-Authorization",
            "Cookie",
            "Cookie2",
            "X-Api-Key",
            "X-Auth-Token",
            "host",
            ":authority",
            ":path",
            "X-Forwarded-For",
            "X-Forwarded-Host",
            "X_Forwarded_For",
            "Forwarded",
            "X-Client-IP",
            "True-Client-IP",
            "X-Original-URL",
            "X-Rewrite-URL",
            "Via",
            "Connection",
            "Keep-Alive",
            "TE",
            "Transfer-Encoding",
            "Content-Length",
            "Upgrade",
            "HTTP2-Settings",
            "Expect",
            "Origin",
            "Referer",
            "User-Agent",
            "Accept-Encoding",
            "X-Atlassian-Token",
            "X-AUSERNAME",
            "Content-Encoding",
            "Range",
            "If-None-Match",
            "X-HTTP-Method-Override",
            "X-Http-Method-OVERRIDE",
            "X-Unknown",
            "Acc:ept",
            "accept ",
            " accept",
            "accept\r\nx",
            "accept\0",
            "",
            "Äccept",
            "accept_language",
        ] {
            assert_eq!(
                rule(check(&pairs(&[(name, "x")]))),
                "host.header",
                "{name:?}"
            );
        }
    }

    #[test]
    fn values_that_two_parsers_read_differently_are_refused() {
        let long = "a".repeat(1025);
        for value in [
            "application/json\r\nX-Injected: 1",
            "a\nb",
            "a\rb",
            "a\0b",
            "a\tb",
            "\u{ff}",
            "é",
            "\u{7f}",
            "",
            " a",
            "a ",
            long.as_str(),
        ] {
            assert_eq!(
                rule(check(&pairs(&[("Accept", value)]))),
                "host.header",
                "{value:?}"
            );
        }
    }

    #[test]
    fn a_header_given_twice_refuses_the_request() {
        let twice = pairs(&[("accept", "application/json"), ("Accept", "text/html")]);
        assert_eq!(rule(check(&twice)), "host.header");
        let same = pairs(&[
            ("content-type", "application/json"),
            ("content-type", "application/json"),
        ]);
        assert_eq!(rule(check(&same)), "host.header");
    }

    fn bytes(media_type: &str) -> Body {
        Body::Bytes {
            media_type: media_type.into(),
            data: Bytes::from_static(b"_method=DELETE"),
        }
    }

    #[test]
    fn the_content_type_fits_the_body_or_the_request_is_refused() {
        let json = Body::Json("{}".into());
        for (method, given, stated, refused_by) in [
            (
                Method::Get,
                Body::Empty,
                Some("application/json"),
                "host.header",
            ),
            (Method::Post, Body::Empty, Some("text/html"), "host.header"),
            (Method::Post, json.clone(), Some("text/html"), "host.header"),
            (
                Method::Post,
                json.clone(),
                Some("application/json; charset=utf-16"),
                "host.header",
            ),
            (
                Method::Post,
                json.clone(),
                Some("application/x-www-form-urlencoded"),
                "host.header",
            ),
            (
                Method::Post,
                bytes("application/x-www-form-urlencoded"),
                None,
                "host.header",
            ),
            (
                Method::Post,
                bytes("multipart/form-data; boundary=x"),
                None,
                "host.header",
            ),
            (Method::Post, bytes("text/plain"), None, "host.header"),
            (
                Method::Post,
                bytes("application/octet-stream"),
                Some("application/json"),
                "host.header",
            ),
            (
                Method::Post,
                Body::Multipart(vec![]),
                Some("multipart/form-data"),
                "host.header",
            ),
            (Method::Post, Body::Multipart(vec![]), None, "host.body"),
            (Method::Get, json.clone(), None, "host.body"),
            (
                Method::Head,
                bytes("application/octet-stream"),
                None,
                "host.body",
            ),
        ] {
            assert_eq!(
                rule(body(method, &given, stated, 100)),
                refused_by,
                "{method} {given:?} {stated:?}"
            );
        }
    }

    #[test]
    fn a_body_arrives_byte_for_byte() {
        let text = "{\"jql\":\"project = PROJ AND text ~ \\\"a & b # c ? d / e ; f %\\\"\",\"maxResults\":50}";
        for stated in [
            None,
            Some("application/json"),
            Some("application/json; charset=UTF-8"),
            Some("application/json;charset=utf-8"),
        ] {
            let sent =
                body(Method::Post, &Body::Json(text.into()), stated, 1000).expect("valid JSON");
            assert_eq!(
                sent,
                Some((Bytes::from_static(text.as_bytes()), JSON.into()))
            );
        }
    }

    #[test]
    fn a_request_inside_a_body_stays_a_body() {
        let data =
            Bytes::from_static(b"POST /secure/admin HTTP/1.1\r\nHost: jira.example.test\r\n\r\n");
        let given = Body::Bytes {
            media_type: JSON.into(),
            data: data.clone(),
        };
        assert_eq!(
            body(Method::Post, &given, None, 1000).expect("bytes are not read"),
            Some((data, JSON.into()))
        );
    }

    #[test]
    fn json_that_is_none_is_the_components_own_mistake() {
        for text in ["", "{", "{} {}", "{'a':1}", "nul", "\u{feff}{}"] {
            let Err(Misfit::Mistake(Failure::InvalidRequest(_))) =
                body(Method::Post, &Body::Json(text.into()), None, 100)
            else {
                panic!("{text:?} was accepted");
            };
        }
    }

    #[test]
    fn a_body_over_the_limit_is_refused_before_it_is_read() {
        let part = Part {
            name: "file".into(),
            file_name: None,
            media_type: None,
            data: Bytes::from(vec![0; 101]),
        };
        for given in [
            Body::Json("1".repeat(101)),
            Body::Bytes {
                media_type: OCTETS.into(),
                data: part.data.clone(),
            },
            Body::Multipart(vec![part]),
        ] {
            assert_eq!(rule(body(Method::Post, &given, None, 100)), "host.size");
        }
    }
}
