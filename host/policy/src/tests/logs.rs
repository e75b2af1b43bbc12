//! Audit logs: read strictly, replayed truly, and turned into no more than was used.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::generate::{Dice, manifest_of_many, policy, request};
use super::*;
use crate::{Log, derive, diff, replay};

/// A minute after the one before it, so that no rate is used up.
fn lines(
    policy: &Policy,
    manifest: &Manifest,
    asked: impl IntoIterator<Item = (&'static str, Ask)>,
) -> Vec<String> {
    let asked = asked.into_iter().enumerate();
    asked
        .map(|(minute, (tool, ask))| {
            let mut line = line(policy, manifest, tool, &ask);
            line["ts"] = json!(format!("2026-10-01T08:{:02}:00.000Z", minute % 60));
            line.to_string()
        })
        .collect()
}

/// The line that the host writes for a decision.
fn line(policy: &Policy, manifest: &Manifest, tool: &str, ask: &Ask) -> Value {
    let caller = ask.caller(tool);
    let path = format!("/{}", ask.segments.join("/"));
    let names: Vec<&String> = ask.query.iter().map(|(name, _)| name).collect();
    let mut line = json!({
        "seq": 0, "v": 1, "ts": "2026-10-01T08:00:00.000Z", "kind": "decision", "principal": ask.principal, "call": "c1",
        "tool": tool, "site": ask.site, "product": ask.product, "deployment": ask.deployment, "method": ask.method, "template": null,
        "params": {}, "path": path, "query_keys": names, "operation": null, "policy": policy.digest(),
        "component": "sha256:test", "redirect": null, "req_bytes": ask.body_len, "tries": 1,
        "resp_bytes": 10, "status": 200, "ms": 3, "secret": "acme", "addr": null, "redactions": 0,
    });
    let (template, params) = match policy.decide(manifest, &caller, ask.clone()) {
        Ok(permitted) => {
            let permit = permitted.permit();
            line["verdict"] = json!("allow");
            line["rule"] = json!(permit.rule);
            line["route"] = json!(permit.route);
            line["question"] = json!(permit.confirm.as_ref().map(|_| "1"));
            (Some(permit.template.clone()), permit.params.clone())
        }
        Err(refused) => {
            let refusal = *refused.refusal;
            line["verdict"] = json!("deny");
            line["rule"] = json!(refusal.rule);
            line["route"] = json!(refusal.route);
            line["reason"] = json!(refusal.reason);
            (line["req_bytes"], line["tries"]) = (json!(0), json!(0));
            (refusal.template, refusal.params)
        }
    };
    if let Some(template) = template {
        line["template"] = json!(template);
        line["path"] = Value::Null;
        let mut filled: BTreeMap<String, String> = BTreeMap::new();
        for (kind, value) in params {
            let same = filled
                .keys()
                .filter(|key| key.split('#').next() == Some(kind.as_str()))
                .count();
            let key = if same == 0 {
                kind
            } else {
                format!("{kind}#{}", same + 1)
            };
            filled.insert(key, value);
        }
        line["params"] = json!(filled);
    }
    line
}

fn read(text: &str) -> Log {
    let mut log = Log::default();
    match log.read(text, "audit.jsonl") {
        Ok(()) => log,
        Err(broken) => panic!("{broken}\n{text}"),
    }
}

#[test]
fn what_was_derived_denies_nothing_that_was_used_and_allows_nothing_new() {
    let manifest = manifest_of_many();
    let mut dice = Dice::new(53);
    let (mut derived_rules, mut allowed, mut excused) = (0, 0, 0);
    for round in 0..400 {
        let policy = policy(&mut dice);
        // A log does not say what a site was that the policy leaves open.
        let is_known = |ask: &Ask| {
            let site = policy.site(&ask.site).expect("both sites are always there");
            site.known_deployment() == Some(ask.deployment)
        };
        // What a body names stands in no log.
        let requests = (0..60).map(|_| request(&mut dice, &policy));
        let requests = requests.map(|(tool, ask)| (tool, ask.naming_nothing()));
        let lines = lines(
            &policy,
            &manifest,
            requests.filter(|(_, ask)| is_known(ask)),
        );
        let log = read(&lines.join("\n"));
        let again = replay(&log, &policy, &manifest);
        assert_eq!(again.exit_code(), 0, "round {round}\n{}", again.human());
        assert_eq!(again.not_asked, 0);
        let derived = derive(&log, &policy, &manifest);
        let Some(text) = derived.text else { continue };
        let narrow = match Policy::parse(&text, "derived.toml") {
            Ok(narrow) => narrow,
            Err(diagnostics) => panic!("round {round}\n{diagnostics}\n{text}"),
        };
        let now = replay(&log, &narrow, &manifest);
        let is_excused = |times: &str| times.trim_end_matches(':').parse::<usize>().unwrap_or(1);
        let left_out = derived
            .left_out
            .iter()
            .filter_map(|line| line.split(' ').next());
        // Left out by one rule, it may still be allowed by another.
        assert!(
            now.newly_denied <= left_out.map(is_excused).sum::<usize>(),
            "round {round}\n{}\n{text}\n===\n{}",
            now.human(),
            policy.text()
        );
        excused += now.newly_denied;
        let told = diff(&policy, &narrow, &manifest).expect("within the bound");
        assert!(
            !told.has_new_access(),
            "round {round}\n{}\n{text}\n===\n{}",
            told.human(),
            policy.text()
        );
        derived_rules += narrow.rules().count();
        allowed += log
            .records
            .iter()
            .filter(|record| record.is_allowed)
            .count();
    }
    assert!(
        derived_rules > 250 && allowed > 700 && excused < allowed / 5,
        "{derived_rules} {allowed} {excused}"
    );
}

fn lines_of_the_fixture() -> String {
    let (policy, manifest) = (fixture(), manifest());
    let get = |path: &str| Ask::jira(Method::Get, path);
    let mut lines: Vec<Value> = [
        (
            "jira_get_issue",
            get("/rest/api/3/issue/PROJ-1").with_query(&[("fields", "x")]),
        ),
        ("jira_get_issue", get("/rest/api/3/issue/OPS-7")),
        (
            "jira_download_attachment",
            get("/rest/api/3/attachment/content/10001"),
        ),
        (
            "jira_search",
            Ask::jira(Method::Post, "/rest/api/3/search/jql").with_body(70),
        ),
        (
            "jira_create_issue",
            Ask::jira(Method::Post, "/rest/api/3/issue"),
        ),
        ("jira_get_issue", get("/rest/auth/1/session")),
    ]
    .iter()
    .map(|(tool, ask)| line(&policy, &manifest, tool, ask))
    .collect();
    for (day, line) in lines.iter_mut().enumerate() {
        line["ts"] = json!(format!("2026-10-0{}T08:00:00.000Z", day + 1));
    }
    lines[2]["redirect"] = json!("media");
    let mut intent = lines[4].clone();
    intent["kind"] = json!("intent");
    let mut own = lines[0].clone();
    (own["tool"], own["rule"]) = (json!("host"), json!("host-jira-server-info"));
    let mut limit = lines[0].clone();
    (limit["verdict"], limit["rule"]) = (json!("deny"), json!("host.budget"));
    lines.extend([intent, own, limit]);
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_replay_reads_well() {
    let log = read(&lines_of_the_fixture());
    let new = FIXTURE.replacen("redirect = \"media\"\n", "", 1).replacen(
        "query = [\"fields\", \"expand\"]\n",
        "query = [\"expand\"]\n",
        1,
    ) + "\n[[rule]]\nid = \"create\"\nsite = \"jira\"\nroutes = [\"jira.issue.create\"]\n";
    let told = replay(&log, &parse(&new), &manifest());
    assert_eq!(
        (
            told.decisions,
            told.newly_denied,
            told.newly_allowed,
            told.exit_code()
        ),
        (6, 2, 1, 1)
    );
    insta::assert_snapshot!(told.human());
    insta::assert_snapshot!(told.json());
    let same = replay(&log, &fixture(), &manifest());
    assert_eq!(same.exit_code(), 0, "{}", same.human());
}

#[test]
fn a_derived_policy_reads_well() {
    let log = read(&lines_of_the_fixture());
    let wide = format!(
        "{FIXTURE}\n[[deny]]\nid = \"never-delete\"\nsite = \"*\"\nclasses = [\"delete\"]\n"
    );
    let derived = derive(&log, &parse(&wide), &manifest());
    let text = derived.text.expect("something was used");
    insta::assert_snapshot!(text.replace(&parse(&wide).digest(), "sha256:…"));
    // Under a policy that allows less, what was allowed then is no reason to allow it again.
    let narrow = FIXTURE.replacen("{issue-key}\"\nquery", "{PROJ-1|PROJ-2}\"\nquery", 1);
    let derived = derive(&log, &parse(&narrow), &manifest());
    assert!(
        derived
            .left_out
            .iter()
            .any(|line| line.contains("does not allow it any more")),
        "{derived:?}"
    );
    let text = derived.text.expect("the rest was used");
    assert!(
        text.contains("path = \"/rest/api/3/issue/{PROJ-1|PROJ-2}\""),
        "{text}"
    );
    assert!(
        !text.contains("path = \"/rest/api/3/issue/{issue-key}\""),
        "{text}"
    );
}

/// The rule was for every site; what is derived is for one, and says nothing of a product that it does not have.
#[test]
fn a_derived_rule_keeps_the_bounds_of_its_site() {
    let site = |name: &str, product: &str| {
        format!(
            "[site.{name}]\norigin = \"https://{name}.example.test\"\ndeployment = \"cloud\"\nproducts = [\"{product}\"]\n"
        )
    };
    let bound = parse(&format!(
        "version = 1\n{}{}[[rule]]\nid = \"r\"\nsite = \"*\"\nclasses = [\"read\"]\nprojects = [\"PROJ\"]\nspaces = [\"DOCS\"]\n",
        site("jira", "jira"),
        site("wiki", "confluence")
    ));
    let ask = Ask::jira(Method::Get, "/rest/api/3/issue/PROJ-1");
    let line = line(&bound, &manifest(), "jira_get_issue", &ask);
    let derived = derive(&read(&line.to_string()), &bound, &manifest());
    let text = derived.text.expect("something was used");
    let rule = parse(&text).rules().next().map(|rule| rule.bounds.clone());
    let bounds = rule.expect("the rule was used");
    assert!(
        bounds.projects.is_some() && bounds.spaces.is_none(),
        "{text}"
    );
}

#[test]
fn an_attack_in_the_log_becomes_no_rule() {
    let with = |rule: &str| {
        parse(&format!(
            "{FIXTURE}\n[[rule]]\nid = \"t\"\nsite = \"jira\"\nmethods = [\"GET\"]\n{rule}\ntools = [\"jira_get_issue\"]\n"
        ))
    };
    for (rule, path, query) in [
        (
            "path = \"/rest/auth/1/session\"",
            "/rest/auth/1/session",
            "",
        ),
        (
            "path = \"/rest/{segment}/1/session\"",
            "/rest/x/1/session",
            "",
        ),
        (
            "path = \"/plugins/servlet/gadgets/makeRequest\"",
            "/plugins/servlet/gadgets/makeRequest",
            "",
        ),
        ("path = \"/rest/plugins/1.0\"", "/rest/plugins/1.0", ""),
        ("path = \"/rest/x\"\nclass = \"admin\"", "/rest/x", ""),
        (
            "path = \"/rest/x\"\nquery = [\"os_authType\"]",
            "/rest/x",
            "os_authType",
        ),
    ] {
        let policy = with(rule);
        let mut ask = Ask::jira(Method::Get, path);
        if !query.is_empty() {
            ask = ask.with_query(&[(query, "1")]);
        }
        let line = line(&policy, &manifest(), "jira_get_issue", &ask);
        assert_eq!(line["verdict"], "allow", "{rule}");
        let derived = derive(&read(&line.to_string()), &policy, &manifest());
        assert_eq!((derived.text, derived.left_out.len()), (None, 1), "{rule}");
    }
    // Refused then, and allowed by today's policy: still no rule.
    let policy = with("path = \"/rest/x\"");
    let mut refused = line(
        &policy,
        &manifest(),
        "jira_get_issue",
        &Ask::jira(Method::Get, "/rest/x"),
    );
    refused["verdict"] = json!("deny");
    assert_eq!(
        derive(&read(&refused.to_string()), &policy, &manifest()).text,
        None
    );
}

#[test]
fn a_broken_line_is_named_and_nothing_is_guessed() {
    let good = line(
        &fixture(),
        &manifest(),
        "jira_get_issue",
        &Ask::jira(Method::Get, "/rest/api/3/issue/PROJ-1"),
    );
    let without = |key: &str| {
        let mut line = good.clone();
        line.as_object_mut().expect("an object").remove(key);
        line.to_string()
    };
    let with = |key: &str, value: Value| {
        let mut line = good.clone();
        line[key] = value;
        line.to_string()
    };
    let good = good.to_string();
    for (bad, what) in [
        (good[..good.len() / 2].to_owned(), "the line breaks off"),
        ("not json".to_owned(), "not JSON"),
        ("[]".to_owned(), "not an audit line"),
        ("{}".to_owned(), "missing field"),
        (without("tool"), "missing field `tool`"),
        (without("verdict"), "missing field `verdict`"),
        (without("params"), "missing field `params`"),
        (with("params", json!({})), "no value for `issue-key`"),
        (with("v", json!(2)), "version 2"),
        (with("kind", json!("decided")), "kind \"decided\""),
        (with("verdict", json!("maybe")), "verdict \"maybe\""),
        (with("deployment", json!("moon")), "deployment \"moon\""),
        (with("method", json!("get")), "method \"get\""),
        (with("product", json!("bitbucket")), "product \"bitbucket\""),
        (with("site", json!("*")), "site \"*\""),
        (with("template", json!("/rest/*")), "the template"),
        (
            with("template", Value::Null),
            "neither `template` nor `path`",
        ),
    ] {
        let text = format!("{good}\n{good}\n{bad}\n{good}\n");
        let Err(broken) = Log::default().read(&text, "audit.jsonl") else {
            panic!("{bad} was read")
        };
        assert_eq!(broken.lines.len(), 1, "{bad}");
        assert!(
            broken.to_string().starts_with("audit.jsonl:3: "),
            "{broken}"
        );
        assert!(broken.to_string().contains(what), "{broken}\nnot {what}");
    }
}

#[test]
fn many_broken_lines_are_counted_and_empty_ones_are_none() {
    let broken = |count: usize| {
        let text = "\nnot json".repeat(count);
        let Err(broken) = Log::default().read(&text, "audit.jsonl") else {
            panic!("broken lines were read")
        };
        broken.to_string()
    };
    assert!(broken(20).contains("audit.jsonl:21: ") && !broken(20).contains("more"));
    assert!(broken(22).contains("audit.jsonl:21: ") && broken(22).contains("… and 2 more"));
    assert!(!broken(22).contains("audit.jsonl:22: "));
    assert!(Log::default().read("\n\n", "audit.jsonl").is_ok());
}

#[test]
fn rules_that_allowed_something_were_used() {
    let log = read(&lines_of_the_fixture());
    let used: Vec<String> = log.used_rules().into_iter().collect();
    assert!(used.contains(&"jira-issue-read".to_owned()), "{used:?}");
    assert!(!used.contains(&"default-deny".to_owned()), "{used:?}");
    assert_eq!(log.begins(), Some("2026-10-01T08:00:00.000Z"));
}

/// A line of an older host does not name the deployment: the template tells which row it was, else the site.
#[test]
fn a_line_without_a_deployment_is_asked_again_for_each_that_it_may_have_been() {
    let open = "version = 1\n[site.jira]\norigin = \"https://jira.example.test\"\nproducts = [\"jira\"]\n[[rule]]\nid = \"r\"\nsite = \"jira\"\nclasses = [\"read\"]\n";
    let with = |path: &str, template: Option<&str>| {
        let mut line = line(
            &fixture(),
            &manifest(),
            "jira_get_issue",
            &Ask::jira(Method::Get, "/rest/api/3/issue/PROJ-1"),
        );
        line["deployment"] = Value::Null;
        line["path"] = json!(path);
        if let Some(template) = template {
            line["template"] = json!(template);
        }
        let told = replay(&read(&line.to_string()), &parse(open), &manifest());
        (told.same, told.newly_denied)
    };
    assert_eq!(with("/rest/api/3/issue/PROJ-1", None), (1, 0));
    assert_eq!(
        with(
            "/rest/api/2/issue/PROJ-1",
            Some("/rest/api/2/issue/{issue-key}")
        ),
        (1, 0)
    );
}

#[test]
fn what_the_log_has_cut_is_counted_and_left() {
    let mut cut = line(
        &fixture(),
        &manifest(),
        "jira_get_issue",
        &Ask::jira(Method::Get, "/rest/x"),
    );
    cut["path"] = json!("/rest/xxx… (9000 bytes, sha256:0011223344556677)");
    let mut many = cut.clone();
    many["path"] = json!("/rest/x");
    many["query_keys"] = json!((0..32).map(|n| format!("n{n}")).collect::<Vec<_>>());
    let told = replay(&read(&format!("{cut}\n{many}\n")), &fixture(), &manifest());
    assert_eq!(
        (told.decisions, told.not_asked, told.same),
        (2, 2, 0),
        "{}",
        told.human()
    );
}

#[test]
fn every_slot_of_the_log_is_told_apart() {
    // Two parameters of one kind keep their order.
    let policy = parse(&format!(
        "{FIXTURE}\n[[rule]]\nid = \"t\"\nsite = \"jira\"\nmethods = [\"GET\"]\npath = \"/rest/own/{{id}}/{{a|b}}/{{id}}/{{c|d}}\"\ntools = [\"jira_get_issue\"]\n"
    ));
    let line = line(
        &policy,
        &manifest(),
        "jira_get_issue",
        &Ask::jira(Method::Get, "/rest/own/1/b/2/c"),
    );
    let log = read(&line.to_string());
    let told = replay(&log, &policy, &manifest());
    assert_eq!((told.same, told.decisions), (1, 1), "{}", told.human());
}

#[test]
fn a_record_can_be_explained_under_another_policy() {
    let log = read(&lines_of_the_fixture());
    let record = log.records.first().expect("there are records");
    assert_eq!(record.place, "audit.jsonl:1");
    let question = record.question().expect("the log holds all of it");
    let mut told = crate::explain(&fixture(), &manifest(), &question, None);
    assert!(told.is_allowed());
    told.name_credential(&BTreeMap::from([(
        site("jira"),
        "env:JIRA_API_TOKEN".to_owned(),
    )]));
    assert!(
        told.human()
            .contains("that of site `jira`: env:JIRA_API_TOKEN"),
        "{}",
        told.human()
    );
    told.name_credential(&BTreeMap::new());
    assert!(
        told.human().contains("none is configured"),
        "{}",
        told.human()
    );
    let narrow = parse(&FIXTURE.replacen("query = [\"fields\", \"expand\"]\n", "", 1));
    assert!(!crate::explain(&narrow, &manifest(), &question, None).is_allowed());
}
