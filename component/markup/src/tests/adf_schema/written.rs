//! A hundred thousand documents from every source, written as ADF and validated.

use fastrand::Rng;
use serde_json::Value;

use super::generator::Generator;
use super::problems;
use crate::tests::markdown_properties::SOUP;
use crate::{Document, Format, adf, read, restore, to_markdown};

/// How many documents could be written, of `count` that `make` gives.
fn valid(count: u64, make: impl Fn(u64) -> Option<(String, Value)>) -> u64 {
    let mut written = 0;
    let mut wrong = Vec::new();
    for seed in 0..count {
        if let Some((source, document)) = make(seed) {
            written += 1;
            if let Some(problems) = problems(&document) {
                wrong.push(format!(
                    "seed {seed}: {problems}\n  from {source}\n  came {document}"
                ));
            }
        }
    }
    let sample = wrong
        .iter()
        .take(3)
        .cloned()
        .collect::<Vec<_>>()
        .join("\n\n");
    assert!(wrong.is_empty(), "{} are not valid:\n{sample}", wrong.len());
    written
}

fn write(source: String, document: &Document) -> Option<(String, Value)> {
    Some((source, adf::write_value(document).ok()?))
}

#[test]
fn trees_of_adf_documents() {
    let written = valid(75_000, |seed| {
        let source = Generator::new(seed, 2).document();
        let mut document = adf::read(&source.to_string()).expect("it is ADF");
        // Without its source the tree must say it all.
        document.forget_source();
        write(source.to_string(), &document)
    });
    assert_eq!(written, 75_000);
}

#[test]
fn edited_adf_documents() {
    let written = valid(20_000, |seed| {
        let source = Generator::new(seed, 2).document();
        let base = adf::read(&source.to_string()).expect("it is ADF");
        let mut random = Rng::with_seed(seed);
        let markdown = jumbled(&mut random, &to_markdown(Format::Adf, &source.to_string()));
        let edited = read(Format::Markdown, &markdown).expect("every text is Markdown");
        let restored = restore(&edited, &base).ok()?;
        write(format!("{source}\n  edited {markdown}"), &restored.document)
    });
    assert!(written > 5_000, "{written}");
}

#[test]
fn documents_in_markdown() {
    let written = valid(25_000, |seed| {
        let source = soup(&mut Rng::with_seed(seed));
        let document = read(Format::Markdown, &source).expect("every text is Markdown");
        write(source, &document)
    });
    assert!(written > 15_000, "{written}");
}

#[test]
fn documents_in_storage_and_wiki_markup() {
    for format in [Format::Storage, Format::Wiki] {
        let written = valid(10_000, |seed| {
            let mut random = Rng::with_seed(seed);
            let document =
                read(Format::Markdown, &soup(&mut random)).expect("every text is Markdown");
            let source = jumbled(&mut random, &crate::write(format, &document).ok()?);
            let document = read(format, &source).ok()?;
            write(source, &document)
        });
        assert!(written > 5_000, "{format}: {written}");
    }
}

fn soup(random: &mut Rng) -> String {
    let count = random.usize(1..24);
    (0..count)
        .map(|_| SOUP[random.usize(..SOUP.len())])
        .collect()
}

/// The lines of `text` with some moved, doubled, indented or taken out.
fn jumbled(random: &mut Rng, text: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..random.usize(1..4) {
        if lines.is_empty() {
            break;
        }
        let (one, other) = (random.usize(..lines.len()), random.usize(..lines.len()));
        match random.usize(..6) {
            0 => lines.swap(one, other),
            1 => drop(lines.remove(one)),
            2 => lines.insert(other, lines[one].clone()),
            3 => lines[one].insert_str(
                0,
                ["> ", "- ", "  ", "1. ", "# ", "> [!NOTE]\n> "][random.usize(..6)],
            ),
            4 => lines[one].push_str(" more"),
            _ => lines.insert(one, String::new()),
        }
    }
    lines.join("\n")
}
