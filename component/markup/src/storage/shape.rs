//! Which elements may stand in a line of text, and which are blocks.
//!
//! Decides by an element's name and by everything inside it, once for each element.

use super::xml::{Element, Siblings};

/// Elements of running text; outside of a paragraph they make one.
fn is_text_element(name: &str) -> bool {
    matches!(
        name,
        "a" | "abbr"
            | "ac:emoticon"
            | "ac:image"
            | "ac:inline-comment-marker"
            | "ac:link"
            | "ac:placeholder"
            | "at:var"
            | "b"
            | "big"
            | "br"
            | "cite"
            | "code"
            | "del"
            | "em"
            | "font"
            | "i"
            | "img"
            | "ins"
            | "label"
            | "q"
            | "s"
            | "samp"
            | "small"
            | "span"
            | "strike"
            | "strong"
            | "sub"
            | "sup"
            | "time"
            | "tt"
            | "u"
            | "var"
    )
}

/// Elements that never stand in a line, whatever is in them.
fn is_block_element(name: &str) -> bool {
    matches!(
        name,
        "p" | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "hr"
            | "blockquote"
            | "pre"
            | "ul"
            | "ol"
            | "li"
            | "dl"
            | "dt"
            | "dd"
            | "div"
            | "table"
            | "style"
            | "ac:task-list"
            | "ac:layout"
            | "ac:layout-section"
            | "ac:layout-cell"
            | "ac:adf-extension"
            | "ac:plain-text-body"
            | "at:declarations"
    )
}

pub(super) fn is_macro(element: &Element<'_>) -> bool {
    matches!(element.name, "ac:structured-macro" | "ac:macro")
}

/// Whether an element may stand amid the text of a paragraph.
pub(super) fn fits_in_line(element: &Element<'_>) -> bool {
    element.fits_in_line()
}

/// Whether an element is running text wherever it stands.
pub(super) fn is_inline(element: &Element<'_>) -> bool {
    if is_macro(element) {
        is_inline_macro(element) && fits_in_line(element)
    } else {
        is_text_element(element.name) && fits_in_line(element)
    }
}

/// Macros of one line that stand amid text; the editor says so itself for the others.
fn is_inline_macro(element: &Element<'_>) -> bool {
    let name = element.value("ac:name");
    matches!(
        name.as_deref(),
        Some("anchor" | "jira" | "mathinline" | "profile" | "status")
    ) || element.parameter("atlassian-macro-output-type").as_deref() == Some("INLINE")
}

/// Told once for each element, children first: see [`super::xml::parse`].
pub(super) fn fits(name: &str, children: Siblings<'_>) -> bool {
    match name {
        "ac:rich-text-body" | "ac:caption" => {
            only_paragraph(children.clone()).is_some() || all_fit(children)
        }
        "ac:parameter" | "ac:default-parameter" => true,
        _ => !is_block_element(name) && all_fit(children),
    }
}

fn all_fit(children: Siblings<'_>) -> bool {
    let mut elements = children.elements();
    elements.all(|element| element.fits_in_line())
}

/// The one paragraph in a body that holds nothing else, if its text is a line.
pub(super) fn only_paragraph(children: Siblings<'_>) -> Option<Element<'_>> {
    if children.clone().has_words() {
        return None;
    }
    let mut elements = children.elements();
    let (Some(only), None) = (elements.next(), elements.next()) else {
        return None;
    };
    (only.name == "p" && all_fit(only.children())).then_some(only)
}
