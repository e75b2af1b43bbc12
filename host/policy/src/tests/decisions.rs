//! What the fixture policy lets through, and everything near it that it does not.

use super::*;
use crate::Class;

#[test]
fn what_the_rules_say_passes_under_their_names() {
    use Deployment::{Cloud, DataCenter};
    use Method::{Get, Post};
    let policy = fixture();
    let table = [
        (
            "jira-issue-read",
            "jira_get_issue",
            Ask::jira(Get, "/rest/api/3/issue/PROJ-1"),
        ),
        (
            "jira-issue-read",
            "jira_get_issue",
            Ask::jira(Get, "/rest/api/3/issue/PROJ-1").with_query(&[
                ("fields", "a&b=c#d?e/f;g%h+i j\u{e9}"),
                ("expand", "{{secret.jira}}"),
            ]),
        ),
        (
            "jira-search",
            "jira_search",
            Ask::jira(Post, "/rest/api/3/search/jql").with_body(65536),
        ),
        (
            "jira-comment-add",
            "jira_add_comment",
            Ask::jira(Post, "/rest/api/3/issue/PROJ-1/comment"),
        ),
        (
            "jira-attachment-get",
            "jira_download_attachment",
            Ask::jira(Get, "/rest/api/3/attachment/content/10001"),
        ),
        (
            "onprem-issue-read",
            "jira_get_issue",
            Ask::jira(Get, "/rest/api/2/issue/PROJ-1").at("jira-onprem", Product::Jira, DataCenter),
        ),
        (
            "confluence-page-read",
            "confluence_get_page",
            Ask::jira(Get, "/wiki/rest/api/content/12345").at(
                "confluence",
                Product::Confluence,
                Cloud,
            ),
        ),
    ];
    for (rule, tool, ask) in table {
        assert_eq!(
            rule_of(&policy, tool, ask.clone()),
            Ok(rule.to_owned()),
            "{ask:?}"
        );
    }
}

#[test]
fn every_path_that_is_not_quite_the_rules_is_refused() {
    let policy = fixture();
    let long = format!("/rest/api/3/issue/{}", "A".repeat(4000));
    let paths = [
        "/rest/api/3/issue/PROJ-1/../PROJ-2",
        "/rest/api/3/issue/./PROJ-1",
        "/rest/api/3/issue/PROJ-1/..",
        "/rest/api/3/issue/%2e%2e/%2e%2e/secure",
        "/rest/api/3/issue/%252e%252e/x",
        "/rest/api/3/issue/..%2f..%2fsecure",
        "/rest/api/3/issue/PROJ-1%2fcomment",
        "/rest/api/3/issue/..\\..\\secure",
        "/rest/api/3/issue/..;/..;/secure/admin",
        "/rest/api/3/issue/..;x=y/secure",
        "/rest/api/3/issue/PROJ-1;jsessionid=abc",
        "/rest/api/3/issue;v=1/PROJ-1",
        "/rest/api/3/issue/PROJ-1%3bx=y",
        "//rest/api/3/issue/PROJ-1",
        "/rest//api/3/issue/PROJ-1",
        "/rest/api/3/issue/PROJ-1/",
        "/rest/api/3/issue//",
        "/rest/api/3/Issue/PROJ-1",
        "/rest/api/3/issue/proj-1",
        "/rest/api/3/issue/PROJ-1\0",
        "/rest/api/3/issue/PROJ-1%00",
        "/rest/api/3/issue/PROJ-1%0d%0aX:%20y",
        "/rest/api/3/issue/PROJ-1\r\nX: y",
        "/rest/api/3/issue/PROJ-1 HTTP",
        "/rest/api/3/issue/PROJ-1%20",
        "/rest/api/3/issue/%u002e%u002e/x",
        "/rest/api/3/issue/%ff",
        "/rest/api/3/issue/PROJ-1?fields=x",
        "/rest/api/3/issue/PROJ-1%3ffields=x",
        "/rest/api/3/issue/PROJ-1#x",
        "/rest/api/3/issue/%",
        "/rest/api/3/issue/%50ROJ-1",
        "/rest/api/3/issue/PROJ-1/comment",
        "/rest/api/3/issue/PROJ-1/commentx",
        "/rest/api/3/issue/PROJ-1x",
        "/rest/api/3/issue/PROJ-01",
        "/rest/api/3/issue/PROJ-0",
        "/rest/api/3/issue/PROJ-",
        "/rest/api/3/issue/-1",
        "/rest/api/3/issue/P-1",
        "/rest/api/3/issue/1PROJ-1",
        "/rest/api/3/issue/PROJ-12345678901",
        "/rest/api/3/issue/PROJ\u{2010}1",
        "/rest/api/3/issue/\u{ff30}ROJ-1",
        "/rest/api/3/issue/PROJ-\u{661}",
        "/rest/api/3/issue/10001",
        "/rest/api/3/issue/*",
        "/rest/api/3/issue/{issue-key}",
        "/rest/api/3/issue",
        "/rest/api/2/issue/PROJ-1",
        "/rest/plugins/1.0/",
        "/plugins/servlet/gadgets/makeRequest",
        "/rest/webhooks/1.0/webhook",
        "/secure/admin/ViewApplicationProperties.jspa",
        "/rest/auth/1/session",
        "/rest/pat/latest/tokens",
        "/wiki/rest/api/content/1",
        "/",
        "*",
        "",
        "@evil.test/x",
        "\\@evil.test/x",
        "https://evil.test/x",
        "///evil.test/x",
        "/rest/api/3/attachment/content/-1",
        "/rest/api/3/attachment/content/0",
        "/rest/api/3/attachment/content/\u{661}\u{660}",
        "/rest/api/3/attachment/content/99999999999999999999",
        &long,
    ];
    for path in paths {
        for tool in manifest().tools.keys() {
            let ask = Ask::jira(Method::Get, path);
            assert!(
                decide(&policy, tool, ask).is_err(),
                "{tool} {path:?} passed"
            );
        }
    }
}

#[test]
fn methods_are_not_implied_by_each_other() {
    let policy = fixture();
    for method in [
        Method::Head,
        Method::Post,
        Method::Put,
        Method::Patch,
        Method::Delete,
    ] {
        let ask = Ask::jira(method, "/rest/api/3/issue/PROJ-1");
        assert!(decide(&policy, "jira_get_issue", ask).is_err(), "{method}");
    }
}

#[test]
fn query_names_are_the_rules_and_come_once() {
    let policy = fixture();
    let ask = |pairs: &[(&str, &str)]| {
        Ask::jira(Method::Get, "/rest/api/3/issue/PROJ-1").with_query(pairs)
    };
    for pairs in [
        &[("fields", "summary"), ("fields", "*all")][..],
        &[("expnad", "x")],
        &[("properties", "x")],
        &[("Fields", "x")],
        &[("os_authType", "cookie")],
        &[("access_token", "x")],
        &[("jwt", "x")],
        &[("callback", "x")],
        &[("fields", "a\r\nX: y")],
        &[("fields", "a\0")],
        &[("fields\0", "a")],
        &[("fields%00", "x")],
        &[("", "")],
        &[("fields ", "x")],
    ] {
        assert_eq!(
            rule_of(&policy, "jira_get_issue", ask(pairs)),
            Err(RefusalCode::Query),
            "{pairs:?}"
        );
    }
    // A rule that lists no names allows none, whatever the catalogue has.
    let comment =
        Ask::jira(Method::Post, "/rest/api/3/issue/PROJ-1/comment").with_query(&[("expand", "x")]);
    assert_eq!(
        rule_of(&policy, "jira_add_comment", comment),
        Err(RefusalCode::Query)
    );
}

#[test]
fn a_body_over_the_rules_limit_is_refused() {
    let ask = Ask::jira(Method::Post, "/rest/api/3/search/jql").with_body(65537);
    assert_eq!(
        rule_of(&fixture(), "jira_search", ask),
        Err(RefusalCode::BodyTooLarge)
    );
}

#[test]
fn a_tool_has_only_the_routes_that_it_declares() {
    let wide = parse(&format!(
        "{FIXTURE}\n[[rule]]\nid = \"all\"\nsite = \"*\"\nclasses = [\"read\", \"write\"]\n"
    ));
    let comment = || Ask::jira(Method::Post, "/rest/api/3/issue/PROJ-1/comment");
    assert_eq!(
        rule_of(&wide, "jira_get_issue", comment()),
        Err(RefusalCode::NotDeclared)
    );
    assert_eq!(
        rule_of(&wide, "no_such_tool", comment()),
        Err(RefusalCode::UnknownTool)
    );
    assert_eq!(
        rule_of(&wide, "jira_add_comment", comment()),
        Ok("jira-comment-add".to_owned())
    );
}

#[test]
fn an_own_route_is_open_to_the_tools_that_its_rule_names_and_to_no_other_rule() {
    let text = format!(
        "{FIXTURE}\n[[rule]]\nid = \"all\"\nsite = \"*\"\nclasses = [\"read\", \"write\", \"delete\", \"admin\"]\n"
    );
    let policy = parse(&text);
    let ask = || Ask::jira(Method::Get, "/rest/api/3/attachment/content/10001");
    assert_eq!(
        rule_of(&policy, "jira_download_attachment", ask()),
        Ok("jira-attachment-get".to_owned())
    );
    assert_eq!(
        rule_of(&policy, "jira_get_issue", ask()),
        Err(RefusalCode::NoRule)
    );
    let open = text.replace(
        "redirect = \"media\"\ntools = [\"jira_download_attachment\"]",
        "redirect = \"media\"",
    );
    assert_eq!(
        rule_of(&parse(&open), "jira_get_issue", ask()),
        Err(RefusalCode::NoRule)
    );
}

#[test]
fn a_permit_says_what_was_allowed() {
    let permitted = decide(
        &fixture(),
        "jira_download_attachment",
        Ask::jira(Method::Get, "/rest/api/3/attachment/content/10001"),
    )
    .expect("the fixture allows it");
    let permit = permitted.permit();
    assert_eq!(permit.route.as_str(), "own.jira-attachment-get");
    assert_eq!(permit.class, Class::Read);
    assert_eq!(permit.template, "/rest/api/3/attachment/content/{id}");
    assert_eq!(permit.params, [("id".to_owned(), "10001".to_owned())]);
    let redirect = permit
        .redirect
        .as_ref()
        .map(|(name, origin)| (name.as_str(), origin.to_string()));
    assert_eq!(
        redirect,
        Some(("media", "https://media.example.test".to_owned()))
    );
    // What was decided on is what comes back.
    let Decision::Permitted(permitted) = permitted else {
        panic!("the rule is bound to nothing");
    };
    assert_eq!(permitted.segments.last().map(String::as_str), Some("10001"));
}

#[test]
fn a_denial_wins_over_every_rule() {
    let ask = || Ask::jira(Method::Post, "/rest/api/3/issue/PROJ-1/comment");
    for selector in [
        "classes = [\"write\"]",
        "routes = [\"jira.comment.add\"]",
        "path = \"/rest/api/3/issue/{issue-key}/comment\"",
        "methods = [\"POST\"]\npath = \"/rest/api/3/issue/{segment}/comment\"",
        "classes = [\"write\"]\ntools = [\"jira_add_comment\"]",
    ] {
        let policy = parse(&format!(
            "{FIXTURE}\n[[deny]]\nid = \"no\"\nsite = \"*\"\n{selector}\n"
        ));
        let refused = decide(&policy, "jira_add_comment", ask()).expect_err(selector);
        assert_eq!(
            (refused.refusal.rule.as_str(), refused.refusal.code),
            ("no", RefusalCode::DeniedByRule)
        );
        assert!(
            refused.refusal.would_allow.starts_with("# no rule"),
            "{}",
            refused.refusal.would_allow
        );
    }
    for elsewhere in [
        "site = \"confluence\"\nclasses = [\"write\"]",
        "site = \"*\"\nclasses = [\"write\"]\ntools = [\"other\"]",
    ] {
        let policy = parse(&format!("{FIXTURE}\n[[deny]]\nid = \"no\"\n{elsewhere}\n"));
        assert!(
            decide(&policy, "jira_add_comment", ask()).is_ok(),
            "{elsewhere}"
        );
    }
}

#[test]
fn an_own_route_is_denied_by_any_class_that_a_rule_gives_it() {
    let own = |id: &str, class: &str| {
        format!(
            "\n[[rule]]\nid = \"{id}\"\nsite = \"jira\"\nmethods = [\"POST\"]\npath = \"/rest/x/{{id}}\"\ntools = [\"jira_search\"]\n{class}"
        )
    };
    let deny = "\n[[deny]]\nid = \"no-admin\"\nsite = \"*\"\nclasses = [\"admin\"]\n";
    let text = format!(
        "{FIXTURE}{}{}{deny}",
        own("a", "class = \"read\"\n"),
        own("b", "class = \"admin\"\n")
    );
    let ask = Ask::jira(Method::Post, "/rest/x/1");
    assert_eq!(
        rule_of(&parse(&text), "jira_search", ask),
        Err(RefusalCode::DeniedByRule)
    );
}

#[test]
fn sites_are_matched_by_their_exact_name_product_and_deployment() {
    let policy = fixture();
    let ask = || Ask::jira(Method::Get, "/rest/api/3/issue/PROJ-1");
    let cases = [
        (
            ask().at("JIRA", Product::Jira, Deployment::Cloud),
            RefusalCode::UnknownSite,
        ),
        (
            ask().at("nowhere", Product::Jira, Deployment::Cloud),
            RefusalCode::UnknownSite,
        ),
        (
            ask().at("jira", Product::Confluence, Deployment::Cloud),
            RefusalCode::WrongProduct,
        ),
        (
            ask().at("jira", Product::Jira, Deployment::DataCenter),
            RefusalCode::WrongDeployment,
        ),
        (
            ask().at("jira-onprem", Product::Jira, Deployment::DataCenter),
            RefusalCode::NoRoute,
        ),
    ];
    for (ask, code) in cases {
        assert_eq!(
            rule_of(&policy, "jira_get_issue", ask.clone()),
            Err(code),
            "{ask:?}"
        );
    }
}

#[test]
fn of_several_rules_the_most_precise_is_named_whatever_their_order() {
    let rules = [
        "\n[[rule]]\nid = \"a-classes\"\nsite = \"jira\"\nclasses = [\"read\"]\n",
        "\n[[rule]]\nid = \"b-routes\"\nsite = \"jira\"\nroutes = [\"jira.issue.get\"]\n",
    ];
    for order in [[0, 1], [1, 0]] {
        let head = FIXTURE.split("[[rule]]").next().unwrap_or_default();
        let policy = parse(&format!("{head}{}{}", rules[order[0]], rules[order[1]]));
        let ask = Ask::jira(Method::Get, "/rest/api/3/issue/PROJ-1");
        assert_eq!(
            rule_of(&policy, "jira_get_issue", ask),
            Ok("b-routes".to_owned())
        );
    }
}

#[test]
fn tools_exist_where_something_of_theirs_can_be_allowed() {
    let manifest = manifest();
    let offered = |policy: &Policy| -> Vec<String> {
        manifest
            .tools
            .keys()
            .filter(|tool| policy.offers(&manifest, &principal("alice"), tool))
            .cloned()
            .collect()
    };
    assert_eq!(
        offered(&fixture()),
        [
            "confluence_get_page",
            "jira_add_comment",
            "jira_download_attachment",
            "jira_get_issue",
            "jira_search"
        ]
    );
    let sites = fixture().sites().to_vec();
    let read_only =
        Policy::profile(crate::Profile::ReadOnly, sites.clone()).expect("the profile is a policy");
    assert_eq!(
        offered(&read_only),
        [
            "confluence_get_page",
            "jira_download_attachment",
            "jira_get_issue",
            "jira_search"
        ]
    );
    let standard =
        Policy::profile(crate::Profile::Standard, sites).expect("the profile is a policy");
    assert_eq!(offered(&standard).len(), manifest.tools.len());
    assert!(!standard.offers(&manifest, &principal("alice"), "no_such_tool"));
    let allows = |policy: &Policy, class| {
        policy.allows_class(
            &manifest,
            &principal("alice"),
            &site("jira"),
            Product::Jira,
            class,
        )
    };
    assert!(allows(&standard, Class::Write) && !allows(&standard, Class::Delete));
    assert!(allows(&read_only, Class::Read) && !allows(&read_only, Class::Write));
    assert!(!fixture().allows_class(
        &manifest,
        &principal("alice"),
        &site("jira-onprem"),
        Product::Jira,
        Class::Write
    ));
}
