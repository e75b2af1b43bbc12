//! Images, with and without captions.

use super::{edited, kept};

#[test]
fn an_image_keeps_its_attributes() {
    let page = "<p>a <ac:image ac:align=\"center\" ac:width=\"240\" ac:alt=\"plan\"><ri:attachment ri:filename=\"p.png\" /></ac:image></p>";
    kept(page, "a ![plan](p.png)");
    kept(
        "<ac:image><ri:url ri:value=\"https://a.example/p.png\" /></ac:image>",
        "![](https://a.example/p.png)",
    );
    kept(
        "<p><img src=\"https://a.example/p.png\" alt=\"b\" class=\"c\" /></p>",
        "![b](https://a.example/p.png)",
    );
}

#[test]
fn a_caption_is_words() {
    let page = "<ac:image ac:width=\"9\"><ri:attachment ri:filename=\"p.png\" ri:version-at-save=\"2\" /><ac:caption><p>Fig. 1</p></ac:caption></ac:image>";
    kept(page, "⟦image p.png …⟧Fig. 1⟦end⟧");
    edited(page, ("Fig. 1", "Fig. 2"), ("Fig. 1", "Fig. 2"));
}
