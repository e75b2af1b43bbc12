//! Feeds a parser with broken texts for a while: `fuzz storage 600`, with a seed behind to begin
//! where a finding was.
//!
//! Texts of the corpus are cut, doubled, mixed and damaged. A finding is a panic, a text that does
//! not come back, or one that takes long for its length; it ends the run with the seed that makes
//! it again and the text in a file. Nothing of the product calls this.
#![expect(
    clippy::disallowed_methods,
    reason = "a fuzzer reads a corpus, looks at the clock and prints"
)]

use std::io::Write;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use markup::edit::{Anchor, Edit, apply};
use markup::{Document, Format, read, write, write_with_base};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let format = match arguments.first().map(String::as_str) {
        Some("markdown") => Format::Markdown,
        Some("adf") => Format::Adf,
        Some("storage") => Format::Storage,
        Some("wiki") => Format::Wiki,
        _ => {
            say("usage: fuzz markdown|adf|storage|wiki [SECONDS] [SEED]");
            return ExitCode::FAILURE;
        }
    };
    let number = |at: usize, otherwise: u64| match arguments.get(at) {
        None => Some(otherwise),
        Some(text) => text.parse().ok(),
    };
    let (Some(seconds), Some(first)) = (number(1, 60), number(2, 1)) else {
        say("SECONDS and SEED are numbers");
        return ExitCode::FAILURE;
    };
    let corpus = corpus(format);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut seed = first;
    while Instant::now() < end {
        let text = mutated(&corpus, seed);
        if let Err(problem) = tried(format, &text) {
            let file = std::env::temp_dir().join(format!("finding-{seed}"));
            let kept = std::fs::write(&file, &text).is_ok();
            say(&format!("seed {seed}: {problem}"));
            if kept {
                say(&format!("the text is in {}", file.display()));
            }
            return ExitCode::FAILURE;
        }
        seed += 1;
    }
    let (texts, runs) = (corpus.len(), seed - first);
    say(&format!(
        "{format}: {runs} runs from {texts} texts, no finding"
    ));
    ExitCode::SUCCESS
}

fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The texts of the fixtures: one in each line of a `.jsonl`, one in each other file.
fn corpus(format: Format) -> Vec<String> {
    let folder = match format {
        Format::Markdown => "markdown",
        Format::Adf => "adf",
        Format::Storage => "storage",
        Format::Wiki => "wiki",
    };
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut texts: Vec<String> = BUILT_IN.iter().map(|text| (*text).to_owned()).collect();
    for file in files(&fixtures.join(folder)) {
        let Ok(content) = std::fs::read_to_string(&file) else {
            continue;
        };
        if file.extension().is_some_and(|kind| kind == "jsonl") {
            texts.extend(content.lines().map(line));
        } else {
            texts.push(content);
        }
    }
    texts
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// The text that a line is, or holds under `xml`; else the line.
fn line(line: &str) -> String {
    let value: Option<serde_json::Value> = serde_json::from_str(line).ok();
    let text = value
        .as_ref()
        .and_then(|value| value.as_str().or(value["xml"].as_str()));
    text.unwrap_or(line).to_owned()
}

/// One text of each format, for runs without fixtures and for mixing.
const BUILT_IN: &[&str] = &[
    "# A\n\n- **b** [c](https://d.example)\n  1. `e`\n\n| f | g |\n|---|---|\n| h<br>i | j |\n\n> [!INFO] k\n> l\n",
    "<p>a <strong>b</strong> &amp; <ac:link><ri:page ri:content-title=\"c\" /></ac:link></p><ul><li>d</li></ul><ac:structured-macro ac:name=\"code\"><ac:plain-text-body><![CDATA[e]]></ac:plain-text-body></ac:structured-macro>",
    "h1. a\n\n* b *c* {color:red}d{color}\n*# e [f|https://g.example]\n{code:java}\nh\n{code}\n\n||i||j|\n|k|!l.png|width=3!|\n{panel:title=m}\n[~n]\n{panel}\n",
    r#"{"version":1,"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"a","marks":[{"type":"strong"}]}]},{"type":"panel","attrs":{"panelType":"info"},"content":[]}]}"#,
];

/// Pieces that end, begin or confuse something.
const PIECES: &[&str] = &[
    "<",
    ">",
    "</",
    "/>",
    "&",
    ";",
    "\"",
    "'",
    "]]>",
    "<![CDATA[",
    "<!--",
    "-->",
    "{",
    "}",
    "{code}",
    "{quote}",
    "{panel}",
    "{noformat}",
    "{color}",
    "[",
    "]",
    "|",
    "||",
    "!",
    "*",
    "_",
    "-",
    "+",
    "^",
    "~",
    "#",
    "\n",
    "\n\n",
    "\r\n",
    "\\",
    "`",
    "```",
    "\u{0}",
    "\u{feff}",
    "\u{202e}",
    "\u{301}",
    "⟦",
    "⟧",
    "⟦end #123abc⟧",
    "<p>",
    "</p>",
    "<li>",
    "<td>",
    "<br/>",
    "é",
    "👩‍💻",
    "\u{a0}",
    "  ",
    "null",
    "[]",
    "{}",
    ":",
    ",",
    "0",
    "<details>",
    "</details>",
    "- ",
    "1. ",
    "> ",
    "| ",
    "h1. ",
    "bq. ",
    "{anchor:list-from-5}",
    "{anchor:begin-quote}",
    "{anchor:end-quote}",
];

fn mutated(corpus: &[String], seed: u64) -> String {
    let mut random = Random(seed);
    let mut text = corpus[random.below(corpus.len())].clone();
    for _ in 0..=random.below(8) {
        let (one, other) = (place(&text, &mut random), place(&text, &mut random));
        let (from, to) = (one.min(other), one.max(other));
        match random.below(6) {
            0 => text.insert_str(from, PIECES[random.below(PIECES.len())]),
            1 => text.replace_range(from..to, ""),
            2 => {
                let part = text[from..to].to_owned();
                if text.len() < 20_000 {
                    text.insert_str(place(&text, &mut random), &part);
                }
            }
            3 => text.truncate(to),
            4 => {
                let mixed = &corpus[random.below(corpus.len())];
                let end = place(mixed, &mut random);
                text.insert_str(from, &mixed[..end]);
            }
            _ => {
                let piece = PIECES[random.below(PIECES.len())];
                text.replace_range(from..from, &piece.repeat(1 + random.below(30)));
            }
        }
    }
    text
}

/// A boundary of a character.
fn place(text: &str, random: &mut Random) -> usize {
    let mut at = random.below(text.len() + 1);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) % end as u64) as usize
    }
}

fn tried(format: Format, text: &str) -> Result<(), String> {
    let begin = Instant::now();
    let outcome = catch_unwind(|| held(format, text));
    let time = begin.elapsed();
    match outcome {
        Err(_) => Err("a panic".to_owned()),
        Ok(Err(problem)) => Err(problem),
        Ok(Ok(())) if time > Duration::from_millis(2_000 + text.len() as u64 / 20) => {
            Err(format!("{} bytes took {time:?}", text.len()))
        }
        Ok(Ok(())) => Ok(()),
    }
}

/// What must hold for every text.
fn held(format: Format, text: &str) -> Result<(), String> {
    let Ok(document) = read(format, text) else {
        markup::to_markdown(format, text);
        return Ok(());
    };
    let markdown = markup::to_markdown(format, text);
    let edited = read(Format::Markdown, &markdown).map_err(|error| error.to_string())?;
    for to in [Format::Markdown, Format::Adf, Format::Storage, Format::Wiki] {
        if let Ok(written) = write(to, &document) {
            let again = read(to, &written).map_err(|error| format!("as {to}: {error}"))?;
            drop(again);
        }
    }
    match format {
        Format::Storage => {
            let written = write(format, &document).map_err(|error| error.to_string())?;
            if written != text {
                return Err("written other than it was read".to_owned());
            }
            let blocks = Document::new(document.blocks.clone());
            let written = write(format, &blocks).map_err(|error| error.to_string())?;
            read(format, &written).map_err(|error| format!("the tree alone: {error}"))?;
        }
        Format::Markdown => {
            let written = write(format, &document).map_err(|error| error.to_string())?;
            if markup::to_markdown(format, &written) != written {
                return Err("Markdown that does not settle".to_owned());
            }
        }
        Format::Adf | Format::Wiki => {}
    }
    if format != Format::Markdown
        && let Ok((written, _)) = write_with_base(format, &edited, &document)
    {
        read(format, &written).map_err(|error| format!("put back: {error}"))?;
    }
    edits(format, text, &markdown)
}

/// Edits of places that may be there.
fn edits(format: Format, text: &str, markdown: &str) -> Result<(), String> {
    let mut words = markdown.split_whitespace();
    let word = words.nth(markdown.len() % 5).unwrap_or("a").to_owned();
    let body = "new **words**".to_owned();
    let heading = word.clone();
    for edit in [
        Edit::ReplaceText {
            find: word.clone(),
            with: "]]> & <b>".to_owned(),
            every: true,
        },
        Edit::ReplaceSection {
            heading,
            body: body.clone(),
        },
        Edit::InsertAfter {
            anchor: Anchor::Text(word),
            body,
        },
    ] {
        if let Ok(edited) = apply(format, text, &edit) {
            read(format, &edited.text).map_err(|error| format!("{edit:?}: {error}"))?;
        }
    }
    Ok(())
}
