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
        let times = 10_000;
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

#[test]
fn adf_too_deep_to_be_read_is_refused_in_words() {
    let open = r#"{"type":"panel","content":["#.repeat(10_000);
    let source = format!(r#"{{"type":"doc","content":[{open}"#);
    let error = crate::read(Format::Adf, &source).expect_err("it is too deep and has no end");
    assert!(error.to_string().contains("recursion limit"), "{error}");
}

#[test]
fn damaged_adf_is_refused_or_shown() {
    let whole = r#"{"version":1,"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"words"}]}]}"#;
    for end in 0..whole.len() {
        let error = crate::read(Format::Adf, &whole[..end]).expect_err("it has no end");
        assert!(error.to_string().starts_with("not JSON: "), "{error}");
    }
    for (source, says) in [
        ("[]", "not an ADF document: it is no JSON object"),
        ("{}", "not an ADF document: its type is not `doc`"),
        (
            r#"{"type":"paragraph"}"#,
            "not an ADF document: its type is not `doc`",
        ),
        ("\u{feff}{}", "not JSON: expected value at line 1 column 1"),
    ] {
        let error = crate::read(Format::Adf, source).expect_err("it is no document");
        assert_eq!(error.to_string(), says);
    }
}

#[test]
fn line_ends_and_hidden_characters_change_no_word() {
    let read = |source: &str| to_markdown(Format::Markdown, source);
    assert_eq!(read("# a\r\n\r\n- b\r\n- c\r\n"), "# a\n\n- b\n- c");
    assert_eq!(read("a\rb"), "a\nb");
    assert_eq!(read("a\0b"), "ab");
    assert_eq!(read("\u{202e}a\u{202c} b"), "\u{202e}a\u{202c} b");
    assert_eq!(read("\u{feff}# a"), "# a");
    assert_eq!(read("\u{feff}\u{feff}# a"), "&#xFEFF;# a");
    assert_eq!(read("&#xFEFF;# a"), "&#xFEFF;# a");
}

#[test]
fn what_is_not_closed_is_text() {
    for source in [
        "**a",
        "_a",
        "~~a",
        "`a",
        "[a",
        "[a](b",
        "![a",
        "<u>a",
        "<details",
        "⟦a",
        "a | b",
        "[^a",
        "<date:2026",
        "&amp",
    ] {
        let shown = to_markdown(Format::Markdown, source);
        assert!(shown.contains('a'), "{source} became {shown}");
        assert_eq!(to_markdown(Format::Markdown, &shown), shown);
    }
}

#[test]
fn fifty_megabytes_are_read() {
    let source = "Some words, **bold** ones and a [link](https://a.example).\n\n".repeat(900_000);
    assert!(source.len() > 50_000_000);
    let document = crate::read(Format::Markdown, &source).expect("every text is Markdown");
    let written = crate::write(Format::Adf, &document).expect("nothing is foreign");
    assert_eq!(written.matches("Some words").count(), 900_000);
}
