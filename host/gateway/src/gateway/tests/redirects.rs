//! Where an answer may lead.

use super::world::*;

#[test]
fn the_named_redirect_is_followed_once_and_bare() {
    let location = "https://media.example.test/file/1?token=SIGNED-CANARY-m3Vx8Tq5";
    let world = World::answering([
        Ok(answer(303, &[("location", location)], "")),
        Ok(answer(200, &[("location", "x")], "bytes")),
    ]);
    let ask = Ask {
        headers: vec![
            ("accept".into(), "*/*".into()),
            ("x-experimentalapi".into(), "opt-in".into()),
        ],
        ..attachment()
    };
    let got = world.send(ask).expect("followed");
    assert_eq!(
        (got.status, got.body, got.headers),
        (200, Bytes::from_static(b"bytes"), vec![])
    );
    let sent = world.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(
        (sent[1].url.as_str(), sent[1].method, sent[1].hop),
        (location, Method::Get, Hop::Redirect)
    );
    assert_eq!((&sent[1].authorization, &sent[1].body), (&None, &None));
    let names: Vec<&str> = sent[1]
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, ["user-agent", "accept-encoding"]);
    let lines = world.lines();
    let kinds: Vec<(LineKind, Option<u16>)> =
        lines.iter().map(|line| (line.kind, line.status)).collect();
    assert_eq!(
        kinds,
        [
            (LineKind::Decision, Some(303)),
            (LineKind::Redirect, Some(200))
        ]
    );
    assert_eq!(
        (
            lines[0].redirect.as_deref(),
            lines[1].redirect.as_deref(),
            &lines[1].secret
        ),
        (Some("media"), Some("media"), &None)
    );
    assert!(!serde_json::to_string(&lines).unwrap().contains("SIGNED"));
}

#[test]
fn no_other_redirect_is_followed() {
    for (ask, status, location) in [
        (attachment(), 301, "https://evil.test/collect"),
        (attachment(), 302, "https://evil.test/collect"),
        (attachment(), 307, "https://evil.test/collect"),
        (attachment(), 308, "https://evil.test/collect"),
        (attachment(), 302, "https://media.example.test:8443/file/1"),
        (attachment(), 302, "/rest/api/3/issue/PROJ-1"),
        (attachment(), 302, "loop"),
        (issue(), 302, "https://media.example.test/file/1"),
        (comment(), 307, "https://media.example.test/file/1"),
    ] {
        let world = World::answering([Ok(answer(status, &[("Location", location)], "see there"))]);
        let denial = denial(world.send(ask));
        assert_eq!(denial.rule, "host.redirect", "{location}");
        assert!(!denial.reason.contains("test"), "{}", denial.reason);
        assert_eq!(world.sent().len(), 1, "{location}");
        let lines = world.lines();
        let line = lines.last().unwrap();
        assert_eq!((line.verdict, line.status), (Verdict::Deny, Some(status)));
    }
}

#[test]
fn a_second_redirect_ends_the_request() {
    let hop = || {
        Ok(answer(
            302,
            &[("location", "https://media.example.test/file/1")],
            "",
        ))
    };
    let world = World::answering((0..50).map(|_| hop()));
    assert_eq!(denial(world.send(attachment())).rule, "host.redirect");
    assert_eq!(world.sent().len(), 2);
}

#[test]
fn a_login_page_is_an_ended_authorization() {
    let world = World::answering([Ok(answer(
        302,
        &[(
            "location",
            "https://jira.example.test/login.jsp?os_destination=x",
        )],
        "<html>",
    ))]);
    assert_eq!(world.send(issue()), Err(Failure::Reauthorize));
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn a_redirect_status_without_a_place_is_an_answer() {
    let world = World::answering([Ok(answer(304, &[], "")), Ok(answer(302, &[], ""))]);
    assert_eq!(world.send(issue()).map(|answer| answer.status), Ok(304));
    assert_eq!(world.send(issue()).map(|answer| answer.status), Ok(302));
}

#[test]
fn an_answer_with_two_places_is_refused() {
    let media = ("location", "https://media.example.test/file/1");
    let evil = ("Location", "https://evil.test/collect");
    for headers in [[media, evil], [evil, media], [media, media]] {
        let world = World::answering([Ok(answer(302, &headers, ""))]);
        assert_eq!(denial(world.send(attachment())).rule, "host.redirect");
        assert_eq!(world.sent().len(), 1);
    }
}
