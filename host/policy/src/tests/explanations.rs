//! What `explain` says, and that no spelling of a URL gets a yes that the decision would not give.

use super::*;
use crate::{Question, explain};

fn url(method: &str, url: &str) -> Question {
    Question::Url {
        method: method.to_owned(),
        url: url.to_owned(),
        tool: None,
    }
}

fn path(method: &str, site: &str, path: &str) -> Question {
    let (method, site, path) = (method.to_owned(), site.to_owned(), path.to_owned());
    Question::Path {
        method,
        site,
        product: None,
        path,
        query: Vec::new(),
        tool: None,
    }
}

fn human(question: &Question) -> String {
    explain(&fixture(), &manifest(), question, None).human()
}

#[test]
fn explanations_read_well() {
    let questions = [
        (
            "allowed",
            url(
                "GET",
                "https://jira.example.test/rest/api/3/issue/PROJ-1?fields=summary",
            ),
        ),
        (
            "no_rule",
            url("POST", "https://jira.example.test/rest/api/3/issue"),
        ),
        (
            "no_route",
            url(
                "GET",
                "https://jira.example.test/rest/api/3/attachment/10001?x=1",
            ),
        ),
        ("hazard", path("GET", "jira", "/rest/auth/1/session")),
        ("literal", url("GET", "https://169.254.169.254/latest")),
        ("tool", Question::Tool("jira_get_issue".to_owned())),
        (
            "tool_absent",
            Question::Tool("jira_create_issue".to_owned()),
        ),
    ];
    let text: Vec<String> = questions
        .iter()
        .map(|(name, question)| format!("== {name}\n{}", human(question)))
        .collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn what_is_not_known_is_said() {
    let told = human(&Question::Tool("jira_delete_everything".to_owned()));
    assert!(
        told.contains("the component declares no tool \"jira_delete_everything\""),
        "{told}"
    );
    let text = "version = 1\n[site.acme]\norigin = \"https://jira.acme.example\"\nproducts = [\"jira\"]\n[[rule]]\nid = \"r\"\nsite = \"acme\"\nclasses = [\"read\"]\n";
    let issue = url("GET", "https://jira.acme.example/rest/api/2/issue/PROJ-1");
    let told = explain(&parse(text), &manifest(), &issue, None).human();
    assert!(
        told.contains("assumed") && told.contains("its configuration does not say"),
        "{told}"
    );
    let told = explain(
        &fixture(),
        &manifest(),
        &url("GET", "https://jira.example.test/rest/api/3/issue/PROJ-1"),
        None,
    );
    assert!(!told.human().contains("assumed"));
    let mut told = told;
    told.name_credential(&std::collections::BTreeMap::new());
    assert!(
        told.human().contains("none is configured"),
        "{}",
        told.human()
    );
}

#[test]
fn the_json_has_the_same_facts() {
    let question = url("GET", "https://jira.example.test/rest/api/3/issue/PROJ-1");
    insta::assert_snapshot!(explain(&fixture(), &manifest(), &question, None).json());
}

#[test]
fn exit_codes_are_the_verdict() {
    let code = |question: &Question| explain(&fixture(), &manifest(), question, None).exit_code();
    assert_eq!(
        code(&url(
            "GET",
            "https://confluence.example.test/wiki/rest/api/content/12345"
        )),
        0
    );
    assert_eq!(
        code(&url(
            "GET",
            "https://jira-onprem.example.test/rest/api/2/issue/PROJ-1"
        )),
        0
    );
    assert_eq!(code(&url("GET", "https://evil.test/")), 1);
    assert_eq!(code(&path("GET", "jira", "/rest/api/3/issue/PROJ-1")), 0);
}

/// Where nobody says which tool asks, or what a site is, each is tried; the refusal that came furthest says most.
#[test]
fn of_several_refusals_the_one_that_came_furthest_is_told() {
    let file = |rules: &str| {
        format!(
            "version = 1\n[site.acme]\norigin = \"https://jira.acme.example\"\nproducts = [\"jira\"]\n{rules}"
        )
    };
    let read = |more: &str| {
        file(&format!(
            "[[rule]]\nid = \"r\"\nsite = \"acme\"\nclasses = [\"read\"]\n{more}\n"
        ))
    };
    // Of the two deployments only one has this path, and one tool alone declares it.
    let issue = "https://jira.acme.example/rest/api/3/issue/OPS-1";
    for (policy, address, reason) in [
        (
            file("[[rule]]\nid = \"r\"\nsite = \"acme\"\nclasses = [\"write\"]\n"),
            issue,
            "no rule allows `jira_get_issue`",
        ),
        (read("projects = [\"PROJ\"]"), issue, "OPS"),
        (
            read("tools = [\"jira_search\"]"),
            issue,
            "no rule allows `jira_get_issue`",
        ),
        (
            read("tools = [\"jira_search\"]"),
            "https://jira.acme.example/rest/api/3/project/search",
            "does not declare",
        ),
        (
            file(
                "[[deny]]\nid = \"d\"\nsite = \"acme\"\nclasses = [\"read\"]\ntools = [\"jira_get_issue\"]\n[[rule]]\nid = \"r\"\nsite = \"acme\"\nclasses = [\"read\"]\n",
            ),
            issue,
            "[[deny]] `d`",
        ),
    ] {
        let told = explain(&parse(&policy), &manifest(), &url("GET", address), None);
        assert!(
            !told.is_allowed() && told.reason.contains(reason),
            "{policy}\n{}",
            told.human()
        );
    }
}

#[test]
fn no_odd_url_is_allowed() {
    let good = "/rest/api/3/issue/PROJ-1";
    let hosts = [
        "jira.example.test.",
        "jira.example.test..",
        "jira.example.test@evil.test",
        "mallory:pw@jira.example.test",
        "jira.example.test%40evil.test",
        "evil.test\\@jira.example.test",
        "jira.example.test.evil.test",
        "sub.jira.example.test",
        "example.test",
        "jira.example.test%2eevil.test",
        "jira.example.test\n.evil.test",
        "jira.example.test%00.evil.test",
        "jira.example.test evil.test",
        "xn--jir-8cd.example.test",
        "xn--jira-.example.test",
        "jira\u{3002}example\u{3002}test",
        "JIRA.EXAMPLE.TEST",
        "jira.example.test:80",
        "jira.example.test:443",
        "jira.example.test:8443",
        "jira.example.test:65536",
        "jira.example.test:443x",
        "",
        ":443",
        ".",
        "jira..example.test",
        "127.0.0.1",
        "0x7f000001",
        "0177.0.0.1",
        "2130706433",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b:1::a00:1]",
        "[fe80::1%25eth0]",
        "169.254.169.254",
        "10.0.0.1",
        "8.8.8.8",
        "localhost",
        "metadata.google.internal",
        "127.0.0.1.nip.io",
        "*",
        "jir\u{430}.example.test",
        "jira.example.t\u{ad}est",
        "\u{2460}27.0.0.1",
    ];
    let mut urls: Vec<String> = hosts
        .iter()
        .map(|host| format!("https://{host}{good}"))
        .collect();
    for scheme in [
        "http",
        "ftp",
        "ws",
        "HTTPS",
        "gopher",
        "file",
        "javascript",
        "",
    ] {
        urls.push(format!("{scheme}://jira.example.test{good}"));
    }
    urls.push(format!("//jira.example.test{good}"));
    urls.push(format!("https:jira.example.test{good}"));
    urls.push(format!("https:/jira.example.test{good}"));
    urls.push(format!("https:\\\\jira.example.test{good}"));
    urls.push(format!("http://jira.example.test:443{good}"));
    urls.push(format!("https://jira.example.test{good}#x"));
    urls.push(format!("https://jira.example.test{good}\0"));
    urls.push(format!("https://jira.example.test{good} "));
    urls.push(format!(" https://jira.example.test{good}"));
    urls.push(format!("https://jira.example.test{good}?fields=%zz"));
    urls.push("https://jira.example.test?@evil.test/".to_owned());
    urls.push("https://jira.example.test/rest/api/3/../3/issue/PROJ-1".to_owned());
    for text in urls {
        let explanation = explain(&fixture(), &manifest(), &url("GET", &text), None);
        assert!(
            !explanation.is_allowed(),
            "{text:?}: {}",
            explanation.human()
        );
        assert_eq!(explanation.credential, None);
    }
}

#[test]
fn methods_and_sites_are_read_in_their_one_spelling() {
    for method in [
        "get",
        "GeT",
        " GET",
        "OPTIONS",
        "TRACE",
        "PROPFIND",
        "GET\r\nX: y",
        "GET /x",
        "",
        "\u{ff27}\u{ff25}\u{ff34}",
    ] {
        let question = path(method, "jira", "/rest/api/3/issue/PROJ-1");
        assert_eq!(
            explain(&fixture(), &manifest(), &question, None).exit_code(),
            1,
            "{method:?}"
        );
    }
    for site in ["JIRA", "jira ", "jira/../confluence", "*", "__proto__", ""] {
        let question = path("GET", site, "/rest/api/3/issue/PROJ-1");
        assert_eq!(
            explain(&fixture(), &manifest(), &question, None).exit_code(),
            1,
            "{site:?}"
        );
    }
}

#[test]
fn the_gateway_of_a_cloud_site_is_known_by_both_its_origins() {
    let text = "version = 1\n[site.acme]\norigin = \"https://acme.atlassian.net\"\nproducts = [\"jira\", \"confluence\"]\ngateway.cloud-id = \"11111111-2222-3333-4444-555555555555\"\n[[rule]]\nid = \"read\"\nsite = \"*\"\nclasses = [\"read\"]\n";
    let policy = parse(text);
    let canonical = |text: &str| explain(&policy, &manifest(), &url("GET", text), None).canonical;
    let dialled = "https://api.atlassian.com/ex/jira/11111111-2222-3333-4444-555555555555/rest/api/3/issue/PROJ-1";
    assert_eq!(canonical(dialled), Some(format!("GET {dialled}")));
    assert_eq!(
        canonical("https://acme.atlassian.net/rest/api/3/issue/PROJ-1"),
        Some(format!("GET {dialled}"))
    );
    assert_eq!(
        canonical(
            "https://api.atlassian.com/ex/jira/00000000-2222-3333-4444-555555555555/rest/api/3/issue/PROJ-1"
        ),
        None
    );
}
