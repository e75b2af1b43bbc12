//! What the host asks outside of any tool's call: who a credential belongs to, what stands at an address, a new token. A
//! closed list; the addresses follow from the site alone, so no policy file permits or forbids them, but each has a rule
//! with a name and leaves a line in the same record as every other decision.

use policy::{Class, Deployment, Method, Product};

use crate::own::OWN_TOOL;
use crate::ports::{AuditError, AuditSink, Clock, Incoming, Outgoing, Wire, WireError};
use crate::record::{AuditLine, Entry, LineKind, Verdict};

/// One request of the closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// The cloud id of a site.
    TenantInfo,
    /// Which deployment a Jira is.
    JiraServerInfo,
    /// Whom Jira takes the credential for.
    JiraMyself,
    /// Whom Confluence takes the credential for.
    ConfluenceCurrentUser,
    /// New tokens from the login server.
    Token,
    /// Which sites a consent is for.
    AccessibleResources,
    /// Where the login server of clients has its keys.
    IssuerMetadata,
    /// The keys that the login server of clients signs with.
    IssuerKeys,
}

impl Errand {
    pub const ALL: [Self; 8] = [
        Self::TenantInfo,
        Self::JiraServerInfo,
        Self::JiraMyself,
        Self::ConfluenceCurrentUser,
        Self::Token,
        Self::AccessibleResources,
        Self::IssuerMetadata,
        Self::IssuerKeys,
    ];

    /// The id of the rule, as it stands in the audit record.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::TenantInfo => "host-tenant-info",
            Self::JiraServerInfo => "host-jira-server-info",
            Self::JiraMyself => "host-jira-myself",
            Self::ConfluenceCurrentUser => "host-confluence-current-user",
            Self::Token => "host-token",
            Self::AccessibleResources => "host-accessible-resources",
            Self::IssuerMetadata => "host-issuer-metadata",
            Self::IssuerKeys => "host-issuer-keys",
        }
    }

    /// `None`: it is not of one product.
    pub const fn product(self) -> Option<Product> {
        match self {
            Self::JiraServerInfo | Self::JiraMyself => Some(Product::Jira),
            Self::ConfluenceCurrentUser => Some(Product::Confluence),
            Self::TenantInfo
            | Self::Token
            | Self::AccessibleResources
            | Self::IssuerMetadata
            | Self::IssuerKeys => None,
        }
    }

    pub const fn method(self) -> Method {
        match self {
            Self::Token => Method::Post,
            _ => Method::Get,
        }
    }

    /// Below the product's own path; `None` where this deployment is not asked for it.
    pub const fn path(self, deployment: Deployment) -> Option<&'static str> {
        Some(match (self, deployment) {
            (Self::TenantInfo, Deployment::Cloud) => "/_edge/tenant_info",
            (Self::JiraServerInfo, _) => "/rest/api/2/serverInfo",
            (Self::JiraMyself, Deployment::Cloud) => "/rest/api/3/myself",
            (Self::JiraMyself, Deployment::DataCenter) => "/rest/api/2/myself",
            (Self::ConfluenceCurrentUser, _) => "/rest/api/user/current",
            (Self::Token, Deployment::Cloud) => "/oauth/token",
            (Self::Token, Deployment::DataCenter) => "/rest/oauth2/latest/token",
            (Self::AccessibleResources, Deployment::Cloud) => "/oauth/token/accessible-resources",
            (Self::TenantInfo | Self::AccessibleResources, Deployment::DataCenter) => return None,
            // Of no site: where they are stands in issuer.toml.
            (Self::IssuerMetadata | Self::IssuerKeys, _) => return None,
        })
    }

    /// A token endpoint spends what it is sent.
    const fn class(self) -> Class {
        match self {
            Self::Token => Class::Write,
            _ => Class::Read,
        }
    }
}

/// Why an errand came back with nothing.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ErrandError {
    #[error(transparent)]
    Wire(#[from] WireError),
    /// Nothing was sent, or what came back is not handed out.
    #[error(transparent)]
    Audit(#[from] AuditError),
}

/// Sends `out` and writes it down; what cannot be written down is not sent.
pub async fn run<W: Wire, C: Clock, A: AuditSink>(
    wire: &W,
    clock: &C,
    audit: &A,
    errand: Errand,
    out: Outgoing<'_>,
) -> Result<Incoming, ErrandError> {
    let product = errand.product().or(out.site.products.first().copied());
    let path = out.url.strip_prefix(&out.origin.to_string());
    let path = path.and_then(|rest| rest.split('?').next());
    let line = AuditLine {
        verdict: Verdict::Allow,
        rule: errand.rule().to_owned(),
        route: Some(format!("own.{}", errand.rule())),
        class: Some(errand.class().as_str()),
        path: path.map(str::to_owned),
        redirect: None,
        ..AuditLine::blank(
            clock.now_ms(),
            LineKind::Decision,
            (PRINCIPAL, OWN_TOOL),
            out.site.name.as_str(),
            product.unwrap_or(Product::Jira),
            errand.method(),
        )
    };
    let mut entry = Entry::of_line(audit, clock, line);
    let request_bytes = out.body.as_ref().map_or(0, |body| body.len() as u64);
    entry.announced(errand.class(), request_bytes)?;
    entry.sending(request_bytes);
    let outcome = wire.exchange(out).await;
    entry.ended(&outcome)?;
    Ok(outcome?)
}

/// Whoever started the process.
const PRINCIPAL: &str = "local";
