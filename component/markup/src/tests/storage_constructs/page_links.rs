//! Links to pages.

use super::in_a_line;

#[test]
fn a_link_shows_its_page() {
    in_a_line(
        "<ac:link><ri:page ri:content-title=\"T\" ri:space-key=\"DS\" /></ac:link>",
        "[T](page:DS/T)",
    );
    in_a_line(
        "<ac:link ac:anchor=\"x\"><ri:page ri:content-title=\"T\" /><ac:link-body>a <em>b</em></ac:link-body></ac:link>",
        "[a _b_](page:/T#x)",
    );
    in_a_line(
        "<ac:link><ri:page ri:content-title=\"T\" /><ac:plain-text-link-body><![CDATA[a < b]]></ac:plain-text-link-body></ac:link>",
        "[a < b](page:/T)",
    );
}
