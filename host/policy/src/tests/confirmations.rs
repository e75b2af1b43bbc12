//! Who is asked before which write, and that taking a question away is seen by everything that compares and explains.

use std::collections::BTreeSet;

use super::checks::codes;
use super::*;
use crate::{Diff, Log, Question, ReportInputs, diff, explain, replay, report};

const HEAD: &str = "version = 1\n\n[site.jira]\norigin = \"https://jira.example.test\"\ndeployment = \"cloud\"\nproducts = [\"jira\"]\n\n\
    [site.other]\norigin = \"https://other.example.test\"\ndeployment = \"cloud\"\nproducts = [\"jira\"]\n";

const WORK: &str = "\n[[rule]]\nid = \"work\"\nsite = \"*\"\nclasses = [\"read\", \"write\"]\n";

/// Line 15 begins it.
fn with(asking: &str) -> String {
    format!("{HEAD}{WORK}\n[[rule]]\nid = \"ask\"\n{asking}\nconfirm = true\n")
}

fn write_manifest() -> Manifest {
    let json = r#"{"tools":[
        {"name":"jira_add_comment","routes":["jira.comment.add"]},
        {"name":"jira_get_issue","routes":["jira.issue.get"]},
        {"name":"two_writes","routes":["jira.comment.add","jira.issue.update"]}]}"#;
    Manifest::from_json(json.as_bytes(), "sha256:test").expect("the JSON is well formed")
}

fn comment(key: &str) -> Ask {
    Ask::jira(Method::Post, &format!("/rest/api/3/issue/{key}/comment"))
}

fn update() -> Ask {
    Ask::jira(Method::Put, "/rest/api/3/issue/PROJ-1")
}

/// `allow`, `deny`, or the rule that asks.
fn verdict(text: &str, tool: &str, ask: Ask) -> String {
    let policy = parse(text);
    let question = ask.question(tool);
    let (told, has_body) = (
        explain(&policy, &write_manifest(), &question, Some(&ask.principal)),
        ask.body_len > 0,
    );
    let (verdict, word) = match policy.decide(&write_manifest(), &ask.caller(tool), ask) {
        Err(_) => ("deny".to_owned(), "deny"),
        Ok(Decision::Asking(asking)) => {
            let confirm = asking.permit().confirm.clone();
            (confirm.expect("somebody asks").rule, "confirm")
        }
        Ok(_) => ("allow".to_owned(), "allow"),
    };
    // A question to `explain` has no body.
    assert!(has_body || told.verdict == word, "{verdict} {told:?}");
    verdict
}

#[test]
fn a_question_comes_before_every_yes_and_after_every_no() {
    let all = "site = \"jira\"\nclasses = [\"write\"]";
    let text = with(all);
    assert_eq!(verdict(&text, "jira_add_comment", comment("PROJ-1")), "ask");
    // Whichever of two rules stands first, and however precise the one that only allows is.
    let precise = format!(
        "{text}\n[[rule]]\nid = \"a\"\nsite = \"jira\"\nmethods = [\"POST\"]\npath = \"/rest/api/3/issue/{{issue-key}}/comment\"\ntools = [\"jira_add_comment\"]\n"
    );
    assert_eq!(
        verdict(&precise, "jira_add_comment", comment("PROJ-1")),
        "ask"
    );
    let denied = format!("{text}\n[[deny]]\nid = \"no\"\nsite = \"*\"\nclasses = [\"write\"]\n");
    assert_eq!(
        verdict(&denied, "jira_add_comment", comment("PROJ-1")),
        "deny"
    );
    let read = Ask::jira(Method::Get, "/rest/api/3/issue/PROJ-1");
    let reads = with("site = \"jira\"\nclasses = [\"read\", \"write\"]");
    assert_eq!(verdict(&reads, "jira_get_issue", read), "allow");
    let elsewhere = comment("PROJ-1").at("other", Product::Jira, Deployment::Cloud);
    assert_eq!(verdict(&text, "jira_add_comment", elsewhere), "allow");
}

#[test]
fn a_question_is_about_what_its_rule_speaks_of_and_no_limit_leads_around_it() {
    let limited = with("site = \"jira\"\nclasses = [\"write\"]\nrequest-max-bytes = 10");
    for bytes in [10, 11] {
        let long = comment("PROJ-1").with_body(bytes);
        assert_eq!(verdict(&limited, "jira_add_comment", long), "ask");
    }
    let listed = with(
        "site = \"jira\"\nmethods = [\"POST\"]\npath = \"/rest/api/3/issue/{issue-key}/comment\"",
    );
    let query = comment("PROJ-1").with_query(&[("expand", "x")]);
    assert_eq!(verdict(&listed, "jira_add_comment", query), "ask");
    for (line, ask, said) in [
        ("projects = [\"PROJ\"]", comment("PROJ-1"), "ask"),
        ("projects = [\"PROJ\"]", comment("OPS-1"), "allow"),
        ("principals = [\"bob\"]", comment("PROJ-1"), "allow"),
        ("principals = [\"bob\"]", comment("PROJ-1").of("bob"), "ask"),
        ("tools = [\"two_writes\"]", comment("PROJ-1"), "allow"),
    ] {
        let text = with(&format!(
            "site = \"jira\"\nroutes = [\"jira.comment.add\"]\n{line}"
        ));
        assert_eq!(verdict(&text, "jira_add_comment", ask), said, "{line}");
    }
}

#[test]
fn a_tool_is_asked_about_before_the_first_of_two_writes_whichever_needs_it() {
    let text = with("site = \"jira\"\nroutes = [\"jira.comment.add\"]");
    assert_eq!(verdict(&text, "two_writes", comment("PROJ-1")), "ask");
    assert_eq!(verdict(&text, "two_writes", update()), "ask");
    let elsewhere = update().at("other", Product::Jira, Deployment::Cloud);
    assert_eq!(verdict(&text, "two_writes", elsewhere), "allow");
    // Also where only one project is asked about, and the other write is the same route.
    let bound = with("site = \"jira\"\nroutes = [\"jira.comment.add\"]\nprojects = [\"OPS\"]");
    assert_eq!(verdict(&bound, "two_writes", update()), "ask");
    assert_eq!(verdict(&bound, "two_writes", comment("PROJ-1")), "allow");
    assert_eq!(verdict(&bound, "two_writes", comment("OPS-1")), "ask");
}

#[test]
fn a_question_where_nothing_is_written_is_refused() {
    for selector in [
        "classes = [\"read\"]",
        "routes = [\"jira.issue.get\"]",
        "methods = [\"GET\"]\npath = \"/rest/x/{id}\"\ntools = [\"jira_get_issue\"]",
    ] {
        let text = with(&format!("site = \"jira\"\n{selector}"));
        let Err(diagnostics) = Policy::parse(&text, "policy.toml") else {
            panic!("taken: {selector}")
        };
        let said = diagnostics.to_string();
        assert!(
            said.contains("asked before writes") && said.contains("confirm = true"),
            "{said}"
        );
    }
}

fn between(old: &str, new: &str) -> Diff {
    diff(&parse(old), &parse(new), &write_manifest()).expect("within the bound")
}

#[test]
fn taking_a_question_away_is_new_access_and_is_shown() {
    let asking = with("site = \"jira\"\nclasses = [\"write\"]");
    let silent = format!("{HEAD}{WORK}");
    let told = between(&asking, &silent);
    assert_eq!(told.exit_code(false), 1, "{}", told.human());
    insta::assert_snapshot!(told.human());
    let back = between(&silent, &asking);
    assert_eq!(
        (back.exit_code(false), back.exit_code(true)),
        (0, 1),
        "{}",
        back.human()
    );
    let narrower = with("site = \"jira\"\nclasses = [\"write\"]\nprojects = [\"PROJ\"]");
    assert!(between(&asking, &narrower).has_new_access());
    assert!(!between(&narrower, &asking).has_new_access());
}

#[test]
fn a_rule_that_only_asks_is_no_superfluous_rule() {
    // The broad rule is open to every tool, which is a finding of its own.
    let expected = codes(&format!("{HEAD}{WORK}"));
    let asking = with("site = \"jira\"\nclasses = [\"write\"]");
    assert_eq!(codes(&asking), expected);
    let twice = format!(
        "{asking}\n[[rule]]\nid = \"again\"\nsite = \"jira\"\nroutes = [\"jira.comment.add\"]\nconfirm = true\n"
    );
    let found: BTreeSet<&str> = codes(&twice).into_iter().collect();
    assert!(found.contains("P003"), "{found:?}");
}

#[test]
fn explain_and_report_name_the_rule_that_asks() {
    let text = with("site = \"jira\"\nroutes = [\"jira.comment.add\"]");
    let policy = parse(&text);
    let question = Question::Url {
        method: "POST".to_owned(),
        url: "https://jira.example.test/rest/api/3/issue/PROJ-1/comment".to_owned(),
        tool: Some("jira_add_comment".to_owned()),
    };
    let told = explain(&policy, &write_manifest(), &question, None);
    assert_eq!(told.exit_code(), 0);
    insta::assert_snapshot!(told.human());
    let report = report(&policy, &write_manifest(), &ReportInputs::default()).expect("small");
    let asked = |tool: &str, name: &str| {
        let mut rows = report.rows.iter();
        let row = rows.find(|row| row.tool == tool && row.site.as_str() == name);
        row.expect("a row").limits.join(", ")
    };
    let line = "a person is asked first, by ask (policy.toml:18)";
    assert_eq!(asked("jira_add_comment", "jira"), line);
    assert_eq!(asked("jira_add_comment", "other"), "");
    assert_eq!(asked("jira_get_issue", "jira"), "");
}

#[test]
fn a_replay_tells_what_would_be_asked_and_what_was() {
    let line = |question: &str| {
        format!(
            r#"{{"v":1,"ts":"2026-10-01T08:00:00.000Z","kind":"decision","principal":"alice","call":"c","tool":"jira_add_comment","site":"jira","product":"jira","deployment":"cloud","method":"POST","template":"/rest/api/3/issue/{{issue-key}}/comment","params":{{"issue-key":"PROJ-1"}},"path":null,"query_keys":[],"verdict":"allow","rule":"work","route":"jira.comment.add","redirect":null,"reason":null,"question":{question},"req_bytes":9,"tries":1}}"#
        )
    };
    let asked = line("\"7-1\"").replace("\"decision\"", "\"asked\"");
    let mut log = Log::default();
    let text = [asked, line("\"7-1\""), line("null")].join("\n");
    log.read(&text, "audit.jsonl").expect("whole lines");
    let policy = parse(&with("site = \"jira\"\nclasses = [\"write\"]"));
    let told = replay(&log, &policy, &write_manifest());
    assert_eq!(
        (told.decisions, told.same, told.newly_asked),
        (2, 1, 1),
        "{}",
        told.human()
    );
    insta::assert_snapshot!(told.human());
}
