//! Seeded defects that `check` must find, and policies in which it must find nothing.

use super::slips::{TOOL, own_rule};
use super::*;
use crate::{Day, Findings, Profile, Surroundings, check};

fn checked(text: &str) -> Findings {
    let manifest = manifest();
    let callers = ["alice", "bob"].map(principal).into();
    let around = Surroundings {
        manifest: Some(&manifest),
        callers: Some(&callers),
        today: Day::parse("2026-11-22"),
        ..Surroundings::default()
    };
    check(&parse(text), &around)
}

pub(super) fn codes(text: &str) -> Vec<&'static str> {
    checked(text)
        .list
        .iter()
        .map(|finding| finding.code)
        .collect()
}

#[test]
fn sound_policies_have_no_findings() {
    assert_eq!(codes(FIXTURE), [""; 0]);
    let sites = fixture().sites().to_vec();
    for profile in Profile::ALL {
        assert_eq!(
            codes(&profile.text(&sites)),
            [""; 0],
            "{}",
            profile.as_str()
        );
    }
    assert_eq!(checked(FIXTURE).exit_code(), 0);
    assert_eq!(codes(&format!("\u{feff}{FIXTURE}")), [""; 0]);
}

#[test]
fn seeded_defects_are_found() {
    let with = |lines: &str| format!("{FIXTURE}\n{lines}\n");
    let own = |path: &str, more: &str| {
        with(&format!(
            "[[rule]]\nid = \"t\"\nsite = \"jira\"\nmethods = [\"GET\"]\npath = \"{path}\"\n{more}"
        ))
    };
    let tool = "tools = [\"jira_get_issue\"]";
    let replaced = |from: &str, to: &str| {
        assert!(FIXTURE.contains(from), "{from}");
        FIXTURE.replacen(from, to, 1)
    };
    let jira = "origin = \"https://jira.example.test\"";
    let table: Vec<(&[&str], String)> = vec![
        (&["P001", "P010"], own("/{segment}/x", tool)),
        (&["P001", "P010"], own("/rest/{segment}", tool)),
        (
            &["P001", "P010"],
            own("/rest/api/3/{segment}/{segment}", tool),
        ),
        (&["P002"], own("/rest/api/3/project/{segment}", tool)),
        (&["P003"], own("/rest/api/3/issue/{issue-key}", tool)),
        (
            &["P003"],
            own(
                "/rest/api/3/issue/{PROJ-1|PROJ-2}",
                &format!("query = [\"fields\"]\n{tool}"),
            ),
        ),
        (
            &["P003"],
            own(
                "/rest/api/3/attachment/content/{1|2}",
                "tools = [\"jira_download_attachment\"]",
            ),
        ),
        (
            &["P003", "P003"],
            with(
                "[[rule]]\nid = \"t\"\nsite = \"jira\"\nclasses = [\"write\"]\n[[rule]]\nid = \"u\"\nsite = \"jira\"\nroutes = [\"jira.issue.create\"]",
            ),
        ),
        (
            &["P003"],
            with("[[rule]]\nid = \"t\"\nsite = \"jira\"\nroutes = [\"jira.project.list\"]"),
        ),
        (
            &["P003"],
            with("[[rule]]\nid = \"t\"\nsite = \"jira\"\nroutes = [\"confluence.page.get\"]"),
        ),
        (
            &["P030"],
            with(
                "[[rule]]\nid = \"t\"\nsite = \"*\"\nclasses = [\"delete\", \"read\"]\nprojects = [\"PROJ\"]",
            ),
        ),
        (
            &["P003", "P031"],
            own(
                "/rest/api/3/worklog/{id}",
                &format!("projects = [\"PROJ\"]\n{tool}"),
            ),
        ),
        (
            &["P004", "P008"],
            with("[[deny]]\nid = \"d\"\nsite = \"jira\"\nclasses = [\"write\"]"),
        ),
        (
            &["P004", "P008"],
            with(
                "[[deny]]\nid = \"d\"\nsite = \"*\"\npath = \"/rest/api/3/issue/{segment}/comment\"",
            ),
        ),
        (
            &["P004", "P008"],
            with("[[deny]]\nid = \"d\"\nsite = \"jira\"\nroutes = [\"jira.comment.add\"]"),
        ),
        (
            &["P005"],
            with("[[deny]]\nid = \"d\"\nsite = \"jira\"\npath = \"/nothing/here\""),
        ),
        (
            &["P005"],
            with("[[deny]]\nid = \"d\"\nsite = \"jira\"\nroutes = [\"jira.issue.update\"]"),
        ),
        (
            &["P005"],
            with("[[deny]]\nid = \"d\"\nsite = \"confluence\"\nroutes = [\"jira.issue.get\"]"),
        ),
        (
            &["P005"],
            with(
                "[[deny]]\nid = \"d\"\nsite = \"jira\"\nroutes = [\"jira.issue.get\"]\ntools = [\"jira_search\"]",
            ),
        ),
        (
            &["P005"],
            with(
                "[[deny]]\nid = \"d\"\nsite = \"jira\"\nmethods = [\"DELETE\"]\npath = \"/rest/api/3/issue/{issue-key}\"",
            ),
        ),
        (&["P006"], own("/rest/api/3/project/{project-key}", "")),
        (
            &["P007"],
            with("[site.extra]\norigin = \"https://extra.example.test\"\nproducts = [\"jira\"]"),
        ),
        (
            &["P008"],
            with(
                "[[rule]]\nid = \"t\"\nsite = \"jira\"\nroutes = [\"jira.createmeta.types\"]\ntools = [\"jira_create_issue\"]",
            ),
        ),
        (&["P010"], own("/rest/auth/1/session", tool)),
        (&["P010"], own("/rest/pat/latest/tokens", tool)),
        (
            &["P010"],
            own("/rest/x", &format!("query = [\"os_authType\"]\n{tool}")),
        ),
        (&["P011"], own("/plugins/servlet/gadgets/makeRequest", tool)),
        (&["P011"], own("/rest/webhooks/1.0/webhook", tool)),
        (&["P012"], own("/rest/plugins/1.0", tool)),
        (
            &["P003", "P012"],
            with("[[rule]]\nid = \"t\"\nsite = \"jira\"\nclasses = [\"admin\"]"),
        ),
        (&["P013"], replaced("10.20.0.0/16", "10.0.0.0/8")),
        (&["P013"], replaced("10.20.0.0/16", "fc00::/7")),
        (&["P013"], replaced("10.20.0.0/16", "64.0.0.0/2")),
        (
            &["P014"],
            replaced(
                jira,
                "origin = \"http://jira.example.test\"\nplaintext = true",
            ),
        ),
        (
            &["P018"],
            own("/rest/api/3/project/{project-key}", "tools = [\"nope\"]"),
        ),
        (
            &["P019"],
            replaced(jira, "origin = \"https://JIRA.example.test\""),
        ),
        (
            &["P019"],
            replaced(jira, "origin = \"https://jira.example.test:443/\""),
        ),
        (&["P020"], replaced(jira, "origin = \"https://10.0.0.1\"")),
        (&["P021"], with("# reads \u{202e}like this")),
        (&["P021"], with("# \u{200b}")),
    ];
    for (expected, text) in table {
        let mut found = codes(&text);
        found.sort_unstable();
        // A site that can't be reached also takes its tools away.
        found.retain(|code| expected.contains(code) || *code != "P008");
        assert_eq!(found, expected, "{}", checked(&text).human());
        assert_eq!(checked(&text).exit_code(), 1);
    }
}

#[test]
fn only_the_same_product_below_the_same_path_is_the_same_place() {
    let with = |products: &str, context: &str| {
        let text = format!(
            "{FIXTURE}\n[site.twin]\norigin = \"https://jira-onprem.example.test\"\ndeployment = \"data-center\"\nproducts = {products}\n{context}\naddresses = [\"10.20.0.0/16\"]\n[[rule]]\nid = \"t\"\nsite = \"twin\"\nclasses = [\"read\"]\n"
        );
        codes(&text).contains(&"P022")
    };
    assert!(with("[\"jira\"]", ""));
    assert!(with(
        "[\"jira\", \"confluence\"]",
        "context = { confluence = \"/wiki\" }"
    ));
    assert!(!with("[\"jira\"]", "context = \"/jira\""));
    assert!(!with("[\"confluence\"]", ""));
}

/// What a rule names of a product that its site does not have opens nothing anyway.
#[test]
fn a_bound_rule_is_judged_for_the_products_of_its_site() {
    let bound = |site: &str, selector: &str| {
        let text = format!(
            "{FIXTURE}\n[[rule]]\nid = \"t\"\nsite = \"{site}\"\n{selector}\nprojects = [\"PROJ\"]\n"
        );
        codes(&text).contains(&"P030")
    };
    assert!(!bound("jira", "classes = [\"read\"]"));
    assert!(bound("*", "classes = [\"read\"]"));
    assert!(!bound("*", "routes = [\"jira.issue.get\"]"));
}

#[test]
fn findings_read_well_in_all_three_forms() {
    let text = format!(
        "{FIXTURE}\n[[rule]]\nid = \"t\"\nsite = \"jira\"\nmethods = [\"GET\"]\npath = \"/rest/api/3/project/{{segment}}\"\n\n[[deny]]\nid = \"d\"\nsite = \"jira\"\npath = \"/nothing/here\"\n"
    );
    let findings = checked(&text);
    insta::assert_snapshot!(findings.human());
    insta::assert_snapshot!(findings.json());
    let sarif: serde_json::Value = serde_json::from_str(&findings.sarif()).expect("SARIF is JSON");
    assert_eq!(sarif["version"], "2.1.0");
    insta::assert_snapshot!(format!("{:#}", sarif["runs"][0]["results"]));
}

#[test]
fn a_file_that_is_no_policy_is_an_error_in_the_same_shape() {
    let Err(diagnostics) = Policy::parse("", "policy.toml") else {
        panic!("an empty file was accepted")
    };
    let findings = Findings::of_errors(&diagnostics);
    assert_eq!(findings.exit_code(), 2);
    assert!(
        findings
            .human()
            .contains("policy.toml:1: error P000: the file has no `version`"),
        "{}",
        findings.human()
    );
}

#[test]
fn an_invisible_character_is_found_in_its_line() {
    let findings = checked(&FIXTURE.replacen("\n", "\n# \u{200b}\n", 1));
    let lines: Vec<usize> = findings.list.iter().map(|finding| finding.line).collect();
    assert_eq!(lines, [2], "{}", findings.human());
}

#[test]
fn every_code_is_described_once() {
    let codes: std::collections::BTreeSet<&str> =
        crate::CODES.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes.len(), crate::CODES.len());
}

#[test]
fn what_is_accepted_is_listed_and_not_found() {
    let accept =
        "accept = [{ code = \"P002\", reason = \"their ids are words\", until = 2026-11-22 }]";
    let text = format!(
        "{FIXTURE}\n{}",
        own_rule(
            "t",
            "/rest/api/3/project/{segment}",
            &format!("{TOOL}\n{accept}")
        )
    );
    let findings = checked(&text);
    assert_eq!(findings.exit_code(), 0, "{}", findings.human());
    assert_eq!(
        findings.human(),
        "policy.toml:67: accepted P002 until 2026-11-22: their ids are words\npolicy.toml: no findings, 1 accepted\n"
    );
    let sarif: serde_json::Value = serde_json::from_str(&findings.sarif()).expect("SARIF is JSON");
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(
        result["suppressions"][0]["justification"],
        "their ids are words"
    );
    let on = |today: &str| {
        let around = Surroundings {
            today: crate::Day::parse(today),
            ..Surroundings::default()
        };
        check(&parse(&text), &around).exit_code()
    };
    assert_eq!((on("2026-11-22"), on("2026-11-23")), (0, 1));
    // Without a day to compare with, nothing is accepted.
    assert_eq!(
        check(&parse(&text), &Surroundings::default()).exit_code(),
        1
    );
}

#[test]
fn an_acceptance_says_what_why_and_until_when() {
    for (entry, complaint) in [
        ("{ code = \"P002\", reason = \"r\" }", "has no `until`"),
        ("{ code = \"P002\", until = 2027-01-01 }", "has no `reason`"),
        ("{ reason = \"r\", until = 2027-01-01 }", "has no `code`"),
        (
            "{ code = \"P002\", reason = \" \", until = 2027-01-01 }",
            "the reason is empty",
        ),
        (
            "{ code = \"P999\", reason = \"r\", until = 2027-01-01 }",
            "`code` has no value \"P999\"",
        ),
        (
            "{ code = \"P000\", reason = \"r\", until = 2027-01-01 }",
            "`code` has no value \"P000\"",
        ),
        (
            "{ code = \"P002\", reason = \"r\", until = \"soon\" }",
            "`until` is not a day",
        ),
        (
            "{ code = \"P002\", reason = \"r\", until = 2027-01-01T00:00:00Z }",
            "`until` is not a day",
        ),
        (
            "{ code = \"P002\", reason = \"r\", until = 2027 }",
            "`until` is a day",
        ),
        (
            "{ code = \"P002\", reason = \"r\", until = 2027-01-01, by = \"me\" }",
            "unknown key `by`",
        ),
        ("\"P002\"", "`accept` is a table"),
    ] {
        let text = format!(
            "{FIXTURE}\n{}",
            own_rule(
                "t",
                "/rest/x/{segment}",
                &format!("{TOOL}\naccept = [{entry}]")
            )
        );
        let Err(diagnostics) = Policy::parse(&text, "policy.toml") else {
            panic!("{entry} was accepted")
        };
        assert!(
            diagnostics.to_string().contains(complaint),
            "{entry}\n{diagnostics}"
        );
    }
}

#[test]
fn what_lies_around_the_file_is_judged_where_it_is_known() {
    let known = ["jira", "confluence"].map(site).into_iter().collect();
    let rules = fixture()
        .rules()
        .map(|rule| rule.id.clone())
        .filter(|id| id != "jira-search")
        .collect();
    let around = Surroundings {
        credentials: Some(&known),
        file: Some(crate::FileFacts {
            is_writable_by_others: true,
            is_owned_by_another: true,
        }),
        used: Some(crate::UsedRules {
            rules: &rules,
            since: "2026-10-01",
        }),
        ..Surroundings::default()
    };
    let findings = check(&fixture(), &around);
    let found: Vec<(&str, usize)> = findings
        .list
        .iter()
        .map(|finding| (finding.code, finding.line))
        .collect();
    assert_eq!(
        found,
        [("P017", 1), ("P017", 1), ("P009", 10), ("P016", 30)],
        "{}",
        findings.human()
    );
}
