//! Links, mentions, images and emoticons.

use super::kept;

#[test]
fn links_lead_where_they_led() {
    kept("[a|https://b.example]", "[a](https://b.example)");
    kept(
        "[a|https://b.example|tip]",
        "[a](https://b.example \"tip\")",
    );
    kept("[https://b.example]", "https://b.example");
    kept(
        "[^a.pdf] [b|#c] [d|mailto:e@f.example]",
        "[a.pdf](attachment:a.pdf) [b](#c) [d](mailto:e@f.example)",
    );
    kept(
        "[https://b.example|https://b.example|smart-link]",
        "<https://b.example>",
    );
    kept("[a] [b|c]", "[a] [b|c]");
}

#[test]
fn people_images_and_faces() {
    kept("[~ann] [~accountid:5b:1]", "<user:ann> <accountid:5b:1>");
    kept("!a.png|width=20,alt=\"b\"!", "![b](a.png)");
    kept("!https://a.example/b.png!", "![](https://a.example/b.png)");
    kept("a :) (/)", "a :slight_smile: :check_mark:");
}
