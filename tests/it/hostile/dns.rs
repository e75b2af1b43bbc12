//! What names resolve to, and what else could lead a request astray before it is sent.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use policy::net::{AddressClass, classify};
use policy::{Policy, Question, explain};
use serde_json::{Value, json};
use tests::world::{Setup, World, manifest, policy_text};

use super::Case;
use super::verdict::{Ended, Seen, leaks, seen, untouched};

pub(crate) async fn run(case: &Case) -> Ended {
    match case.surface.as_str() {
        "classify" => classes(case),
        "env" => Ended::Elsewhere("canary::a_netrc_changes_nothing"),
        _ => resolved(case).await,
    }
}

async fn resolved(case: &Case) -> Ended {
    let upstream = case.input["request"]["upstream"]
        .as_str()
        .unwrap_or_default();
    let host = format!("{upstream}.example.test");
    let answers = BTreeMap::from([(host.clone(), lists(&case.input["answers"]))]);
    let world = World::new(Setup {
        answers,
        ..Setup::default()
    })
    .await;
    let path = case.input["request"]["path"].as_str().unwrap_or_default();
    let segments: Vec<&str> = path[1..].split('/').collect();
    let request =
        json!({"site": format!("{upstream}/jira"), "method": "GET", "segments": segments});
    let called = world
        .call(
            "jira_get_issue",
            &json!({"behaviour": "raw", "requests": [request]}),
        )
        .await;
    let mut problems = leaks(&world, &called);
    match (case.verdict(), seen(&called)) {
        ("allow", Seen::Answer { .. }) | ("deny", Seen::Error(_)) => {}
        (_, seen) => problems.push(format!("{seen:?}")),
    }
    problems.extend(untouched(&world, case));
    if case.verdict() == "allow" && world.site(&host).requests().len() != 1 {
        problems.push("the site was not asked".to_owned());
    }
    Ended::of(problems)
}

fn lists(answers: &Value) -> Vec<Vec<IpAddr>> {
    let list = |answer: &Value| -> Vec<IpAddr> {
        match answer["count"].as_u64() {
            Some(count) => (0..count)
                .map(|number| {
                    IpAddr::V4(Ipv4Addr::from(
                        0xc633_6400 + u32::try_from(number % 256).unwrap_or_default(),
                    ))
                })
                .collect(),
            None => answer
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|address| address.as_str()?.parse().ok())
                .collect(),
        }
    };
    answers.as_array().into_iter().flatten().map(list).collect()
}

/// By default a site that is not known to be Cloud may be public or private; the table of the case
/// is for a public one.
fn classes(case: &Case) -> Ended {
    let mut problems = Vec::new();
    for (key, is_public) in [("refused_by_default", false), ("accepted_by_default", true)] {
        for text in case.input[key]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            let Ok(address) = text.parse::<IpAddr>() else {
                problems.push(format!("{text} is no address"));
                continue;
            };
            if (classify(address) == AddressClass::Public) != is_public {
                problems.push(format!("{text} is {}", classify(address)));
            }
        }
    }
    Ended::of(problems)
}

/// A site that is configured by address: the policy refuses every request to it.
pub(crate) fn literal(case: &Case) -> Ended {
    let origin = case.input["origin"].as_str().unwrap_or_default();
    let text = policy_text("/nowhere.pem")
        .replace("https://jira.example.test\"", &format!("{origin}\""))
        .replacen("addresses = [\"198.51.100.0/24\"]\n", "", 1);
    let Ok(policy) = Policy::parse(&text, "policy.toml") else {
        return Ended::Held;
    };
    let question = Question::Url {
        method: "GET".to_owned(),
        url: format!("{origin}/rest/api/3/issue/PROJ-1"),
        tool: None,
    };
    if explain(&policy, &manifest(), &question, None).is_allowed() {
        Ended::Failed("a request to it is allowed".to_owned())
    } else {
        Ended::Held
    }
}
