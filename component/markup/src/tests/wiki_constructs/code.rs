//! Code and text without markup.

use super::kept;

#[test]
fn code_is_taken_as_it_stands() {
    kept("{code}\n*a* \\b\n{code}", "```\n*a* \\b\n```");
    kept("{code:java|title=x}\na\n{code}", "```java\na\n```");
    kept("{noformat}\n{code}\n{noformat}", "```\n{code}\n```");
    kept("a {code}b{code} c", "a\n\n```\nb\n```\n\nc");
    kept("{code}\na", "{code}\\\na");
}
