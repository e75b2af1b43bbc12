//! Whose request is it? Decides which of the site's people a credential belongs to, and what a
//! stranger is told. Keeps and prints no secret: a [`Credential`] only says what kind came.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::json;

use crate::options::Deployment;
use crate::reply::Reply;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CredentialKind {
    None,
    Basic,
    Bearer,
    Other,
}

/// What came in the `Authorization` header, without the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Credential {
    pub kind: CredentialKind,
    /// The person it names, if that person is known here. A stranger's name is not repeated:
    /// somebody may have sent the token in its place.
    pub name: Option<String>,
    pub accepted: bool,
}

impl Credential {
    fn refused(kind: CredentialKind) -> Self {
        Self {
            kind,
            name: None,
            accepted: false,
        }
    }
}

/// One person's way in.
pub(crate) struct Key {
    /// The user name inside the world.
    pub(crate) user: String,
    pub(crate) email: String,
    pub(crate) token: String,
}

pub(crate) struct Doorkeeper {
    deployment: Deployment,
    /// Whether a Data Center takes them.
    passwords: bool,
    keys: Vec<Key>,
}

impl Doorkeeper {
    pub(crate) fn new(deployment: Deployment, passwords: bool, keys: Vec<Key>) -> Self {
        Self {
            deployment,
            passwords,
            keys,
        }
    }

    /// The user name behind the header, if the credential is good.
    pub(crate) fn identify(&self, header: Option<&str>) -> (Credential, Option<&str>) {
        let Some(header) = header else {
            return (Credential::refused(CredentialKind::None), None);
        };
        let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
        match scheme.to_ascii_lowercase().as_str() {
            "basic" => self.identify_basic(rest.trim()),
            "bearer" => self.identify_bearer(rest.trim()),
            _ => (Credential::refused(CredentialKind::Other), None),
        }
    }

    /// What a request without a good credential is told.
    pub(crate) fn refuse(&self, credential: &Credential, confluence: bool) -> Reply {
        let reason = if credential.kind == CredentialKind::None {
            "OK"
        } else {
            "AUTHENTICATED_FAILED"
        };
        let reply = match (self.deployment, confluence) {
            (Deployment::Cloud, false) if credential.kind == CredentialKind::None => Reply::json(
                401,
                json!({"message": "Client must be authenticated to access this resource.", "status-code": 401}),
            ),
            (Deployment::Cloud, false) => Reply::text(
                401,
                "text/plain;charset=UTF-8",
                "Client must be authenticated to access this resource.",
            ),
            (Deployment::Cloud, true) => {
                Reply::json(401, json!({"code": 401, "message": "Unauthorized"}))
            }
            (Deployment::DataCenter, false) if credential.kind == CredentialKind::None => {
                Reply::json(
                    401,
                    json!({"errorMessages": ["You are not authenticated. Authentication required to perform this operation."], "errors": {}}),
                )
            }
            (Deployment::DataCenter, _) => Reply::text(
                401,
                "text/html;charset=UTF-8",
                "<html><head><title>Unauthorized (401)</title></head><body><h1>Unauthorized (401)</h1>\
                 <p>Encountered a <code>&quot;401 - Unauthorized&quot;</code> error while loading this page.</p></body></html>",
            ),
        };
        let realm = match self.deployment {
            Deployment::Cloud => "Basic realm=\"Jira\"",
            Deployment::DataCenter => "OAuth realm=\"demo\"",
        };
        reply
            .header("www-authenticate", realm)
            .header("x-seraph-loginreason", reason)
    }

    fn identify_basic(&self, encoded: &str) -> (Credential, Option<&str>) {
        let decoded = STANDARD
            .decode(encoded)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let Some((name, secret)) = decoded.as_deref().and_then(|text| text.split_once(':')) else {
            return (Credential::refused(CredentialKind::Basic), None);
        };
        let is_cloud = self.deployment == Deployment::Cloud;
        let name_of = |key: &Key| match is_cloud || !self.passwords {
            true => key.email.clone(),
            false => key.user.clone(),
        };
        let known = self.keys.iter().find(|key| name_of(key) == name);
        // API tokens sign in on Cloud only; Data Center of this team may have passwords switched off.
        let key =
            known.filter(|key| (is_cloud || self.passwords) && same_bytes(&key.token, secret));
        let credential = Credential {
            kind: CredentialKind::Basic,
            name: known.map(name_of),
            accepted: key.is_some(),
        };
        (credential, key.map(|key| key.user.as_str()))
    }

    fn identify_bearer(&self, token: &str) -> (Credential, Option<&str>) {
        // Cloud takes Bearer tokens on api.atlassian.com only, never on the site's own host.
        let key = match self.deployment {
            Deployment::Cloud => None,
            Deployment::DataCenter => self.keys.iter().find(|key| same_bytes(&key.token, token)),
        };
        let credential = Credential {
            kind: CredentialKind::Bearer,
            name: key.map(|key| key.user.clone()),
            accepted: key.is_some(),
        };
        (credential, key.map(|key| key.user.as_str()))
    }
}

/// Takes the same time wherever the first difference stands.
fn same_bytes(left: &str, right: &str) -> bool {
    left.len() == right.len()
        && left
            .bytes()
            .zip(right.bytes())
            .fold(0, |differences, (l, r)| differences | (l ^ r))
            == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doorkeeper(deployment: Deployment) -> Doorkeeper {
        let key = |user: &str, token: &str| Key {
            user: user.into(),
            email: format!("{user}@demo.example"),
            token: token.into(),
        };
        Doorkeeper::new(
            deployment,
            false,
            vec![key("ada", "one-token"), key("ben", "two-token")],
        )
    }

    fn basic(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    #[test]
    fn each_token_opens_for_its_own_user_only() {
        let cloud = doorkeeper(Deployment::Cloud);
        for (header, user) in [
            (basic("ada@demo.example:one-token"), Some("ada")),
            (basic("ben@demo.example:two-token"), Some("ben")),
            (basic("ada@demo.example:two-token"), None),
            (basic("ada@demo.example:one-toke"), None),
            (basic("ada@demo.example:"), None),
            (basic("ada@demo.example"), None),
            (basic("eve@demo.example:one-token"), None),
            ("Bearer one-token".into(), None),
            ("Basic !!!".into(), None),
            (String::new(), None),
        ] {
            assert_eq!(cloud.identify(Some(&header)).1, user, "{header}");
        }
        let own = doorkeeper(Deployment::DataCenter);
        for (header, user) in [
            ("Bearer one-token".to_owned(), Some("ada")),
            ("bearer two-token".to_owned(), Some("ben")),
            ("Bearer none".to_owned(), None),
            ("Bearer ".to_owned(), None),
            (basic("ada@demo.example:one-token"), None),
        ] {
            assert_eq!(own.identify(Some(&header)).1, user, "{header}");
        }
    }

    #[test]
    fn a_token_in_the_wrong_place_is_not_repeated() {
        let cloud = doorkeeper(Deployment::Cloud);
        for header in [
            basic("one-token:one-token"),
            "Bearer one-token".into(),
            "one-token".into(),
        ] {
            let (credential, _) = cloud.identify(Some(&header));
            assert_eq!(credential.name, None);
            assert!(!format!("{credential:?}").contains("one-token"));
        }
    }

    #[test]
    fn a_stranger_is_told_401_and_why() {
        for deployment in [Deployment::Cloud, Deployment::DataCenter] {
            let keeper = doorkeeper(deployment);
            let (credential, _) = keeper.identify(Some("Bearer wrong"));
            for confluence in [false, true] {
                let reply = keeper.refuse(&credential, confluence);
                assert_eq!(reply.status, 401);
                assert!(
                    reply
                        .headers
                        .contains(&("x-seraph-loginreason", "AUTHENTICATED_FAILED".into()))
                );
            }
        }
    }
}
