//! Images and files.

use super::{kept, said};

#[test]
fn an_image_with_an_address() {
    said(
        "![a](https://a.example/b.png)",
        r#"[{"type":"mediaSingle","attrs":{"layout":"center"},"content":[{"type":"media","attrs":{"type":"external","url":"https://a.example/b.png","alt":"a"}}]}]"#,
    );
}

#[test]
fn a_caption_can_be_read() {
    kept(
        r#"[{"type":"mediaSingle","attrs":{"layout":"wide","width":50},"content":[{"type":"media","attrs":{"type":"file","id":"m","collection":"c","alt":"plan.png"}},{"type":"caption","content":[{"type":"text","text":"Our plan"}]}]}]"#,
        |markdown| markdown.contains("⟦image plan.png #") && markdown.contains("\nOur plan\n"),
    );
}

#[test]
fn files_are_kept() {
    kept(
        r#"[{"type":"mediaGroup","content":[{"type":"media","attrs":{"type":"file","id":"m","collection":"c","alt":"a.pdf"}},{"type":"media","attrs":{"type":"file","id":"n","collection":"c","alt":"b.pdf"}}]}]"#,
        |markdown| markdown.starts_with("⟦files a.pdf b.pdf #"),
    );
    kept(
        r#"[{"type":"paragraph","content":[{"type":"text","text":"see "},{"type":"mediaInline","attrs":{"type":"file","id":"m","collection":"c","alt":"a.pdf"}}]}]"#,
        |markdown| markdown.starts_with("see ⟦file a.pdf #"),
    );
}
