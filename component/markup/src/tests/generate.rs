//! Random documents in normal form.
//!
//! Decides what each format is asked to say; nothing here that a format has no words for.

use std::sync::Arc;

use proptest::prelude::*;

use crate::doc::*;
use crate::inlines;

/// What the documents may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Can {
    pub(super) soft_breaks: bool,
    pub(super) marks_on_code: bool,
    pub(super) images_in_text: bool,
    pub(super) rich_cells: bool,
    pub(super) quotes_hold_all: bool,
    pub(super) expands_hold_all: bool,
    pub(super) panels_hold_all: bool,
    pub(super) tasks: bool,
    /// Only what wiki markup has words for.
    pub(super) plain: bool,
}

impl Can {
    pub(super) const MARKDOWN: Self = Self {
        soft_breaks: true,
        marks_on_code: true,
        images_in_text: true,
        rich_cells: true,
        quotes_hold_all: true,
        expands_hold_all: true,
        panels_hold_all: true,
        tasks: true,
        plain: false,
    };

    pub(super) const ADF: Self = Self {
        soft_breaks: false,
        marks_on_code: false,
        images_in_text: false,
        rich_cells: true,
        quotes_hold_all: false,
        expands_hold_all: false,
        panels_hold_all: false,
        tasks: true,
        plain: false,
    };

    pub(super) const STORAGE: Self = Self {
        soft_breaks: false,
        ..Self::MARKDOWN
    };

    pub(super) const WIKI: Self = Self {
        soft_breaks: false,
        marks_on_code: false,
        images_in_text: false,
        rich_cells: false,
        quotes_hold_all: true,
        expands_hold_all: true,
        panels_hold_all: true,
        tasks: false,
        plain: true,
    };
}

/// Words made of everything that some format takes for markup.
fn text() -> BoxedStrategy<String> {
    let markup = prop::sample::select(vec![
        "a",
        "b",
        "word",
        " ",
        " ",
        "1",
        "1.",
        "2)",
        "-",
        "+",
        "*",
        "**",
        "_",
        "__",
        "~",
        "~~",
        "`",
        "``",
        "\\",
        "\\\\",
        "[",
        "]",
        "(",
        ")",
        "[x]",
        "[ ]",
        "[!INFO]",
        "[^1]",
        "[^",
        "[1]",
        "{",
        "}",
        "{code}",
        "{*}",
        "<",
        ">",
        "<b>",
        "</u>",
        "<br>",
        "&",
        "&amp;",
        "&#32;",
        "|",
        "||",
        "#",
        "##",
        "=",
        "===",
        "---",
        ":",
        ":a:",
        "!",
        "![",
        "](",
        "https://",
        "https://a.example",
        "@",
        "@[",
        "⟦",
        "⟧",
        "⟦x⟧",
        "é",
        "“",
        "→",
        "\u{a0}",
        "日本",
        "👩‍💻",
        "^",
        "??",
        "bq.",
        "h1.",
        "\"",
        "'",
        ".",
        "]]>",
        ";",
        "%",
        "$",
        "accountid:1",
        "snake_case",
        "\u{301}",
    ]);
    prop::collection::vec(markup, 1..6)
        .prop_map(|parts| parts.concat())
        .boxed()
}

fn marks(can: Can) -> impl Strategy<Value = Marks> {
    let flags = prop::collection::vec(prop::bool::weighted(0.2), 4);
    let script = prop::option::weighted(
        0.1,
        prop::sample::select(vec![Script::Subscript, Script::Superscript]),
    );
    let colour = prop::option::weighted(0.1, Just("#ff5630".into()));
    let link = prop::option::weighted(0.2, link(can));
    (flags, script, colour, link).prop_map(|(flags, script, colour, link)| Marks {
        strong: flags[0],
        emphasis: flags[1],
        strike: flags[2],
        underline: flags[3],
        script,
        colour,
        link: link.map(Arc::new),
        ..Marks::default()
    })
}

fn link(can: Can) -> impl Strategy<Value = Link> {
    let hard = [
        "https://a.example/x_y?q=1&amp;r=(2)",
        "https://b.example/[x]",
    ];
    let mut links = vec!["https://a.example/x", "#anchor", "mailto:a@b.example"];
    links.extend(hard.iter().filter(|_| !can.plain));
    prop::sample::select(links).prop_map(Link::to)
}

pub(super) fn inlines(can: Can) -> impl Strategy<Value = Vec<Inline>> {
    let text_run =
        (text(), marks(can), prop::bool::weighted(0.1)).prop_map(move |(text, mut marks, code)| {
            if code && !can.marks_on_code {
                marks = Marks {
                    link: marks.link,
                    ..Marks::default()
                };
            }
            marks.code = code;
            Inline::new(InlineKind::Text(text.into()), marks)
        });
    let object = (object(can), marks(can)).prop_map(|(kind, marks)| {
        let marks = Marks {
            // Neither ADF nor wiki markup puts marks on objects.
            ..if matches!(kind, InlineKind::Image(_)) {
                marks
            } else {
                Marks::default()
            }
        };
        Inline::new(
            kind,
            Marks {
                link: marks.link,
                ..Marks::default()
            },
        )
    });
    prop::collection::vec(prop_oneof![4 => text_run, 1 => object], 1..6)
        .prop_map(inlines::normal)
        .prop_filter("something is left", |runs| !runs.is_empty())
}

fn object(can: Can) -> BoxedStrategy<InlineKind> {
    let hard = Just(InlineKind::HardBreak);
    let mention = Just(InlineKind::Mention(Box::new(Mention {
        user: User::AccountId("557058:a-b".into()),
        name: Some("Ann B_c".into()),
        carried: Carried::default(),
    })));
    let nameless = Just(InlineKind::Mention(Box::new(Mention {
        user: User::AccountId("5b10ac8d".into()),
        name: None,
        carried: Carried::default(),
    })));
    let status = Just(InlineKind::Status(Box::new(Status {
        text: "IN [PROGRESS]".into(),
        colour: StatusColour::Blue,
        carried: Carried::default(),
    })));
    let emoji = Just(InlineKind::Emoji(Box::new(Emoji::named("check_mark"))));
    let date = Just(InlineKind::date(
        Day::parse("2026-11-22").expect("this day exists"),
    ));
    let card = Just(InlineKind::card("https://a.example/browse/A-1"));
    let mut objects = vec![
        hard.boxed(),
        mention.boxed(),
        nameless.boxed(),
        card.boxed(),
    ];
    if !can.plain {
        objects.extend([status.boxed(), emoji.boxed(), date.boxed()]);
    }
    if can.soft_breaks {
        objects.push(Just(InlineKind::SoftBreak).boxed());
    }
    if can.images_in_text {
        objects.push(Just(image()).boxed());
    }
    proptest::strategy::Union::new(objects).boxed()
}

fn image() -> InlineKind {
    InlineKind::Image(Box::new(Image {
        target: ImageTarget::Url("https://a.example/p.png".into()),
        alt: "a plan".into(),
        title: None,
        carried: Carried::default(),
    }))
}

fn paragraph(can: Can) -> impl Strategy<Value = Block> {
    inlines(can).prop_map(Block::paragraph)
}

fn line(can: Can) -> impl Strategy<Value = Vec<Inline>> {
    inlines(can)
        .prop_map(inlines::normal_line)
        .prop_filter("something is left", |runs| !runs.is_empty())
}

fn code(can: Can) -> impl Strategy<Value = Block> {
    let language = prop::option::of(prop::sample::select(vec!["rust", "c++", "c#"]));
    let mut parts = vec![
        "a",
        "\n",
        "  ",
        "`",
        "```",
        "<",
        "]]>",
        "\\",
        "|",
        "&amp;",
        "\t",
        "*",
        "⟦x #123456⟧",
    ];
    if !can.plain {
        parts.extend(["{code}", "{noformat}"]);
    }
    let text = prop::collection::vec(prop::sample::select(parts), 0..6);
    (language, text).prop_map(|(language, text)| {
        Block::new(BlockKind::Code {
            language: language.map(str::to_owned),
            text: text.concat(),
        })
    })
}

fn heading(can: Can) -> impl Strategy<Value = Block> {
    (1..=6u64, line(can)).prop_map(|(level, content)| {
        Block::new(BlockKind::Heading {
            level: Level::nearest(level),
            content,
        })
    })
}

fn task(can: Can) -> impl Strategy<Value = Task> {
    let leaf = (any::<bool>(), inlines(can)).prop_map(|(done, content)| Task {
        done,
        content,
        ..Task::default()
    });
    leaf.prop_recursive(2, 4, 2, |inner| {
        (inner.clone(), prop::collection::vec(inner, 0..2)).prop_map(|(mut task, children)| {
            task.children = children;
            task
        })
    })
}

fn table(can: Can) -> impl Strategy<Value = Block> {
    let flat = prop::collection::vec(cell_line(can).prop_map(Block::paragraph), 0..2).boxed();
    let list =
        (any::<bool>(), prop::collection::vec(cell_line(can), 1..3)).prop_map(|(bullet, lines)| {
            let marker = if bullet {
                ListMarker::Bullet
            } else {
                ListMarker::Ordered { start: 1 }
            };
            let items = lines.into_iter().map(|content| Item {
                blocks: vec![Block::paragraph(content)],
                ..Item::default()
            });
            Block::new(BlockKind::List {
                marker,
                items: items.collect(),
            })
        });
    let rich = (flat.clone(), list, code(can)).prop_map(|(mut blocks, list, code)| {
        blocks.push(list);
        blocks.push(code);
        blocks
    });
    let blocks = if can.rich_cells {
        prop_oneof![3 => flat, 1 => rich].boxed()
    } else {
        flat.boxed()
    };
    let cell = blocks.prop_map(|blocks| Cell {
        blocks,
        ..Cell::default()
    });
    let shape = (1..4usize, 1..4usize, any::<bool>(), any::<bool>());
    (shape, prop::collection::vec(cell, 16)).prop_map(|((width, height, head, side), cells)| {
        let mut cells = cells.into_iter();
        let mut rows = Vec::new();
        for row in 0..height {
            let mut list: Vec<Cell> = cells.by_ref().take(width).collect();
            for (column, cell) in list.iter_mut().enumerate() {
                cell.header = head && row == 0 || side && column == 0;
            }
            rows.push(Row {
                cells: list,
                ..Row::default()
            });
        }
        Block::new(BlockKind::Table(Table { rows }))
    })
}

/// Two breaks in a row are the end of a paragraph in a cell.
fn cell_line(can: Can) -> impl Strategy<Value = Vec<Inline>> {
    line(can)
        .prop_map(|mut content| {
            content.retain(|run| run.kind != InlineKind::HardBreak);
            inlines::normal_line(content)
        })
        .prop_filter("something is left", |runs| !runs.is_empty())
}

fn leaf(can: Can) -> BoxedStrategy<Block> {
    prop_oneof![
        6 => paragraph(can),
        2 => heading(can),
        1 => code(can),
        1 => Just(Block::new(BlockKind::Rule)),
    ]
    .boxed()
}

fn item(block: impl Strategy<Value = Block>, can: Can) -> impl Strategy<Value = Item> {
    (paragraph(can), prop::collection::vec(block, 0..2)).prop_map(move |(first, rest)| {
        let mut blocks = vec![first];
        // A heading or a table in a list item is more than most formats can say.
        blocks.extend(rest.into_iter().filter(|block| {
            !can.plain
                && matches!(
                    block.kind,
                    BlockKind::Paragraph(_) | BlockKind::List { .. } | BlockKind::Code { .. }
                )
        }));
        Item {
            blocks,
            ..Item::default()
        }
    })
}

fn block(can: Can) -> impl Strategy<Value = Block> {
    leaf(can).prop_recursive(3, 12, 3, move |inner| {
        let body = prop::collection::vec(inner.clone(), 1..3);
        let lines = prop::collection::vec(paragraph(can), 1..3).boxed();
        let marker = prop_oneof![
            Just(ListMarker::Bullet),
            prop::sample::select(vec![0, 1, 7]).prop_map(|start| ListMarker::Ordered { start })
        ];
        let list = (
            marker,
            prop::collection::vec(item(inner.clone(), can), 1..3),
        )
            .prop_map(|(marker, items)| Block::new(BlockKind::List { marker, items }));
        let quoted = if can.quotes_hold_all {
            body.clone().boxed()
        } else {
            lines.clone().boxed()
        };
        let quote = quoted.prop_map(|body| Block::new(BlockKind::Quote(body)));
        let kinds =
            prop::sample::select(vec![PanelKind::Info, PanelKind::Warning, PanelKind::Note]);
        let boxed = if can.panels_hold_all {
            body.clone().boxed()
        } else {
            lines.clone().boxed()
        };
        let panel = (kinds, boxed).prop_map(|(kind, body)| {
            Block::new(BlockKind::Panel {
                kind,
                title: None,
                body,
            })
        });
        let mut blocks = vec![
            inner.clone().boxed(),
            list.boxed(),
            quote.boxed(),
            panel.boxed(),
            table(can).boxed(),
        ];
        let titles = prop::sample::select(vec!["", "More & <more>", "a:b: *c*"]);
        let hidden = if can.expands_hold_all {
            body.boxed()
        } else {
            lines.boxed()
        };
        let expand = (titles, hidden).prop_map(|(title, body)| {
            Block::new(BlockKind::Expand {
                title: title.into(),
                body,
            })
        });
        blocks.push(expand.boxed());
        if can.tasks {
            blocks.push(
                prop::collection::vec(task(can), 1..3)
                    .prop_map(|tasks| Block::new(BlockKind::Tasks(tasks)))
                    .boxed(),
            );
        }
        proptest::strategy::Union::new(blocks)
    })
}

pub(super) fn document(can: Can) -> impl Strategy<Value = Document> {
    prop::collection::vec(block(can), 1..5).prop_map(Document::new)
}
