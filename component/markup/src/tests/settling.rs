//! Markdown that went through another format once comes through it unchanged.

use fastrand::Rng;

use super::markdown_properties::SOUP;
use crate::{Format, read, to_markdown, write};

/// `markdown` as it is shown after it was stored as `format`.
fn stored(format: Format, markdown: &str) -> Option<String> {
    let document = read(Format::Markdown, markdown).expect("every text is Markdown");
    Some(to_markdown(format, &write(format, &document).ok()?))
}

fn unsettled(format: Format, seeds: u64) -> Vec<String> {
    let soup = |seed| -> String {
        let mut random = Rng::with_seed(seed);
        let count = random.usize(1..24);
        (0..count)
            .map(|_| SOUP[random.usize(..SOUP.len())])
            .collect()
    };
    let mut unsettled = Vec::new();
    let mut settled = 0;
    for seed in 0..seeds {
        let Some(once) = stored(format, &soup(seed)) else {
            continue;
        };
        match stored(format, &once) {
            Some(twice) if twice == once => settled += 1,
            twice => unsettled.push(format!("seed {seed}: {once:?} became {twice:?}")),
        }
    }
    assert!(settled > seeds / 3, "{settled} of {seeds}");
    unsettled
}

#[test]
fn adf_settles() {
    assert_eq!(unsettled(Format::Adf, 10_000), [] as [&str; 0]);
}

#[test]
fn wiki_settles() {
    assert_eq!(unsettled(Format::Wiki, 10_000), [] as [&str; 0]);
}

#[test]
fn storage_settles() {
    assert_eq!(unsettled(Format::Storage, 10_000), [] as [&str; 0]);
}

/// Texts that hold every construct, and those that were once not settled.
#[test]
fn the_corpus_settles() {
    for line in include_str!("../../tests/fixtures/markdown/texts.jsonl").lines() {
        let text: String = serde_json::from_str(line).expect("each line is a string");
        for format in [Format::Markdown, Format::Adf, Format::Storage, Format::Wiki] {
            let Some(once) = stored(format, &text) else {
                continue;
            };
            assert_eq!(
                stored(format, &once).as_deref(),
                Some(&*once),
                "{format}: {text}"
            );
        }
    }
}
