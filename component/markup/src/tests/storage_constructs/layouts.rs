//! Sections and columns.

use super::{edited, kept};

#[test]
fn columns_stay_where_they_are() {
    let page = "<ac:layout><ac:layout-section ac:type=\"two_equal\"><ac:layout-cell><p>a</p></ac:layout-cell><ac:layout-cell><h2>b</h2></ac:layout-cell></ac:layout-section></ac:layout>";
    kept(
        page,
        "⟦layout …⟧\n\n⟦section …⟧\n\n⟦column …⟧\n\na\n\n⟦end⟧\n\n⟦column …⟧\n\n## b\n\n⟦end⟧\n\n⟦end⟧\n\n⟦end⟧",
    );
    edited(page, ("## b", "## c"), ("<h2>b", "<h2>c"));
}
