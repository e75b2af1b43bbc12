//! How fast texts are converted, how the time grows with their length, and how long the worst
//! inputs take.
//!
//! Prints three tables, each figure with whether its bound holds, and fails on none: machines
//! differ. `cargo bench -p markup`, with words after `--` to see only the lines that hold one of
//! them.
#![expect(
    clippy::disallowed_methods,
    reason = "a bench looks at the clock and prints"
)]

mod clock;
mod hostile;

use std::hint::black_box;
use std::io::Write as _;
use std::time::Duration;

use markup::Format;

const MEGABYTE: usize = 1 << 20;
/// In megabytes a second, for the conversions that every reading and every writing needs.
const SLOWEST: f64 = 50.0;
/// For a megabyte of anything.
const LONGEST: Duration = Duration::from_millis(100);
/// How much more a byte of a long text may cost than one of a short text: caches end somewhere.
const STEEPEST: f64 = 2.0;

fn main() -> std::io::Result<()> {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word));
    let mut out = std::io::stdout();
    writeln!(out, "measured in {}", clock::name())?;
    speeds(&mut out, &wanted)?;
    growth(&mut out, &wanted)?;
    worst(&mut out, &wanted)
}

fn speeds(out: &mut impl std::io::Write, wanted: &dyn Fn(&str) -> bool) -> std::io::Result<()> {
    writeln!(out, "\n{:24} {:>9} {:>9}", "1 MB of", "ms", "MB/s")?;
    for case in cases().iter().filter(|case| wanted(case.name)) {
        let source = repeated(&case.sample, MEGABYTE);
        let time = clock::mean(Duration::from_secs(1), || (case.convert)(&source));
        let speed = source.len() as f64 / MEGABYTE as f64 / time.as_secs_f64();
        let verdict = match case.bound {
            true if speed >= SLOWEST => "at least 50: holds",
            true => "at least 50: MISSED",
            false => "",
        };
        let ms = millis(time);
        writeln!(out, "{:24} {ms:9.2} {speed:9.1}  {verdict}", case.name)?;
    }
    Ok(())
}

fn growth(out: &mut impl std::io::Write, wanted: &dyn Fn(&str) -> bool) -> std::io::Result<()> {
    writeln!(
        out,
        "\n{:24} 1×, 2×, … 64× of 32 KB",
        "nanoseconds a byte for"
    )?;
    for case in cases().iter().filter(|case| wanted(case.name)) {
        let mut costs = Vec::new();
        for power in 0..7 {
            let source = repeated(&case.sample, (32 * 1024) << power);
            let time = clock::mean(Duration::from_millis(300), || (case.convert)(&source));
            costs.push(time.as_nanos() as f64 / source.len() as f64);
        }
        let shown: Vec<String> = costs.iter().map(|cost| format!("{cost:6.1}")).collect();
        let steep = costs.last().unwrap_or(&0.0) / costs.first().unwrap_or(&1.0);
        let verdict = if steep <= STEEPEST { "holds" } else { "MISSED" };
        let shown = shown.join(" ");
        writeln!(out, "{:24} {shown}  at most doubles: {verdict}", case.name)?;
    }
    Ok(())
}

/// Hostile texts as they are shown, and as they are stored.
fn worst(out: &mut impl std::io::Write, wanted: &dyn Fn(&str) -> bool) -> std::io::Result<()> {
    writeln!(
        out,
        "\n{:44} {:>9} {:>9} {:>9} {:>9}",
        "ms for 1 MB of hostile", "Markdown", "ADF", "storage", "wiki"
    )?;
    let mut over = 0;
    for (name, from, source) in hostile::all() {
        if !wanted(&name) {
            continue;
        }
        let mut line = format!("{name:44}");
        let mut slowest = Duration::ZERO;
        for to in [Format::Markdown, Format::Adf, Format::Storage, Format::Wiki] {
            // From Markdown to everything, and from everything to Markdown and back to itself.
            if from != Format::Markdown && to != Format::Markdown && to != from {
                line.push_str("         -");
                continue;
            }
            let time = clock::mean(Duration::from_millis(40), || used(from, to, &source));
            line.push_str(&format!(" {:9.1}", millis(time)));
            slowest = slowest.max(time);
        }
        let verdict = if slowest <= LONGEST { "" } else { "  OVER 100" };
        over += usize::from(slowest > LONGEST);
        writeln!(out, "{line}{verdict}")?;
    }
    writeln!(out, "at most 100 ms each: {over} over")
}

struct Case {
    name: &'static str,
    sample: String,
    convert: fn(&str),
    /// Whether it has to be fast.
    bound: bool,
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
            bound: true,
        },
        Case {
            name: "prose to ADF",
            sample: format!("{}\n\n", prose.repeat(6)),
            convert: |source| convert(Format::Markdown, Format::Adf, source),
            bound: false,
        },
        Case {
            name: "Markdown to storage",
            sample: markdown.clone(),
            convert: |source| convert(Format::Markdown, Format::Storage, source),
            bound: false,
        },
        Case {
            name: "Markdown to Markdown",
            sample: markdown,
            convert: |source| convert(Format::Markdown, Format::Markdown, source),
            bound: false,
        },
        Case {
            name: "storage to Markdown",
            sample: sample(Format::Storage),
            convert: |source| convert(Format::Storage, Format::Markdown, source),
            bound: true,
        },
        Case {
            name: "wiki to Markdown",
            sample: format!("{}\n\n", sample(Format::Wiki)),
            convert: |source| convert(Format::Wiki, Format::Markdown, source),
            bound: false,
        },
        Case {
            name: "ADF to Markdown",
            sample: sample(Format::Adf),
            convert: |source| convert(Format::Adf, Format::Markdown, source),
            bound: false,
        },
    ]
}

/// As the tools do it: what is shown is read for that alone.
fn convert(from: Format, to: Format, source: &str) {
    if from != Format::Markdown && to == Format::Markdown {
        black_box(markup::to_markdown(from, source));
        return;
    }
    let document = markup::read(from, source).expect("the sample is well-formed");
    black_box(markup::write(to, &document).expect("the sample holds nothing foreign"));
}

/// What a tool does with a text, whatever comes of it.
fn used(from: Format, to: Format, source: &str) {
    if to == Format::Markdown {
        black_box(markup::to_markdown(from, source));
    } else if let Ok(document) = markup::read(from, source) {
        // A placeholder without its original is refused: that is an answer too.
        black_box(markup::write(to, &document).is_ok());
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

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
