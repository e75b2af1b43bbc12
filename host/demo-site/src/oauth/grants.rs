//! What was handed out and what is still good: codes, access tokens, and families of refresh tokens. Time comes in as an
//! argument, so that ten minutes pass in no time in the tests.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::TokenLife;
use crate::running::random_token;

/// What a token request is given.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) access: String,
    pub(super) seconds: u64,
    pub(super) refresh: Option<String>,
    pub(super) scope: String,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Never given out, or spent too long ago.
    Unknown,
    /// The login that it belongs to was ended.
    Ended,
}

/// One login: all tokens that came from one consent.
type Family = u64;

struct Code {
    redirect: String,
    /// Of PKCE (RFC 7636); empty when the client sent none.
    challenge: String,
    scope: String,
}

struct Refresh {
    family: Family,
    redirect: String,
    scope: String,
    spent: Option<Instant>,
}

pub(super) struct Grants {
    life: TokenLife,
    codes: BTreeMap<String, Code>,
    refresh: BTreeMap<String, Refresh>,
    access: BTreeMap<String, (Option<Family>, Instant)>,
    ended: BTreeSet<Family>,
    families: Family,
}

impl Grants {
    pub(super) fn new(life: TokenLife) -> Self {
        Self {
            life,
            codes: BTreeMap::new(),
            refresh: BTreeMap::new(),
            access: BTreeMap::new(),
            ended: BTreeSet::new(),
            families: 0,
        }
    }

    pub(super) fn code(&mut self, redirect: &str, challenge: &str, scope: &str) -> String {
        let code = random_token();
        self.codes.insert(
            code.clone(),
            Code {
                redirect: redirect.to_owned(),
                challenge: challenge.to_owned(),
                scope: scope.to_owned(),
            },
        );
        code
    }

    pub(super) fn redeem(
        &mut self,
        code: &str,
        redirect: &str,
        verifier: &str,
        now: Instant,
    ) -> Result<Tokens, Refusal> {
        let code = self.codes.remove(code).ok_or(Refusal::Ended)?;
        let expected = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let is_proven = code.challenge.is_empty() || code.challenge == expected;
        if code.redirect != redirect || !is_proven {
            return Err(Refusal::Ended);
        }
        self.families += 1;
        Ok(self.issue(self.families, code.redirect, code.scope, now))
    }

    pub(super) fn refresh(
        &mut self,
        token: &str,
        redirect: Option<&str>,
        now: Instant,
    ) -> Result<Tokens, Refusal> {
        let known = self.refresh.get_mut(token).ok_or(Refusal::Unknown)?;
        if self.ended.contains(&known.family)
            || redirect.is_some_and(|given| given != known.redirect)
        {
            return Err(Refusal::Ended);
        }
        let spent = *known.spent.get_or_insert(now);
        if now.duration_since(spent) > self.life.leeway {
            self.ended.insert(known.family);
            return Err(Refusal::Unknown);
        }
        let (family, redirect, scope) = (known.family, known.redirect.clone(), known.scope.clone());
        Ok(self.issue(family, redirect, scope, now))
    }

    pub(super) fn for_client(&mut self, now: Instant) -> Tokens {
        Tokens {
            access: self.access(None, now),
            seconds: self.life.access.as_secs(),
            refresh: None,
            scope: "read:jira-work".to_owned(),
        }
    }

    pub(super) fn is_good(&self, access: &str, now: Instant) -> bool {
        self.access.get(access).is_some_and(|(family, until)| {
            now < *until && family.is_none_or(|family| !self.ended.contains(&family))
        })
    }

    fn issue(&mut self, family: Family, redirect: String, scope: String, now: Instant) -> Tokens {
        let refresh = random_token();
        self.refresh.insert(
            refresh.clone(),
            Refresh {
                family,
                redirect,
                scope: scope.clone(),
                spent: None,
            },
        );
        Tokens {
            access: self.access(Some(family), now),
            seconds: self.life.access.as_secs(),
            refresh: Some(refresh),
            scope,
        }
    }

    fn access(&mut self, family: Option<Family>, now: Instant) -> String {
        let token = random_token();
        // An instant that the clock cannot hold never comes.
        let until = now
            .checked_add(self.life.access)
            .unwrap_or(now + Duration::from_secs(86_400));
        self.access.insert(token.clone(), (family, until));
        token
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests end where a value is missing")]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn login(grants: &mut Grants, now: Instant) -> Tokens {
        let code = grants.code("http://localhost:1/", "", "a");
        grants
            .redeem(&code, "http://localhost:1/", "", now)
            .unwrap()
    }

    #[test]
    fn a_spent_token_is_taken_ten_minutes_longer_and_then_ends_the_login() {
        let now = Instant::now();
        let mut grants = Grants::new(TokenLife::default());
        let first = login(&mut grants, now).refresh.unwrap();
        let second = grants.refresh(&first, None, now).unwrap();
        let again = grants.refresh(&first, None, now + 9 * MINUTE).unwrap();
        assert_ne!(second.refresh, again.refresh);
        let late = now + 11 * MINUTE;
        assert!(grants.is_good(&again.access, late));
        assert_eq!(
            grants.refresh(&first, None, late).unwrap_err(),
            Refusal::Unknown
        );
        assert!(!grants.is_good(&again.access, late));
        let last = again.refresh.unwrap();
        assert_eq!(
            grants.refresh(&last, None, late).unwrap_err(),
            Refusal::Ended
        );
    }

    #[test]
    fn logins_do_not_end_each_other() {
        let now = Instant::now();
        let mut grants = Grants::new(TokenLife::default());
        let (one, two) = (
            login(&mut grants, now).refresh.unwrap(),
            login(&mut grants, now).refresh.unwrap(),
        );
        grants.refresh(&one, None, now).unwrap();
        grants.refresh(&one, None, now + 11 * MINUTE).unwrap_err();
        assert!(grants.refresh(&two, None, now + 11 * MINUTE).is_ok());
    }

    #[test]
    fn a_code_needs_its_address_and_its_proof() {
        let now = Instant::now();
        let mut grants = Grants::new(TokenLife::default());
        // The example of RFC 7636, appendix B.
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        for (redirect, proof, good) in [
            ("http://localhost:1/", verifier, true),
            ("http://localhost:1/", "another", false),
            ("http://localhost:1/", "", false),
            ("http://localhost:2/", verifier, false),
        ] {
            let code = grants.code("http://localhost:1/", challenge, "a");
            assert_eq!(
                grants.redeem(&code, redirect, proof, now).is_ok(),
                good,
                "{redirect} {proof}"
            );
        }
    }

    #[test]
    fn data_center_compares_the_address_on_refresh() {
        let now = Instant::now();
        let mut grants = Grants::new(TokenLife::default());
        let token = login(&mut grants, now).refresh.unwrap();
        assert_eq!(
            grants.refresh(&token, Some(""), now).unwrap_err(),
            Refusal::Ended
        );
        assert!(
            grants
                .refresh(&token, Some("http://localhost:1/"), now)
                .is_ok()
        );
    }
}
