//! `policy replay`: what another policy would have said to the requests that were really made.
//!
//! Asks the decision function again, in the order of time, and counts as the host does; judges nothing itself. What the log does not hold in full is counted and left.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::json;

use crate::Policy;
use crate::decide::Permit;
use crate::evaluate::{Request, Verdict};
use crate::log::{Log, Record, RecordedRequest};
use crate::manifest::Manifest;
use crate::rate::Rates;
use crate::vocabulary::{Method, Principal, SiteName};
use crate::writing::{Seen, WRITING, shown, times};

#[derive(Clone, Debug, Serialize)]
pub struct Replay {
    pub policy: String,
    pub digest: String,
    pub decisions: usize,
    pub same: usize,
    /// Decisions of which the log holds too little to ask again: a path or a list of query names that was cut.
    pub not_asked: usize,
    pub newly_denied: usize,
    pub newly_allowed: usize,
    /// Sent without a question, and a person would now be asked first.
    pub newly_asked: usize,
    pub changes: Vec<Changed>,
}

/// Requests of one kind that would now go the other way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    pub now: &'static str,
    pub principal: Principal,
    pub tool: String,
    pub site: SiteName,
    pub method: Method,
    pub path: String,
    /// The rule of the log.
    pub rule_then: String,
    /// `id (file:line)`, or the rule that refuses.
    pub rule_now: String,
    pub reason: String,
    #[serde(flatten)]
    pub seen: Seen,
}

const ALLOW: &str = "allow";
const DENY: &str = "deny";
const CONFIRM: &str = "confirm";

pub fn replay(log: &Log, policy: &Policy, manifest: &Manifest) -> Replay {
    let mut replay = Replay {
        policy: policy.file_name().to_owned(),
        digest: policy.digest(),
        decisions: log.records.len(),
        same: 0,
        not_asked: 0,
        newly_denied: 0,
        newly_allowed: 0,
        newly_asked: 0,
        changes: Vec::new(),
    };
    let mut changes: BTreeMap<(&str, Vec<&str>, Method, String), Changed> = BTreeMap::new();
    let mut rates = Rates::default();
    let mut records: Vec<&Record> = log.records.iter().collect();
    records.sort_by_key(|record| &record.ts);
    for record in records {
        let requests = record.requests(policy);
        if requests.is_empty() {
            replay.not_asked += 1;
            continue;
        }
        let Some((now, rule_now, reason)) =
            changed(record, &requests, policy, manifest, &mut rates)
        else {
            replay.same += 1;
            continue;
        };
        match now {
            ALLOW => replay.newly_allowed += 1,
            DENY => replay.newly_denied += 1,
            _ => replay.newly_asked += 1,
        }
        let words = vec![
            record.principal.as_str(),
            &record.tool,
            record.site.as_str(),
            &record.path,
            &record.rule,
        ];
        let key = (now, words, record.method, rule_now.clone());
        let change = changes.entry(key).or_insert_with(|| Changed {
            now,
            principal: record.principal.clone(),
            tool: record.tool.clone(),
            site: record.site.clone(),
            method: record.method,
            path: record.path.clone(),
            rule_then: record.rule.clone(),
            rule_now,
            reason,
            seen: Seen::none_like(record),
        });
        change.seen.add(record);
    }
    replay.changes = changes.into_values().collect();
    replay
}

/// What is decided now, by which rule and why, where it is something else.
fn changed(
    record: &Record,
    requests: &[RecordedRequest<'_>],
    policy: &Policy,
    manifest: &Manifest,
    rates: &mut Rates,
) -> Option<(&'static str, String, String)> {
    let mut permits = requests
        .iter()
        .filter_map(|request| policy.permit(manifest, record.by(), Request::of(request)));
    match (permits.next(), record.is_allowed) {
        (Some(permit), true) => misses_redirect(record, &permit, policy)
            .or_else(|| is_too_often(record, &permit, policy, rates))
            .map(|(rule, reason)| (DENY, rule, reason))
            .or_else(|| asks(record, &permit)),
        (None, false) => None,
        (Some(permit), false) => {
            let up_to = permit
                .request_max_bytes
                .filter(|_| record.body_bytes.is_none());
            let condition = up_to.map_or_else(String::new, |most| {
                format!(" if its body has at most {most} bytes, which the log does not tell")
            });
            let reason = format!("rule `{}` allows it{condition}", permit.rule);
            Some((ALLOW, place_of(policy, &permit.rule), reason))
        }
        (None, true) => {
            let verdict = policy.evaluate(manifest, record.by(), Request::of(requests.first()?));
            match verdict {
                Verdict::Deny(refusal) => {
                    Some((DENY, place_of(policy, &refusal.rule), refusal.reason))
                }
                Verdict::Allow(_) => None,
            }
        }
    }
}

/// What a person has said yes to, nobody need be asked about again.
fn asks(record: &Record, permit: &Permit) -> Option<(&'static str, String, String)> {
    let confirm = permit.confirm.as_ref().filter(|_| !record.is_confirmed)?;
    let rule = format!("{} ({})", confirm.rule, confirm.place);
    Some((CONFIRM, rule, "a person would be asked first".to_owned()))
}

/// A redirect that was followed and would now be refused is a denial too.
fn misses_redirect(record: &Record, permit: &Permit, policy: &Policy) -> Option<(String, String)> {
    let went_to = record.redirect.as_ref()?;
    let may_go = permit
        .redirect
        .as_ref()
        .is_some_and(|(name, _)| name == went_to);
    (!may_go).then(|| {
        let reason = format!("the answer's redirect to `{went_to}` would not be followed");
        (place_of(policy, &permit.rule), reason)
    })
}

/// More of this caller within a minute than the rule allows. What was not sent then is not counted now.
fn is_too_often(
    record: &Record,
    permit: &Permit,
    policy: &Policy,
    rates: &mut Rates,
) -> Option<(String, String)> {
    let used_up = rates
        .take(permit, &record.principal, record.unix_ms()?)
        .err()?;
    let reason = format!("the rule allows {} a minute for each caller", used_up.most);
    Some((place_of(policy, &permit.rule), reason))
}

fn place_of(policy: &Policy, id: &str) -> String {
    let mut rules = policy.rules().chain(policy.denies());
    rules
        .find(|rule| rule.id == id)
        .map_or_else(|| id.to_owned(), |rule| policy.place_of(rule))
}

impl Replay {
    /// 1 if any decision would be another one.
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.changes.is_empty())
    }

    pub fn human(&self) -> String {
        let mut text = String::new();
        for (now, title) in [
            (DENY, "newly denied"),
            (CONFIRM, "newly asked about"),
            (ALLOW, "newly allowed"),
        ] {
            let list: Vec<&Changed> = self
                .changes
                .iter()
                .filter(|change| change.now == now)
                .collect();
            if list.is_empty() {
                continue;
            }
            let all = list.iter().map(|change| change.seen.times).sum();
            writeln!(text, "{title} ({})\n", times(all)).expect(WRITING);
            for change in list {
                let sign = if now == ALLOW { '+' } else { '-' };
                writeln!(
                    text,
                    "{sign} {} {} of {}: {} {} on {}\n    then     {}\n    now      {}: {}\n    when     {} to {}, first in {}",
                    times(change.seen.times),
                    shown(&change.tool),
                    change.principal,
                    change.method,
                    shown(&change.path),
                    change.site,
                    shown(&change.rule_then),
                    change.rule_now,
                    change.reason,
                    shown(&change.seen.first),
                    shown(&change.seen.last),
                    change.seen.place
                )
                .expect(WRITING);
            }
            text.push('\n');
        }
        let asked = match self.newly_asked {
            0 => String::new(),
            many => format!(", {many} newly asked about"),
        };
        let cut = match self.not_asked {
            0 => String::new(),
            many => format!("; {many} could not be asked again, because the log has cut them"),
        };
        writeln!(
            text,
            "{} decisions under {}: {} as before, {} newly denied, {} newly allowed{asked}{cut}",
            self.decisions, self.policy, self.same, self.newly_denied, self.newly_allowed
        )
        .expect(WRITING);
        text
    }

    pub fn json(&self) -> String {
        format!("{:#}\n", json!(self))
    }
}
