//! JQL and CQL, read as far as it takes to put a condition around them that nothing inside can leave.
//!
//! A search is cut into tokens and written anew from them: strings always in double quotes, with the two escapes that
//! every reader knows. So it does not matter how the site would have read the quotes of the text as it came; what is
//! sent has balanced brackets outside of strings by construction. What does not lex is refused, never repaired.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::writing::WRITING;

/// Which of the two languages; what they have in common is all that matters here, but for two words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Jql,
    Cql,
}

/// A search that was read. Holds no way out of the brackets that [`Search::within`] puts around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Search {
    condition: Vec<Token>,
    /// What follows the top-level `ORDER BY`.
    order: Vec<Token>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SearchError {
    #[error("it is longer than {LONGEST} bytes")]
    TooLong,
    #[error("a string that begins at {0} does not end")]
    OpenString(usize),
    #[error("the string at {0} has an escape other than \\\" \\' \\\\ \\n \\r \\t and \\uXXXX")]
    Escape(usize),
    #[error("{1:?} at {0} stands outside of quotes; put the value into double quotes")]
    Character(usize, char),
    #[error(
        "a quote at {0} touches the word beside it; put a space between, or the whole value into quotes"
    )]
    Touching(usize),
    #[error("the bracket at {0} has no partner")]
    Bracket(usize),
    #[error("brackets are nested deeper than {DEEPEST}")]
    TooDeep,
    #[error("ORDER BY at {0} stands inside brackets or twice; it belongs to the end, once")]
    Order(usize),
    #[error("after ORDER BY only fields, commas and directions can stand, not what begins at {0}")]
    AfterOrder(usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    at: usize,
    kind: TokenKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum TokenKind {
    Word(String),
    /// What the quotes hold, escapes undone.
    Text(String),
    Open(char),
    Close(char),
    Comma,
    Operator(String),
}

const LONGEST: usize = 20_000;
const DEEPEST: usize = 100;

impl Language {
    const fn container(self) -> &'static str {
        match self {
            Self::Jql => "project",
            Self::Cql => "space",
        }
    }
}

impl Search {
    pub(crate) fn read(text: &str) -> Result<Self, SearchError> {
        if text.len() > LONGEST {
            return Err(SearchError::TooLong);
        }
        let tokens = lex(text)?;
        check_brackets(&tokens)?;
        split_order(tokens)
    }

    /// `project in ("A", "B") AND (…) ORDER BY …`
    pub(crate) fn within(&self, language: Language, keys: &BTreeSet<String>) -> String {
        let keys: Vec<String> = keys.iter().map(|key| quoted(key)).collect();
        let mut text = format!("{} in ({})", language.container(), keys.join(", "));
        if !self.condition.is_empty() {
            write!(text, " AND ({})", written(&self.condition)).expect(WRITING);
        }
        if !self.order.is_empty() {
            write!(text, " ORDER BY {}", written(&self.order)).expect(WRITING);
        }
        text
    }

    /// Values that stand where an issue is meant: compared with a field that holds issues, or given to a function.
    pub(crate) fn issues(&self) -> Vec<&str> {
        let mut issues = Vec::new();
        let mut is_about_issues = false;
        let mut in_function = vec![false];
        for (index, token) in self.condition.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| &self.condition[before]);
            let next = self.condition.get(index + 1);
            match &token.kind {
                TokenKind::Open(bracket) => in_function.push(before.is_some_and(|before| {
                    *bracket == '('
                        && matches!(before.kind, TokenKind::Word(_))
                        && !is_keyword(before)
                })),
                TokenKind::Close(']') => {
                    in_function.pop();
                    // An own field by its number, as an epic link may be.
                    is_about_issues = true;
                }
                TokenKind::Close(_) => {
                    in_function.pop();
                }
                TokenKind::Word(text) | TokenKind::Text(text) => {
                    if is_keyword(token) {
                        continue;
                    }
                    if next.is_some_and(begins_comparison) {
                        is_about_issues = ISSUE_FIELDS
                            .iter()
                            .any(|field| field.eq_ignore_ascii_case(text));
                    } else if (is_about_issues && !next.is_some_and(opens_arguments))
                        || in_function.last() == Some(&true)
                    {
                        issues.push(text.as_str());
                    }
                }
                TokenKind::Comma | TokenKind::Operator(_) => {}
            }
        }
        issues
    }
}

/// Fields that hold issues; `cf[…]` is one where its number says so.
const ISSUE_FIELDS: [&str; 9] = [
    "key",
    "issuekey",
    "issue",
    "id",
    "parent",
    "epic",
    "epic link",
    "parentepic",
    "parent link",
];

fn opens_arguments(token: &Token) -> bool {
    token.kind == TokenKind::Open('(')
}

fn begins_comparison(token: &Token) -> bool {
    let words = ["in", "not", "is", "was", "changed"];
    match &token.kind {
        TokenKind::Operator(_) => true,
        TokenKind::Word(word) => words.iter().any(|known| word.eq_ignore_ascii_case(known)),
        _ => false,
    }
}

fn lex(text: &str) -> Result<Vec<Token>, SearchError> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = text.char_indices().peekable();
    // Whether a word or string ended right before, with no space between.
    let mut touches = false;
    while let Some((at, first)) = rest.next() {
        let kind = match first {
            ' ' | '\t' | '\n' | '\r' => {
                touches = false;
                continue;
            }
            '(' | '[' => TokenKind::Open(first),
            ')' | ']' => TokenKind::Close(first),
            ',' => TokenKind::Comma,
            '"' | '\'' if touches => return Err(SearchError::Touching(at)),
            '"' | '\'' => TokenKind::Text(string(&mut rest, at, first)?),
            _ if is_operator(first) => {
                let mut operator = String::from(first);
                while let Some((_, next)) = rest.next_if(|(_, next)| is_operator(*next)) {
                    operator.push(next);
                }
                TokenKind::Operator(operator)
            }
            _ if is_of_word(first) => {
                if touches {
                    return Err(SearchError::Touching(at));
                }
                let mut word = String::from(first);
                while let Some((_, next)) = rest.next_if(|(_, next)| is_of_word(*next)) {
                    word.push(next);
                }
                // What other languages begin a comment with.
                if word.starts_with("--") {
                    return Err(SearchError::Character(at, '-'));
                }
                TokenKind::Word(word)
            }
            other => return Err(SearchError::Character(at, other)),
        };
        touches = matches!(kind, TokenKind::Word(_) | TokenKind::Text(_));
        tokens.push(Token { at, kind });
    }
    Ok(tokens)
}

const fn is_operator(c: char) -> bool {
    matches!(c, '=' | '!' | '~' | '<' | '>' | '&' | '|')
}

/// Letters of any language, but of punctuation only what no server takes for anything else.
fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':')
}

/// The rest of a string after its opening quote.
fn string(
    rest: &mut std::iter::Peekable<std::str::CharIndices<'_>>,
    at: usize,
    quote: char,
) -> Result<String, SearchError> {
    let mut text = String::new();
    while let Some((_, next)) = rest.next() {
        match next {
            _ if next == quote => return Ok(text),
            '\\' => text.push(escape(rest).ok_or(SearchError::Escape(at))?),
            _ if next.is_control() && !matches!(next, '\n' | '\r' | '\t') => {
                return Err(SearchError::Character(at, next));
            }
            _ => text.push(next),
        }
    }
    Err(SearchError::OpenString(at))
}

fn escape(rest: &mut std::iter::Peekable<std::str::CharIndices<'_>>) -> Option<char> {
    let (_, next) = rest.next()?;
    match next {
        '"' | '\'' | '\\' | ' ' => Some(next),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'u' => {
            let digits: Option<String> = (0..4).map(|_| rest.next().map(|(_, c)| c)).collect();
            let digits = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
            char::from_u32(u32::from_str_radix(&digits, 16).ok()?).filter(|c| !c.is_control())
        }
        _ => None,
    }
}

fn check_brackets(tokens: &[Token]) -> Result<(), SearchError> {
    let mut open: Vec<(usize, char)> = Vec::new();
    for token in tokens {
        match token.kind {
            TokenKind::Open(bracket) => {
                open.push((token.at, bracket));
                if open.len() > DEEPEST {
                    return Err(SearchError::TooDeep);
                }
            }
            TokenKind::Close(bracket) => {
                let partner = if bracket == ')' { '(' } else { '[' };
                if open.pop().is_none_or(|(_, open)| open != partner) {
                    return Err(SearchError::Bracket(token.at));
                }
            }
            _ => {}
        }
    }
    open.last()
        .map_or(Ok(()), |(at, _)| Err(SearchError::Bracket(*at)))
}

fn split_order(mut tokens: Vec<Token>) -> Result<Search, SearchError> {
    let is_word = |token: &Token, word: &str| matches!(&token.kind, TokenKind::Word(text) if text.eq_ignore_ascii_case(word));
    let mut depth = 0_usize;
    let mut found = None;
    for (index, pair) in tokens.windows(2).enumerate() {
        match pair[0].kind {
            TokenKind::Open(_) => depth += 1,
            TokenKind::Close(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if is_word(&pair[0], "order") && is_word(&pair[1], "by") {
            if depth > 0 || found.is_some() {
                return Err(SearchError::Order(pair[0].at));
            }
            found = Some(index);
        }
    }
    let Some(index) = found else {
        return Ok(Search {
            condition: tokens,
            order: Vec::new(),
        });
    };
    let order = tokens.split_off(index).split_off(2);
    let is_plain = |token: &Token| match token.kind {
        TokenKind::Word(_) | TokenKind::Text(_) | TokenKind::Comma => true,
        // cf[10001]
        TokenKind::Open(bracket) => bracket == '[',
        TokenKind::Close(bracket) => bracket == ']',
        TokenKind::Operator(_) => false,
    };
    match order.iter().find(|token| !is_plain(token)) {
        Some(token) => Err(SearchError::AfterOrder(token.at)),
        None => Ok(Search {
            condition: tokens,
            order,
        }),
    }
}

/// Spaces everywhere but around square brackets and before the bracket of a function.
fn written(tokens: &[Token]) -> String {
    let mut text = String::new();
    let mut glue = true;
    for (index, token) in tokens.iter().enumerate() {
        let after_word = index > 0 && matches!(tokens[index - 1].kind, TokenKind::Word(_));
        let is_glued = match token.kind {
            TokenKind::Open('(') => glue || (after_word && !is_keyword(&tokens[index - 1])),
            TokenKind::Open(_) | TokenKind::Close(_) | TokenKind::Comma => true,
            _ => glue,
        };
        if !is_glued {
            text.push(' ');
        }
        match &token.kind {
            TokenKind::Word(word) | TokenKind::Operator(word) => text.push_str(word),
            TokenKind::Text(inner) => text.push_str(&quoted(inner)),
            TokenKind::Open(bracket) | TokenKind::Close(bracket) => text.push(*bracket),
            TokenKind::Comma => text.push(','),
        }
        let follows_index = matches!(token.kind, TokenKind::Close(']'))
            && matches!(tokens.get(index + 1).map(|next| &next.kind), Some(TokenKind::Word(word)) if word.starts_with('.'));
        glue = matches!(token.kind, TokenKind::Open(_)) || follows_index;
    }
    text
}

/// Words that a bracket follows without being a function's.
fn is_keyword(token: &Token) -> bool {
    let words = ["and", "or", "not", "in", "was", "changed", "by", "during"];
    matches!(&token.kind, TokenKind::Word(word) if words.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

/// In double quotes. What is escaped is what every reader of the two languages undoes.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    reason = "a search that does not lex fails the test"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys() -> BTreeSet<String> {
        BTreeSet::from(["A".to_owned(), "B".to_owned()])
    }

    fn jql(text: &str) -> String {
        Search::read(text).unwrap().within(Language::Jql, &keys())
    }

    #[test]
    fn what_is_escaped_is_escaped_again() {
        for text in [
            r#"a ~ "one\rtwo\tthree\nfour""#,
            r#"a ~ "\"quoted\" and \\""#,
        ] {
            assert_eq!(jql(text), format!(r#"project in ("A", "B") AND ({text})"#));
        }
    }

    #[test]
    fn an_order_by_a_numbered_field_stays() {
        assert_eq!(
            jql("a = 1 ORDER BY cf[10001] DESC"),
            r#"project in ("A", "B") AND (a = 1) ORDER BY cf[10001] DESC"#
        );
        assert!(Search::read("a = 1 ORDER BY f(1)").is_err());
        assert!(Search::read("a = 1 ORDER BY created)").is_err());
        assert!(Search::read("a = 1 ORDER BY created = 1").is_err());
    }

    #[test]
    fn searches_are_wrapped_and_stay_readable() {
        let texts = [
            "",
            "order by created",
            "status = Open ORDER BY created DESC, key",
            "assignee = currentUser() AND status in (Open, 'In Progress')",
            "a = 1 OR b = 2",
            "text ~ \"say \\\"hi\\\" (not OR)\" or summary !~ 'it\\'s'",
            "cf[10010] = x AND issue.property[k].a.b = 1",
            "created >= -7d AND due < endOfWeek(\"+1\")",
            "status was not in (Done) && !(labels is EMPTY) || Größe = 3",
            "issuekey = PROJ-1",
        ];
        let shown: Vec<String> = texts.iter().map(|text| jql(text)).collect();
        insta::assert_snapshot!(shown.join("\n"));
        assert_eq!(
            Search::read("type = page")
                .unwrap()
                .within(Language::Cql, &BTreeSet::from(["~me".to_owned()])),
            "space in (\"~me\") AND (type = page)"
        );
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        let refused = [
            "a = 1) OR (b = 2",
            "a = 1)",
            "(a = 1",
            "a = 'x",
            "a = \"x\\\"",
            "a = \"x\\q\"",
            "a = \"x\\u002\"",
            "a = \"x\\u0000\"",
            "a = don't) OR (project = B and x ~ don't",
            "a ~ \"x\"\"y\"",
            "a = x\"y\"",
            "a = 1 /* ) OR ( */",
            "a = 1 // )",
            "a = 1 # )",
            "a = 1 -- )",
            "a = 1; b = 2",
            "a = x\\) OR (b = 2",
            "a = {x}",
            "a = `x`",
            "a = 1 \u{ff09} OR \u{ff08}b = 2",
            "a = 1 \u{a0}order\u{a0}by x",
            "a = 1\0",
            "a = \"\u{1b}\"",
            "cf[1) = 2 AND (x]",
            "(a = 1 order by b)",
            "a = 1 order by b order by c",
            "a = 1 order by b) OR (c = 1",
            "order by b OR c = 1",
            "a = 1 order by f(x)",
        ];
        for text in refused {
            let read = Search::read(text);
            assert!(read.is_err(), "{text:?} {read:?}");
        }
        let deep = format!("{}a{}", "(".repeat(101), ")".repeat(101));
        assert_eq!(Search::read(&deep), Err(SearchError::TooDeep));
        assert_eq!(Search::read(&"a".repeat(20_001)), Err(SearchError::TooLong));
    }

    #[test]
    fn keys_are_found_where_issues_are_meant_and_nowhere_else() {
        let table: [(&str, &[&str]); 7] = [
            (
                "key = OPS-1 AND text ~ 'OPS-2' AND parent in (\"OPS-3\", OPS-4)",
                &["OPS-1", "OPS-3", "OPS-4"],
            ),
            ("fixVersion = \"REL-2\" and sprint in ('Team-1')", &[]),
            (
                "issue in linkedIssues(\"OPS-1\", blocks)",
                &["OPS-1", "blocks"],
            ),
            ("NOT \"Epic Link\" = OPS-1", &["OPS-1"]),
            ("issuekey not in (OPS-1)", &["OPS-1"]),
            ("cf[10014] = OPS-1 AND fixVersion = REL-2", &["OPS-1"]),
            ("(summary ~ x OR (parent = OPS-1))", &["OPS-1"]),
        ];
        for (text, expected) in table {
            assert_eq!(Search::read(text).unwrap().issues(), expected, "{text}");
        }
    }

    /// The brackets of a text as a reader sees them who knows nothing but double quotes and backslashes: how deep the
    /// text goes below where it began, and where it ends.
    fn depths(text: &str) -> (i32, i32) {
        let (mut depth, mut lowest) = (0, 0);
        let mut chars = text.chars();
        let mut in_string = false;
        while let Some(c) = chars.next() {
            match (in_string, c) {
                (true, '\\') => {
                    chars.next();
                }
                (_, '"') => in_string = !in_string,
                (false, '(') => depth += 1,
                (false, ')') => depth -= 1,
                _ => {}
            }
            lowest = lowest.min(depth);
        }
        assert!(!in_string, "{text}");
        (depth, lowest)
    }

    /// Reads what is sent as a site would, and evaluates it: words are true where the set holds them.
    fn is_reached(text: &str) -> bool {
        let inner = text
            .strip_prefix("project in (\"A\", \"B\")")
            .unwrap_or_else(|| panic!("{text}"));
        inner.is_empty() || inner.starts_with(" AND (") || inner.starts_with(" ORDER BY ")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// Whatever is accepted stays inside of the brackets that are put around it, also for a reader who does not
        /// take single quotes for quotes.
        #[test]
        fn nothing_leaves_the_brackets(text in "([a-z]{1,3}| |=|~|\\(|\\)|\\[|\\]|\"|'|\\\\|,|order by |OR |AND |PC|\\u{a0}|u0029|/|\\*|-|#|\\n){0,14}") {
            let Ok(search) = Search::read(&text) else { return Ok(()) };
            let sent = search.within(Language::Jql, &keys());
            prop_assert!(is_reached(&sent), "{}", sent);
            prop_assert_eq!(depths(&sent), (0, 0), "{}", &sent);
            if !search.condition.is_empty() {
                let inner = sent.strip_prefix("project in (\"A\", \"B\") AND (").unwrap();
                let order = if search.order.is_empty() { String::new() } else { format!(" ORDER BY {}", written(&search.order)) };
                let inner = inner.strip_suffix(&order).unwrap().strip_suffix(')').unwrap();
                prop_assert_eq!(depths(inner), (0, 0), "{}", inner);
            }
            // What was sent is read back as the same condition, so nothing was lost or became something else.
            let again = Search::read(&sent).unwrap();
            let kinds = |tokens: &[Token]| tokens.iter().map(|token| token.kind.clone()).collect::<Vec<_>>();
            let wrapped = kinds(&again.condition);
            let own = kinds(&search.condition);
            prop_assert_eq!(own.is_empty(), wrapped.len() == 7);
            if !own.is_empty() {
                prop_assert_eq!(&wrapped[9..wrapped.len() - 1], &own[..], "{}", &sent);
            }
            prop_assert_eq!(kinds(&again.order), kinds(&search.order));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            let _: Result<_, _> = Search::read(&text);
        }
    }
}
