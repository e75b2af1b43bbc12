//! Reads `accept = [{ code = "P006", reason = "…", until = 2027-01-31 }]`, for rules, denials and sites.

use toml::de::DeValue;

use super::reader::{At, Reader, Table};
use crate::acceptance::About;
use crate::check::CODES;
use crate::date::Day;
use crate::diagnostic::Problem;

/// An acceptance whose line is not counted yet.
pub(super) struct Accepted {
    pub(super) about: About,
    pub(super) code: String,
    pub(super) reason: String,
    pub(super) until: Day,
    pub(super) start: usize,
}

const HELP: &str = "write  accept = [{ code = \"P006\", reason = \"…\", until = 2027-01-31 }]";

pub(super) fn read(reader: &mut Reader, table: &Table<'_>, about: &About) -> Vec<Accepted> {
    let Some(value) = table.value("accept") else {
        return Vec::new();
    };
    let Some(array) = value.value.as_array() else {
        let _: Option<()> = reader.wrong_type("accept", "a list of tables", &value);
        return Vec::new();
    };
    let items = array.iter().map(|item| At {
        value: item.get_ref(),
        span: item.span(),
    });
    items
        .filter_map(|item| read_one(reader, &item, about))
        .collect()
}

fn read_one(reader: &mut Reader, item: &At<&DeValue<'_>>, about: &About) -> Option<Accepted> {
    let entry = reader.as_table("accept", item)?;
    reader.refuse_unknown_keys(&entry, &["code", "reason", "until"], &[]);
    for key in ["code", "reason", "until"] {
        if !entry.has(key) {
            reader.missing(&entry, key, HELP);
        }
    }
    let code = reader.string(&entry, "code");
    let reason = reader.string(&entry, "reason");
    let until = reader.day(&entry, "until");
    let (code, reason) = (code?, reason?);
    let known: Vec<&str> = CODES
        .iter()
        .map(|(code, _)| *code)
        .filter(|code| *code != "P000")
        .collect();
    if !known.contains(&code.value) {
        reader.unknown_word("code", &code, &known);
        return None;
    }
    if reason.value.trim().is_empty() {
        reader.complain(
            Problem::new(reason.span, "the reason is empty")
                .help("say why this may stay, for whoever reads the file next"),
        );
        return None;
    }
    Some(Accepted {
        about: about.clone(),
        code: code.value.to_owned(),
        reason: reason.value.to_owned(),
        until: until?,
        start: item.span.start,
    })
}
