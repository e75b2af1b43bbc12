//! Every listed spelling at any place, and no damage to text without the secret.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use secrecy::SecretString;
use sha2::{Digest, Sha256};

use super::*;

const TOKEN: &str = "CANARY-jira-7Qm2xVt9LrPz4KdW8sYbN3hF";
const USER: &str = "canary.user@example.test";

fn basic(user: &str, token: &str) -> Credential {
    Credential {
        name: "jira".into(),
        authorization: format!("Basic {}", STANDARD.encode(format!("{user}:{token}"))).into(),
        secrets: vec![SecretString::from(token)],
    }
}

fn bearer(token: &str) -> Credential {
    Credential {
        name: "jira".into(),
        authorization: format!("Bearer {token}").into(),
        secrets: vec![SecretString::from(token)],
    }
}

fn redacted(credential: &Credential, text: &[u8]) -> (Vec<u8>, u64) {
    let (out, hits) = Redactor::new(credential).redact(&Bytes::copy_from_slice(text));
    (out.to_vec(), hits)
}

fn each_byte(text: &[u8], spell: impl Fn(u8) -> String) -> Vec<u8> {
    text.iter()
        .map(|byte| spell(*byte))
        .collect::<String>()
        .into_bytes()
}

/// The spellings that the leak tests scan for, by name.
fn spellings(user: &str, token: &str) -> Vec<(&'static str, Vec<u8>)> {
    let raw = token.as_bytes();
    let pair = format!("{user}:{token}").into_bytes();
    let mut list = vec![
        ("raw", raw.to_vec()),
        ("lower case", token.to_lowercase().into_bytes()),
        ("upper case", token.to_uppercase().into_bytes()),
        ("reversed", raw.iter().rev().copied().collect()),
        ("hex lower", each_byte(raw, |b| format!("{b:02x}"))),
        ("hex upper", each_byte(raw, |b| format!("{b:02X}"))),
        ("percent upper", each_byte(raw, |b| format!("%{b:02X}"))),
        ("percent lower", each_byte(raw, |b| format!("%{b:02x}"))),
        (
            "percent of what must be",
            each_byte(raw, |b| {
                if b.is_ascii_alphanumeric() {
                    char::from(b).to_string()
                } else {
                    format!("%{b:02X}")
                }
            }),
        ),
        ("json lower", each_byte(raw, |b| format!("\\u{b:04x}"))),
        ("json upper", each_byte(raw, |b| format!("\\u{b:04X}"))),
        (
            "json, every third",
            raw.iter()
                .enumerate()
                .map(|(at, b)| {
                    if at % 3 == 0 || matches!(b, b'\\' | b'"') {
                        format!("\\u{b:04x}")
                    } else {
                        char::from(*b).to_string()
                    }
                })
                .collect::<String>()
                .into_bytes(),
        ),
        ("html decimal", each_byte(raw, |b| format!("&#{b};"))),
        ("html hex", each_byte(raw, |b| format!("&#x{b:x};"))),
        ("html hex, long", each_byte(raw, |b| format!("&#X{b:06X};"))),
        (
            "percent in html in json",
            each_byte(raw, |b| format!("\\u0026#37;{b:02X}")),
        ),
        ("utf-16 le", raw.iter().flat_map(|b| [*b, 0]).collect()),
        ("utf-16 be", raw.iter().flat_map(|b| [0, *b]).collect()),
        (
            "zero-width spaces between",
            each_byte(raw, |b| format!("{}\u{200b}", char::from(b))),
        ),
        (
            "quoted-printable line break",
            [&raw[..6], b"=\r\n", &raw[6..]].concat(),
        ),
        (
            "sha-256",
            each_byte(&Sha256::digest(raw), |b| format!("{b:02x}")),
        ),
        (
            "base64 of base64",
            STANDARD.encode(STANDARD.encode(raw)).into_bytes(),
        ),
        (
            "base64 of base64 for urls",
            URL_SAFE_NO_PAD
                .encode(URL_SAFE_NO_PAD.encode(raw))
                .into_bytes(),
        ),
        (
            "base64 of base64 of the pair",
            STANDARD.encode(STANDARD.encode(&pair)).into_bytes(),
        ),
        (
            "basic header",
            format!("Basic {}", STANDARD.encode(&pair)).into_bytes(),
        ),
        (
            "base64 of the basic header",
            STANDARD
                .encode(format!("Authorization: Basic {}", STANDARD.encode(&pair)))
                .into_bytes(),
        ),
    ];
    for before in ["", "a", "bc"] {
        for (secret, what) in [(raw, "base64"), (&pair, "base64 of the pair")] {
            let text = [before.as_bytes(), secret, b"tail"].concat();
            list.push((what, STANDARD.encode(&text).into_bytes()));
            list.push((what, URL_SAFE.encode(&text).into_bytes()));
            list.push((what, STANDARD_NO_PAD.encode(&text).into_bytes()));
        }
    }
    list
}

/// Would somebody who knows the token recognise a part of it? Undoes what the spelling did,
/// without any help from the code under test.
fn still_there(token: &str, text: &[u8]) -> Option<String> {
    let needles: Vec<String> = spellings(USER, token)
        .into_iter()
        .map(|(_, spelling)| String::from_utf8_lossy(&spelling).into_owned())
        .collect();
    let plain = String::from_utf8_lossy(text).into_owned();
    let windows = token
        .as_bytes()
        .windows(12)
        .map(|w| String::from_utf8_lossy(w).into_owned());
    let without_zeros = plain.replace(['\0', '\u{200b}'], "");
    needles
        .into_iter()
        .chain(windows)
        .find(|needle| plain.contains(needle.as_str()) || without_zeros.contains(needle.as_str()))
}

#[test]
fn each_spelling_is_replaced() {
    for (what, spelling) in spellings(USER, TOKEN) {
        for (before, after) in [
            ("", ""),
            ("x", "y"),
            ("key=", "&next=1"),
            ("{\"a\":\"", "\"}"),
            ("\r\n> ", "\r\n"),
        ] {
            let text = [before.as_bytes(), &spelling, after.as_bytes()].concat();
            let (out, hits) = redacted(&basic(USER, TOKEN), &text);
            assert!(hits > 0, "{what} after {before:?} was not found");
            assert_eq!(
                still_there(TOKEN, &out),
                None,
                "{what}: {}",
                String::from_utf8_lossy(&out)
            );
        }
    }
}

#[test]
fn any_window_of_twelve_characters_is_replaced() {
    for start in 0..=TOKEN.len() - 12 {
        for end in start + 12..=TOKEN.len() {
            let text = format!("see <{}>", &TOKEN[start..end]);
            let (out, _) = redacted(&basic(USER, TOKEN), text.as_bytes());
            assert_eq!(String::from_utf8_lossy(&out), "see <[REDACTED]>");
        }
    }
}

#[test]
fn windows_side_by_side_are_both_replaced() {
    let text = format!("{}{}", &TOKEN[..12], &TOKEN[20..32]);
    let (out, _) = redacted(&basic(USER, TOKEN), text.as_bytes());
    assert_eq!(String::from_utf8_lossy(&out), REPLACEMENT);
}

#[test]
fn base64_of_any_window_is_replaced_at_any_alignment() {
    for window in TOKEN.as_bytes().windows(12) {
        for before in ["", "a", "bc"] {
            let text = STANDARD.encode([before.as_bytes(), window, b"tail"].concat());
            let (_, hits) = redacted(&basic(USER, TOKEN), text.as_bytes());
            assert_eq!(hits, 1, "{before:?} {text}");
        }
    }
}

#[test]
fn an_escape_that_is_half_secret_goes_as_a_whole() {
    for (token, text) in [
        ("nABCDEFGHIJKLMNO", r#"{"a":"x\nABCDEFGHIJKLMNO"}"#),
        ("0043ABCDEFGHIJKL", r#"{"a":"x\u0043ABCDEFGHIJKL"}"#),
    ] {
        let (out, _) = redacted(&bearer(token), text.as_bytes());
        assert_eq!(String::from_utf8_lossy(&out), r#"{"a":"x[REDACTED]"}"#);
    }
}

#[test]
fn a_secret_that_looks_escaped_is_found_beside_real_escapes() {
    for (token, text) in [
        (r"\[aA!aaaa00!", "\\[aA!a=\r\naaa00!"),
        ("pass%41word-and-more", "\\u0070ass%41word-and-more"),
        ("pass&amp;word-and-more", "%70ass&amp;word-and-more"),
        ("pass%2541word-and-more", "pass%252541word-and-more"),
    ] {
        let (out, _) = redacted(&bearer(token), text.as_bytes());
        assert_eq!(String::from_utf8_lossy(&out), REPLACEMENT, "{token}");
    }
}

#[test]
fn base64_in_wrapped_lines_is_replaced() {
    let encoded = STANDARD.encode(format!("{USER}:{TOKEN}{TOKEN}"));
    let lines: Vec<&str> = encoded
        .as_bytes()
        .chunks(76)
        .map(|line| std::str::from_utf8(line).expect("base64 is ASCII"))
        .collect();
    let (out, hits) = redacted(&basic(USER, TOKEN), lines.join("\r\n").as_bytes());
    assert!(hits >= 2, "{}", String::from_utf8_lossy(&out));
    assert_eq!(still_there(TOKEN, &out), None);
}

#[test]
fn the_name_of_the_user_stays_but_not_inside_an_authorization_value() {
    let (out, hits) = redacted(&basic(USER, TOKEN), format!("reporter: {USER}").as_bytes());
    assert_eq!(
        (String::from_utf8_lossy(&out).as_ref(), hits),
        ("reporter: canary.user@example.test", 0)
    );
    let header = STANDARD.encode(format!("{USER}:{TOKEN}"));
    let (out, _) = redacted(
        &basic(USER, TOKEN),
        format!("Authorization: Basic {header}.").as_bytes(),
    );
    assert_eq!(
        String::from_utf8_lossy(&out)
            .replace("==", "")
            .replace('=', ""),
        "Authorization: [REDACTED]."
    );
}

#[test]
fn a_short_secret_is_replaced_as_an_authorization_value_only() {
    let credential = basic(USER, "hunter2");
    let value = STANDARD.encode(format!("{USER}:hunter2"));
    let text = format!("hunter2 Basic {value} {value}");
    let (out, hits) = redacted(&credential, text.as_bytes());
    assert_eq!(hits, 2);
    assert_eq!(
        String::from_utf8_lossy(&out).replace('=', ""),
        "hunter2 [REDACTED] [REDACTED]"
    );
    let (out, _) = redacted(
        &bearer("hunter2"),
        b"hunter2, Bearer hunter2, bearer HUNTER2",
    );
    assert_eq!(
        String::from_utf8_lossy(&out),
        "hunter2, [REDACTED], [REDACTED]"
    );
}

#[test]
fn a_bearer_token_needs_no_list_of_secrets() {
    let credential = Credential {
        secrets: Vec::new(),
        ..bearer(TOKEN)
    };
    let (out, _) = redacted(&credential, TOKEN.as_bytes());
    assert_eq!(out, REPLACEMENT.as_bytes());
}

#[test]
fn json_stays_json() {
    let digits = "123456789012345678901234";
    for (token, text) in [
        (TOKEN, format!("{{\"{TOKEN}\":[\"a{TOKEN}b\"]}}")),
        (TOKEN, format!("{{\"a\":\"\\u0043{}\"}}", &TOKEN[1..])),
        (
            "nABCDEFGHIJKLMNO",
            "{\"a\":\"\\nABCDEFGHIJKLMNO\"}".to_owned(),
        ),
        (
            "0043ABCDEFGHIJKL",
            "{\"a\":\"\\u0043ABCDEFGHIJKL\"}".to_owned(),
        ),
        ("ABCDEFGHIJKL\\", "{\"a\":\"ABCDEFGHIJKL\\n\"}".to_owned()),
        (digits, format!("{{\"a\":{digits}5}}")),
        (
            "value\",\"b\":\"value",
            "{\"a\":\"value\",\"b\":\"value\"}".to_owned(),
        ),
    ] {
        let (out, hits) = redacted(&bearer(token), text.as_bytes());
        assert!(hits > 0, "{text}");
        assert!(is_json(&out), "{}", String::from_utf8_lossy(&out));
        assert_eq!(still_there(token, &out), None);
    }
}

#[test]
fn every_part_of_a_megabyte_of_repeated_secrets_is_replaced() {
    let text = format!("{TOKEN} ").repeat((1 << 20) / 37);
    let (out, hits) = redacted(&basic(USER, TOKEN), text.as_bytes());
    assert_eq!(hits as usize, (1 << 20) / 37);
    assert_eq!(still_there(TOKEN, &out), None);
}

fn token() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-z0-9_-]{12,48}",
        "ATATT3xFfGF0[A-Za-z0-9_-]{80,170}=[0-9A-F]{8}",
        "[!-~]{12,40}"
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn no_spelling_of_any_secret_survives_anywhere(
        token in token(),
        // Neighbours that spell no escape together with the secret.
        before in "[A-Za-z0-9 \"#/:;<>{}+_\\n-]{0,40}",
        after in "[A-Za-z0-9 \"#/:<>{}+_=&%\\n-]{0,40}",
        pick in any::<prop::sample::Index>(),
    ) {
        let all = spellings(USER, &token);
        let (what, spelling) = pick.get(&all);
        let text = [before.as_bytes(), spelling, after.as_bytes()].concat();
        let (out, hits) = redacted(&basic(USER, &token), &text);
        prop_assert!(hits > 0, "{what}");
        prop_assert_eq!(still_there(&token, &out), None, "{}", what);
    }

    #[test]
    fn text_without_the_secret_comes_back_untouched(text in "(\\PC|\\\\u[0-9a-f]{4}|%[0-9A-F]{2}|&#[0-9]{2};|[A-Za-z0-9+/]{20}){0,60}") {
        let (out, hits) = redacted(&basic(USER, TOKEN), text.as_bytes());
        prop_assert_eq!(hits, 0);
        prop_assert_eq!(out, text.as_bytes());
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let (out, hits) = redacted(&basic(USER, TOKEN), &bytes);
        prop_assert_eq!(hits, 0);
        prop_assert_eq!(out, bytes);
    }
}
