//! What containers keep of the blocks in them: cells, and where blocks are moved between them.

use super::losses::{changes_only, edited};
use crate::Format;

/// In another container a block stands as a new one.
#[test]
fn what_a_moved_block_leaves_behind_is_named() {
    let base = "<p style=\"text-align: right;\">aligned</p><blockquote><p>quoted</p></blockquote>";
    let (written, lost) = edited(Format::Storage, base, |_| {
        "> quoted\n>\n> aligned".to_owned()
    });
    assert_eq!(
        written,
        "<blockquote><p>quoted</p><p>aligned</p></blockquote>"
    );
    assert_eq!(lost, ["`style` of `p`, of the moved block `aligned`"]);
    let base = r#"{"version":1,"type":"doc","content":[{"type":"panel","attrs":{"panelType":"info"},"content":[{"type":"bulletList","attrs":{"localId":"l"},"content":[{"type":"listItem","content":[{"type":"paragraph","attrs":{"localId":"p"},"content":[{"type":"text","text":"point"}]}]}]}]}]}"#;
    let (_, lost) = edited(Format::Adf, base, |_| "- point".to_owned());
    assert_eq!(
        lost,
        [
            "`localId` of `bulletList`, of the moved block `- point`",
            "`localId` of `paragraph`, of the moved block `point`"
        ]
    );
    // One that stays, or goes, or is said anew elsewhere without attributes, is none of these.
    let base = "<p id=\"1\">a</p><p id=\"2\">b</p>";
    for (edit, expected) in [("b\n\na", ""), ("b", ""), ("a\n\nb\n\n> a", "")] {
        let (_, lost) = edited(Format::Storage, base, |_| edit.to_owned());
        assert_eq!(lost.join(""), expected, "{edit}");
    }
}

#[test]
fn what_a_cell_cannot_say_is_a_placeholder_there() {
    let base = "<table><tbody><tr><th>h</th></tr><tr><td><p>one</p><ac:structured-macro ac:name=\"expand\"><ac:parameter ac:name=\"title\">T</ac:parameter><ac:rich-text-body><p>two</p><p>three</p></ac:rich-text-body></ac:structured-macro><blockquote><p>four</p></blockquote><hr /><ac:structured-macro ac:name=\"info\"><ac:rich-text-body><p>five</p><p>six</p></ac:rich-text-body></ac:structured-macro></td></tr></tbody></table>";
    for word in ["one", "two", "three", "four", "five", "six"] {
        changes_only(Format::Storage, base, (word, "changed"));
    }
    let base = r#"{"version":1,"type":"doc","content":[{"type":"table","content":[{"type":"tableRow","content":[{"type":"tableCell","content":[{"type":"paragraph","content":[{"type":"text","text":"one"}]},{"type":"nestedExpand","attrs":{"title":"T"},"content":[{"type":"paragraph","content":[{"type":"text","text":"two"}]}]},{"type":"rule"},{"type":"blockquote","content":[{"type":"paragraph","content":[{"type":"text","text":"three"}]}]},{"type":"panel","attrs":{"panelType":"error"},"content":[{"type":"paragraph","content":[{"type":"text","text":"four"}]}]},{"type":"decisionList","attrs":{"localId":"l"},"content":[{"type":"decisionItem","attrs":{"localId":"d","state":"DECIDED"},"content":[{"type":"text","text":"five"}]}]}]}]}]}]}"#;
    for word in ["one", "two", "three", "four", "five"] {
        changes_only(Format::Adf, base, (word, "changed"));
    }
}
