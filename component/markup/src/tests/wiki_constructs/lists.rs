//! Lists, nested, mixed, and with more than a line in an item.

use super::kept;

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
