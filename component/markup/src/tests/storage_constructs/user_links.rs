//! Links to people, which are mentions.

use super::in_a_line;

#[test]
fn a_person_is_named_by_what_the_site_knows() {
    in_a_line(
        "<ac:link><ri:user ri:account-id=\"1:a\" ri:local-id=\"l\" /></ac:link>",
        "<accountid:1:a>",
    );
    in_a_line(
        "<ac:link><ri:user ri:userkey=\"ff80\" /></ac:link>",
        "<userkey:ff80>",
    );
    in_a_line(
        "<ac:link><ri:user ri:username=\"ann\" /></ac:link>",
        "<user:ann>",
    );
}
