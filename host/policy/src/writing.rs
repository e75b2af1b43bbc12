//! Words that several verbs print: what of a log may reach a terminal, and how often something was seen.

use serde::Serialize;

use crate::log::Record;

/// For `expect` where `write!` fills a string.
pub(crate) const WRITING: &str = "writing to a string does not fail";

/// A log, a file or a command line may hold anything; a terminal should not see it raw.
pub(crate) fn shown(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

/// `alice, bob`
pub(crate) fn joined<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let words: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    words.join(", ")
}

pub(crate) fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        many => format!("{many} times"),
    }
}

/// How often records of one kind stand in a log, from when to when, and where the first of them is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seen {
    pub times: usize,
    pub first: String,
    pub last: String,
    pub place: String,
}

impl Seen {
    /// Not yet: the record is still to be added.
    pub(crate) fn none_like(record: &Record) -> Self {
        Self {
            times: 0,
            first: record.ts.clone(),
            last: record.ts.clone(),
            place: record.place.clone(),
        }
    }

    pub(crate) fn add(&mut self, record: &Record) {
        self.times += 1;
        if record.ts < self.first {
            self.first.clone_from(&record.ts);
        }
        if record.ts > self.last {
            self.last.clone_from(&record.ts);
        }
    }
}
