//! A model of a Jira and a Confluence: whatever the site answers, nothing outside of the list reaches the component
//! but in prose.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::generate::Dice;
use super::*;
use crate::{Decision, Lookup};

const POLICY: &str = r#"
version = 1

[site.jira]
origin = "https://acme.atlassian.net"
products = ["jira", "confluence"]

[[rule]]
id = "work"
site = "jira"
classes = ["read", "write"]
projects = ["PROJ", "OPS"]
spaces = ["ENG", "~me"]
"#;

const PROJECTS: [&str; 5] = ["PROJ", "OPS", "HR", "PROJX", "A_B"];
const SPACES: [&str; 4] = ["ENG", "~me", "HR", "ENGX"];

/// What marks everything of a foreign thing that only its own object holds.
const SECRET: &str = "belongs elsewhere";

fn is_own(key: &str) -> bool {
    ["PROJ", "OPS", "ENG", "~me"].contains(&key)
}

fn manifest_of_all() -> Manifest {
    let json = br#"{"tools":[{"name":"all","routes":["jira.issue.get","jira.issue.search","jira.project.search",
        "confluence.search","confluence.page.get","confluence.page.find","confluence.space.find"]}]}"#;
    Manifest::from_json(json, "sha256:all").expect("the JSON is well formed")
}

fn filtered(tool: &str, ask: Ask, answer: &Value, places: &[(u16, Value)]) -> Option<Value> {
    static READ: LazyLock<(Policy, Manifest)> =
        LazyLock::new(|| (parse(POLICY), manifest_of_all()));
    let (policy, manifest) = &*READ;
    let caller = Caller {
        principal: principal("alice"),
        tool: tool.to_owned(),
    };
    let mut decision = match policy.decide(manifest, &caller, ask) {
        Ok(decision) => decision,
        Err(refused) => panic!("{refused:?}"),
    };
    let mut places = places.iter();
    let permitted = loop {
        match decision {
            Decision::Permitted(permitted) => break permitted,
            Decision::Asking(asking) => break asking.confirmed(),
            Decision::Pending(pending) => {
                let (status, place) = places.next().expect("the test says where all things are");
                let place = place.to_string();
                decision = pending.learn(*status, place.as_bytes()).ok()?;
            }
        }
    };
    let body = permitted
        .permit()
        .filter_answer(200, answer.to_string().as_bytes());
    let body = body.expect("the rule is bound").ok()?;
    Some(serde_json::from_slice(&body).expect("what was held is JSON"))
}

/// A random site. Everything that a foreign issue or project has carries the mark.
struct Site<'d>(&'d mut Dice);

impl Site<'_> {
    fn mark(key: &str, text: &str) -> String {
        if is_own(key) {
            text.to_owned()
        } else {
            format!("{text} {SECRET}")
        }
    }

    fn project(&mut self, key: &str) -> Value {
        let mut project = json!({ "id": "1000", "key": key, "name": Self::mark(key, "name") });
        if self.0.once_in(2) {
            project["self"] = json!(format!(
                "https://acme.atlassian.net/rest/api/3/project/{key}"
            ));
        }
        if self.0.once_in(3) {
            project["projectTypeKey"] = json!("software");
        }
        project
    }

    fn key(&mut self) -> (&'static str, String) {
        let project = self.0.one(&PROJECTS);
        (project, format!("{project}-{}", self.0.below(9) + 1))
    }

    fn issue(&mut self, depth: usize) -> Value {
        let (project, key) = self.key();
        self.issue_of(project, &key, depth)
    }

    fn issue_of(&mut self, project: &str, key: &str, depth: usize) -> Value {
        let mut fields = json!({
            "summary": Self::mark(project, "about HR-1 and OPS-2"),
            "description": { "type": "doc", "version": 1, "content": [{ "type": "text", "text": "see HR-1" }] },
            "status": { "name": Self::mark(project, "Open") },
            "customfield_10016": self.0.below(5),
        });
        if self.0.once_in(2) {
            fields["project"] = self.project(project);
        }
        if self.0.once_in(2) {
            let (_, epic) = self.key();
            fields["customfield_10014"] = json!(epic);
        }
        if self.0.once_in(3) {
            let (_, linked) = self.key();
            fields["customfield_10099"] =
                json!([format!("https://acme.atlassian.net/browse/{linked}")]);
        }
        if depth > 0 {
            let member = self.0.one(&["parent", "customfield_10018", "epic"]);
            fields[member] = self.issue(depth - 1);
            fields["subtasks"] = (0..self.0.below(3))
                .map(|_| self.issue(depth - 1))
                .collect();
            let end = self.0.one(&["inwardIssue", "outwardIssue"]);
            fields["issuelinks"] =
                json!([{ "id": "7", "type": { "name": "Blocks" }, end: self.issue(depth - 1) }]);
        }
        let mut issue = json!({ "id": "1", "key": key, "fields": fields });
        if self.0.once_in(3) {
            let (_, other) = self.key();
            issue["changelog"] = json!({ "histories": [{ "items": [{ "field": "Link", "to": other, "toString": format!("This issue blocks {other}") }] }] });
        }
        issue
    }

    fn space(&mut self, key: &str) -> Value {
        json!({ "id": number_of(key), "key": key, "type": "global", "name": Self::mark(key, "name") })
    }

    fn page(&mut self, space: &str) -> Value {
        let mut page = json!({ "id": "7", "type": "page", "title": Self::mark(space, "about HR") });
        match self.0.below(4) {
            0 => page["spaceId"] = json!(number_of(space)),
            1 => page["space"] = self.space(space),
            2 => page["_expandable"] = json!({ "space": format!("/rest/api/space/{space}") }),
            _ => {
                page["_links"] =
                    json!({ "webui": format!("/spaces/{}/pages/7", space.replace('~', "%7E")) })
            }
        }
        page
    }

    fn result(&mut self) -> Value {
        let space = self.0.one(&SPACES);
        let mut result = json!({ "title": Self::mark(space, "title"), "excerpt": Self::mark(space, "x"), "content": self.page(space) });
        if self.0.once_in(2) {
            result["resultGlobalContainer"] = json!({ "title": Self::mark(space, "s"), "displayUrl": format!("/spaces/{space}") });
        }
        result
    }
}

fn number_of(space: &str) -> &'static str {
    match space {
        "ENG" => "9",
        "~me" => "10",
        "HR" => "11",
        _ => "12",
    }
}

fn own_numbers() -> (u16, Value) {
    let all = SPACES.map(|key| json!({ "id": number_of(key), "key": key }));
    (200, json!({ "results": all }))
}

/// The mark, and every key that stands as a thing.
fn assert_clean(seen: &Value, sent: &Value) {
    fn strings<'v>(value: &'v Value, member: &str, out: &mut Vec<(String, &'v str)>) {
        match value {
            Value::Object(object) => object
                .iter()
                .for_each(|(member, child)| strings(child, member, out)),
            Value::Array(items) => items.iter().for_each(|item| strings(item, member, out)),
            Value::String(text) => out.push((member.to_owned(), text)),
            _ => {}
        }
    }
    assert!(!seen.to_string().contains(SECRET), "{seen:#}\nof {sent:#}");
    let mut all = Vec::new();
    strings(seen, "", &mut all);
    for (member, text) in all {
        if ["summary", "text", "title"].contains(&member.as_str()) {
            continue;
        }
        for word in text.split(['/', ' ']) {
            let key = word.rsplit_once('-').map_or(word, |(key, _)| key);
            let is_foreign = ["HR", "PROJX", "A_B", "ENGX"].contains(&key);
            assert!(!is_foreign, "{member}: {text} in {seen:#}\nof {sent:#}");
        }
    }
}

fn search() -> Ask {
    Ask::jira(Method::Post, "/rest/api/3/search/jql").with_json(json!({ "jql": "status = Open" }))
}

fn confluence(path: &str) -> Ask {
    Ask::jira(Method::Get, path).at("jira", Product::Confluence, Deployment::Cloud)
}

#[test]
fn nothing_of_another_project_reaches_the_component() {
    let mut dice = Dice::new(20_261_123);
    let (mut arrived, mut kept) = (0, 0);
    for _ in 0..1_000 {
        let issues: Vec<Value> = (0..3).map(|_| Site(&mut dice).issue(2)).collect();
        let answer = json!({ "issues": issues, "names": { "parent": "Parent" } });
        let seen = filtered("all", search(), &answer, &[]).expect("a search arrives");
        assert_clean(&seen, &answer);
        arrived += seen["issues"].as_array().map_or(0, Vec::len);
        kept += seen.to_string().matches("about HR-1 and OPS-2").count();

        // An issue that was asked for by its old key.
        let moved = Site(&mut dice).issue(1);
        let key = moved["key"].as_str().expect("an issue has a key");
        let is_inside = is_own(key.rsplit_once('-').expect("a key").0);
        let seen = filtered(
            "all",
            Ask::jira(Method::Get, "/rest/api/3/issue/PROJ-1"),
            &moved,
            &[],
        );
        assert_eq!(seen.is_some(), is_inside);
        if let Some(seen) = seen {
            assert_clean(&seen, &moved);
            assert_eq!(seen["fields"]["summary"], "about HR-1 and OPS-2");
        }

        let projects: Vec<Value> = PROJECTS
            .iter()
            .map(|key| Site(&mut dice).project(key))
            .collect();
        let answer = json!({ "values": projects });
        let ask = Ask::jira(Method::Get, "/rest/api/3/project/search");
        let seen = filtered("all", ask, &answer, &[]).expect("a list arrives");
        assert_clean(&seen, &answer);
        assert_eq!(seen["values"][0]["key"], "PROJ");
    }
    // Too much may be hidden just as well as too little.
    assert!(arrived == 3_000 && kept > 1_000, "{arrived} {kept}");
}

#[test]
fn nothing_of_another_space_reaches_the_component() {
    let mut dice = Dice::new(7);
    let mut kept = 0;
    for _ in 0..1_000 {
        let results: Vec<Value> = (0..4).map(|_| Site(&mut dice).result()).collect();
        let answer = json!({ "results": results });
        let ask = confluence("/wiki/rest/api/search").with_query(&[("cql", "type = page")]);
        let seen = filtered("all", ask, &answer, &[]).expect("a search arrives");
        assert_clean(&seen, &answer);

        let pages: Vec<Value> = (0..4)
            .map(|_| {
                let space = dice.one(&SPACES);
                Site(&mut dice).page(space)
            })
            .collect();
        let answer = json!({ "results": pages });
        let ask = confluence("/wiki/api/v2/pages");
        let seen = filtered("all", ask, &answer, &[own_numbers()]).expect("a list arrives");
        assert_clean(&seen, &answer);
        kept += seen.to_string().matches("about HR").count();

        let space = dice.one(&SPACES);
        let page = Site(&mut dice).page(space);
        let ask = confluence("/wiki/api/v2/pages/7");
        let seen = filtered("all", ask, &page, &[own_numbers()]);
        assert_eq!(seen.is_some(), is_own(space), "{page}");

        let spaces: Vec<Value> = SPACES
            .iter()
            .map(|key| Site(&mut dice).space(key))
            .collect();
        let answer = json!({ "results": spaces });
        let ask = confluence("/wiki/api/v2/spaces");
        let seen = filtered("all", ask, &answer, &[own_numbers()]).expect("a list arrives");
        assert_clean(&seen, &answer);
        assert_eq!(seen["results"][0]["key"], "ENG");
    }
    assert!(kept > 1_000, "{kept}");
}

/// What is hidden for nothing is missed by whoever asked.
#[test]
fn what_is_inside_comes_as_it_was() {
    let fields = json!({
        "summary": "about HR-1",
        "project": { "id": "10000", "key": "PROJ", "self": "https://acme.atlassian.net/rest/api/3/project/PROJ" },
        "parent": { "id": "2", "key": "OPS-2", "fields": { "summary": "an epic" } },
        "labels": ["HR", "utf-8", "and/or", "x/HR-1/y"],
        "customfield_10016": "https://example.com/projects/hr/HR",
        "customfield_10020": [{ "name": "Sprint 1", "self": "https://acme.atlassian.net/rest/agile/1.0/sprint/7" }],
    });
    let answer =
        json!({ "issues": [{ "id": "1", "key": "PROJ-1", "fields": fields }], "isLast": true });
    assert_eq!(filtered("all", search(), &answer, &[]), Some(answer));
}

/// Each body slot of the route table is a place that the reader of bodies knows without it.
#[test]
fn every_place_of_the_table_is_read() {
    use crate::catalogue::{Place, SlotKind, catalogue};
    let mut seen = 0;
    for route in catalogue().routes() {
        for slot in &route.slots {
            if slot.place != Place::Body || matches!(slot.kind, SlotKind::Jql | SlotKind::Cql) {
                continue;
            }
            let foreign = match slot.kind {
                SlotKind::Project | SlotKind::Space => "HR",
                SlotKind::Issue => "HR-1",
                _ => "11",
            };
            let body = slot.at.rsplit('.').fold(json!(foreign), |inner, part| {
                match part.strip_suffix("[]") {
                    Some(name) => json!({ name.replace('*', "customfield_1"): [inner] }),
                    None => json!({ part.replace('*', "customfield_1"): inner }),
                }
            });
            let found = crate::hold::in_body(route.product, &body);
            assert_eq!(
                found,
                Ok(vec![foreign.to_owned()]),
                "{} {}",
                route.id,
                slot.at
            );
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn the_report_shows_what_the_host_reads_for_bound_rules() {
    let rules = |text: &str| -> Vec<String> {
        let told = crate::report(
            &parse(text),
            &manifest_of_all(),
            &crate::ReportInputs::default(),
        );
        let rows = told.expect("within the bound").rows;
        let host = rows.into_iter().filter(|row| row.tool.contains("host"));
        host.flat_map(|row| row.rules).collect()
    };
    assert_eq!(
        rules(POLICY),
        [
            "host-space-numbers (built in)",
            "host-issue-place (built in)",
            "host-project-place (built in)",
            "host-page-place (built in)"
        ]
    );
    let unbound = POLICY.replace("projects =", "# ").replace("spaces =", "# ");
    assert_eq!(rules(&unbound), [""; 0]);
}

#[test]
fn the_rules_of_the_host_have_a_path_where_they_are_asked() {
    let lookups = [
        Lookup::Spaces(["ENG".to_owned()].into()),
        Lookup::Issue("PROJ-1".to_owned()),
        Lookup::Project("10000".to_owned()),
        Lookup::Page("7".to_owned()),
    ];
    for lookup in lookups {
        for deployment in Deployment::ALL {
            let path = Lookup::path_of_rule(lookup.rule(), *deployment);
            let segments = lookup.segments(*deployment);
            match path {
                Some(path) => assert_eq!(path.matches('/').count(), segments.len(), "{path}"),
                None => assert_eq!(*deployment, Deployment::DataCenter, "{lookup:?}"),
            }
        }
    }
}
