//! Seeded defects that `check` must find, and policies in which it must find nothing.

use super::*;
use crate::{Day, Findings, Profile, Surroundings, check};

fn checked(text: &str) -> Findings {
    let manifest = manifest();
    let around = Surroundings {
        manifest: Some(&manifest),
        today: Day::parse("2026-11-22"),
        ..Surroundings::default()
    };
    check(&parse(text), &around)
}

fn codes(text: &str) -> Vec<&'static str> {
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
fn every_code_is_described_once() {
    let codes: std::collections::BTreeSet<&str> =
        crate::CODES.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes.len(), crate::CODES.len());
}

/// A file made of the fixture, one slip put into it, and the code that has to say so.
struct Slip {
    code: &'static str,
    text: String,
}

const TOOL: &str = "tools = [\"jira_get_issue\"]";

fn own_rule(id: &str, path: &str, more: &str) -> String {
    format!(
        "[[rule]]\nid = {id:?}\nsite = \"jira\"\nmethods = [\"GET\"]\npath = {path:?}\n{more}\n"
    )
}

fn slips() -> Vec<Slip> {
    let mut slips = Vec::new();
    let mut add = |code, text: String| slips.push(Slip { code, text });
    let with = |lines: &str| format!("{FIXTURE}\n{lines}\n");
    for (code, paths) in HAZARDS_AND_WIDTHS {
        for path in *paths {
            add(*code, with(&own_rule("t", path, TOOL)));
        }
    }
    for name in [
        "os_username",
        "os_password",
        "os_authType",
        "access_token",
        "token",
        "jwt",
        "callback",
        "_method",
        "atl_token",
        "OS_USERNAME",
    ] {
        add(
            "P010",
            with(&own_rule(
                "t",
                "/rest/x",
                &format!("query = [{name:?}]\n{TOOL}"),
            )),
        );
    }
    let ids = [
        "jira-issue-read",
        "jira-search",
        "jira-comment-add",
        "jira-attachment-get",
        "onprem-issue-read",
        "confluence-page-read",
    ];
    let blocks: Vec<&str> = FIXTURE.split("\n\n").collect();
    for id in ids {
        let block = blocks
            .iter()
            .find(|block| block.contains(&format!("id = \"{id}\"")))
            .expect("the fixture has the rule");
        // Said twice, in other words.
        add(
            "P003",
            with(&block.replace(&format!("\"{id}\""), "\"twin\"")),
        );
        // Without its tools.
        let tools = block
            .lines()
            .find(|line| line.starts_with("tools"))
            .expect("it names tools");
        add(
            "P006",
            FIXTURE.replacen(block, &block.replace(tools, ""), 1),
        );
        // With a tool that is not there, and with one that is there and never asks for this.
        add(
            "P018",
            FIXTURE.replacen(
                block,
                &block.replace(tools, "tools = [\"jira_get_isue\"]"),
                1,
            ),
        );
        if block.contains("issue-key}\"") || block.contains("search") || block.contains("comment") {
            add(
                "P026",
                FIXTURE.replacen(
                    block,
                    &block.replace(tools, "tools = [\"confluence_get_page\"]"),
                    1,
                ),
            );
        }
        // Denied altogether, by its path.
        let line = |key: &str| {
            block
                .lines()
                .find(|line| line.starts_with(key))
                .expect("it has the key")
        };
        let deny = format!("[[deny]]\nid = \"d\"\n{}\n{}", line("site"), line("path"));
        add("P004", with(&deny));
        add("P005", with(&format!("{deny}\nmethods = [\"PATCH\"]")));
        add(
            "P005",
            with(&format!("{deny}\n{}", deny.replace("\"d\"", "\"e\""))),
        );
        // For a site that has no such product, or is of the other kind.
        let elsewhere = if id.starts_with("confluence") {
            "jira-onprem"
        } else {
            "confluence"
        };
        let product = if id.starts_with("confluence") {
            "confluence"
        } else {
            "jira"
        };
        let moved = block.replace(
            line("site"),
            &format!("site = \"{elsewhere}\"\nproduct = \"{product}\""),
        );
        if !moved.contains("redirect") {
            add(
                "P003",
                with(&moved.replace(&format!("\"{id}\""), "\"moved\"")),
            );
        }
    }
    for route in [
        "jira.issue.get",
        "jira.issue.update",
        "jira.issue.delete",
        "jira.comment.add",
    ] {
        let deny = format!("[[deny]]\nid = \"d\"\nsite = \"confluence\"\nroutes = [{route:?}]");
        add("P005", with(&deny));
    }
    for range in [
        "10.0.0.0/8",
        "172.16.0.0/11",
        "64.0.0.0/2",
        "fc00::/7",
        "2000::/3",
    ] {
        let text = FIXTURE.replacen("10.20.0.0/16", range, 1);
        if Policy::parse(&text, "policy.toml").is_ok() {
            add("P013", text);
        }
    }
    let origin = "origin = \"https://jira.example.test\"";
    for (code, line) in [
        (
            "P014",
            "origin = \"http://jira.example.test\"\nplaintext = true",
        ),
        ("P019", "origin = \"https://JIRA.example.test\""),
        ("P019", "origin = \"https://jira.example.test:443\""),
        ("P019", "origin = \"https://jira.example.test/\""),
        ("P020", "origin = \"https://10.0.0.1\""),
        ("P020", "origin = \"https://169.254.169.254\""),
        ("P022", "origin = \"https://jira-onprem.example.test\""),
    ] {
        add(code, FIXTURE.replacen(origin, line, 1));
    }
    add(
        "P007",
        with("[site.more]\norigin = \"https://more.example.test\"\nproducts = [\"jira\"]"),
    );
    add(
        "P012",
        with("[[rule]]\nid = \"t\"\nsite = \"jira\"\nclasses = [\"read\", \"admin\"]"),
    );
    for hidden in [
        '\u{200b}',
        '\u{202e}',
        '\u{2066}',
        '\u{feff}',
        '\u{ad}',
        '\u{e0041}',
    ] {
        add("P021", with(&format!("# {hidden}")));
    }
    let accept = |code: &str, until: &str| {
        let line =
            format!("{TOOL}\naccept = [{{ code = {code:?}, reason = \"r\", until = {until} }}]");
        with(&own_rule("t", "/rest/api/3/project/{segment}", &line))
    };
    add("P023", accept("P002", "2026-11-21"));
    add("P002", accept("P002", "2026-11-21"));
    add("P024", accept("P001", "2027-11-21"));
    slips
}

const HAZARDS_AND_WIDTHS: &[(&str, &[&str])] = &[
    (
        "P001",
        &[
            "/{segment}",
            "/{segment}/x",
            "/rest/{segment}",
            "/{a|b}/c/{id}",
            "/rest/{id}/x",
            "/rest/api/3/{segment}/{segment}",
        ],
    ),
    (
        "P002",
        &[
            "/rest/api/3/project/{segment}",
            "/rest/own/thing/{segment}",
            "/rest/own/{id}/{segment}",
        ],
    ),
    (
        "P010",
        &[
            "/rest/auth/1/session",
            "/rest/pat/latest/tokens",
            "/rest/{pat|x}/latest",
            "/rest/oauth2/latest/token",
            "/rest/api/2/user/password",
            "/plugins/servlet/oauth/authorize",
            "/login.jsp",
            "/Rest/Auth/1",
        ],
    ),
    (
        "P011",
        &[
            "/plugins/servlet/gadgets/makeRequest",
            "/rest/webhooks/1.0/webhook",
            "/rest/api/3/webhook",
            "/rest/sharelinks/1.0/link",
        ],
    ),
    (
        "P012",
        &[
            "/rest/plugins/1.0",
            "/rest/api/2/application-properties",
            "/secure/admin/x",
            "/admin",
            "/wiki/admin/users",
            "/rest/api/3/permissionscheme/{id}",
            "/rest/{plugins|other}/1.0",
        ],
    ),
];

#[test]
fn a_hundred_seeded_defects_are_all_found() {
    let slips = slips();
    assert!(slips.len() >= 100, "{} slips", slips.len());
    let missed: Vec<String> = slips
        .iter()
        .filter(|slip| !codes(&slip.text).contains(&slip.code))
        .map(|slip| {
            format!(
                "{} is not in {:?}\n{}",
                slip.code,
                codes(&slip.text),
                slip.text
            )
        })
        .collect();
    assert!(
        missed.is_empty(),
        "{} missed\n{}",
        missed.len(),
        missed.join("\n\n")
    );
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
