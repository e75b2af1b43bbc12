//! Links to files, of this page and of another.

use super::in_a_line;

#[test]
fn a_link_shows_its_file() {
    in_a_line(
        "<ac:link><ri:attachment ri:filename=\"a.pdf\" /></ac:link>",
        "[a.pdf](attachment:a.pdf)",
    );
    in_a_line(
        "<ac:link><ri:attachment ri:filename=\"a.pdf\" /><ac:link-body>the <strong>plan</strong></ac:link-body></ac:link>",
        "[the **plan**](attachment:a.pdf)",
    );
    in_a_line(
        "<ac:link><ri:attachment ri:filename=\"a.pdf\"><ri:page ri:content-title=\"T\" /></ri:attachment><ac:link-body>b</ac:link-body></ac:link>",
        "⟦link a.pdf …⟧b⟦end⟧",
    );
}
