//! What a refusal suggests: lines that would let just this pass, or the reason why there are none.

use super::*;

fn suggested(policy: &str, tool: &str, ask: Ask) -> String {
    let refused = decide(&parse(policy), tool, ask).expect_err("refused");
    refused.refusal.would_allow
}

fn own(path: &str) -> Ask {
    Ask::jira(Method::Get, path)
}

/// What is suggested, taken at its word: with these lines the same request passes.
fn holds(policy: &str, tool: &str, ask: &Ask) -> String {
    let lines = suggested(policy, tool, ask.clone());
    let after = parse(&format!("{policy}\n{lines}"));
    assert!(decide(&after, tool, ask.clone()).is_ok(), "{lines}");
    lines
}

#[test]
fn an_own_route_leaves_keys_and_numbers_open_and_keeps_the_rest() {
    let ask = own("/rest/thing/1/of/PROJ-7/part/12345/colour/red").with_query(&[("deep", "yes")]);
    insta::assert_snapshot!(holds(FIXTURE, "jira_get_issue", &ask), @r#"
    [[rule]]
    id = "allow-own"
    site = "jira"
    product = "jira"
    methods = ["GET"]
    path = "/rest/thing/1/of/{issue-key}/part/{id}/colour/red"
    query = ["deep"]
    tools = ["jira_get_issue"]
    "#);
    assert!(!holds(FIXTURE, "jira_get_issue", &own("/rest/thing/1")).contains("query"));
}

#[test]
fn a_route_of_the_catalogue_is_named() {
    let ask = Ask::jira(Method::Post, "/rest/api/3/issue");
    insta::assert_snapshot!(holds(FIXTURE, "jira_create_issue", &ask), @r#"
    [[rule]]
    id = "allow-jira-issue-create"
    site = "jira"
    routes = ["jira.issue.create"]
    tools = ["jira_create_issue"]
    "#);
}

#[test]
fn an_id_that_is_taken_gets_a_number() {
    let taken = format!(
        "{FIXTURE}\n[[rule]]\nid = \"allow-own\"\nsite = \"jira\"\nroutes = [\"jira.issue.create\"]\n"
    );
    let lines = holds(&taken, "jira_get_issue", &own("/rest/thing/1"));
    assert!(lines.contains("id = \"allow-own-2\""), "{lines}");
}

#[test]
fn no_line_helps_a_query_that_nobody_could_write_down() {
    for pairs in [
        &[("a", "1"), ("a", "2")][..],
        &[("a", "line\nbreak")],
        &[("a\u{7}", "1")],
        &[("a[]", "1")],
        &[("", "1")],
    ] {
        for path in ["/rest/thing/1", "/rest/api/3/issue/PROJ-1/comment"] {
            let told = suggested(FIXTURE, "jira_search", own(path).with_query(pairs));
            assert!(
                told.starts_with("# no line allows this: the query holds"),
                "{path} {pairs:?}: {told}"
            );
        }
    }
    let longest = "a".repeat(64);
    let ask = |name: &str| own("/rest/thing/1").with_query(&[(name, "1")]);
    assert!(holds(FIXTURE, "jira_search", &ask(&longest)).contains(&longest));
    let told = suggested(FIXTURE, "jira_search", ask(&"a".repeat(65)));
    assert!(told.starts_with("# no line allows this"), "{told}");
}

#[test]
fn a_name_that_the_route_does_not_have_is_not_suggested() {
    let comments = || Ask::jira(Method::Post, "/rest/api/3/issue/PROJ-1/comment");
    let told = suggested(
        FIXTURE,
        "jira_add_comment",
        comments().with_query(&[("hack", "1")]),
    );
    assert!(
        told.starts_with("# no line allows this: the query"),
        "{told}"
    );
}

#[test]
fn a_denial_stands_against_what_it_is_about_alone() {
    let denied = |more: &str| {
        format!(
            "{FIXTURE}\n[[deny]]\nid = \"never\"\nsite = \"jira\"\nclasses = [\"read\"]\n{more}"
        )
    };
    let ask = || own("/rest/thing/1");
    assert_eq!(
        suggested(&denied(""), "jira_search", ask()),
        "# no rule can allow this while [[deny]] `never` stands in line 67"
    );
    // Each of these is about somebody or something else.
    for more in ["tools = [\"jira_get_issue\"]", "principals = [\"bob\"]"] {
        assert!(
            suggested(&denied(more), "jira_search", ask()).contains("id = \"allow-own\""),
            "{more}"
        );
    }
    for (from, to) in [
        (
            "site = \"jira\"\nclasses = [\"read\"]",
            "site = \"confluence\"\nclasses = [\"read\"]",
        ),
        ("classes = [\"read\"]", "classes = [\"write\"]"),
        ("classes = [\"read\"]", "routes = [\"jira.issue.get\"]"),
    ] {
        let policy = denied("").replacen(from, to, 1);
        assert!(
            suggested(&policy, "jira_search", ask()).contains("id = \"allow-own\""),
            "{to}"
        );
    }
}

#[test]
fn what_must_not_be_opened_is_not_suggested() {
    for path in [
        "/rest/auth/1/session",
        "/rest/api/3/../3/issue",
        "/rest/api/2/user/password",
    ] {
        let told = suggested(FIXTURE, "jira_search", own(path));
        assert!(!told.contains("[[rule]]"), "{path}: {told}");
    }
    let told = suggested(FIXTURE, "no such tool", own("/rest/thing/1"));
    assert!(!told.contains("[[rule]]"), "{told}");
}

#[test]
fn a_site_that_does_not_fit_is_named_with_what_it_would_have_to_say() {
    let issue = || own("/rest/api/3/issue/PROJ-1");
    for (ask, told) in [
        (
            issue().at("nowhere", Product::Jira, Deployment::Cloud),
            "# there is no [site.nowhere]; sites are added by hand, with their origin",
        ),
        (
            issue().at("confluence", Product::Jira, Deployment::Cloud),
            "# [site.confluence] would have to list \"jira\" in `products`",
        ),
        (
            issue().at("jira", Product::Jira, Deployment::DataCenter),
            "# [site.jira] is configured as another deployment",
        ),
    ] {
        assert_eq!(suggested(FIXTURE, "jira_get_issue", ask), told);
    }
}

#[test]
fn a_project_outside_the_list_is_put_into_a_rule_of_its_own() {
    let held = FIXTURE.replacen(
        "query = [\"fields\", \"expand\"]",
        "query = [\"fields\", \"expand\"]\nprojects = [\"OPS\"]",
        1,
    );
    let ask = own("/rest/api/3/issue/PROJ-1").with_query(&[("fields", "summary")]);
    insta::assert_snapshot!(holds(&held, "jira_get_issue", &ask), @r#"
    [[rule]]
    id = "allow-jira-issue-get"
    site = "jira"
    routes = ["jira.issue.get"]
    projects = ["PROJ"]
    tools = ["jira_get_issue"]
    "#);
    let told = suggested(
        &held,
        "jira_get_issue",
        own("/rest/api/3/issue/PROJ-1").with_query(&[("hack", "1")]),
    );
    assert!(!told.contains("[[rule]]"), "{told}");
}
