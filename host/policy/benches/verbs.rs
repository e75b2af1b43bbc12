//! How long one decision takes with 200 rules, and each verb; medians, printed. `cargo bench -p policy`.
//!
//! Fails where a figure is over what is promised: 2 µs for a decision, 1 s for a verb, 10 s for 100,000 records.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use policy::{
    BodyView, Caller, Deployment, Log, Manifest, Method, Policy, Principal, Product, ReportInputs,
    SiteName, Subject, Surroundings, check, derive, diff, explain, replay, report,
};

const RULES: usize = 200;
const RECORDS: usize = 100_000;
const BOUND: &str = "200 rules can be compared exactly";

fn main() {
    let (policy, manifest) = (parse(&text(0)), manifest());
    let other = parse(&text(1));
    assert_eq!(policy.rules().count() + policy.denies().count(), RULES);
    println!("{RULES} rules, {} sites", policy.sites().len());

    let issue = ask("s1", Method::Get, "/rest/api/3/issue/PROJ-1");
    let own = ask("s2", Method::Get, "/rest/own/r99/7");
    for (what, tool, ask, limit) in [
        (
            "a decision: a route of the catalogue, allowed",
            "jira_get_issue",
            &issue,
            2,
        ),
        (
            "a decision: a route of the file's own, allowed",
            "jira_get_issue",
            &own,
            2,
        ),
    ] {
        assert!(decide(&policy, &manifest, tool, ask), "{what}");
        let took = median(2_001, 20, || decide(&policy, &manifest, tool, ask));
        promise(what, took, Duration::from_micros(limit));
    }
    let never = ask("s1", Method::Delete, "/rest/api/3/issue/PROJ-1");
    let took = median(201, 5, || decide(&policy, &manifest, "jira_edit", &never));
    println!("{took:>12.2?}  a decision: refused, with the words for it");

    let second = Duration::from_secs(1);
    promise("read the file", median(5, 1, || parse(&text(0))), second);
    promise(
        "check",
        median(3, 1, || check(&policy, &around(&manifest))),
        second,
    );
    promise(
        "diff",
        median(3, 1, || {
            diff(&policy, &other, &manifest).expect(BOUND).human()
        }),
        second,
    );
    let findings = check(&policy, &around(&manifest));
    assert!(
        findings.list.iter().all(|finding| finding.code != "P025"),
        "{BOUND}"
    );
    let inputs = ReportInputs::default();
    promise(
        "report",
        median(3, 1, || {
            report(&policy, &manifest, &inputs).expect(BOUND).html()
        }),
        second,
    );
    let question = policy::Question::Tool("jira_edit".to_owned());
    promise(
        "explain",
        median(3, 1, || {
            explain(&policy, &manifest, &question, None).human()
        }),
        second,
    );

    let lines = lines();
    let ten = Duration::from_secs(10);
    promise("read 100,000 records", median(1, 1, || read(&lines)), ten);
    let log = read(&lines);
    promise(
        "replay 100,000 records",
        median(1, 1, || replay(&log, &other, &manifest).human()),
        ten,
    );
    promise(
        "derive from 100,000 records",
        median(1, 1, || derive(&log, &policy, &manifest)),
        ten,
    );
}

fn promise(what: &str, took: Duration, limit: Duration) {
    println!("{took:>12.2?}  {what} (at most {limit:?})");
    assert!(
        took <= limit,
        "{what} took {took:?}, promised are {limit:?}"
    );
}

/// Of `samples`, each the mean of `runs`.
fn median<T>(samples: usize, runs: u32, mut work: impl FnMut() -> T) -> Duration {
    let mut times: Vec<Duration> = (0..samples)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..runs {
                black_box(work());
            }
            start.elapsed() / runs
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

/// Four sites, routes of the catalogue and of the file's own, literal sets, and a few denials.
fn text(variant: usize) -> String {
    let mut text = String::from("version = 1\n");
    for site in 0..4 {
        write!(text, "\n[site.s{site}]\norigin = \"https://s{site}.atlassian.net\"\nproducts = [\"jira\", \"confluence\"]\n").expect("a string");
    }
    for number in 0..RULES - 10 {
        let site = number % 4;
        let body = match number % 5 {
            0 => "routes = [\"jira.issue.get\", \"jira.issue.search\"]\ntools = [\"jira_get_issue\", \"jira_search\"]".to_owned(),
            1 => format!("methods = [\"GET\"]\npath = \"/rest/api/3/issue/{{PROJ-{number}|PROJ-1}}\"\nquery = [\"fields\"]\ntools = [\"jira_get_issue\"]"),
            2 => "classes = [\"read\"]\ntools = [\"confluence_page\"]".to_owned(),
            3 => format!("methods = [\"GET\", \"PUT\"]\npath = \"/rest/own/r{number}/{{segment}}\"\nproduct = \"jira\"\ntools = [\"jira_edit\"]"),
            _ => format!("methods = [\"GET\"]\npath = \"/rest/own/r{number}/{{id}}\"\nproduct = \"jira\"\ntools = [\"jira_get_issue\"]"),
        };
        let site = if variant == 1 && number % 50 == 0 {
            "*".to_owned()
        } else {
            format!("s{site}")
        };
        write!(
            text,
            "\n[[rule]]\nid = \"r{number}\"\nsite = \"{site}\"\n{body}\n"
        )
        .expect("a string");
    }
    for number in 0..10 {
        let body = match number % 2 {
            0 => "classes = [\"delete\", \"admin\"]".to_owned(),
            _ => format!("path = \"/rest/own/r{number}/{{segment}}\""),
        };
        write!(
            text,
            "\n[[deny]]\nid = \"d{number}\"\nsite = \"*\"\n{body}\n"
        )
        .expect("a string");
    }
    // The own path that is asked for below, on the site that its number says.
    text.replace("id = \"r99\"\nsite = \"s3\"", "id = \"r99\"\nsite = \"s2\"")
}

fn lines() -> String {
    let line = |number: usize| {
        let (site, key) = (number % 4, number % 1000);
        format!(
            "{{\"seq\":{number},\"v\":1,\"ts\":\"2026-10-01T08:00:00.000Z\",\"kind\":\"decision\",\"principal\":\"alice\",\"call\":\"c{number}\",\"tool\":\"jira_get_issue\",\"site\":\"s{site}\",\"product\":\"jira\",\"method\":\"GET\",\"template\":\"/rest/api/3/issue/{{issue-key}}\",\"params\":{{\"issue-key\":\"PROJ-{key}\"}},\"path\":null,\"query_keys\":[\"fields\"],\"verdict\":\"allow\",\"rule\":\"r0\",\"route\":\"jira.issue.get\",\"redirect\":null,\"reason\":null,\"req_bytes\":0,\"tries\":1}}\n"
        )
    };
    (0..RECORDS).map(line).collect()
}

fn read(lines: &str) -> Log {
    let mut log = Log::default();
    log.read(lines, "audit.jsonl").expect("the lines are whole");
    log
}

fn around(manifest: &Manifest) -> Surroundings<'_> {
    Surroundings {
        manifest: Some(manifest),
        ..Surroundings::default()
    }
}

fn parse(text: &str) -> Policy {
    Policy::parse(text, "policy.toml").expect("the text is a policy")
}

fn manifest() -> Manifest {
    let json = br#"{"tools":[
        {"name":"jira_get_issue","routes":["jira.issue.get"]},
        {"name":"jira_search","routes":["jira.issue.search","jira.issue.get"]},
        {"name":"jira_edit","routes":["jira.issue.get","jira.issue.update","jira.issue.delete"]},
        {"name":"confluence_page","routes":["confluence.page.get","confluence.search"]}]}"#;
    Manifest::from_json(json, "sha256:bench").expect("the JSON is well formed")
}

struct Ask {
    site: SiteName,
    method: Method,
    segments: Vec<String>,
}

fn ask(site: &str, method: Method, path: &str) -> Ask {
    Ask {
        site: SiteName::parse(site).expect("a name"),
        method,
        segments: path.split('/').skip(1).map(str::to_owned).collect(),
    }
}

fn decide(policy: &Policy, manifest: &Manifest, tool: &str, ask: &Ask) -> bool {
    thread_local! {
        static CALLER: std::cell::RefCell<Caller> = std::cell::RefCell::new(Caller {
            principal: Principal::parse("alice").expect("a name"),
            tool: String::new(),
        });
    }
    CALLER.with_borrow_mut(|caller| {
        if caller.tool != tool {
            tool.clone_into(&mut caller.tool);
        }
        policy.decide(manifest, caller, ask).is_ok()
    })
}

impl Subject for &Ask {
    fn site(&self) -> &SiteName {
        &self.site
    }
    fn product(&self) -> Product {
        Product::Jira
    }
    fn deployment(&self) -> Deployment {
        Deployment::Cloud
    }
    fn method(&self) -> Method {
        self.method
    }
    fn segments(&self) -> &[String] {
        &self.segments
    }
    fn query(&self) -> &[(String, String)] {
        &[]
    }
    fn body_len(&self) -> u64 {
        0
    }
    fn body(&self) -> BodyView<'_> {
        BodyView::Unseen
    }
    fn narrow(
        &mut self,
        _: Option<Vec<(String, String)>>,
        _: Option<Vec<u8>>,
    ) -> Result<(), String> {
        Ok(())
    }
}
