//! Code.

use super::{kept, said};

#[test]
fn code_is_taken_as_it_stands() {
    kept("{code}\n*a* \\b\n{code}", "```\n*a* \\b\n```");
    kept("{code:java|title=x}\na\n{code}", "```java\na\n```");
    kept("a {code}b{code} c", "a\n\n```\nb\n```\n\nc");
    kept("{code}\na", "{code}\\\na");
    said("```java\na\n```", "{code:java}\na\n{code}");
}
