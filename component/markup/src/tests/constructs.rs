//! One text with every construct, as people and models write it, in all formats.

use insta::assert_snapshot;

use crate::{Format, read, to_markdown, write};

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
