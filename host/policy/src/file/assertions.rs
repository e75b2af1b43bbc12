//! Reads a file of assertions: `[[denied]]` and `[[allowed]]`, in the words of `[[deny]]` and `[[rule]]`, or as one
//! concrete request.

use super::reader::{Reader, Table};
use super::site::Sites;
use super::{open, plain, principal, read_version, rule};
use crate::Policy;
use crate::diagnostic::{Diagnostics, Problem, position};
use crate::rule::{Effect, Rule};
use crate::vocabulary::{Principal, is_name};

/// One claim about a policy, before it is put to the test.
pub(crate) struct Assertion {
    pub(crate) id: String,
    pub(crate) effect: Effect,
    pub(crate) claim: Claim,
    pub(crate) line: usize,
}

pub(crate) enum Claim {
    /// All requests that a rule or a denial of these words would be about.
    Set(Box<Rule>),
    /// One request, by one of these tools; without tools, by any.
    Request {
        method: String,
        url: String,
        tools: Vec<String>,
        /// Without any, by anybody.
        principals: Vec<Principal>,
    },
}

const TABLES: [(&str, Effect); 2] = [("allowed", Effect::Allow), ("denied", Effect::Deny)];

/// The sites are those of the policy that the assertions are about.
pub(crate) fn read(
    text: &str,
    file_name: &str,
    policy: &Policy,
) -> Result<Vec<Assertion>, Diagnostics> {
    let text = plain(text);
    let fail = |problems| Diagnostics::new(file_name, &text, problems);
    let document = open(&text).map_err(|problem| fail(vec![problem]))?;
    let mut reader = Reader::default();
    let top = Table::of_file(document.get_ref());
    reader.refuse_unknown_keys(&top, &["version", "allowed", "denied"], &[]);
    read_version(&mut reader, &top);
    let sites = Sites::of_policy(policy);
    let mut assertions = Vec::new();
    for (key, effect) in TABLES {
        for table in reader.tables(&top, key) {
            let read = read_one(&mut reader, &table, effect, &sites);
            assertions.extend(read.map(|(id, claim)| Assertion {
                id,
                effect,
                claim,
                line: position(&text, table.span.start).0,
            }));
        }
    }
    if assertions.is_empty() && reader.problems.is_empty() {
        let help = "add one, for example:  [[denied]]  id = \"nobody-deletes\"  site = \"*\"  classes = [\"delete\"]";
        reader.complain(Problem::new(0..0, "the file asserts nothing").help(help));
    }
    if reader.problems.is_empty() {
        Ok(assertions)
    } else {
        Err(fail(reader.problems))
    }
}

fn read_one(
    reader: &mut Reader,
    table: &Table<'_>,
    effect: Effect,
    sites: &Sites,
) -> Option<(String, Claim)> {
    if !table.has("request") {
        let read = rule::read(reader, table, effect, sites)?;
        return Some((read.rule.id.clone(), Claim::Set(Box::new(read.rule))));
    }
    reader.refuse_unknown_keys(table, &["id", "request", "tools", "principals"], &[]);
    if !table.has("id") {
        reader.missing(table, "id", "the report names each assertion by this id");
    }
    let id = reader.string(table, "id");
    let request = reader.string(table, "request")?;
    let tools = reader.strings(table, "tools").unwrap_or_default();
    let principals = principal::read_list(reader, table).unwrap_or_default();
    let Some((method, url)) = request.value.split_once(' ') else {
        let help = "write it like  request = \"GET https://acme.atlassian.net/rest/api/3/myself\"";
        reader.complain(Problem::new(request.span, "not a method and a URL").help(help));
        return None;
    };
    let id = id?;
    if !is_name(id.value) {
        reader.complain(Problem::new(
            id.span,
            format!("{:?} is no id for an assertion", id.value),
        ));
        return None;
    }
    let claim = Claim::Request {
        method: method.to_owned(),
        url: url.to_owned(),
        tools: tools.iter().map(|tool| tool.value.to_owned()).collect(),
        principals: principals.into_iter().collect(),
    };
    Some((id.value.to_owned(), claim))
}
