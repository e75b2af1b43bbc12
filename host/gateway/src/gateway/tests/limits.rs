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
