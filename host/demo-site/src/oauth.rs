//! The site's OAuth 2.0 server: who may have tokens, for how long, and what becomes of those that were spent. It behaves
//! as Atlassian's does: refresh tokens rotate, a spent one is taken for a while longer, and its reuse after that ends
//! the whole login. Consent is given at once, since nobody sits at this site.

mod grants;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::options::Deployment;
use crate::reply::Reply;
use crate::request::{Method, Request, pairs};
use grants::{Grants, Refusal};

/// The one application that is registered here; its secret is the site's token.
pub const CLIENT_ID: &str = "demo-client";

/// How long tokens are good.
#[derive(Clone, Copy, Debug)]
pub struct TokenLife {
    pub access: Duration,
    /// A spent refresh token is taken this much longer.
    pub leeway: Duration,
}

impl Default for TokenLife {
    fn default() -> Self {
        Self {
            access: Duration::from_secs(3600),
            leeway: Duration::from_secs(600),
        }
    }
}

pub(crate) struct OAuth {
    deployment: Deployment,
    client_secret: String,
    /// The person who consents to everything.
    user: String,
    /// Of the site, as `accessible-resources` names it.
    origin: String,
    cloud_id: &'static str,
    grants: Mutex<Grants>,
}

impl OAuth {
    pub(crate) fn new(
        deployment: Deployment,
        life: TokenLife,
        origin: &str,
        cloud_id: &'static str,
        user: &str,
        client_secret: &str,
    ) -> Self {
        Self {
            deployment,
            client_secret: client_secret.to_owned(),
            user: user.to_owned(),
            origin: origin.to_owned(),
            cloud_id,
            grants: Mutex::new(Grants::new(life)),
        }
    }

    /// Who the access token is for, while it is good.
    pub(crate) fn user_of(&self, access: &str) -> Option<&str> {
        let grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        grants
            .is_good(access, Instant::now())
            .then_some(self.user.as_str())
    }

    /// `None` for a path that has nothing to do with logging in.
    pub(crate) fn answer(&self, request: &Request) -> Option<Reply> {
        let path: Vec<&str> = request.segments.iter().map(String::as_str).collect();
        match (self.deployment, request.method, path.as_slice()) {
            (Deployment::Cloud, Method::Get, ["authorize"])
            | (
                Deployment::DataCenter,
                Method::Get,
                [
                    "jira" | "confluence",
                    "rest",
                    "oauth2",
                    "latest",
                    "authorize",
                ],
            ) => Some(self.authorize(request)),
            (Deployment::Cloud, Method::Post, ["oauth", "token"]) => {
                let body = serde_json::from_slice(&request.body).unwrap_or_default();
                Some(self.token(&body))
            }
            (
                Deployment::DataCenter,
                Method::Post,
                ["jira" | "confluence", "rest", "oauth2", "latest", "token"],
            ) => {
                let text = String::from_utf8_lossy(&request.body);
                let body = pairs(&text).unwrap_or_default().into_iter().collect();
                Some(self.token(&body))
            }
            (Deployment::Cloud, Method::Get, ["oauth", "token", "accessible-resources"]) => {
                Some(self.resources(request))
            }
            _ => None,
        }
    }

    fn authorize(&self, request: &Request) -> Reply {
        let param = |name| request.param(name).unwrap_or_default();
        let target = param("redirect_uri");
        let is_local =
            target.starts_with("http://localhost:") || target.starts_with("http://127.0.0.1:");
        if param("client_id") != CLIENT_ID || !is_local || param("response_type") != "code" {
            return Reply::text(400, "text/html", "<h1>This request cannot be granted</h1>");
        }
        let mut grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        let code = grants.code(target, param("code_challenge"), param("scope"));
        let state: String = param("state")
            .chars()
            .filter(|each| each.is_ascii_alphanumeric() || matches!(each, '-' | '_'))
            .collect();
        Reply::no_content()
            .with_status(302)
            .header("location", format!("{target}?code={code}&state={state}"))
    }

    fn token(&self, body: &BTreeMap<String, String>) -> Reply {
        let field = |name: &str| body.get(name).map_or("", String::as_str);
        if field("client_id") != CLIENT_ID || field("client_secret") != self.client_secret {
            return refusal(401, "access_denied", "Unauthorized");
        }
        let now = Instant::now();
        let mut grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        let granted = match field("grant_type") {
            "authorization_code" => grants.redeem(
                field("code"),
                field("redirect_uri"),
                field("code_verifier"),
                now,
            ),
            // Data Center compares the address again; Cloud does not look at it.
            "refresh_token" => match self.deployment {
                Deployment::Cloud => grants.refresh(field("refresh_token"), None, now),
                Deployment::DataCenter => {
                    grants.refresh(field("refresh_token"), Some(field("redirect_uri")), now)
                }
            },
            "client_credentials" => Ok(grants.for_client(now)),
            _ => return refusal(400, "unsupported_grant_type", "unknown grant"),
        };
        match granted {
            Ok(tokens) => {
                let mut said = json!({
                    "access_token": tokens.access,
                    "expires_in": tokens.seconds,
                    "token_type": "Bearer",
                    "scope": tokens.scope,
                });
                if let Some(refresh) = tokens.refresh {
                    said["refresh_token"] = refresh.into();
                }
                Reply::ok(said)
            }
            Err(Refusal::Unknown) => {
                refusal(403, "unauthorized_client", "refresh_token is invalid")
            }
            Err(Refusal::Ended) => {
                refusal(403, "invalid_grant", "Unknown or invalid refresh token.")
            }
        }
    }

    fn resources(&self, request: &Request) -> Reply {
        let header = request.authorization.as_deref().unwrap_or_default();
        let token = header.strip_prefix("Bearer ").unwrap_or_default();
        if self.user_of(token).is_none() {
            return Reply::json(401, json!({"code": 401, "message": "Unauthorized"}));
        }
        let site = |scope: &str| {
            json!({
                "id": self.cloud_id,
                "name": "demo",
                "url": self.origin,
                "scopes": [scope],
                "avatarUrl": format!("{}/avatar.png", self.origin),
            })
        };
        // One entry for each product, as Atlassian lists them.
        Reply::ok(json!([site("read:jira-work"), site("search:confluence")]))
    }
}

fn refusal(status: u16, error: &str, description: &str) -> Reply {
    Reply::json(
        status,
        json!({"error": error, "error_description": description}),
    )
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests end where a value is missing")]
mod tests {
    use super::*;

    const CALLBACK: &str = "http://localhost:8976/callback";

    fn oauth() -> OAuth {
        OAuth::new(
            Deployment::Cloud,
            TokenLife::default(),
            "http://127.0.0.1:1",
            "id",
            "ada",
            "secret",
        )
    }

    fn post(oauth: &OAuth, body: serde_json::Value) -> Reply {
        let mut request = Request::parse("POST", "/oauth/token", "").unwrap();
        request.body = body.to_string().into_bytes();
        oauth.answer(&request).unwrap()
    }

    #[test]
    fn a_code_is_given_to_this_machine_and_taken_once() {
        let oauth = oauth();
        let ask = |redirect: &str| {
            let query = format!(
                "client_id=demo-client&response_type=code&redirect_uri={redirect}&state=s1&scope=a+b"
            );
            oauth
                .answer(&Request::parse("GET", "/authorize", &query).unwrap())
                .unwrap()
        };
        assert_eq!(ask("https://evil.example.com/").status, 400);
        let reply = ask(CALLBACK);
        let (_, location) = &reply.headers[0];
        assert!(location.starts_with(CALLBACK) && location.ends_with("&state=s1"));
        let code = location.split(['=', '&']).nth(1).unwrap();
        let body = json!({"grant_type": "authorization_code", "client_id": CLIENT_ID, "client_secret": "secret",
                          "code": code, "redirect_uri": CALLBACK});
        assert_eq!(post(&oauth, body.clone()).status, 200);
        assert_eq!(post(&oauth, body).status, 403);
    }

    #[test]
    fn a_wrong_secret_and_an_unknown_token_are_told_apart_by_the_body() {
        let oauth = oauth();
        let body = |secret: &str| json!({"grant_type": "refresh_token", "client_id": CLIENT_ID, "client_secret": secret, "refresh_token": "x"});
        assert_eq!(post(&oauth, body("wrong")).status, 401);
        assert_eq!(post(&oauth, body("secret")).status, 403);
    }
}
