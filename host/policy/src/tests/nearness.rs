//! Which rules are told as the nearest ones, in which order, and what of each did not fit.

use super::*;

const SITES: &str = r#"
version = 1

[site.acme]
origin = "https://acme.atlassian.net"
products = ["jira", "confluence"]

[site.other]
origin = "https://other.atlassian.net"
products = ["jira", "confluence"]

[principal.alice]
rules = ["a", "b"]
"#;

/// Rules that a GET of an issue's fields with a body of 20 bytes misses, the farthest first; those of one line are
/// equally near.
const STAGES: &[&[(&str, &str, &str)]] = &[
    &[(
        r#"path = "/rest/api/3/search/jql"
methods = ["GET"]"#,
        "path",
        "/rest/api/3/search/jql differs from the request at segment 4",
    )],
    &[
        (
            r#"classes = ["write"]"#,
            "classes",
            "the request is of class read",
        ),
        (
            r#"routes = ["jira.issue.create"]"#,
            "routes",
            "the request is jira.issue.get",
        ),
    ],
    &[
        (
            r#"path = "/rest/api/3/issue/{issue-key}"
methods = ["PUT"]"#,
            "methods",
            "the method is GET",
        ),
        (
            r#"path = "/rest/api/3/issue/{issue-key}"
product = "confluence"
methods = ["GET"]"#,
            "product",
            "the request goes to jira",
        ),
    ],
    &[(
        r#"classes = ["read"]
site = "other""#,
        "site",
        "the rule is for site `other`, the request goes to `acme`",
    )],
    &[(
        r#"classes = ["read"]
principals = ["bob"]"#,
        "principals",
        "the rule is not for `alice`",
    )],
    &[(
        r#"classes = ["read"]
tools = ["jira_search"]"#,
        "tools",
        "the rule does not name \"jira_get_issue\"",
    )],
    &[(
        r#"classes = ["read"]
spaces = ["DOCS"]"#,
        "projects",
        "rule `NAME` is bound to spaces, the request goes to jira; without `projects` it opens nothing there",
    )],
    &[(
        r#"classes = ["read"]
projects = ["OTHER"]"#,
        "projects",
        "the path names PROJ, which is not in the projects of rule `NAME`",
    )],
    &[(
        r#"path = "/rest/api/3/issue/{issue-key}"
product = "jira"
methods = ["GET"]
query = ["expand"]"#,
        "query",
        "the query name \"fields\" is not in the list of rule `NAME`",
    )],
    &[(
        r#"classes = ["read"]
request-max-bytes = 19"#,
        "request-max-bytes",
        "the body has 20 bytes, rule `NAME` allows 19",
    )],
];

fn rule(id: &str, body: &str) -> String {
    let site = if body.contains("site = ") {
        ""
    } else {
        "site = \"acme\"\n"
    };
    format!("\n[[rule]]\nid = \"{id}\"\n{site}{body}\n")
}

/// What the nearest rules say, the nearest first.
fn told(rules: &str, tool: &str, ask: Ask) -> Vec<(String, &'static str, String)> {
    // A section lists only rules that are there.
    let unused = |id: &&str| !rules.contains(&format!("id = \"{id}\""));
    let of_another_site = "site = \"other\"\nroutes = [\"jira.project.list\"]";
    let fill: String = ["a", "b"]
        .into_iter()
        .filter(unused)
        .map(|id| rule(id, of_another_site))
        .collect();
    let policy = parse(&format!("{SITES}{rules}{fill}"));
    let refused = decide(&policy, tool, ask).expect_err("no rule fits");
    let nearest = refused.refusal.nearest.into_iter();
    let nearest = nearest.filter(|near| rules.contains(&format!("id = \"{}\"", near.rule)));
    nearest
        .map(|near| (near.rule, near.field, near.detail))
        .collect()
}

fn issue() -> Ask {
    Ask::jira(Method::Get, "/rest/api/3/issue/PROJ-1")
        .at("acme", Product::Jira, Deployment::Cloud)
        .with_query(&[("fields", "summary")])
        .with_body(20)
}

#[test]
fn a_rule_that_fits_longer_is_nearer_and_says_where_it_ends() {
    for (far, near) in STAGES.iter().zip(&STAGES[1..]) {
        for (far, near) in far
            .iter()
            .flat_map(|far| near.iter().map(move |near| (far, near)))
        {
            // Where two are equally near the id decides, so each has to come first under either.
            for (id_of_far, id_of_near) in [("a", "b"), ("b", "a")] {
                let rules = rule(id_of_far, far.0) + &rule(id_of_near, near.0);
                let wanted = |id: &str, (_, field, detail): &(&str, &'static str, &str)| {
                    (id.to_owned(), *field, detail.replace("NAME", id))
                };
                assert_eq!(
                    told(&rules, "jira_get_issue", issue()),
                    [wanted(id_of_near, near), wanted(id_of_far, far)],
                    "{rules}"
                );
            }
        }
    }
}

#[test]
fn a_longer_beginning_of_a_path_is_nearer() {
    let path = |path: &str| format!("path = \"{path}\"\nmethods = [\"GET\"]");
    let rules = rule("a", &path("/rest/agile/1.0/board")) + &rule("b", &path("/rest/api/2/field"));
    let details: Vec<String> = told(&rules, "jira_get_issue", issue())
        .into_iter()
        .map(|(_, _, detail)| detail)
        .collect();
    assert_eq!(
        details,
        [
            "/rest/api/2/field differs from the request at segment 3",
            "/rest/agile/1.0/board differs from the request at segment 2"
        ]
    );
}

#[test]
fn a_tool_has_to_declare_the_route_or_be_named_for_an_own_one() {
    let rules = rule("a", "classes = [\"read\"]");
    assert_eq!(
        told(&rules, "jira_search", issue()),
        [(
            "a".to_owned(),
            "tools",
            "tool `jira_search` does not declare the route jira.issue.get".to_owned()
        )]
    );
    let rules = rule(
        "a",
        "path = \"/rest/own/1/thing\"\nproduct = \"jira\"\nmethods = [\"GET\"]",
    );
    let ask =
        Ask::jira(Method::Get, "/rest/own/1/thing").at("acme", Product::Jira, Deployment::Cloud);
    assert_eq!(
        told(&rules, "jira_search", ask),
        [(
            "a".to_owned(),
            "tools",
            "own.a is an own route: the rule has to name the tools that may use it".to_owned()
        )]
    );
}

#[test]
fn what_is_in_no_catalogue_is_of_no_class_and_no_route() {
    let rules = rule("a", "classes = [\"read\"]") + &rule("b", "routes = [\"jira.issue.get\"]");
    let ask =
        Ask::jira(Method::Get, "/rest/own/1/thing").at("acme", Product::Jira, Deployment::Cloud);
    let not_known = "the request is no route of the catalogue".to_owned();
    assert_eq!(
        told(&rules, "jira_search", ask),
        [
            ("a".to_owned(), "classes", not_known.clone()),
            ("b".to_owned(), "routes", not_known)
        ]
    );
    // A path that begins alike is nearer than any class.
    let rules = rule("a", "classes = [\"read\"]")
        + &rule(
            "b",
            "path = \"/rest/own/{segment}\"\nproduct = \"jira\"\nmethods = [\"GET\"]",
        );
    let ask =
        Ask::jira(Method::Get, "/rest/own/1/thing").at("acme", Product::Jira, Deployment::Cloud);
    let nearest: Vec<String> = told(&rules, "jira_search", ask)
        .into_iter()
        .map(|(rule, ..)| rule)
        .collect();
    assert_eq!(nearest, ["b", "a"]);
}

#[test]
fn a_section_that_does_not_list_the_rule_is_named_with_its_line() {
    let rules = rule("c", "classes = [\"read\"]");
    let told = told(&rules, "jira_get_issue", issue());
    let [(rule, field, detail)] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!((rule.as_str(), *field), ("c", "principal"));
    assert_eq!(
        detail,
        "[principal.alice] in line 12 does not list the rule"
    );
}
