//! Every construct of wiki markup in a file of its own, each check a round trip.

mod attachments;
mod breaks;
mod code;
mod colours;
mod emoticons;
mod escapes;
mod expands;
mod headings;
mod images;
mod links;
mod lists;
mod macros;
mod marks;
mod mentions;
mod nesting;
mod noformat;
mod panels;
mod quotes;
mod rules;
mod smart_links;
mod tables;

use crate::{Format, read, to_markdown, write, write_with_base};

/// Holds that wiki markup is shown as `shown`, that Markdown writes what is shown the same again,
/// and that an unedited text comes back byte for byte.
fn kept(wiki: &str, shown: &str) {
    let markdown = to_markdown(Format::Wiki, wiki);
    assert_eq!(markdown, shown, "{wiki}");
    let original = read(Format::Wiki, wiki).expect("every text is wiki markup");
    let written = write(Format::Wiki, &original).expect("the text holds its nodes");
    assert_eq!(to_markdown(Format::Wiki, &written), shown, "{written}");
    let edited = read(Format::Markdown, &markdown).expect("every text is Markdown");
    let back = write_with_base(Format::Wiki, &edited, &original);
    assert_eq!(back, Ok((wiki.to_owned(), Vec::new())));
}

/// Holds that Markdown is stored as `wiki`, and shown again as it was written.
fn said(markdown: &str, wiki: &str) {
    let document = read(Format::Markdown, markdown).expect("every text is Markdown");
    assert_eq!(write(Format::Wiki, &document).as_deref(), Ok(wiki));
    let shown = to_markdown(Format::Markdown, markdown);
    assert_eq!(to_markdown(Format::Wiki, wiki), shown);
    kept(wiki, &shown);
}
