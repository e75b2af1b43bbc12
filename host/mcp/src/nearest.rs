//! Which known names a wrong one may have meant. Only suggests; nothing is ever resolved by it.

const SUGGESTIONS: usize = 3;

/// Below this share of common letter pairs a suggestion confuses more than it helps.
const LIKENESS: f64 = 0.4;

/// Up to three of `known`, the likest first.
///
/// Pairs of letters bear a changed order of words and a missing prefix (`issue_get`,
/// `get_issue` for `jira_get_issue`), which edit distances punish.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let wrong = wrong.to_ascii_lowercase().replace(['-', '.', '/'], "_");
    let mut scored: Vec<(f64, &str)> = known
        .into_iter()
        .map(|name| (strsim::sorensen_dice(&wrong, name), name))
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .collect();
    scored.sort_by(|left, right| right.0.total_cmp(&left.0).then_with(|| left.1.cmp(right.1)));
    scored
        .into_iter()
        .take(SUGGESTIONS)
        .map(|(_, name)| name.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    const KNOWN: [&str; 6] = [
        "atlassian_sites",
        "confluence_get_page",
        "confluence_search",
        "jira_get_issue",
        "jira_search",
        "jira_update_issue",
    ];

    #[test]
    fn slips_that_models_make_lead_to_the_right_name() {
        for (wrong, meant) in [
            ("jira_get_isue", "jira_get_issue"),
            ("get_issue", "jira_get_issue"),
            ("jira_issue_get", "jira_get_issue"),
            ("Jira-Search", "jira_search"),
            ("search_jira_issues", "jira_search"),
            ("confluence.getPage", "confluence_get_page"),
            ("sites", "atlassian_sites"),
        ] {
            assert_eq!(
                nearest(wrong, KNOWN).first().map(String::as_str),
                Some(meant),
                "{wrong}"
            );
        }
    }

    #[test]
    fn nothing_is_suggested_for_something_else() {
        for wrong in ["", "x", "send_mail", "日本"] {
            assert!(nearest(wrong, KNOWN).is_empty(), "{wrong}");
        }
    }

    #[test]
    fn at_most_three_are_named() {
        assert_eq!(nearest("jira_get_search_issue", KNOWN).len(), 3);
    }
}
