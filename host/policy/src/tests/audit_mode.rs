//! Audit mode: what it lets pass, what it never does, when it ends, and who says so.

use super::checks::codes;
use super::*;
use crate::{AUDIT_MODE, Day, ReportInputs, diff, explain, report};

const SITES: &str = "[site.jira]\norigin = \"https://jira.example.test\"\ndeployment = \"cloud\"\nproducts = [\"jira\"]\n\n\
    [site.wiki]\norigin = \"https://wiki.example.test\"\ndeployment = \"cloud\"\nproducts = [\"confluence\"]\n";

const SEARCH: &str =
    "\n[[rule]]\nid = \"search\"\nsite = \"jira\"\nroutes = [\"jira.issue.search\"]\n";

fn day(text: &str) -> Day {
    Day::parse(text).expect("a day")
}

fn file(rules: &str) -> Policy {
    parse(&format!(
        "version = 1\nmode = \"audit\"\naudit-until = 2026-12-31\n\n{SITES}{rules}"
    ))
}

fn all_tools() -> Manifest {
    let json = r#"{"tools":[
        {"name":"all","routes":["jira.issue.get","jira.issue.search","jira.issue.update","jira.issue.create","jira.comment.add","jira.issue.delete"]},
        {"name":"other","routes":["jira.issue.get","jira.comment.add"]}]}"#;
    Manifest::from_json(json.as_bytes(), "sha256:test").expect("the JSON is well formed")
}

/// The rule that allows it on the audit mode's last day, or why it is refused; the same by `explain`.
fn verdict(policy: &Policy, tool: &str, ask: &Ask) -> Result<String, RefusalCode> {
    let policy = policy.as_of(day("2026-12-31"));
    let decided = policy.decide(&all_tools(), &ask.caller(tool), ask.clone());
    if ask.body_len == 0 {
        let told = explain(
            &policy,
            &all_tools(),
            &ask.question(tool),
            Some(&ask.principal),
        );
        assert_eq!(told.is_allowed(), decided.is_ok(), "{}", told.human());
    }
    decided
        .map(|decision| decision.permit().rule.clone())
        .map_err(|refused| refused.refusal.code)
}

fn passes(policy: &Policy, tool: &str, ask: &Ask) -> bool {
    match verdict(policy, tool, ask) {
        Ok(rule) => {
            assert_eq!(rule, AUDIT_MODE);
            true
        }
        Err(_) => false,
    }
}

fn get() -> Ask {
    Ask::jira(Method::Get, "/rest/api/3/issue/PROJ-1")
}

fn comment() -> Ask {
    Ask::jira(Method::Post, "/rest/api/3/issue/PROJ-1/comment")
}

fn delete() -> Ask {
    Ask::jira(Method::Delete, "/rest/api/3/issue/PROJ-1")
}

#[test]
fn what_only_lacks_a_rule_passes_until_the_last_day() {
    let policy = file(SEARCH);
    for ask in [get(), comment()] {
        assert!(passes(&policy, "all", &ask), "{ask:?}");
        for today in ["2027-01-01", "2028-06-01"] {
            let ended = policy.as_of(day(today));
            assert!(
                ended
                    .decide(&all_tools(), &ask.caller("all"), ask.clone())
                    .is_err()
            );
            assert_eq!(ended.audit_banner(), None);
        }
        // Whoever does not ask for a day gets a file that enforces.
        assert!(
            policy
                .decide(&all_tools(), &ask.caller("all"), ask.clone())
                .is_err()
        );
    }
    let search = Ask::jira(Method::Post, "/rest/api/3/search/jql");
    assert_eq!(verdict(&policy, "all", &search), Ok("search".to_owned()));
    let enforcing = parse(&format!(
        "version = 1\nmode = \"enforce\"\n\n{SITES}{SEARCH}"
    ));
    assert!(verdict(&enforcing, "all", &get()).is_err());
    // A tool that only audit mode lets do anything is offered as long.
    let alice = principal("alice");
    let offers = |policy: &Policy| policy.offers(&all_tools(), &alice, "other");
    assert!(!offers(&policy) && offers(&policy.as_of(day("2026-12-31"))));
}

#[test]
fn what_lacks_more_than_a_rule_never_passes() {
    let with = |lines: &str| file(&format!("{SEARCH}\n{lines}\n"));
    let rule = |lines: &str| with(&format!("[[rule]]\nid = \"t\"\nsite = \"jira\"\n{lines}"));
    let reads = "classes = [\"read\"]";
    for (what, policy, tool, ask) in [
        (
            "a denial",
            with("[[deny]]\nid = \"d\"\nsite = \"*\"\nclasses = [\"read\"]"),
            "all",
            get(),
        ),
        ("a deletion", file(SEARCH), "all", delete()),
        (
            "a route that the tool does not declare",
            file(SEARCH),
            "other",
            Ask::jira(Method::Put, "/rest/api/3/issue/PROJ-1"),
        ),
        ("a tool that there is not", file(SEARCH), "none", get()),
        (
            "a path that means nothing",
            file(SEARCH),
            "all",
            Ask::jira(Method::Get, "/rest/auth/1/session"),
        ),
        (
            "a credential",
            file(SEARCH),
            "all",
            Ask::jira(Method::Post, "/rest/pat/latest/tokens"),
        ),
        (
            "a query name that the route has not",
            file(SEARCH),
            "all",
            get().with_query(&[("os_authType", "basic")]),
        ),
        (
            "another product",
            file(SEARCH),
            "all",
            get().at("wiki", Product::Jira, Deployment::Cloud),
        ),
        (
            "a question to a person",
            rule("classes = [\"write\"]\nconfirm = true\ntools = [\"other\"]"),
            "all",
            comment(),
        ),
        (
            "a rule for somebody else",
            rule(&format!("{reads}\nprincipals = [\"bob\"]")),
            "all",
            get(),
        ),
        (
            "a list of one's own",
            with("[principal.alice]\nrules = [\"search\"]"),
            "all",
            get(),
        ),
        (
            "a longer body than the rule's",
            rule("routes = [\"jira.comment.add\"]\nrequest-max-bytes = 10"),
            "all",
            comment().with_body(11),
        ),
        (
            "a query name that the rule leaves out",
            rule(
                "methods = [\"GET\"]\npath = \"/rest/api/3/issue/{issue-key}\"\ntools = [\"all\"]",
            ),
            "all",
            get().with_query(&[("fields", "x")]),
        ),
        (
            "another project than the rule's",
            rule(&format!("{reads}\nprojects = [\"OPS\"]")),
            "all",
            get(),
        ),
        (
            "a project that no rule of the site lists",
            rule(&format!("{reads}\nprojects = [\"OPS\"]")),
            "all",
            comment(),
        ),
    ] {
        assert!(verdict(&policy, tool, &ask).is_err(), "{what}");
    }
}

#[test]
fn what_passes_is_held_to_the_projects_of_the_sites_rules() {
    let policy = file(
        "\n[[rule]]\nid = \"read\"\nsite = \"jira\"\nclasses = [\"read\"]\nprojects = [\"PROJ\"]\n",
    );
    assert!(passes(&policy, "all", &comment()));
    let create = Ask::jira(Method::Post, "/rest/api/3/issue");
    let naming = |key: &str| {
        create
            .clone()
            .with_json(serde_json::json!({"fields": {"project": {"key": key}}}))
    };
    assert!(passes(&policy, "all", &naming("PROJ")));
    assert!(!passes(&policy, "all", &naming("OPS")));
}

/// No route of the catalogue that audit mode could open hands out credentials, fetches URLs or administers.
#[test]
fn the_catalogue_has_no_hazard_that_could_pass() {
    use crate::vocabulary::Class;
    for route in crate::catalogue().routes() {
        if matches!(route.class, Class::Read | Class::Write) {
            let hazard = crate::hazard::of_parts(route.template.parts());
            assert!(hazard.is_none(), "{}", route.id.as_str());
        }
    }
}

#[test]
fn everything_that_people_read_says_so() {
    let policy = file(SEARCH);
    let auditing = policy.as_of(day("2026-11-22"));
    let told = explain(&auditing, &all_tools(), &get().question("all"), None);
    assert_eq!((told.verdict, told.rule.as_str()), ("allow", AUDIT_MODE));
    assert!(
        told.human().contains("AUDIT MODE until 2026-12-31"),
        "{}",
        told.human()
    );
    let told = report(&auditing, &all_tools(), &ReportInputs::default()).expect("within the bound");
    for text in [
        told.human(),
        told.markdown().replace('\\', ""),
        told.html(),
        told.json(),
    ] {
        assert!(text.contains("AUDIT MODE until 2026-12-31"), "{text}");
        assert!(!text.contains("everything else is refused"), "{text}");
    }
    assert!(codes(policy.text()).contains(&"P015"));
}

#[test]
fn entering_it_and_staying_longer_is_new_access() {
    let enforcing = parse(&format!("version = 1\n\n{SITES}{SEARCH}"));
    let (short, long) = (
        file(SEARCH),
        parse(&file(SEARCH).text().replace("12-31", "12-30")),
    );
    for (old, new, exit, said) in [
        (
            &enforcing,
            &short,
            1,
            "+ mode: enforce -> audit until 2026-12-31",
        ),
        (
            &long,
            &short,
            1,
            "+ mode: audit until 2026-12-30 -> audit until 2026-12-31",
        ),
        (
            &short,
            &long,
            0,
            "- mode: audit until 2026-12-31 -> audit until 2026-12-30",
        ),
        (
            &short,
            &enforcing,
            0,
            "- mode: audit until 2026-12-31 -> enforce",
        ),
    ] {
        let told = diff(old, new, &all_tools()).expect("within the bound");
        assert_eq!(told.exit_code(false), exit, "{}", told.human());
        assert!(told.human().contains(said), "{}", told.human());
        assert_eq!(
            told.sarif().contains("\"ruleId\": \"D004\""),
            exit == 1,
            "{}",
            told.sarif()
        );
        assert_eq!(told.exit_code(true), 1);
    }
}
