//! When a request is sent again, and when it is not.

use super::world::*;

#[test]
fn busy_answers_are_repeated_with_the_named_wait() {
    let world = World::answering([
        Ok(answer(429, &[("retry-after", "2")], "")),
        Ok(answer(200, &[], "{}")),
    ]);
    assert_eq!(world.send(comment()).map(|answer| answer.status), Ok(200));
    assert_eq!(world.waits(), [2.0]);
    assert_eq!(world.lines().last().map(|line| line.tries), Some(2));
}

#[test]
fn a_site_that_stays_busy_is_asked_four_times() {
    let world = World::answering((0..1000).map(|_| Ok(answer(429, &[], ""))));
    assert_eq!(world.send(issue()).map(|answer| answer.status), Ok(429));
    assert_eq!(world.waits(), [2.0, 4.0, 8.0]);
    assert_eq!((world.sent().len(), world.line().tries), (4, 4));
}

#[test]
fn a_wait_beyond_the_deadline_hands_out_the_busy_answer_at_once() {
    let world = World::answering([Ok(answer(429, &[("retry-after", "999999999")], ""))]);
    let busy = world.send(issue()).expect("the answer as it is");
    assert_eq!(
        (busy.status, busy.headers),
        (
            429,
            vec![("retry-after".to_owned(), "999999999".to_owned())]
        )
    );
    assert_eq!((world.waits().len(), world.sent().len()), (0, 1));
}

#[test]
fn an_unavailable_site_is_asked_again_for_reads_only() {
    let past = [("retry-after", "Thu, 01 Jan 1970 00:00:00 GMT")];
    let world = World::answering((0..9).map(|_| Ok(answer(503, &past, ""))));
    assert_eq!(world.send(issue()).map(|answer| answer.status), Ok(503));
    assert_eq!(world.sent().len(), 4);
    let world = World::answering((0..9).map(|_| Ok(answer(503, &past, ""))));
    assert_eq!(
        world
            .send(Ask {
                idempotent: true,
                ..comment()
            })
            .map(|answer| answer.status),
        Ok(503)
    );
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn a_write_whose_answer_was_lost_is_not_sent_twice() {
    let lost = || Err(WireError::Lost("reset".into()));
    let world = World::answering([lost(), lost()]);
    assert_eq!(
        world.send(Ask {
            idempotent: true,
            ..comment()
        }),
        Err(Failure::BadResponse)
    );
    assert_eq!(world.sent().len(), 1);
    let world = World::answering([lost(), Ok(answer(200, &[], "{}"))]);
    assert!(world.send(issue()).is_ok());
    assert_eq!(world.sent().len(), 2);
}

#[test]
fn a_used_up_quota_stops_the_account_and_no_other() {
    let world = World::answering([Ok(answer(
        429,
        &[
            ("ratelimit-reason", "jira-quota-global-based"),
            ("retry-after", "30"),
        ],
        "",
    ))]);
    let gateway = world.gateway();
    let send = |cx: &CallContext| finish(gateway.send(cx, issue()));
    assert_eq!(send(&call("alice")).map(|answer| answer.status), Ok(429));
    assert_eq!(send(&call("alice")), Err(Failure::RateLimited(Some(30))));
    assert_eq!(world.sent().len(), 1);
    *world.now.lock().unwrap() += Duration::from_secs(31);
    assert_eq!(send(&call("alice")).map(|answer| answer.status), Ok(200));
}

#[test]
fn a_rejected_credential_is_renewed_once_and_otherwise_told_as_it_is() {
    let world = World::answering([Ok(answer(401, &[("www-authenticate", "Basic")], "no"))]);
    let refused = world.send(issue()).expect("a status is an answer");
    assert_eq!((refused.status, refused.headers), (401, vec![]));

    let echo = format!("{JIRA_TOKEN} {RENEWED_TOKEN}");
    let world = World {
        renews: true,
        ..World::answering([Ok(answer(401, &[], "")), Ok(answer(200, &[], &echo))])
    };
    let answer_after = world
        .send(issue())
        .expect("the renewed credential is accepted");
    assert_eq!(
        answer_after.body,
        Bytes::from_static(b"[REDACTED] [REDACTED]")
    );
    let used: Vec<Option<String>> = world
        .sent()
        .into_iter()
        .map(|sent| sent.authorization)
        .collect();
    assert_eq!(
        used,
        [
            Some(format!("Bearer {JIRA_TOKEN}")),
            Some(format!("Bearer {RENEWED_TOKEN}"))
        ]
    );
    assert_eq!(world.line().secret.as_deref(), Some("alice-jira-2"));

    let world = World {
        renews: true,
        ..World::answering((0..9).map(|_| Ok(answer(401, &[], ""))))
    };
    assert_eq!(world.send(issue()).map(|answer| answer.status), Ok(401));
    assert_eq!(world.sent().len(), 2);
}
