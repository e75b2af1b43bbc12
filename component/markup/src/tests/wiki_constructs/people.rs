//! Mentions, images and emoticons.

use super::kept;

#[test]
fn people_images_and_faces() {
    kept("[~ann] [~accountid:5b:1]", "<user:ann> <accountid:5b:1>");
    kept("!a.png|width=20,alt=\"b\"!", "![b](a.png)");
    kept("!https://a.example/b.png!", "![](https://a.example/b.png)");
    kept("a :) (/)", "a :slight_smile: :check_mark:");
}
