//! What is written down, and that nothing happens without it.

use super::world::*;

#[test]
fn an_allowed_request_leaves_one_line() {
    let world = World::answering([Ok(answer(
        200,
        &[],
        &format!("{{\"echo\":\"{JIRA_TOKEN}\"}}"),
    ))]);
    let ask = Ask {
        query: vec![("fields".into(), "secret value".into())],
        operation: Some("get issue".into()),
        ..issue()
    };
    let answer = world.send(ask).expect("allowed");
    assert_eq!(
        answer.body,
        Bytes::from_static(b"{\"echo\":\"[REDACTED]\"}")
    );
    let mut line = world.line();
    assert!(line.policy.starts_with("sha256:"));
    line.policy = "sha256:…".into();
    insta::assert_snapshot!(serde_json::to_string_pretty(&line).unwrap(), @r#"
    {
      "v": 1,
      "ts": "2026-11-22T12:00:00.000Z",
      "kind": "decision",
      "principal": "alice",
      "call": "call-1",
      "tool": "all",
      "site": "jira",
      "product": "jira",
      "deployment": "cloud",
      "method": "GET",
      "template": "/rest/api/3/issue/{issue-key}",
      "params": {
        "issue-key": "PROJ-1"
      },
      "path": null,
      "query_keys": [
        "fields"
      ],
      "verdict": "allow",
      "rule": "issue-read",
      "route": "jira.issue.get",
      "class": "read",
      "reason": null,
      "secret": "alice-jira",
      "redirect": null,
      "policy": "sha256:…",
      "component": "sha256:c0",
      "addr": "198.51.100.7",
      "status": 200,
      "req_bytes": 0,
      "resp_bytes": 47,
      "ms": 0,
      "tries": 1,
      "redactions": 1,
      "operation": "get issue"
    }
    "#);
}

#[test]
fn a_write_is_announced_before_it_is_sent() {
    let world = World::default();
    world.send(comment()).expect("allowed");
    let lines = world.lines();
    let kinds: Vec<(LineKind, u32, Option<u16>)> = lines
        .iter()
        .map(|line| (line.kind, line.tries, line.status))
        .collect();
    assert_eq!(
        kinds,
        [
            (LineKind::Intent, 0, None),
            (LineKind::Decision, 1, Some(200))
        ]
    );
    assert_eq!((lines[0].req_bytes, lines[1].req_bytes), (11, 11));
}

#[test]
fn what_cannot_be_recorded_is_not_sent() {
    for ask in [issue(), comment()] {
        let world = World {
            sink_ends_at: Some(0),
            ..World::default()
        };
        assert!(matches!(world.send(ask), Err(Failure::Internal(_))));
        assert!(world.sent().is_empty());
    }
}

#[test]
fn an_answer_that_cannot_be_recorded_is_not_handed_out() {
    let world = World {
        sink_ends_at: Some(1),
        ..World::default()
    };
    let Err(Failure::Internal(text)) = world.send(comment()) else {
        panic!("the answer was handed out");
    };
    assert!(
        text.ends_with("the request was sent and may have been executed"),
        "{text}"
    );
    assert_eq!((world.sent().len(), world.lines().len()), (1, 1));
}

#[test]
fn a_request_that_the_client_gave_up_is_recorded() {
    let world = World {
        hangs: true,
        ..World::default()
    };
    let (gateway, cx) = (world.gateway(), call("alice"));
    {
        let mut future = pin!(gateway.send(&cx, issue()));
        assert!(
            future
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
    }
    let line = world.line();
    assert_eq!(
        (line.verdict, line.tries, line.status),
        (Verdict::Allow, 1, None)
    );
    assert!(
        line.reason
            .is_some_and(|reason| reason.starts_with("abandoned"))
    );
}

#[test]
fn what_the_wire_says_of_a_failure_is_redacted_in_the_record() {
    let world = World::answering([Err(WireError::BadResponse(format!(
        "bad header line: {JIRA_TOKEN}"
    )))]);
    assert_eq!(world.send(issue()), Err(Failure::BadResponse));
    let line = world.line();
    assert_eq!(
        line.reason.as_deref(),
        Some("not a valid HTTP answer: bad header line: [REDACTED]")
    );
    assert_eq!(line.redactions, 1);
}

#[test]
fn one_record_stays_one_line() {
    let world = World::default();
    let key = format!(
        "PROJ-1\n{{\"v\":1,\"kind\":\"decision\"}}\u{2028}{}",
        "A".repeat(1 << 20)
    );
    denial(world.send(Ask {
        segments: vec!["rest".into(), key.clone()],
        operation: Some(key),
        ..issue()
    }));
    let text = serde_json::to_string(&world.line()).unwrap();
    assert!(!text.contains('\n') && text.len() < 2_000, "{}", text.len());
    assert!(text.contains("sha256:"));
}
