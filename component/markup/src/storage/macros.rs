//! Macros, read into blocks.
//!
//! Decides which macros the tree has words for. One with text as its body is code, whatever draws
//! it; one with a rich body stands around it; every other is kept whole.

use super::read::{CARRIED_INSIDE, Reader, one_line};
use super::xml::Element;
use crate::doc::{BlockKind, Carried, Format, PanelKind, code_text};

impl Reader<'_> {
    pub(super) fn macro_block(&self, element: &Element<'_>, depth: usize) -> (BlockKind, Carried) {
        let name = element.value("ac:name").unwrap_or_default();
        let rich = element.child("ac:rich-text-body");
        let plain = element.child("ac:plain-text-body");
        let title = element.parameter("title").map(|title| one_line(&title));
        let title = title.filter(|title| !title.is_empty());
        match (rich, plain) {
            (None, Some(plain)) => {
                let text = code_text(&plain.text());
                let (language, known) = match &*name {
                    "code" => (element.parameter("language"), "language"),
                    "noformat" => (None, ""),
                    drawn => (Some(drawn.to_owned()), ""),
                };
                let language = language.as_deref().and_then(crate::doc::language);
                let kind = BlockKind::Code { language, text };
                (kind, self.macro_carried(element, known))
            }
            (Some(rich), None) => {
                let body = self.blocks(rich.children(), depth + 1);
                match (&*name, panel_kind(&name)) {
                    (_, Some(kind)) if !self.in_cell => {
                        let kind = BlockKind::Panel { kind, title, body };
                        (kind, self.macro_carried(element, "title"))
                    }
                    ("expand", _) if !self.in_cell => {
                        let title = title.unwrap_or_default();
                        let kind = BlockKind::Expand { title, body };
                        (kind, self.macro_carried(element, "title"))
                    }
                    _ if rich.is_empty() => (self.whole(element), Carried::default()),
                    _ => {
                        let kept = Box::new(self.keep_around(
                            &macro_label(element),
                            element,
                            rich.inner(),
                        ));
                        let body = Some(body);
                        (BlockKind::Kept { kept, body }, Carried::default())
                    }
                }
            }
            _ => (self.whole(element), Carried::default()),
        }
    }

    fn whole(&self, element: &Element<'_>) -> BlockKind {
        BlockKind::whole(self.keep(&macro_label(element), element))
    }

    /// The macro's own attributes but its name, and the parameters the tree does not hold.
    fn macro_carried(&self, element: &Element<'_>, known: &str) -> Carried {
        let name = element.value("ac:name").unwrap_or_default();
        let written_so = name == "code" || name == "expand" || panel_kind(&name).is_some();
        let usual = written_so && element.attributes.trim() == format!("ac:name=\"{name}\"");
        let attributes = if usual { "" } else { element.attributes };
        let is_known = |child: &Element<'_>| !known.is_empty() && child.is_parameter(known);
        let parameters = element
            .elements()
            .filter(|child| child.name == "ac:parameter");
        let parameters = parameters.filter(|child| !is_known(child));
        let parameters: String = parameters.map(|child| self.slice(child.span())).collect();
        with_inner(attributes, &parameters)
    }
}

pub(super) fn with_inner(attributes: &str, inner: &str) -> Carried {
    if inner.is_empty() {
        return Carried::new(Format::Storage, attributes.to_owned());
    }
    Carried::new(
        Format::Storage,
        format!("{attributes}{CARRIED_INSIDE}{inner}"),
    )
}

/// The macro's name, and the parameter that says what it shows: its words, or the page it names.
pub(super) fn macro_label(element: &Element<'_>) -> String {
    let name = element.value("ac:name").unwrap_or_default();
    let shown = |parameter: &Element<'_>| match parameter.text() {
        text if text.trim().is_empty() => page_title(parameter).unwrap_or_default(),
        text => text,
    };
    let shows = ["key", "jqlQuery", "", "page", "title"]
        .iter()
        .find_map(|name| element.elements().find(|child| child.is_parameter(name)))
        .or_else(|| element.child("ac:default-parameter"))
        .map(|parameter| shown(&parameter))
        .unwrap_or_default();
    format!("macro {name} {}", shows.trim())
}

/// The page that `parameter` links to.
fn page_title(parameter: &Element<'_>) -> Option<String> {
    let link = parameter.child("ac:link")?;
    let title = link.child("ri:page")?.value("ri:content-title")?;
    Some(title.into())
}

fn panel_kind(name: &str) -> Option<PanelKind> {
    Some(match name {
        "info" => PanelKind::Info,
        "note" => PanelKind::Note,
        "tip" => PanelKind::Tip,
        "warning" => PanelKind::Warning,
        "panel" => PanelKind::Plain,
        _ => return None,
    })
}
