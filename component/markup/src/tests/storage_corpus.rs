//! The corpus of storage format: every construct that real pages hold, alone, in pairs and nested.
//!
//! Decides what the documents are, from a fixed seed, and that none loses a byte.

mod snippets;

use std::path::PathBuf;

use snippets::Snippet;

use crate::{Format, read, to_markdown, write, write_with_base};

/// One document of the corpus and what it shows.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) xml: String,
}

/// A stream of numbers that is the same everywhere (SplitMix64).
pub(super) struct Seeded(pub(super) u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn id(&mut self) -> String {
        let bits = self.next();
        format!("{:08x}-{:04x}", bits >> 32, bits & 0xffff)
    }

    fn words(&mut self) -> String {
        const WORDS: &[&str] = &[
            "plan",
            "Übersicht",
            "v2.1",
            "it",
            "日本",
            "a_b",
            "100%",
            "x*y",
        ];
        let count = 1 + self.below(3);
        let words: Vec<&str> = (0..count).map(|_| WORDS[self.below(WORDS.len())]).collect();
        words.join(" ")
    }
}

/// All documents, in the files they are kept in.
fn generated() -> Vec<(&'static str, Vec<Case>)> {
    let mut seeded = Seeded(20_261_122);
    let mut snippets: Vec<Snippet> = include_str!("../../tests/fixtures/storage-constructs.tsv")
        .lines()
        .skip(1)
        .map(|row| {
            let mut fields = row.split('\t');
            let kind = fields.next().expect("a row has a kind");
            snippets::of(kind, fields.next().expect("a row has a name"), &mut seeded)
        })
        .collect();
    snippets.extend(snippets::others());
    let alone = snippets.iter().map(|snippet| Case {
        name: snippet.name.clone(),
        xml: snippet.block(),
    });
    let alone: Vec<Case> = alone.collect();
    let pairs = (0..120).map(|_| pair(&snippets, &mut seeded)).collect();
    let nested = snippets
        .iter()
        .map(|inner| nested(inner, &mut seeded))
        .collect();
    vec![("alone", alone), ("pairs", pairs), ("nested", nested)]
}

fn pick<'s>(snippets: &'s [Snippet], seeded: &mut Seeded) -> &'s Snippet {
    &snippets[seeded.below(snippets.len())]
}

fn pair(snippets: &[Snippet], seeded: &mut Seeded) -> Case {
    let (one, other) = (pick(snippets, seeded), pick(snippets, seeded));
    let xml = match (one.inline, other.inline) {
        (true, true) => format!("<p>{}, {}</p>", one.xml, other.xml),
        _ => format!("{}{}", one.block(), other.block()),
    };
    let name = format!("{} + {}", one.name, other.name);
    Case { name, xml }
}

fn nested(inner: &Snippet, seeded: &mut Seeded) -> Case {
    let block = inner.block();
    let id = seeded.id();
    let (holder, xml) = match seeded.below(7) {
        0 => (
            "cell",
            format!("<table><tbody><tr><th>k</th><td>{block}</td></tr></tbody></table>"),
        ),
        1 => (
            "item",
            format!("<ul><li><p>k</p>{block}</li><li><p>l</p></li></ul>"),
        ),
        2 => (
            "column",
            format!(
                "<ac:layout><ac:layout-section ac:type=\"single\"><ac:layout-cell>{block}</ac:layout-cell></ac:layout-section></ac:layout>"
            ),
        ),
        3 => (
            "panel",
            format!(
                "<ac:structured-macro ac:name=\"note\" ac:macro-id=\"{id}\"><ac:rich-text-body>{block}</ac:rich-text-body></ac:structured-macro>"
            ),
        ),
        4 => (
            "macro",
            format!(
                "<ac:structured-macro ac:name=\"details\" ac:macro-id=\"{id}\"><ac:rich-text-body><p>k</p>{block}</ac:rich-text-body></ac:structured-macro>"
            ),
        ),
        5 => ("quote", format!("<blockquote>{block}</blockquote>")),
        _ => (
            "two",
            format!(
                "<ac:structured-macro ac:name=\"expand\"><ac:parameter ac:name=\"title\">k</ac:parameter><ac:rich-text-body><ul><li><p>k</p>{block}</li></ul></ac:rich-text-body></ac:structured-macro>"
            ),
        ),
    };
    let name = format!("{} in {holder}", inner.name);
    Case { name, xml }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/storage")
}

fn lines(cases: &[Case]) -> String {
    let line = |case: &Case| {
        let line = serde_json::json!({"name": case.name, "xml": case.xml});
        format!("{line}\n")
    };
    cases.iter().map(line).collect()
}

/// The corpus as it is kept.
pub(super) fn cases() -> Vec<Case> {
    let texts = [
        include_str!("../../tests/fixtures/storage/alone.jsonl"),
        include_str!("../../tests/fixtures/storage/pairs.jsonl"),
        include_str!("../../tests/fixtures/storage/nested.jsonl"),
    ];
    let case = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).expect("each line is JSON");
        let field = |name: &str| {
            line[name]
                .as_str()
                .expect("the fields are texts")
                .to_owned()
        };
        Case {
            name: field("name"),
            xml: field("xml"),
        }
    };
    texts.into_iter().flat_map(str::lines).map(case).collect()
}

/// `UPDATE_CORPUS=1 cargo test -p markup storage_corpus` writes the files anew.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test that keeps files in step with their generator reads and writes them"
)]
fn the_files_are_what_the_seed_gives() {
    for (name, cases) in generated() {
        let path = folder().join(format!("{name}.jsonl"));
        let expected = lines(&cases);
        if std::env::var_os("UPDATE_CORPUS").is_some() {
            std::fs::write(&path, &expected).expect("the fixtures can be written");
        }
        let found = std::fs::read_to_string(&path).expect("the file is in the checkout");
        assert!(
            found == expected,
            "{} is not what the seed gives",
            path.display()
        );
    }
    assert!(cases().len() >= 300);
}

/// Names every case that fails, not only the first.
fn check(problem: impl Fn(&Case) -> Option<String>) {
    let problems: Vec<String> = cases()
        .iter()
        .filter_map(|case| {
            problem(case).map(|text| format!("{}:\n  {}\n  {text}", case.name, case.xml))
        })
        .collect();
    assert!(
        problems.is_empty(),
        "{} of {}:\n{}",
        problems.len(),
        cases().len(),
        problems.join("\n")
    );
}

#[test]
fn every_document_comes_back_byte_for_byte() {
    check(|case| {
        let document = read(Format::Storage, &case.xml).expect("the corpus is well-formed");
        let written = write(Format::Storage, &document).expect("the document holds its nodes");
        (written != case.xml).then_some(written)
    });
}

#[test]
fn an_unedited_page_comes_back_byte_for_byte_through_markdown() {
    check(|case| {
        let base = read(Format::Storage, &case.xml).expect("the corpus is well-formed");
        let markdown = to_markdown(Format::Storage, &case.xml);
        let edited = read(Format::Markdown, &markdown).expect("every text is Markdown");
        match write_with_base(Format::Storage, &edited, &base) {
            Ok((written, lost)) if written == case.xml && lost.is_empty() => None,
            other => Some(format!("{other:?}\n  {markdown:?}")),
        }
    });
}

/// The tree alone, without the text it was read from: what it writes says the same.
#[test]
fn the_tree_holds_every_construct() {
    let read_bare = |xml: &str| {
        let mut document = read(Format::Storage, xml).expect("what is written is well-formed");
        document.forget_source();
        document
    };
    check(|case| {
        let document = read_bare(&case.xml);
        let written = write(Format::Storage, &document).expect("the document holds its nodes");
        (read_bare(&written) != document).then_some(written)
    });
}
