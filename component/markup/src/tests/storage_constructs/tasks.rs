//! Task lists with ids and states.

use super::{edited, kept};

#[test]
fn tasks_keep_their_ids() {
    let page = "<ac:task-list ac:task-list-id=\"l\"><ac:task><ac:task-id>17</ac:task-id><ac:task-status>incomplete</ac:task-status><ac:task-body>a<ac:task-list><ac:task><ac:task-id>18</ac:task-id><ac:task-status>complete</ac:task-status><ac:task-body>b</ac:task-body></ac:task></ac:task-list></ac:task-body></ac:task></ac:task-list>";
    kept(page, "- [ ] a\n  - [x] b");
    edited(page, ("[ ] a", "[x] a"), ("incomplete", "complete"));
    edited(page, ("[x] b", "[x] c"), (">b<", ">c<"));
}

#[test]
fn the_wrapping_of_data_center_is_not_shown() {
    kept(
        "<ac:task-list>\n<ac:task>\n<ac:task-id>1</ac:task-id>\n<ac:task-status>complete</ac:task-status>\n<ac:task-body><span class=\"placeholder-inline-tasks\">a</span></ac:task-body>\n</ac:task>\n</ac:task-list>",
        "- [x] a",
    );
}

#[test]
fn a_task_that_is_more_than_a_line_is_kept() {
    let page = "<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status><ac:task-body><p>a</p><hr /></ac:task-body></ac:task></ac:task-list>";
    edited(page, ("\na\n", "\nb\n"), ("<p>a", "<p>b"));
}
