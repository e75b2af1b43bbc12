//! Emoticons, old and new.

use super::{edited, kept};

#[test]
fn an_emoticon_keeps_its_names() {
    kept(
        "<p>a <ac:emoticon ac:name=\"tick\" /> b</p>",
        "a :check_mark: b",
    );
    let page = "<p>a <ac:emoticon ac:name=\"blue-star\" ac:emoji-shortname=\":rocket:\" ac:emoji-id=\"1f680\" ac:emoji-fallback=\"🚀\" /> b</p>";
    kept(page, "a :rocket: b");
    edited(page, (" b", " c"), (" b", " c"));
}
