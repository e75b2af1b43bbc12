//! What must hold for every text and every document in Markdown.

use proptest::prelude::*;

use super::generate::{Can, document};
use crate::doc::{Block, BlockKind, Carried, Document, Task};
use crate::markdown;
use crate::visit::bodies_mut;

/// `document` without the places its nodes came from.
pub(super) fn bare(mut document: Document) -> Document {
    document.forget_source();
    document
}

/// [`bare`], and without the ids that a product gives to tasks.
pub(super) fn nameless(document: Document) -> Document {
    fn forget(blocks: &mut [Block]) {
        for block in blocks {
            if let BlockKind::Tasks(tasks) = &mut block.kind {
                block.carried = Carried::default();
                forget_tasks(tasks);
            }
            for body in bodies_mut(&mut block.kind) {
                forget(body);
            }
        }
    }
    fn forget_tasks(tasks: &mut [Task]) {
        for task in tasks {
            task.id = None;
            task.carried = Carried::default();
            forget_tasks(&mut task.children);
        }
    }
    let mut document = bare(document);
    forget(&mut document.blocks);
    document
}

pub(super) fn read(source: &str) -> Document {
    bare(markdown::read(source).expect("every text is Markdown"))
}

pub(super) fn write(document: &Document) -> String {
    markdown::write(document).expect("every document can be written as Markdown")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_document_comes_back(document in document(Can::MARKDOWN)) {
        let written = write(&document);
        prop_assert_eq!(read(&written), document, "{}", written);
    }

    #[test]
    fn any_text_settles(source in "[ -~\n]{0,60}") {
        let first = read(&source);
        let written = write(&first);
        prop_assert_eq!(read(&written), first, "{}", written);
    }

    #[test]
    fn markup_soup_settles(parts in prop::collection::vec(prop::sample::select(SOUP.to_vec()), 0..24)) {
        let source = parts.concat();
        let first = read(&source);
        let written = write(&first);
        let second = read(&written);
        prop_assert_eq!(write(&second), written, "{}", source);
    }
}

/// What Markdown takes for markup.
pub(super) const SOUP: &[&str] = &[
    "a",
    "b",
    " ",
    "  ",
    "    ",
    "\n",
    "\n",
    "\n\n",
    "- ",
    "* ",
    "1. ",
    "3) ",
    "> ",
    "> [!INFO]",
    "# ",
    "```",
    "```rust\n",
    "~~~",
    "|",
    "|---|",
    "| a | b |\n|---|---|\n",
    "**",
    "*",
    "_",
    "~~",
    "`",
    "[",
    "]",
    "(",
    ")",
    "[x](y)",
    "![i](j)",
    "<u>",
    "</u>",
    "<br>",
    "<details>",
    "<summary>s</summary>",
    "</details>",
    "<font color=\"#123456\">",
    "</font>",
    "⟦macro x #123abc⟧",
    "⟦layout #123abc …⟧",
    "⟦end #123abc⟧",
    "⟦",
    "⟧",
    ":smile:",
    "https://a.example",
    "<https://b.example>",
    "[@A](accountid:1)",
    "@",
    "\\",
    "&amp;",
    "&#x27E6;",
    "---",
    "===",
    "[x] ",
    "[ ] ",
    "[^1]",
    "[^1]: ",
    "[^two]: c",
    "<th>",
    "<ul><li>",
    "</li></ul>",
    "<pre>",
    "</pre>",
    "<code>",
    "</code>",
    "\t",
    "\u{a0}",
    "\u{0}",
    "é",
    "[DONE](status:green)",
    "<date:2026-11-22>",
];
