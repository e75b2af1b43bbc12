//! Is this a document Jira Cloud would keep? A structural check after Atlassian's ADF schema:
//! known nodes and marks, children where they may stand, the attributes a node cannot be without.

use serde_json::Value;

/// Why a document is refused; for tests and logs, since Jira itself only says `INVALID_INPUT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invalid(pub(crate) String);

/// Deeper than anybody writes, and shallow enough for the stack.
const DEEPEST: usize = 60;

const BLOCKS: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "codeBlock",
    "blockquote",
    "panel",
    "rule",
    "table",
    "mediaSingle",
    "mediaGroup",
    "expand",
    "taskList",
    "decisionList",
    "blockCard",
    "embedCard",
    "extension",
    "bodiedExtension",
    "layoutSection",
];
const INLINES: &[&str] = &[
    "text",
    "hardBreak",
    "mention",
    "emoji",
    "date",
    "status",
    "inlineCard",
    "inlineExtension",
    "placeholder",
    "mediaInline",
];
const IN_ITEM: &[&str] = &[
    "paragraph",
    "bulletList",
    "orderedList",
    "codeBlock",
    "mediaSingle",
    "taskList",
    "extension",
];
const IN_PANEL: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "codeBlock",
    "blockCard",
    "mediaGroup",
    "mediaSingle",
    "rule",
    "taskList",
    "decisionList",
    "extension",
];
const IN_QUOTE: &[&str] = &[
    "paragraph",
    "bulletList",
    "orderedList",
    "codeBlock",
    "mediaSingle",
    "mediaGroup",
    "extension",
];
const IN_CELL: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "codeBlock",
    "blockquote",
    "panel",
    "rule",
    "mediaSingle",
    "mediaGroup",
    "taskList",
    "decisionList",
    "blockCard",
    "embedCard",
    "extension",
    "nestedExpand",
];
const MARKS: &[&str] = &[
    "strong",
    "em",
    "strike",
    "underline",
    "code",
    "link",
    "subsup",
    "textColor",
    "backgroundColor",
    "annotation",
    "alignment",
    "indentation",
    "breakout",
    "border",
    "fragment",
    "dataConsumer",
];

pub(crate) fn check_document(document: &Value) -> Result<(), Invalid> {
    if document["type"] != "doc" {
        return invalid("the root is not of type doc");
    }
    if document["version"] != 1 {
        return invalid("the version of the document is not 1");
    }
    let Some(content) = document["content"].as_array() else {
        return invalid("the document has no content");
    };
    content
        .iter()
        .try_for_each(|node| check_node(node, BLOCKS, 1))
}

fn invalid(why: impl Into<String>) -> Result<(), Invalid> {
    Err(Invalid(why.into()))
}

fn check_node(node: &Value, allowed: &[&str], depth: usize) -> Result<(), Invalid> {
    let Some(kind) = node["type"].as_str() else {
        return invalid("a node has no type");
    };
    if depth > DEEPEST {
        return invalid("nested too deeply");
    }
    if !allowed.contains(&kind) {
        return invalid(format!("{kind} may not stand here"));
    }
    check_marks(node, kind)?;
    check_attributes(node, kind)?;
    let (children, least) = children_of(kind);
    let none = Vec::new();
    let content = match &node["content"] {
        Value::Null => &none,
        Value::Array(content) => content,
        _ => return invalid(format!("the content of {kind} is no list")),
    };
    if content.len() < least {
        return invalid(format!("{kind} is empty"));
    }
    if kind == "listItem" && content.first().is_some_and(|first| !is_item_start(first)) {
        return invalid("a list item begins with a paragraph, a code block or a picture");
    }
    if kind == "codeBlock" && content.iter().any(|text| !text["marks"].is_null()) {
        return invalid("text in a code block has no marks");
    }
    content
        .iter()
        .try_for_each(|child| check_node(child, children, depth + 1))
}

/// What may stand inside a node, and how many there must be at least.
fn children_of(kind: &str) -> (&'static [&'static str], usize) {
    match kind {
        "paragraph" | "heading" | "taskItem" | "decisionItem" | "caption" => (INLINES, 0),
        "bulletList" | "orderedList" => (&["listItem"], 1),
        "listItem" => (IN_ITEM, 1),
        "codeBlock" => (&["text"], 0),
        "blockquote" => (IN_QUOTE, 1),
        "panel" => (IN_PANEL, 1),
        "table" => (&["tableRow"], 1),
        "tableRow" => (&["tableCell", "tableHeader"], 0),
        "tableCell" | "tableHeader" => (IN_CELL, 1),
        "mediaSingle" => (&["media", "caption"], 1),
        "mediaGroup" => (&["media"], 1),
        "expand" | "nestedExpand" => (IN_CELL, 1),
        "taskList" => (&["taskItem", "taskList", "blockTaskItem"], 1),
        "decisionList" => (&["decisionItem"], 1),
        "bodiedExtension" => (BLOCKS, 1),
        "layoutSection" => (&["layoutColumn"], 1),
        "layoutColumn" => (BLOCKS, 1),
        _ => (&[], 0),
    }
}

fn is_item_start(node: &Value) -> bool {
    // Nested lists may begin an item since 2024; older renderers still refuse them, so this does too.
    matches!(
        node["type"].as_str(),
        Some("paragraph" | "codeBlock" | "mediaSingle" | "extension")
    )
}

fn check_marks(node: &Value, kind: &str) -> Result<(), Invalid> {
    let marks = match &node["marks"] {
        Value::Null => return Ok(()),
        Value::Array(marks) => marks,
        _ => return invalid("marks is no list"),
    };
    let mut seen = Vec::new();
    for mark in marks {
        let Some(name) = mark["type"].as_str().filter(|name| MARKS.contains(name)) else {
            return invalid(format!("unknown mark {}", mark["type"]));
        };
        if seen.contains(&name) {
            return invalid(format!("the mark {name} stands twice"));
        }
        seen.push(name);
        if name == "link" && mark["attrs"]["href"].as_str().is_none_or(str::is_empty) {
            return invalid("a link has no href");
        }
    }
    // Code goes with links and annotations only.
    let beside_code = |name: &&str| !matches!(*name, "code" | "link" | "annotation");
    if kind == "text" && seen.contains(&"code") && seen.iter().any(beside_code) {
        return invalid("code stands beside another mark");
    }
    Ok(())
}

fn check_attributes(node: &Value, kind: &str) -> Result<(), Invalid> {
    let attrs = &node["attrs"];
    let has_text = |name: &str| attrs[name].as_str().is_some_and(|text| !text.is_empty());
    let good = match kind {
        "text" => node["text"].as_str().is_some_and(|text| !text.is_empty()),
        "heading" => attrs["level"]
            .as_u64()
            .is_some_and(|level| (1..=6).contains(&level)),
        "panel" => matches!(
            attrs["panelType"].as_str(),
            Some("info" | "note" | "tip" | "warning" | "error" | "success" | "custom")
        ),
        "mention" => has_text("id"),
        "emoji" => has_text("shortName"),
        "date" => has_text("timestamp"),
        "status" => {
            has_text("text")
                && matches!(
                    attrs["color"].as_str(),
                    Some("neutral" | "purple" | "blue" | "red" | "yellow" | "green")
                )
        }
        "inlineCard" | "blockCard" => has_text("url") || attrs["data"].is_object(),
        "taskList" | "decisionList" => attrs["localId"].is_string(),
        "taskItem" => {
            attrs["localId"].is_string() && matches!(attrs["state"].as_str(), Some("TODO" | "DONE"))
        }
        "decisionItem" => attrs["localId"].is_string() && attrs["state"].is_string(),
        "media" => matches!(attrs["type"].as_str(), Some("file" | "link" | "external")),
        "orderedList" => attrs["order"].is_null() || attrs["order"].as_u64().is_some(),
        "extension" | "inlineExtension" | "bodiedExtension" => {
            has_text("extensionKey") && has_text("extensionType")
        }
        _ => true,
    };
    if good {
        return Ok(());
    }
    invalid(format!("{kind} lacks what it cannot be without"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn doc(content: Value) -> Value {
        json!({"type": "doc", "version": 1, "content": content})
    }

    #[test]
    fn documents_as_the_editor_makes_them_are_taken() {
        let text = json!({"type": "text", "text": "x", "marks": [{"type": "code"}, {"type": "link", "attrs": {"href": "https://a.b"}}]});
        let paragraph = json!({"type": "paragraph", "content": [text, {"type": "hardBreak"}, {"type": "mention", "attrs": {"id": "1"}}]});
        for content in [
            json!([]),
            json!([{"type": "paragraph"}]),
            json!([paragraph]),
            json!([{"type": "bulletList", "content": [{"type": "listItem", "content": [paragraph, {"type": "orderedList", "attrs": {"order": 2}, "content": [{"type": "listItem", "content": [paragraph]}]}]}]}]),
            json!([{"type": "codeBlock", "attrs": {"language": "rust"}, "content": [{"type": "text", "text": "fn"}]}]),
            json!([{"type": "panel", "attrs": {"panelType": "info"}, "content": [paragraph]}]),
            json!([{"type": "taskList", "attrs": {"localId": ""}, "content": [{"type": "taskItem", "attrs": {"localId": "", "state": "TODO"}, "content": [{"type": "text", "text": "x"}]}]}]),
        ] {
            assert_eq!(check_document(&doc(content.clone())), Ok(()), "{content}");
        }
    }

    #[test]
    fn documents_that_jira_refuses_are_refused() {
        let text = json!({"type": "text", "text": "x"});
        let paragraph = json!({"type": "paragraph", "content": [text]});
        for content in [
            json!("text"),
            json!([text]),
            json!([{"type": "paragraph", "content": [{"type": "text", "text": ""}]}]),
            json!([{"type": "paragraph", "content": [{"type": "text"}]}]),
            json!([{"type": "paragraph", "content": "x"}]),
            json!([{"type": "paragraph", "content": [paragraph]}]),
            json!([{"type": "marquee", "content": [text]}]),
            json!([{"content": [text]}]),
            json!([{"type": "bulletList", "content": []}]),
            json!([{"type": "bulletList", "content": [paragraph]}]),
            json!([{"type": "bulletList", "content": [{"type": "listItem", "content": [{"type": "heading", "attrs": {"level": 1}}]}]}]),
            json!([{"type": "heading", "attrs": {"level": 7}, "content": [text]}]),
            json!([{"type": "heading", "content": [text]}]),
            json!([{"type": "panel", "attrs": {"panelType": "blink"}, "content": [paragraph]}]),
            json!([{"type": "blockquote", "content": [{"type": "heading", "attrs": {"level": 1}}]}]),
            json!([{"type": "table", "content": [{"type": "tableRow", "content": [{"type": "tableCell", "content": [text]}]}]}]),
            json!([{"type": "table", "content": [{"type": "tableRow", "content": [{"type": "tableCell", "content": []}]}]}]),
            json!([{"type": "codeBlock", "content": [{"type": "text", "text": "x", "marks": [{"type": "strong"}]}]}]),
            json!([{"type": "paragraph", "content": [{"type": "text", "text": "x", "marks": [{"type": "bold"}]}]}]),
            json!([{"type": "paragraph", "content": [{"type": "text", "text": "x", "marks": [{"type": "link"}]}]}]),
            json!([{"type": "paragraph", "content": [{"type": "text", "text": "x", "marks": [{"type": "code"}, {"type": "strong"}]}]}]),
            json!([{"type": "paragraph", "content": [{"type": "text", "text": "x", "marks": [{"type": "em"}, {"type": "em"}]}]}]),
            json!([{"type": "paragraph", "content": [{"type": "mention", "attrs": {}}]}]),
            json!([{"type": "taskList", "content": [{"type": "taskItem", "content": [text]}]}]),
        ] {
            assert!(check_document(&doc(content.clone())).is_err(), "{content}");
        }
        for document in [
            json!(null),
            json!("x"),
            json!({}),
            json!({"type": "doc", "content": []}),
            json!({"type": "doc", "version": 2, "content": []}),
            json!({"type": "doc", "version": 1}),
        ] {
            assert!(check_document(&document).is_err(), "{document}");
        }
    }

    #[test]
    fn a_very_deep_document_is_refused_and_not_followed() {
        let mut node = json!({"type": "paragraph"});
        for _ in 0..120 {
            node = json!({"type": "bulletList", "content": [{"type": "listItem", "content": [{"type": "paragraph"}, node]}]});
        }
        assert!(check_document(&doc(json!([node]))).is_err());
    }
}
