//! Dates, emoticons and status.

use super::kept;

#[test]
fn objects_have_words_of_their_own() {
    for (object, shown) in [
        ("<time datetime=\"2026-11-22\" />", "<date:2026-11-22>"),
        ("<ac:emoticon ac:name=\"tick\" />", ":check_mark:"),
        (
            "<ac:emoticon ac:name=\"blue-star\" ac:emoji-shortname=\":rocket:\" ac:emoji-id=\"1f680\" ac:emoji-fallback=\"🚀\" />",
            ":rocket:",
        ),
        (
            "<ac:structured-macro ac:name=\"status\" ac:macro-id=\"1\"><ac:parameter ac:name=\"title\">DONE</ac:parameter><ac:parameter ac:name=\"colour\">Green</ac:parameter></ac:structured-macro>",
            "[DONE](status:green)",
        ),
        ("<time />", "⟦time⟧"),
    ] {
        kept(&format!("<p>a {object} b</p>"), &format!("a {shown} b"));
    }
}
