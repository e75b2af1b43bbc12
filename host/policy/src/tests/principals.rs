//! Who has which rule: in decisions, in lists of tools, and in what the verbs say.

use super::*;
use crate::{
    Bounds, Class, Log, NarrowError, Narrowed, Profile, Question, ReportInputs, derive, diff,
    explain, replay, report,
};

/// `read` is everybody's, `write` bob's alone; alice has a section that leaves her `read`.
const RULES: &str = r#"version = 1

[site.jira]
origin = "https://jira.example.test"
deployment = "cloud"
products = ["jira"]

[[rule]]
id = "read"
site = "jira"
classes = ["read"]

[[rule]]
id = "write"
site = "jira"
classes = ["write"]
principals = ["bob"]

[[rule]]
id = "comment"
site = "jira"
routes = ["jira.comment.add"]
"#;

const SECTION: &str = "\n[principal.alice]\nrules = [\"read\"]\n";

fn policy() -> Policy {
    parse(&format!("{RULES}{SECTION}"))
}

fn comment() -> Ask {
    Ask::jira(Method::Post, "/rest/api/3/issue/PROJ-1/comment")
}

fn create() -> Ask {
    Ask::jira(Method::Post, "/rest/api/3/issue")
}

fn read() -> Ask {
    Ask::jira(Method::Get, "/rest/api/3/issue/PROJ-1")
}

#[test]
fn each_has_the_rules_that_both_lists_leave() {
    let policy = policy();
    let rule = |tool, ask: Ask, who| rule_of(&policy, tool, ask.of(who)).ok();
    for (tool, ask, alice, bob, carol) in [
        (
            "jira_get_issue",
            read(),
            Some("read"),
            Some("read"),
            Some("read"),
        ),
        (
            "jira_add_comment",
            comment(),
            None,
            Some("comment"),
            Some("comment"),
        ),
        ("jira_create_issue", create(), None, Some("write"), None),
    ] {
        for (who, expected) in [("alice", alice), ("bob", bob), ("carol", carol)] {
            assert_eq!(
                rule(tool, ask.clone(), who).as_deref(),
                expected,
                "{tool} {who}"
            );
        }
    }
}

#[test]
fn a_denial_may_be_for_some() {
    let denial =
        "\n[[deny]]\nid = \"no\"\nsite = \"*\"\nclasses = [\"read\"]\nprincipals = [\"bob\"]\n";
    let policy = parse(&format!("{RULES}{denial}"));
    assert_eq!(
        rule_of(&policy, "jira_get_issue", read().of("bob")),
        Err(RefusalCode::DeniedByRule)
    );
    assert!(rule_of(&policy, "jira_get_issue", read().of("carol")).is_ok());
}

#[test]
fn whoever_is_not_named_is_like_anyone_else() {
    let policy = policy();
    assert_eq!(policy.stand_in(&principal("alice")), principal("alice"));
    assert!(policy.stand_in(&principal("zoe")).is_anyone_else());
    assert!(fixture().stand_in(&principal("alice")).is_anyone_else());
    assert!(policy.names_principals() && !fixture().names_principals());
}

#[test]
fn tools_are_offered_to_those_who_can_use_them() {
    let policy = policy();
    let offered = |who: &str| -> Vec<String> {
        let manifest = manifest();
        let tools = manifest.tools.keys();
        tools
            .filter(|tool| policy.offers(&manifest, &principal(who), tool))
            .cloned()
            .collect()
    };
    assert_eq!(
        offered("alice"),
        ["jira_download_attachment", "jira_get_issue", "jira_search"]
    );
    assert_eq!(
        offered("bob"),
        [
            "jira_add_comment",
            "jira_create_issue",
            "jira_download_attachment",
            "jira_get_issue",
            "jira_search"
        ]
    );
    assert!(!offered("carol").contains(&"jira_create_issue".to_owned()));
}

#[test]
fn refusals_say_whose_they_are_and_what_would_help() {
    let policy = policy();
    let refusal = |who: &str| {
        decide(&policy, "jira_add_comment", comment().of(who))
            .expect_err("refused")
            .refusal
    };
    let alice = refusal("alice");
    assert_eq!(alice.code, RefusalCode::NoRule);
    insta::assert_snapshot!(alice.reason, @"no rule allows `jira_add_comment` of principal `alice` to use jira.comment.add (write) on site `jira`");
    insta::assert_snapshot!(alice.would_allow, @r#"
    # besides this rule its id has to stand in `rules` of [principal.alice] in line 24
    [[rule]]
    id = "allow-jira-comment-add"
    site = "jira"
    routes = ["jira.comment.add"]
    tools = ["jira_add_comment"]
    principals = ["alice"]
    "#);
    let near: Vec<String> = alice
        .nearest
        .iter()
        .map(|near| format!("{} {}: {}", near.rule, near.field, near.detail))
        .collect();
    insta::assert_snapshot!(near.join("\n"), @r"
    comment principal: [principal.alice] in line 24 does not list the rule
    write principals: the rule is not for `alice`
    read classes: the request is of class write
    ");
}

#[test]
fn explanations_are_of_one_or_of_anybody() {
    let policy = policy();
    let question = Question::Tool("jira_add_comment".to_owned());
    let of = |who: Option<&Principal>| explain(&policy, &manifest(), &question, who);
    assert_eq!(of(Some(&principal("alice"))).exit_code(), 1);
    assert_eq!(of(Some(&principal("bob"))).exit_code(), 0);
    let anybody = of(None);
    assert_eq!(anybody.exit_code(), 0);
    let names: Vec<&str> = anybody.principals.iter().map(Principal::as_str).collect();
    assert_eq!(names, ["anyone-else", "bob"]);
    let create = Question::Path {
        method: "POST".to_owned(),
        site: "jira".to_owned(),
        product: None,
        path: "/rest/api/3/issue".to_owned(),
        query: Vec::new(),
        tool: None,
    };
    insta::assert_snapshot!(explain(&policy, &manifest(), &create, None).human());
}

#[test]
fn a_report_says_who() {
    let policy = policy();
    let told = report(&policy, &manifest(), &ReportInputs::default()).expect("within the bound");
    insta::assert_snapshot!(told.human());
    let alice = principal("alice");
    let inputs = ReportInputs {
        principal: Some(&alice),
        ..ReportInputs::default()
    };
    let hers = report(&policy, &manifest(), &inputs).expect("within the bound");
    assert!(
        hers.rows.iter().all(|row| row.class == Class::Read),
        "{}",
        hers.human()
    );
    assert!(!hers.rows.is_empty());
    let bob = principal("bob");
    let inputs = ReportInputs {
        principal: Some(&bob),
        ..ReportInputs::default()
    };
    let his = report(&policy, &manifest(), &inputs).expect("within the bound");
    assert_eq!((hers.principals.len(), his.principals.len()), (1, 0));
}

/// Taking a section away gives access, to that principal alone.
#[test]
fn a_difference_says_who() {
    let told = diff(&policy(), &parse(RULES), &manifest()).expect("within the bound");
    assert!(told.has_new_access());
    insta::assert_snapshot!(told.human());
    let other = parse(&format!("{RULES}{}", SECTION.replace("alice", "dora")));
    let told = diff(&parse(RULES), &other, &manifest()).expect("within the bound");
    assert!(!told.has_new_access() && told.has_lost_access());
    assert_eq!(told.newly_denied[0].principals, [principal("dora")]);
}

/// A comment of each.
fn log_of(names: &[&str]) -> Log {
    let mut log = Log::default();
    for who in names {
        let line = format!(
            r#"{{"v":1,"ts":"2026-10-01T08:00:00.000Z","kind":"decision","principal":"{who}","call":"c","tool":"jira_add_comment","site":"jira","product":"jira","method":"POST","template":"/rest/api/3/issue/{{issue-key}}/comment","params":{{"issue-key":"PROJ-1"}},"path":null,"query_keys":[],"verdict":"allow","rule":"comment","route":"jira.comment.add","redirect":null,"reason":null,"req_bytes":2,"tries":1}}"#
        );
        log.read(&line, "audit.jsonl")
            .expect("the host writes it so");
    }
    log
}

#[test]
fn a_log_is_judged_by_who_it_was() {
    let mut log = log_of(&["alice", "bob"]);
    let again = replay(&log, &policy(), &manifest());
    assert_eq!((again.newly_denied, again.same), (1, 1));
    assert_eq!(again.changes[0].principal, principal("alice"));
    let derived = derive(&log, &policy(), &manifest());
    let text = derived.text.expect("bob's was allowed");
    assert!(
        text.contains("principals = [\"bob\"]") && !text.contains("alice\"]"),
        "{text}"
    );
    // Those who needed the same have one rule.
    let derived = derive(&log_of(&["carol", "bob", "dora"]), &policy(), &manifest());
    let text = derived.text.expect("it was allowed");
    assert!(
        text.contains("principals = [\"bob\", \"carol\", \"dora\"]")
            && text.matches("[[rule]]").count() == 1,
        "{text}"
    );
    let broken = log.read(&LINE_OF_NOBODY.replace("NAME", "a b"), "audit.jsonl");
    assert!(broken.is_err());
}

const LINE_OF_NOBODY: &str = r#"{"v":1,"ts":"2026-10-01T08:00:00.000Z","kind":"decision","principal":"NAME","call":"c","tool":"t","site":"jira","product":"jira","method":"POST","template":null,"params":{},"path":"/x","query_keys":[],"verdict":"deny","rule":"default-deny","route":null,"redirect":null,"reason":null,"req_bytes":2,"tries":1}"#;

#[test]
fn sections_that_say_nothing_sure_are_refused() {
    for (text, said) in [
        (
            "[principal.alice]\nrules = [\"raed\"]\n",
            "did you mean \"read\"?",
        ),
        ("[principal.alice]\nrules = []\n", "`rules` is empty"),
        ("[principal.alice]\n", "has no `rules`"),
        (
            "[principal.alice]\nrules = [\"read\"]\nclasses = [\"read\"]\n",
            "unknown key `classes`",
        ),
        (
            "[principal.\"a b\"]\nrules = [\"read\"]\n",
            "no name of a principal",
        ),
        (
            "[principal.anyone-else]\nrules = [\"read\"]\n",
            "all principals that the file does not name",
        ),
        ("[[principal]]\nrules = [\"read\"]\n", "is a table"),
        (
            "[[deny]]\nid = \"d\"\nsite = \"*\"\nclasses = [\"read\"]\nprincipals = [\"a b\"]\n",
            "no name of a principal",
        ),
        (
            "[[deny]]\nid = \"d\"\nsite = \"*\"\nclasses = [\"read\"]\n\n[principal.alice]\nrules = [\"d\"]\n",
            "`rules` has no value \"d\"",
        ),
    ] {
        match Policy::parse(&format!("{RULES}\n{text}"), "policy.toml") {
            Ok(_) => panic!("accepted: {text}"),
            Err(diagnostics) => {
                let diagnostics = diagnostics.to_string();
                assert!(diagnostics.contains(said), "{text}\n{diagnostics}");
            }
        }
    }
}

/// Whatever the file, what is added for somebody takes away from that one alone, and leaves what was meant.
#[test]
fn lines_that_narrow_narrow() {
    let (dora, fixture) = (principal("dora"), fixture());
    let everywhere =
        "\n[[rule]]\nid = \"all\"\nsite = \"*\"\nclasses = [\"read\", \"write\", \"delete\"]\n";
    let wide = parse(&format!("{FIXTURE}{everywhere}"));
    let here = std::collections::BTreeSet::from([site("jira")]);
    let free = Bounds::default();
    let ops = Bounds {
        projects: Some(std::collections::BTreeSet::from(["OPS".to_owned()])),
        spaces: None,
    };
    for policy in [&fixture, &wide, &policy()] {
        for profile in Profile::ALL.map(Some).into_iter().chain([None]) {
            for (sites, bounds) in [
                (None, &free),
                (Some(&here), &free),
                (None, &ops),
                (Some(&here), &ops),
            ] {
                let narrowed = Narrowed {
                    principal: &dora,
                    sites,
                    profile,
                    bounds: bounds.clone(),
                };
                let lines = narrowed.lines(policy).expect("there are rules");
                let after = parse(&format!("{}\n{lines}", policy.text()));
                let told = diff(policy, &after, &manifest()).expect("within the bound");
                assert!(!told.has_new_access(), "{}", told.human());
                for change in &told.newly_denied {
                    assert_eq!(
                        change.principals,
                        std::slice::from_ref(&dora),
                        "{}",
                        told.human()
                    );
                }
                let inputs = ReportInputs {
                    principal: Some(&dora),
                    ..ReportInputs::default()
                };
                let rows = report(&after, &manifest(), &inputs)
                    .expect("within the bound")
                    .rows;
                assert!(!rows.is_empty());
                // The host's own rows have no route.
                for row in rows.into_iter().filter(|row| row.route.is_some()) {
                    assert!(
                        !profile.is_some_and(|profile| profile.beyond().contains(&row.class)),
                        "{row:?}"
                    );
                    assert!(
                        sites.is_none_or(|sites| sites.contains(&row.site)),
                        "{row:?}"
                    );
                    let is_held = row.limits.contains(&"projects OPS".to_owned());
                    let is_bound = bounds.projects.is_some() && row.product == Product::Jira;
                    assert_eq!(is_held, is_bound, "{row:?}");
                }
            }
        }
    }
    let narrowed = Narrowed {
        principal: &dora,
        sites: Some(&here),
        profile: Some(Profile::ReadOnly),
        bounds: free,
    };
    insta::assert_snapshot!(narrowed.lines(&wide).expect("there are rules"));
    // Only a rule for every site has to be taken back from the others.
    let everything = |policy: &Policy| {
        let narrowed = Narrowed {
            profile: None,
            ..narrowed.clone()
        };
        narrowed.lines(policy).expect("there are rules")
    };
    assert!(!everything(&fixture).contains("[[deny]]") && everything(&wide).contains("[[deny]]"));
    let elsewhere = std::collections::BTreeSet::from([site("nowhere")]);
    let refused = Narrowed {
        sites: Some(&elsewhere),
        ..narrowed.clone()
    }
    .lines(&wide);
    assert!(matches!(refused, Err(NarrowError::UnknownSite { .. })));
    let alice = principal("alice");
    let refused = Narrowed {
        principal: &alice,
        ..narrowed
    }
    .lines(&policy());
    assert!(
        matches!(refused, Err(NarrowError::Taken { line: 24, .. })),
        "{refused:?}"
    );
}
