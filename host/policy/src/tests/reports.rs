//! Who can reach what: complete, true, and safe to open in whatever it is opened in.

use std::collections::BTreeMap;

use super::generate::{Dice, manifest_of_many, policy, request};
use super::*;
use crate::{HostRequest, Log, Report, ReportInputs, Runtime, export, report};

fn of_fixture() -> Report {
    let text = format!(
        "{FIXTURE}\n[site.asked]\norigin = \"https://asked.example.test\"\nproducts = [\"jira\"]\nproxy = \"http://proxy.example.test:3128\"\nclient-cert = \"/me<b>.pem\"\nheaders = [\"X-Gateway-Key\"]\n\n[[rule]]\nid = \"read\"\nsite = \"asked\"\nclasses = [\"read\"]\naccept = [{{ code = \"P006\", reason = \"all readers | <all>\", until = 2027-01-01 }}]\n\n[[deny]]\nid = \"never\"\nsite = \"*\"\nclasses = [\"delete\", \"admin\"]\n"
    );
    let credentials = BTreeMap::from([
        (site("jira"), "env:JIRA_API_TOKEN".to_owned()),
        (site("confluence"), "store:…".to_owned()),
    ]);
    let mut log = Log::default();
    log.read(
        r#"{"v":1,"ts":"2026-10-01T08:00:00.000Z","kind":"decision","principal":"alice","call":"c","tool":"jira_get_issue","site":"jira","product":"jira","method":"GET","template":"/rest/api/3/issue/{issue-key}","params":{"issue-key":"PROJ-1"},"path":null,"query_keys":[],"verdict":"allow","rule":"jira-issue-read","route":"jira.issue.get","redirect":null,"reason":null,"req_bytes":0,"tries":1}"#,
        "audit.jsonl",
    )
    .expect("the line is whole");
    let inputs = ReportInputs {
        principal: None,
        credentials: Some(&credentials),
        log: Some(&log),
        host_requests: &[
            HostRequest {
                rule: "host-jira-server-info",
                product: Some(Product::Jira),
                deployment: None,
                method: Method::Get,
                path: "/rest/api/2/serverInfo",
            },
            HostRequest {
                rule: "host-token",
                product: None,
                deployment: Some(Deployment::DataCenter),
                method: Method::Post,
                path: "/rest/oauth2/latest/token",
            },
        ],
    };
    let policy = parse(&text);
    let mut told = report(&policy, &manifest(), &inputs).expect("within the bound");
    told.policy_digest = "sha256:…".to_owned();
    told
}

#[test]
fn the_report_reads_well_in_every_form() {
    let told = of_fixture();
    insta::assert_snapshot!(told.human());
    insta::assert_snapshot!(told.markdown());
    insta::assert_snapshot!(told.csv());
    insta::assert_snapshot!(told.html());
}

#[test]
fn runtimes_are_known_by_name() {
    let named = |name| Runtime::parse(name);
    assert_eq!(named("spin"), Some(Runtime::Spin));
    assert_eq!(named("wasmcloud"), Some(Runtime::WasmCloud));
    assert_eq!(named(""), None);
}

#[test]
fn the_page_loads_nothing_and_runs_nothing() {
    let html = of_fixture().html();
    for word in [
        "<script", "src=", "href=", "url(", "@import", "onclick", "<iframe", "<form",
    ] {
        assert!(!html.contains(word), "{word}");
    }
    assert!(html.contains("default-src 'none'"));
    assert!(!html.contains("<all>"), "text of the file is escaped");
    assert_eq!(html.matches("<tr").count(), html.matches("</tr>").count());
}

/// A request is allowed exactly if the report has a row for its tool, site, method and path that it fits into.
#[test]
fn nothing_is_allowed_that_the_report_does_not_show() {
    let manifest = manifest_of_many();
    let mut dice = Dice::new(77);
    let mut allowed = 0;
    for _ in 0..150 {
        let policy = policy(&mut dice);
        let told = report(&policy, &manifest, &ReportInputs::default()).expect("within the bound");
        for _ in 0..20 {
            let (tool, ask) = request(&mut dice, &policy);
            let caller = ask.caller(tool);
            let Ok(permitted) = policy.decide(&manifest, &caller, ask.clone()) else {
                continue;
            };
            let permit = permitted.permit();
            let is_shown = told.rows.iter().any(|row| {
                let is_named = row
                    .rules
                    .iter()
                    .any(|rule| rule.starts_with(&format!("{} (", permit.rule)));
                let is_listed = |who: &Principal| row.principals.contains(who);
                let is_theirs = row.principals.is_empty()
                    || is_listed(&ask.principal)
                    || is_listed(&Principal::anyone_else());
                is_named
                    && is_theirs
                    && (row.tool.as_str(), &row.site, row.method, row.class)
                        == (tool, &ask.site, ask.method, permit.class)
                    && row.deployments.contains(&ask.deployment)
                    && row.path.matches('/').count() == ask.segments.len()
                    && ask.query.iter().all(|(name, _)| row.query.contains(name))
            });
            assert!(
                is_shown,
                "{tool} {ask:?}\n{}\n{}",
                told.human(),
                policy.text()
            );
            allowed += 1;
        }
    }
    assert!(allowed > 150, "{allowed}");
}

#[test]
fn other_runtimes_get_the_origins_that_rules_lead_to() {
    let policy = fixture();
    let digest = policy.digest();
    let shown = |runtime| export(&policy, runtime).replace(&digest, "sha256:…");
    insta::assert_snapshot!(shown(Runtime::Spin));
    insta::assert_snapshot!(shown(Runtime::WasmCloud));
}
