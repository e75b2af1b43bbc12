//! Reads `[principal.NAME]` and the `principals` of rules: names, and the ids of rules that there are.

use std::collections::{BTreeMap, BTreeSet};

use super::accept::{self, Accepted};
use super::reader::{At, Reader, Table};
use super::rule;
use crate::acceptance::About;
use crate::diagnostic::Problem;
use crate::principal::{ANYONE_ELSE, Section};
use crate::vocabulary::Principal;

/// Sections whose lines are not counted yet.
#[derive(Default)]
pub(super) struct Sections {
    pub(super) by_name: BTreeMap<Principal, Section>,
    pub(super) starts: BTreeMap<Principal, usize>,
    pub(super) accepted: Vec<Accepted>,
}

pub(super) fn read_all(reader: &mut Reader, top: &Table<'_>, rules: &[rule::Read]) -> Sections {
    let mut sections = Sections::default();
    let Some(all) = reader.table(top, "principal", "[principal.NAME]") else {
        return sections;
    };
    let known: Vec<&str> = rules.iter().map(|read| read.rule.id.as_str()).collect();
    for (key, value) in all.entries() {
        let Some(name) = read_name(reader, &key) else {
            continue;
        };
        let Some(table) = reader.as_table(&format!("[principal.{name}]"), &value) else {
            continue;
        };
        reader.refuse_unknown_keys(&table, &["rules", "accept"], &[]);
        if !table.has("rules") {
            reader.missing(
                &table,
                "rules",
                "list the only rules that this principal is to have:  rules = [\"…\"]",
            );
        }
        let about = About::Principal(name.to_string());
        let accepted = accept::read(reader, &table, &about);
        sections.accepted.extend(accepted);
        let as_known = |id: &str| known.contains(&id).then(|| id.to_owned());
        let Some(rules) = reader.words(&table, "rules", &known, as_known) else {
            continue;
        };
        sections.starts.insert(name.clone(), key.span.start);
        sections.by_name.insert(name, Section { rules, line: 0 });
    }
    sections
}

/// The `principals` of a rule.
pub(super) fn read_list(reader: &mut Reader, table: &Table<'_>) -> Option<BTreeSet<Principal>> {
    let names = reader.strings(table, "principals")?;
    let names = names.iter().filter_map(|name| read_name(reader, name));
    Some(names.collect())
}

fn read_name(reader: &mut Reader, name: &At<&str>) -> Option<Principal> {
    let problem = match Principal::parse(name.value) {
        Ok(principal) if principal.as_str() != ANYONE_ELSE => return Some(principal),
        Ok(_) => Problem::new(
            name.span.clone(),
            format!("`{ANYONE_ELSE}` stands for all principals that the file does not name"),
        )
        .help("name a principal; what is for everybody needs no name"),
        Err(error) => Problem::new(
            name.span.clone(),
            format!("{:?} is no name of a principal", name.value),
        )
        .help(error.to_string()),
    };
    reader.complain(problem);
    None
}
