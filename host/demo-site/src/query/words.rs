//! Matching of running text, after what Lucene does behind `~`: words in any case and with simple
//! endings, all of them unless OR stands between, "phrases", wildcards, and words that must not occur.

/// A search text, ready to be held against many texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words {
    /// One of these groups must match.
    groups: Vec<Group>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Group {
    wanted: Vec<Term>,
    unwanted: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    Word(String),
    /// With `*` and `?`.
    Pattern(Vec<char>),
    Phrase(Vec<String>),
}

impl Words {
    pub(crate) fn parse(text: &str) -> Self {
        let mut groups = vec![Group::default()];
        let mut negative = false;
        for (part, phrase) in parts(text) {
            if !phrase && matches!(part.as_str(), "OR" | "||") {
                groups.push(Group::default());
                continue;
            }
            if !phrase && matches!(part.as_str(), "AND" | "&&") {
                continue;
            }
            if !phrase && matches!(part.as_str(), "NOT" | "!") {
                negative = true;
                continue;
            }
            let (bare, minus) = match part.strip_prefix('-').filter(|_| !phrase) {
                Some(rest) => (rest, true),
                None => (part.trim_start_matches('+'), false),
            };
            let group = groups.last_mut().expect("starts with one group");
            let list = if minus || negative {
                &mut group.unwanted
            } else {
                &mut group.wanted
            };
            list.extend(term(bare, phrase));
            negative = false;
        }
        Self { groups }
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        let lower = text.to_lowercase();
        let words: Vec<&str> = split(&lower).collect();
        self.groups.iter().any(|group| {
            let asks = !group.wanted.is_empty() || !group.unwanted.is_empty();
            asks && group.wanted.iter().all(|term| term.is_in(&words))
                && !group.unwanted.iter().any(|term| term.is_in(&words))
        })
    }

    /// The plain words, for marking them in an excerpt.
    pub(crate) fn highlights(&self) -> Vec<&str> {
        self.groups
            .iter()
            .flat_map(|group| &group.wanted)
            .flat_map(|term| match term {
                Term::Word(word) => std::slice::from_ref(word),
                Term::Phrase(words) => words,
                Term::Pattern(_) => &[],
            })
            .map(String::as_str)
            .collect()
    }
}

impl Term {
    fn is_in(&self, words: &[&str]) -> bool {
        match self {
            Self::Word(word) => words.iter().any(|found| stem(found) == stem(word)),
            Self::Pattern(pattern) => words.iter().any(|found| {
                let found: Vec<char> = found.chars().collect();
                glob(pattern, &found)
            }),
            Self::Phrase(phrase) => words.windows(phrase.len()).any(|window| {
                window
                    .iter()
                    .zip(phrase)
                    .all(|(found, word)| stem(found) == stem(word))
            }),
        }
    }
}

/// Parts at spaces, with whether they stood in quotes.
fn parts(text: &str) -> Vec<(String, bool)> {
    let mut out = Vec::new();
    for (index, piece) in text.split('"').enumerate() {
        if index % 2 == 1 {
            out.push((piece.to_owned(), true));
        } else {
            out.extend(
                piece
                    .split_whitespace()
                    .map(|part| (part.to_owned(), false)),
            );
        }
    }
    out
}

fn term(text: &str, phrase: bool) -> Option<Term> {
    let lower = text.to_lowercase();
    if !phrase && lower.contains(['*', '?']) {
        return Some(Term::Pattern(lower.chars().collect()));
    }
    let mut words: Vec<String> = split(&lower).map(str::to_owned).collect();
    match words.len() {
        0 => None,
        1 => Some(Term::Word(words.remove(0))),
        // `PROJ-4` and `a@b` are several words that must stand together.
        _ => Some(Term::Phrase(words)),
    }
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// The word without a common English ending; good enough to find "invoices" by "invoice".
fn stem(word: &str) -> &str {
    for ending in ["ing", "ed", "es", "s", "e"] {
        if let Some(stem) = word.strip_suffix(ending)
            && stem.chars().count() >= 3
        {
            return stem;
        }
    }
    word
}

fn glob(pattern: &[char], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('*', rest)) => (0..=text.len()).any(|skip| glob(rest, &text[skip..])),
        Some((first, rest)) => match text.split_first() {
            Some((character, text)) => (*first == '?' || first == character) && glob(rest, text),
            None => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_as_people_expect() {
        let text = "Invoice export fails in Chrome; see PROJ-4 (Größe)";
        for (words, found) in [
            ("invoice", true),
            ("INVOICES", true),
            ("exporting chrome", true),
            ("chrome firefox", false),
            ("firefox OR chrome", true),
            ("\"export fails\"", true),
            ("\"fails export\"", false),
            ("inv*", true),
            ("ch?ome", true),
            ("xpo*", false),
            ("*port", true),
            ("invoice -chrome", false),
            ("invoice -firefox", true),
            ("invoice NOT chrome", false),
            ("PROJ-4", true),
            ("größe", true),
            ("", false),
            ("***", true),
        ] {
            assert_eq!(Words::parse(words).matches(text), found, "`{words}`");
        }
    }
}
