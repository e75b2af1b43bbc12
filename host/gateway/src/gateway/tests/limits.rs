//! What one call may use up, and how a wire can fail it.

use super::world::*;

#[test]
fn failures_of_the_wire_have_their_own_words() {
    for (error, failure) in [
        (WireError::Connect("refused".into()), Failure::Connect),
        (WireError::Tls("expired".into()), Failure::Tls),
        (WireError::Timeout, Failure::Timeout),
        (
            WireError::TooLarge(16 << 20),
            Failure::BodyTooLarge(16 << 20),
        ),
    ] {
        let world = World::answering([Err(error)]);
        assert_eq!(world.send(issue()), Err(failure));
        assert_eq!(world.sent().len(), 1);
    }
}

#[test]
fn a_wire_that_ignores_the_cap_does_not_pass_it() {
    let world = World::answering([Ok(answer(200, &[], "12345"))]);
    assert_eq!(
        world.send(Ask {
            max_body: Some(4),
            ..issue()
        }),
        Err(Failure::BodyTooLarge(4))
    );
}

#[test]
fn a_call_ends_with_its_budget_and_floods_no_record() {
    let world = World::default();
    let cx = with_limits(
        "alice",
        Limits {
            requests: 2,
            ..Limits::default()
        },
    );
    let results: Vec<Result<u16, Failure>> = (0..50)
        .map(|_| world.send_in(&cx, issue()).map(|answer| answer.status))
        .collect();
    assert_eq!(results[..3], [Ok(200), Ok(200), Err(Failure::Budget)]);
    assert!(
        results[3..]
            .iter()
            .all(|result| *result == Err(Failure::Budget))
    );
    assert_eq!((world.sent().len(), world.lines().len()), (2, 3));
    assert_eq!(world.lines()[2].rule, "host.budget");
}

#[test]
fn tries_count_as_requests() {
    let world = World::answering((0..9).map(|_| Ok(answer(429, &[], ""))));
    let cx = with_limits(
        "alice",
        Limits {
            requests: 2,
            ..Limits::default()
        },
    );
    assert_eq!(world.send_in(&cx, issue()), Err(Failure::Budget));
    assert_eq!(world.sent().len(), 2);
}

#[test]
fn nothing_is_sent_after_the_deadline_or_a_cancellation() {
    let world = World::default();
    *world.now.lock().unwrap() = Duration::from_secs(60);
    assert_eq!(world.send(issue()), Err(Failure::Budget));
    *world.now.lock().unwrap() = Duration::ZERO;
    let cx = call("alice");
    cx.cancel();
    assert_eq!(world.send_in(&cx, issue()), Err(Failure::Cancelled));
    assert!(world.sent().is_empty());
}

#[test]
fn the_time_for_an_exchange_ends_with_the_call() {
    let world = World::default();
    *world.now.lock().unwrap() = Duration::from_secs(55);
    world.send(issue()).expect("there is time");
    assert_eq!(world.sent()[0].timeout, Duration::from_secs(5));
}

#[test]
fn nothing_more_is_sent_when_no_answer_would_fit() {
    let world = World::answering([Ok(answer(200, &[], "1234567890"))]);
    let limits = Limits {
        response_bytes_total: 10,
        ..Limits::default()
    };
    let cx = with_limits("alice", limits);
    assert_eq!(
        world.send_in(&cx, issue()).map(|answer| answer.status),
        Ok(200)
    );
    assert_eq!(world.send_in(&cx, issue()), Err(Failure::Budget));
    assert_eq!((world.sent().len(), cx.requests()), (1, 1));
}

#[test]
fn a_rule_and_a_request_may_lower_the_cap() {
    let world = World::default();
    for max_body in [None, Some(40), Some(4000)] {
        let ask = Ask {
            max_body,
            ..comment()
        };
        world.send(ask).expect("allowed");
    }
    let caps: Vec<u64> = world.sent().iter().map(|sent| sent.cap).collect();
    assert_eq!(caps, [100, 40, 100]);
}

/// Two comments a minute.
fn slowly(more: &str) -> String {
    POLICY.replace(
        "request-max-bytes = 1000",
        &format!("per-minute = 2\n{more}request-max-bytes = 1000"),
    )
}

#[test]
fn a_rules_rate_holds_for_each_caller_and_over_calls() {
    let world = World::default();
    let gateway = world.gateway_under(&slowly(""), MANIFEST);
    let send = |who: &str, ask: Ask| finish(gateway.send(&call(who), ask));
    for _ in 0..2 {
        send("alice", comment()).expect("there is room");
    }
    let refused = denial(send("alice", comment()));
    assert_eq!(refused.rule, "host.per-minute");
    assert!(
        refused.reason.contains("`comment-add` allows 2")
            && refused.reason.contains("room again in 60 s"),
        "{}",
        refused.reason
    );
    // What another rule allows, and what another caller asks, is not held back.
    send("alice", issue()).expect("another rule");
    let other = denial(send("bob", comment()));
    assert_eq!(
        other.rule, "host.credential",
        "bob has room, and no credential"
    );
    assert_eq!(world.sent().len(), 3);
    let refusals = world.lines().into_iter();
    let refused: Vec<(String, u32)> = refusals
        .filter(|line| line.verdict == Verdict::Deny)
        .map(|line| (line.rule, line.tries))
        .collect();
    assert_eq!(refused[0], ("host.per-minute".to_owned(), 0));
    *world.now.lock().unwrap() += Duration::from_secs(61);
    let later = call("alice").caller().clone();
    let later = CallContext::new(later, "2", Duration::from_secs(600), Budget::default());
    finish(gateway.send(&later, comment())).expect("a minute later");
}

#[test]
fn another_policy_begins_with_what_was_counted() {
    let world = World::default();
    let gateway = world.gateway_under(&slowly(""), MANIFEST);
    let send = || finish(gateway.send(&call("alice"), comment()));
    send().expect("there is room");
    send().expect("there is room");
    let same = policy::parse(&slowly("# reviewed\n"), "policy.toml").unwrap();
    gateway.replace_policy(Arc::new(same)).unwrap();
    assert_eq!(denial(send()).rule, "host.per-minute");
}

/// The question costs nothing; the yes is not spent on a request that has no room.
#[test]
fn what_a_person_has_not_agreed_to_is_not_counted() {
    let world = World::default();
    let gateway = world.gateway_under(&slowly("confirm = true\n"), MANIFEST);
    for _ in 0..5 {
        let cx = call("alice").asking();
        let asked = finish(gateway.send(&cx, comment()));
        assert_eq!(asked, Err(Failure::Unconfirmed));
    }
    assert!(world.sent().is_empty());
}
