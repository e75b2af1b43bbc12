//! What is refused as a policy file, and how it is said.

use super::*;

fn complaints(text: &str) -> String {
    match Policy::parse(text, "policy.toml") {
        Ok(_) => panic!("accepted:\n{text}"),
        Err(diagnostics) => diagnostics.to_string(),
    }
}

const HEAD: &str =
    "version = 1\n\n[site.acme]\norigin = \"https://acme.atlassian.net\"\nproducts = [\"jira\"]\n";
const RULE: &str = "\n[[rule]]\nid = \"read\"\nsite = \"acme\"\nclasses = [\"read\"]\n";

#[test]
fn a_file_full_of_slips_is_explained_slip_by_slip() {
    let text = "\
version = 1
mode = \"audit\"

[site.acme]
orgin = \"https://acme.atlassian.net\"
products = [\"jira\", \"confluense\"]

[site.intern]
origin = \"http://jira.example.test/jira\"
deployment = \"datacenter\"
products = [\"jira\"]
addresses = [\"169.254.169.254/32\", \"10.1.2.3/8\"]

[[rule]]
id = \"work\"
site = \"acme\"
classes = [\"read\", \"writes\"]
projects = [\"PROJ\"]

[[rule]]
id = \"work\"
site = \"*\"
routes = [\"jira.issue.gte\"]
methods = [\"GET\"]

[[deny]]
id = \"no\"
site = \"*\"
upstream = \"jira\"
path = \"/rest/**\"
";
    insta::assert_snapshot!(complaints(text));
}

#[test]
fn keys_of_projects_and_spaces_are_checked_one_by_one() {
    let text = format!(
        "{HEAD}{RULE}projects = [\"PROJ\", \"proj\", \"PROJ-1\", \"PROJ\"]\nspaces = [\"DOCS\", \"a b\"]\n"
    );
    insta::assert_snapshot!(complaints(&text));
}

#[test]
fn keys_of_later_versions_are_errors_and_never_ignored() {
    let tables = [
        format!("{HEAD}{RULE}mode = \"audit\"\n"),
        format!(
            "{HEAD}{RULE}[[deny]]\nid = \"d\"\nsite = \"*\"\nclasses = [\"write\"]\nprojects = [\"PROJ\"]\n"
        ),
        format!(
            "{HEAD}{RULE}[[deny]]\nid = \"d\"\nsite = \"*\"\nclasses = [\"write\"]\nconfirm = true\n"
        ),
        format!(
            "{HEAD}{RULE}[[deny]]\nid = \"d\"\nsite = \"*\"\nclasses = [\"write\"]\nper-minute = 10\n"
        ),
        format!("{HEAD}{RULE}limits = {{}}\n"),
    ];
    for text in tables {
        let said = complaints(&text);
        assert!(
            said.contains("is not supported by this version yet") && said.contains("remove it"),
            "{said}"
        );
    }
}

#[test]
fn what_is_not_exactly_the_grammar_is_refused() {
    let site = |line: &str| format!("{HEAD}{line}\n{RULE}");
    let origin = |origin: &str| {
        format!("version = 1\n[site.acme]\norigin = \"{origin}\"\nproducts = [\"jira\"]\n{RULE}")
    };
    let rule = |lines: &str| format!("{HEAD}\n[[rule]]\nid = \"t\"\nsite = \"acme\"\n{lines}\n");
    let deny =
        |lines: &str| format!("{HEAD}{RULE}\n[[deny]]\nid = \"t\"\nsite = \"acme\"\n{lines}\n");
    let path = |path: &str| {
        rule(&format!(
            "methods = [\"GET\"]\npath = \"{path}\"\ntools = [\"a\"]"
        ))
    };
    let table = [
        (String::new(), "has no `version`"),
        ("mode = \"enforce\"\n".to_owned(), "has no `version`"),
        (HEAD.to_owned(), "no [[rule]] allows anything"),
        (
            format!("{HEAD}{RULE}").replace("version = 1", "version = 2"),
            "version 1 only",
        ),
        (
            format!("{HEAD}{RULE}").replace("version = 1", "version = nan"),
            "version 1 only",
        ),
        (
            format!("{HEAD}{RULE}").replace("version = 1", "version = \"1\""),
            "version 1 only",
        ),
        (format!("version = 1\n{HEAD}{RULE}"), "duplicate key"),
        (
            format!("mode = \"audit\"\n{HEAD}{RULE}"),
            "would stay for ever",
        ),
        (
            format!("mode = \"enforce\"\naudit-until = 2027-01-31\n{HEAD}{RULE}"),
            "the file is in none",
        ),
        (
            format!("audit-until = 2027-01-31\n{HEAD}{RULE}"),
            "the file is in none",
        ),
        (
            format!("mode = \"audit\"\naudit-until = \"soon\"\n{HEAD}{RULE}"),
            "`audit-until` is not a day",
        ),
        (
            format!("mode = \"audit\"\naudit-until = true\n{HEAD}{RULE}"),
            "a day, like 2027-01-31",
        ),
        (
            site("context = \"jira\""),
            "not a context path",
        ),
        (site("context = \"/a/../b\""), "not a context path"),
        (site("context = { confluence = \"/c\" }"), "unknown key `confluence`"),
        (site("context = 7"), "`context` is"),
        (
            site("x = 1")
                .replace("products = [\"jira\"]", "products = [\"jira\", \"confluence\"]")
                .replace("x = 1", "context = \"/jira\""),
            "one context path is ambiguous",
        ),
        (
            site("deployment = \"data-center\"\ngateway.cloud-id = \"11111111-2222-3333-4444-555555555555\"")
                .replace("acme.atlassian.net", "jira.example.test"),
            "belongs to Atlassian Cloud",
        ),
        (
            site("addresses = [\"10.0.0.0/8\"]").replace("https://acme.atlassian.net", "http://127.0.0.1:8080"),
            "answers from this machine only",
        ),
        (site("redirect.\"a b\" = \"https://m.example.test\""), "is no name for a redirect"),
        (
            rule("methods = [\"GET\"]\npath = \"/x\"\ntools = [\"a\"]\nclass = \"reads\""),
            "`class` has no value \"reads\"",
        ),
        (
            rule("methods = [\"GET\"]\npath = \"/x\"\ntools = [\"a\"]\nproduct = \"bitbucket\""),
            "`product` has no value \"bitbucket\"",
        ),
        (
            rule("methods = [\"GET\", \"PUT\"]\npath = \"/x\"\ntools = [\"a\"]\nclass = \"read\""),
            "a GET or PUT is never just read",
        ),
        (rule("classes = [\"read\"]\naccept = 7"), "`accept` is a list of tables, not an integer"),
        (rule("classes = [\"read\"]\ntools = \"a\""), "not a string"),
        (rule("classes = [1]"), "a string, not an integer"),
        (path("/a/x{id}"), "fills a whole segment"),
        (path("/a/{{id}}"), "fills a whole segment"),
        (path("/a/{number}"), "unknown kind"),
        (path("a/b"), "begins with `/`"),
        (
            rule(&format!(
                "classes = [\"read\"]\nprojects = [{}]",
                (0..101).map(|n| format!("\"P{n}X\"")).collect::<Vec<_>>().join(", ")
            )),
            "at most 100 are read",
        ),
        (
            format!("mode = \"permissive\"\n{HEAD}{RULE}"),
            "has no value \"permissive\"",
        ),
        (format!("{HEAD}{RULE}per-minute = 0\n"), "from 1 to 10000"),
        (
            format!("{HEAD}{RULE}per-minute = 10001\n"),
            "from 1 to 10000",
        ),
        (
            format!("{HEAD}{RULE}").replace("\"read\"\nsite", "\"audit-mode\"\nsite"),
            "`audit-mode` are taken",
        ),
        (format!("{HEAD}{RULE}\n[rul]\n"), "did you mean `rule`?"),
        (format!("{HEAD}{RULE}{RULE}"), "the id `read` is used twice"),
        (
            format!("{HEAD}{RULE}{}", RULE.replace("rule", "deny")),
            "the id `read` is used twice",
        ),
        (
            format!("{HEAD}{RULE}\n[component]\nsha256 = \"ABC\"\n"),
            "64 characters",
        ),
        (format!("{HEAD}{RULE}\n[component]\n"), "has no `sha256`"),
        (
            format!("{HEAD}{}", RULE.replace("[[rule]]", "[rule]")),
            "two brackets",
        ),
        (
            format!("{HEAD}{RULE}").replace("[site.acme]", "[site.\"*\"]"),
            "is no name for a site",
        ),
        (
            format!("{HEAD}{RULE}").replace("[site.acme]", "[site.\"a b\"]"),
            "is no name for a site",
        ),
        (format!("{HEAD}{RULE}\n\u{0}"), "not TOML"),
        (format!("{HEAD}{RULE}x"), "not TOML"),
        (origin("http://jira.example.test"), "plain http"),
        (origin("https://jira.example.test/x/../y"), "holds no path"),
        (origin("https://u:p@jira.example.test"), "user name"),
        (origin("https://*.example.test"), "wildcard"),
        (origin("https://0x7f.1"), "odd spelling"),
        (origin("jira.example.test"), "begins with `https://`"),
        (site("ca-file = \"\""), "`ca-file` is empty"),
        (site("secret = \"${JIRA_TOKEN}\""), "unknown key `secret`"),
        (
            site("addresses = [\"169.254.169.254/32\"]"),
            "can never be used",
        ),
        (site("addresses = [\"127.0.0.0/8\"]"), "can never be used"),
        (site("addresses = []"), "is empty"),
        (site("addresses = \"10.0.0.0/16\""), "a list of strings"),
        (site("plaintext = \"yes\""), "true or false"),
        (site("deployment = \"Cloud\""), "did you mean \"cloud\"?"),
        (
            site("deployment = \"data-center\""),
            "*.atlassian.net is Atlassian Cloud",
        ),
        (site("context = \"/jira\""), "no context paths"),
        (
            site("gateway.cloud-id = \"../../x\""),
            "a cloud id is a UUID",
        ),
        (site("gateway.cloudid = \"x\""), "did you mean `cloud-id`?"),
        (
            site("redirect.media = \"http://media.example.test\""),
            "plain http",
        ),
        (
            site("redirect.media = \"https://localhost\""),
            "to this one is refused",
        ),
        (site("redirect = \"https://media.example.test\""), "a table"),
        (
            site("proxy = \"http://u:p@proxy.example.test:3128\""),
            "user name",
        ),
        (site("client-cert = \"\""), "`client-cert` is empty"),
        (site("headers = [\"Cookie\"]"), "only the host writes"),
        (site("headers = [\"Host\"]"), "where a message ends"),
        (site("headers = [\"X-HTTP-Method\"]"), "another request"),
        (site("headers = [\"x y\"]"), "no name of a header"),
        (site("headers = [\"X-Key\", \"x-key\"]"), "twice"),
        (
            site(
                "headers = [\"x-a\"]\ngateway.cloud-id = \"11111111-2222-3333-4444-555555555555\"",
            ),
            "no client certificate and no headers",
        ),
        (rule(""), "has 0 of `classes`, `routes` and `path`"),
        (
            rule("classes = [\"read\"]\nroutes = [\"jira.issue.get\"]"),
            "has 2 of",
        ),
        (rule("classes = [\"*\"]"), "`classes` has no value \"*\""),
        (rule("classes = []"), "is empty"),
        (rule("classes = [\"read\", \"read\"]"), "stands twice"),
        (
            rule("classes = [\"read\"]\nquery = [\"fields\"]"),
            "goes with `path` only",
        ),
        (rule("routes = [\"own.x\"]"), "not in the catalogue"),
        (rule("path = \"/rest/x\""), "has no `methods`"),
        (
            rule("methods = [\"*\"]\npath = \"/rest/x\"\ntools = [\"a\"]"),
            "`methods` has no value \"*\"",
        ),
        (
            rule("methods = [\"get\"]\npath = \"/rest/x\"\ntools = [\"a\"]"),
            "`methods` has no value \"get\"",
        ),
        (
            rule("methods = [\"TRACE\"]\npath = \"/rest/x\"\ntools = [\"a\"]"),
            "`methods` has no value \"TRACE\"",
        ),
        (path("/**"), "`*` is not part of the grammar"),
        (path("/rest/*"), "`*` is not part of the grammar"),
        (path("/rest/../x"), "dots only"),
        (path("/rest//x"), "is empty"),
        (path("/rest/x/"), "is empty"),
        (path("/rest/%2e%2e/x"), "`%`"),
        (path("/rest/x;y"), "`;`"),
        (path("rest/x"), "begins with `/`"),
        (path("/rest/{k}"), "unknown kind `{k}`"),
        (path("/rest/a{id}"), "fills a whole segment"),
        (path("/rest/{a|}"), "is empty"),
        (path("/rest/{a|..}"), "dots only"),
        (path("/rest/[0-9]+"), "`[`"),
        (
            rule(
                "methods = [\"GET\"]\npath = \"/rest/x/{id}\"\nparams.id = \"(a+)+\"\ntools = [\"a\"]",
            ),
            "`params`",
        ),
        (
            rule(
                "methods = [\"GET\"]\npath = \"/rest/api/3/issue/{issue-key}\"\nquery = [\"feilds\"]\ntools = [\"a\"]",
            ),
            "has no query name `feilds`",
        ),
        (
            rule(
                "methods = [\"POST\"]\npath = \"/rest/api/3/issue\"\nclass = \"read\"\ntools = [\"a\"]",
            ),
            "whose class is write",
        ),
        (
            rule("methods = [\"DELETE\"]\npath = \"/rest/x\"\nclass = \"read\"\ntools = [\"a\"]"),
            "is never just read",
        ),
        (
            rule("methods = [\"GET\"]\npath = \"/rest/x\"\ntools = []"),
            "is empty",
        ),
        (
            rule("methods = [\"GET\"]\npath = \"/rest/x\"\ntools = [\"jira_*\"]"),
            "no wildcard",
        ),
        (
            rule("methods = [\"GET\"]\npath = \"/rest/x\"\ntools = [\"a\"]\nredirect = \"media\""),
            "no site of this rule has a redirect",
        ),
        (
            rule("classes = [\"read\"]\nrequest-max-bytes = 0"),
            "positive",
        ),
        (
            rule("classes = [\"read\"]\nrequest-max-bytes = -1"),
            "positive",
        ),
        (
            rule("classes = [\"read\"]\nresponse-max-bytes = \"1 MB\""),
            "positive",
        ),
        (
            rule("classes = [\"read\"]\nsite = \"acme\""),
            "duplicate key",
        ),
        (
            rule("classes = [\"read\"]").replace("\"acme\"\nclasses", "\"acmee\"\nclasses"),
            "did you mean \"acme\"?",
        ),
        (
            rule("classes = [\"read\"]").replace("id = \"t\"", "id = \"default-deny\""),
            "is no id",
        ),
        (
            rule("classes = [\"read\"]").replace("id = \"t\"\n", ""),
            "has no `id`",
        ),
        (
            deny("classes = [\"read\"]\nrequest-max-bytes = 1"),
            "unknown key `request-max-bytes`",
        ),
        (
            deny("path = \"/rest/x\"\nquery = [\"a\"]"),
            "unknown key `query`",
        ),
        (deny("methods = [\"DELETE\"]"), "has 0 of"),
    ];
    for (text, expected) in table {
        let said = complaints(&text);
        assert!(
            said.contains(expected),
            "{said}\ndoes not say {expected:?} for\n{text}"
        );
    }
}

#[test]
fn a_path_that_could_be_either_products_has_to_say_which() {
    let text = "version = 1\n[site.dc]\norigin = \"https://wiki.example.test\"\ndeployment = \"data-center\"\nproducts = [\"jira\", \"confluence\"]\n[[rule]]\nid = \"t\"\nsite = \"dc\"\nmethods = [\"GET\"]\npath = \"/rest/x\"\ntools = [\"a\"]\n";
    assert!(complaints(text).contains("does not say which is meant"));
    parse(&text.replace("path =", "product = \"jira\"\npath ="));
    // The catalogue knows whose path this one is.
    parse(&text.replace("/rest/x", "/rest/api/2/issue/{issue-key}"));
}

#[test]
fn a_megabyte_and_a_hundred_thousand_rules_are_refused_before_they_cost_anything() {
    let many: String = (0..100_000)
        .map(|n| format!("\n[[rule]]\nid = \"r{n}\"\nsite = \"acme\"\nclasses = [\"read\"]\n"))
        .collect();
    assert!(complaints(&format!("{HEAD}{many}")).contains("at most"));
    let some: String = (0..2_001)
        .map(|n| format!("\n[[rule]]\nid = \"r{n}\"\nsite = \"acme\"\nclasses = [\"read\"]\n"))
        .collect();
    assert!(complaints(&format!("{HEAD}{some}")).contains("at most 2000"));
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_do_not_change_the_policy() {
    let plain = fixture();
    let windows = parse(&format!("\u{feff}{}", FIXTURE.replace('\n', "\r\n")));
    assert_eq!(plain.digest(), windows.digest());
    assert_eq!(plain.text(), windows.text());
    assert_ne!(
        plain.digest(),
        parse(&format!("{FIXTURE}# changed\n")).digest()
    );
    assert!(plain.digest().starts_with("sha256:") && plain.digest().len() == 71);
}

#[test]
fn the_component_is_named_by_its_digest() {
    let hash = "0123456789abcdef".repeat(4);
    let policy = parse(&format!("{FIXTURE}\n[component]\nsha256 = \"{hash}\"\n"));
    assert_eq!(policy.component_sha256(), Some(hash.as_str()));
    assert_eq!(fixture().component_sha256(), None);
}
