//! Text that is taken without markup.

use super::kept;

#[test]
fn text_without_markup_is_code_without_a_language() {
    kept("{noformat}\n{code}\n{noformat}", "```\n{code}\n```");
    kept("{noformat}\n*a*\n\n# b\n{noformat}", "```\n*a*\n\n# b\n```");
    kept("{noformat}\na", "{noformat}\\\na");
}
