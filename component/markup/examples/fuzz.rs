//! Throws damaged texts at the four readers and writers: `fuzz markdown|adf|storage|wiki
//! [SECONDS] [SEED]`.
//!
//! Mutates the committed corpora at random, without feedback from coverage: it finds what lies
//! near real texts. A finding is a panic, a stack overflow (the process ends), a Markdown that is
//! not settled after one step, or a text that takes seconds; it is printed with its seed, and that
//! seed with one second repeats it first.
#![expect(
    clippy::disallowed_methods,
    reason = "a command-line tool looks at the clock and prints"
)]

use std::io::Write as _;
use std::time::{Duration, Instant};

use fastrand::Rng;
use markup::Format;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What a guest has in the sandbox; unoptimised calls need more.
const STACK: usize = if cfg!(debug_assertions) { 4 } else { 1 } * 512 * 1024;
const LONGEST: usize = 64 * 1024;
const SLOW: Duration = Duration::from_secs(3);

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let target = arguments
        .next()
        .ok_or("name a target: markdown, adf, storage or wiki")?;
    let format = match target.as_str() {
        "markdown" => Format::Markdown,
        "adf" => Format::Adf,
        "storage" => Format::Storage,
        "wiki" => Format::Wiki,
        other => return Err(format!("`{other}` is none of markdown, adf, storage, wiki").into()),
    };
    let seconds = arguments.next().map_or(Ok(60), |text| text.parse())?;
    let seed = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let fuzz = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || run(format, Duration::from_secs(seconds), seed))?;
    fuzz.join()
        .map_err(|_| "a panic: see above; the last seed printed is at most a second before")?
}

fn run(format: Format, time: Duration, first: u64) -> Result<(), Failure> {
    let corpus = corpus(format);
    let mut out = std::io::stdout();
    let begin = Instant::now();
    let mut told = begin;
    let mut seed = first;
    writeln!(out, "{format}: {} texts, seed {seed}", corpus.len())?;
    while begin.elapsed() < time {
        let source = mutated(&corpus, &mut Rng::with_seed(seed));
        let start = Instant::now();
        if let Some(problem) = problem(format, &source) {
            return Err(format!("seed {seed}: {problem}\n{source:?}").into());
        }
        if start.elapsed() > SLOW {
            return Err(format!("seed {seed}: {:?} for\n{source:?}", start.elapsed()).into());
        }
        seed += 1;
        if told.elapsed() > Duration::from_secs(1) {
            told = Instant::now();
            write!(out, "\r{} executions, seed {seed}", seed - first)?;
            out.flush()?;
        }
    }
    writeln!(
        out,
        "\r{} executions in {:?}, no finding",
        seed - first,
        begin.elapsed()
    )?;
    Ok(())
}

fn problem(format: Format, source: &str) -> Option<String> {
    let shown = markup::to_markdown(format, source);
    let settled = markup::to_markdown(Format::Markdown, &shown);
    let again = markup::to_markdown(Format::Markdown, &settled);
    if again != settled {
        return Some(format!("not settled:\n{settled}\nbecame\n{again}"));
    }
    let document = markup::read(format, source).ok()?;
    for to in [Format::Markdown, Format::Adf, Format::Storage, Format::Wiki] {
        // A refusal is an answer; only what is written must be a text of its format.
        if let Ok(written) = markup::write(to, &document)
            && let Err(error) = markup::read(to, &written)
        {
            return Some(format!(
                "{to} that was written cannot be read: {error}\n{written}"
            ));
        }
    }
    let edited = markup::read(Format::Markdown, &shown).ok()?;
    if format != Format::Markdown
        && let Ok((written, _)) = markup::write_with_base(format, &edited, &document)
        && let Err(error) = markup::read(format, &written)
    {
        return Some(format!(
            "what was merged cannot be read: {error}\n{written}"
        ));
    }
    None
}

fn corpus(format: Format) -> Vec<String> {
    let adf = include_str!("../tests/fixtures/adf/generated.jsonl").lines();
    let sample = include_str!("../benches/sample.md");
    let mut texts: Vec<String> = match format {
        Format::Adf => adf.map(str::to_owned).collect(),
        Format::Markdown => {
            let mut texts: Vec<String> = adf
                .map(|line| markup::to_markdown(Format::Adf, line))
                .collect();
            texts.extend(sample.split("\n\n").map(str::to_owned));
            texts
        }
        other => adf
            .filter_map(|line| {
                let markdown = markup::to_markdown(Format::Adf, line);
                let markdown = markdown.replace(['⟦', '⟧'], "");
                markup::write(other, &markup::read(Format::Markdown, &markdown).ok()?).ok()
            })
            .collect(),
    };
    if let Ok(document) = markup::read(Format::Markdown, sample) {
        texts.extend(markup::write(format, &document));
    }
    texts.extend(fragments(format).iter().map(|text| (*text).to_owned()));
    texts
}

/// What each format takes for markup.
fn fragments(format: Format) -> &'static [&'static str] {
    match format {
        Format::Markdown => &[
            "**",
            "*",
            "_",
            "~~",
            "`",
            "```",
            "~~~",
            "[",
            "](",
            ")",
            "![",
            "<u>",
            "</u>",
            "<br>",
            "<details>",
            "</details>",
            "<summary>",
            "</summary>",
            "\n",
            "\n\n",
            "> ",
            "> [!INFO] ",
            "- ",
            "1. ",
            "- [ ] ",
            "# ",
            "|",
            "|---|\n",
            "---",
            "===",
            "⟦a #123abc⟧",
            "⟦a #123abc …⟧",
            "⟦end #123abc⟧",
            ":smile:",
            "https://a.example",
            "<https://b.example>",
            "[@A](accountid:1)",
            "[D](status:green)",
            "<date:2026-11-22>",
            "[^1]",
            "[^1]: ",
            "\\",
            "&amp;",
            "&#32;",
            "\t",
            "    ",
            "<th>",
            "<ul><li>",
            "</li></ul>",
            "<pre>",
            "</pre>",
            "<font color=\"#123456\">",
            "</font>",
            "\u{0}",
            "\u{202e}",
            "\r\n",
            "é",
        ],
        Format::Adf => &[
            "{\"type\":\"text\",\"text\":\"x\"},",
            "\"marks\":[{\"type\":\"code\"}],",
            "\"content\":[",
            "]}",
            "null",
            "\"type\":\"",
            "{\"type\":\"paragraph\"},",
            "1e999",
            "\\ud800",
            "\"attrs\":{}",
            "\"panel\"",
            "\"listItem\"",
            "\"table\"",
            "\"text\"",
        ],
        Format::Storage => &[
            "<p>",
            "</p>",
            "<ac:structured-macro ac:name=\"info\">",
            "</ac:structured-macro>",
            "<ac:rich-text-body>",
            "<![CDATA[",
            "]]>",
            "&nbsp;",
            "&amp;",
            "<ri:user ri:account-id=\"1\"/>",
            "<ac:link>",
            "</ac:link>",
            "<table><tbody><tr><td>",
            "</td></tr></tbody></table>",
            "<ul><li>",
            "</li></ul>",
            "<!--",
            "-->",
            "<br/>",
            "<ac:task-list>",
            "<time datetime=\"2026-11-22\"/>",
        ],
        Format::Wiki => &[
            "*",
            "_",
            "-",
            "+",
            "^",
            "~",
            "{{",
            "}}",
            "{code}",
            "{noformat}",
            "{quote}",
            "{panel}",
            "{color:red}",
            "{color}",
            "[",
            "|",
            "]",
            "||",
            "h1. ",
            "bq. ",
            "* ",
            "# ",
            "*# ",
            "----",
            "\\",
            "\\\\",
            "!",
            "!a.png!",
            "[~a]",
            "\n",
            "\n\n",
            "{anchor:x}",
            "(/)",
            "https://a.example",
        ],
    }
}

fn mutated(corpus: &[String], random: &mut Rng) -> String {
    let pick = |random: &mut Rng| corpus[random.usize(..corpus.len())].as_bytes();
    let mut text = pick(random).to_vec();
    for _ in 0..random.usize(1..9) {
        let (one, other) = (random.usize(..=text.len()), random.usize(..=text.len()));
        let range = one.min(other)..one.max(other);
        match random.usize(..8) {
            0 => drop(text.drain(range)),
            1 => text.truncate(one),
            2 => drop(text.splice(one..one, pick(random).iter().copied())),
            3 => {
                let part = text[range].to_vec();
                text.splice(one..one, part);
            }
            4 => {
                let near = (range.start + 24).min(range.end);
                let part = text[range.start..near].repeat(random.usize(2..80));
                text.splice(one..one, part);
            }
            5 if one < text.len() => text[one] = random.u8(..),
            6 if one < text.len() => text[one] = random.u8(b' '..=b'~'),
            _ => {
                let part = pick(random);
                let from = random.usize(..=part.len());
                let length = random.usize(..40).min(part.len() - from);
                text.splice(one..one, part[from..from + length].iter().copied());
            }
        }
    }
    text.truncate(LONGEST);
    String::from_utf8_lossy(&text).into_owned()
}
