//! Reads audit logs: one JSON object a line, as the host writes them. Decisions become [`Record`]s.
//!
//! Strict: a line that is not what the host writes is named with its number, and nothing is made of the rest. A guess
//! about a broken line would become a guess about what a policy does.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::Policy;
use crate::catalogue::catalogue;
use crate::date::{Day, MS_OF_DAY};
use crate::decide::{By, Subject};
use crate::explain::Question;
use crate::fit::BODY_HAS;
use crate::hold::{BEYOND_PATH, BodyView};
use crate::template::{Part, Template};
use crate::vocabulary::{Deployment, Method, Principal, Product, SiteName};

/// The decisions of one or more logs, in order.
#[derive(Clone, Debug, Default)]
pub struct Log {
    pub records: Vec<Record>,
}

/// One decision of the policy, as it was written down.
#[derive(Clone, Debug)]
pub struct Record {
    /// `audit.jsonl:12`
    pub place: String,
    pub ts: String,
    pub principal: Principal,
    pub call: String,
    pub tool: String,
    pub site: SiteName,
    pub product: Product,
    deployment: Option<Deployment>,
    pub method: Method,
    pub is_allowed: bool,
    pub rule: String,
    pub route: Option<String>,
    /// As the log has it: a template with parameters, or a bare path.
    pub path: String,
    pub query_names: Vec<String>,
    /// `None`: it was not sent, and the log does not say how long it would have been.
    pub body_bytes: Option<u64>,
    /// The name of the origin that the answer redirected to.
    pub redirect: Option<String>,
    /// A person was asked, and said yes.
    pub is_confirmed: bool,
    /// `None`: the log does not hold enough of the path, only that there was a request.
    segments: Option<Vec<String>>,
    template: Option<String>,
}

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenLine {
    pub place: String,
    pub what: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenLog {
    pub lines: Vec<BrokenLine>,
}

/// Keys that decisions are made of; what else stands in a line is left alone.
#[derive(Deserialize)]
struct Line {
    v: u32,
    ts: String,
    kind: String,
    principal: String,
    call: String,
    tool: String,
    site: String,
    product: String,
    /// Logs before this key was written do not have it.
    #[serde(default)]
    deployment: Option<String>,
    method: String,
    template: Option<String>,
    params: BTreeMap<String, String>,
    path: Option<String>,
    query_keys: Vec<String>,
    verdict: String,
    rule: String,
    route: Option<String>,
    redirect: Option<String>,
    reason: Option<String>,
    #[serde(default)]
    question: Option<String>,
    req_bytes: u64,
    tries: u64,
}

/// What the host writes beside decisions: the announcement of a write, the hop to another origin, a question to a person
/// and its answer, and the marks of the chain. Each belongs to a decision that has a line of its own, or to none.
const OTHER_KINDS: &[&str] = &[
    "intent", "redirect", "asked", "answered", "start", "anchor", "rotate", "reload", "end",
];

/// Who asks when the host itself wants to know something of a site; no policy has a say in that.
const HOST: &str = "host";

/// The host cuts longer lists of query names, so a list of this length may be half of the truth.
const MOST_NAMES: usize = 32;

impl Log {
    /// Adds the decisions of one file; the complaints name `file_name`.
    pub fn read(&mut self, text: &str, file_name: &str) -> Result<(), BrokenLog> {
        let mut broken = Vec::new();
        for (index, line) in text.lines().enumerate() {
            if line.is_empty() {
                continue;
            }
            let place = format!("{file_name}:{}", index + 1);
            match read_line(line, &place) {
                Ok(record) => self.records.extend(record),
                Err(what) => broken.push(BrokenLine { place, what }),
            }
        }
        if broken.is_empty() {
            Ok(())
        } else {
            Err(BrokenLog { lines: broken })
        }
    }

    /// The rules that allowed something.
    pub fn used_rules(&self) -> BTreeSet<String> {
        let allowed = self.records.iter().filter(|record| record.is_allowed);
        allowed.map(|record| record.rule.clone()).collect()
    }

    /// The time of the first decision.
    pub fn begins(&self) -> Option<&str> {
        self.records.iter().map(|record| record.ts.as_str()).min()
    }
}

impl Record {
    /// The same request, to be explained under another policy. `None` where the log has cut it.
    pub fn question(&self) -> Option<Question> {
        let segments = self.segments.as_ref()?;
        let path: String = segments.iter().flat_map(|segment| ["/", segment]).collect();
        let names = self.query_names.iter();
        Some(Question::Path {
            method: self.method.to_string(),
            site: self.site.to_string(),
            product: Some(self.product),
            path,
            query: names.map(|name| (name.clone(), String::new())).collect(),
            tool: Some(self.tool.clone()),
        })
    }

    pub(crate) fn by(&self) -> By<'_> {
        By {
            principal: &self.principal,
            tool: &self.tool,
        }
    }

    /// Of the time, which the host writes as `2026-11-22T08:00:00.000Z`.
    pub(crate) fn unix_ms(&self) -> Option<u64> {
        let (day, time) = self.ts.strip_suffix('Z')?.split_once('T')?;
        let numbers: Option<Vec<u64>> = time
            .split([':', '.'])
            .map(|part| part.parse().ok())
            .collect();
        let [hours, minutes, seconds, millis] = numbers?[..] else {
            return None;
        };
        let seconds = (hours * 60 + minutes) * 60 + seconds;
        Some(Day::parse(day)?.unix_days() * MS_OF_DAY + seconds * 1000 + millis)
    }

    /// The request, if the log holds all of it, once for each deployment that it may have been made to.
    pub(crate) fn requests<'r>(&'r self, policy: &Policy) -> Vec<RecordedRequest<'r>> {
        let Some(segments) = &self.segments else {
            return Vec::new();
        };
        if self.query_names.len() >= MOST_NAMES {
            return Vec::new();
        }
        self.deployments(policy)
            .into_iter()
            .map(|deployment| RecordedRequest {
                record: self,
                deployment,
                segments,
                query: self
                    .query_names
                    .iter()
                    .map(|name| (name.clone(), String::new()))
                    .collect(),
            })
            .collect()
    }

    /// Where the line does not name it, the route's row does, else the site.
    fn deployments(&self, policy: &Policy) -> Vec<Deployment> {
        if let Some(deployment) = self.deployment {
            return vec![deployment];
        }
        let rows = self
            .route
            .as_deref()
            .into_iter()
            .flat_map(|id| catalogue().by_id(id));
        let by_row: Vec<Deployment> = rows
            .filter(|row| Some(row.template.to_string()) == self.template)
            .filter_map(|row| row.deployment)
            .collect();
        let by_site = policy.site(&self.site).map_or_else(
            || Deployment::ALL.to_vec(),
            crate::Site::possible_deployments,
        );
        let both: Vec<Deployment> = by_site
            .iter()
            .copied()
            .filter(|deployment| by_row.contains(deployment))
            .collect();
        match (by_row.is_empty(), both.is_empty()) {
            (true, _) => by_site,
            // The site is no longer what it was; the decision will say so.
            (false, true) => by_row,
            (false, false) => both,
        }
    }
}

/// A request made of a record, to be decided on anew.
pub(crate) struct RecordedRequest<'r> {
    record: &'r Record,
    deployment: Deployment,
    segments: &'r [String],
    query: Vec<(String, String)>,
}

impl Subject for RecordedRequest<'_> {
    fn site(&self) -> &SiteName {
        &self.record.site
    }
    fn product(&self) -> Product {
        self.record.product
    }
    fn deployment(&self) -> Deployment {
        self.deployment
    }
    fn method(&self) -> Method {
        self.record.method
    }
    fn segments(&self) -> &[String] {
        self.segments
    }
    fn query(&self) -> &[(String, String)] {
        &self.query
    }
    fn body_len(&self) -> u64 {
        self.record.body_bytes.unwrap_or(0)
    }
    /// No log holds a body.
    fn body(&self) -> BodyView<'_> {
        BodyView::Unseen
    }
    fn narrow(
        &mut self,
        query: Option<Vec<(String, String)>>,
        _: Option<Vec<u8>>,
    ) -> Result<(), String> {
        self.query = query.unwrap_or_else(|| std::mem::take(&mut self.query));
        Ok(())
    }
}

/// `None` for a line that is no decision of the policy.
fn read_line(text: &str, place: &str) -> Result<Option<Record>, String> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| {
        if error.is_eof() {
            "the line breaks off; the process that wrote it was stopped in the middle".to_owned()
        } else {
            format!("not JSON: {error}")
        }
    })?;
    let kind = value.get("kind").and_then(serde_json::Value::as_str);
    if kind.is_some_and(|kind| OTHER_KINDS.contains(&kind)) {
        return Ok(None);
    }
    let line = Line::deserialize(value).map_err(|error| format!("not an audit line: {error}"))?;
    if line.v != 1 || line.kind != "decision" {
        return Err(format!(
            "a line of version {} and kind {:?}, which this program does not know",
            line.v, line.kind
        ));
    }
    let word = |what: &str, text: &str| format!("{what} {text:?} is none that the host writes");
    if line.tool == HOST {
        return Ok(None);
    }
    let is_allowed = match line.verdict.as_str() {
        "allow" => true,
        "deny" => false,
        other => return Err(word("verdict", other)),
    };
    // What the host refused by itself, no policy would have let through.
    if !is_allowed && (line.rule == "host" || line.rule.starts_with("host.")) {
        return Ok(None);
    }
    let site = SiteName::parse(&line.site).map_err(|_| word("site", &line.site))?;
    let principal =
        Principal::parse(&line.principal).map_err(|_| word("principal", &line.principal))?;
    let product = Product::parse(&line.product).ok_or_else(|| word("product", &line.product))?;
    let deployment = match &line.deployment {
        Some(name) => Some(Deployment::parse(name).ok_or_else(|| word("deployment", name))?),
        None => None,
    };
    let method = Method::parse(&line.method).ok_or_else(|| word("method", &line.method))?;
    let segments = match (&line.template, &line.path) {
        (Some(template), _) => Some(fill_template(template, &line.params)?),
        (None, Some(path)) => whole_path(path),
        (None, None) => return Err("the line has neither `template` nor `path`".to_owned()),
    };
    // What the body or the search named stands in no log, so such a refusal can't be decided on again.
    let is_of_body = |reason: &String| reason.starts_with(BEYOND_PATH);
    let segments = segments.filter(|_| is_allowed || !line.reason.as_ref().is_some_and(is_of_body));
    let path = line.template.clone().or(line.path).unwrap_or_default();
    // The log adds up what all tries sent.
    let body_bytes = match line.req_bytes.checked_div(line.tries) {
        None if !is_allowed => line.reason.as_deref().and_then(refused_length),
        sent => Some(sent.unwrap_or(0)),
    };
    Ok(Some(Record {
        place: place.to_owned(),
        ts: line.ts,
        principal,
        call: line.call,
        tool: line.tool,
        site,
        product,
        deployment,
        method,
        is_allowed,
        rule: line.rule,
        route: line.route,
        path,
        query_names: line.query_keys,
        body_bytes,
        redirect: line.redirect,
        is_confirmed: line.question.is_some(),
        segments,
        template: line.template,
    }))
}

/// Puts the parameters back into their places: `issue-key`, `issue-key#2` for the second of a kind.
pub fn fill_template(
    template: &str,
    params: &BTreeMap<String, String>,
) -> Result<Vec<String>, String> {
    let parsed = Template::parse(template)
        .map_err(|error| format!("the template {template:?} can't be read: {error}"))?;
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut segments = Vec::new();
    for part in parsed.parts() {
        let kind = match part {
            Part::Literal(word) => {
                segments.push(word.clone());
                continue;
            }
            Part::Kind(kind) => kind.as_str(),
            Part::OneOf(_) => ONE_OF,
        };
        let number = seen.entry(kind).or_default();
        *number += 1;
        let key = match *number {
            1 => kind.to_owned(),
            number => format!("{kind}#{number}"),
        };
        let value = params
            .get(&key)
            .ok_or_else(|| format!("the line has no value for `{key}` of {template:?}"))?;
        segments.push(value.clone());
    }
    Ok(segments)
}

/// From the sentence that refuses a body for its length.
fn refused_length(reason: &str) -> Option<u64> {
    let (digits, _) = reason.strip_prefix(BODY_HAS)?.split_once(' ')?;
    digits.parse().ok()
}

/// The name under which the value of `{a|b}` is written down.
const ONE_OF: &str = "one-of";

/// `None` where the log has cut the path.
fn whole_path(path: &str) -> Option<Vec<String>> {
    let is_cut = path.contains("… (") && path.ends_with(')');
    let rest = path.strip_prefix('/').filter(|_| !is_cut)?;
    Some(rest.split('/').map(str::to_owned).collect())
}

impl std::fmt::Display for BrokenLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const SHOWN: usize = 20;
        for line in self.lines.iter().take(SHOWN) {
            writeln!(f, "{}: {}", line.place, line.what)?;
        }
        if self.lines.len() > SHOWN {
            writeln!(f, "… and {} more", self.lines.len() - SHOWN)?;
        }
        f.write_str(
            "a log with broken lines is not used, since the rest may be wrong too; find out what happened to it, then \
             use a copy without these lines",
        )
    }
}

impl std::error::Error for BrokenLog {}
