//! Whether a value is an Atlassian document as the editor's schema has it: which node may stand
//! in which, which marks a text may carry, which attributes a node needs.
//!
//! Written from the node reference of the Atlassian Document Format; nodes that our converter
//! never writes (media, extensions, layouts) are known by name and content only.

use serde_json::Value;

/// Every violation in `document`; none for a document that the editor takes.
pub fn check_document(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if document.get("type") != Some(&Value::from("doc")) {
        return vec!["the root is not `doc`".to_owned()];
    }
    if document.get("version") != Some(&Value::from(1)) {
        found.push("`version` is not 1".to_owned());
    }
    if !document.get("content").is_some_and(Value::is_array) {
        found.push("the root has no `content` list".to_owned());
    }
    check_children("doc", document, "doc", &mut found);
    found
}

/// What a node may hold: the nodes, and whether at least one is needed.
struct Content {
    node: &'static str,
    children: &'static [&'static str],
    at_least_one: bool,
}

const BLOCKS: &[&str] = &[
    "paragraph",
    "bulletList",
    "mediaSingle",
    "orderedList",
    "panel",
    "blockquote",
    "codeBlock",
    "heading",
    "mediaGroup",
    "decisionList",
    "taskList",
    "table",
    "blockCard",
    "embedCard",
    "extension",
    "bodiedExtension",
    "rule",
    "expand",
    "layoutSection",
];
const INLINE: &[&str] = &[
    "text",
    "hardBreak",
    "mention",
    "emoji",
    "date",
    "status",
    "inlineCard",
    "placeholder",
    "inlineExtension",
    "mediaInline",
];
const CELL: &[&str] = &[
    "paragraph",
    "panel",
    "blockquote",
    "orderedList",
    "bulletList",
    "rule",
    "heading",
    "codeBlock",
    "mediaSingle",
    "mediaGroup",
    "decisionList",
    "taskList",
    "blockCard",
    "embedCard",
    "extension",
    "nestedExpand",
];
const ITEM: &[&str] = &[
    "paragraph",
    "mediaSingle",
    "codeBlock",
    "bulletList",
    "orderedList",
    "taskList",
    "extension",
];

const CONTENTS: &[Content] = &[
    Content {
        node: "doc",
        children: BLOCKS,
        at_least_one: false,
    },
    Content {
        node: "paragraph",
        children: INLINE,
        at_least_one: false,
    },
    Content {
        node: "heading",
        children: INLINE,
        at_least_one: false,
    },
    Content {
        node: "codeBlock",
        children: &["text"],
        at_least_one: false,
    },
    Content {
        node: "blockquote",
        children: &[
            "paragraph",
            "orderedList",
            "bulletList",
            "codeBlock",
            "mediaSingle",
            "mediaGroup",
            "extension",
        ],
        at_least_one: true,
    },
    Content {
        node: "bulletList",
        children: &["listItem"],
        at_least_one: true,
    },
    Content {
        node: "orderedList",
        children: &["listItem"],
        at_least_one: true,
    },
    Content {
        node: "listItem",
        children: ITEM,
        at_least_one: true,
    },
    Content {
        node: "taskList",
        children: &["taskItem", "taskList", "blockTaskItem"],
        at_least_one: true,
    },
    Content {
        node: "taskItem",
        children: INLINE,
        at_least_one: false,
    },
    Content {
        node: "blockTaskItem",
        children: &["paragraph", "extension"],
        at_least_one: true,
    },
    Content {
        node: "decisionList",
        children: &["decisionItem"],
        at_least_one: true,
    },
    Content {
        node: "decisionItem",
        children: INLINE,
        at_least_one: false,
    },
    Content {
        node: "panel",
        children: &[
            "paragraph",
            "heading",
            "bulletList",
            "orderedList",
            "blockCard",
            "mediaGroup",
            "mediaSingle",
            "codeBlock",
            "taskList",
            "rule",
            "decisionList",
            "extension",
        ],
        at_least_one: true,
    },
    Content {
        node: "table",
        children: &["tableRow"],
        at_least_one: true,
    },
    Content {
        node: "tableRow",
        children: &["tableCell", "tableHeader"],
        at_least_one: false,
    },
    Content {
        node: "tableCell",
        children: CELL,
        at_least_one: true,
    },
    Content {
        node: "tableHeader",
        children: CELL,
        at_least_one: true,
    },
    Content {
        node: "expand",
        children: BLOCKS,
        at_least_one: true,
    },
    Content {
        node: "nestedExpand",
        children: CELL,
        at_least_one: true,
    },
    Content {
        node: "mediaSingle",
        children: &["media", "caption"],
        at_least_one: true,
    },
    Content {
        node: "mediaGroup",
        children: &["media"],
        at_least_one: true,
    },
    Content {
        node: "caption",
        children: INLINE,
        at_least_one: false,
    },
    Content {
        node: "layoutSection",
        children: &["layoutColumn"],
        at_least_one: true,
    },
    Content {
        node: "layoutColumn",
        children: BLOCKS,
        at_least_one: true,
    },
    Content {
        node: "bodiedExtension",
        children: BLOCKS,
        at_least_one: true,
    },
];

/// Attributes without which the editor refuses the node, as `NODE.ATTRIBUTE`.
const REQUIRED_ATTRIBUTES: &[(&str, &[&str])] = &[
    ("heading", &["level"]),
    ("panel", &["panelType"]),
    ("mention", &["id"]),
    ("emoji", &["shortName"]),
    ("date", &["timestamp"]),
    ("status", &["text", "color"]),
    ("taskList", &["localId"]),
    ("taskItem", &["localId", "state"]),
    ("decisionList", &["localId"]),
    ("decisionItem", &["localId", "state"]),
    ("media", &["type"]),
    ("extension", &["extensionType", "extensionKey"]),
    ("inlineExtension", &["extensionType", "extensionKey"]),
    ("bodiedExtension", &["extensionType", "extensionKey"]),
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
];

fn check_children(kind: &str, node: &Value, place: &str, found: &mut Vec<String>) {
    let children = node.get("content").and_then(Value::as_array);
    let Some(rule) = CONTENTS.iter().find(|rule| rule.node == kind) else {
        if children.is_some_and(|list| !list.is_empty()) {
            found.push(format!("{place}: `{kind}` holds nothing"));
        }
        return;
    };
    let children = children.map_or(&[][..], Vec::as_slice);
    if rule.at_least_one && children.is_empty() {
        found.push(format!("{place}: `{kind}` is empty"));
    }
    for (index, child) in children.iter().enumerate() {
        let inner = format!("{place}/{index}");
        match child.get("type").and_then(Value::as_str) {
            Some(name) if rule.children.contains(&name) => {
                check_node(kind, name, child, &inner, found)
            }
            Some(name) => found.push(format!("{inner}: `{name}` may not stand in `{kind}`")),
            None => found.push(format!("{inner}: a node without a type")),
        }
    }
    if kind == "listItem"
        && children
            .first()
            .is_some_and(|first| first["type"] == "taskList")
    {
        found.push(format!("{place}: an item cannot begin with `taskList`"));
    }
}

fn check_node(parent: &str, kind: &str, node: &Value, place: &str, found: &mut Vec<String>) {
    let attributes = REQUIRED_ATTRIBUTES
        .iter()
        .find(|(name, _)| *name == kind)
        .map_or(&[][..], |(_, attributes)| attributes);
    for attribute in attributes {
        if node
            .pointer(&format!("/attrs/{attribute}"))
            .is_none_or(Value::is_null)
        {
            found.push(format!("{place}: `{kind}` needs `{attribute}`"));
        }
    }
    match kind {
        "text" => check_text(parent, node, place, found),
        "heading" => {
            let level = node.pointer("/attrs/level").and_then(Value::as_i64);
            if level.is_some_and(|level| !(1..=6).contains(&level)) {
                found.push(format!("{place}: no heading has that level"));
            }
        }
        "panel" => {
            let named = [
                "info", "note", "tip", "warning", "error", "success", "custom",
            ];
            let given = node.pointer("/attrs/panelType").and_then(Value::as_str);
            if given.is_some_and(|given| !named.contains(&given)) {
                found.push(format!("{place}: no panel has that type"));
            }
        }
        _ => {}
    }
    check_children(kind, node, place, found);
}

fn check_text(parent: &str, node: &Value, place: &str, found: &mut Vec<String>) {
    if node
        .get("text")
        .and_then(Value::as_str)
        .is_none_or(str::is_empty)
    {
        found.push(format!("{place}: a text is never empty"));
    }
    let marks = node.get("marks").and_then(Value::as_array);
    let names: Vec<&str> = marks
        .into_iter()
        .flatten()
        .filter_map(|mark| mark.get("type").and_then(Value::as_str))
        .collect();
    if parent == "codeBlock" && !names.is_empty() {
        found.push(format!("{place}: text in a code block carries no marks"));
    }
    for (index, name) in names.iter().enumerate() {
        if !MARKS.contains(name) {
            found.push(format!("{place}: unknown mark `{name}`"));
        }
        if names[..index].contains(name) && *name != "annotation" {
            found.push(format!("{place}: mark `{name}` twice"));
        }
        // The editor's `code_inline` takes links and annotations beside `code`, nothing else.
        if names.contains(&"code") && !matches!(*name, "code" | "link" | "annotation") {
            found.push(format!("{place}: `code` and `{name}` exclude each other"));
        }
    }
    for link in marks
        .into_iter()
        .flatten()
        .filter(|mark| mark["type"] == "link")
    {
        if link
            .pointer("/attrs/href")
            .and_then(Value::as_str)
            .is_none_or(str::is_empty)
        {
            found.push(format!("{place}: a link without `href`"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn doc(content: Value) -> Value {
        json!({"type": "doc", "version": 1, "content": content})
    }

    #[test]
    fn documents_of_the_editor_pass() {
        let cell = json!({"type": "tableCell", "content": [{"type": "paragraph"}]});
        for content in [
            json!([]),
            json!([{"type": "paragraph", "content": [{"type": "text", "text": "x", "marks": [{"type": "code"}, {"type": "link", "attrs": {"href": "https://a.test"}}]}]}]),
            json!([{"type": "bulletList", "content": [{"type": "listItem", "content": [{"type": "paragraph"}]}]}]),
            json!([{"type": "table", "content": [{"type": "tableRow", "content": [cell]}]}]),
            json!([{"type": "codeBlock", "attrs": {"language": "rust"}, "content": [{"type": "text", "text": "fn"}]}]),
        ] {
            assert_eq!(check_document(&doc(content)), Vec::<String>::new());
        }
    }

    #[test]
    fn documents_that_the_editor_refuses_are_named() {
        let text = |marks: Value| json!([{"type": "paragraph", "content": [{"type": "text", "text": "x", "marks": marks}]}]);
        let found: Vec<String> = [
            doc(json!([{"type": "text", "text": "x"}])),
            doc(json!([{"type": "paragraph", "content": [{"type": "text", "text": ""}]}])),
            doc(json!([{"type": "paragraph", "content": [{"type": "paragraph"}]}])),
            doc(json!([{"type": "bulletList", "content": []}])),
            doc(json!([{"type": "heading", "attrs": {"level": 7}}])),
            doc(json!([{"type": "heading"}])),
            doc(json!([{"type": "panel", "attrs": {"panelType": "loud"}, "content": [{"type": "paragraph"}]}])),
            doc(text(json!([{"type": "code"}, {"type": "strong"}]))),
            doc(text(json!([{"type": "link", "attrs": {}}]))),
            doc(text(json!([{"type": "em"}, {"type": "em"}]))),
            doc(json!([{"type": "codeBlock", "content": [{"type": "text", "text": "x", "marks": [{"type": "em"}]}]}])),
            json!({"type": "paragraph"}),
            json!({"type": "doc", "content": []}),
        ]
        .iter()
        .map(|document| check_document(document).join("; "))
        .collect();
        insta::assert_snapshot!(found.join("\n"), @r#"
doc/0: `text` may not stand in `doc`
doc/0/0: a text is never empty
doc/0/0: `paragraph` may not stand in `paragraph`
doc/0: `bulletList` is empty
doc/0: no heading has that level
doc/0: `heading` needs `level`
doc/0: no panel has that type
doc/0/0: `code` and `strong` exclude each other
doc/0/0: a link without `href`
doc/0/0: mark `em` twice
doc/0/0: text in a code block carries no marks
the root is not `doc`
`version` is not 1
"#);
    }
}
