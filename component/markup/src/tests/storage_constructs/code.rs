//! Code, and other macros whose body is text.

use super::{edited, kept};

#[test]
fn code_keeps_its_tag_and_its_ends() {
    let page = "<ac:structured-macro ac:name=\"code\" ac:schema-version=\"1\" ac:macro-id=\"m\"><ac:parameter ac:name=\"language\">rust</ac:parameter><ac:parameter ac:name=\"title\">main.rs</ac:parameter><ac:plain-text-body><![CDATA[a[b[1]]]]><![CDATA[> 0\n\tc]]></ac:plain-text-body></ac:structured-macro>";
    kept(page, "```rust\na[b[1]]> 0\n\tc\n```");
    edited(page, ("\tc", "\td"), ("\tc", "\td"));
}

#[test]
fn what_another_macro_draws_is_code_too() {
    let page = "<ac:structured-macro ac:name=\"plantuml\" ac:macro-id=\"m\"><ac:parameter ac:name=\"format\">svg</ac:parameter><ac:plain-text-body><![CDATA[A -> B]]></ac:plain-text-body></ac:structured-macro>";
    kept(page, "```plantuml\nA -> B\n```");
    edited(page, ("A -> B", "A -> C"), ("A -> B", "A -> C"));
    kept(
        "<ac:structured-macro ac:name=\"noformat\"><ac:plain-text-body><![CDATA[ a]]></ac:plain-text-body></ac:structured-macro>",
        "```\n a\n```",
    );
    kept("<pre>a\n  b &lt; c</pre>", "```\na\n  b < c\n```");
}
