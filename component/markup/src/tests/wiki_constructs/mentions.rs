//! Mentions.

use super::{kept, said};

#[test]
fn people_are_named_by_login_or_account() {
    kept("[~ann] [~accountid:5b:1]", "<user:ann> <accountid:5b:1>");
    said("ask <user:ann>", "ask [~ann]");
}
