//! Policies and requests by the thousand, from a seed: the same ones on every machine.
//!
//! Small worlds on purpose: few words, few paths and few tools, so that rules meet, cover and contradict each other.

use std::collections::BTreeSet;

use super::*;
use crate::catalogue::{Route, catalogue};
use crate::rule::{Selector, SiteSelector};
use crate::set::SegmentSet;

/// SplitMix64, which is all the randomness that a test needs.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("below a usize")
    }

    /// Once in `times`.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    fn some<T: Copy>(&mut self, of: &[T]) -> Vec<T> {
        let mut some: Vec<T> = of.iter().copied().filter(|_| self.once_in(2)).collect();
        if some.is_empty() {
            some.push(self.one(of));
        }
        some
    }
}

const TOOLS: [&str; 4] = [
    "jira_get_issue",
    "jira_search",
    "jira_edit",
    "confluence_page",
];

pub(crate) fn manifest_of_many() -> Manifest {
    let json = r#"{"tools":[
        {"name":"jira_get_issue","routes":["jira.issue.get","jira.user.myself"]},
        {"name":"jira_search","routes":["jira.issue.search","jira.issue.get","jira.project.search"]},
        {"name":"jira_edit","routes":["jira.issue.get","jira.issue.update","jira.issue.delete","jira.comment.add"]},
        {"name":"confluence_page","routes":["confluence.page.get","confluence.page.update","confluence.search"]}]}"#;
    Manifest::from_json(json.as_bytes(), "sha256:many").expect("the JSON is well formed")
}

/// Two whom the files name, and one whom no file names.
const PRINCIPALS: [&str; 3] = ["alice", "bob", "carol"];
const NAMED: [&str; 2] = [PRINCIPALS[0], PRINCIPALS[1]];

pub(crate) fn everybody() -> BTreeSet<Principal> {
    PRINCIPALS.map(principal).into()
}

const QUERY: [&str; 5] = ["fields", "expand", "status", "deleteSubtasks", "x"];

const KEYS: [&str; 3] = ["PROJ", "OPS", "HR"];

const PATHS: [&str; 14] = [
    "/rest/api/3/issue/{issue-key}",
    "/rest/api/2/issue/{issue-key}",
    "/rest/api/3/issue/{PROJ-1|PROJ-2}",
    "/rest/api/3/issue/PROJ-1",
    "/rest/api/3/issue/{segment}",
    "/rest/api/3/issue/{space-key}",
    "/rest/api/3/{segment}/{issue-key}",
    "/rest/own/{id}",
    "/rest/own/{space-key}",
    "/rest/own/{project-key}",
    "/rest/own/{7|PROJ}",
    "/rest/own/{segment}",
    "/wiki/api/v2/pages/{id}",
    "/wiki/api/v2/{segment}/{segment}",
];

const ROUTES: [&str; 9] = [
    "jira.issue.get",
    "jira.issue.search",
    "jira.issue.update",
    "jira.issue.delete",
    "jira.comment.add",
    "jira.user.myself",
    "jira.project.search",
    "confluence.page.get",
    "confluence.page.update",
];

/// A policy that parses; texts that do not are thrown away.
pub(crate) fn policy(dice: &mut Dice) -> Policy {
    loop {
        let text = policy_text(dice);
        if let Ok(policy) = Policy::parse(&text, "policy.toml") {
            return policy;
        }
    }
}

/// The same policy with a line more, a line less or another word somewhere.
pub(crate) fn changed(dice: &mut Dice, policy: &Policy) -> Policy {
    loop {
        let mut blocks: Vec<String> = policy.text().split("\n\n").map(str::to_owned).collect();
        match dice.below(5) {
            4 => {
                let name = dice.one(&NAMED);
                blocks.push(section_text(dice, name));
            }
            0 => {
                let (at, effect) = (blocks.len(), dice.one(&["rule", "deny"]));
                blocks.push(rule_text(dice, effect, 100 + at));
            }
            1 => {
                let at = dice.below(blocks.len());
                blocks.remove(at);
            }
            2 => {
                let at = dice.below(blocks.len());
                let (from, to) = dice.one(&[
                    ("GET", "PUT"),
                    ("{issue-key}", "{segment}"),
                    ("{segment}", "{issue-key}"),
                    ("read", "delete"),
                    ("\"acme\"", "\"*\""),
                    ("deployment = \"cloud\"\n", ""),
                    ("\"fields\"", "\"status\""),
                    ("tools", "# tools"),
                    ("principals", "# principals"),
                    ("alice", "bob"),
                    ("rules = [", "rules = [\"r3\", "),
                    ("request-max-bytes", "# "),
                    ("response-max-bytes", "# "),
                    ("per-minute", "# "),
                    ("per-minute = 3", "per-minute = 40"),
                    ("redirect =", "# "),
                    ("confirm", "# "),
                    ("site =", "confirm = true\nsite ="),
                    ("media.example", "other.example"),
                    ("acme.example", "emca.example"),
                    ("[[deny]]", "[[rule]]"),
                    ("projects =", "# "),
                    ("\"OPS\"", "\"HR\""),
                ]);
                blocks[at] = blocks[at].replace(from, to);
            }
            _ => return self::policy(dice),
        }
        if let Ok(policy) = Policy::parse(&blocks.join("\n\n"), "new.toml") {
            return policy;
        }
    }
}

fn policy_text(dice: &mut Dice) -> String {
    let acme = dice.one(&["deployment = \"cloud\"\n", "deployment = \"cloud\"\n", ""]);
    let mut blocks = vec![
        "version = 1".to_owned(),
        format!(
            "[site.acme]\norigin = \"https://acme.example.test\"\n{acme}products = [\"jira\", \"confluence\"]\nredirect.media = \"https://media.example.test\""
        ),
        "[site.onprem]\norigin = \"https://jira.example.test\"\ndeployment = \"data-center\"\nproducts = [\"jira\"]\ncontext = \"/jira\"".to_owned(),
    ];
    for number in 0..=dice.below(4) {
        blocks.push(rule_text(dice, "rule", number));
    }
    for number in 0..dice.below(3) {
        blocks.push(rule_text(dice, "deny", 50 + number));
    }
    for name in NAMED {
        if dice.once_in(3) {
            blocks.push(section_text(dice, name));
        }
    }
    blocks.join("\n\n")
}

/// Ids that the file may not have, which makes another text be taken.
fn section_text(dice: &mut Dice, name: &str) -> String {
    format!(
        "[principal.{name}]\nrules = {:?}",
        dice.some(&["r0", "r1", "r2"])
    )
}

fn rule_text(dice: &mut Dice, effect: &str, number: usize) -> String {
    let site = dice.one(&["*", "acme", "acme", "onprem"]);
    let mut text = format!("[[{effect}]]\nid = \"r{number}\"\nsite = \"{site}\"\n");
    match dice.below(5) {
        0 => text.push_str(&format!(
            "classes = {:?}\n",
            dice.some(&["read", "write", "delete"])
        )),
        1 => text.push_str(&format!("routes = {:?}\n", dice.some(&ROUTES))),
        _ => {
            let path = dice.one(&PATHS);
            let product = if path.starts_with("/wiki") {
                "confluence"
            } else {
                "jira"
            };
            text.push_str(&format!(
                "methods = {:?}\npath = {path:?}\nproduct = {product:?}\n",
                dice.some(&["GET", "PUT", "DELETE"])
            ));
            if effect == "rule" && dice.once_in(2) {
                text.push_str(&format!("query = {:?}\n", dice.some(&QUERY)));
            }
            if effect == "rule" && dice.once_in(6) {
                text.push_str("class = \"delete\"\n");
            }
        }
    }
    if !dice.once_in(3) {
        text.push_str(&format!("tools = {:?}\n", dice.some(&TOOLS)));
    }
    if dice.once_in(4) {
        text.push_str(&format!("principals = {:?}\n", dice.some(&NAMED)));
    }
    if effect == "rule" {
        // Where the rule only reads, another text is taken.
        if dice.once_in(4) {
            text.push_str("confirm = true\n");
        }
        if dice.once_in(7) {
            text.push_str(&format!("projects = {:?}\n", dice.some(&KEYS)));
        }
        if site != "onprem" && dice.once_in(9) {
            text.push_str(&format!("spaces = {:?}\n", dice.some(&["DOCS", "PROJ"])));
        }
        if dice.once_in(4) {
            text.push_str(&format!(
                "request-max-bytes = {}\n",
                dice.one(&[10, 20, 30])
            ));
        }
        if dice.once_in(5) {
            text.push_str(&format!("response-max-bytes = {}\n", dice.one(&[500, 900])));
        }
        if dice.once_in(6) {
            text.push_str(&format!("per-minute = {}\n", dice.one(&[3, 40])));
        }
        if dice.once_in(5) {
            text.push_str("redirect = \"media\"\n");
        }
    }
    text.truncate(text.trim_end().len());
    text
}

const WORDS: [&str; 10] = [
    "PROJ-1", "PROJ-2", "OPS-7", "PROJ", "PR_J", "7", "~me", "docs", "a-b", "07",
];

/// A request that a rule of the policy speaks of, half of the time with one thing about it changed.
pub(crate) fn request(dice: &mut Dice, policy: &Policy) -> (&'static str, Ask) {
    let rules: Vec<_> = policy.rules().chain(policy.denies()).collect();
    let rule = rules[dice.below(rules.len())];
    let (product, deployment, method, template, query) = match &rule.selector {
        Selector::Path(path) => {
            let methods: Vec<Method> = path.methods.iter().copied().collect();
            let deployment = dice.one(Deployment::ALL);
            let product = path.product.unwrap_or(Product::Jira);
            (
                product,
                deployment,
                dice.one(&methods),
                &path.template,
                path.query.clone(),
            )
        }
        selector => {
            let speaks_of = |route: &&Route| match selector {
                Selector::Classes(classes) => {
                    classes.contains(&route.class) && ROUTES.contains(&route.id.as_str())
                }
                Selector::Routes(routes) => routes.contains(route.id.as_str()),
                Selector::Path(_) => false,
            };
            let routes: Vec<&Route> = catalogue().routes().iter().filter(speaks_of).collect();
            let route = dice.one(&routes);
            let deployment = route.deployment.expect("the catalogue names it");
            (
                route.product,
                deployment,
                route.method,
                &route.template,
                route.query.clone(),
            )
        }
    };
    let name = match (&rule.site, deployment) {
        (SiteSelector::Named(name), _) => name.to_string(),
        (SiteSelector::Any, Deployment::Cloud) => "acme".to_owned(),
        (SiteSelector::Any, Deployment::DataCenter) => dice.one(&["acme", "onprem"]).to_owned(),
    };
    let segments = template.parts().iter().map(|part| {
        let fits = |word: &&str| SegmentSet::of(part).contains(word);
        let words: Vec<&str> = WORDS.into_iter().filter(fits).collect();
        if words.is_empty() {
            part.to_string()
        } else {
            dice.one(&words).to_owned()
        }
    });
    let path: String = segments
        .flat_map(|segment| ["/".to_owned(), segment])
        .collect();
    let named: Vec<&'static str> = TOOLS
        .into_iter()
        .filter(|tool| rule.covers_tool(tool))
        .collect();
    let mut tool = dice.one(&named);
    let names: Vec<&str> = query
        .iter()
        .map(String::as_str)
        .filter(|_| dice.once_in(4))
        .collect();
    let pairs: Vec<(&str, &str)> = names.iter().map(|name| (*name, "1")).collect();
    let mut ask = Ask::jira(method, &path)
        .with_query(&pairs)
        .at(&name, product, deployment)
        .with_body(dice.one(&[0, 0, 10, 11, 25, 31]));
    ask.principal = principal(dice.one(&PRINCIPALS));
    if dice.once_in(5) {
        ask = ask.naming(dice.one(&KEYS));
    }
    match dice.below(10) {
        0 => tool = dice.one(&TOOLS),
        1 => ask.method = dice.one(&[Method::Get, Method::Put, Method::Delete]),
        2 => *ask.segments.last_mut().expect("a path has segments") = dice.one(&WORDS).to_owned(),
        3 => ask.query = vec![(dice.one(&QUERY).to_owned(), "1".to_owned())],
        4 => ask.segments.push("comment".to_owned()),
        _ => {}
    }
    (tool, ask)
}
