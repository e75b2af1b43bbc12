//! Megabytes of what a careless parser is slow on.
//!
//! Decides which inputs those are, for each parser. Never measures.

use markup::Format;

use crate::MEGABYTE;

/// A name for people, the format, and the text.
pub(crate) type Case = (String, Format, String);

/// How many signs of markup are read of a megabyte.
const MOST_SIGNS: usize = 160_000;
const SIGNS: &[u8] = b"\n\r[]<`*_~";

/// A megabyte of each thing that a careless parser is slow on.
pub(crate) fn all() -> Vec<Case> {
    let parts = [
        "[",
        "]",
        "[a",
        "[a](",
        "[a](<",
        "![",
        "](b",
        "[[",
        "[a]:b\n",
        "[^a]",
        "[^a]: ",
        "|",
        "|a",
        "| a | b |\n",
        "|-|-|\n",
        "*",
        "* ",
        "*a",
        "*a ",
        "**a",
        "**a*",
        "_",
        "_a",
        "_a ",
        "*a_b ",
        "~",
        "~~a",
        "`",
        "`a",
        "`` ` ",
        "\\",
        "\\a",
        "&",
        "&amp;",
        "&a",
        "<",
        "<a",
        "<a ",
        "<u>",
        "<sub>",
        "</u>",
        "<!--",
        "<![CDATA[",
        "<?",
        "<details>",
        "<details>\n\n",
        "</details>\n\n",
        "<details><summary>",
        "<br>",
        "<ul><li>",
        "<pre>",
        ">",
        "> ",
        ">\n",
        "> [!INFO]\n",
        "- ",
        "-\n",
        "1. ",
        "1) a\n",
        "- [ ] ",
        "- a\n",
        "#",
        "# a\n",
        "```",
        "```\n",
        "~~~\n",
        "    a\n",
        "\t",
        " ",
        "\n",
        "\r",
        "\r\n",
        "\0",
        ":",
        ":a",
        ":a:",
        "https://",
        "https://a.b ",
        "http://a.b/(",
        "@",
        "@[a](accountid:",
        "⟦",
        "⟧",
        "⟦a⟧",
        "⟦a #123abc …⟧",
        "⟦a #123abc …⟧\n\n",
        "⟦end #123abc⟧",
        "⟦a #123abc …⟧ ⟦end #123abc⟧ ",
        "a",
        "é",
        "\u{202e}",
        "\u{301}",
        "a\n",
        "a\n===\n",
        "---\n",
        "$",
        "{",
        "<font color=\"#123456\">",
        "**a** ",
        "[DONE](status:green) ",
    ];
    let mut cases: Vec<Case> = Vec::new();
    for part in parts {
        let source = part.repeat(MEGABYTE / part.len());
        cases.push((
            format!("Markdown {part:?}"),
            Format::Markdown,
            source.clone(),
        ));
        cases.push((
            format!("Markdown line {part:?}"),
            Format::Markdown,
            format!("a {source}"),
        ));
        if !part.contains('\n') {
            cases.push((
                format!("Markdown cell {part:?}"),
                Format::Markdown,
                format!("|a|\n|-|\n|{source}|"),
            ));
        }
        cases.extend(dense(part).into_iter().flatten());
    }
    let wide = format!("|{}\n|{}\n", "a|".repeat(10_000), "-|".repeat(10_000));
    let rows = "|\n".repeat((MEGABYTE - wide.len()) / 2);
    cases.push((
        "Markdown short rows of a wide table".into(),
        Format::Markdown,
        wide + &rows,
    ));
    let text = r#"{"type":"text","text":"x"}"#;
    for node in [
        "paragraph",
        "panel",
        "bulletList",
        "table",
        "taskList",
        "strange",
        "expand",
    ] {
        let open = format!(r#"{{"type":"{node}","content":["#);
        let deep = format!("{}{text}{}", open.repeat(120), "]}".repeat(120));
        let many = vec![deep; MEGABYTE / (120 * (open.len() + 2))].join(",");
        cases.push((format!("ADF deep {node}"), Format::Adf, adf(&many)));
        let empty = format!(r#"{{"type":"{node}"}}"#);
        let many = vec![empty.as_str(); MEGABYTE / (empty.len() + 1)].join(",");
        cases.push((format!("ADF empty {node}"), Format::Adf, adf(&many)));
    }
    let texts = vec![text; MEGABYTE / (text.len() + 1)].join(",");
    cases.push((
        "ADF texts in one paragraph".into(),
        Format::Adf,
        adf(&format!(r#"{{"type":"paragraph","content":[{texts}]}}"#)),
    ));
    let marked = r#"{"type":"text","text":"x","marks":[{"type":"strong"}]},{"type":"text","text":"y","marks":[{"type":"em"}]},{"type":"hardBreak"}"#;
    let texts = vec![marked; MEGABYTE / (marked.len() + 1)].join(",");
    cases.push((
        "ADF marked texts and breaks".into(),
        Format::Adf,
        adf(&format!(r#"{{"type":"paragraph","content":[{texts}]}}"#)),
    ));
    for text in ["*", "[", "`", "_a", " ", "<", ":a", "⟦", "\\n"] {
        let text = text.repeat(MEGABYTE / text.len());
        cases.push((
            format!("ADF text {:?}", &text[..text.len().min(6)]),
            Format::Adf,
            adf(&format!(
                r#"{{"type":"paragraph","content":[{{"type":"text","text":"{text}"}}]}}"#
            )),
        ));
    }
    for part in [
        "<p>",
        "<b>",
        "<p>a</p>",
        "&amp;",
        "<td>",
        "<ac:link>",
        "<![CDATA[",
        "a",
        "<ul><li>",
        "<br/>",
        "<a href=\"b\">",
    ] {
        cases.push((
            format!("storage {part:?}"),
            Format::Storage,
            part.repeat(MEGABYTE / part.len()),
        ));
    }
    cases.push((
        "storage short rows of a wide table".into(),
        Format::Storage,
        format!(
            "<table><tr>{}</tr>{}</table>",
            "<td>a</td>".repeat(10_000),
            "<tr><td>b</td></tr>".repeat((MEGABYTE - 100_000) / 19)
        ),
    ));
    for part in [
        "[",
        "{",
        "{{",
        "*a ",
        "||a",
        "|a\n",
        "{quote}",
        "{color:red}",
        "*# a\n",
        "!a",
        "\\",
        "https://",
        "h1. ",
        "- ",
        "{code}",
    ] {
        cases.push((
            format!("wiki {part:?}"),
            Format::Wiki,
            part.repeat(MEGABYTE / part.len()),
        ));
    }
    cases
}

/// As much markup as is read at all, in one piece and among words.
fn dense(part: &str) -> Option<[Case; 2]> {
    let signs = |text: &str| text.bytes().filter(|byte| SIGNS.contains(byte)).count();
    let fits = MOST_SIGNS / signs(part).max(1);
    if fits * part.len() >= MEGABYTE {
        return None;
    }
    let words = "a".repeat(MEGABYTE - fits * part.len());
    let between = "a".repeat(words.len() / fits);
    let piece = format!("{}{words}", part.repeat(fits));
    let spread = format!("{part}{between}").repeat(fits);
    Some([
        (
            format!("Markdown at most {part:?}"),
            Format::Markdown,
            piece,
        ),
        (
            format!("Markdown spread {part:?}"),
            Format::Markdown,
            spread,
        ),
    ])
}

fn adf(blocks: &str) -> String {
    format!(r#"{{"version":1,"type":"doc","content":[{blocks}]}}"#)
}
