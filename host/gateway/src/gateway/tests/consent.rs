//! Writes that a person has to agree to: nothing is sent before the yes, nothing but what was shown after it, and
//! nothing twice.

use std::sync::Mutex;

use super::world::*;
use crate::consent::{Consent, Question};

/// Comments are asked about, and labels of the same project are not. The tool `labels` writes nothing that is.
fn policy() -> String {
    POLICY.replace(
        "request-max-bytes = 1000",
        "confirm = true\nrequest-max-bytes = 1000",
    ) + "\n[[rule]]\nid = \"edit\"\nsite = \"jira\"\nroutes = [\"jira.issue.update\"]\n"
}

const TOOLS: &[u8] = br#"{"tools":[
    {"name":"all","routes":["jira.issue.get","jira.issue.update","jira.comment.add"]},
    {"name":"comments","routes":["jira.issue.get","jira.comment.add"]},
    {"name":"edits","routes":["jira.issue.update"]}]}"#;

fn call_of(tool: &str) -> CallContext {
    let caller = Caller {
        principal: policy::Principal::parse("alice").unwrap(),
        tool: tool.to_owned(),
    };
    CallContext::new(caller, "7-1", Duration::from_secs(60), Budget::default())
}

fn send(world: &World, cx: &CallContext, ask: Ask) -> Result<Answer, Failure> {
    finish(world.gateway_under(&policy(), TOOLS).send(cx, ask))
}

fn gather(world: &World, cx: &CallContext, asks: &[Ask]) -> Result<(), Failure> {
    finish(world.gateway_under(&policy(), TOOLS).gather(cx, asks))
}

/// As the host makes it of what was shown.
fn consent(questions: &[Question]) -> Consent {
    Consent {
        question: "7-1".to_owned(),
        policy: policy::parse(&policy(), "policy.toml").unwrap().digest(),
        shown: questions
            .iter()
            .map(|question| question.fingerprint)
            .collect(),
    }
}

/// Shown these, a person said yes.
fn agreed(tool: &str, asks: &[Ask]) -> CallContext {
    let world = World::default();
    let first = call_of(tool).asking();
    match asks {
        [one] => assert_eq!(send(&world, &first, one.clone()), Err(Failure::Unconfirmed)),
        many => assert_eq!(gather(&world, &first, many), Err(Failure::Unconfirmed)),
    }
    assert!(world.sent().is_empty());
    call_of(tool).agreed(consent(&first.questions()))
}

fn with_body(text: &str) -> Ask {
    Ask {
        body: Body::Json(format!("{{\"body\":\"{text}\"}}")),
        ..comment()
    }
}

fn edit() -> Ask {
    Ask {
        method: Method::Put,
        body: Body::Json("{\"fields\":{}}".into()),
        ..issue()
    }
}

fn kinds(world: &World) -> Vec<(LineKind, Verdict, String)> {
    let lines = world.lines().into_iter();
    lines
        .map(|line| (line.kind, line.verdict, line.rule))
        .collect()
}

#[test]
fn nothing_is_sent_before_the_question_and_all_of_it_is_shown() {
    let world = World::default();
    let cx = call_of("comments").asking();
    assert_eq!(send(&world, &cx, comment()), Err(Failure::Unconfirmed));
    assert!(world.sent().is_empty() && world.asked.lock().unwrap().is_empty());
    let [question] = &cx.questions()[..] else {
        panic!("{:?}", cx.questions())
    };
    assert_eq!(
        (question.method, question.url.as_str(), &question.body[..]),
        (
            Method::Post,
            "https://jira.example.test/rest/api/3/issue/PROJ-1/comment",
            &b"{\"body\":{}}"[..]
        )
    );
    let confirm = question.confirm.clone().unwrap();
    assert_eq!(
        (confirm.rule.as_str(), confirm.place.as_str()),
        ("comment-add", "policy.toml:19")
    );
    let line = world.line();
    assert_eq!(
        (line.kind, line.verdict, line.rule.as_str(), line.tries),
        (LineKind::Asked, Verdict::Deny, "comment-add", 0)
    );
    assert_eq!(line.question.as_deref(), Some("7-1"));
    // The call is over: not even a write that nobody asks about passes any more.
    assert_eq!(send(&world, &cx, comment()), Err(Failure::Unconfirmed));
    // Reading is never asked about.
    let cx = call_of("comments").asking();
    send(&World::default(), &cx, issue()).expect("a read");
    assert!(cx.questions().is_empty());
}

#[test]
fn what_was_shown_is_sent_once_and_nothing_else_is() {
    let cx = agreed("comments", &[with_body("yes")]);
    let world = World::default();
    let other = denial(send(&world, &cx, with_body("another")));
    assert_eq!(other.rule, "host.confirm");
    let elsewhere = Ask {
        segments: with_body("yes")
            .segments
            .iter()
            .map(|segment| segment.replace("PROJ-1", "PROJ-2"))
            .collect(),
        ..with_body("yes")
    };
    assert_eq!(denial(send(&world, &cx, elsewhere)).rule, "host.confirm");
    assert!(world.sent().is_empty());
    send(&world, &cx, with_body("yes")).expect("it was shown");
    let again = denial(send(&world, &cx, with_body("yes")));
    assert_eq!(
        (again.rule.as_str(), world.sent().len()),
        ("host.confirm", 1)
    );
    assert_eq!(
        cx.written(),
        ["POST /rest/api/3/issue/PROJ-1/comment on jira"]
    );
    let decided = world
        .lines()
        .into_iter()
        .find(|line| line.verdict == Verdict::Allow);
    assert_eq!(decided.unwrap().question.as_deref(), Some("7-1"));
}

#[test]
fn headers_and_the_query_are_a_part_of_what_was_shown() {
    let in_language = |language: &str| Ask {
        headers: vec![("accept-language".into(), language.into())],
        ..comment()
    };
    let expanded = Ask {
        query: vec![("expand".into(), "renderedBody".into())],
        ..comment()
    };
    for (shown, sent) in [
        (comment(), in_language("de")),
        (in_language("en"), in_language("de")),
        (comment(), expanded),
    ] {
        let world = World::default();
        let cx = agreed("comments", &[shown]);
        assert_eq!(denial(send(&world, &cx, sent)).rule, "host.confirm");
        assert!(world.sent().is_empty());
    }
}

#[test]
fn of_two_writes_the_first_is_never_sent_twice() {
    // The edit needs no yes of its own, but the tool may come to one that does: asked before it, with nothing sent.
    let world = World::default();
    let cx = call_of("all").asking();
    assert_eq!(send(&world, &cx, edit()), Err(Failure::Unconfirmed));
    assert!(world.sent().is_empty());
    // With the yes for the edit the comment, which nobody has seen, stays away, and what is done is told.
    let cx = agreed("all", &[edit()]);
    send(&world, &cx, edit()).expect("it was shown");
    assert_eq!(denial(send(&world, &cx, comment())).rule, "host.confirm");
    assert_eq!(cx.written(), ["PUT /rest/api/3/issue/PROJ-1 on jira"]);
    assert_eq!(world.sent().len(), 1);
    // A tool that can write nothing of the kind is not asked.
    let world = World::default();
    send(&world, &call_of("edits").asking(), edit()).expect("nobody wants to be asked");
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn a_question_in_the_middle_is_a_refusal() {
    // Comments in one project only: the same route writes elsewhere unasked, and that write would be made again.
    let bound = policy().replace("confirm = true", "confirm = true\nprojects = [\"OPS\"]")
        + "\n[[rule]]\nid = \"comment-anywhere\"\nsite = \"jira\"\nroutes = [\"jira.comment.add\"]\n";
    let world = World::default();
    let gateway = world.gateway_under(&bound, TOOLS);
    let cx = call_of("comments").asking();
    finish(gateway.send(&cx, comment())).expect("PROJ is not asked about");
    let in_ops = Ask {
        segments: comment()
            .segments
            .iter()
            .map(|segment| segment.replace("PROJ-1", "OPS-1"))
            .collect(),
        ..comment()
    };
    let sent = world.sent().len();
    let refused = finish(gateway.send(&cx, in_ops.clone()));
    let refused = denial(refused);
    assert!(
        refused.rule == "host.confirm" && refused.reason.contains("has written already"),
        "{refused:?}"
    );
    assert!(cx.questions().is_empty());
    assert!(
        world.sent()[sent..]
            .iter()
            .all(|sent| sent.method == Method::Get)
    );
    // Together they are shown together, and neither is sent.
    let world = World::answering([Ok(answer(
        200,
        &[],
        "{\"key\":\"OPS-1\",\"fields\":{\"project\":{\"key\":\"OPS\"}}}",
    ))]);
    let cx = call_of("comments").asking();
    let both = [comment(), in_ops];
    let gathered = finish(world.gateway_under(&bound, TOOLS).gather(&cx, &both));
    assert_eq!(gathered, Err(Failure::Unconfirmed));
    assert_eq!(cx.questions().len(), 2);
    assert!(world.sent().iter().all(|sent| sent.method == Method::Get));
}

#[test]
fn side_by_side_all_is_shown_at_once_and_reads_wait_too() {
    let world = World::default();
    let cx = call_of("all").asking();
    let refused = get("/rest/api/3/user/email");
    let batch = [with_body("one"), issue(), with_body("two"), refused, edit()];
    assert_eq!(gather(&world, &cx, &batch), Err(Failure::Unconfirmed));
    assert!(world.sent().is_empty());
    let bodies: Vec<String> = (cx.questions().iter())
        .map(|question| String::from_utf8_lossy(&question.body).into_owned())
        .collect();
    assert_eq!(
        bodies,
        [
            "{\"body\":\"one\"}",
            "{\"body\":\"two\"}",
            "{\"fields\":{}}"
        ]
    );
    assert!(
        kinds(&world)
            .iter()
            .all(|(kind, ..)| *kind == LineKind::Asked)
    );
    let cx = call_of("all").agreed(consent(&cx.questions()));
    gather(&world, &cx, &batch).expect("it was asked already");
    for ask in [with_body("one"), with_body("two"), edit()] {
        send(&world, &cx, ask).expect("it was shown");
    }
    assert_eq!(
        denial(send(&world, &cx, with_body("two"))).rule,
        "host.confirm"
    );
    assert_eq!(world.sent().len(), 3);
    // Without anything to ask about, nothing is looked through, and no line is written.
    let world = World::default();
    gather(&world, &call_of("edits").asking(), &[edit(), edit()]).expect("nobody asks");
    assert!(world.lines().is_empty());
}

#[test]
fn where_nobody_can_be_asked_it_is_refused_and_said_how_it_would_pass() {
    let world = World::default();
    let cx = call_of("comments");
    let refused = denial(send(&world, &cx, comment()));
    assert_eq!(refused.rule, "host.confirm");
    assert!(refused.reason.contains("`comment-add` (policy.toml:19)"));
    assert!(refused.would_allow.unwrap().contains("elicitation"));
    assert!(world.sent().is_empty() && cx.questions().is_empty());
    assert_eq!(
        kinds(&world),
        [(LineKind::Decision, Verdict::Deny, "host.confirm".to_owned())]
    );
}

#[test]
fn a_yes_under_another_policy_is_none() {
    let cx = agreed("comments", &[comment()]);
    let world = World::default();
    let changed = format!("{}\n# changed\n", policy());
    let refused = finish(world.gateway_under(&changed, TOOLS).send(&cx, comment()));
    let refused = denial(refused);
    assert!(refused.reason.contains("policy was changed"), "{refused:?}");
    assert!(world.sent().is_empty());
}

#[test]
fn a_question_that_can_not_be_recorded_is_not_put_and_a_yes_neither() {
    let world = World {
        sink_ends_at: Some(0),
        ..World::default()
    };
    let cx = call_of("comments").asking();
    let failed = send(&world, &cx, comment());
    assert!(matches!(failed, Err(Failure::Internal(_))), "{failed:?}");
    let gateway = world.gateway_under(&policy(), TOOLS);
    gateway
        .answered(&cx, "7-1", "yes", true)
        .expect_err("it is not recorded");
    let world = World {
        sink_ends_at: None,
        lines: Mutex::default(),
        ..World::default()
    };
    let gateway = world.gateway_under(&policy(), TOOLS);
    gateway.answered(&cx, "6-1", "no", false).expect("recorded");
    let line = world.line();
    assert_eq!(
        (
            line.kind,
            line.verdict,
            line.reason.as_deref(),
            line.question.as_deref()
        ),
        (LineKind::Answered, Verdict::Deny, Some("no"), Some("6-1"))
    );
}
