//! Decides whether a site knows a credential, and as whom. A 200 alone is no proof: both products answer some requests
//! of people whom they did not recognise.

use gateway::Errand;
use policy::{Deployment, Product, Site};
use secrecy::SecretString;

use super::exchange::{self, Errands, Said, Trouble};

/// Who the site says that this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Account id on Cloud, user name on Data Center.
    pub(crate) id: String,
    pub(crate) name: String,
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.name, self.id)
    }
}

/// Why the site does not know the credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotKnown {
    #[error(
        "the site refused it ({0}): the token or the user name is wrong, the token has expired or was revoked, or it belongs to another site"
    )]
    Refused(&'static str),
    #[error("the token lacks a scope; give it `{0}` (and the scopes for what the tools shall do)")]
    Scope(&'static str),
    #[error(
        "the site wants a person at a screen first (a CAPTCHA after wrong passwords): log in there in the browser once, then try again"
    )]
    Challenge,
    #[error("the account may not use this product")]
    NoAccess,
    #[error(
        "the site answered without knowing who asked; the token was not looked at. Is there a login page in front of it?"
    )]
    Anonymous,
    #[error("the site answered with status {0} instead of who this is")]
    Status(u16),
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

/// Asks `product` who the credential is.
pub(crate) async fn of(
    errands: &Errands,
    site: &Site,
    deployment: Deployment,
    product: Product,
    authorization: &SecretString,
) -> Result<Identity, NotKnown> {
    let errand = match product {
        Product::Jira => Errand::JiraMyself,
        Product::Confluence => Errand::ConfluenceCurrentUser,
    };
    let said = exchange::ask(
        errands,
        site,
        deployment,
        product,
        errand,
        Some(authorization),
    )
    .await?;
    read(&said, product)
}

fn read(said: &Said, product: Product) -> Result<Identity, NotKnown> {
    match said.status {
        200 => person(said).ok_or(NotKnown::Anonymous),
        // Atlassian words a missing scope as 401.
        401 if said
            .text("message")
            .is_some_and(|text| text.contains("scope does not match")) =>
        {
            Err(NotKnown::Scope(match product {
                Product::Jira => "read:jira-user",
                Product::Confluence => "read:confluence-user",
            }))
        }
        401 | 403 if said.header("x-seraph-loginreason") == Some("AUTHENTICATION_DENIED") => {
            Err(NotKnown::Challenge)
        }
        401 => Err(NotKnown::Refused("401")),
        403 => Err(NotKnown::NoAccess),
        status => Err(NotKnown::Status(status)),
    }
}

fn person(said: &Said) -> Option<Identity> {
    let id = ["accountId", "name", "username", "key"]
        .iter()
        .find_map(|key| said.text(key))?;
    // What both products call somebody whom they do not know.
    let is_nobody = said.text("type") == Some("anonymous")
        || said.text("accountType") == Some("unknown")
        || matches!(id, "" | "anonymous");
    if is_nobody {
        return None;
    }
    let name = said.text("displayName").unwrap_or(id);
    let plain = |text: &str| {
        text.chars()
            .filter(|each| !each.is_control())
            .take(80)
            .collect()
    };
    Some(Identity {
        id: plain(id),
        name: plain(name),
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(status: u16, body: serde_json::Value) -> Said {
        Said {
            status,
            json: Some(body),
            headers: vec![],
        }
    }

    #[test]
    fn a_person_is_known_on_both_deployments() {
        let cloud = said(
            200,
            json!({"accountId": "5b10", "displayName": "Ada Lovelace", "active": true}),
        );
        let own = said(
            200,
            json!({"name": "ada", "key": "JIRAUSER1", "displayName": "Ada Lovelace"}),
        );
        let wiki = said(
            200,
            json!({"type": "known", "username": "ada", "displayName": "Ada\u{7} Lovelace"}),
        );
        for (said, shown) in [
            (cloud, "Ada Lovelace (5b10)"),
            (own, "Ada Lovelace (ada)"),
            (wiki, "Ada Lovelace (ada)"),
        ] {
            assert_eq!(read(&said, Product::Jira).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn an_answer_without_a_person_is_no_proof() {
        for body in [
            json!({}),
            json!([]),
            json!({"type": "anonymous", "displayName": "Anonymous", "accountId": "x"}),
            json!({"accountId": "", "displayName": "Nobody"}),
            json!({"accountId": 5}),
        ] {
            assert_eq!(
                read(&said(200, body), Product::Confluence),
                Err(NotKnown::Anonymous)
            );
        }
        let page = Said {
            status: 200,
            json: None,
            headers: vec![],
        };
        assert_eq!(read(&page, Product::Jira), Err(NotKnown::Anonymous));
    }

    #[test]
    fn each_refusal_says_what_to_do() {
        let scope = said(
            401,
            json!({"message": "Unauthorized; scope does not match"}),
        );
        assert_eq!(
            read(&scope, Product::Jira),
            Err(NotKnown::Scope("read:jira-user"))
        );
        let mut captcha = said(403, json!({}));
        captcha.headers = vec![(
            "x-seraph-loginreason".into(),
            b"AUTHENTICATION_DENIED".to_vec(),
        )];
        assert_eq!(read(&captcha, Product::Jira), Err(NotKnown::Challenge));
        assert_eq!(
            read(&said(401, json!({})), Product::Jira),
            Err(NotKnown::Refused("401"))
        );
        assert_eq!(
            read(&said(403, json!({})), Product::Jira),
            Err(NotKnown::NoAccess)
        );
        assert_eq!(
            read(&said(503, json!({})), Product::Jira),
            Err(NotKnown::Status(503))
        );
    }
}
