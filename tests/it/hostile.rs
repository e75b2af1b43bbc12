//! The hostile cases: a table of inputs and expected verdicts, run against the real gateway, the
//! real HTTP client and the real sandbox, with names and addresses made up.
//!
//! Each case ends as one word. `impossible` means that the interface has no spelling for the input,
//! which is the strongest refusal there is; `elsewhere` names the test that holds the case;
//! `not in this version` is said of what the program does not do yet. Nothing is skipped silently:
//! the counts of all words are a snapshot.

mod audit;
mod crowd;
mod dns;
mod guest;
mod inbound;
#[cfg(feature = "mutants")]
mod mutants;
mod parts;
mod process;
mod responses;
mod supply;
mod tls;
mod urls;
mod users;
mod verdict;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Semaphore;

pub(crate) use verdict::{decode_query, resident_mib, resident_mib_of};

use verdict::Ended;

use crate::alone::is_alone;

/// One line of the table.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) category: String,
    pub(crate) surface: String,
    pub(crate) input: Value,
    pub(crate) expected: Value,
    pub(crate) note: String,
}

impl Case {
    pub(crate) fn verdict(&self) -> &str {
        self.expected["verdict"].as_str().unwrap_or_default()
    }

    pub(crate) fn best_effort(&self) -> bool {
        self.expected["best_effort"] == true
    }
}

/// Categories that belong to parts of the program that do not exist yet.
const LATER: [(&str, &str); 2] = [
    ("fs", "attachments and downloads"),
    ("policy", "tested in the policy crate"),
];

/// Cases whose expectation is not met, and why that is bearable for now. A case that is met after all
/// has to leave this list.
const DIFFERENCES: [(&str, &str); 1] = [(
    "RESP-055",
    "the HTTP library skips interim answers without counting them; time and memory stay bounded",
)];

/// More at once than there are processors: most cases wait for something.
const SIDE_BY_SIDE: usize = 12;

pub(crate) fn cases() -> Vec<Case> {
    let read = |text| serde_json::from_str::<Vec<Value>>(text).expect("the table is JSON");
    let mut all = read(include_str!("../fixtures/hostile.json"));
    all.extend(read(include_str!("../fixtures/hostile-more.json")));
    let text = |case: &Value, key: &str| case[key].as_str().unwrap_or_default().to_owned();
    all.iter()
        .map(|case| Case {
            id: text(case, "id"),
            category: text(case, "category"),
            surface: text(case, "surface"),
            input: case["input"].clone(),
            expected: case["expected"].clone(),
            note: text(case, "note"),
        })
        .collect()
}

/// Runs a case to its word.
async fn run(case: &Case) -> Ended {
    if let Some((_, why)) = LATER
        .iter()
        .find(|(category, _)| *category == case.category)
    {
        return Ended::Later(why);
    }
    match case.surface.as_str() {
        "guest_parts" => parts::run(case).await,
        "guest_url" => urls::run(case),
        "upstream_response" => responses::run(case).await,
        "dns" | "classify" | "env" => dns::run(case).await,
        "upstream_tls" => tls::run(case).await,
        "guest_wasm" => guest::run(case).await,
        "literal_site" => dns::literal(case),
        "supply" => supply::run(case),
        "process" => process::run(case).await,
        "policy" => supply::run_policy(case),
        "inbound_http" | "inbound_raw" | "inbound_load" | "config" => inbound::run(case).await,
        "audit_log" => audit::run(case).await,
        "fs" => Ended::Later("attachments and downloads"),
        other => Ended::Failed(format!("no driver for the surface {other}")),
    }
}

/// Whether a case measures the whole process, and so runs alone.
fn runs_alone(case: &Case) -> bool {
    case.expected.get("max_rss_growth_mib").is_some()
}

async fn run_all(cases: Vec<Case>) -> Vec<(Case, Ended)> {
    let gate = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let (alone, together): (Vec<Case>, Vec<Case>) = cases.into_iter().partition(runs_alone);
    let tasks: Vec<_> = together
        .into_iter()
        .map(|case| {
            let gate = Arc::clone(&gate);
            tokio::spawn(async move {
                let _turn = gate.acquire().await;
                let ended = run(&case).await;
                (case, ended)
            })
        })
        .collect();
    let mut ended = Vec::new();
    for task in tasks {
        ended.push(task.await.expect("a case fails in words, not by panic"));
    }
    for case in alone {
        let before = verdict::resident_mib();
        let mut end = run(&case).await;
        let growth = verdict::resident_mib().saturating_sub(before);
        let most = case.expected["max_rss_growth_mib"]
            .as_u64()
            .unwrap_or(u64::MAX);
        if growth > most {
            end = Ended::Failed(format!(
                "the process grew by {growth} MiB, more than {most}"
            ));
        }
        ended.push((case, end));
    }
    ended.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
    ended
}

fn report(ended: &[(Case, Ended)]) -> String {
    let mut lines = Vec::new();
    for (case, end) in ended {
        if !matches!(end, Ended::Held) {
            lines.push(format!("{:9} {end}  [{}]", case.id, case.note));
        }
    }
    lines.join("\n")
}

fn counts(ended: &[(Case, Ended)]) -> String {
    let mut table: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (case, end) in ended {
        *table
            .entry((case.category.as_str(), end.word()))
            .or_default() += 1;
    }
    table
        .iter()
        .map(|((category, word), count)| format!("{category:10} {word:20} {count}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Every case that there is, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[expect(clippy::print_stderr, reason = "the table of words is for people")]
async fn every_hostile_case_ends_as_it_should() {
    // Some cases measure the memory of the process.
    if !is_alone("hostile::every_hostile_case_ends_as_it_should") {
        return;
    }
    let ended = run_all(cases()).await;
    eprintln!("{}\n\n{}", report(&ended), counts(&ended));
    for (id, why) in &DIFFERENCES {
        eprintln!("{id} may differ: {why}");
    }
    let failed: Vec<String> = ended
        .iter()
        .filter(|(case, end)| {
            let is_known = DIFFERENCES.iter().any(|(id, _)| *id == case.id);
            let has_failed = matches!(end, Ended::Failed(_));
            !case.best_effort() && has_failed != is_known
        })
        .map(|(case, end)| format!("{}: {end}", case.id))
        .collect();
    assert!(
        failed.is_empty(),
        "{} cases failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
}
