//! What the model reads when something fails: what failed, whose fault it is, what to do now. The
//! only place that turns HTTP statuses and gateway errors into words.

use std::fmt;

use serde_json::Value;

use crate::gateway::{GatewayError, Response};
use crate::text;

/// After a write whose outcome is unknown.
const LOOK_FIRST: &str =
    "It may have happened all the same: read it first, then repeat only if it did not.";

/// The kinds that code elsewhere reacts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The arguments cannot be used as they are.
    Arguments,
    /// The site says the request is wrong.
    Rejected,
    Unauthorized,
    Forbidden,
    NotFound,
    Conflict,
    Busy,
    /// The host's policy said no.
    Denied,
    /// The site or the way to it is broken.
    Unavailable,
    /// A defect of this program.
    Internal,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ToolError {
    kind: Kind,
    message: String,
    advice: Option<String>,
}

impl ToolError {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            advice: None,
        }
    }

    pub(crate) fn arguments(message: impl Into<String>) -> Self {
        Self::new(Kind::Arguments, message)
    }

    #[must_use]
    pub(crate) fn advise(mut self, advice: impl Into<String>) -> Self {
        let advice = advice.into();
        self.advice = Some(match self.advice {
            Some(earlier) => format!("{earlier}\n{advice}"),
            None => advice,
        });
        self
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// The site's own words are part of this; see [`ToolError::from_response`].
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// `doing` completes "could not …": `read issue PROJ-1`.
    pub(crate) fn from_gateway(doing: &str, writes: bool, error: GatewayError) -> Self {
        let (kind, reason, advice) = match error {
            GatewayError::Denied => (
                Kind::Denied,
                "not allowed here".to_owned(),
                "Do not retry: what was refused, and who can change that, is said below.",
            ),
            GatewayError::Reauthorize => (
                Kind::Unauthorized,
                "the authorization for this site is missing or has ended".to_owned(),
                "Ask the user to log in again (`mcp-airlock doctor` says how); retrying alone does not help.",
            ),
            GatewayError::RateLimited(Some(seconds)) => (
                Kind::Busy,
                format!("the site limits requests for {seconds} more seconds"),
                "Wait that long, then repeat the call.",
            ),
            GatewayError::RateLimited(None) => (
                Kind::Busy,
                "the site limits requests at the moment".to_owned(),
                "Wait a minute, then repeat the call.",
            ),
            GatewayError::Timeout => (
                Kind::Unavailable,
                "the site did not answer in time".to_owned(),
                if writes {
                    LOOK_FIRST
                } else {
                    "Repeat once, or ask for less at once."
                },
            ),
            GatewayError::Connect => (
                Kind::Unavailable,
                "no connection to the site".to_owned(),
                "Tell the user: address, network or VPN may be wrong.",
            ),
            GatewayError::Tls => (
                Kind::Unavailable,
                "the site's certificate is not trusted".to_owned(),
                "Tell the user: a private certificate authority has to be configured for the site.",
            ),
            GatewayError::BadResponse => (
                Kind::Unavailable,
                "the answer broke off or was not HTTP".to_owned(),
                if writes { LOOK_FIRST } else { "Repeat once." },
            ),
            GatewayError::BodyTooLarge(cap) => (
                Kind::Unavailable,
                format!("the answer is larger than {cap} bytes"),
                "Ask for fewer fields or a smaller limit.",
            ),
            GatewayError::InvalidRequest(reason) => (
                Kind::Internal,
                format!("the host refused the form of the request: {reason}"),
                "Report this; other arguments may work.",
            ),
            GatewayError::Budget => (
                Kind::Unavailable,
                "this call used up its requests, bytes or time".to_owned(),
                "Ask for less in one call.",
            ),
            GatewayError::Cancelled => {
                (Kind::Unavailable, "cancelled".to_owned(), "Nothing to do.")
            }
            GatewayError::Internal(reason) => (
                Kind::Internal,
                format!("the host failed: {reason}"),
                "Report this.",
            ),
        };
        Self::new(kind, format!("could not {doing}: {reason}")).advise(advice)
    }

    /// For any status that is not a success.
    pub(crate) fn from_response(doing: &str, writes: bool, response: &Response) -> Self {
        let said = Said::read(response);
        let (kind, reason, advice) = match response.status {
            400 | 413 | 415 | 422 => (Kind::Rejected, "the site rejects the request", None),
            401 if said.contains("scope does not match") => (
                Kind::Unauthorized,
                "the token lacks a scope for this",
                Some("Tell the user: this needs a token with more scopes; retrying does not help."),
            ),
            401 => (
                Kind::Unauthorized,
                "the site does not accept the credential",
                Some(
                    "Tell the user: it is expired, revoked, or of a kind that this address does not take.",
                ),
            ),
            403 => (
                Kind::Forbidden,
                "this account may not do that",
                Some(
                    "Ask the user for the permission in Jira or Confluence, or choose another item.",
                ),
            ),
            404 | 410 => (
                Kind::NotFound,
                "it does not exist, or this account may not see it",
                Some("Check the key or id; a search shows what is visible."),
            ),
            409 => (
                Kind::Conflict,
                "somebody else changed it at the same time",
                Some("Read it again, then repeat the change."),
            ),
            429 => (
                Kind::Busy,
                "the site limits requests at the moment",
                Some("Wait a minute, then repeat the call."),
            ),
            300..400 => (
                Kind::Unavailable,
                "the site redirects elsewhere",
                Some("Tell the user: a login page or a moved site stands before the API."),
            ),
            500.. => (
                Kind::Unavailable,
                "the site has a fault",
                Some(if writes {
                    LOOK_FIRST
                } else {
                    "Repeat once; if it stays, tell the user."
                }),
            ),
            _ => (
                Kind::Unavailable,
                "the site gave an unexpected answer",
                None,
            ),
        };
        let mut message = format!("could not {doing}: {reason} (HTTP {})", response.status);
        if let Some(seconds) = response
            .header("retry-after")
            .filter(|_| kind == Kind::Busy)
        {
            message.push_str(&format!(", retry after {}", text::one_line(seconds)));
        }
        said.append_to(&mut message);
        let error = Self::new(kind, message);
        match advice {
            Some(advice) => error.advise(advice),
            None => error,
        }
    }

    /// A success whose body cannot be read.
    pub(crate) fn unreadable(doing: &str, writes: bool, response: &Response) -> Self {
        let (reason, advice) = match Said::read(response) {
            Said::Page => (
                "the site answered with a web page instead of data",
                "Tell the user: a login page or proxy stands before the API, or the address is not the API's.",
            ),
            Said::Nothing => (
                "the site's answer is empty",
                if writes {
                    LOOK_FIRST
                } else {
                    "Repeat once; if it stays, tell the user."
                },
            ),
            Said::Words(_) => (
                "the site's answer is not the expected JSON",
                if writes {
                    LOOK_FIRST
                } else {
                    "Repeat once; if it stays, tell the user."
                },
            ),
        };
        Self::new(Kind::Unavailable, format!("could not {doing}: {reason}")).advise(advice)
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        match &self.advice {
            Some(advice) => write!(formatter, "\n{advice}"),
            None => Ok(()),
        }
    }
}

/// What a site says in the body of an error. Foreign words: cut, cleaned, never taken as advice.
enum Said {
    Nothing,
    Page,
    Words(Vec<String>),
}

impl Said {
    fn read(response: &Response) -> Self {
        let body = String::from_utf8_lossy(&response.body);
        let trimmed = body.trim_start_matches('\u{feff}').trim();
        if trimmed.is_empty() {
            return Said::Nothing;
        }
        let announced = response
            .header("content-type")
            .is_some_and(|kind| kind.contains("html"));
        let start: String = trimmed.chars().take(15).collect::<String>().to_lowercase();
        if announced || start.starts_with("<!doctype html") || start.starts_with("<html") {
            return Said::Page;
        }
        // Data Center answers unknown paths in XML, whose words help nobody.
        if trimmed.starts_with('<') {
            return Said::Nothing;
        }
        match serde_json::from_str::<Value>(trimmed) {
            Ok(value) => {
                let words = sentences(&value);
                if words.is_empty() {
                    Said::Nothing
                } else {
                    Said::Words(words)
                }
            }
            Err(_) => Said::Words(vec![trimmed.to_owned()]),
        }
    }

    fn contains(&self, phrase: &str) -> bool {
        matches!(self, Said::Words(words) if words.iter().any(|line| line.contains(phrase)))
    }

    fn append_to(&self, message: &mut String) {
        match self {
            Said::Nothing => {}
            Said::Page => message.push_str("; the answer is a web page, perhaps a proxy's"),
            Said::Words(words) => {
                for line in words.iter().take(12) {
                    message.push_str("\n- ");
                    message.push_str(&text::cut(&text::one_line(line), 300));
                }
                if words.len() > 12 {
                    message.push_str(&format!("\n- … and {} more", words.len() - 12));
                }
            }
        }
    }
}

/// Jira: `errorMessages` and `errors`; Confluence v1: `message`; v2: `errors` as a list with
/// `title` and `detail`; the gateway before both: `message` or `error`.
fn sentences(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |text: Option<&str>| {
        if let Some(text) = text
            .map(str::trim)
            .filter(|text| !text.is_empty() && !found.iter().any(|known| known == text))
        {
            found.push(text.to_owned());
        }
    };
    for message in value["errorMessages"].as_array().into_iter().flatten() {
        add(message.as_str());
    }
    match &value["errors"] {
        Value::Object(fields) => {
            for (field, message) in fields {
                add(Some(&format!(
                    "{field}: {}",
                    message
                        .as_str()
                        .map_or_else(|| message.to_string(), str::to_owned)
                )));
            }
        }
        Value::Array(list) => {
            for entry in list {
                let title = entry["title"]
                    .as_str()
                    .or_else(|| entry["message"].as_str())
                    .or_else(|| entry.as_str());
                let detail = entry["detail"]
                    .as_str()
                    .filter(|detail| Some(*detail) != title);
                match (title, detail) {
                    (Some(title), Some(detail)) => add(Some(&format!("{title}: {detail}"))),
                    (title, detail) => add(title.or(detail)),
                }
            }
        }
        _ => {}
    }
    add(value["message"].as_str());
    for error in value["data"]["errors"].as_array().into_iter().flatten() {
        add(error["message"]["translation"]
            .as_str()
            .or_else(|| error["message"]["key"].as_str()));
    }
    add(value["error_description"]
        .as_str()
        .or_else(|| value["error"].as_str()));
    add(value.as_str());
    found
}
