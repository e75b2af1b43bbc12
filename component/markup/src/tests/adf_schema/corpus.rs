//! The committed corpus of generated documents, and the round trips it must survive.

use std::collections::BTreeSet;

use serde_json::Value;

use super::generator::Generator;
use super::{SCHEMA, problems};
use crate::tests::committed;
use crate::{Format, adf, read, to_markdown, write_with_base};

const DOCUMENTS: u64 = 1_100;

const CORPUS: &str = include_str!("../../../tests/fixtures/adf/generated.jsonl");

fn generated() -> (String, BTreeSet<String>) {
    let mut lines = String::new();
    let mut seen = BTreeSet::from(["doc_node".to_owned()]);
    for seed in 0..DOCUMENTS {
        let mut generator = Generator::new(seed, 4);
        let document = generator.document();
        lines.push_str(&document.to_string());
        lines.push('\n');
        seen.append(&mut generator.seen);
    }
    (lines, seen)
}

fn corpus() -> Vec<Value> {
    CORPUS
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is JSON"))
        .collect()
}

#[test]
fn the_corpus_is_what_the_generator_writes() {
    let (lines, _) = generated();
    committed("tests/fixtures/adf/generated.jsonl", CORPUS, &lines);
}

#[test]
fn the_corpus_holds_every_definition_of_the_schema() {
    let (_, seen) = generated();
    let definitions = SCHEMA["definitions"]
        .as_object()
        .expect("a schema has definitions");
    let missing: Vec<&String> = definitions
        .keys()
        .filter(|name| !seen.contains(*name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_corpus_is_large_and_valid() {
    assert!(corpus().len() >= 1_000);
    for document in corpus() {
        assert_eq!(problems(&document), None, "{document}");
    }
}

#[test]
fn a_document_that_was_read_is_written_as_it_was() {
    for document in corpus() {
        let read = adf::read(&document.to_string()).expect("the corpus is ADF");
        assert_eq!(adf::write_value(&read), Ok(document));
    }
}

#[test]
fn an_unedited_document_comes_back_from_markdown() {
    let mut changed = Vec::new();
    for (at, document) in corpus().into_iter().enumerate() {
        let source = document.to_string();
        let markdown = to_markdown(Format::Adf, &source);
        let edited = read(Format::Markdown, &markdown).expect("every text is Markdown");
        let base = read(Format::Adf, &source).expect("the corpus is ADF");
        match write_with_base(Format::Adf, &edited, &base) {
            Err(error) => changed.push(format!("{at}: {error}")),
            Ok((written, lost)) => {
                let written: Value = serde_json::from_str(&written).expect("it is JSON");
                if let Some(difference) = difference(&document, &written, "") {
                    changed.push(format!("{at}: {difference}, lost {lost:?}"));
                }
            }
        }
    }
    assert!(
        changed.is_empty(),
        "{} changed:\n{}",
        changed.len(),
        changed.join("\n")
    );
}

/// Where two values differ first.
fn difference(one: &Value, other: &Value, path: &str) -> Option<String> {
    match (one, other) {
        (Value::Object(left), Value::Object(right)) => {
            let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            names.into_iter().find_map(|name| {
                let (left, right) = (left.get(name), right.get(name));
                let null = Value::Null;
                difference(
                    left.unwrap_or(&null),
                    right.unwrap_or(&null),
                    &format!("{path}/{name}"),
                )
            })
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            let mut pairs = left.iter().zip(right).enumerate();
            pairs.find_map(|(at, (left, right))| difference(left, right, &format!("{path}/{at}")))
        }
        _ => (one != other).then(|| format!("{path} was {one}, is {other}")),
    }
}
