//! Broken and hostile storage format and wiki markup: an answer, in time, and no word lost.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::storage::xml::{self, Node, Siblings};
use crate::{Format, read, to_markdown, write};

/// The words that a page shows: not those that name or describe something.
fn words_of(nodes: Siblings<'_>, words: &mut BTreeSet<String>) {
    for node in nodes {
        match node {
            Node::Text(text, _) => words.extend(split(text)),
            Node::Element(element) => match element.name {
                "ac:parameter"
                | "ac:default-parameter"
                | "ac:task-id"
                | "ac:task-uuid"
                | "ac:task-status"
                | "ac:adf-attribute"
                | "ac:adf-fallback"
                | "at:declarations"
                | "style" => {}
                _ => words_of(element.children(), words),
            },
        }
    }
}

/// Runs of letters and digits, which no format breaks.
fn split(text: &str) -> BTreeSet<String> {
    let words = text.split(|char: char| !char.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn check_storage(source: &str) {
    let Ok(tree) = xml::parse(source) else {
        return;
    };
    let mut words = BTreeSet::new();
    words_of(tree.roots(), &mut words);
    let markdown = to_markdown(Format::Storage, source);
    for word in words {
        assert!(
            markdown.contains(&word),
            "`{word}` of {source} is not in {markdown}"
        );
    }
}

#[test]
fn every_word_of_a_page_is_shown() {
    for case in super::storage_corpus::cases() {
        check_storage(&case.xml);
    }
}

#[test]
fn what_is_no_page_is_refused_with_its_place() {
    let refusals: Vec<String> = [
        "<p>a",
        "<p>a</div>",
        "</p>",
        "<p a=\"b",
        "<ac:plain-text-body><![CDATA[a",
        "<!-- a",
        "<p>\u{0}</p>",
    ]
    .iter()
    .map(|source| {
        let refused = read(Format::Storage, source).expect_err("the page is broken");
        assert!(!to_markdown(Format::Storage, source).is_empty());
        format!("{source:?}: {refused}")
    })
    .collect();
    insta::assert_snapshot!(refusals.join("\n"));
}

#[test]
fn odd_characters_stay_or_go_but_break_nothing() {
    let bomb = concat!(
        "<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">",
        "<!ENTITY d SYSTEM \"file:///etc/passwd\">]><p>x &c; &d; y</p>",
    );
    assert_eq!(to_markdown(Format::Storage, bomb), "x \\&c; \\&d; y");
    for (source, shown) in [
        ("<p>a\r\nb</p>", "a b"),
        ("<p>a &#x202e;b</p>", "a \u{202e}b"),
        ("\u{feff}<p>a</p>", "a"),
        ("<p>&unknown; &amp;amp;</p>", "\\&unknown; \\&amp;"),
        ("<pre>a\r\n\tb</pre>", "```\na\n\tb\n```"),
    ] {
        assert_eq!(to_markdown(Format::Storage, source), shown, "{source:?}");
        let document = read(Format::Storage, source).expect("it is well-formed");
        assert_eq!(write(Format::Storage, &document).as_deref(), Ok(source));
    }
}

/// Texts that a fuzzer broke something with.
#[test]
fn what_was_found_stays_mended() {
    for line in include_str!("../../tests/fixtures/storage/found.jsonl").lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("each line is JSON");
        let source = line["xml"].as_str().expect("it is a text");
        check_storage(source);
        let Ok(mut document) = read(Format::Storage, source) else {
            continue;
        };
        assert_eq!(write(Format::Storage, &document).as_deref(), Ok(source));
        document.forget_source();
        let written = write(Format::Storage, &document).expect("the tree holds its nodes");
        read(Format::Storage, &written).expect("what is written is well-formed");
    }
}

#[test]
fn unedited_wiki_markup_keeps_its_bytes() {
    for line in include_str!("../../tests/fixtures/wiki/texts.jsonl").lines() {
        let source: String = serde_json::from_str(line).expect("each line is a JSON text");
        let base = read(Format::Wiki, &source).expect("every text is wiki markup");
        let markdown = to_markdown(Format::Wiki, &source);
        let edited = read(Format::Markdown, &markdown).expect("every text is Markdown");
        let back = crate::write_with_base(Format::Wiki, &edited, &base);
        assert_eq!(back, Ok((source, Vec::new())));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test may look at the clock; the component has none"
)]
fn time(format: Format, source: &str) -> Duration {
    let start = Instant::now();
    to_markdown(format, source);
    start.elapsed()
}

/// 64 times the length may take 64 times the time, and four times that for a machine that is busy.
#[test]
fn hostile_texts_take_their_length() {
    let storage = [
        "<p>",
        "</p>",
        "<p>a</p>",
        "<b>",
        "<ul><li>",
        "<br/>",
        "&amp;",
        "&",
        "<a href=\"",
        "]]>",
        "<![CDATA[]]>",
        "<table><tr><td>",
        "<ac:link>",
        "<!---->",
        "a ",
    ];
    let wiki = [
        "{quote}",
        "* {quote}",
        "* {panel}\n",
        "* {code}\n",
        "|{code}",
        "|{noformat}a\n",
        "{a}",
        "{a:b}",
        "{a:",
        "* a\n{code}b{code}\n",
        "[a|b|c]",
        "* [ ] a\n",
        "|a|\n",
        "||",
        "{panel:title=a}\n* b\n",
    ];
    let all = storage
        .iter()
        .map(|part| (Format::Storage, *part))
        .chain(wiki.iter().map(|part| (Format::Wiki, *part)));
    for (format, part) in all {
        let short = part.repeat(3_000 / part.len());
        let long = short.repeat(64);
        // A busy machine may spoil one comparison; a reader that takes more than its share spoils all of them.
        let takes_its_share = || {
            let (one, many) = (time(format, &short), time(format, &long));
            let fair = one.max(Duration::from_millis(2)) * 64 * 4;
            (many < fair).then_some(()).ok_or((one, many))
        };
        let first = takes_its_share();
        let share = (0..5).fold(first, |share, _| share.or_else(|_| takes_its_share()));
        assert!(share.is_ok(), "{part:?}: {share:?}");
    }
}

#[test]
fn deep_and_long_texts_are_answered() {
    let deep = |open: &str, close: &str| {
        let times = 10_000;
        format!("{}word{}", open.repeat(times), close.repeat(times))
    };
    for (open, close) in [
        ("<div>", "</div>"),
        ("<em>", "</em>"),
        ("<ul><li>", "</li></ul>"),
        ("<table><tr><td>", "</td></tr></table>"),
        (
            "<ac:structured-macro ac:name=\"info\"><ac:rich-text-body>",
            "</ac:rich-text-body></ac:structured-macro>",
        ),
        ("<ac:link><ac:link-body>", "</ac:link-body></ac:link>"),
    ] {
        let source = deep(open, close);
        assert!(
            to_markdown(Format::Storage, &source).contains("word"),
            "{open}"
        );
    }
    for (open, close) in [
        ("{quote}", "{quote}"),
        ("{panel}\n", "{panel}\n"),
        ("*", ""),
        ("[", "]"),
    ] {
        let source = deep(open, close);
        assert!(
            to_markdown(Format::Wiki, &source).contains("word"),
            "{open}"
        );
    }
    let long = format!("<p>{}</p>", "word ".repeat(1_000)).repeat(10_000);
    assert!(long.len() > 50_000_000);
    let document = read(Format::Storage, &long).expect("it is well-formed");
    assert_eq!(document.blocks.len(), 10_000);
}

proptest! {
    #[test]
    fn every_word_of_wiki_markup_is_shown(parts in prop::collection::vec(prop::sample::select(super::wiki_properties::SOUP.to_vec()), 0..16)) {
        // Words between the markup, each its own.
        let mut source = String::new();
        let mut expected = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            source.push_str(part);
            source.push_str(&format!(" word{number} "));
            expected.push(format!("word{number}"));
        }
        let markdown = to_markdown(Format::Wiki, &source);
        for word in expected {
            prop_assert!(markdown.contains(&word), "`{}` of {:?} is not in {:?}", word, source, markdown);
        }
    }

    #[test]
    fn every_word_of_storage_soup_is_shown(parts in prop::collection::vec(prop::sample::select(super::storage_properties::SOUP.to_vec()), 0..12)) {
        check_storage(&parts.concat());
    }
}

#[test]
fn short_rows_of_a_wide_table_are_not_filled() {
    let first = "<td>a</td>".repeat(2_000);
    let rows = "<tr><td>b</td></tr>".repeat(2_000);
    let source = format!("<table><tr>{first}</tr>{rows}</table>");
    let markdown = to_markdown(Format::Storage, &source);
    assert!(markdown.len() < 4 * source.len(), "{}", markdown.len());
    assert_eq!(markdown.matches("| b |").count(), 2_000);
}
