//! Converts standard input from one format to another, or puts edited Markdown back into its
//! original with `--base FILE`.
//!
//! A tool for people and scripts who look into a page; nothing of the product calls it.
#![expect(
    clippy::disallowed_methods,
    reason = "a command-line tool reads its input and prints its output"
)]

use std::io::{Read, Write};
use std::process::ExitCode;

use markup::Format;

const USAGE: &str = "\
usage: convert --from FORMAT --to FORMAT [--base FILE] [FILE]

FORMAT is markdown, adf, storage or wiki. Without FILE, or with `-`, standard input is read.
--base names the original, in the format of --to, that an edited Markdown is put back into.";

struct Request {
    from: Format,
    to: Format,
    base: Option<String>,
    file: Option<String>,
}

fn main() -> ExitCode {
    let outcome = parsed(std::env::args().skip(1)).and_then(|request| run(&request));
    let (lines, code) = match outcome {
        Ok(lost) => (lost, ExitCode::SUCCESS),
        Err(problem) => (vec![problem], ExitCode::FAILURE),
    };
    for line in lines {
        let _ = writeln!(std::io::stderr(), "convert: {line}");
    }
    code
}

/// Prints the text, and gives what the original held and the text does not.
fn run(request: &Request) -> Result<Vec<String>, String> {
    let source = read(request.file.as_deref())?;
    let document = markup::read(request.from, &source).map_err(|error| error.to_string())?;
    let (text, lost) = match &request.base {
        None => {
            let text = markup::write(request.to, &document);
            (text.map_err(|error| error.to_string())?, Vec::new())
        }
        Some(base) => {
            let source = read(Some(base))?;
            let base = markup::read(request.to, &source)
                .map_err(|error| format!("the base `{base}`: {error}"))?;
            markup::write_with_base(request.to, &document, &base)
                .map_err(|error| error.to_string())?
        }
    };
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| format!("cannot write standard output: {error}"))?;
    Ok(lost)
}

fn parsed(mut arguments: impl Iterator<Item = String>) -> Result<Request, String> {
    let (mut from, mut to, mut base, mut file) = (None, None, None, None);
    while let Some(argument) = arguments.next() {
        let mut value = || {
            let value = arguments.next();
            value.ok_or_else(|| format!("`{argument}` needs a value\n{USAGE}"))
        };
        match argument.as_str() {
            "--from" => from = Some(format(&value()?)?),
            "--to" => to = Some(format(&value()?)?),
            "--base" => base = Some(value()?),
            "--help" | "-h" => return Err(USAGE.to_owned()),
            option if option.starts_with("--") => {
                return Err(format!("no option is called `{option}`\n{USAGE}"));
            }
            name if file.is_none() => file = Some(name.to_owned()),
            name => return Err(format!("one file at a time, `{name}` is a second\n{USAGE}")),
        }
    }
    match (from, to) {
        (Some(from), Some(to)) => Ok(Request {
            from,
            to,
            base,
            file: file.filter(|name| name != "-"),
        }),
        _ => Err(format!("both --from and --to are needed\n{USAGE}")),
    }
}

fn format(name: &str) -> Result<Format, String> {
    Ok(match name {
        "markdown" => Format::Markdown,
        "adf" => Format::Adf,
        "storage" => Format::Storage,
        "wiki" => Format::Wiki,
        other => {
            return Err(format!(
                "`{other}` is no format; write markdown, adf, storage or wiki"
            ));
        }
    })
}

fn read(file: Option<&str>) -> Result<String, String> {
    let name = file.unwrap_or("standard input");
    let bytes = match file {
        Some(file) => std::fs::read(file),
        None => {
            let mut bytes = Vec::new();
            let read = std::io::stdin().read_to_end(&mut bytes);
            read.map(|_| bytes)
        }
    };
    let bytes = bytes.map_err(|error| format!("cannot read {name}: {error}"))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("{name} is not UTF-8: byte {at} begins no character")
    })
}
