//! What must hold for every document in ADF, and for everything that claims to be ADF.

use proptest::prelude::*;
use serde_json::Value;

use super::generate::{Can, document};
use super::markdown_properties::nameless;
use crate::adf;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_document_comes_back(document in document(Can::ADF)) {
        let written = adf::write_value(&document).expect("the documents hold nothing foreign");
        let read = adf::read(&written.to_string()).expect("what is written is ADF");
        prop_assert_eq!(nameless(read), document, "{}", written);
    }

    #[test]
    fn every_document_is_valid(document in document(Can::MARKDOWN)) {
        let written = adf::write_value(&document).expect("the documents hold nothing foreign");
        let mut problems = Vec::new();
        check(&written, "", &mut problems);
        prop_assert!(problems.is_empty(), "{problems:?} in {written}");
    }

    #[test]
    fn any_json_is_read_or_refused(value in json()) {
        if let Ok(document) = adf::read(&value.to_string()) {
            crate::markdown::write(&document).expect("every document can be written as Markdown");
        }
        crate::to_markdown(crate::doc::Format::Adf, &value.to_string());
    }
}

/// The schema's rules that Atlassian's API enforces: non-empty texts, allowed children, marks on
/// texts only, code with links only.
fn check(node: &Value, parent: &str, problems: &mut Vec<String>) {
    let kind = node["type"].as_str().unwrap_or("?");
    let children: Vec<&Value> = node["content"].as_array().into_iter().flatten().collect();
    let marks: Vec<&str> = node["marks"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|mark| mark["type"].as_str())
        .collect();
    if !allowed(parent).contains(&kind) && !parent.is_empty() {
        problems.push(format!("{kind} in {parent}"));
    }
    if kind == "text" && node["text"].as_str().is_none_or(str::is_empty) {
        problems.push("an empty text".into());
    }
    if !marks.is_empty() && !matches!(kind, "text" | "media") {
        problems.push(format!("marks on {kind}"));
    }
    if marks.contains(&"code") && marks.iter().any(|mark| !matches!(*mark, "code" | "link")) {
        problems.push(format!("{marks:?}"));
    }
    let must_hold = [
        "blockquote",
        "bulletList",
        "orderedList",
        "listItem",
        "taskList",
        "table",
        "tableRow",
        "tableCell",
        "tableHeader",
        "panel",
        "expand",
        "nestedExpand",
        "mediaSingle",
    ];
    if must_hold.contains(&kind) && children.is_empty() {
        problems.push(format!("an empty {kind}"));
    }
    if matches!(kind, "taskList" | "taskItem") && node["attrs"]["localId"].as_str().is_none() {
        problems.push(format!("{kind} without localId"));
    }
    let first = children.first().and_then(|child| child["type"].as_str());
    if kind == "listItem" && !matches!(first, Some("paragraph" | "codeBlock" | "mediaSingle")) {
        problems.push(format!("an item that begins with {first:?}"));
    }
    if kind == "taskList" && first != Some("taskItem") {
        problems.push("a task list without a first task".into());
    }
    for child in children {
        check(child, kind, problems);
    }
}

fn allowed(parent: &str) -> &'static [&'static str] {
    const INLINE: &[&str] = &[
        "text",
        "hardBreak",
        "mention",
        "emoji",
        "status",
        "date",
        "inlineCard",
    ];
    match parent {
        "doc" => &[
            "paragraph",
            "heading",
            "codeBlock",
            "blockquote",
            "bulletList",
            "orderedList",
            "taskList",
            "table",
            "rule",
            "panel",
            "expand",
            "mediaSingle",
        ],
        "paragraph" | "heading" | "taskItem" => INLINE,
        "codeBlock" => &["text"],
        "bulletList" | "orderedList" => &["listItem"],
        "listItem" => &[
            "paragraph",
            "codeBlock",
            "bulletList",
            "orderedList",
            "taskList",
            "mediaSingle",
        ],
        "blockquote" => &[
            "paragraph",
            "codeBlock",
            "bulletList",
            "orderedList",
            "mediaSingle",
        ],
        "taskList" => &["taskItem", "taskList"],
        "table" => &["tableRow"],
        "tableRow" => &["tableCell", "tableHeader"],
        "tableCell" | "tableHeader" => &[
            "paragraph",
            "heading",
            "codeBlock",
            "blockquote",
            "bulletList",
            "orderedList",
            "taskList",
            "rule",
            "panel",
            "nestedExpand",
            "mediaSingle",
        ],
        "panel" => &[
            "paragraph",
            "heading",
            "codeBlock",
            "bulletList",
            "orderedList",
            "taskList",
            "rule",
            "mediaSingle",
        ],
        "expand" => &[
            "paragraph",
            "heading",
            "codeBlock",
            "blockquote",
            "bulletList",
            "orderedList",
            "taskList",
            "table",
            "rule",
            "panel",
            "nestedExpand",
            "mediaSingle",
        ],
        "nestedExpand" => &[
            "paragraph",
            "heading",
            "codeBlock",
            "blockquote",
            "bulletList",
            "orderedList",
            "taskList",
            "rule",
            "panel",
            "mediaSingle",
        ],
        "mediaSingle" => &["media"],
        _ => &[],
    }
}

/// JSON that looks like ADF from afar.
fn json() -> impl Strategy<Value = Value> {
    let kinds = prop::sample::select(vec![
        "doc",
        "paragraph",
        "text",
        "heading",
        "bulletList",
        "listItem",
        "table",
        "tableRow",
        "tableCell",
        "taskList",
        "taskItem",
        "panel",
        "expand",
        "mediaSingle",
        "media",
        "mention",
        "emoji",
        "date",
        "status",
        "codeBlock",
        "hardBreak",
        "extension",
        "bodiedExtension",
        "inlineCard",
        "blockCard",
        "strange",
        "decisionItem",
    ]);
    let value = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
        Just(Value::from("https://a.example")),
    ];
    let names = prop::sample::select(vec![
        "level",
        "order",
        "localId",
        "state",
        "text",
        "id",
        "shortName",
        "timestamp",
        "url",
        "color",
        "title",
        "panelType",
        "language",
        "type",
        "alt",
        "extensionKey",
    ]);
    let attributes = prop::collection::btree_map(names, value.clone(), 0..4);
    let leaf = (kinds, attributes, value.clone(), value).prop_map(|(kind, attributes, text, marks)| {
        let attributes: serde_json::Map<String, Value> =
            attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        serde_json::json!({"type": kind, "attrs": attributes, "text": text, "marks": [{"type": "link", "attrs": {"href": marks}}, marks]})
    });
    let tree = leaf.clone().prop_recursive(5, 24, 4, move |inner| {
        (leaf.clone(), prop::collection::vec(inner, 0..4)).prop_map(|(mut node, children)| {
            node["content"] = children.into();
            node
        })
    });
    prop::collection::vec(tree, 0..4)
        .prop_map(|content| serde_json::json!({"type": "doc", "content": content}))
}
