//! Decides when a login with refresh tokens is renewed, and by whom. Many processes share one login whose refresh token
//! can be spent once, so: one lock for the machine, what is stored is read again under it, and the new tokens are on
//! disk before anybody uses them. Nothing is ever deleted here.
//!
//! A process that is killed after the server answered and before the record was written leaves a spent token behind.
//! Atlassian takes it for ten more minutes, and the next process spends it again; if that is too late, the record is
//! kept, marked as ended.

use std::sync::Arc;
use std::time::SystemTime;

use policy::SiteName;
use secrecy::SecretString;
use tokio::sync::Mutex;

use super::provider::Provider;
use super::{Grant, GrantError, Granted, RenewalError, is_fresh, is_same, request};
use crate::login::exchange::Errands;
use crate::store::{OAuthTokens, Record, RecordId, Stamp, Store, StoreError};

pub(crate) struct Session {
    pub(crate) errands: Arc<Errands>,
    pub(crate) store: Arc<Store>,
    pub(crate) record: RecordId,
    pub(crate) provider: Provider,
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    /// What this process saw last, and of which record. Its lock also makes calls side by side wait for one renewal.
    pub(crate) seen: Mutex<Option<(Stamp, OAuthTokens)>>,
}

impl Session {
    pub(super) async fn access(&self) -> Result<SecretString, RenewalError> {
        self.token(None).await
    }

    pub(super) async fn after(&self, refused: &SecretString) -> Result<SecretString, RenewalError> {
        self.token(Some(refused)).await
    }

    /// From memory, else from the store, else from the login server.
    async fn token(&self, refused: Option<&SecretString>) -> Result<SecretString, RenewalError> {
        let is_good = |tokens: &OAuthTokens| {
            is_fresh(tokens.expires_at) && !tokens.has_ended && !is_same(&tokens.access, refused)
        };
        let mut seen = self.seen.lock().await;
        // A logout and another login count at once, so memory is good for the very record it was read from.
        let stamp = self.store.stamp(&self.record.site);
        if let Some((of, tokens)) = seen.as_ref()
            && Some(of) == stamp.as_ref()
            && is_good(tokens)
        {
            return Ok(tokens.access.clone());
        }
        let mut stamp = stamp;
        let mut tokens = self.read().await?;
        if !is_good(&tokens) {
            let _alone = self.store.lock(&self.record.site).await?;
            tokens = self.read().await?;
            // Another process was first while this one waited.
            if !is_good(&tokens) {
                tokens = self.renew(tokens).await?;
            }
            stamp = self.store.stamp(&self.record.site);
        }
        let access = tokens.access.clone();
        *seen = stamp.map(|stamp| (stamp, tokens));
        Ok(access)
    }

    /// What was granted; empty when the login server did not say.
    pub(super) async fn scopes(&self) -> Result<Vec<String>, RenewalError> {
        Ok(self.read().await?.scopes)
    }

    /// The tokens as they are kept, and since when.
    pub(crate) async fn life(&self) -> Result<(OAuthTokens, SystemTime), RenewalError> {
        let stamp = self.store.stamp(&self.record.site);
        let stamp = stamp.ok_or_else(|| StoreError::Missing(self.record.site.clone()))?;
        Ok((self.read().await?, stamp.written))
    }

    async fn read(&self) -> Result<OAuthTokens, RenewalError> {
        match self.store.read(&self.record).await? {
            Record::OAuth(tokens) => Ok(tokens),
            Record::Token(_) => Err(other_kind(&self.record.site)),
        }
    }

    /// Under the lock.
    async fn renew(&self, old: OAuthTokens) -> Result<OAuthTokens, RenewalError> {
        if old.has_ended {
            return Err(RenewalError::Ended("it said so before".to_owned()));
        }
        let granted = match self.ask(&old).await {
            // Whether the server got the request is unknown. If it did, the same token is good for ten more minutes.
            Err(GrantError::Outage(_)) => self.ask(&old).await,
            other => other,
        };
        let tokens = match granted {
            Ok(granted) => OAuthTokens {
                client_secret: old.client_secret,
                refresh: granted.refresh.unwrap_or(old.refresh),
                access: granted.access,
                expires_at: granted.expires_at,
                generation: old.generation + 1,
                scopes: if granted.scopes.is_empty() {
                    old.scopes
                } else {
                    granted.scopes
                },
                has_ended: false,
            },
            Err(GrantError::Ended(reason)) => {
                let ended = OAuthTokens {
                    has_ended: true,
                    ..old
                };
                self.store
                    .write(&self.record, &Record::OAuth(ended))
                    .await?;
                return Err(RenewalError::Ended(reason));
            }
            Err(error) => return Err(error.into()),
        };
        self.store
            .write(&self.record, &Record::OAuth(tokens.clone()))
            .await?;
        Ok(tokens)
    }

    async fn ask(&self, old: &OAuthTokens) -> Result<Granted, GrantError> {
        let grant = Grant::Refresh {
            token: &old.refresh,
            redirect_uri: &self.redirect_uri,
        };
        let secret = old.client_secret.as_ref();
        request(
            &self.errands,
            &self.provider,
            &self.client_id,
            secret,
            &grant,
        )
        .await
    }
}

fn other_kind(site: &SiteName) -> RenewalError {
    StoreError::OtherKind(site.clone()).into()
}
