//! The seven steps in order, and nothing else.

use std::sync::Arc;

use policy::{Manifest, Policy, SiteName};

use crate::ask::{Answer, Ask, Failure};
use crate::call::CallContext;
use crate::ports::{AuditSink, Clock, CredentialSource, Wire};

/// The way out for one policy and one component.
pub struct Gateway<W, C, A, S> {
    pub(crate) policy: Arc<Policy>,
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) wire: W,
    pub(crate) clock: C,
    pub(crate) audit: A,
    pub(crate) credentials: S,
}

impl<W: Wire, C: Clock, A: AuditSink, S: CredentialSource> Gateway<W, C, A, S> {
    pub fn new(
        policy: Arc<Policy>,
        manifest: Arc<Manifest>,
        wire: W,
        clock: C,
        audit: A,
        credentials: S,
    ) -> Self {
        Self {
            policy,
            manifest,
            wire,
            clock,
            audit,
            credentials,
        }
    }

    /// One exchange for the component. Any HTTP status is an answer.
    pub async fn send(&self, cx: &CallContext, ask: Ask) -> Result<Answer, Failure> {
        let _ = (cx, ask);
        Err(Failure::Internal("the gateway is being put together".into()))
    }

    /// One exchange for the host itself, by a built-in rule with a name.
    pub async fn send_own(&self, own: OwnRequest, site: &SiteName) -> Result<Answer, Failure> {
        let _ = (own, site);
        Err(Failure::Internal("the gateway is being put together".into()))
    }
}

/// What the host asks of a site on its own account: a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnRequest {
    /// Which deployment a Jira is: `GET /rest/api/2/serverInfo`.
    JiraServerInfo,
    /// Which deployment a Confluence is: `GET /rest/applinks/1.0/manifest`.
    ConfluenceManifest,
}
