//! Links to what the tree has no word for: spaces and news.

use super::{edited, kept};

#[test]
fn other_links_stay_around_their_words() {
    kept(
        "<p>see <ac:link><ri:space ri:space-key=\"DS\" /></ac:link></p>",
        "see ⟦link DS⟧",
    );
    let news = "<p>see <ac:link><ri:blog-post ri:content-title=\"News\" /><ac:link-body>n</ac:link-body></ac:link> now</p>";
    kept(news, "see ⟦link News …⟧n⟦end⟧ now");
    edited(news, ("now", "later"), ("now", "later"));
}
