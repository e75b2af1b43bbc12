//! Storage format as far as the site must understand it: is it well formed, and what words does it
//! hold. Nothing is rendered or changed.

use quick_xml::Reader;
use quick_xml::events::Event;

/// Why Confluence would refuse a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) String);

/// Well formed XML without a document type, every element closed, every entity named plainly.
pub(crate) fn check_storage(storage: &str) -> Result<(), Malformed> {
    walk(storage, |_| {})
}

/// The words of a body, a line for each block.
pub(crate) fn plain_text(storage: &str) -> String {
    let mut out = String::new();
    // A body that was taken is well formed; whatever precedes an error is still its text.
    let _ = walk(storage, |piece| match piece {
        Piece::Text(text) => out.push_str(text),
        Piece::Break => {
            if !out.ends_with('\n') {
                out.push('\n');
            }
        }
    });
    out.trim().to_owned()
}

enum Piece<'a> {
    Text(&'a str),
    Break,
}

/// Elements whose text belongs to the machine.
const SILENT: &[&str] = &[
    "ac:parameter",
    "ac:task-id",
    "ac:task-status",
    "ac:task-uuid",
    "ac:placeholder",
];
const BLOCKS: &[&str] = &[
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "li",
    "tr",
    "td",
    "th",
    "pre",
    "br",
    "blockquote",
    "ac:task",
    "ac:structured-macro",
];

fn walk(storage: &str, mut tell: impl FnMut(Piece<'_>)) -> Result<(), Malformed> {
    let mut reader = Reader::from_str(storage);
    let mut silent = 0_usize;
    let mut depth = 0_usize;
    let wrong = |why: String| Malformed(format!("Error parsing xhtml: {why}"));
    loop {
        match reader
            .read_event()
            .map_err(|error| wrong(error.to_string()))?
        {
            Event::Start(element) | Event::Empty(element)
                if element.attributes().any(|attribute| attribute.is_err()) =>
            {
                return Err(wrong(
                    "an attribute is not written as name=\"value\"".to_owned(),
                ));
            }
            Event::Start(element) => {
                depth += 1;
                silent += usize::from(SILENT.contains(&element.name().as_ref()));
            }
            Event::End(element) => {
                depth -= 1;
                silent -= usize::from(SILENT.contains(&element.name().as_ref()));
                if BLOCKS.contains(&element.name().as_ref()) {
                    tell(Piece::Break);
                }
            }
            Event::Empty(element) if BLOCKS.contains(&element.name().as_ref()) => {
                tell(Piece::Break)
            }
            Event::Text(text) if silent == 0 => tell(Piece::Text(&text)),
            Event::CData(text) if silent == 0 => tell(Piece::Text(&text)),
            Event::GeneralRef(reference) => {
                let name: &str = &reference;
                let text = entity(name).ok_or_else(|| {
                    wrong(format!(
                        "the entity \"{name}\" was referenced, but not declared."
                    ))
                })?;
                if silent == 0 {
                    tell(Piece::Text(&text));
                }
            }
            Event::DocType(_) => return Err(wrong("a document type is not allowed".to_owned())),
            Event::Eof if depth > 0 => {
                return Err(wrong(
                    "XML document structures must start and end within the same entity.".to_owned(),
                ));
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// XML's own entities, numbers, and the HTML ones that editors write.
fn entity(name: &str) -> Option<String> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return Some(char::from_u32(code.ok()?)?.to_string());
    }
    let character = match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        "nbsp" => "\u{a0}",
        "ndash" => "–",
        "mdash" => "—",
        "hellip" => "…",
        "lsquo" => "‘",
        "rsquo" => "’",
        "ldquo" => "“",
        "rdquo" => "”",
        "rarr" => "→",
        "larr" => "←",
        "euro" => "€",
        "copy" => "©",
        "middot" => "·",
        "bull" => "•",
        "times" => "×",
        "auml" => "ä",
        "ouml" => "ö",
        "uuml" => "ü",
        "szlig" => "ß",
        "eacute" => "é",
        _ => return None,
    };
    Some(character.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_that_confluence_takes_are_taken() {
        for body in [
            "",
            "plain",
            "<p>a &amp; b&nbsp;&#228;</p>",
            "<p>a<br/>b</p><hr/>",
            "<ac:structured-macro ac:name=\"code\"><ac:plain-text-body><![CDATA[a < b && c]]></ac:plain-text-body></ac:structured-macro>",
        ] {
            assert_eq!(check_storage(body), Ok(()), "{body}");
        }
    }

    #[test]
    fn bodies_that_confluence_refuses_are_refused() {
        for body in [
            "<p>a <br> b</p>",
            "<p>a",
            "a</p>",
            "<b><i>x</b></i>",
            "<p>a & b</p>",
            "<p>&unknown;</p>",
            "<p class=x>a</p>",
            "<p a=\"1\" a=\"2\">a</p>",
            "<!DOCTYPE x [<!ENTITY a \"b\">]><p>&a;</p>",
            "<p>a < b</p>",
        ] {
            assert!(check_storage(body).is_err(), "{body}");
        }
    }

    #[test]
    fn the_words_of_a_body_leave_out_what_machines_read() {
        let body = "<h1>Disk &amp; more</h1><p>see <strong>this</strong></p><ac:structured-macro ac:name=\"code\"><ac:parameter ac:name=\"language\">bash</ac:parameter><ac:plain-text-body><![CDATA[du -sh <x>]]></ac:plain-text-body></ac:structured-macro><ac:task-list><ac:task><ac:task-id>7</ac:task-id><ac:task-body>do it</ac:task-body></ac:task></ac:task-list>";
        assert_eq!(plain_text(body), "Disk & more\nsee this\ndu -sh <x>\ndo it");
    }
}
