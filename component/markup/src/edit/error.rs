//! Why an edit was not made.
//!
//! Decides the words; every one names what is there instead, for the next try.

use crate::doc::Format;
use crate::error::{ReadError, RestoreError, WriteError};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Restore(#[from] RestoreError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("{0} is edited as a whole; read it as Markdown, change that and write it back")]
    Whole(Format),
    #[error("there are no words to look for")]
    NoWords,
    #[error("no heading reads `{wanted}`; {}", listed("the headings are", .near))]
    NoHeading { wanted: String, near: Vec<String> },
    #[error(
        "{} headings read `{wanted}`; name the one you mean with those above it: {}", .all.len(), quoted(.all)
    )]
    ManyHeadings { wanted: String, all: Vec<String> },
    #[error(
        "the words `{wanted}` do not stand in one block; give them as they read, without marks and from one paragraph{}", nearest(.near)
    )]
    NoText { wanted: String, near: Vec<String> },
    #[error(
        "the words `{wanted}` stand {} times: {}; give more of the words around the one you mean, or replace every one", .places.len(), quoted(.places)
    )]
    ManyTexts { wanted: String, places: Vec<String> },
    #[error("no macro is called `{wanted}`; {}", listed("the macros are", .all))]
    NoMacro { wanted: String, all: Vec<String> },
    #[error("{count} macros are called `{wanted}`; give words that stand before the place instead")]
    ManyMacros { wanted: String, count: usize },
    #[error("which table? {}", listed("the tables begin with", .all))]
    WhichTable { all: Vec<String> },
    #[error("no row is `{wanted}`; {}", listed("the rows begin with", .all))]
    NoRow { wanted: String, all: Vec<String> },
    #[error("no column is `{wanted}`; {}", listed("the first row reads", .all))]
    NoColumn { wanted: String, all: Vec<String> },
}

/// The longest list that is given.
const LONGEST: usize = 12;

fn quoted(all: &[String]) -> String {
    let shown: Vec<String> = all
        .iter()
        .take(LONGEST)
        .map(|one| format!("`{one}`"))
        .collect();
    let more = match all.len().checked_sub(LONGEST) {
        None | Some(0) => String::new(),
        Some(more) => format!(" and {more} more"),
    };
    format!("{}{more}", shown.join(", "))
}

fn listed(what: &str, all: &[String]) -> String {
    if all.is_empty() {
        "there are none".to_owned()
    } else {
        format!("{what} {}", quoted(all))
    }
}

fn nearest(all: &[String]) -> String {
    if all.is_empty() {
        String::new()
    } else {
        format!("; nearest: {}", quoted(all))
    }
}
