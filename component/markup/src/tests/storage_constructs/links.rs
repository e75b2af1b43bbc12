//! Links to pages, users, files, anchors and addresses.

use super::{edited, kept};

#[test]
fn links_show_where_they_lead() {
    for (link, shown) in [
        (
            "<ac:link><ri:page ri:content-title=\"T\" ri:space-key=\"DS\" /></ac:link>",
            "[T](page:DS/T)",
        ),
        (
            "<ac:link ac:anchor=\"x\"><ri:page ri:content-title=\"T\" /><ac:link-body>a <em>b</em></ac:link-body></ac:link>",
            "[a _b_](page:/T#x)",
        ),
        (
            "<ac:link><ri:page ri:content-title=\"T\" /><ac:plain-text-link-body><![CDATA[a < b]]></ac:plain-text-link-body></ac:link>",
            "[a < b](page:/T)",
        ),
        (
            "<ac:link><ri:attachment ri:filename=\"a.pdf\" /></ac:link>",
            "[a.pdf](attachment:a.pdf)",
        ),
        (
            "<ac:link ac:anchor=\"x\"><ac:link-body>there</ac:link-body></ac:link>",
            "[there](#x)",
        ),
        (
            "<ac:link><ri:user ri:account-id=\"1:a\" ri:local-id=\"l\" /></ac:link>",
            "<accountid:1:a>",
        ),
        (
            "<a href=\"https://a.example/?b=1&amp;c=2\" rel=\"nofollow\">d</a>",
            "[d](https://a.example/?b=1&c=2)",
        ),
        (
            "<a href=\"https://a.example\" data-card-appearance=\"inline\">https://a.example</a>",
            "<https://a.example>",
        ),
        (
            "<a href=\"https://a.example\" data-card-appearance=\"inline\">words</a>",
            "[words](https://a.example)",
        ),
        (
            "<ac:link><ri:space ri:space-key=\"DS\" /></ac:link>",
            "⟦link DS⟧",
        ),
        (
            "<ac:link><ri:blog-post ri:content-title=\"News\" /><ac:link-body>n</ac:link-body></ac:link>",
            "⟦link News …⟧n⟦end⟧",
        ),
    ] {
        kept(
            &format!("<p>see {link} now</p>"),
            &format!("see {shown} now"),
        );
    }
    edited(
        "<p>see <ac:link><ri:blog-post ri:content-title=\"News\" /><ac:link-body>n</ac:link-body></ac:link> now</p>",
        ("now", "later"),
        ("now", "later"),
    );
}
