//! An edit loses nothing in silence: what stood outside of the changed block is as it was, and what
//! vanishes from the block is named.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Value, json};

use super::adf_schema::{Generator, problems};
use super::storage_corpus::cases;
use crate::adf::HOLDS_INLINES;
use crate::{Format, adf, read, to_markdown, write_with_base};

/// `base` with its Markdown changed by `edit`, and what is said to be lost.
pub(super) fn edited(
    format: Format,
    base: &str,
    edit: impl Fn(&str) -> String,
) -> (String, Vec<String>) {
    let original = read(format, base).expect("the originals here are well-formed");
    let markdown = edit(&to_markdown(format, base));
    let document = read(Format::Markdown, &markdown).expect("every text is Markdown");
    write_with_base(format, &document, &original).expect("no placeholder is touched")
}

/// Holds that the edit changes `base` by exactly these words, and loses nothing.
pub(super) fn changes_only(format: Format, base: &str, words: (&str, &str)) {
    let (written, lost) = edited(format, base, |markdown| {
        assert!(markdown.contains(words.0), "{markdown}");
        markdown.replace(words.0, words.1)
    });
    let expected = base.replace(words.0, words.1);
    assert_eq!(lost, [] as [&str; 0]);
    match format {
        Format::Adf => assert_eq!(
            serde_json::from_str::<Value>(&written).ok(),
            serde_json::from_str::<Value>(&expected).ok(),
            "{written}"
        ),
        _ => assert_eq!(written, expected),
    }
}

#[test]
fn objects_of_a_changed_paragraph_keep_their_attributes_in_adf() {
    for object in [
        r#"{"type":"mention","attrs":{"id":"1:a","text":"@Ann","accessLevel":"CONTAINER","localId":"m","userType":"DEFAULT"}}"#,
        r#"{"type":"status","attrs":{"text":"DONE","color":"green","localId":"s","style":"bold"}}"#,
        r##"{"type":"status","attrs":{"text":"DONE","color":"#12aB9f"}}"##,
        r#"{"type":"date","attrs":{"timestamp":"1795305600000","localId":"d"}}"#,
        r#"{"type":"date","attrs":{"timestamp":"1795305612345"}}"#,
        r#"{"type":"emoji","attrs":{"shortName":":warning:","id":"atlassian-warning","text":":warning:","localId":"e"}}"#,
        r#"{"type":"emoji","attrs":{"shortName":":ours:","id":"x","text":":ours:","localId":"e"}}"#,
        r#"{"type":"inlineCard","attrs":{"url":"https://a.example/A-1","localId":"c"}}"#,
        r#"{"type":"text","text":"link","marks":[{"type":"link","attrs":{"href":"https://a.example","id":"i","collection":"c","occurrenceKey":"o"}}]}"#,
    ] {
        let base = format!(
            r#"{{"version":1,"type":"doc","content":[{{"type":"paragraph","attrs":{{"localId":"p"}},"content":[{{"type":"text","text":"before "}},{object},{{"type":"text","text":" behind"}}]}},{{"type":"paragraph","content":[{object}]}}]}}"#
        );
        changes_only(Format::Adf, &base, ("before", "BEFORE"));
    }
}

#[test]
fn objects_of_a_changed_paragraph_keep_their_attributes_in_storage() {
    for object in [
        r#"<ac:link ac:card-appearance="inline"><ri:user ri:account-id="1:a" ri:local-id="m" /></ac:link>"#,
        r#"<ac:structured-macro ac:name="status" ac:schema-version="1" ac:macro-id="s"><ac:parameter ac:name="colour">Green</ac:parameter><ac:parameter ac:name="title">DONE</ac:parameter><ac:parameter ac:name="subtle">true</ac:parameter></ac:structured-macro>"#,
        r#"<time datetime="2026-11-22" local-id="d" />"#,
        r#"<ac:emoticon ac:name="warning" ac:emoji-shortname=":warning:" ac:emoji-fallback="⚠️" ac:emoji-id="atlassian-warning" />"#,
        r#"<a href="https://a.example/A-1" data-card-appearance="block" data-layout="wide">https://a.example/A-1</a>"#,
        r#"<a href="https://a.example" target="_blank" class="external-link">link</a>"#,
        r#"<ac:link ac:card-appearance="inline"><ri:page ri:content-title="Home" ri:version-at-save="3" /><ac:link-body>home</ac:link-body></ac:link>"#,
        r#"<ac:link ac:anchor="top"><ac:link-body>up</ac:link-body></ac:link>"#,
        r#"<ac:image ac:alt="plan" ac:width="300" ac:custom-width="true"><ri:attachment ri:filename="p.png" ri:version-at-save="2" /></ac:image>"#,
    ] {
        let base = format!("<p local-id=\"p\">before {object} behind</p><p>{object}</p>");
        changes_only(Format::Storage, &base, ("before", "BEFORE"));
    }
}

#[test]
fn a_status_that_changes_is_still_the_same() {
    let macro_of = |colour: &str, title: &str| {
        format!(
            "<p>Is <ac:structured-macro ac:name=\"status\" ac:macro-id=\"s\"><ac:parameter ac:name=\"colour\">{colour}</ac:parameter><ac:parameter ac:name=\"title\">{title}</ac:parameter><ac:parameter ac:name=\"subtle\">true</ac:parameter></ac:structured-macro> since <time datetime=\"2026-11-22\" local-id=\"d\" /></p>"
        )
    };
    let (written, lost) = edited(Format::Storage, &macro_of("Red", "OPEN"), |markdown| {
        markdown
            .replace("[OPEN](status:red)", "[DONE](status:green)")
            .replace("-22", "-23")
    });
    assert_eq!(written, macro_of("Green", "DONE").replace("-22", "-23"));
    assert_eq!(lost, [] as [&str; 0]);
    let base = r##"{"version":1,"type":"doc","content":[{"type":"paragraph","content":[{"type":"status","attrs":{"text":"OPEN","color":"#12aB9f"}}]}]}"##;
    let (written, _) = edited(Format::Adf, base, |markdown| {
        markdown.replace("neutral", "red")
    });
    assert!(written.contains(r#""color":"red""#), "{written}");
}

#[test]
fn each_of_two_that_read_the_same_keeps_its_own() {
    let mention = |id: &str| {
        format!(r#"<ac:link><ri:user ri:account-id="1:a" ri:local-id="{id}" /></ac:link>"#)
    };
    let (one, two, three) = (mention("1"), mention("2"), mention("3"));
    let base = format!("<p>a {one}</p><p>b {two} and {three}</p><p>c</p>");
    changes_only(Format::Storage, &base, ("b ", "B "));
    // The first of a paragraph that is taken apart, and one that moves away.
    let (written, lost) = edited(Format::Storage, &base, |markdown| {
        let parts = markdown.replace(" and ", "\n\nand ");
        parts.replacen("a <accountid:1:a>", "a", 1) + " <accountid:1:a>"
    });
    assert_eq!(lost, [] as [&str; 0]);
    assert_eq!(
        written,
        format!("<p>a</p><p>b {two}</p><p>and {one}</p><p>c {three}</p>")
    );
}

#[test]
fn a_changed_table_keeps_its_head_and_foot() {
    let base = "<table class=\"w\"><colgroup><col /></colgroup><thead class=\"h\"><tr class=\"r\"><th>Alpha</th></tr></thead><tbody><tr><td>one</td></tr><tr><td>two</td></tr></tbody><tfoot><tr><td>sum</td></tr></tfoot></table>";
    for (word, new) in [("Alpha", "Beta"), ("one", "ONE"), ("sum", "total")] {
        changes_only(Format::Storage, base, (word, new));
    }
    let (written, lost) = edited(Format::Storage, base, |markdown| {
        markdown.replace("| two |", "| two |\n| three |")
    });
    assert_eq!(lost, [] as [&str; 0]);
    let row = "<tr><td>two</td></tr>";
    let more = format!("{row}<tr><td><p>three</p></td></tr>");
    assert_eq!(written, base.replace(row, &more));
}

#[test]
fn a_new_column_leaves_the_other_cells_what_they_had() {
    let base = "<table><tbody><tr><th>Alpha</th><th data-highlight-colour=\"red\">Beta</th></tr><tr><td>one</td><td data-highlight-colour=\"blue\">two</td></tr></tbody></table>";
    let (written, lost) = edited(Format::Storage, base, |markdown| {
        let wider = markdown.replace("| Alpha |", "| New | Alpha |");
        let wider =
            wider
                .replace("|---|", "|---|---|")
                .replacen("|---|---|---|---|", "|---|---|---|", 1);
        wider.replace("| one |", "| first | one |")
    });
    assert_eq!(lost, [] as [&str; 0]);
    let expected = base
        .replace("<th>Alpha", "<th><p>New</p></th><th>Alpha")
        .replace("<td>one", "<td><p>first</p></td><td>one");
    assert_eq!(written, expected);
    let (written, lost) = edited(Format::Storage, &expected, |markdown| {
        let narrower = markdown.replace("| New | Alpha |", "| Alpha |");
        let narrower = narrower.replace("|---|---|---|", "|---|---|");
        narrower.replace("| first | one |", "| one |")
    });
    assert_eq!(lost, [] as [&str; 0]);
    assert_eq!(written, base);
}

#[test]
fn a_changed_task_keeps_what_describes_it_and_its_neighbours() {
    let task = |id: &str, words: &str| {
        format!(
            "<ac:task ac:local-id=\"t{id}\"><ac:task-id>{id}</ac:task-id><ac:task-uuid>u{id}</ac:task-uuid><ac:task-status>incomplete</ac:task-status><ac:task-body>{words}</ac:task-body></ac:task>"
        )
    };
    let base = format!(
        "<ac:task-list ac:task-list-id=\"l\">{}{}{}</ac:task-list>",
        task("7", "<span class=\"placeholder-inline-tasks\">first</span>"),
        task("8", "<p local-id=\"p\">second <strong>bold</strong></p>"),
        task(
            "9",
            "<ac:link><ri:user ri:account-id=\"1:a\" ri:local-id=\"m\" /></ac:link> third <span style=\"font-size: 9px;\">small</span>"
        ),
    );
    for (word, new) in [("first", "First"), ("second", "2nd"), ("third", "3rd")] {
        changes_only(Format::Storage, &base, (word, new));
    }
    let base = r#"{"version":1,"type":"doc","content":[{"type":"taskList","attrs":{"localId":"l1"},"content":[{"type":"taskItem","attrs":{"localId":"t1","state":"TODO"},"content":[{"type":"text","text":"first"}]},{"type":"taskList","attrs":{"localId":"l2"},"content":[{"type":"taskItem","attrs":{"localId":"t2","state":"DONE"},"content":[{"type":"text","text":"second"}]}]}]}]}"#;
    for (word, new) in [("first", "First"), ("second", "2nd")] {
        changes_only(Format::Adf, base, (word, new));
    }
}

#[test]
fn a_tip_stays_a_tip_and_an_image_keeps_its_frame() {
    let base = r##"{"version":1,"type":"doc","content":[{"type":"panel","attrs":{"panelType":"tip","panelColor":"#eeeeee","localId":"p"},"content":[{"type":"paragraph","content":[{"type":"text","text":"word"}]}]},{"type":"mediaSingle","attrs":{"layout":"wide","width":50},"content":[{"type":"media","attrs":{"type":"external","url":"https://a.example/p.png","alt":"plan","width":30,"height":20},"marks":[{"type":"link","attrs":{"href":"https://b.example"}},{"type":"border","attrs":{"size":2,"color":"#091e42"}}]}]}]}"##;
    changes_only(Format::Adf, base, ("word", "WORD"));
    changes_only(Format::Adf, base, ("plan", "PLAN"));
}

#[test]
fn columns_that_differ_only_in_what_is_in_them_keep_it() {
    let cell = |blocks: &str| format!("<ac:layout-cell>{blocks}</ac:layout-cell>");
    let one = cell("<h1 local-id=\"1\">One</h1><p local-id=\"2\">first</p>");
    let two = cell(
        "<h1 local-id=\"3\">Two</h1><ac:structured-macro ac:name=\"info\" ac:macro-id=\"i\"><ac:rich-text-body><p local-id=\"4\">second</p></ac:rich-text-body></ac:structured-macro>",
    );
    let three = cell("<p local-id=\"5\">third</p>");
    let page = |cells: &[&String]| {
        let cells: String = cells.iter().map(|cell| cell.as_str()).collect();
        format!(
            "<ac:layout><ac:layout-section ac:type=\"three_equal\">{cells}</ac:layout-section></ac:layout>"
        )
    };
    let base = page(&[&one, &two, &three]);
    for (word, new) in [("first", "1st"), ("second", "2nd"), ("third", "3rd")] {
        changes_only(Format::Storage, &base, (word, new));
    }
    let column = |markdown: &str, number: usize| -> String {
        let begin = markdown
            .match_indices("⟦column")
            .nth(number)
            .expect("it is there")
            .0;
        let behind = markdown[begin..].find("⟦end").expect("it ends") + begin;
        let end = markdown[behind..].find('⟧').expect("it is closed") + behind + "⟧".len();
        markdown[begin..end].to_owned()
    };
    let (moved, lost) = edited(Format::Storage, &base, |markdown| {
        let (first, last) = (column(markdown, 0), column(markdown, 2));
        markdown
            .replace(&first, "*")
            .replace(&last, &format!("{last}\n\n{first}"))
            .replace("*\n\n", "")
    });
    assert_eq!(moved, page(&[&two, &three, &one]));
    assert_eq!(lost, [] as [&str; 0]);
    let (_, lost) = edited(Format::Storage, &base, |markdown| {
        markdown.replace(&column(markdown, 1), "")
    });
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert!(lost[0].starts_with("⟦column"), "{lost:?}");
}

#[test]
fn one_of_two_same_macros_that_is_taken_out_is_named() {
    let toc = "<ac:structured-macro ac:name=\"toc\" />";
    let base = format!("{toc}<p>a</p>{toc}");
    let (written, lost) = edited(Format::Storage, &base, |markdown| {
        let end = markdown.rfind("⟦macro").expect("there are two");
        markdown[..end].to_owned()
    });
    assert_eq!(written, format!("{toc}<p>a</p>"));
    assert_eq!(lost.len(), 1, "{lost:?}");
}

#[test]
fn a_panel_of_another_kind_keeps_what_is_in_it() {
    let base = r##"{"version":1,"type":"doc","content":[{"type":"panel","attrs":{"panelType":"custom","panelColor":"#eeeeee"},"content":[{"type":"paragraph","attrs":{"localId":"p"},"content":[{"type":"text","text":"word"}]}]}]}"##;
    let (written, lost) = edited(Format::Adf, base, |markdown| {
        markdown.replace("PANEL", "WARNING")
    });
    assert_eq!(
        written,
        r#"{"version":1,"type":"doc","content":[{"type":"panel","attrs":{"panelType":"warning"},"content":[{"attrs":{"localId":"p"},"content":[{"text":"word","type":"text"}],"type":"paragraph"}]}]}"#
    );
    assert_eq!(lost, [] as [&str; 0]);
}

#[test]
fn a_column_of_a_layout_in_adf_is_changed_alone() {
    let column = |word: &str| {
        format!(
            r#"{{"type":"layoutColumn","attrs":{{"width":50}},"content":[{{"type":"paragraph","attrs":{{"localId":"{word}"}},"content":[{{"type":"text","text":"{word}"}}]}},{{"type":"orderedList","attrs":{{"order":1,"localId":"l"}},"content":[{{"type":"listItem","content":[{{"type":"paragraph","content":[{{"type":"text","text":"item of {word}"}}]}}]}}]}}]}}"#
        )
    };
    let base = format!(
        r#"{{"version":1,"type":"doc","content":[{{"type":"layoutSection","content":[{},{}]}}]}}"#,
        column("left"),
        column("right")
    );
    for words in [("item of left", "ITEM"), ("item of right", "ITEM")] {
        changes_only(Format::Adf, &base, words);
    }
    let (written, _) = edited(Format::Adf, &base, |markdown| {
        markdown.replace("1. item of left", "- item of left")
    });
    let written: Value = serde_json::from_str(&written).expect("it is JSON");
    assert_eq!(problems(&written), None);
}

#[test]
fn decisions_are_no_panel() {
    let base = r#"{"version":1,"type":"doc","content":[{"type":"decisionList","attrs":{"localId":"l"},"content":[{"type":"decisionItem","attrs":{"localId":"d","state":"DECIDED"},"content":[{"type":"text","text":"word"}]}]}]}"#;
    let (written, _) = edited(Format::Adf, base, |markdown| {
        markdown.replace("DECISION", "NOTE")
    });
    let written: Value = serde_json::from_str(&written).expect("it is JSON");
    assert_eq!(problems(&written), None);
}

#[test]
fn words_take_the_place_of_an_empty_line() {
    let base = "<table><tbody><tr><th>h</th><th>i</th></tr><tr><td>a</td><td id=\"c\"><p id=\"p\" /></td></tr></tbody></table>";
    let (written, lost) = edited(Format::Storage, base, |markdown| {
        markdown.replace("| a |  |", "| a | b |")
    });
    assert_eq!(written, base.replace("<p id=\"p\" />", "<p id=\"p\">b</p>"));
    assert_eq!(lost, [] as [&str; 0]);
    let (written, _) = edited(Format::Storage, "<p id=\"p\" />", |_| "a\n\nb".to_owned());
    assert_eq!(written, "<p id=\"p\">a</p><p>b</p>");
}

#[test]
fn what_is_moved_keeps_all_it_had() {
    let code = "<ac:structured-macro ac:name=\"code\" ac:macro-id=\"c\"><ac:parameter ac:name=\"title\">t</ac:parameter><ac:plain-text-body><![CDATA[x]]></ac:plain-text-body></ac:structured-macro>";
    let one = "<p local-id=\"1\">one</p>";
    let two = "<p local-id=\"2\">two</p>";
    let swap = |markdown: &str, first: &str, second: &str| {
        let swapped = markdown.replace(first, "*").replace(second, first);
        swapped.replace('*', second)
    };
    for (base, first, second, expected) in [
        (format!("{code}{one}{two}"), "```\nx\n```", "two", format!("{two}{one}{code}")),
        (
            "<ul><li id=\"1\">one</li><li id=\"2\">two</li><li id=\"3\">three</li></ul>".to_owned(),
            "one",
            "three",
            "<ul><li id=\"3\">three</li><li id=\"2\">two</li><li id=\"1\">one</li></ul>".to_owned(),
        ),
        (
            "<table><tbody><tr><th>h</th></tr><tr id=\"1\"><td>one</td></tr><tr id=\"2\"><td>two</td></tr></tbody></table>".to_owned(),
            "one",
            "two",
            "<table><tbody><tr><th>h</th></tr><tr id=\"2\"><td>two</td></tr><tr id=\"1\"><td>one</td></tr></tbody></table>".to_owned(),
        ),
    ] {
        let (written, lost) = edited(Format::Storage, &base, |markdown| swap(markdown, first, second));
        assert_eq!(written, expected);
        assert_eq!(lost, [] as [&str; 0]);
    }
}

#[test]
fn a_row_that_is_taken_out_takes_no_other_with_it() {
    let base = "<table><tbody><tr><th>a</th><th>b</th></tr><tr><td rowspan=\"2\">c</td><td><p id=\"d\" /></td></tr><tr id=\"e\"><td><ac:structured-macro ac:name=\"expand\"><ac:rich-text-body><p>f</p></ac:rich-text-body></ac:structured-macro></td></tr><tr><td>g</td><td>h</td></tr></tbody></table>";
    let (written, lost) = edited(Format::Storage, base, |markdown| {
        markdown.replace("| g | h |", "").trim_end().to_owned()
    });
    assert_eq!(written, base.replace("<tr><td>g</td><td>h</td></tr>", ""));
    assert_eq!(lost, [] as [&str; 0]);
}

#[test]
fn a_list_that_counts_from_one_says_so_as_before() {
    let base = "<ol start=\"1\"><li><p>before</p></li></ol>";
    changes_only(Format::Storage, base, ("before", "BEFORE"));
    let (written, _) = edited(Format::Storage, base, |markdown| {
        markdown.replace("1.", "3.")
    });
    assert_eq!(written, "<ol start=\"3\"><li><p>before</p></li></ol>");
}

#[test]
fn what_goes_is_named() {
    for (base, named) in [
        (
            "<p>before <strong class=\"x\">bold</strong></p>",
            "`class` of `strong`",
        ),
        ("<p>before <!-- a note --> behind</p>", "a comment"),
        ("<p>before <br class=\"b\" /> behind</p>", "`class` of `br`"),
        (
            "<p>before <img src=\"https://a.example/p.png\" width=\"9\" /></p>",
            "`width` of `img`",
        ),
    ] {
        let (_, lost) = edited(Format::Storage, base, |markdown| {
            markdown.replace("before", "BEFORE")
        });
        assert_eq!(lost.len(), 1, "{base}: {lost:?}");
        assert!(lost[0].starts_with(named), "{base}: {lost:?}");
    }
    // What a neighbour has is no business of the edit's.
    let base = "<ul class=\"l\"><li><p>before</p></li><li><p><em id=\"e\">other</em></p></li></ul>";
    changes_only(Format::Storage, base, ("before", "BEFORE"));
}

/// The attributes of a document, each as often as it is there.
fn counted(attributes: Vec<(String, String)>) -> BTreeMap<(String, String), usize> {
    let mut counted = BTreeMap::new();
    for attribute in attributes {
        *counted.entry(attribute).or_default() += 1;
    }
    counted
}

/// Puts the words `an anchor` into one of the nodes that hold text.
fn anchored(random: &mut Rng, document: &mut Value) -> bool {
    let mut open = vec![document];
    let mut lines = Vec::new();
    while let Some(node) = open.pop() {
        let is_line = HOLDS_INLINES.contains(&node["type"].as_str().unwrap_or(""));
        match node["content"].as_array_mut() {
            Some(content) if is_line => lines.push(content),
            Some(content) => open.extend(content),
            None => {}
        }
    }
    if lines.is_empty() {
        return false;
    }
    let line = lines.swap_remove(random.usize(..lines.len()));
    line.push(json!({"type": "text", "text": " an anchor"}));
    true
}

#[test]
fn random_edits_of_random_documents_name_all_that_vanishes() {
    let (mut changed, mut kept, mut gone) = (0, 0, 0);
    for seed in 0..6_000 {
        let mut source = Generator::new(seed, 3).document();
        if !anchored(&mut Rng::with_seed(seed), &mut source) {
            continue;
        }
        let (written, lost) = edited(Format::Adf, &source.to_string(), |markdown| {
            markdown.replace("an anchor", "an ANCHOR")
        });
        let written: Value = serde_json::from_str(&written).expect("it is JSON");
        let context = || format!("seed {seed}: {source}\n  became {written}\n  lost {lost:?}");
        if !written.to_string().contains("ANCHOR") {
            continue;
        }
        changed += 1;
        let blocks = |document: &Value| document["content"].as_array().cloned().unwrap_or_default();
        let (old, new) = (blocks(&source), blocks(&written));
        let differing = old.iter().zip(&new).filter(|(old, new)| old != new);
        assert!(
            old.len() == new.len() && differing.count() == 1,
            "{}",
            context()
        );
        let now = counted(adf::described(&written.to_string()));
        let mut vanished = Vec::new();
        for (attribute, count) in counted(adf::described(&source.to_string())) {
            if now.get(&attribute) >= Some(&count) {
                kept += 1;
            } else {
                let (name, value) = attribute;
                let named = lost.iter().any(|line| line.contains(&name));
                assert!(named, "{name} {value} of {}", context());
                vanished.push(name);
            }
        }
        gone += vanished.len();
        // No false alarm either: an edit that loses something is refused.
        for line in lost.iter().filter(|line| line.starts_with('`')) {
            let names = line
                .split(", of the changed block")
                .next()
                .unwrap_or_default();
            for name in names.split(", ") {
                let real = vanished.iter().any(|vanished| vanished == name);
                assert!(real, "{name} of {}", context());
            }
        }
    }
    assert!(
        changed > 3_000 && kept > 10_000 && gone > 100,
        "{changed} {kept} {gone}"
    );
}

#[test]
fn one_changed_word_of_every_construct_changes_nothing_else() {
    for case in cases() {
        for (before, behind) in [
            ("<p class=\"q\">word</p>", ""),
            ("", "<ul><li>word</li></ul>"),
        ] {
            let base = format!("{before}{}{behind}", case.xml);
            let (written, lost) = edited(Format::Storage, &base, |markdown| match before {
                "" => {
                    let at = markdown.rfind("word").expect("it is behind");
                    format!("{}other{}", &markdown[..at], &markdown[at + 4..])
                }
                _ => markdown.replacen("word", "other", 1),
            });
            let expected = format!(
                "{}{}{}",
                before.replace("word", "other"),
                case.xml,
                behind.replace("word", "other")
            );
            assert_eq!(written, expected, "{}", case.name);
            assert_eq!(lost, [] as [&str; 0], "{}", case.name);
        }
    }
}
