//! The seed's rich text, written once and kept as the deployment wants it: a document on Cloud
//! (Atlassian Document Format), wiki markup on Data Center. Also what plain words a stored text has.
//! Only for texts of this program; nothing here converts what a user sends.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::people::User;
use crate::options::Deployment;

/// Running text holds `*strong*`, `` `code` ``, `[text|address]` and `@user`.
pub(crate) enum Block {
    Heading(u8, &'static str),
    Paragraph(&'static str),
    Bullets(&'static [Item]),
    Numbers(&'static [Item]),
    Code(&'static str, &'static str),
    Table(&'static [&'static [&'static str]]),
    Panel(&'static str, &'static str),
    Quote(&'static str),
    Rule,
}

/// A list item with the blocks below its first line.
pub(crate) struct Item(pub(crate) &'static str, pub(crate) &'static [Block]);

enum Span<'a> {
    Text(&'a str),
    Strong(&'a str),
    Code(&'a str),
    Link(&'a str, &'a str),
    Mention(&'a User),
}

/// The text in the form in which the deployment stores it.
pub(crate) fn render(
    blocks: &[Block],
    deployment: Deployment,
    users: &BTreeMap<String, User>,
) -> Value {
    match deployment {
        Deployment::Cloud => {
            json!({"type": "doc", "version": 1, "content": adf_blocks(blocks, users)})
        }
        Deployment::DataCenter => {
            let mut out = String::new();
            wiki_blocks(&mut out, blocks, "", users);
            Value::String(out.trim_end().to_owned())
        }
    }
}

/// The words of a stored text, for searching.
pub(crate) fn plain(stored: &Value) -> String {
    fn walk(node: &Value, out: &mut String) {
        match node {
            Value::String(text) => out.push_str(text),
            Value::Array(nodes) => nodes.iter().for_each(|node| walk(node, out)),
            Value::Object(node) => {
                if let Some(text) = node.get("text").or_else(|| node.get("attrs")?.get("text")) {
                    walk(text, out);
                }
                if let Some(content) = node.get("content") {
                    walk(content, out);
                    out.push('\n');
                }
            }
            _ => {}
        }
    }
    let mut out = String::new();
    walk(stored, &mut out);
    out
}

fn spans<'a>(text: &'a str, users: &'a BTreeMap<String, User>) -> Vec<Span<'a>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['*', '`', '[', '@']) {
        let (before, marked) = rest.split_at(at);
        if !before.is_empty() {
            out.push(Span::Text(before));
        }
        let (span, after) =
            marked_span(marked, users).unwrap_or((Span::Text(&marked[..1]), &marked[1..]));
        out.push(span);
        rest = after;
    }
    if !rest.is_empty() {
        out.push(Span::Text(rest));
    }
    out
}

fn marked_span<'a>(
    text: &'a str,
    users: &'a BTreeMap<String, User>,
) -> Option<(Span<'a>, &'a str)> {
    let (mark, inner) = text.split_at(1);
    match mark {
        "*" => inner
            .split_once('*')
            .map(|(inside, after)| (Span::Strong(inside), after)),
        "`" => inner
            .split_once('`')
            .map(|(inside, after)| (Span::Code(inside), after)),
        "[" => {
            let (link, after) = inner.split_once(']')?;
            let (label, address) = link.split_once('|')?;
            Some((Span::Link(label, address), after))
        }
        _ => {
            let end = inner
                .find(|c: char| !c.is_ascii_lowercase())
                .unwrap_or(inner.len());
            let user = users.get(&inner[..end])?;
            Some((Span::Mention(user), &inner[end..]))
        }
    }
}

fn adf_inline(text: &str, users: &BTreeMap<String, User>) -> Vec<Value> {
    let marked = |text: &str, mark: Value| json!({"type": "text", "text": text, "marks": [mark]});
    spans(text, users)
        .into_iter()
        .map(|span| match span {
            Span::Text(text) => json!({"type": "text", "text": text}),
            Span::Strong(text) => marked(text, json!({"type": "strong"})),
            Span::Code(text) => marked(text, json!({"type": "code"})),
            Span::Link(text, address) => marked(text, json!({"type": "link", "attrs": {"href": address}})),
            Span::Mention(user) => json!({
                "type": "mention",
                "attrs": {"id": user.account_id, "text": format!("@{}", user.display_name), "accessLevel": ""},
            }),
        })
        .collect()
}

fn adf_paragraph(text: &str, users: &BTreeMap<String, User>) -> Value {
    json!({"type": "paragraph", "content": adf_inline(text, users)})
}

fn adf_blocks(blocks: &[Block], users: &BTreeMap<String, User>) -> Vec<Value> {
    let items = |items: &[Item]| -> Vec<Value> {
        items
            .iter()
            .map(|Item(text, below)| {
                let mut content = vec![adf_paragraph(text, users)];
                content.extend(adf_blocks(below, users));
                json!({"type": "listItem", "content": content})
            })
            .collect()
    };
    blocks
        .iter()
        .map(|block| match block {
            Block::Heading(level, text) => {
                json!({"type": "heading", "attrs": {"level": level}, "content": adf_inline(text, users)})
            }
            Block::Paragraph(text) => adf_paragraph(text, users),
            Block::Bullets(list) => json!({"type": "bulletList", "content": items(list)}),
            Block::Numbers(list) => json!({"type": "orderedList", "attrs": {"order": 1}, "content": items(list)}),
            Block::Code(language, text) => json!({
                "type": "codeBlock", "attrs": {"language": language}, "content": [{"type": "text", "text": text}],
            }),
            Block::Table(rows) => adf_table(rows, users),
            Block::Panel(kind, text) => json!({
                "type": "panel", "attrs": {"panelType": kind}, "content": [adf_paragraph(text, users)],
            }),
            Block::Quote(text) => json!({"type": "blockquote", "content": [adf_paragraph(text, users)]}),
            Block::Rule => json!({"type": "rule"}),
        })
        .collect()
}

fn adf_table(rows: &[&[&str]], users: &BTreeMap<String, User>) -> Value {
    let rows: Vec<Value> = rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let kind = if index == 0 { "tableHeader" } else { "tableCell" };
            let cells: Vec<Value> = row
                .iter()
                .map(|cell| json!({"type": kind, "attrs": {}, "content": [adf_paragraph(cell, users)]}))
                .collect();
            json!({"type": "tableRow", "content": cells})
        })
        .collect();
    json!({"type": "table", "attrs": {"isNumberColumnEnabled": false, "layout": "default"}, "content": rows})
}

fn wiki_inline(text: &str, users: &BTreeMap<String, User>) -> String {
    spans(text, users)
        .into_iter()
        .map(|span| match span {
            Span::Text(text) => text.to_owned(),
            Span::Strong(text) => format!("*{text}*"),
            Span::Code(text) => format!("{{{{{text}}}}}"),
            Span::Link(text, address) => format!("[{text}|{address}]"),
            Span::Mention(user) => format!("[~{}]", user.name),
        })
        .collect()
}

fn wiki_blocks(out: &mut String, blocks: &[Block], bullet: &str, users: &BTreeMap<String, User>) {
    let line = |text: &str| wiki_inline(text, users);
    for block in blocks {
        match block {
            Block::Heading(level, text) => out.push_str(&format!("h{level}. {}\n\n", line(text))),
            Block::Paragraph(text) => out.push_str(&format!("{}\n\n", line(text))),
            Block::Bullets(list) => wiki_list(out, list, &format!("{bullet}*"), users),
            Block::Numbers(list) => wiki_list(out, list, &format!("{bullet}#"), users),
            Block::Code(language, text) => {
                out.push_str(&format!("{{code:{language}}}\n{text}\n{{code}}\n\n"));
            }
            Block::Table(rows) => {
                for (index, row) in rows.iter().enumerate() {
                    let bar = if index == 0 { "||" } else { "|" };
                    let cells: Vec<String> = row.iter().map(|cell| line(cell)).collect();
                    out.push_str(&format!("{bar}{}{bar}\n", cells.join(bar)));
                }
                out.push('\n');
            }
            Block::Panel(kind, text) => {
                let name = if *kind == "warning" {
                    "warning"
                } else {
                    "info"
                };
                out.push_str(&format!("{{{name}}}\n{}\n{{{name}}}\n\n", line(text)));
            }
            Block::Quote(text) => out.push_str(&format!("bq. {}\n\n", line(text))),
            Block::Rule => out.push_str("----\n\n"),
        }
    }
}

fn wiki_list(out: &mut String, items: &[Item], bullet: &str, users: &BTreeMap<String, User>) {
    for Item(text, below) in items {
        out.push_str(&format!("{bullet} {}\n", wiki_inline(text, users)));
        wiki_blocks(out, below, bullet, users);
    }
    if bullet.len() == 1 {
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::people;

    const SAMPLE: &[Block] = &[
        Block::Heading(2, "Steps"),
        Block::Numbers(&[
            Item("Log in as *admin*", &[]),
            Item(
                "Open `/billing`",
                &[Block::Bullets(&[Item("ask @ben first", &[])])],
            ),
        ]),
        Block::Table(&[&["A", "B"], &["1", "[x|https://example.com]"]]),
        Block::Panel("warning", "5 * 3, a@b"),
    ];

    #[test]
    fn a_text_is_wiki_markup_on_data_center() {
        let text = render(SAMPLE, Deployment::DataCenter, &people::seed());
        insta::assert_snapshot!(text.as_str().unwrap_or_default(), @r"
        h2. Steps

        # Log in as *admin*
        # Open {{/billing}}
        #* ask [~ben] first

        ||A||B||
        |1|[x|https://example.com]|

        {warning}
        5 * 3, a@b
        {warning}
        ");
    }

    #[test]
    fn a_text_is_a_valid_document_on_cloud_and_keeps_its_words() {
        let text = render(SAMPLE, Deployment::Cloud, &people::seed());
        assert_eq!(crate::jira::check_document(&text), Ok(()));
        insta::assert_snapshot!(plain(&text).split_whitespace().collect::<Vec<_>>().join(" "), @"Steps Log in as admin Open /billing ask @Ben Lindqvist first A B 1 x 5 * 3, a@b");
    }
}
