//! Properties over generated policies and requests.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::{Kind, Template, explain, segment};

const HEAD: &str = "version = 1\n\n[site.jira]\norigin = \"https://jira.example.test\"\ndeployment = \"cloud\"\nproducts = [\"jira\"]\n\n[site.wiki]\norigin = \"https://wiki.example.test\"\nproducts = [\"confluence\"]\ncontext = \"/confluence\"\ndeployment = \"data-center\"\n";

fn selector() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::subsequence(vec!["read", "write", "delete", "admin"], 1..=3)
            .prop_map(|classes| format!("classes = {classes:?}\n")),
        prop::sample::subsequence(
            vec![
                "jira.issue.get",
                "jira.issue.search",
                "jira.comment.add",
                "jira.issue.create",
                "confluence.page.get"
            ],
            1..=3
        )
        .prop_map(|routes| format!("routes = {routes:?}\n")),
        (
            prop::sample::subsequence(vec!["GET", "POST"], 1..=2),
            prop::sample::select(vec![
                "/rest/api/3/issue/{issue-key}",
                "/rest/api/3/issue/{PROJ-1|PROJ-2}",
                "/rest/api/3/issue/{segment}",
                "/rest/api/3/attachment/content/{id}",
                "/rest/api/content/{id}",
                "/rest/own/{segment}",
            ]),
        )
            .prop_map(|(methods, path)| format!("methods = {methods:?}\npath = {path:?}\n")),
    ]
}

fn rule(effect: &'static str) -> impl Strategy<Value = String> {
    let site = prop::sample::select(vec!["*", "jira", "wiki"]);
    let tools = prop::option::of(prop::sample::subsequence(
        vec!["jira_get_issue", "jira_search", "jira_add_comment"],
        1..=2,
    ));
    let limit = prop::option::of(1u64..200);
    let principals =
        prop::option::weighted(0.3, prop::sample::subsequence(vec!["alice", "bob"], 1..=2));
    let bound = prop::option::weighted(0.2, prop::sample::select(vec!["PROJ", "OPS"]));
    let parts = (site, selector(), tools, principals, limit, bound);
    parts.prop_map(move |(site, selector, tools, principals, limit, bound)| {
        let mut text = format!("[[{effect}]]\nid = \"ID\"\nsite = {site:?}\n{selector}");
        // Which product an own path is of can't be seen from a rule for both sites.
        if site == "*" && selector.contains("path") && effect == "rule" {
            text.push_str(
                if selector.contains("content/{id}") && !selector.contains("attachment") {
                    "product = \"confluence\"\n"
                } else {
                    "product = \"jira\"\n"
                },
            );
        }
        if let Some(tools) = tools {
            text.push_str(&format!("tools = {tools:?}\n"));
        }
        if let Some(principals) = principals {
            text.push_str(&format!("principals = {principals:?}\n"));
        }
        if let (Some(project), "rule", true) = (bound, effect, site != "wiki") {
            text.push_str(&format!("projects = [{project:?}]\n"));
        }
        if let (Some(limit), "rule") = (limit, effect) {
            text.push_str(&format!("request-max-bytes = {limit}\n"));
        }
        text
    })
}

/// Sections that list rules of any number; those that there are not are left out.
fn sections() -> impl Strategy<Value = Vec<Vec<usize>>> {
    prop::collection::vec(prop::collection::vec(0usize..8, 1..4), 0..=2)
}

fn with_sections(rules: &[String], sections: &[Vec<usize>]) -> String {
    let mut text = format!("{HEAD}\n{}", rules.join("\n"));
    for (name, listed) in ["alice", "bob"].iter().zip(sections) {
        let ids: BTreeSet<String> = listed
            .iter()
            .map(|number| format!("r{number}"))
            .filter(|id| {
                rules
                    .iter()
                    .any(|rule| rule.contains("[[rule]]") && rule.contains(&format!("{id:?}")))
            })
            .collect();
        if !ids.is_empty() {
            text.push_str(
                &format!("\n[principal.{name}]\nrules = {ids:?}\n")
                    .replace('{', "[")
                    .replace('}', "]"),
            );
        }
    }
    text
}

fn rules() -> impl Strategy<Value = Vec<String>> {
    (
        prop::collection::vec(rule("rule"), 1..6),
        prop::collection::vec(rule("deny"), 0..3),
    )
        .prop_map(|(rules, denies)| {
            rules
                .into_iter()
                .chain(denies)
                .enumerate()
                .map(|(n, text)| text.replace("\"ID\"", &format!("\"r{n}\"")))
                .collect()
        })
}

fn ask() -> impl Strategy<Value = (String, Ask)> {
    let target = prop::sample::select(vec![
        ("jira", Product::Jira, Deployment::Cloud),
        ("wiki", Product::Confluence, Deployment::DataCenter),
    ]);
    let path = prop::sample::select(vec![
        "/rest/api/3/issue/PROJ-1",
        "/rest/api/3/issue/PROJ-3",
        "/rest/api/3/issue/10001",
        "/rest/api/3/issue",
        "/rest/api/3/issue/PROJ-1/comment",
        "/rest/api/3/search/jql",
        "/rest/api/3/attachment/content/7",
        "/rest/api/content/7",
        "/rest/own/thing",
        "/rest/own/..",
        "/rest/other",
    ]);
    let query = prop::collection::vec(
        (
            prop::sample::select(vec!["fields", "expand", "evil"]),
            "[a-z\u{e9} ]{0,4}",
        ),
        0..3,
    );
    let tool = prop::sample::select(vec![
        "jira_get_issue",
        "jira_search",
        "jira_add_comment",
        "jira_create_issue",
        "confluence_get_page",
    ]);
    let method = prop::sample::select(Method::ALL.to_vec());
    let who = prop::sample::select(vec!["alice", "bob", "carol"]);
    (target, path, query, tool, method, 0u64..200, who).prop_map(
        |((name, product, deployment), path, query, tool, method, body, who)| {
            let pairs: Vec<(&str, &str)> = query
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            (
                tool.to_owned(),
                Ask::jira(method, path)
                    .with_query(&pairs)
                    .at(name, product, deployment)
                    .with_body(body)
                    .of(who),
            )
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Explaining and enforcing are one thing.
    #[test]
    fn explain_says_what_decide_does(rules in rules(), sections in sections(), (tool, ask) in ask()) {
        let policy = parse(&with_sections(&rules, &sections));
        let question = ask.question(&tool);
        let explanation = explain(&policy, &manifest(), &question, Some(&ask.principal));
        // A question has no body, so the comparison is with a request that has none either.
        let anybody = explain(&policy, &manifest(), &question, None);
        let somebody = ["alice", "bob", "carol"].into_iter().any(|who| {
            decide(&policy, &tool, ask.clone().of(who).with_body(0)).is_ok()
        });
        prop_assert_eq!(anybody.is_allowed(), somebody);
        match decide(&policy, &tool, ask.with_body(0)) {
            Ok(permitted) => {
                prop_assert!(explanation.is_allowed());
                prop_assert_eq!(&explanation.rule, &permitted.permit().rule);
            }
            Err(refused) => {
                prop_assert!(!explanation.is_allowed());
                prop_assert_eq!(&explanation.rule, &refused.refusal.rule);
            }
        }
    }

    /// The order of rules in the file means nothing.
    #[test]
    fn order_means_nothing((rules, shuffled) in rules().prop_flat_map(|rules| (Just(rules.clone()), Just(rules).prop_shuffle())), (tool, ask) in ask()) {
        let one = parse(&format!("{HEAD}\n{}", rules.join("\n")));
        let other = parse(&format!("{HEAD}\n{}", shuffled.join("\n")));
        prop_assert_eq!(rule_of(&one, &tool, ask.clone()), rule_of(&other, &tool, ask));
    }

    /// What a refusal suggests is enough, for exactly the request that was refused.
    #[test]
    fn what_would_allow_it_allows_it(rules in rules(), sections in sections(), (tool, ask) in ask()) {
        let text = with_sections(&rules, &sections);
        let Err(refused) = decide(&parse(&text), &tool, ask.clone()) else { return Ok(()) };
        let remedy = refused.refusal.would_allow;
        if !remedy.starts_with('#') {
            let amended = parse(&format!("{text}\n{remedy}"));
            prop_assert!(decide(&amended, &tool, ask).is_ok(), "{}", remedy);
        }
    }

    /// A rule more never takes anything away, a denial more never adds anything.
    #[test]
    fn rules_add_and_denials_take(rules in rules(), extra in rule("rule"), denial in rule("deny"), (tool, ask) in ask()) {
        let text = format!("{HEAD}\n{}", rules.join("\n"));
        let before = decide(&parse(&text), &tool, ask.clone()).is_ok();
        let more = parse(&format!("{text}\n{denial}"));
        if decide(&more, &tool, ask.clone()).is_ok() {
            prop_assert!(before);
        }
        // An own route's class may be what a denial of classes was waiting for.
        let is_denied_by_class = rules.iter().any(|rule| rule.contains("[[deny]]") && rule.contains("classes"));
        if before && !is_denied_by_class {
            let more = parse(&format!("{text}\n{}", extra.replace("\"ID\"", "\"more\"")));
            prop_assert!(decide(&more, &tool, ask).is_ok());
        }
    }

    /// A section and a list of principals never let anything through that passes without them.
    #[test]
    fn principals_narrow(rules in rules(), sections in sections(), (tool, ask) in ask()) {
        let narrow = parse(&with_sections(&rules, &sections));
        let open: Vec<String> = rules
            .iter()
            .filter(|rule| !(rule.contains("[[deny]]") && rule.contains("principals")))
            .map(|rule| rule.lines().filter(|line| !line.starts_with("principals")).collect::<Vec<_>>().join("\n"))
            .collect();
        let open = parse(&with_sections(&open, &[]));
        // Whom a denial is not for, it does not stop; so those are left out on the open side.
        if decide(&narrow, &tool, ask.clone()).is_ok() {
            prop_assert!(decide(&open, &tool, ask).is_ok());
        }
    }

    /// A tool that gets a request through is a tool that is offered, where it changes nothing.
    #[test]
    fn an_allowed_reading_tool_is_offered(rules in rules(), (tool, ask) in ask()) {
        let policy = parse(&format!("{HEAD}\n{}", rules.join("\n")));
        let is_reader = matches!(tool.as_str(), "jira_get_issue" | "jira_search" | "confluence_get_page");
        let is_odd = rules.iter().any(|rule| rule.contains("[[deny]]") && rule.contains("path"));
        let who = ask.principal.clone();
        if is_reader && !is_odd && decide(&policy, &tool, ask).is_ok() {
            prop_assert!(policy.offers(&manifest(), &who, &tool));
        }
    }

    /// The matcher against the plainest model of it.
    #[test]
    fn templates_match_like_the_model(
        parts in prop::collection::vec(prop::sample::select(vec!["rest", "{issue-key}", "{id}", "{project-key}", "{space-key}", "{segment}", "{a|b}"]), 1..5),
        path in prop::collection::vec(prop::sample::select(vec!["rest", "a", "b", "PROJ", "PROJ-1", "7", "07", "~me", "..", "", "a/b", "%2e", "x;y", "PROJ-1/a", "\u{661}"]), 0..5),
    ) {
        let template = Template::parse(&format!("/{}", parts.join("/"))).expect("the parts are well formed");
        prop_assert_eq!(template.matches(&path), model(&parts, &path), "{} {:?}", template, path);
    }

    /// Whatever a kind accepts is a canonical segment of plain ASCII.
    #[test]
    fn kinds_accept_canonical_segments_only(text in "\\PC{0,12}|[A-Z]{0,4}-?[0-9]{0,12}|[./%;\\\\]{0,4}") {
        for kind in Kind::ALL {
            if kind.matches(&text) {
                prop_assert!(segment::check(&text).is_ok() && text.is_ascii());
                prop_assert!(!text.contains(['/', '\\', ';', '%', '?', '#', ' ']) && text != ".." && text != ".");
            }
        }
    }

    /// "Covers" and "overlaps" are what they say for every path.
    #[test]
    fn covering_and_overlapping_are_exact(
        (a, b) in (shape(), shape()),
        path in prop::collection::vec(prop::sample::select(vec!["rest", "a", "b", "PROJ", "PROJ-1", "7", "~me"]), 1..4),
    ) {
        let (a, b) = (Template::parse(&a).expect("well formed"), Template::parse(&b).expect("well formed"));
        if a.covers(&b) && b.matches(&path) {
            prop_assert!(a.matches(&path), "{} covers {} but not {:?}", a, b, path);
        }
        if a.matches(&path) && b.matches(&path) {
            prop_assert!(a.overlaps(&b), "{} and {} both match {:?}", a, b, path);
        }
        prop_assert_eq!(a.overlaps(&b), b.overlaps(&a));
    }

    /// No text at all makes the parser panic.
    #[test]
    fn no_text_panics(text in "\\PC{0,200}", cut in 0usize..2000, junk in "[\\[\\]=\"\\n#{}.a-z\u{e9}]{0,12}") {
        let _: Result<_, _> = Policy::parse(&text, "x");
        let at = (0..=cut.min(FIXTURE.len())).rev().find(|at| FIXTURE.is_char_boundary(*at)).unwrap_or(0);
        if let Err(diagnostics) = Policy::parse(&format!("{}{junk}{}", &FIXTURE[..at], &FIXTURE[at..]), "x") {
            prop_assert!(!diagnostics.to_string().is_empty());
        }
    }
}

fn shape() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop::sample::select(vec![
            "rest",
            "PROJ",
            "7",
            "{issue-key}",
            "{id}",
            "{project-key}",
            "{space-key}",
            "{segment}",
            "{a|b}",
            "{7|PROJ-1}",
        ]),
        1..4,
    )
    .prop_map(|parts| format!("/{}", parts.join("/")))
}

/// Written without sharing anything with the matcher.
fn model(parts: &[&str], path: &[&str]) -> bool {
    let plain = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c))
            && !text.starts_with("..")
    };
    let digits = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_digit()) && !text.starts_with('0')
    };
    let project = |text: &str| text.len() > 1 && text.chars().all(|c| c.is_ascii_uppercase());
    if parts.len() != path.len() {
        return false;
    }
    for (part, text) in parts.iter().zip(path) {
        let fits = match *part {
            "{issue-key}" => {
                text.split('-').count() == 2
                    && text
                        .split_once('-')
                        .is_some_and(|(key, number)| project(key) && digits(number))
            }
            "{id}" => digits(text),
            "{project-key}" => project(text),
            "{space-key}" => {
                plain(text)
                    && (text.chars().all(|c| c.is_ascii_alphanumeric()) || text.starts_with('~'))
            }
            "{segment}" => plain(text),
            "{a|b}" => *text == "a" || *text == "b",
            literal => literal == *text,
        };
        if !fits {
            return false;
        }
    }
    true
}
