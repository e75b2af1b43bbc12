//! What no component can do to its host, beyond the listed cases: every broken module and every
//! flood ends in a typed failure, and the process neither dies nor grows.

use std::time::Duration;

use serde_json::{Value, json};
use server::sandbox::{CallFailure, LimitHit, Limits};
use tests::evil::COMPONENTS;
use tests::world::{Called, Setup, World, load};

use crate::alone::is_alone;
use crate::hostile::resident_mib;

fn small() -> Limits {
    Limits {
        // The clock counts time, not instructions: short for the tests that loop, long for a busy machine.
        cpu: Duration::from_millis(900),
        wall: Duration::from_secs(20),
        ..Limits::default()
    }
}

async fn world(component: &'static str) -> World {
    World::new(Setup {
        component,
        limits: small(),
        ..Setup::default()
    })
    .await
}

async fn call(component: &'static str, arguments: Value) -> Called {
    world(component)
        .await
        .call("jira_get_issue", &arguments)
        .await
}

#[tokio::test]
async fn every_broken_module_ends_in_a_typed_failure() {
    let broken = COMPONENTS.iter().filter(|component| {
        !component.name.contains(':') && !matches!(component.name, "evil" | "evil_files" | "honest")
    });
    let mut count = 0;
    for component in broken {
        count += 1;
        let called = call(component.name, Value::Null).await;
        assert!(
            called.result.is_err(),
            "{}: {}",
            component.name,
            called.text
        );
    }
    assert!(count >= 18, "{count} modules were tried");
    let called = call("honest", Value::Null).await;
    assert!(
        called.text.contains("InvalidArguments(\\\"no\\\")"),
        "the skeleton of the broken modules is sound: {}",
        called.text
    );
}

#[tokio::test]
async fn every_flood_is_stopped_by_its_own_limit() {
    if !is_alone("limits::every_flood_is_stopped_by_its_own_limit") {
        return;
    }
    for (behaviour, expected) in [
        ("progress_flood", LimitHit::Progress),
        ("host_call_loop", LimitHit::Cpu),
    ] {
        let called = call("evil", json!({"behaviour": behaviour})).await;
        assert_eq!(
            called.result.err(),
            Some(CallFailure::Limit(expected)),
            "{behaviour}"
        );
    }
    for behaviour in ["handle_flood", "use_after_drop", "deep_recursion", "exit"] {
        let called = call("evil", json!({"behaviour": behaviour})).await;
        assert!(
            matches!(called.result, Err(CallFailure::Trap(_))),
            "{behaviour}: {}",
            called.text
        );
    }
    for number in [0, 1, 7, 100_000, u32::MAX] {
        for behaviour in ["forged_handle", "forged_blob"] {
            let called = call("evil", json!({"behaviour": behaviour, "size": number})).await;
            assert!(
                matches!(called.result, Err(CallFailure::Trap(_))),
                "{behaviour} {number}: {}",
                called.text
            );
        }
    }
    let large = call(
        "evil",
        json!({"behaviour": "return_large_result", "size": 6 << 20}),
    )
    .await;
    assert_eq!(
        large.result.err(),
        Some(CallFailure::Limit(LimitHit::Output))
    );
    // What is over a cap and harmless may also be dropped; the call must only come to its end.
    for behaviour in ["blob_flood", "cache_flood", "stderr_flood", "read_stdin"] {
        let before = resident_mib();
        let _ = call("evil", json!({"behaviour": behaviour})).await;
        let growth = resident_mib().saturating_sub(before);
        assert!(
            growth < 128,
            "{behaviour}: the process grew by {growth} MiB"
        );
    }
}

#[tokio::test]
async fn a_call_has_a_hundred_requests() {
    let request = json!({"site": "jira/jira", "method": "GET", "segments": ["rest", "api", "3", "issue", "PROJ-1"]});
    let world = World::new(Setup {
        limits: Limits {
            cpu: Duration::from_secs(5),
            ..small()
        },
        ..Setup::default()
    })
    .await;
    let called = world
        .call(
            "jira_get_issue",
            &json!({"behaviour": "exhaust_requests", "size": 150, "request": request}),
        )
        .await;
    let value = called.result.expect("the budget is an error, not a trap");
    assert_eq!(
        (&value["sent"], &value["last"]["error"]),
        (&json!(100), &json!("budget")),
        "{value}"
    );
    assert_eq!(world.site("jira.example.test").requests().len(), 100);
}

#[tokio::test]
async fn one_principals_cache_survives_a_call_and_a_site_sees_nothing_of_it() {
    let world = world("evil").await;
    let written = world
        .call(
            "jira_get_issue",
            &json!({"behaviour": "cache_write", "key": "k", "value": "v"}),
        )
        .await;
    assert!(written.result.is_ok(), "{}", written.text);
    let read = world
        .call(
            "jira_get_issue",
            &json!({"behaviour": "cache_read", "key": "k"}),
        )
        .await;
    assert_eq!(read.result.ok(), Some(json!(1)));
    let other = world
        .call(
            "jira_get_issue",
            &json!({"behaviour": "cache_read", "key": "K"}),
        )
        .await;
    assert_eq!(other.result.ok(), Some(Value::Null));
}

#[tokio::test]
async fn a_thousand_traps_leave_nothing_behind() {
    if !is_alone("limits::a_thousand_traps_leave_nothing_behind") {
        return;
    }
    let world = world("evil").await;
    let trap = json!({"behaviour": "trap"});
    for _ in 0..100 {
        let _ = world.call("jira_get_issue", &trap).await;
    }
    let before = resident_mib();
    for _ in 0..1000 {
        let called = world.call("jira_get_issue", &trap).await;
        assert!(matches!(called.result, Err(CallFailure::Trap(_))));
    }
    let growth = resident_mib().saturating_sub(before);
    assert!(
        growth <= 8,
        "the process grew by {growth} MiB over 1000 traps"
    );
    let next = world
        .call("jira_get_issue", &json!({"behaviour": "well_behaved"}))
        .await;
    assert!(next.result.is_ok(), "{}", next.text);
}

#[test]
fn a_component_that_wants_more_than_it_may_does_not_load() {
    let wishes: Vec<_> = COMPONENTS
        .iter()
        .filter(|component| component.name.contains(':'))
        .collect();
    assert!(wishes.len() >= 9);
    for wish in wishes {
        let error = match load(wish.name, Limits::default()) {
            Ok(_) => panic!("{} was loaded", wish.name),
            Err(error) => error.to_string(),
        };
        assert!(
            error.contains(wish.name),
            "the message names the import: {error}"
        );
    }
}
