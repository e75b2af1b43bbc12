//! Hostile shapes: depth must not reach the end of a small stack, nor length take more than its
//! share of time.

use std::time::{Duration, Instant};

use crate::{Format, to_markdown};

/// The sandbox gives a guest this much stack; an unoptimised build needs more for the same calls.
const STACK: usize = if cfg!(debug_assertions) { 2 } else { 1 } * 512 * 1024;

#[expect(
    clippy::disallowed_methods,
    reason = "a test may look at the clock; the component has none"
)]
fn shown(format: Format, source: String) -> Duration {
    let thread = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || {
            let start = Instant::now();
            let markdown = to_markdown(format, &source);
            to_markdown(Format::Markdown, &markdown);
            start.elapsed()
        });
    let thread = thread.expect("a thread can be started");
    thread.join().expect("no input ends a reader")
}

#[test]
fn depth_is_bounded() {
    let deep = |open: &str, middle: &str, close: &str| {
        let times = 1_000;
        format!("{}{middle}{}", open.repeat(times), close.repeat(times))
    };
    let node = |kind: &str| {
        let open = format!(r#"{{"type":"{kind}","content":["#);
        let (open, close) = (open.repeat(120), "]}".repeat(120));
        format!(r#"{{"type":"doc","content":[{open}{{"type":"text","text":"x"}}{close}]}}"#)
    };
    let cases = [
        (Format::Markdown, deep("> ", "x", "")),
        (Format::Markdown, deep("- ", "x", "")),
        (
            Format::Markdown,
            deep("<details>\n\n", "x", "\n\n</details>"),
        ),
        (Format::Markdown, deep("**", "x", "**")),
        (Format::Markdown, deep("[", "x", "](y)")),
        (
            Format::Markdown,
            deep("⟦x #123abc …⟧\n\n", "x", "\n\n⟦end #123abc⟧"),
        ),
        (
            Format::Markdown,
            format!("|a|\n|-|\n|{}|", deep("<ul><li>", "x", "</li></ul>")),
        ),
        (Format::Storage, deep("<div>", "x", "</div>")),
        (Format::Storage, deep("<span class=\"a\">", "x", "</span>")),
        (Format::Storage, deep("<ul><li>", "x", "</li></ul>")),
        (
            Format::Storage,
            deep(
                "<ac:task-list><ac:task><ac:task-body>",
                "x",
                "</ac:task-body></ac:task></ac:task-list>",
            ),
        ),
        (Format::Wiki, deep("{quote}\n", "x", "\n{quote}")),
        (Format::Wiki, deep("{panel:title=a}\n", "x", "\n{panel}")),
        (Format::Wiki, format!("{} x", "*#".repeat(5_000))),
        (Format::Adf, node("panel")),
        (Format::Adf, node("bulletList")),
        (Format::Adf, node("table")),
        (Format::Adf, node("taskList")),
        (Format::Adf, node("strange")),
    ];
    for (format, source) in cases {
        shown(format, source);
    }
}

#[test]
fn time_grows_with_length_alone() {
    let parts = [
        "[",
        "[a",
        "!",
        "!a.b",
        "{",
        "{{",
        "{code",
        "{code}",
        "{color:red}",
        "{color:red",
        "*a",
        "*a ",
        "_a*b",
        "\\",
        "&",
        "|",
        "||a",
        "|a\n",
        "https://",
        "{quote}",
        "{panel}",
        "# a\n",
        "*# a\n",
        "(/)",
        "⟦",
        ":a",
        "h1. ",
        "[a|",
        "[~",
        "{noformat",
        "\n",
        "- ",
    ];
    for part in parts {
        let source = part.repeat(100_000 / part.len());
        let time = shown(Format::Wiki, source);
        assert!(time < Duration::from_secs(20), "{part:?} took {time:?}");
    }
}
