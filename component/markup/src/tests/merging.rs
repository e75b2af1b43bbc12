//! An edit made in Markdown, put back into its original.

use insta::assert_snapshot;

use crate::{Format, RestoreError, read, to_markdown, write, write_with_base};

/// Reads `base`, lets `edit` change the Markdown, and writes the result.
fn edited(
    format: Format,
    base: &str,
    edit: impl Fn(&str) -> String,
) -> Result<(String, Vec<String>), RestoreError> {
    let original = read(format, base).expect("the originals here are well-formed");
    let markdown = edit(&to_markdown(format, base));
    let edited = read(Format::Markdown, &markdown).expect("every text is Markdown");
    write_with_base(format, &edited, &original)
}

const PAGE: &str = concat!(
    r#"<p local-id="1" style="text-align: center;">Intro&nbsp;with <ac:inline-comment-marker ac:ref="c-1">a remark</ac:inline-comment-marker>.</p>"#,
    r#"<ac:structured-macro ac:name="toc" ac:schema-version="1" ac:macro-id="m-1"><ac:parameter ac:name="maxLevel">3</ac:parameter></ac:structured-macro>"#,
    r#"<ac:structured-macro ac:name="details"><ac:parameter ac:name="hidden">true</ac:parameter><ac:rich-text-body><p>Owner: <ac:link><ri:user ri:account-id="1:a"/></ac:link></p><p>Old</p></ac:rich-text-body></ac:structured-macro>"#,
    r#"<table data-layout="wide"><colgroup><col style="width: 20px;"/></colgroup><tbody><tr><th>A</th><th>B</th></tr><tr><td data-highlight-colour="red">1</td><td>2</td></tr></tbody></table>"#,
    r#"<ac:task-list><ac:task><ac:task-id>41</ac:task-id><ac:task-status>incomplete</ac:task-status><ac:task-body>Do it</ac:task-body></ac:task></ac:task-list>"#,
    r#"<p>End</p>"#,
);

#[test]
fn a_reader_sees_what_is_kept() {
    assert_snapshot!(to_markdown(Format::Storage, PAGE));
}

#[test]
fn an_unchanged_page_keeps_its_bytes() {
    let (written, lost) = edited(Format::Storage, PAGE, str::to_owned).expect("nothing is missing");
    assert_eq!(written, PAGE);
    assert_eq!(lost, [] as [&str; 0]);
}

#[test]
fn a_change_leaves_everything_around_it_alone() {
    let (written, lost) = edited(Format::Storage, PAGE, |markdown| {
        markdown
            .replace("Old", "New")
            .replace("| 2 |", "| **3** |")
            .replace("[ ] Do it", "[x] Do it")
    })
    .expect("nothing is missing");
    let expected = PAGE
        .replace("<p>Old</p>", "<p>New</p>")
        .replace("<td>2</td>", "<td><strong>3</strong></td>")
        .replace("incomplete", "complete");
    assert_eq!(written, expected);
    assert_eq!(lost, [] as [&str; 0]);
}

#[test]
fn an_inline_comment_stays_on_its_words() {
    let (written, _) = edited(Format::Storage, PAGE, |markdown| {
        markdown.replace("Intro", "Start")
    })
    .expect("nothing is missing");
    assert!(written.starts_with(r#"<p local-id="1" style="text-align: center;">Start"#));
    assert!(written.contains(
        r#"<ac:inline-comment-marker ac:ref="c-1">a remark</ac:inline-comment-marker>."#
    ));
}

#[test]
fn a_macro_that_is_taken_out_is_named() {
    let (written, lost) = edited(Format::Storage, PAGE, |markdown| {
        let lines: Vec<&str> = markdown
            .lines()
            .filter(|line| !line.contains("macro toc"))
            .collect();
        lines.join("\n")
    })
    .expect("taking out is allowed");
    assert!(!written.contains("toc"));
    assert_eq!(lost.len(), 1);
    assert!(lost[0].starts_with("⟦macro toc"), "{lost:?}");
}

#[test]
fn damage_to_a_placeholder_is_refused() {
    type Edit = fn(&str) -> String;
    let cases: [(&str, Edit); 4] = [
        ("its id", |markdown| {
            let at = markdown.find("⟦macro toc #").expect("it is there") + "⟦macro toc #".len();
            format!("{}ffffff{}", &markdown[..at], &markdown[at + 6..])
        }),
        ("its end", |markdown| {
            let lines: Vec<&str> = markdown
                .lines()
                .filter(|line| !line.starts_with("⟦end"))
                .collect();
            lines.join("\n")
        }),
        ("its line", |markdown| {
            markdown.replace("⟦macro toc", "see ⟦macro toc")
        }),
        ("its shape", |markdown| {
            markdown.replace("⟦macro toc #", "⟦macro toc ")
        }),
    ];
    for (what, edit) in cases {
        let refused = edited(Format::Storage, PAGE, edit);
        assert!(refused.is_err(), "{what}: {refused:?}");
    }
}

#[test]
fn a_placeholder_without_its_original_is_refused() {
    let markdown = to_markdown(Format::Storage, PAGE);
    let document = read(Format::Markdown, &markdown).expect("every text is Markdown");
    for format in [Format::Storage, Format::Adf, Format::Wiki] {
        let refused = write(format, &document).expect_err("nothing stands behind the placeholder");
        assert!(
            refused.to_string().contains("only the original holds"),
            "{refused}"
        );
    }
}

#[test]
fn adf_keeps_its_nodes() {
    let base = r#"{"version":1,"type":"doc","content":[
        {"type":"paragraph","attrs":{"localId":"p1"},"content":[{"type":"text","text":"A"},{"type":"mention","attrs":{"id":"1","text":"@Ann","accessLevel":"SITE"}}]},
        {"type":"mediaSingle","attrs":{"layout":"wide","width":50},"content":[{"type":"media","attrs":{"type":"file","id":"m","collection":"c","alt":"plan.png"}}]},
        {"type":"extension","attrs":{"extensionType":"t","extensionKey":"chart","parameters":{"a":[1,2.50]}}},
        {"type":"paragraph","content":[{"type":"text","text":"B","marks":[{"type":"annotation","attrs":{"id":"x","annotationType":"inlineComment"}}]}]}]}"#;
    assert_snapshot!(to_markdown(Format::Adf, base), @r"
    A[@Ann](accountid:1)

    ⟦image plan.png #0ad122⟧

    ⟦macro chart #009ebf⟧

    ⟦comment #00b3b7 …⟧B⟦end #00b3b7⟧
    ");
    let (written, lost) = edited(Format::Adf, base, |markdown| markdown.replace('B', "C"))
        .expect("nothing is missing");
    let written: serde_json::Value = serde_json::from_str(&written).expect("it is JSON");
    let mut expected: serde_json::Value = serde_json::from_str(base).expect("it is JSON");
    expected["content"][3]["content"][0]["text"] = "C".into();
    assert_eq!(written, expected);
    assert_eq!(lost, [] as [&str; 0]);
}

#[test]
fn wiki_markup_keeps_its_lines() {
    let base =
        "h2. A  \n\nb *c* {anchor:here}\n{code:title=x|borderStyle=solid}\nd\n{code}\n\n||e|f|\n";
    let (written, _) = edited(Format::Wiki, base, |markdown| {
        markdown.replace("## A", "## Z")
    })
    .expect("nothing is missing");
    assert_eq!(
        written,
        "h2. Z  \n\nb *c* {anchor:here}\n{code:title=x|borderStyle=solid}\nd\n{code}\n\n||e|f|\n"
    );
}

#[test]
fn empty_lines_stay_behind_their_block() {
    let base = "<p /><p>A</p><p><br /></p><p local-id=\"2\" /><p>B</p><ul><li><p /></li></ul>";
    let (written, _) = edited(Format::Storage, base, |markdown| markdown.replace('B', "C"))
        .expect("nothing is missing");
    assert_eq!(written, base.replace('B', "C"));
}

#[test]
fn text_outside_of_elements_keeps_its_marks() {
    let base =
        "<strong>A</strong> b<p>gone</p>c <em>d</em><table><tbody></tbody></table><ul /><p>E</p>";
    let (written, _) = edited(Format::Storage, base, |markdown| markdown.replace('E', "F"))
        .expect("nothing is missing");
    assert_eq!(written, base.replace('E', "F"));
    let (written, _) = edited(Format::Storage, base, |markdown| {
        markdown.replace("gone\n\n", "")
    })
    .expect("nothing is missing");
    assert_eq!(
        written,
        "<strong>A</strong> b<p>c <em>d</em></p><table><tbody></tbody></table><ul /><p>E</p>"
    );
}

#[test]
fn a_macro_amid_text_stays_in_its_paragraph() {
    let base = concat!(
        "<p>See <ac:structured-macro ac:name=\"view-file\"><ac:parameter ac:name=\"name\">a.pdf</ac:parameter></ac:structured-macro> now</p>",
        "<p><ac:structured-macro ac:name=\"code\"><ac:plain-text-body><![CDATA[x]]></ac:plain-text-body></ac:structured-macro></p>",
    );
    let (written, lost) = edited(Format::Storage, base, |markdown| {
        markdown.replace("now", "later")
    })
    .expect("nothing is missing");
    assert_eq!(written, base.replace("now", "later"));
    assert_eq!(lost, [] as [&str; 0]);
}
