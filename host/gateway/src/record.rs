//! Step 7, record: the line that every decision leaves.
//!
//! Order: a refusal is written at once. Before anything is sent the sink must say that it is
//! ready, and a request that can change something leaves an `intent` line first, so that even
//! a killed process has named it. The `decision` line follows the exchange. A line that cannot
//! be written stops the call. Bodies, header values and query values are never part of a line.

use std::collections::BTreeMap;
use std::time::Duration;

use policy::{Caller, Class, Method, Permit, Product, Refusal};
use serde::Serialize;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::ask::{Answer, Ask, Denial, Failure};
use crate::consent;
use crate::own::OWN_TOOL;
use crate::ports::{AuditError, AuditSink, Clock, Incoming, WireError};
use crate::redact::Redactors;

/// Fixed keys in a fixed order. The sink adds `seq`, `prev` and `mac`.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct AuditLine {
    pub v: u32,
    /// RFC 3339, UTC, milliseconds.
    pub ts: String,
    pub kind: LineKind,
    pub principal: String,
    pub call: String,
    pub tool: String,
    pub site: String,
    pub product: &'static str,
    /// Absent in the host's own requests, which may be made to find it out.
    pub deployment: Option<&'static str>,
    pub method: &'static str,
    /// Of the route; absent when the path means nothing to the policy.
    pub template: Option<String>,
    pub params: BTreeMap<String, String>,
    /// What was asked where no template stands for it; cut to a length with a hash.
    pub path: Option<String>,
    pub query_keys: Vec<String>,
    pub verdict: Verdict,
    pub rule: String,
    pub route: Option<String>,
    pub class: Option<&'static str>,
    /// Why it was refused, or how the exchange failed.
    pub reason: Option<String>,
    /// The call that asked a person about it; in the lines of questions, of their answers, and of what was agreed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// The credential's name.
    pub secret: Option<String>,
    /// The name of the origin that a redirect went to.
    pub redirect: Option<String>,
    pub policy: String,
    /// `audit` while the policy's audit mode lasts, in every line of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<&'static str>,
    pub component: String,
    pub addr: Option<String>,
    pub status: Option<u16>,
    pub req_bytes: u64,
    pub resp_bytes: u64,
    pub ms: u64,
    pub tries: u32,
    pub redactions: u64,
    pub operation: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum LineKind {
    /// A request that can change something is about to be sent.
    Intent,
    Decision,
    /// The one hop to a redirect origin that belongs to the decision before it.
    Redirect,
    /// A person has to agree first; nothing was sent.
    Asked,
    /// What the person said.
    Answered,
    /// Another policy holds from here on.
    Reload,
}

#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Allow,
    Deny,
}

/// The line of one decision while the decision is under way. Dropped unfinished, as when the
/// client goes away in the middle of an exchange, it writes itself down as abandoned.
pub(crate) struct Entry<'a, A: AuditSink, C: Clock> {
    audit: &'a A,
    clock: &'a C,
    line: AuditLine,
    started: Duration,
    permitted: bool,
    written: bool,
}

/// What stands in every line of one gateway.
#[derive(Clone, Debug)]
pub(crate) struct Digests {
    pub(crate) policy: String,
    pub(crate) mode: Option<&'static str>,
    pub(crate) component: String,
}

impl AuditLine {
    /// Refused by nobody in particular; whoever decides fills in the rest.
    pub fn blank(
        now_ms: u64,
        kind: LineKind,
        (principal, tool): (&str, &str),
        site: &str,
        product: Product,
        method: Method,
    ) -> Self {
        Self {
            v: 1,
            ts: timestamp(now_ms),
            kind,
            principal: principal.to_owned(),
            call: String::new(),
            tool: tool.to_owned(),
            site: site.to_owned(),
            product: product.as_str(),
            deployment: None,
            method: method.as_str(),
            template: None,
            params: BTreeMap::new(),
            path: None,
            query_keys: Vec::new(),
            verdict: Verdict::Deny,
            rule: "host".to_owned(),
            route: None,
            class: None,
            reason: None,
            question: None,
            secret: None,
            redirect: None,
            policy: String::new(),
            mode: None,
            component: String::new(),
            addr: None,
            status: None,
            req_bytes: 0,
            resp_bytes: 0,
            ms: 0,
            tries: 0,
            redactions: 0,
            operation: None,
        }
    }

    /// Somebody has answered the question of an earlier call.
    pub(crate) fn answered(
        now_ms: u64,
        digests: &Digests,
        (caller, call): (&Caller, &str),
        question: &str,
        answer: (Verdict, &str),
    ) -> Self {
        Self {
            product: "",
            method: "",
            call: call.to_owned(),
            verdict: answer.0,
            rule: consent::RULE.to_owned(),
            reason: Some(answer.1.to_owned()),
            question: Some(question.to_owned()),
            policy: digests.policy.clone(),
            mode: digests.mode,
            component: digests.component.clone(),
            ..Self::blank(
                now_ms,
                LineKind::Answered,
                (caller.principal.as_str(), &caller.tool),
                "",
                Product::Jira,
                Method::Get,
            )
        }
    }

    /// The host's own doing: of no site and no request.
    pub(crate) fn reload(now_ms: u64, old: &Digests, new: &Digests) -> Self {
        Self {
            product: "",
            method: "",
            verdict: Verdict::Allow,
            rule: "host.reload".to_owned(),
            reason: Some(format!("the policy was {} before", old.policy)),
            policy: new.policy.clone(),
            mode: new.mode,
            component: new.component.clone(),
            ..Self::blank(
                now_ms,
                LineKind::Reload,
                (OWN_TOOL, OWN_TOOL),
                "",
                Product::Jira,
                Method::Get,
            )
        }
    }
}

impl<'a, A: AuditSink, C: Clock> Entry<'a, A, C> {
    pub(crate) fn open(
        audit: &'a A,
        clock: &'a C,
        digests: &Digests,
        caller: &Caller,
        call: &str,
        ask: &Ask,
    ) -> Self {
        let line = AuditLine {
            call: call.to_owned(),
            deployment: (caller.tool != OWN_TOOL).then(|| ask.deployment.as_str()),
            path: Some(shortened(&format!("/{}", ask.segments.join("/")))),
            query_keys: ask
                .query
                .iter()
                .take(MOST_KEYS)
                .map(|(name, _)| shortened(name))
                .collect(),
            policy: digests.policy.clone(),
            mode: digests.mode,
            component: digests.component.clone(),
            operation: ask.operation.as_deref().map(shortened),
            ..AuditLine::blank(
                clock.now_ms(),
                LineKind::Decision,
                (caller.principal.as_str(), &caller.tool),
                ask.site.as_str(),
                ask.product,
                ask.method,
            )
        };
        Self::of_line(audit, clock, line)
    }

    pub(crate) fn of_line(audit: &'a A, clock: &'a C, line: AuditLine) -> Self {
        Self {
            audit,
            clock,
            line,
            started: clock.monotonic(),
            permitted: false,
            written: false,
        }
    }

    pub(crate) fn refused(&mut self, refusal: &Refusal) {
        self.line.route = refusal.route.as_ref().map(ToString::to_string);
        self.line.class = refusal.class.map(Class::as_str);
        self.meaning(refusal.template.clone(), &refusal.params);
    }

    pub(crate) fn permitted(&mut self, permit: &Permit) {
        self.permitted = true;
        self.line.verdict = Verdict::Allow;
        self.line.rule.clone_from(&permit.rule);
        self.line.route = Some(permit.route.to_string());
        self.line.class = Some(permit.class.as_str());
        self.meaning(Some(permit.template.clone()), &permit.params);
    }

    fn meaning(&mut self, template: Option<String>, params: &[(String, String)]) {
        if template.is_some() {
            self.line.path = None;
        }
        self.line.template = template;
        for (kind, value) in params {
            // Two parameters of one kind are told apart by their number.
            let same = self
                .line
                .params
                .keys()
                .filter(|known| known.split('#').next() == Some(kind))
                .count();
            let key = if same == 0 {
                kind.clone()
            } else {
                format!("{kind}#{}", same + 1)
            };
            self.line.params.insert(key, shortened(value));
        }
    }

    /// Which question it belongs to.
    pub(crate) fn question(&mut self, call: &str) {
        self.line.question = Some(call.to_owned());
    }

    pub(crate) fn credential(&mut self, name: &str) {
        self.line.secret = Some(name.to_owned());
    }

    /// The last moment before anything is sent: what could not be recorded is not sent.
    pub(crate) fn announce(&mut self, class: Class, request_bytes: u64) -> Result<(), Failure> {
        self.announced(class, request_bytes).map_err(unrecorded)
    }

    pub(crate) fn announced(&mut self, class: Class, request_bytes: u64) -> Result<(), AuditError> {
        self.audit.ready()?;
        if class == Class::Read {
            return Ok(());
        }
        let intent = AuditLine {
            kind: LineKind::Intent,
            req_bytes: request_bytes,
            ..self.line.clone()
        };
        self.audit.record(&intent)
    }

    pub(crate) fn sending(&mut self, request_bytes: u64) {
        self.line.tries += 1;
        self.line.req_bytes += request_bytes;
    }

    pub(crate) fn came_back(&mut self, incoming: &Incoming) {
        self.line.status = Some(incoming.status);
        self.line.addr = incoming.peer.map(|peer| peer.to_string());
        self.line.resp_bytes += incoming.body.len() as u64;
    }

    pub(crate) fn redactions(&mut self, hits: u64) {
        self.line.redactions += hits;
    }

    /// What the wire said of a failure; it may repeat a part of the answer.
    pub(crate) fn trouble(&mut self, text: &str, redactors: &Redactors) {
        let (text, hits) = redactors.redact_str(text);
        self.line.redactions += hits;
        self.line.reason = Some(shortened(&text));
    }

    /// The exchange ended in a redirect that is followed: its line is complete, and the hop
    /// goes on with a line of its own.
    pub(crate) fn hop(&mut self, name: &str) -> Result<(), Failure> {
        self.line.redirect = Some(name.to_owned());
        self.write().map_err(unrecorded)?;
        self.written = false;
        self.line.kind = LineKind::Redirect;
        self.line.ts = timestamp(self.clock.now_ms());
        self.line.secret = None;
        self.line.addr = None;
        self.line.status = None;
        self.line.req_bytes = 0;
        self.line.resp_bytes = 0;
        self.line.tries = 0;
        self.line.redactions = 0;
        self.started = self.clock.monotonic();
        self.audit.ready().map_err(unrecorded)
    }

    /// Writes the line. An answer that cannot be recorded is not handed out.
    pub(crate) fn close(mut self, outcome: Result<Answer, Failure>) -> Result<Answer, Failure> {
        match &outcome {
            Ok(_) => {}
            Err(failure @ Failure::Unconfirmed) => {
                self.line.kind = LineKind::Asked;
                self.line.verdict = Verdict::Deny;
                self.line.reason = Some(failure.to_string());
            }
            Err(Failure::Denied(denial)) => {
                let Denial { rule, reason, .. } = &**denial;
                self.line.verdict = Verdict::Deny;
                self.line.rule.clone_from(rule);
                self.line.reason = Some(shortened(reason));
            }
            Err(failure) => {
                if !self.permitted {
                    self.line.rule = host_rule(failure).to_owned();
                }
                if self.line.reason.is_none() {
                    self.line.reason = Some(shortened(&failure.to_string()));
                }
            }
        }
        self.write().map_err(|error| self.too_late(error))?;
        outcome
    }

    /// The end of an exchange whose answer nobody looks into.
    pub(crate) fn ended(mut self, outcome: &Result<Incoming, WireError>) -> Result<(), AuditError> {
        match outcome {
            Ok(incoming) => self.came_back(incoming),
            Err(error) => self.line.reason = Some(shortened(&error.to_string())),
        }
        self.write()
    }

    fn too_late(&self, error: AuditError) -> Failure {
        if self.line.tries > 0 && self.line.class != Some(Class::Read.as_str()) {
            Failure::Internal(format!(
                "{error}; the request was sent and may have been executed"
            ))
        } else {
            unrecorded(error)
        }
    }

    fn write(&mut self) -> Result<(), AuditError> {
        self.written = true;
        self.line.ms = millis(self.clock.monotonic().saturating_sub(self.started));
        self.audit.record(&self.line)
    }

    /// For [`crate::mutant::Mutant::LeakyLog`].
    pub(crate) fn leak(&mut self, secret: &str) {
        self.line.operation = Some(secret.to_owned());
    }
}

impl<A: AuditSink, C: Clock> Drop for Entry<'_, A, C> {
    fn drop(&mut self) {
        if !self.written {
            self.line.reason =
                Some("abandoned: the call ended before the answer was whole".to_owned());
            // Nobody is left to be told. The sink's `ready` says no from now on.
            let _ = self.write();
        }
    }
}

/// Enough to recognise a path or a key; the hash tells two long ones apart.
const LONGEST_TEXT: usize = 256;

const MOST_KEYS: usize = 32;

fn shortened(text: &str) -> String {
    if text.len() <= LONGEST_TEXT {
        return text.to_owned();
    }
    let end = (0..=LONGEST_TEXT)
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0);
    let digest: String = Sha256::digest(text)
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{}… ({} bytes, sha256:{digest})", &text[..end], text.len())
}

fn host_rule(failure: &Failure) -> &'static str {
    match failure {
        Failure::InvalidRequest(_) => "host.body",
        Failure::Budget => "host.budget",
        Failure::Cancelled => "host.cancelled",
        _ => "host",
    }
}

fn unrecorded(error: AuditError) -> Failure {
    Failure::Internal(error.to_string())
}

/// RFC 3339, UTC, milliseconds.
pub fn timestamp(now_ms: u64) -> String {
    let format =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(now_ms) * 1_000_000)
        .ok()
        .and_then(|at| at.format(&format).ok())
        .unwrap_or_else(|| format!("{now_ms} ms"))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
