//! What must hold for every document in wiki markup, and for every text.

use proptest::prelude::*;

use super::generate::{Can, document};
use super::markdown_properties::bare;
use crate::{Document, Format, WriteError, to_markdown, wiki};

fn write(document: &Document) -> String {
    wiki::write(document).expect("the documents hold nothing foreign")
}

fn read(source: &str) -> Document {
    bare(wiki::read(source).expect("every text is wiki markup"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_document_comes_back(mut document in document(Can::WIKI)) {
        // Jira knows its people by name or id alone.
        for mention in document.mentions_mut() {
            mention.name = None;
        }
        let written = write(&document);
        prop_assert_eq!(read(&written), document, "{}", written);
    }

    /// Markdown comes back from wiki markup the same once it has been there.
    #[test]
    fn markdown_settles(document in document(Can::MARKDOWN)) {
        let through = |markdown: &str| {
            let document = crate::read(Format::Markdown, markdown).expect("every text is Markdown");
            wiki::write(&document).map(|written| (to_markdown(Format::Wiki, &written), written))
        };
        let markdown = crate::markdown::write(&document).expect("every document can be written");
        if let Ok((first, written)) = through(&markdown) {
            let (second, again) = through(&first).expect("what wiki markup said it can say");
            prop_assert_eq!(&second, &first, "{}\n---\n{}", written, again);
        }
    }

    #[test]
    fn every_document_can_be_said(document in document(Can::MARKDOWN)) {
        match wiki::write(&document) {
            Ok(_) | Err(WriteError::Code) => {}
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    #[test]
    fn markup_soup_is_shown(parts in prop::collection::vec(prop::sample::select(SOUP.to_vec()), 0..24)) {
        let source = parts.concat();
        to_markdown(Format::Wiki, &source);
        match wiki::write(&read(&source)) {
            Ok(_) | Err(WriteError::Code) => {}
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    #[test]
    fn any_text_is_shown(source in ".{0,80}") {
        to_markdown(Format::Wiki, &source);
    }
}

pub(super) const SOUP: &[&str] = &[
    "a",
    "b",
    " ",
    "\n",
    "\n\n",
    "*",
    "_",
    "-",
    "+",
    "^",
    "~",
    "{*}",
    "{_}",
    "{{",
    "}}",
    "{code}",
    "{code:rust}",
    "{noformat}",
    "{quote}",
    "{panel}",
    "{panel:title=T|bgColor=#deebff}",
    "{info}",
    "{color:red}",
    "{color}",
    "[",
    "]",
    "|",
    "||",
    "[a|https://a.example]",
    "[~user]",
    "[^file.txt]",
    "!p.png|thumbnail!",
    "!",
    "h1. ",
    "bq. ",
    "* ",
    "# ",
    "*# ",
    "- ",
    "----",
    "\\",
    "\\\\",
    ":)",
    "(/)",
    "https://b.example",
    "&#92;",
    "&amp;",
    "{anchor:x}",
    "{anchor:list-from-5}",
    "{anchor:begin-quote}",
    "{anchor:end-quote}",
    "{anchor:begin-panel-note}",
    "{panel:borderStyle=dashed}",
    "é",
    "??",
];
