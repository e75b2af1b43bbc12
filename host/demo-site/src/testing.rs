//! A client without a wire: asks a [`Site`] directly, signed in as Ada, with the clock stopped.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use time::macros::datetime;

use crate::options::{Deployment, Options};
use crate::reply::{Payload, Reply};
use crate::request::Request;
use crate::site::Site;

pub(crate) const TOKEN: &str = "demo-token-of-ada";

pub(crate) struct Client {
    site: Site,
    deployment: Deployment,
}

impl Client {
    pub(crate) fn new(deployment: Deployment) -> Self {
        Self::with(Options::new(deployment))
    }

    pub(crate) fn with(mut options: Options) -> Self {
        options.now = Some(datetime!(2026-11-20 10:00 UTC));
        Self {
            site: Site::new(&options, "http://127.0.0.1:1", TOKEN),
            deployment: options.deployment,
        }
    }

    pub(crate) fn get(&self, target: &str) -> (u16, Value) {
        self.send("GET", target, None)
    }

    pub(crate) fn post(&self, target: &str, body: &Value) -> (u16, Value) {
        self.send("POST", target, Some(body))
    }

    pub(crate) fn put(&self, target: &str, body: &Value) -> (u16, Value) {
        self.send("PUT", target, Some(body))
    }

    pub(crate) fn send(&self, method: &str, target: &str, body: Option<&Value>) -> (u16, Value) {
        let reply = self.reply(method, target, body);
        let body = match reply.body {
            Payload::Json(body) => body,
            Payload::Empty => Value::Null,
            Payload::Text(_, text) => text.into(),
        };
        (reply.status, body)
    }

    pub(crate) fn reply(&self, method: &str, target: &str, body: Option<&Value>) -> Reply {
        self.site.answer(&self.request(method, target, body)).0
    }

    pub(crate) fn request(&self, method: &str, target: &str, body: Option<&Value>) -> Request {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut request =
            Request::parse(method, path, query).expect("tests ask for paths that parse");
        request.authorization = Some(match self.deployment {
            Deployment::Cloud => format!(
                "Basic {}",
                STANDARD.encode(format!("ada@demo.example:{TOKEN}"))
            ),
            Deployment::DataCenter => format!("Bearer {TOKEN}"),
        });
        if let Some(body) = body {
            request.content_type = Some("application/json".to_owned());
            request.body = body.to_string().into_bytes();
        }
        request
    }
}

/// The `error message` or the field complaints of a refusal by Jira.
pub(crate) fn complaint(answer: &Value) -> String {
    match &answer["errorMessages"][0] {
        Value::String(message) => message.clone(),
        _ => answer["errors"].to_string(),
    }
}
