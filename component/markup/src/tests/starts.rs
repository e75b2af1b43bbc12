//! Words at the start of a block, or of a later line of it, that look like the start of another.
//!
//! Whatever stands there comes back as the words it is, in every holder and every dress.

use super::markdown_properties::{read, write};
use crate::doc::{
    Block, BlockKind, Document, Emoji, Inline, InlineKind, Item, Link, ListMarker, Marks,
    PanelKind, Script,
};
use crate::inlines::normal;

/// What CommonMark, GFM or this crate's notation begins something with.
const BEGINNINGS: &[&str] = &[
    "[a]: b",
    "[a",
    "[a]",
    "[^a]",
    "[^a]: b",
    "[^a b]: c",
    "[^",
    "[ ] a",
    "[x]",
    "[!NOTE] a",
    "# a",
    "###",
    "> a",
    "-",
    "- a",
    "- - -",
    "--",
    "---",
    "-|-",
    "- | -",
    "|-|",
    "| a |",
    ":-:",
    ":-",
    "+ a",
    "*",
    "* a",
    "* * *",
    "***",
    "_ _ _",
    "__ _",
    "___",
    "=",
    "===",
    "1.",
    "1. a",
    "1) a",
    "```",
    "~~~",
    "~~~ a",
    "<div>",
    "<details>",
    "</details>",
    "<!-- a",
    "<?a",
    "<![CDATA[",
    "<pre>",
    "<a>",
    "<th>",
    "⟦a⟧",
    "⟦end #123abc⟧",
    ":smile:",
    "https://a.example",
    "&amp;",
    "\\",
    "!",
    "@",
];

fn run(text: &str, marks: &Marks) -> Inline {
    Inline::new(InlineKind::Text(text.into()), marks.clone())
}

/// The words alone, and with what may make something of them behind or around them.
fn dressed(words: &str) -> Vec<Vec<Inline>> {
    let plain = Marks::default();
    let code = Marks {
        code: true,
        ..Marks::default()
    };
    let strong = Marks {
        strong: true,
        ..Marks::default()
    };
    let underlined = Marks {
        underline: true,
        ..Marks::default()
    };
    let link = Marks {
        link: Some(Link::to("https://b.example").into()),
        ..Marks::default()
    };
    let linked_code = Marks {
        code: true,
        ..link.clone()
    };
    let raised = Marks {
        script: Some(Script::Superscript),
        ..Marks::default()
    };
    let emoji = Inline::new(
        InlineKind::Emoji(Box::new(Emoji::named("smile"))),
        Marks::default(),
    );
    let end = "c]: https://d.example";
    vec![
        vec![run(words, &plain)],
        vec![run(words, &plain), run(end, &code)],
        vec![run(words, &plain), run(end, &code), run(" e", &plain)],
        vec![run(words, &plain), run("e", &link)],
        vec![run(words, &link)],
        vec![run(words, &link), run(end, &linked_code)],
        vec![run(end, &linked_code), run(words, &link)],
        vec![run(words, &code)],
        vec![run(words, &linked_code)],
        vec![run(words, &strong), run(end, &code)],
        vec![run(words, &underlined), run(" e", &plain)],
        vec![run("[1]", &raised), run(words, &plain)],
        vec![run("[1]", &raised), run("e", &link)],
        vec![run("[1]", &raised), emoji.clone(), run(words, &plain)],
        vec![emoji, run(words, &plain)],
    ]
}

/// A document for each place where `runs` can stand.
fn held(runs: &[Inline]) -> Vec<Document> {
    let words = || Inline::text("words");
    let behind = |kind: InlineKind| {
        let line = Inline::new(kind, Marks::default());
        [vec![words(), line], runs.to_vec()].concat()
    };
    let before = [
        runs,
        &[
            Inline::new(InlineKind::SoftBreak, Marks::default()),
            words(),
        ],
    ]
    .concat();
    let paragraph = |runs: &[Inline]| Block::paragraph(normal(runs.to_vec()));
    let list = |marker, blocks: Vec<Block>| {
        let item = |blocks| Item {
            blocks,
            ..Item::default()
        };
        let items = vec![item(blocks.clone()), item(blocks)];
        Block::new(BlockKind::List { marker, items })
    };
    let panel = |title: Option<&str>| {
        Block::new(BlockKind::Panel {
            kind: PanelKind::Info,
            title: title.map(Into::into),
            body: vec![paragraph(runs)],
        })
    };
    let blocks = [
        vec![paragraph(runs)],
        vec![paragraph(&behind(InlineKind::SoftBreak))],
        vec![paragraph(&behind(InlineKind::HardBreak))],
        vec![paragraph(&before)],
        vec![paragraph(&[words()]), paragraph(runs)],
        vec![list(ListMarker::Bullet, vec![paragraph(runs)])],
        vec![list(
            ListMarker::Ordered { start: 1 },
            vec![paragraph(&[words()]), paragraph(runs)],
        )],
        vec![list(
            ListMarker::Bullet,
            vec![list(ListMarker::Bullet, vec![paragraph(runs)])],
        )],
        vec![Block::new(BlockKind::Quote(vec![paragraph(runs)]))],
        vec![panel(None)],
        vec![panel(Some("title"))],
    ];
    blocks.into_iter().map(Document::new).collect()
}

#[test]
fn words_that_begin_something_elsewhere_stay_words() {
    for beginning in BEGINNINGS {
        for runs in dressed(beginning) {
            for document in held(&runs) {
                let written = write(&document);
                assert_eq!(read(&written), document, "{written}");
            }
        }
    }
}

/// Bullets that say nothing, nested: a line of three would be a rule.
#[test]
fn bullets_without_words_are_no_rule() {
    let bullet = |blocks: Vec<Block>| Item {
        blocks,
        ..Item::default()
    };
    let list = |items: Vec<Item>| {
        let marker = ListMarker::Bullet;
        Block::new(BlockKind::List { marker, items })
    };
    let words = |text: &str| bullet(vec![Block::paragraph(vec![Inline::text(text)])]);
    for others in [vec![], vec![bullet(vec![])], vec![words("a"), words("b")]] {
        let mut items = vec![bullet(vec![])];
        items.extend(others);
        for sibling in [None, Some(list(vec![words("c")]))] {
            let mut inner: Vec<Block> = vec![list(items.clone())];
            inner.extend(sibling);
            for depth in 1..6 {
                let document = Document::new(inner.clone());
                let written = write(&document);
                assert_eq!(read(&written), document, "{depth}: {written}");
                inner = vec![list(vec![bullet(inner)])];
            }
        }
    }
}
