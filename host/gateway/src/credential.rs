//! Step 4, credential: the secret of this caller for this site, or none. Needs the permit, asks
//! for nobody else, and has no default.

use policy::{Caller, Permit, Site};
use secrecy::ExposeSecret;

use crate::ask::{Denial, Failure};
use crate::mutant::{self, Mutant};
use crate::ports::{Credential, CredentialError, CredentialSource};

pub(crate) async fn find<S: CredentialSource>(
    source: &S,
    permit: &Permit,
    site: &Site,
    caller: &Caller,
) -> Result<Credential, Failure> {
    let found = source.credential(permit, site, caller).await;
    let credential = match found {
        Ok(credential) => credential,
        Err(error) => match last_used().filter(|_| mutant::is_on(Mutant::FallbackCredential)) {
            Some(other) => return Ok(other),
            None => return Err(failure(error, site)),
        },
    };
    remember(&credential);
    check(credential)
}

/// A renewed credential after a 401, if the source has one.
pub(crate) async fn renew<S: CredentialSource>(
    source: &S,
    permit: &Permit,
    site: &Site,
    caller: &Caller,
    rejected: &Credential,
) -> Option<Credential> {
    let renewed = source.refreshed(permit, site, caller, rejected).await?;
    check(renewed).ok()
}

fn failure(error: CredentialError, site: &Site) -> Failure {
    match error {
        CredentialError::Missing => denied(format!(
            "you have no credential for the site {}; nobody else's is used",
            site.name
        )),
        CredentialError::Ended => Failure::Reauthorize,
        CredentialError::Unavailable(reason) => denied(format!(
            "the credential for the site {} cannot be read: {reason}",
            site.name
        )),
    }
}

/// To the component the same word as any other refusal: it shall not learn whether a secret exists.
fn denied(reason: String) -> Failure {
    Failure::Denied(Box::new(Denial {
        rule: "host.credential".into(),
        reason,
        would_allow: None,
    }))
}

/// One scheme of two and one word: anything else could carry a second header.
fn check(credential: Credential) -> Result<Credential, Failure> {
    let value = credential.authorization.expose_secret();
    let word = value
        .strip_prefix("Basic ")
        .or_else(|| value.strip_prefix("Bearer "));
    if word.is_some_and(|word| {
        !word.is_empty() && word.bytes().all(|byte| matches!(byte, b'!'..=b'~'))
    }) {
        Ok(credential)
    } else {
        Err(denied(format!(
            "the credential {} is not `Basic …` or `Bearer …`",
            credential.name
        )))
    }
}

#[cfg(feature = "mutants")]
static LAST_USED: std::sync::Mutex<Option<Credential>> = std::sync::Mutex::new(None);

/// For [`Mutant::FallbackCredential`]; without the feature nothing is kept.
#[cfg(feature = "mutants")]
fn remember(credential: &Credential) {
    *LAST_USED
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(credential.clone());
}

#[cfg(feature = "mutants")]
fn last_used() -> Option<Credential> {
    LAST_USED
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .clone()
}

#[cfg(not(feature = "mutants"))]
const fn remember(_: &Credential) {}

#[cfg(not(feature = "mutants"))]
const fn last_used() -> Option<Credential> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(value: &str) -> Credential {
        Credential {
            name: "jira".into(),
            authorization: value.to_owned().into(),
            secrets: vec![],
        }
    }

    #[test]
    fn only_a_single_basic_or_bearer_word_is_a_credential() {
        for value in ["Basic dXNlcjp0b2tlbg==", "Bearer abc-_.~+/="] {
            assert!(check(credential(value)).is_ok(), "{value}");
        }
        for value in [
            "",
            "Bearer",
            "Bearer ",
            "bearer abc",
            "Digest abc",
            "abc",
            "Bearer a b",
            "Bearer a\r\nX: y",
            "Bearer a\n",
            "Bearer é",
        ] {
            let Err(Failure::Denied(denial)) = check(credential(value)) else {
                panic!("{value:?} was accepted")
            };
            assert!(!denial.reason.contains("abc"), "{denial}");
        }
    }

    #[test]
    fn a_component_cannot_tell_why_there_is_no_credential() {
        let site = Site::new(
            policy::SiteName::parse("acme").expect("a name"),
            policy::Origin::parse("https://acme.atlassian.net").expect("an origin"),
            vec![policy::Product::Jira],
        );
        for error in [
            CredentialError::Missing,
            CredentialError::Unavailable("the keyring is locked".into()),
        ] {
            assert!(matches!(failure(error, &site), Failure::Denied(_)));
        }
        assert_eq!(failure(CredentialError::Ended, &site), Failure::Reauthorize);
    }
}
