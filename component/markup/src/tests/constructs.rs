//! Every construct in a file of its own, each check a round trip; and one text with all of them, as
//! people and models write it.

mod alignment;
mod breaks;
mod cards;
mod code;
mod comments;
mod dates;
mod decisions;
mod emoji;
mod expands;
mod extensions;
mod footnotes;
mod headings;
mod highlights;
mod layouts;
mod links;
mod lists;
mod marks;
mod media;
mod mentions;
mod newer_nodes;
mod panels;
mod placeholders;
mod quotes;
mod rules;
mod statuses;
mod tables;
mod tasks;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::adf_schema::problems;
use crate::{Format, read, to_markdown, write, write_with_base};

/// Holds that this Markdown is canonical, is written as this ADF, and comes back from it and from
/// every other format that can say it.
fn said(markdown: &str, content: &str) {
    let content: Value = serde_json::from_str(content).expect("the test's ADF is JSON");
    let document = read(Format::Markdown, markdown).expect("every text is Markdown");
    let expected = json!({"version": 1, "type": "doc", "content": content});
    assert_eq!(crate::adf::write_value(&document), Ok(expected.clone()));
    assert_eq!(problems(&expected), None);
    assert_eq!(to_markdown(Format::Markdown, markdown), markdown);
    assert_eq!(to_markdown(Format::Adf, &expected.to_string()), markdown);
    for format in [Format::Storage, Format::Wiki] {
        if let Ok(written) = write(format, &document) {
            let once = to_markdown(format, &written);
            let document = read(Format::Markdown, &once).expect("every text is Markdown");
            if let Ok(written) = write(format, &document) {
                assert_eq!(to_markdown(format, &written), once, "{format}");
            }
        }
    }
}

/// Holds that this ADF is valid, is shown as `shown` tells, and comes back as it was from its own
/// reader, from Markdown, and beside an edit.
fn kept(content: &str, shown: impl Fn(&str) -> bool) {
    let mut content: Value = serde_json::from_str(content).expect("the test's ADF is JSON");
    let mut original = json!({"version": 1, "type": "doc", "content": content});
    let is_known = !original.to_string().contains("carousel");
    assert_eq!(problems(&original).is_none(), is_known);
    let read_back = read(Format::Adf, &original.to_string()).expect("it is ADF");
    assert_eq!(crate::adf::write_value(&read_back), Ok(original.clone()));
    let markdown = to_markdown(Format::Adf, &original.to_string());
    assert!(shown(&format!("{markdown}\n")), "{markdown}");
    let paragraph =
        |text: &str| json!({"type": "paragraph", "content": [{"type": "text", "text": text}]});
    let nodes = content.as_array_mut().expect("content is a list");
    nodes.push(paragraph("end"));
    original["content"] = nodes.clone().into();
    let base = read(Format::Adf, &original.to_string()).expect("it is ADF");
    let edit = to_markdown(Format::Adf, &original.to_string()).replace("end", "END");
    let edit = edit.replace("⟦END", "⟦end");
    let edited = read(Format::Markdown, &edit).expect("every text is Markdown");
    let (written, lost) = write_with_base(Format::Adf, &edited, &base).expect("all is there");
    let written: Value = serde_json::from_str(&written).expect("it is JSON");
    original["content"][nodes.len() - 1] = paragraph("END");
    assert_eq!(written, original, "{edit}");
    assert_eq!(lost, [] as [&str; 0]);
}

const TEXT: &str = "\
# Plan for _Q4_

Ask [@Ann Lee](accountid:557058:a1) by <date:2026-11-22> [ON TRACK](status:green) :warning: **bold _both_** ~~gone~~ \
`a|b` H<sub>2</sub>O E=mc<sup>2</sup> <u>line</u> <font color=\"#ff5630\">red</font>\\
next line, see [docs](https://a.example/x) or <https://a.example/browse/A-1> or https://b.example.

- one
  1. first
  2. second
- two

5. five

- [ ] open
  - [x] done

> quoted

> [!WARNING] Careful
> Do not.

<details><summary>More</summary>

Hidden

</details>

```rust
let a = \"]]>\";
```

| Name | Value |
|---|---|
| <th>a | 1<br>2 |
| b | <ul><li>x</li><li>y</li></ul> |

![plan](https://a.example/p.png)

---

snake_case, 2 * 3, \\*not bold\\*, C:\\Users";

#[test]
fn every_construct_in_adf() {
    let document = read(Format::Markdown, TEXT).expect("every text is Markdown");
    let value = crate::adf::write_value(&document).expect("nothing is foreign");
    let pretty = serde_json::to_string_pretty(&value).expect("it is JSON");
    assert_snapshot!(pretty);
    assert_snapshot!("adf_and_back", to_markdown(Format::Adf, &pretty));
}

#[test]
fn every_construct_in_storage() {
    let document = read(Format::Markdown, TEXT).expect("every text is Markdown");
    let written = write(Format::Storage, &document).expect("nothing is foreign");
    assert_snapshot!(written.replace("><", ">\n<"));
    assert_snapshot!("storage_and_back", to_markdown(Format::Storage, &written));
}

#[test]
fn every_construct_in_wiki() {
    let document = read(Format::Markdown, TEXT).expect("every text is Markdown");
    let written = write(Format::Wiki, &document).expect("nothing is foreign");
    assert_snapshot!(written);
    assert_snapshot!("wiki_and_back", to_markdown(Format::Wiki, &written));
}

#[test]
fn markdown_is_canonical() {
    assert_eq!(to_markdown(Format::Markdown, TEXT), TEXT);
}
