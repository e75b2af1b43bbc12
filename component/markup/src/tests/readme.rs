//! The tables of the README, written from what the conversions do.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::committed;
use crate::{Document, Format, read, to_markdown, write, write_with_base};

const README: &str = include_str!("../../README.md");
const MARK: &str = "<!-- what follows is written by a test -->\n";
const ADF: &str = include_str!("../../tests/fixtures/adf/generated.jsonl");
const STORAGE: &str = include_str!("../../tests/fixtures/storage/alone.jsonl");

/// What a model writes, by name.
const WRITTEN: &[(&str, &str)] = &[
    ("bold, italic, struck out", "**a** _b_ ~~c~~"),
    ("code", "`a`"),
    ("underline", "<u>a</u>"),
    ("subscript, superscript", "H<sub>2</sub>O, m<sup>2</sup>"),
    ("text colour", "<font color=\"#ff5630\">a</font>"),
    ("heading", "## a"),
    ("nested lists", "- a\n  1. b\n- c"),
    ("list from a number", "5. a\n6. b"),
    ("task list", "- [ ] a\n- [x] b"),
    ("decision", "> [!DECISION]\n> a"),
    ("quote", "> a\n>\n> b"),
    ("quote in a quote", "> a\n>\n> > b"),
    ("panel", "> [!WARNING]\n> a"),
    ("panel with a title", "> [!PANEL] a\n> b"),
    ("panel in a panel", "> [!INFO]\n> a\n>\n> > [!NOTE]\n> > b"),
    ("expand", "<details><summary>a</summary>\n\nb\n\n</details>"),
    ("code block with a language", "```rust\na\n```"),
    ("rule", "a\n\n---\n\nb"),
    ("table with a header row", "| a | b |\n|---|---|\n| c | d |"),
    ("row header", "|  |  |\n|---|---|\n| <th>a | b |"),
    ("list in a cell", "|  |\n|---|\n| a<ul><li>b</li></ul> |"),
    ("link", "[a](https://a.example)"),
    ("link with a title", "[a](https://a.example \"b\")"),
    ("bare address", "https://a.example"),
    ("smart link", "<https://a.example>"),
    ("link to a page", "[a](page:DS/b)"),
    ("link to an attachment", "[a](attachment:b.pdf)"),
    ("image with an address", "![a](https://a.example/b.png)"),
    ("image of an attachment", "![a](b.png)"),
    ("mention by account", "[@Ann](accountid:1:a)"),
    ("mention by user name", "[@ann](user:ann)"),
    ("mention by user key", "[@ann](userkey:ff80)"),
    ("status", "[DONE](status:green)"),
    ("date", "<date:2026-11-22>"),
    ("emoji", ":warning:"),
    ("line break", "a\\\nb"),
    ("footnote", "a[^1]\n\n[^1]: b c"),
];

#[test]
fn readme_says_what_is_kept() {
    let (by_hand, _) = README.split_once(MARK).expect("the README has its mark");
    let mut text = format!("{by_hand}{MARK}\n### What a model writes in Markdown\n\n");
    text.push_str("| construct | Markdown | ADF | storage | wiki |\n|---|---|---|---|---|\n");
    for (name, markdown) in WRITTEN {
        let code = markdown.replace('|', "\\|").replace('\n', "⏎");
        let fates: Vec<&str> = [Format::Adf, Format::Storage, Format::Wiki]
            .map(|format| written(markdown, format))
            .into();
        text.push_str(&format!(
            "| {name} | `` {code} `` | {} |\n",
            fates.join(" | ")
        ));
    }
    text.push_str("\n### What ADF holds, by node and mark of the schema\n\n| node or mark | ADF | Markdown |\n|---|---|---|\n");
    for (name, fate) in of_adf() {
        text.push_str(&format!("| {name} | {} | {} |\n", fate.itself, fate.shown));
    }
    text.push_str("\n### What storage format holds, by construct of real pages\n\n| kind | in Markdown | constructs |\n|---|---|---|\n");
    for ((kind, fate), names) in of_storage() {
        let names: Vec<String> = names.into_iter().collect();
        text.push_str(&format!("| {kind} | {fate} | {} |\n", names.join(", ")));
    }
    assert!(!text.contains("| lost |"), "something is lost:\n{text}");
    committed("README.md", README, &text);
}

/// What becomes of Markdown that is stored as `format` and shown again.
fn written(markdown: &str, format: Format) -> &'static str {
    let document = read(Format::Markdown, markdown).expect("every text is Markdown");
    let Ok(stored) = write(format, &document) else {
        return "refused";
    };
    let shown = to_markdown(format, &stored);
    let named = |text: &str| text.replace("[@Ann]", "[@]").replace("[@ann]", "[@]");
    let nameless = |text: &str| {
        text.replace("<accountid:1:a>", "[@](accountid:1:a)")
            .replace("<user:ann>", "[@](user:ann)")
            .replace("<userkey:ff80>", "[@](userkey:ff80)")
    };
    if nameless(&named(&shown)) == named(markdown) {
        "kept"
    } else if words(&document).is_subset(&words(
        &read(Format::Markdown, &shown).expect("every text is Markdown"),
    )) {
        "words"
    } else {
        "lost"
    }
}

/// The words that a reader sees.
fn words(document: &Document) -> BTreeSet<String> {
    let text =
        write(Format::Markdown, document).expect("every document can be written as Markdown");
    let of_markup = [
        "date", "font", "color", "details", "summary", "DECISION", "PANEL", "INFO", "NOTE",
        "WARNING", "th", "ul", "li", "br", "status", "green",
    ];
    let words = text
        .split(|char: char| !char.is_alphanumeric())
        .filter(|word| !word.is_empty() && !of_markup.contains(word))
        // A list that counts anew says the same.
        .filter(|word| word.parse::<u8>().is_err());
    words.map(str::to_owned).collect()
}

/// Whether `source` comes back from Markdown, and how it is shown there.
fn shown(format: Format, source: &str) -> &'static str {
    let markdown = to_markdown(format, source);
    let same = || {
        let base = read(format, source).ok()?;
        let edited = read(Format::Markdown, &markdown).ok()?;
        let (written, lost) = write_with_base(format, &edited, &base).ok()?;
        let same = match format {
            Format::Adf => {
                serde_json::from_str::<Value>(&written).ok()?
                    == serde_json::from_str::<Value>(source).ok()?
            }
            _ => written == source,
        };
        (same && lost.is_empty()).then_some(())
    };
    match (same(), markdown.contains('⟦')) {
        (None, _) => "lost",
        (Some(()), true) => "placeholder",
        (Some(()), false) => "kept",
    }
}

/// What becomes of a construct of ADF that is written as ADF, and that is shown as Markdown.
#[derive(Clone, Copy)]
struct Fate {
    itself: &'static str,
    shown: &'static str,
}

/// Whether the tree holds all that the document says.
fn itself(source: &str) -> &'static str {
    let document = read(Format::Adf, source).expect("each line is ADF");
    let written = write(Format::Adf, &document).ok();
    let written = written.and_then(|written| serde_json::from_str::<Value>(&written).ok());
    if written == serde_json::from_str(source).ok() {
        "kept"
    } else {
        "lost"
    }
}

/// A construct is kept where one text that holds it needs no placeholder, and lost where one does
/// not come back.
fn of_adf() -> BTreeMap<String, Fate> {
    let mut fates: BTreeMap<String, Fate> = BTreeMap::new();
    let said = WRITTEN.iter().filter_map(|(_, markdown)| {
        let document = read(Format::Markdown, markdown).expect("every text is Markdown");
        write(Format::Adf, &document).ok()
    });
    for line in said.chain(ADF.lines().map(str::to_owned)) {
        let document: Value = serde_json::from_str(&line).expect("each line is JSON");
        for block in document["content"].as_array().into_iter().flatten() {
            let alone =
                serde_json::json!({"version": 1, "type": "doc", "content": [block]}).to_string();
            let (itself, shown) = (itself(&alone), shown(Format::Adf, &alone));
            let mut names = BTreeSet::new();
            types(block, &mut names);
            for name in names {
                let known = fates.entry(name).or_insert(Fate { itself, shown });
                if shown == "lost" || known.shown == "placeholder" {
                    known.shown = shown;
                }
                if itself == "lost" {
                    known.itself = itself;
                }
            }
        }
    }
    fates
}

/// The types of `node` and of all nodes and marks in it.
fn types(node: &Value, names: &mut BTreeSet<String>) {
    if let Some(name) = node["type"].as_str() {
        names.insert(name.to_owned());
    }
    for list in [&node["content"], &node["marks"]] {
        list.as_array()
            .into_iter()
            .flatten()
            .for_each(|child| types(child, names));
    }
}

fn of_storage() -> BTreeMap<(String, &'static str), BTreeSet<String>> {
    let mut fates: BTreeMap<(String, &'static str), BTreeSet<String>> = BTreeMap::new();
    for line in STORAGE.lines() {
        let row: Value = serde_json::from_str(line).expect("each line is JSON");
        let (name, source) = (
            row["name"].as_str().unwrap_or(""),
            row["xml"].as_str().unwrap_or(""),
        );
        let (kind, name) = name.split_once(' ').unwrap_or(("", name));
        let entry = fates.entry((kind.to_owned(), shown(Format::Storage, source)));
        entry.or_default().insert(format!("`{name}`"));
    }
    fates
}
