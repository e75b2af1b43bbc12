//! Everything that is written as ADF against Atlassian's own JSON Schema.
//!
//! Decides nothing: the schema in `tests/schema` does.

mod corpus;
mod generator;
mod model;
mod written;

use std::sync::LazyLock;

pub(super) use generator::Generator;
use jsonschema::Validator;
use serde_json::Value;

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../tests/schema/adf-full.json")).expect("it is JSON")
});

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    jsonschema::draft4::options()
        .build(&SCHEMA)
        .expect("it is a schema of draft 4")
});

/// What the schema says against `document`, the deepest reasons first.
pub(super) fn problems(document: &Value) -> Option<String> {
    if VALIDATOR.is_valid(document) {
        return None;
    }
    let problems: Vec<String> = VALIDATOR
        .iter_errors(document)
        .map(|error| format!("{}: {error:.300}", error.instance_path()))
        .collect();
    Some(problems.join("\n"))
}

#[test]
fn the_validator_refuses_what_the_schema_does() {
    for (document, valid) in [
        (r#"{"version":1,"type":"doc","content":[]}"#, true),
        (r#"{"type":"doc","content":[]}"#, false),
        (
            r#"{"version":1,"type":"doc","content":[{"type":"paragraph"}]}"#,
            true,
        ),
        (
            r#"{"version":1,"type":"doc","content":[{"type":"listItem","content":[]}]}"#,
            false,
        ),
        (
            r#"{"version":1,"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":""}]}]}"#,
            false,
        ),
        (
            r#"{"version":1,"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"a","marks":[{"type":"code"},{"type":"strong"}]}]}]}"#,
            false,
        ),
    ] {
        let value = serde_json::from_str(document).expect("it is JSON");
        assert_eq!(problems(&value).is_none(), valid, "{document}");
    }
}
