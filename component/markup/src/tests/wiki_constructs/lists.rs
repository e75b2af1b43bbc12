//! Lists, nested, mixed, and with more than a line in an item.

use super::{kept, said};

#[test]
fn lists_nest_and_mix() {
    kept(
        "* a\n** b\n*# c\n*# d\n* e",
        "- a\n  - b\n\n  1. c\n  2. d\n- e",
    );
    kept("# a\n#* b\n# c", "1. a\n   - b\n2. c");
    kept("- a\n- b", "- a\n- b");
    kept("* a\nb\n* c", "- a\\\n  b\n- c");
}

#[test]
fn an_item_holds_the_macros_behind_it() {
    kept(
        "# a\n{code:rust}\nb\n{code}\n# c",
        "1. a\n\n   ```rust\n   b\n   ```\n2. c",
    );
    kept("* a\n{quote}\nb\n{quote}\n* c", "- a\n\n  > b\n- c");
    kept("{panel}\n* a\n{panel}", "> [!PANEL]\n>\n> - a");
}

#[test]
fn boxes_are_tasks() {
    kept("* [ ] a\n** [x] b", "- [ ] a\n  - [x] b");
    kept("* [ ] a\n* b", "- \\[ ] a\n- b");
    kept("# [ ] a", "1. \\[ ] a");
}

#[test]
fn an_item_without_words_stays_an_item() {
    kept(
        "* &nbsp;\n*# a\n* b\n* &nbsp;\n** c\n* &nbsp;",
        "- 1. a\n- b\n- - c\n-",
    );
    kept("* \u{a0}", "- \u{a0}");
}

#[test]
fn a_list_begins_with_its_number() {
    kept("# {anchor:list-from-5}a\n# b", "5. a\n6. b");
    kept("* a\n*# {anchor:list-from-0}b", "- a\n\n  0. b");
    kept("# a\n# {anchor:list-from-7}b", "1. a\n\n7) b");
    kept("# {anchor:list-from-5}&nbsp;\n#* a", "5. - a");
    said(
        "5. a\n6. b\n\n   3. c",
        "# {anchor:list-from-5}a\n# b\n## {anchor:list-from-3}c",
    );
}

#[test]
fn an_anchor_elsewhere_is_a_macro() {
    kept(
        "* {anchor:list-from-5}a",
        "- ⟦macro anchor list-from-5 #f509ee⟧a",
    );
    kept(
        "# {anchor:list-from-x}a",
        "1. ⟦macro anchor list-from-x #0bd357⟧a",
    );
}
