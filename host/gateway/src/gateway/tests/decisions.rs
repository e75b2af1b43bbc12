//! What goes out and what is refused, and under which rule.

use super::world::*;

#[test]
fn an_allowed_request_goes_out_once_with_our_credential_and_our_headers() {
    let world = World::default();
    let ask = Ask {
        query: vec![("fields".into(), "summary,status".into())],
        ..issue()
    };
    world.send(ask).expect("allowed");
    let sent = world.sent();
    insta::assert_debug_snapshot!(sent, @r#"
    [
        Sent {
            url: "https://jira.example.test/rest/api/3/issue/PROJ-1?fields=summary%2Cstatus",
            method: Get,
            hop: Site,
            headers: [
                (
                    "accept",
                    "application/json",
                ),
                (
                    "user-agent",
                    "mcp-airlock/0.1.0",
                ),
                (
                    "accept-encoding",
                    "gzip",
                ),
            ],
            authorization: Some(
                "Bearer CANARY-jira-7Qm2xVt9LrPz4KdW8sYbN3hF",
            ),
            body: None,
            timeout: 30s,
            cap: 16777216,
        },
    ]
    "#);
}

#[test]
fn every_refusal_takes_the_same_time() {
    for path in ["/rest/api/3/user/email", "/no/such/path"] {
        let world = World::default();
        world.send(get(path)).expect_err("not allowed");
        assert_eq!(world.waits(), [0.002], "{path}");
    }
    let world = World::default();
    world.send(issue()).expect("allowed");
    assert!(world.waits().is_empty());
}

#[test]
fn refused_requests_reach_neither_the_wire_nor_the_credentials_and_leave_a_line() {
    let header = |name: &str| Ask {
        headers: vec![(name.into(), "x".into())],
        ..issue()
    };
    for (ask, rule) in [
        (get("/rest/api/3/issue/PROJ-1/../PROJ-2"), "host.path"),
        (header("authorization"), "host.header"),
        (header("x-http-method-override"), "host.header"),
        (
            Ask {
                query: vec![("fields".into(), "a\r\nb".into())],
                ..issue()
            },
            "host.query",
        ),
        (
            Ask {
                site: SiteName::parse("other").unwrap(),
                ..issue()
            },
            "host.site",
        ),
        (
            Ask {
                query: vec![("access_token".into(), "x".into())],
                ..issue()
            },
            "default-deny",
        ),
        (
            Ask {
                method: Method::Delete,
                ..issue()
            },
            "never-delete",
        ),
        (
            Ask {
                method: Method::Patch,
                ..issue()
            },
            "default-deny",
        ),
        (get("/rest/api/3/issue/PROJ-1/commentx"), "default-deny"),
        (get("/rest/api/2/issue/PROJ-1"), "default-deny"),
        (get("/rest/plugins/1.0"), "default-deny"),
        (
            Ask {
                body: Body::Json(format!("\"{}\"", "x".repeat(1000))),
                ..comment()
            },
            "comment-add",
        ),
    ] {
        let world = World::default();
        let cx = call("alice");
        let text = format!("{ask:?}");
        let denial = denial(world.send_in(&cx, ask));
        let line = world.line();
        assert!(
            world.sent().is_empty() && world.asked.lock().unwrap().is_empty(),
            "{text}"
        );
        assert_eq!(
            (line.verdict, line.tries, line.secret),
            (Verdict::Deny, 0, None),
            "{text}"
        );
        assert_eq!(line.rule, denial.rule);
        if rule != "comment-add" {
            assert_eq!(denial.rule, rule, "{text}");
        }
        assert_eq!(cx.denials(), [denial]);
    }
}

#[test]
fn a_tool_cannot_use_the_route_of_another() {
    let world = World::default();
    let caller = Caller {
        principal: policy::Principal::parse("alice").unwrap(),
        tool: "jira_get_issue".into(),
    };
    let cx = CallContext::new(caller, "call-1", Duration::from_secs(60), Budget::default());
    denial(world.send_in(&cx, comment()));
    assert!(world.send_in(&cx, issue()).is_ok());
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn a_refusal_says_what_would_allow_it_to_people_only() {
    let world = World::default();
    let refused = world.send(get("/rest/api/3/myself"));
    let denial = denial(refused);
    assert!(
        denial
            .would_allow
            .is_some_and(|line| line.contains("[[rule]]"))
    );
    assert_eq!(world.line().path.as_deref(), None);
    assert_eq!(world.line().template.as_deref(), Some("/rest/api/3/myself"));
}

#[test]
fn a_caller_without_a_credential_gets_nobody_elses() {
    let world = World::default();
    assert!(world.send(issue()).is_ok());
    let denial = denial(world.send_in(&call("bob"), issue()));
    assert_eq!(denial.rule, "host.credential");
    assert_eq!(world.sent().len(), 1);
    let asked = world.asked.lock().unwrap().clone();
    assert_eq!(
        asked,
        [
            ("alice".to_owned(), "jira".to_owned()),
            ("bob".to_owned(), "jira".to_owned())
        ]
    );
}

#[test]
fn an_ended_authorization_asks_for_a_person() {
    let world = World {
        ended: true,
        ..World::default()
    };
    assert_eq!(world.send(issue()), Err(Failure::Reauthorize));
    assert_eq!(
        world.line().reason.as_deref(),
        Some("the site no longer accepts the stored authorization")
    );
}

#[test]
fn an_upload_carries_the_token_that_atlassian_asks_for() {
    let part = Part {
        name: "file".into(),
        file_name: Some("a.txt".into()),
        media_type: None,
        data: Bytes::from_static(b"x"),
    };
    let ask = Ask {
        method: Method::Post,
        body: Body::Multipart(vec![part]),
        ..get("/rest/api/3/issue/PROJ-1/attachments")
    };
    let world = World::default();
    world.send(ask).expect("allowed");
    let headers = &world.sent()[0].headers;
    assert!(headers.contains(&("x-atlassian-token".into(), "no-check".into())));
    assert!(headers.iter().any(|(name, value)| name == "content-type"
        && value.starts_with("multipart/form-data; boundary=")));
}

#[test]
fn the_hosts_own_requests_have_rules_with_names() {
    let world = World::answering([Ok(answer(200, &[], "{\"deploymentType\":\"Cloud\"}"))]);
    let gateway = world.gateway();
    let site = SiteName::parse("jira").unwrap();
    finish(gateway.send_own(&call("alice"), &site, OwnRequest::JiraServerInfo))
        .expect("a built-in rule");
    assert_eq!(
        world.sent()[0].url,
        "https://jira.example.test/rest/api/2/serverInfo"
    );
    let line = world.line();
    assert_eq!(
        (
            line.rule.as_str(),
            line.tool.as_str(),
            line.principal.as_str()
        ),
        ("host-jira-server-info", "host", "alice")
    );
    assert_eq!(line.component, "sha256:c0");
}

#[test]
fn an_own_request_is_for_sites_with_that_product_and_not_for_components() {
    let world = World::default();
    let site = |name| SiteName::parse(name).unwrap();
    let gateway = world.gateway();
    let confluence = finish(gateway.send_own(
        &call("alice"),
        &site("jira"),
        OwnRequest::ConfluenceManifest,
    ));
    assert_eq!(denial(confluence).rule, "host.site");
    let unknown =
        finish(gateway.send_own(&call("alice"), &site("other"), OwnRequest::JiraServerInfo));
    assert!(matches!(unknown, Err(Failure::Internal(_))));
    assert!(world.sent().is_empty());
    finish(gateway.send_own(
        &call("alice"),
        &site("confluence"),
        OwnRequest::ConfluenceManifest,
    ))
    .expect("a built-in rule");
    let authorization = world.sent()[0].authorization.clone();
    assert_eq!(authorization, Some(format!("Bearer {CONFLUENCE_TOKEN}")));
    denial(world.send(get("/rest/api/2/serverInfo")));
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn futures_of_the_gateway_can_move_between_threads() {
    fn is_send<T: Send>(_: T) {}
    let world = World::default();
    let (gateway, cx) = (world.gateway(), call("alice"));
    is_send(gateway.send(&cx, issue()));
    is_send(gateway.send_own(
        &cx,
        &SiteName::parse("jira").unwrap(),
        OwnRequest::JiraServerInfo,
    ));
}

#[test]
fn another_policy_holds_from_the_next_request_on() {
    let world = World::default();
    let (gateway, cx) = (world.gateway(), call("alice"));
    finish(gateway.send(&cx, comment())).expect("allowed");
    let old = gateway.policy().digest();
    let narrow = narrow();
    let new = narrow.digest();
    gateway.replace_policy(narrow).expect("recorded");
    // Within the call that had begun before.
    let refused = denial(finish(gateway.send(&cx, comment())));
    assert_eq!(refused.rule, "nothing-written");
    let lines = world.lines();
    let reloads: Vec<&AuditLine> = lines
        .iter()
        .filter(|line| line.kind == LineKind::Reload)
        .collect();
    let [reload] = reloads[..] else {
        panic!("{lines:?}");
    };
    let reason = reload.reason.as_deref().unwrap_or_default();
    assert!(reload.policy == new && reason.contains(&old), "{reload:?}");
    assert_eq!(lines[0].policy, old);
    assert_eq!(lines.last().map(|line| &line.policy), Some(&new));
}

#[test]
fn a_policy_that_cannot_be_recorded_does_not_hold() {
    let world = World {
        sink_ends_at: Some(0),
        ..World::default()
    };
    let gateway = world.gateway();
    let old = gateway.policy().digest();
    assert!(gateway.replace_policy(narrow()).is_err());
    assert_eq!(gateway.policy().digest(), old);
}

fn narrow() -> std::sync::Arc<policy::Policy> {
    let deny = "\n[[deny]]\nid = \"nothing-written\"\nsite = \"*\"\nclasses = [\"write\"]\n";
    let policy = policy::parse(&format!("{POLICY}{deny}"), "policy.toml");
    std::sync::Arc::new(policy.expect("the text is a policy"))
}
