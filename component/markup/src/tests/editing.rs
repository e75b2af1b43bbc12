//! Edits of one place, and that nothing else is touched.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::Format;
use crate::edit::{Anchor, Edit, Position, apply};

const PAGE: &str = concat!(
    "<p>Intro &amp; <strong>big</strong> words</p>\n",
    "<h2>Setup</h2><p>one</p><ac:structured-macro ac:name=\"toc\" /><h3>Windows</h3><p>two</p>",
    "<!-- c --><h2 id='x'>Usage</h2>",
    "<table><tbody><tr><th>Name</th><th><p>Value</p></th></tr>",
    "<tr><td>time&ndash;out</td><td><p>30 s</p></td></tr><tr><td>retries</td><td /></tr></tbody></table>",
    "<ac:structured-macro ac:name=\"code\"><ac:plain-text-body><![CDATA[let a = b;]]></ac:plain-text-body></ac:structured-macro>",
    "<ac:layout><ac:layout-section ac:type=\"single\"><ac:layout-cell><h3>Windows</h3><p>three</p></ac:layout-cell></ac:layout-section></ac:layout>",
);

fn text(text: &str) -> String {
    text.to_owned()
}

fn edited(edit: &Edit) -> String {
    apply(Format::Storage, PAGE, edit)
        .expect("the place is there")
        .text
}

fn replace(find: &str, with: &str) -> Edit {
    Edit::ReplaceText {
        find: text(find),
        with: text(with),
        every: false,
    }
}

fn cell(row: &str, column: &str, body: &str) -> Edit {
    Edit::SetCell {
        table: None,
        row: Position::parse(row),
        column: Position::parse(column),
        body: text(body),
    }
}

fn insert(anchor: Anchor, body: &str) -> Edit {
    Edit::InsertAfter {
        anchor,
        body: text(body),
    }
}

#[test]
fn storage_keeps_every_byte_around_an_edit() {
    let section = |heading: &str, body: &str| Edit::ReplaceSection {
        heading: text(heading),
        body: text(body),
    };
    let append = |heading: &str, body: &str| Edit::AppendToSection {
        heading: text(heading),
        body: text(body),
    };
    for (edit, old, new) in [
        (replace("words", "a < b"), "words", "a &lt; b"),
        (
            replace("Intro & big words", "Short"),
            "Intro &amp; <strong>big</strong> words",
            "Short<strong></strong>",
        ),
        (
            replace("& big", "and"),
            "&amp; <strong>big</strong>",
            "and<strong></strong>",
        ),
        (
            replace("a = b", "a[b[0]]>c"),
            "a = b",
            "a[b[0]]]]><![CDATA[>c",
        ),
        (
            section("usage", "New **text**."),
            &PAGE[PAGE.find("<table>").expect("it is there")..],
            "<p>New <strong>text</strong>.</p>",
        ),
        (
            section("## Setup", "uno\n\n⟦macro toc #TOC⟧"),
            "<p>one</p><ac:structured-macro ac:name=\"toc\" /><h3>Windows</h3><p>two</p>",
            "<p>uno</p><ac:structured-macro ac:name=\"toc\" />",
        ),
        (
            append("Setup > Windows", "- more"),
            "<p>two</p>",
            "<p>two</p><ul><li><p>more</p></li></ul>",
        ),
        (
            insert(Anchor::Heading(text("Usage")), "Read this."),
            "Usage</h2>",
            "Usage</h2><p>Read this.</p>",
        ),
        (
            insert(Anchor::Text(text("three")), "four"),
            "<p>three</p>",
            "<p>three</p><p>four</p>",
        ),
        (
            insert(Anchor::Macro(text("toc")), "---"),
            "ac:name=\"toc\" />",
            "ac:name=\"toc\" /><hr />",
        ),
        (cell("2", "Value", "45 s"), "30 s", "45 s"),
        (
            cell("retries", "2", "**3**"),
            "<td />",
            "<td><p><strong>3</strong></p></td>",
        ),
        (
            cell("3", "1", "tries"),
            "<td>retries</td>",
            "<td>tries</td>",
        ),
    ] {
        let id = crate::to_markdown(Format::Storage, PAGE);
        let id = id
            .split("macro toc #")
            .nth(1)
            .and_then(|rest| rest.get(..6));
        let edit = match edit {
            Edit::ReplaceSection { heading, body } => Edit::ReplaceSection {
                heading,
                body: body.replace("TOC", id.expect("the macro has a placeholder")),
            },
            other => other,
        };
        assert_eq!(edited(&edit), PAGE.replacen(old, new, 1), "{edit:?}");
    }
}

#[test]
fn words_in_a_section_of_text_may_stand_twice() {
    let code = |text: &str| {
        format!(
            "<ac:structured-macro ac:name=\"code\"><ac:plain-text-body><![CDATA[{text}]]></ac:plain-text-body></ac:structured-macro>"
        )
    };
    for (before, find, with, behind) in [
        (
            "it is it",
            "it",
            "]]>",
            "]]]]><![CDATA[> is ]]]]><![CDATA[>",
        ),
        ("a]x]>b", "x", "", "a]]]><![CDATA[]]><![CDATA[]>b"),
        ("axx>b", "xx", "]]", "a]]><![CDATA[]]]]><![CDATA[>b"),
    ] {
        let edit = Edit::ReplaceText {
            find: text(find),
            with: text(with),
            every: true,
        };
        let edited = apply(Format::Storage, &code(before), &edit).expect("the words are there");
        assert_eq!(edited.text, code(behind));
        let shown = crate::to_markdown(Format::Storage, &edited.text);
        assert!(shown.contains(&before.replace(find, with)), "{shown}");
    }
}

#[test]
fn an_ampersand_alone_does_not_make_an_entity_of_the_text_behind_it() {
    let edit = Edit::ReplaceText {
        find: text("rest"),
        with: text("end"),
        every: true,
    };
    let source = "<p>a & b the rest\r\nof it</p>";
    let edited = apply(Format::Storage, source, &edit).expect("the words are there");
    assert_eq!(edited.text, "<p>a & b the end\r\nof it</p>");
}

#[test]
fn what_is_not_there_is_answered_with_what_is() {
    let answers: Vec<String> = [
        Edit::ReplaceSection {
            heading: text("Windows"),
            body: text("x"),
        },
        Edit::AppendToSection {
            heading: text("Set-up"),
            body: text("x"),
        },
        replace("one two", "x"),
        replace("o", "x"),
        replace(" ", "x"),
        insert(Anchor::Macro(text("jira")), "x"),
        insert(Anchor::Text(text("Intro small")), "x"),
        cell("4", "Value", "x"),
        cell("retries", "Colour", "x"),
        Edit::SetCell {
            table: Some(2),
            row: Position::Number(1),
            column: Position::Number(1),
            body: text("x"),
        },
        insert(Anchor::Heading(text("Usage")), "⟦macro jira #123456⟧"),
    ]
    .iter()
    .map(|edit| {
        let refused = apply(Format::Storage, PAGE, edit).expect_err("the place is not there");
        refused.to_string()
    })
    .collect();
    insta::assert_snapshot!(answers.join("\n"), @r"
    2 headings read `Windows`; name the one you mean with those above it: `Setup > Windows`, `Usage > Windows`
    no heading reads `Set-up`; the headings are `Setup`, `Windows`, `Usage`, `Windows`
    the words `one two` do not stand in one block; give them as they read, without marks and from one paragraph; nearest: `one`
    the words `o` stand 7 times: `Intro & big words`, `Intro & big words`, `one`, `Windows`, `two`, `time–out`, `Windows`; give more of the words around the one you mean, or replace every one
    there are no words to look for
    no macro is called `jira`; the macros are `toc`, `code`
    the words `Intro small` do not stand in one block; give them as they read, without marks and from one paragraph; nearest: `Intro & big words`
    no row is `4`; the rows begin with `Name`, `time–out`, `retries`
    no column is `Colour`; the first row reads `Name`, `Value`
    which table? the tables begin with `Name Value`
    the original holds nothing for the placeholder `⟦macro jira #123456⟧`: it was changed since it was read, or the placeholder was edited; read it again
    ");
}

fn adf() -> Value {
    let words =
        |text: &str| json!({"type": "paragraph", "content": [{"type": "text", "text": text}]});
    let cell = |text: &str| json!({"type": "tableCell", "attrs": {"background": "#fff"}, "content": [words(text)]});
    json!({"version": 1, "type": "doc", "content": [
        {"type": "heading", "attrs": {"level": 2, "localId": "h"}, "content": [{"type": "text", "text": "Setup"}]},
        {"type": "paragraph", "attrs": {"localId": "p"}, "content": [
            {"type": "text", "text": "one "},
            {"type": "text", "text": "big", "marks": [{"type": "strong"}]},
            {"type": "text", "text": " word"},
            {"type": "mention", "attrs": {"id": "1", "text": "@Ann"}}]},
        {"type": "extension", "attrs": {"extensionType": "t", "extensionKey": "chart"}},
        {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "Usage"}]},
        {"type": "table", "content": [
            {"type": "tableRow", "content": [cell("Name"), cell("Value")]},
            {"type": "tableRow", "content": [cell("timeout"), cell("30 s")]}]},
        {"type": "panel", "attrs": {"panelType": "info"}, "content": [words("inside")]}]})
}

#[test]
fn adf_keeps_every_node_around_an_edit() {
    let paragraph =
        |text: &str| json!({"type": "paragraph", "content": [{"type": "text", "text": text}]});
    type Change = fn(&mut Value, Value);
    let cases: [(Edit, Change, Value); 7] = [
        (
            replace("word", "name"),
            |page, _| page["content"][1]["content"][2]["text"] = " name".into(),
            Value::Null,
        ),
        (
            replace("one big word", "x"),
            |page, _| {
                let content = page["content"][1]["content"].as_array_mut();
                let content = content.expect("it is a list");
                content.drain(1..3);
                content[0]["text"] = "x".into();
            },
            Value::Null,
        ),
        (
            Edit::ReplaceSection {
                heading: text("Setup"),
                body: text("new"),
            },
            |page, new| {
                let content = page["content"].as_array_mut().expect("it is a list");
                content.splice(1..3, [new]);
            },
            json!({"type": "paragraph", "attrs": {"localId": "p"}, "content": [{"type": "text", "text": "new"}]}),
        ),
        (
            Edit::AppendToSection {
                heading: text("Setup"),
                body: text("new"),
            },
            |page, new| {
                let content = page["content"].as_array_mut().expect("it is a list");
                content.insert(3, new);
            },
            paragraph("new"),
        ),
        (
            insert(Anchor::Macro(text("chart")), "new"),
            |page, new| {
                let content = page["content"].as_array_mut().expect("it is a list");
                content.insert(3, new);
            },
            paragraph("new"),
        ),
        (
            insert(Anchor::Text(text("inside")), "new"),
            |page, new| {
                let content = page["content"][5]["content"].as_array_mut();
                content.expect("it is a list").push(new);
            },
            paragraph("new"),
        ),
        (
            cell("timeout", "Value", "new"),
            |page, new| {
                page["content"][4]["content"][1]["content"][1]["content"] = json!([new]);
            },
            paragraph("new"),
        ),
    ];
    for (edit, change, new) in cases {
        let page = adf();
        let edited = apply(Format::Adf, &page.to_string(), &edit).expect("the place is there");
        let edited: Value = serde_json::from_str(&edited.text).expect("it is JSON");
        let mut expected = page;
        change(&mut expected, new);
        assert_eq!(edited, expected, "{edit:?}");
    }
}

#[test]
fn other_formats_are_edited_as_a_whole() {
    for format in [Format::Markdown, Format::Wiki] {
        let refused = apply(format, "a", &replace("a", "b")).expect_err("there is no original");
        assert!(refused.to_string().contains("as a whole"), "{refused}");
    }
}

proptest! {
    /// Words in front of and behind the ones that are replaced keep their bytes, whatever they are.
    #[test]
    fn bytes_around_the_words_are_equal(at in 0..20_usize, with in ".{0,12}") {
        let corpus = super::storage_corpus::cases();
        let case = &corpus[at * corpus.len() / 20];
        let source = format!("{}<p>between <em>needle</em></p>{}", case.xml, case.xml);
        let edited = apply(Format::Storage, &source, &replace("needle", &with)).expect("it is there").text;
        let before = case.xml.len() + "<p>between <em>".len();
        prop_assert_eq!(&edited[..before], &source[..before]);
        let behind = case.xml.len() + "</em></p>".len();
        prop_assert_eq!(&edited[edited.len() - behind..], &source[source.len() - behind..]);
        crate::read(Format::Storage, &edited).expect("an edited page is well-formed");
    }
}
