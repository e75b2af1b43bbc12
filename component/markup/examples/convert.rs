//! Converts standard input: `convert --from storage --to markdown`, and back into an original with
//! `--base FILE`.
//!
//! A tool for people who look into a page; nothing of the product calls it.
#![expect(
    clippy::disallowed_methods,
    reason = "a command-line tool reads its input and prints its output"
)]

use std::io::{Read, Write};

use markup::Format;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (mut from, mut to, mut base) = (Format::Markdown, Format::Markdown, None);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or("each option needs a value")?;
        match argument.as_str() {
            "--from" => from = format(&value)?,
            "--to" => to = format(&value)?,
            "--base" => base = Some(std::fs::read_to_string(value)?),
            other => return Err(format!("unknown option {other}").into()),
        }
    }
    let mut source = String::new();
    std::io::stdin().read_to_string(&mut source)?;
    let document = markup::read(from, &source)?;
    let written = match base {
        None => markup::write(to, &document)?,
        Some(base) => markup::write_with_base(to, &document, &markup::read(to, &base)?)?.0,
    };
    writeln!(std::io::stdout(), "{written}")?;
    Ok(())
}

fn format(name: &str) -> Result<Format, Failure> {
    Ok(match name {
        "markdown" => Format::Markdown,
        "adf" => Format::Adf,
        "storage" => Format::Storage,
        "wiki" => Format::Wiki,
        other => return Err(format!("`{other}` is none of markdown, adf, storage, wiki").into()),
    })
}
