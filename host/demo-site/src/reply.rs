//! What goes back over the wire, and the three shapes in which Atlassian words an error:
//! Jira's `errorMessages`/`errors`, Confluence v1's `statusCode`/`message`, Confluence v2's `errors[]`.

use serde_json::{Map, Value, json};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Payload,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Payload {
    Empty,
    Json(Value),
    Text(&'static str, String),
}

/// Both sides are answers; the error side is one that ends the work early.
pub(crate) type Outcome = Result<Reply, Reply>;

impl Reply {
    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Payload::Json(body),
        }
    }

    pub(crate) fn ok(body: Value) -> Self {
        Self::json(200, body)
    }

    pub(crate) fn no_content() -> Self {
        Self {
            status: 204,
            headers: Vec::new(),
            body: Payload::Empty,
        }
    }

    pub(crate) fn text(status: u16, media_type: &'static str, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Payload::Text(media_type, body.into()),
        }
    }

    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Jira's way to refuse a whole request.
    pub(crate) fn jira(status: u16, messages: &[String]) -> Self {
        Self::json(status, json!({"errorMessages": messages, "errors": {}}))
    }

    pub(crate) fn jira_message(status: u16, message: impl Into<String>) -> Self {
        Self::jira(status, &[message.into()])
    }

    /// Jira's way to refuse single fields.
    pub(crate) fn jira_fields(errors: Map<String, Value>) -> Self {
        Self::json(400, json!({"errorMessages": [], "errors": errors}))
    }

    pub(crate) fn confluence_v1(status: u16, message: impl Into<String>) -> Self {
        let reason = reason_phrase(status);
        Self::json(
            status,
            json!({
                "statusCode": status,
                "data": {"authorized": status != 403, "valid": status != 400, "errors": [], "successful": false},
                "message": message.into(),
                "reason": reason,
            }),
        )
    }

    pub(crate) fn confluence_v2(status: u16, code: &str, title: impl Into<String>) -> Self {
        Self::json(
            status,
            json!({"errors": [{"status": status, "code": code, "title": title.into(), "detail": null}]}),
        )
    }
}

fn reason_phrase(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        415 => "Unsupported Media Type",
        _ => "Error",
    }
}
