//! Seeded defects that `check` must find, and policies in which it must find nothing.

use super::*;
use crate::{Findings, Profile, check};

fn codes(text: &str) -> Vec<&'static str> {
    check(&parse(text), Some(&manifest()))
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
    assert_eq!(check(&fixture(), Some(&manifest())).exit_code(), 0);
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
        assert_eq!(
            found,
            expected,
            "{}",
            check(&parse(&text), Some(&manifest())).human()
        );
        assert_eq!(check(&parse(&text), Some(&manifest())).exit_code(), 1);
    }
}

#[test]
fn findings_read_well_in_all_three_forms() {
    let text = format!(
        "{FIXTURE}\n[[rule]]\nid = \"t\"\nsite = \"jira\"\nmethods = [\"GET\"]\npath = \"/rest/api/3/project/{{segment}}\"\n\n[[deny]]\nid = \"d\"\nsite = \"jira\"\npath = \"/nothing/here\"\n"
    );
    let findings = check(&parse(&text), Some(&manifest()));
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
fn every_code_is_described_once() {
    let codes: std::collections::BTreeSet<&str> =
        crate::CODES.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes.len(), crate::CODES.len());
}
