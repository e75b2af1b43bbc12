//! Cuts a query into words, quoted texts and signs, each with the place where it began.

use super::Language;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Word(String),
    Quoted(String),
    Sign(&'static str),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) token: Token,
    /// Counted in characters from 1, as Jira does.
    pub(super) at: usize,
}

impl Token {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Word(text) | Self::Quoted(text) => text,
            Self::Sign(sign) => sign,
        }
    }

    /// Is it this keyword, in any case and unquoted?
    pub(super) fn is_word(&self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }
}

/// Longest first, so that `!=` is not read as `!`.
const SIGNS: &[&str] = &[
    "!=", "!~", "<=", ">=", "&&", "||", "=", "~", "<", ">", "(", ")", ",", "!", "&", "|",
];

/// Characters that JQL keeps for later and refuses outside of quotes.
const RESERVED: &[char] = &[
    '{', '}', '*', '/', '%', '+', '^', '$', '#', '@', '?', ';', '`', ']', '\\',
];

/// Tokens, or an error with the place.
pub(super) fn lex(text: &str, language: Language) -> Result<Vec<Placed>, String> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let character = characters[at];
        if character.is_whitespace() {
            at += 1;
            continue;
        }
        let start = at + 1;
        let token = if character == '"' || character == '\'' {
            Token::Quoted(quoted(&characters, &mut at)?)
        } else if let Some(sign) = SIGNS.iter().find(|sign| begins(&characters[at..], sign)) {
            at += sign.len();
            Token::Sign(sign)
        } else {
            Token::Word(word(&characters, &mut at, language)?)
        };
        tokens.push(Placed { token, at: start });
    }
    Ok(tokens)
}

pub(super) fn place(at: usize) -> String {
    format!("(line 1, character {at})")
}

fn begins(characters: &[char], sign: &str) -> bool {
    sign.chars()
        .zip(characters)
        .filter(|(a, b)| a == *b)
        .count()
        == sign.len()
}

fn quoted(characters: &[char], at: &mut usize) -> Result<String, String> {
    let start = *at;
    let quote = characters[start];
    let mut text = String::new();
    *at += 1;
    while let Some(&character) = characters.get(*at) {
        *at += 1;
        match character {
            '\\' => text.push(escape(characters, at)?),
            _ if character == quote => return Ok(text),
            _ => text.push(character),
        }
    }
    Err(format!(
        "The quoted string '{text}' has not been completed. {}",
        place(start + 1)
    ))
}

/// The character meant by an escape; `at` stands behind the backslash.
fn escape(characters: &[char], at: &mut usize) -> Result<char, String> {
    let begin = *at;
    let escaped = characters.get(*at).copied();
    *at += 1;
    match escaped {
        Some('n') => Ok('\n'),
        Some('r') => Ok('\r'),
        Some('t') => Ok('\t'),
        Some(same @ ('"' | '\'' | '\\' | ' ')) => Ok(same),
        Some('u') => {
            let digits: String = characters.iter().skip(*at).take(4).collect();
            *at += 4;
            let code = u32::from_str_radix(&digits, 16)
                .ok()
                .filter(|_| digits.len() == 4);
            code.and_then(char::from_u32)
                .ok_or_else(|| illegal_escape(&format!("\\u{digits}"), begin))
        }
        // Lucene's own escapes travel inside the text.
        Some(other) if !other.is_alphanumeric() => Ok(other),
        Some(other) => Err(illegal_escape(&format!("\\{other}"), begin)),
        None => Err(illegal_escape("\\", begin)),
    }
}

fn illegal_escape(escape: &str, at: usize) -> String {
    format!(
        "'{escape}' is an illegal JQL escape sequence. The valid escape sequences are \\', \\\", \\t, \\n, \\r, \\\\, '\\ ' and \\uXXXX. {}",
        place(at)
    )
}

fn word(characters: &[char], at: &mut usize, language: Language) -> Result<String, String> {
    let mut text = String::new();
    while let Some(&character) = characters.get(*at) {
        let ends = character.is_whitespace() || "=~<>(),!&|\"'".contains(character);
        if ends {
            break;
        }
        // `cf[10016]` is the one place for a bracket.
        if character == '[' || (character == ']' && text.contains('[')) {
            let in_custom_field = text.eq_ignore_ascii_case("cf") || text.contains('[');
            if in_custom_field {
                text.push(character);
                *at += 1;
                continue;
            }
        }
        if language == Language::Jql && (RESERVED.contains(&character) || character == '[') {
            return Err(format!(
                "The character '{character}' is a reserved JQL character. You must enclose it in a string or use the escape '\\u{:04x}' instead. {}",
                u32::from(character),
                place(*at + 1)
            ));
        }
        text.push(character);
        *at += 1;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(query: &str) -> Result<Vec<String>, String> {
        let tokens = lex(query, Language::Jql)?;
        Ok(tokens
            .iter()
            .map(|placed| format!("{}@{}", placed.token.text(), placed.at))
            .collect())
    }

    #[test]
    fn a_query_is_cut_into_words_texts_and_signs() {
        assert_eq!(
            texts("a!=b AND cf[10016]>=-7d"),
            Ok([
                "a@1",
                "!=@2",
                "b@4",
                "AND@6",
                "cf[10016]@10",
                ">=@19",
                "-7d@21"
            ]
            .map(String::from)
            .to_vec())
        );
        assert_eq!(
            texts(r#""a \"b\" \u0041" 'c'"#),
            Ok(vec!["a \"b\" A@1".into(), "c@18".into()])
        );
    }

    #[test]
    fn what_does_not_lex_is_refused_with_its_place() {
        for (query, part) in [
            (
                "summary ~ \"x",
                "The quoted string 'x' has not been completed. (line 1, character 11)",
            ),
            (
                "a = b@c",
                "The character '@' is a reserved JQL character. You must enclose it in a string or use the escape '\\u0040' instead. (line 1, character 6)",
            ),
            (r#"a = "\q""#, r"'\q' is an illegal JQL escape sequence."),
            (r#"a = "\u12""#, r"is an illegal JQL escape sequence."),
            (
                "created > 2026/01/05",
                "The character '/' is a reserved JQL character.",
            ),
        ] {
            let refused = texts(query).err().unwrap_or_default();
            assert!(refused.contains(part), "`{query}` gave `{refused}`");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_lexer_fall_over(text in ".{0,60}") {
            let _ = lex(&text, Language::Jql);
            let _ = lex(&text, Language::Cql);
        }

        #[test]
        fn a_quoted_text_is_read_back_as_it_was(text in "[^\\\\\"]{0,40}") {
            let tokens = lex(&format!("\"{text}\""), Language::Jql).map_err(TestCaseError::fail)?;
            prop_assert_eq!(tokens.len(), 1);
            prop_assert_eq!(&tokens[0].token, &Token::Quoted(text));
        }
    }
}
