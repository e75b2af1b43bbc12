//! How fast texts are converted, how the time grows with their length, and how long the worst
//! inputs take.
//!
//! Prints three tables and judges nothing: machines differ. `cargo bench -p markup`, with words
//! after `--` to see only the lines that hold one of them.
#![expect(
    clippy::disallowed_methods,
    reason = "a bench looks at the clock and prints"
)]

use std::hint::black_box;
use std::io::Write as _;
use std::time::{Duration, Instant};

use markup::Format;

const MEGABYTE: usize = 1 << 20;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout();
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word));
    writeln!(out, "{:32} {:>9} {:>9}", "1 MB of", "ms", "MB/s")?;
    for case in cases() {
        if wanted(case.name) {
            let source = repeated(&case.sample, MEGABYTE);
            let time = best(&source, case.convert);
            let speed = source.len() as f64 / MEGABYTE as f64 / time.as_secs_f64();
            writeln!(out, "{:32} {:9.2} {speed:9.1}", case.name, millis(time))?;
        }
    }
    writeln!(out, "\n{:32} 1×, 2×, … 64× of 32 KB", "microseconds for")?;
    for case in cases() {
        if wanted(case.name) {
            let times = (0..7).map(|power| {
                let source = repeated(&case.sample, (32 * 1024) << power);
                format!("{:8}", best(&source, case.convert).as_micros())
            });
            writeln!(
                out,
                "{:32} {}",
                case.name,
                times.collect::<Vec<_>>().join(" ")
            )?;
        }
    }
    writeln!(out, "\n{:48} {:>9}", "1 MB of hostile input", "ms")?;
    for (name, format, source) in hostile() {
        if wanted(&name) {
            let start = Instant::now();
            used(format, &source);
            writeln!(out, "{name:48} {:9.2}", millis(start.elapsed()))?;
        }
    }
    Ok(())
}

struct Case {
    name: &'static str,
    sample: String,
    convert: fn(&str),
}

fn cases() -> Vec<Case> {
    let markdown = include_str!("sample.md").to_owned();
    let document = markup::read(Format::Markdown, &markdown).expect("every text is Markdown");
    let sample =
        |format| markup::write(format, &document).expect("the sample holds nothing foreign");
    let prose =
        "Nothing but words in long lines, as people write them when they have no markup in mind. ";
    vec![
        Case {
            name: "Markdown to ADF",
            sample: markdown.clone(),
            convert: |source| convert(Format::Markdown, Format::Adf, source),
        },
        Case {
            name: "prose to ADF",
            sample: format!("{}\n\n", prose.repeat(6)),
            convert: |source| convert(Format::Markdown, Format::Adf, source),
        },
        Case {
            name: "Markdown to storage",
            sample: markdown.clone(),
            convert: |source| convert(Format::Markdown, Format::Storage, source),
        },
        Case {
            name: "Markdown to Markdown",
            sample: markdown,
            convert: |source| convert(Format::Markdown, Format::Markdown, source),
        },
        Case {
            name: "storage to Markdown",
            sample: sample(Format::Storage),
            convert: |source| convert(Format::Storage, Format::Markdown, source),
        },
        Case {
            name: "wiki to Markdown",
            sample: format!("{}\n\n", sample(Format::Wiki)),
            convert: |source| convert(Format::Wiki, Format::Markdown, source),
        },
        Case {
            name: "ADF to Markdown",
            sample: sample(Format::Adf),
            convert: |source| convert(Format::Adf, Format::Markdown, source),
        },
    ]
}

fn convert(from: Format, to: Format, source: &str) {
    let document = markup::read(from, source).expect("the sample is well-formed");
    black_box(markup::write(to, &document).expect("the sample holds nothing foreign"));
}

/// What a tool does with other people's text: Markdown is stored, the rest is shown.
fn used(format: Format, source: &str) {
    if format == Format::Markdown {
        let document = markup::read(format, source).expect("every text is Markdown");
        // A placeholder without its original is refused: that is an answer too.
        black_box(markup::write(Format::Adf, &document).is_ok());
    } else {
        black_box(markup::to_markdown(format, source));
    }
}

/// At least `length` bytes of `sample` after `sample`; in ADF, of its blocks.
fn repeated(sample: &str, length: usize) -> String {
    let Some(blocks) = sample
        .strip_prefix(r#"{"version":1,"type":"doc","content":["#)
        .and_then(|rest| rest.strip_suffix("]}"))
    else {
        return sample.repeat(length.div_ceil(sample.len()));
    };
    let blocks = vec![blocks; length.div_ceil(sample.len())];
    format!(
        r#"{{"version":1,"type":"doc","content":[{}]}}"#,
        blocks.join(",")
    )
}

/// The shortest time of `convert` in up to a second: what other programs take is not counted.
fn best(source: &str, convert: impl Fn(&str)) -> Duration {
    let begin = Instant::now();
    let mut best = Duration::MAX;
    while best == Duration::MAX || begin.elapsed() < Duration::from_secs(1) {
        let start = Instant::now();
        convert(black_box(source));
        best = best.min(start.elapsed());
    }
    best
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A megabyte of each thing that a careless parser is slow on.
fn hostile() -> Vec<(String, Format, String)> {
    let parts = [
        "[",
        "]",
        "[a",
        "[a](",
        "[a](<",
        "![",
        "](b",
        "[[",
        "[a]:b\n",
        "[^a]",
        "[^a]: ",
        "|",
        "|a",
        "| a | b |\n",
        "|-|-|\n",
        "*",
        "* ",
        "*a",
        "*a ",
        "**a",
        "**a*",
        "_",
        "_a",
        "_a ",
        "*a_b ",
        "~",
        "~~a",
        "`",
        "`a",
        "`` ` ",
        "\\",
        "\\a",
        "&",
        "&amp;",
        "&a",
        "<",
        "<a",
        "<a ",
        "<u>",
        "<sub>",
        "</u>",
        "<!--",
        "<![CDATA[",
        "<?",
        "<details>",
        "<details>\n\n",
        "</details>\n\n",
        "<details><summary>",
        "<br>",
        "<ul><li>",
        "<pre>",
        ">",
        "> ",
        ">\n",
        "> [!INFO]\n",
        "- ",
        "-\n",
        "1. ",
        "1) a\n",
        "- [ ] ",
        "- a\n",
        "#",
        "# a\n",
        "```",
        "```\n",
        "~~~\n",
        "    a\n",
        "\t",
        " ",
        "\n",
        "\r",
        "\r\n",
        "\0",
        ":",
        ":a",
        ":a:",
        "https://",
        "https://a.b ",
        "http://a.b/(",
        "@",
        "@[a](accountid:",
        "⟦",
        "⟧",
        "⟦a⟧",
        "⟦a #123abc …⟧",
        "⟦a #123abc …⟧\n\n",
        "⟦end #123abc⟧",
        "a",
        "é",
        "\u{202e}",
        "\u{301}",
        "a\n",
        "a\n===\n",
        "---\n",
        "$",
        "{",
        "<font color=\"#123456\">",
        "**a** ",
        "[DONE](status:green) ",
    ];
    let mut cases: Vec<(String, Format, String)> = Vec::new();
    for part in parts {
        let source = part.repeat(MEGABYTE / part.len());
        cases.push((
            format!("Markdown {part:?}"),
            Format::Markdown,
            source.clone(),
        ));
        cases.push((
            format!("Markdown line {part:?}"),
            Format::Markdown,
            format!("a {source}"),
        ));
        if !part.contains('\n') {
            cases.push((
                format!("Markdown cell {part:?}"),
                Format::Markdown,
                format!("|a|\n|-|\n|{source}|"),
            ));
        }
    }
    let wide = format!("|{}\n|{}\n", "a|".repeat(10_000), "-|".repeat(10_000));
    let rows = "|\n".repeat((MEGABYTE - wide.len()) / 2);
    cases.push((
        "Markdown short rows of a wide table".into(),
        Format::Markdown,
        wide + &rows,
    ));
    let text = r#"{"type":"text","text":"x"}"#;
    for node in [
        "paragraph",
        "panel",
        "bulletList",
        "table",
        "taskList",
        "strange",
        "expand",
    ] {
        let open = format!(r#"{{"type":"{node}","content":["#);
        let deep = format!("{}{text}{}", open.repeat(120), "]}".repeat(120));
        let many = vec![deep; MEGABYTE / (120 * (open.len() + 2))].join(",");
        cases.push((format!("ADF deep {node}"), Format::Adf, adf(&many)));
        let empty = format!(r#"{{"type":"{node}"}}"#);
        let many = vec![empty.as_str(); MEGABYTE / (empty.len() + 1)].join(",");
        cases.push((format!("ADF empty {node}"), Format::Adf, adf(&many)));
    }
    let texts = vec![text; MEGABYTE / (text.len() + 1)].join(",");
    cases.push((
        "ADF texts in one paragraph".into(),
        Format::Adf,
        adf(&format!(r#"{{"type":"paragraph","content":[{texts}]}}"#)),
    ));
    let marked = r#"{"type":"text","text":"x","marks":[{"type":"strong"}]},{"type":"text","text":"y","marks":[{"type":"em"}]},{"type":"hardBreak"}"#;
    let texts = vec![marked; MEGABYTE / (marked.len() + 1)].join(",");
    cases.push((
        "ADF marked texts and breaks".into(),
        Format::Adf,
        adf(&format!(r#"{{"type":"paragraph","content":[{texts}]}}"#)),
    ));
    for text in ["*", "[", "`", "_a", " ", "<", ":a", "⟦", "\\n"] {
        let text = text.repeat(MEGABYTE / text.len());
        cases.push((
            format!("ADF text {:?}", &text[..text.len().min(6)]),
            Format::Adf,
            adf(&format!(
                r#"{{"type":"paragraph","content":[{{"type":"text","text":"{text}"}}]}}"#
            )),
        ));
    }
    for part in [
        "<p>",
        "<b>",
        "<p>a</p>",
        "&amp;",
        "<td>",
        "<ac:link>",
        "<![CDATA[",
        "a",
        "<ul><li>",
        "<br/>",
        "<a href=\"b\">",
    ] {
        cases.push((
            format!("storage {part:?}"),
            Format::Storage,
            part.repeat(MEGABYTE / part.len()),
        ));
    }
    for part in [
        "[",
        "{",
        "{{",
        "*a ",
        "||a",
        "|a\n",
        "{quote}",
        "{color:red}",
        "*# a\n",
        "!a",
        "\\",
        "https://",
        "h1. ",
        "- ",
        "{code}",
    ] {
        cases.push((
            format!("wiki {part:?}"),
            Format::Wiki,
            part.repeat(MEGABYTE / part.len()),
        ));
    }
    cases
}

fn adf(blocks: &str) -> String {
    format!(r#"{{"version":1,"type":"doc","content":[{blocks}]}}"#)
}
