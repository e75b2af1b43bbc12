//! Recognises Atlassian's own tokens, which do not belong in this server's `Authorization` header: the protocol forbids
//! to take a token that was made for somebody else, and a client that sends one has it in too many places.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// API tokens of people, of service accounts, of organisations, and of Bitbucket.
const PREFIXES: [&str; 5] = ["ATATT", "ATSTT", "ATCTT", "ATOAT", "ATBB"];

/// Longer than any of them.
const LONGEST: usize = 8192;

/// What follows the scheme in the header.
pub(crate) fn is_atlassian(token: &str) -> bool {
    if token.len() > LONGEST {
        return false;
    }
    let after_user = STANDARD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|pair| Some(pair.split_once(':')?.1.to_owned()));
    is_token(token) || after_user.is_some_and(|token| is_token(&token))
}

fn is_token(token: &str) -> bool {
    PREFIXES.iter().any(|prefix| token.starts_with(prefix))
        || is_personal_token(token)
        || is_access_token(token)
}

/// Data Center: 33 bytes in base64, which begin with twelve digits and a colon.
fn is_personal_token(token: &str) -> bool {
    STANDARD.decode(token).is_ok_and(|bytes| {
        bytes.len() == 33 && bytes[..12].iter().all(u8::is_ascii_digit) && bytes[12] == b':'
    })
}

/// OAuth access tokens of Cloud: a JWT that names Atlassian. The signature does not matter here.
fn is_access_token(token: &str) -> bool {
    let mut parts = token.split('.');
    let (Some(_), Some(claims), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let claims = URL_SAFE_NO_PAD.decode(claims).unwrap_or_default();
    let Ok(claims) = serde_json::from_slice::<serde_json::Map<_, _>>(&claims) else {
        return false;
    };
    // A group or a mail address of somebody else's token may have the word in it.
    let is_named = |text: &str| {
        let host = text.strip_prefix("https://").unwrap_or(text);
        let host = host.split('/').next().unwrap_or_default();
        host == "atlassian.com" || host.ends_with(".atlassian.com")
    };
    let issuer = claims.get("iss").and_then(serde_json::Value::as_str);
    issuer.is_some_and(is_named) || claims.keys().any(|claim| is_named(claim))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_forms_that_people_paste() {
        let pat = STANDARD.encode(b"123456789012:12345678901234567890");
        let basic = STANDARD.encode("me@example.com:ATATT3xFfGF0abc");
        let basic_pat = STANDARD.encode(format!("me:{pat}"));
        let jwt = format!(
            "eyJhbGciOiJSUzI1NiJ9.{}.c2ln",
            URL_SAFE_NO_PAD.encode(r#"{"iss":"https://auth.atlassian.com"}"#)
        );
        for token in [
            "ATATT3xFfGF0abc=1234",
            "ATSTT3x",
            "ATCTT3x",
            &pat,
            &basic,
            &basic_pat,
            &jwt,
        ] {
            assert!(is_atlassian(token), "{token}");
        }
        let jwt_with_claim = format!(
            "e30.{}.c2ln",
            URL_SAFE_NO_PAD.encode(r#"{"https://id.atlassian.com/atlAccountId":"1"}"#)
        );
        assert!(is_atlassian(&jwt_with_claim));
        let other_jwt = format!(
            "e30.{}.c2ln",
            URL_SAFE_NO_PAD.encode(
                r#"{"iss":"https://id.example","groups":["atlassian-users"],"for":"atlassian.com.example"}"#
            )
        );
        for token in [
            "",
            "wrong",
            "airlock_aaaaaaaaaa_bbbb",
            "YWxpY2U6eA==",
            &other_jwt,
            "..",
            "a.b.c.d",
        ] {
            assert!(!is_atlassian(token), "{token}");
        }
    }
}
