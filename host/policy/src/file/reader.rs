//! Walks parsed TOML and collects every complaint, each with its span. Knows TOML's shapes, not the policy's words.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::date::Day;
use crate::diagnostic::{Problem, nearest};

/// A value with the place it stands at.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

#[derive(Default)]
pub(super) struct Reader {
    pub(super) problems: Vec<Problem>,
}

/// One table of the file, with what to call it in messages.
pub(super) struct Table<'a> {
    pub(super) table: &'a DeTable<'a>,
    pub(super) span: Range<usize>,
    pub(super) name: String,
}

impl<'a> Table<'a> {
    pub(super) fn of_file(table: &'a DeTable<'a>) -> Self {
        Self {
            table,
            span: 0..0,
            name: "the file".to_owned(),
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    pub(super) fn key_span(&self, key: &str) -> Range<usize> {
        self.table
            .get_key_value(key)
            .map_or_else(|| self.span.clone(), |(key, _)| key.span())
    }

    pub(super) fn value(&self, key: &str) -> Option<At<&'a DeValue<'a>>> {
        self.table.get(key).map(|value| At {
            value: value.get_ref(),
            span: value.span(),
        })
    }

    /// Entries in the order of the file.
    pub(super) fn entries(&self) -> Vec<(At<&'a str>, At<&'a DeValue<'a>>)> {
        let mut entries: Vec<_> = self
            .table
            .iter()
            .map(|(key, value)| {
                let key = At {
                    value: key.get_ref().as_ref(),
                    span: key.span(),
                };
                (
                    key,
                    At {
                        value: value.get_ref(),
                        span: value.span(),
                    },
                )
            })
            .collect();
        entries.sort_by_key(|(key, _)| key.span.start);
        entries
    }
}

impl Reader {
    pub(super) fn complain(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Every key that is not known is an error; one that a later version will know says so.
    pub(super) fn refuse_unknown_keys(
        &mut self,
        table: &Table<'_>,
        known: &[&str],
        later: &[(&str, &str)],
    ) {
        for (key, _) in table.entries() {
            if known.contains(&key.value) {
                continue;
            }
            let problem = match later.iter().find(|(name, _)| *name == key.value) {
                Some((name, why)) => Problem::new(
                    key.span,
                    format!(
                        "`{name}` in {} is not supported by this version yet",
                        table.name
                    ),
                )
                .help(format!("remove it: {why}")),
                None => {
                    let problem = Problem::new(
                        key.span,
                        format!(
                            "unknown key `{}` in {}",
                            key.value.escape_debug(),
                            table.name
                        ),
                    );
                    match nearest(key.value, known.iter().copied()) {
                        Some(word) => problem.help(format!("did you mean `{word}`?")),
                        None => problem.help(format!("known keys: {}", known.join(", "))),
                    }
                }
            };
            self.complain(problem);
        }
    }

    pub(super) fn missing(&mut self, table: &Table<'_>, key: &str, help: &str) {
        self.complain(
            Problem::new(table.span.clone(), format!("{} has no `{key}`", table.name)).help(help),
        );
    }

    pub(super) fn string<'a>(&mut self, table: &Table<'a>, key: &str) -> Option<At<&'a str>> {
        let value = table.value(key)?;
        self.as_string(key, &value)
    }

    pub(super) fn as_string<'a>(
        &mut self,
        what: &str,
        value: &At<&'a DeValue<'a>>,
    ) -> Option<At<&'a str>> {
        match value.value.as_str() {
            Some(text) => Some(At {
                value: text,
                span: value.span.clone(),
            }),
            None => self.wrong_type(what, "a string", value),
        }
    }

    pub(super) fn flag(&mut self, table: &Table<'_>, key: &str) -> Option<bool> {
        let value = table.value(key)?;
        match value.value.as_bool() {
            Some(flag) => Some(flag),
            None => self.wrong_type(key, "true or false", &value),
        }
    }

    /// A positive number of bytes.
    /// From 1 to `most`.
    pub(super) fn number(
        &mut self,
        table: &Table<'_>,
        key: &str,
        (most, what): (u64, &str),
    ) -> Option<u64> {
        let value = table.value(key)?;
        let number = value
            .value
            .as_integer()
            .and_then(|integer| u64::from_str_radix(integer.as_str(), integer.radix()).ok());
        match number {
            Some(number) if (1..=most).contains(&number) => Some(number),
            _ => self.wrong_type(key, what, &value),
        }
    }

    pub(super) fn day(&mut self, table: &Table<'_>, key: &str) -> Option<Day> {
        let value = table.value(key)?;
        let text = match value.value {
            DeValue::Datetime(date) => date.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => return self.wrong_type(key, "a day, like 2027-01-31", &value),
        };
        let day = Day::parse(&text);
        if day.is_none() {
            self.complain(
                Problem::new(value.span, format!("`{key}` is not a day"))
                    .help("write it like 2027-01-31"),
            );
        }
        day
    }

    pub(super) fn table<'a>(
        &mut self,
        parent: &Table<'a>,
        key: &str,
        name: &str,
    ) -> Option<Table<'a>> {
        let value = parent.value(key)?;
        self.as_table(name, &value)
    }

    pub(super) fn as_table<'a>(
        &mut self,
        name: &str,
        value: &At<&'a DeValue<'a>>,
    ) -> Option<Table<'a>> {
        match value.value.as_table() {
            Some(table) => Some(Table {
                table,
                span: value.span.clone(),
                name: name.to_owned(),
            }),
            None => self.wrong_type(name, "a table", value),
        }
    }

    /// The tables of `[[key]]`.
    pub(super) fn tables<'a>(&mut self, parent: &Table<'a>, key: &str) -> Vec<Table<'a>> {
        let Some(value) = parent.value(key) else {
            return Vec::new();
        };
        let name = format!("[[{key}]]");
        let Some(array) = value.value.as_array() else {
            let _: Option<()> =
                self.wrong_type(&name, &format!("written with two brackets, {name}"), &value);
            return Vec::new();
        };
        let items = array.iter().map(|item| At {
            value: item.get_ref(),
            span: item.span(),
        });
        items
            .filter_map(|item| self.as_table(&name, &item))
            .collect()
    }

    /// A list of different strings with at least one in it.
    pub(super) fn strings<'a>(&mut self, table: &Table<'a>, key: &str) -> Option<Vec<At<&'a str>>> {
        let value = table.value(key)?;
        let Some(array) = value.value.as_array() else {
            return self.wrong_type(key, "a list of strings, like [\"…\"]", &value);
        };
        let mut seen = BTreeSet::new();
        let mut words = Vec::new();
        for item in array.iter() {
            let item = At {
                value: item.get_ref(),
                span: item.span(),
            };
            let word = self.as_string(key, &item)?;
            if !seen.insert(word.value) {
                self.complain(Problem::new(
                    word.span.clone(),
                    format!("{:?} stands twice in `{key}`", word.value),
                ));
            }
            words.push(word);
        }
        if words.is_empty() {
            self.complain(
                Problem::new(value.span, format!("`{key}` is empty"))
                    .help("name at least one, or leave the key out"),
            );
            return None;
        }
        Some(words)
    }

    /// A list in which every word is read by `parse`; a word that is not read is an error with what there is.
    pub(super) fn words<T: Ord>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        known: &[&str],
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<BTreeSet<T>> {
        let words = self.strings(table, key)?;
        let mut parsed = BTreeSet::new();
        for word in words {
            match parse(word.value) {
                Some(value) => {
                    parsed.insert(value);
                }
                None => self.unknown_word(key, &word, known),
            }
        }
        Some(parsed)
    }

    pub(super) fn unknown_word(&mut self, key: &str, word: &At<&str>, known: &[&str]) {
        let problem = Problem::new(
            word.span.clone(),
            format!("`{key}` has no value {:?}", word.value),
        );
        self.complain(match nearest(word.value, known.iter().copied()) {
            Some(near) => problem.help(format!("did you mean \"{near}\"?")),
            None if known.is_empty() => problem.help("there are none"),
            None => problem.help(format!("there are {}", known.join(", "))),
        });
    }

    pub(super) fn wrong_type<T>(
        &mut self,
        what: &str,
        wanted: &str,
        value: &At<&DeValue<'_>>,
    ) -> Option<T> {
        self.complain(Problem::new(
            value.span.clone(),
            format!(
                "`{what}` is {wanted}, not {}",
                article(value.value.type_str())
            ),
        ));
        None
    }
}

fn article(type_name: &str) -> String {
    if type_name.starts_with(['a', 'i', 'o']) {
        format!("an {type_name}")
    } else {
        format!("a {type_name}")
    }
}
