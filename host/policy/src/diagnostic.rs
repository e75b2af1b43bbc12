//! What is wrong with a policy file, said as a compiler says it: place, line, caret, and what to write instead.

use std::fmt;
use std::ops::Range;

use serde::Serialize;

/// One thing that is wrong, at one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    pub message: String,
    pub help: Option<String>,
    /// The line itself, and how many characters of it the caret covers.
    #[serde(skip)]
    excerpt: String,
    #[serde(skip)]
    width: usize,
}

/// Everything that is wrong with a file. Such a file is not used at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostics {
    pub file_name: String,
    pub list: Vec<Diagnostic>,
}

/// A complaint before its place is worked out.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Problem {
    pub(crate) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Diagnostics {
    pub(crate) fn new(file_name: &str, text: &str, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.span.start);
        let list = problems
            .into_iter()
            .map(|problem| Diagnostic::place(text, problem))
            .collect();
        Self {
            file_name: file_name.to_owned(),
            list,
        }
    }
}

impl Diagnostic {
    fn place(text: &str, problem: Problem) -> Self {
        let start = floor_boundary(text, problem.span.start);
        let (line, column) = position(text, start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let end = floor_boundary(text, problem.span.end).clamp(start, line_end);
        Self {
            line,
            column,
            message: problem.message,
            help: problem.help,
            excerpt: printable(&text[line_start..line_end]),
            width: text[start..end].chars().count().max(1),
        }
    }
}

/// Line and column of a byte offset, both from 1.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..floor_boundary(text, offset)];
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    (line, column)
}

/// The word that was probably meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edit distance with swaps of neighbours (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) =
        (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1)
                .min(row[j - 1] + 1)
                .min(rows[i - 1][j - 1] + changed);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

fn floor_boundary(text: &str, offset: usize) -> usize {
    let offset = offset.min(text.len());
    (0..=offset)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

/// A file may hold anything; a terminal should not see it raw, nor a megabyte of it.
fn printable(line: &str) -> String {
    line.chars()
        .take(160)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.list.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            let gutter = " ".repeat(item.line.to_string().len());
            writeln!(f, "error: {}", item.message)?;
            writeln!(
                f,
                "{gutter}--> {}:{}:{}",
                self.file_name, item.line, item.column
            )?;
            writeln!(f, "{gutter} |")?;
            writeln!(f, "{} | {}", item.line, item.excerpt)?;
            writeln!(
                f,
                "{gutter} | {}{}",
                " ".repeat(item.column - 1),
                "^".repeat(item.width)
            )?;
            if let Some(help) = &item.help {
                writeln!(f, "{gutter} = help: {help}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_near() {
        let known = ["origin", "deployment", "products", "addresses"];
        assert_eq!(nearest("orgin", known), Some("origin"));
        assert_eq!(nearest("product", known), Some("products"));
        assert_eq!(nearest("adresses", known), Some("addresses"));
        assert_eq!(nearest("secret", known), None);
        // One slip in three letters is believed, and one in a short word.
        assert_eq!(nearest("orgn", known), None);
        assert_eq!(nearest("oregim", known), Some("origin"));
        assert_eq!(nearest("jra", ["jira"]), Some("jira"));
        assert_eq!(nearest("jrx", ["jira"]), None);
        assert_eq!(distance("ab", "ba"), 1);
    }

    #[test]
    fn complaints_are_parted_by_a_line_and_nothing_else() {
        let text = "\n".repeat(9) + "abö cd\tef\ngh";
        let problems = vec![
            Problem::new(16..99, "two").help("do it"),
            Problem::new(11..13, "one"),
        ];
        let told = Diagnostics::new("policy.toml", &text, problems);
        assert_eq!(
            told.to_string(),
            "error: one\n  --> policy.toml:10:3\n   |\n10 | abö cd ef\n   |   ^\n\n\
             error: two\n  --> policy.toml:10:7\n   |\n10 | abö cd ef\n   |       ^^^\n   = help: do it\n"
        );
    }

    #[test]
    fn places_are_counted_in_characters_and_never_split_one() {
        let text = "a = 1\nöö = 2\n";
        assert_eq!(position(text, 6), (2, 1));
        assert_eq!(position(text, 11), (2, 4));
        assert_eq!(position(text, 7), (2, 1));
        assert_eq!(position(text, 999), (3, 1));
    }
}
