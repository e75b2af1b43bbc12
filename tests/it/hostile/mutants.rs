//! Tests of the tests: gateways that are known to be bad, each of which the cases must catch more
//! than once. Built with the feature `mutants` only and run alone, by `cargo xtask mutants`,
//! because a mutant is switched on for the whole process.

use super::verdict::Ended;
use super::{Case, cases, run_all, runs_alone};

/// A case that fails for a mutant proves little; three that fail for three reasons prove more.
const AT_LEAST: usize = 3;

enum Mutant {
    Gateway(gateway::mutant::Mutant),
    Policy(policy::mutant::Mutant),
}

/// Name, mutant, and the word that a caught leak is reported with.
fn mutants() -> Vec<(&'static str, Mutant, Option<&'static str>)> {
    use gateway::mutant::Mutant as G;
    use policy::mutant::Mutant as P;
    vec![
        (
            "no redirect block",
            Mutant::Gateway(G::NoRedirectBlock),
            None,
        ),
        (
            "check raw, send normalised",
            Mutant::Gateway(G::CheckRawSendNormalised),
            None,
        ),
        (
            "first header wins",
            Mutant::Gateway(G::FirstHeaderWins),
            None,
        ),
        (
            "fallback credential",
            Mutant::Gateway(G::FallbackCredential),
            None,
        ),
        (
            "deny list for headers",
            Mutant::Gateway(G::HeaderDenyList),
            None,
        ),
        (
            "redaction raw only",
            Mutant::Gateway(G::RedactRawOnly),
            None,
        ),
        (
            "environment proxy on",
            Mutant::Gateway(G::EnvironmentProxy),
            None,
        ),
        ("starts_with host", Mutant::Policy(P::StartsWithHost), None),
        (
            "glob across segments",
            Mutant::Policy(P::GlobAcrossSegments),
            None,
        ),
        ("resolver only", Mutant::Policy(P::ResolverOnly), None),
        ("Origin off", Mutant::Gateway(G::OriginOff), None),
        (
            "session by id only",
            Mutant::Gateway(G::SessionByIdOnly),
            None,
        ),
        (
            "leak to the component",
            Mutant::Gateway(G::LeakyGuest),
            Some("what the component returned"),
        ),
        (
            "leak to the component's memory",
            Mutant::Gateway(G::LeakyGuest),
            Some("in the component's memory"),
        ),
        (
            "leak into the answer",
            Mutant::Gateway(G::LeakyAnswer),
            Some("what the component returned"),
        ),
        (
            "leak into the record",
            Mutant::Gateway(G::LeakyLog),
            Some("the audit record"),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[expect(clippy::print_stderr, reason = "who caught what is for people")]
async fn known_bad_gateways_are_caught() {
    assert!(
        std::env::var_os("HTTP_PROXY").is_some(),
        "without a proxy in the environment a client that uses one cannot be told from ours"
    );
    let quick: Vec<Case> = cases().into_iter().filter(is_quick).collect();
    let baseline = failures(&run_all(quick.clone()).await, None);
    assert!(baseline.is_empty(), "the good gateway fails: {baseline:?}");
    let mut missed = Vec::new();
    for (name, mutant, word) in mutants() {
        switch(Some(&mutant));
        let tried = quick.iter().filter(|case| concerns(&mutant, case));
        let caught = failures(&run_all(tried.cloned().collect()).await, word);
        switch(None);
        let shown: Vec<&str> = caught.iter().take(8).map(String::as_str).collect();
        eprintln!(
            "{name:32} caught by {:3} cases: {}",
            caught.len(),
            shown.join(" ")
        );
        if caught.len() < AT_LEAST {
            missed.push(format!("{name} is caught by {} cases", caught.len()));
        }
    }
    if let Some(problem) = leak_seen_from_outside().await {
        missed.push(problem);
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// The other way of looking into the component's memory has to catch the same leak.
#[cfg(target_os = "linux")]
async fn leak_seen_from_outside() -> Option<String> {
    switch(Some(&Mutant::Gateway(gateway::mutant::Mutant::LeakyGuest)));
    let found = crate::guest_memory::look(tests::upstream::Place::JsonKey).await;
    switch(None);
    found
        .hits
        .is_empty()
        .then(|| "a leak to the component is not seen from outside".to_owned())
}

#[cfg(not(target_os = "linux"))]
async fn leak_seen_from_outside() -> Option<String> {
    None
}

/// What takes seconds, measures the process or starts others says nothing more about a mutant.
fn is_quick(case: &Case) -> bool {
    let is_slow = runs_alone(case)
        || case.expected["reason"] == "timeout"
        || case.expected["reason"] == "deadline"
        || ["timing_of_denied_vs_unknown", "well_behaved"]
            .contains(&case.input["behaviour"].as_str().unwrap_or_default());
    !is_slow
        && !matches!(
            case.surface.as_str(),
            "supply" | "process" | "config" | "inbound_load"
        )
}

/// What comes in over HTTP starts programs, and says nothing about what goes out; nor the other way round.
fn concerns(mutant: &Mutant, case: &Case) -> bool {
    use gateway::mutant::Mutant as G;
    let is_of_http = matches!(mutant, Mutant::Gateway(G::OriginOff | G::SessionByIdOnly));
    let comes_in = case.surface.starts_with("inbound");
    is_of_http == comes_in
}

fn failures(ended: &[(Case, Ended)], word: Option<&str>) -> Vec<String> {
    ended
        .iter()
        .filter(|(case, _)| !case.best_effort())
        .filter(|(_, end)| match end {
            Ended::Failed(why) => word.is_none_or(|word| why.contains(word)),
            _ => false,
        })
        .map(|(case, _)| case.id.clone())
        .collect()
}

fn switch(mutant: Option<&Mutant>) {
    gateway::mutant::set(None);
    policy::mutant::set(None);
    match mutant {
        Some(Mutant::Gateway(mutant)) => gateway::mutant::set(Some(*mutant)),
        Some(Mutant::Policy(mutant)) => policy::mutant::set(Some(*mutant)),
        None => {}
    }
}
