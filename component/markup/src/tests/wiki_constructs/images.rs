//! Images.

use super::{kept, said};

#[test]
fn images_have_words_and_sizes() {
    kept("!a.png|width=20,alt=\"b\"!", "![b](a.png)");
    kept("!https://a.example/b.png!", "![](https://a.example/b.png)");
    said("![](a.png)", "!a.png!");
}
