//! A corpus of more than a hundred policies, each with one slip that `check` has to find.

use super::checks::codes;
use super::*;

/// A file made of the fixture, one slip put into it, and the code that has to say so.
pub(super) struct Slip {
    pub(super) code: &'static str,
    pub(super) text: String,
}

pub(super) const TOOL: &str = "tools = [\"jira_get_issue\"]";

pub(super) fn own_rule(id: &str, path: &str, more: &str) -> String {
    format!(
        "[[rule]]\nid = {id:?}\nsite = \"jira\"\nmethods = [\"GET\"]\npath = {path:?}\n{more}\n"
    )
}

pub(super) fn slips() -> Vec<Slip> {
    let mut slips = Vec::new();
    let mut add = |code, text: String| slips.push(Slip { code, text });
    let with = |lines: &str| format!("{FIXTURE}\n{lines}\n");
    for (code, paths) in HAZARDS_AND_WIDTHS {
        for path in *paths {
            add(*code, with(&own_rule("t", path, TOOL)));
        }
    }
    for name in [
        "os_username",
        "os_password",
        "os_authType",
        "access_token",
        "token",
        "jwt",
        "callback",
        "_method",
        "atl_token",
        "OS_USERNAME",
    ] {
        add(
            "P010",
            with(&own_rule(
                "t",
                "/rest/x",
                &format!("query = [{name:?}]\n{TOOL}"),
            )),
        );
    }
    for until in ["2027-12-31", "2020-01-01"] {
        let mode = format!("version = 1\nmode = \"audit\"\naudit-until = {until}");
        add("P015", FIXTURE.replacen("version = 1", &mode, 1));
    }
    for (code, lines) in [
        (
            "P027",
            "[[rule]]\nid = \"t\"\nsite = \"jira\"\nroutes = [\"jira.user.myself\"]\nprincipals = [\"alice\"]\n[principal.alice]\nrules = [\"jira-search\"]",
        ),
        (
            "P028",
            "[[rule]]\nid = \"t\"\nsite = \"jira\"\nroutes = [\"jira.user.myself\"]\nprincipals = [\"bob\"]\n[principal.alice]\nrules = [\"jira-search\", \"t\"]",
        ),
        ("P029", "[principal.alcie]\nrules = [\"jira-search\"]"),
        (
            "P029",
            "[[deny]]\nid = \"t\"\nsite = \"jira\"\nclasses = [\"read\"]\nprincipals = [\"alcie\"]",
        ),
    ] {
        add(code, with(lines));
    }
    let ids = [
        "jira-issue-read",
        "jira-search",
        "jira-comment-add",
        "jira-attachment-get",
        "onprem-issue-read",
        "confluence-page-read",
    ];
    let blocks: Vec<&str> = FIXTURE.split("\n\n").collect();
    for id in ids {
        let block = blocks
            .iter()
            .find(|block| block.contains(&format!("id = \"{id}\"")))
            .expect("the fixture has the rule");
        // Said twice, in other words.
        add(
            "P003",
            with(&block.replace(&format!("\"{id}\""), "\"twin\"")),
        );
        // Without its tools.
        let tools = block
            .lines()
            .find(|line| line.starts_with("tools"))
            .expect("it names tools");
        add(
            "P006",
            FIXTURE.replacen(block, &block.replace(tools, ""), 1),
        );
        // With a tool that is not there, and with one that is there and never asks for this.
        add(
            "P018",
            FIXTURE.replacen(
                block,
                &block.replace(tools, "tools = [\"jira_get_isue\"]"),
                1,
            ),
        );
        if block.contains("issue-key}\"") || block.contains("search") || block.contains("comment") {
            add(
                "P026",
                FIXTURE.replacen(
                    block,
                    &block.replace(tools, "tools = [\"confluence_get_page\"]"),
                    1,
                ),
            );
        }
        // Denied altogether, by its path.
        let line = |key: &str| {
            block
                .lines()
                .find(|line| line.starts_with(key))
                .expect("it has the key")
        };
        let deny = format!("[[deny]]\nid = \"d\"\n{}\n{}", line("site"), line("path"));
        add("P004", with(&deny));
        add("P005", with(&format!("{deny}\nmethods = [\"PATCH\"]")));
        add(
            "P005",
            with(&format!("{deny}\n{}", deny.replace("\"d\"", "\"e\""))),
        );
        // For a site that has no such product, or is of the other kind.
        let elsewhere = if id.starts_with("confluence") {
            "jira-onprem"
        } else {
            "confluence"
        };
        let product = if id.starts_with("confluence") {
            "confluence"
        } else {
            "jira"
        };
        let moved = block.replace(
            line("site"),
            &format!("site = \"{elsewhere}\"\nproduct = \"{product}\""),
        );
        if !moved.contains("redirect") {
            add(
                "P003",
                with(&moved.replace(&format!("\"{id}\""), "\"moved\"")),
            );
        }
    }
    for route in [
        "jira.issue.get",
        "jira.issue.update",
        "jira.issue.delete",
        "jira.comment.add",
    ] {
        let deny = format!("[[deny]]\nid = \"d\"\nsite = \"confluence\"\nroutes = [{route:?}]");
        add("P005", with(&deny));
    }
    for range in [
        "10.0.0.0/8",
        "172.16.0.0/11",
        "64.0.0.0/2",
        "fc00::/7",
        "2000::/3",
    ] {
        let text = FIXTURE.replacen("10.20.0.0/16", range, 1);
        if Policy::parse(&text, "policy.toml").is_ok() {
            add("P013", text);
        }
    }
    let origin = "origin = \"https://jira.example.test\"";
    for (code, line) in [
        (
            "P014",
            "origin = \"http://jira.example.test\"\nplaintext = true",
        ),
        ("P019", "origin = \"https://JIRA.example.test\""),
        ("P019", "origin = \"https://jira.example.test:443\""),
        ("P019", "origin = \"https://jira.example.test/\""),
        ("P020", "origin = \"https://10.0.0.1\""),
        ("P020", "origin = \"https://169.254.169.254\""),
        ("P022", "origin = \"https://jira-onprem.example.test\""),
    ] {
        add(code, FIXTURE.replacen(origin, line, 1));
    }
    add(
        "P007",
        with("[site.more]\norigin = \"https://more.example.test\"\nproducts = [\"jira\"]"),
    );
    add(
        "P012",
        with("[[rule]]\nid = \"t\"\nsite = \"jira\"\nclasses = [\"read\", \"admin\"]"),
    );
    for hidden in [
        '\u{200b}',
        '\u{202e}',
        '\u{2066}',
        '\u{feff}',
        '\u{ad}',
        '\u{e0041}',
    ] {
        add("P021", with(&format!("# {hidden}")));
    }
    let accept = |code: &str, until: &str| {
        let line =
            format!("{TOOL}\naccept = [{{ code = {code:?}, reason = \"r\", until = {until} }}]");
        with(&own_rule("t", "/rest/api/3/project/{segment}", &line))
    };
    add("P023", accept("P002", "2026-11-21"));
    add("P002", accept("P002", "2026-11-21"));
    add("P024", accept("P001", "2027-11-21"));
    slips
}

const HAZARDS_AND_WIDTHS: &[(&str, &[&str])] = &[
    (
        "P001",
        &[
            "/{segment}",
            "/{segment}/x",
            "/rest/{segment}",
            "/{a|b}/c/{id}",
            "/rest/{id}/x",
            "/rest/api/3/{segment}/{segment}",
        ],
    ),
    (
        "P002",
        &[
            "/rest/api/3/project/{segment}",
            "/rest/own/thing/{segment}",
            "/rest/own/{id}/{segment}",
        ],
    ),
    (
        "P010",
        &[
            "/rest/auth/1/session",
            "/rest/pat/latest/tokens",
            "/rest/{pat|x}/latest",
            "/rest/oauth2/latest/token",
            "/rest/api/2/user/password",
            "/plugins/servlet/oauth/authorize",
            "/login.jsp",
            "/Rest/Auth/1",
        ],
    ),
    (
        "P011",
        &[
            "/plugins/servlet/gadgets/makeRequest",
            "/rest/webhooks/1.0/webhook",
            "/rest/api/3/webhook",
            "/rest/sharelinks/1.0/link",
        ],
    ),
    (
        "P012",
        &[
            "/rest/plugins/1.0",
            "/rest/api/2/application-properties",
            "/secure/admin/x",
            "/admin",
            "/wiki/admin/users",
            "/rest/api/3/permissionscheme/{id}",
            "/rest/{plugins|other}/1.0",
        ],
    ),
];

#[test]
fn a_hundred_seeded_defects_are_all_found() {
    let slips = slips();
    assert!(slips.len() >= 100, "{} slips", slips.len());
    let missed: Vec<String> = slips
        .iter()
        .filter(|slip| !codes(&slip.text).contains(&slip.code))
        .map(|slip| {
            format!(
                "{} is not in {:?}\n{}",
                slip.code,
                codes(&slip.text),
                slip.text
            )
        })
        .collect();
    assert!(
        missed.is_empty(),
        "{} missed\n{}",
        missed.len(),
        missed.join("\n\n")
    );
}
