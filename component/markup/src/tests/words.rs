//! No word that people see in one format is missing in another.

use fastrand::Rng;

use super::markdown_properties::SOUP;
use crate::{Format, read, to_markdown, write};

const FORMATS: [Format; 4] = [Format::Markdown, Format::Adf, Format::Storage, Format::Wiki];

/// Soup between words that stand free, and words in the places where people put them.
fn source(random: &mut Rng) -> (String, Vec<String>) {
    let mut words = Vec::new();
    let mut text = String::new();
    for number in 0..random.usize(1..8) {
        let word = format!("wq{number}x");
        let around = [
            ("", ""),
            ("**", "**"),
            ("_", "_ and"),
            ("~~", "~~"),
            ("<u>", "</u>"),
            ("[", "](https://a.example)"),
            ("`", "`"),
            ("# ", ""),
            ("- ", ""),
            ("1. ", "\n   - b"),
            ("- [ ] ", ""),
            ("> ", ""),
            ("> [!NOTE] ", "\n> b"),
            ("> [!DECISION]\n> ", ""),
            ("| a | ", " |\n|---|---|\n| b | c |"),
            ("<details><summary>", "</summary>\n\nb\n\n</details>"),
            ("```\n", "\n```"),
            ("[@", "](accountid:1)"),
            ("[", "](status:red)"),
            ("a[^1]\n\n[^1]: ", ""),
            ("![", "](https://a.example/b.png)"),
            ("\u{202e}", "\u{202c}"),
            ("\u{0}", "\r\n"),
            ("<unknown>", "</unknown>"),
            ("[", "]"),
            ("{", "}"),
            ("&", ";"),
        ];
        let (before, after) = around[random.usize(..around.len())];
        let soup: String = (0..random.usize(..5))
            .map(|_| SOUP[random.usize(..SOUP.len())])
            .collect();
        // A fence would make code of the notation around the next word.
        let soup = soup.replace("```", "").replace("~~~", "");
        text.push_str(&format!("{soup}\n\n{before}{word}{after}\n\n"));
        words.push(word);
    }
    (text, words)
}

fn missing<'w>(words: &'w [String], text: &str) -> Vec<&'w String> {
    words
        .iter()
        .filter(|word| !text.contains(word.as_str()))
        .collect()
}

#[test]
fn every_word_is_in_every_format() {
    let (mut written, mut back) = (0, 0);
    for seed in 0..12_000 {
        let (source, all) = source(&mut Rng::with_seed(seed));
        // Storage format and wiki markup hold the account; the name is the site's to show.
        let is_name = |word: &String| source.contains(&format!("[@{word}]"));
        let unnamed: Vec<String> = all.iter().filter(|word| !is_name(word)).cloned().collect();
        let words = |formats: [Format; 2]| {
            let nameless = formats
                .iter()
                .any(|format| matches!(format, Format::Storage | Format::Wiki));
            if nameless { &unnamed } else { &all }
        };
        let document = read(Format::Markdown, &source).expect("every text is Markdown");
        for to in FORMATS {
            let Ok(text) = write(to, &document) else {
                continue;
            };
            written += 1;
            assert_eq!(
                missing(words([to, to]), &text),
                [] as [&String; 0],
                "seed {seed}, {to}:\n{source}\nbecame\n{text}"
            );
            for last in FORMATS {
                let Ok(text) = read(to, &text)
                    .map_err(drop)
                    .and_then(|document| write(last, &document).map_err(drop))
                else {
                    continue;
                };
                back += 1;
                assert_eq!(
                    missing(words([to, last]), &text),
                    [] as [&String; 0],
                    "seed {seed}, {to} to {last}:\n{source}\nbecame\n{text}"
                );
            }
        }
    }
    assert!(written > 30_000 && back > 80_000, "{written} {back}");
}

#[test]
fn every_word_of_any_json_is_shown() {
    let nodes = [
        "paragraph",
        "text",
        "heading",
        "bulletList",
        "listItem",
        "table",
        "tableRow",
        "tableCell",
        "taskList",
        "taskItem",
        "panel",
        "expand",
        "mediaSingle",
        "caption",
        "codeBlock",
        "decisionList",
        "decisionItem",
        "blockquote",
        "strange",
        "layoutSection",
        "rule",
        "extension",
    ];
    for seed in 0..20_000 {
        let mut random = Rng::with_seed(seed);
        let mut words = Vec::new();
        let mut content = Vec::new();
        for _ in 0..random.usize(1..4) {
            content.push(node(&mut random, &nodes, &mut words, 0));
        }
        let document = serde_json::json!({"type": "doc", "content": content}).to_string();
        let shown = to_markdown(Format::Adf, &document);
        assert_eq!(
            missing(&words, &shown),
            [] as [&String; 0],
            "seed {seed}: {document}\nis shown as\n{shown}"
        );
    }
}

/// Nodes in one another as no editor would put them.
fn node(
    random: &mut Rng,
    nodes: &[&str],
    words: &mut Vec<String>,
    depth: u32,
) -> serde_json::Value {
    let kind = nodes[random.usize(..nodes.len())];
    if kind == "text" || depth > 3 {
        let word = format!("wq{}x", words.len());
        let node = serde_json::json!({"type": "text", "text": word});
        words.push(word);
        return node;
    }
    let count = random.usize(1..4);
    let content: Vec<serde_json::Value> = (0..count)
        .map(|_| node(random, nodes, words, depth + 1))
        .collect();
    serde_json::json!({"type": kind, "content": content})
}
