//! What a block of code can say in every format.
//!
//! Decides which characters its text and its language may hold.

use crate::text;

/// A code block's language as every format can spell it: its first word, without what would end
/// an attribute or a fence.
pub(crate) fn language(info: &str) -> Option<String> {
    let word = info.split_whitespace().next()?;
    let language: String = word
        .chars()
        .filter(|char| char.is_alphanumeric() || "+#-._".contains(*char))
        .collect();
    (!language.is_empty()).then_some(language)
}

/// Code with `\n` line ends, and without what XML cannot hold.
pub(crate) fn code_text(text: &str) -> String {
    let usual = |byte| matches!(byte, b'\n' | b'\t') || !text::is_suspect(byte);
    if !text::holds(text, |byte| !usual(byte)) {
        return text.to_owned();
    }
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .filter(|char| match char {
            '\n' | '\t' => true,
            char => !matches!(
                char,
                '\u{0}'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}'
            ),
        })
        .collect()
}
