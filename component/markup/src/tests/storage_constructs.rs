//! Every construct of storage format in a file of its own, each check a round trip.

mod addresses;
mod anchor_links;
mod anchors;
mod attachment_links;
mod children;
mod code;
mod colours;
mod columns;
mod comments;
mod dates;
mod emoticons;
mod entities;
mod excerpts;
mod expands;
mod headings;
mod images;
mod includes;
mod jira_issues;
mod layouts;
mod links;
mod lists;
mod loose_text;
mod macros;
mod marks;
mod page_links;
mod panels;
mod quotes;
mod rules;
mod spaces;
mod statuses;
mod tables;
mod tasks;
mod templates;
mod toc;
mod user_links;

use crate::{Format, read, to_markdown, write, write_with_base};

/// Holds that a page is shown as `shown`, with the ids of placeholders left out, and that its bytes
/// come back from its own reader, from Markdown, and beside an edit.
fn kept(page: &str, shown: &str) {
    let original = read(Format::Storage, page).expect("the page is well-formed");
    assert_eq!(write(Format::Storage, &original).as_deref(), Ok(page));
    let markdown = to_markdown(Format::Storage, page);
    assert_eq!(nameless(&markdown), shown);
    assert_eq!(put_back(page, &markdown), (page.to_owned(), Vec::new()));
    let longer = format!("<p>before</p>{page}<p>behind</p>");
    let edited = to_markdown(Format::Storage, &longer).replace("before", "changed");
    let expected = longer.replace("before", "changed");
    assert_eq!(put_back(&longer, &edited), (expected, Vec::new()));
}

/// [`kept`], of an element among words.
fn in_a_line(element: &str, shown: &str) {
    kept(
        &format!("<p>see {element} now</p>"),
        &format!("see {shown} now"),
    );
}

/// Holds that an edit of the words changes `old` to `new` in the page and nothing else.
fn edited(page: &str, words: (&str, &str), change: (&str, &str)) {
    let markdown = to_markdown(Format::Storage, page).replace(words.0, words.1);
    let expected = page.replace(change.0, change.1);
    assert_ne!(expected, page);
    assert_eq!(put_back(page, &markdown), (expected, Vec::new()));
}

fn put_back(page: &str, markdown: &str) -> (String, Vec<String>) {
    let base = read(Format::Storage, page).expect("the page is well-formed");
    let edited = read(Format::Markdown, markdown).expect("every text is Markdown");
    write_with_base(Format::Storage, &edited, &base).expect("nothing is missing")
}

/// `⟦macro jira #3f9a2c⟧` as `⟦macro jira⟧`.
fn nameless(markdown: &str) -> String {
    let mut parts = markdown.split(" #");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let id = part
            .get(..6)
            .filter(|id| id.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match id {
            Some(_) => text.push_str(&part[6..]),
            None => text.push_str(&format!(" #{part}")),
        }
    }
    text
}
