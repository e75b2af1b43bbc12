//! Edits one place of standard input and prints the result.
//!
//! A tool for people and scripts who mend a page; nothing of the product calls it.
#![expect(
    clippy::disallowed_methods,
    reason = "a command-line tool reads its input and prints its output"
)]

use std::io::{Read, Write};
use std::process::ExitCode;

use markup::Format;
use markup::edit::{Anchor, Edit, Position, apply};

const USAGE: &str = "\
usage: edit --format storage|adf OPERATION   (the original on standard input)

  replace-text FIND WITH [--every]    words, as they read
  replace-section HEADING BODY        what is under a heading; `Setup > Windows` names one of two
  append-to-section HEADING BODY      to the end of what is under a heading
  insert-after heading|text|macro NAME BODY
  set-cell ROW COLUMN BODY [--table N]    by number from 1, or by words

BODY is Markdown and may hold the placeholders of the original.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let problem = match run(&arguments) {
        Ok(lost) => {
            for line in lost {
                let _ = writeln!(std::io::stderr(), "edit: {line}");
            }
            return ExitCode::SUCCESS;
        }
        Err(problem) => problem,
    };
    let _ = writeln!(std::io::stderr(), "edit: {problem}");
    ExitCode::FAILURE
}

fn run(arguments: &[String]) -> Result<Vec<String>, String> {
    let (format, edit) = parsed(arguments).ok_or(USAGE)?;
    let mut bytes = Vec::new();
    let read = std::io::stdin().read_to_end(&mut bytes);
    read.map_err(|error| format!("cannot read standard input: {error}"))?;
    let source = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("standard input is not UTF-8: byte {at} begins no character")
    })?;
    let edited = apply(format, &source, &edit).map_err(|error| error.to_string())?;
    let mut out = std::io::stdout().lock();
    let written = out.write_all(edited.text.as_bytes());
    let written = written.and_then(|()| out.flush());
    written.map_err(|error| format!("cannot write standard output: {error}"))?;
    Ok(edited.lost)
}

fn parsed(arguments: &[String]) -> Option<(Format, Edit)> {
    let (mut format, mut every, mut table, mut words) = (None, false, None, Vec::new());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--format" => {
                format = Some(match rest.next()?.as_str() {
                    "storage" => Format::Storage,
                    "adf" => Format::Adf,
                    _ => return None,
                });
            }
            "--every" => every = true,
            "--table" => table = Some(rest.next()?.parse().ok()?),
            word => words.push(word),
        }
    }
    let edit = match *words.as_slice() {
        ["replace-text", find, with] => Edit::ReplaceText {
            find: find.to_owned(),
            with: with.to_owned(),
            every,
        },
        ["replace-section", heading, body] => Edit::ReplaceSection {
            heading: heading.to_owned(),
            body: body.to_owned(),
        },
        ["append-to-section", heading, body] => Edit::AppendToSection {
            heading: heading.to_owned(),
            body: body.to_owned(),
        },
        ["insert-after", kind, name, body] => Edit::InsertAfter {
            anchor: match kind {
                "heading" => Anchor::Heading(name.to_owned()),
                "text" => Anchor::Text(name.to_owned()),
                "macro" => Anchor::Macro(name.to_owned()),
                _ => return None,
            },
            body: body.to_owned(),
        },
        ["set-cell", row, column, body] => Edit::SetCell {
            table,
            row: Position::parse(row),
            column: Position::parse(column),
            body: body.to_owned(),
        },
        _ => return None,
    };
    Some((format?, edit))
}
