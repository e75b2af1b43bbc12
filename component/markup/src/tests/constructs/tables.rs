//! Tables.

use super::{kept, said};

#[test]
fn a_table_with_headers() {
    said(
        "| a | b |\n|---|---|\n| <th>c | d |",
        r#"[{"type":"table","content":[{"type":"tableRow","content":[{"type":"tableHeader","content":[{"type":"paragraph","content":[{"type":"text","text":"a"}]}]},{"type":"tableHeader","content":[{"type":"paragraph","content":[{"type":"text","text":"b"}]}]}]},{"type":"tableRow","content":[{"type":"tableHeader","content":[{"type":"paragraph","content":[{"type":"text","text":"c"}]}]},{"type":"tableCell","content":[{"type":"paragraph","content":[{"type":"text","text":"d"}]}]}]}]}]"#,
    );
}

#[test]
fn blocks_in_a_cell() {
    said(
        "|  |\n|---|\n| a<br><br>b<ul><li>c</li></ul> |",
        r#"[{"type":"table","content":[{"type":"tableRow","content":[{"type":"tableCell","content":[{"type":"paragraph","content":[{"type":"text","text":"a"}]},{"type":"paragraph","content":[{"type":"text","text":"b"}]},{"type":"bulletList","content":[{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"c"}]}]}]}]}]}]}]"#,
    );
}

#[test]
fn spans_widths_and_colours_are_kept() {
    kept(
        r##"[{"type":"table","attrs":{"isNumberColumnEnabled":true,"layout":"wide","width":900},"content":[{"type":"tableRow","content":[{"type":"tableCell","attrs":{"colspan":2,"rowspan":1,"colwidth":[100,200],"background":"#fedec8"},"content":[{"type":"paragraph","content":[{"type":"text","text":"a"}]}]}]},{"type":"tableRow","content":[{"type":"tableCell","attrs":{},"content":[{"type":"paragraph","content":[{"type":"text","text":"b"}]}]},{"type":"tableCell","attrs":{},"content":[{"type":"paragraph","content":[{"type":"text","text":"c"}]}]}]}]}]"##,
        |markdown| markdown.contains("| a |") && markdown.contains("| b | c |"),
    );
}
