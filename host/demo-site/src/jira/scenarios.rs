//! Whole conversations with Jira: read, make, change, move, comment, search, on both deployments.

use serde_json::{Value, json};

use crate::options::{Deployment, Options};
use crate::testing::{Client, complaint};

fn document(text: &str) -> Value {
    json!({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]})
}

#[test]
fn an_issue_is_answered_in_full_size_or_as_asked() {
    for (deployment, path) in [
        (Deployment::Cloud, "/rest/api/3/issue/PROJ-4"),
        (Deployment::DataCenter, "/jira/rest/api/2/issue/PROJ-4"),
    ] {
        let client = Client::new(deployment);
        let (status, issue) = client.get(path);
        assert_eq!((status, &issue["key"]), (200, &json!("PROJ-4")));
        let fields = issue["fields"].as_object().cloned().unwrap_or_default();
        assert!(fields.len() > 60, "{} fields", fields.len());
        assert_eq!(fields["customfield_10003"], Value::Null);
        assert_eq!(fields["comment"]["total"], 5);
        assert!(fields["assignee"]["avatarUrls"]["48x48"].is_string());
        let (_, few) = client.get(&format!("{path}?fields=summary,status&expand=names"));
        let names: Vec<&String> = few["fields"]
            .as_object()
            .into_iter()
            .flat_map(|fields| fields.keys())
            .collect();
        assert_eq!(names, ["status", "summary"]);
        assert_eq!(few["names"]["status"], "Status");
    }
}

#[test]
fn texts_are_documents_on_cloud_and_wiki_markup_on_data_center() {
    let (_, cloud) = Client::new(Deployment::Cloud)
        .get("/rest/api/3/issue/PROJ-4?fields=description,customfield_10020,assignee");
    assert_eq!(cloud["fields"]["description"]["type"], "doc");
    assert_eq!(
        cloud["fields"]["customfield_10020"][0]["name"],
        "PROJ Sprint 37"
    );
    assert!(cloud["fields"]["assignee"]["accountId"].is_string());
    assert_eq!(cloud["fields"]["assignee"].get("name"), None);
    let (_, own) = Client::new(Deployment::DataCenter)
        .get("/jira/rest/api/2/issue/PROJ-4?fields=description,customfield_10020,assignee");
    let text = own["fields"]["description"].as_str().unwrap_or_default();
    assert!(
        text.starts_with("h2. Steps to reproduce\n\n# Log in as *admin*"),
        "{text}"
    );
    let sprint = own["fields"]["customfield_10020"][0]
        .as_str()
        .unwrap_or_default();
    assert!(
        sprint.contains("state=CLOSED,name=PROJ Sprint 37"),
        "{sprint}"
    );
    assert_eq!(own["fields"]["assignee"]["name"], "chen");
}

#[test]
fn what_may_not_be_seen_does_not_exist() {
    let client = Client::new(Deployment::Cloud);
    for path in [
        "/rest/api/3/issue/SEC-1",
        "/rest/api/3/issue/PROJ-901",
        "/rest/api/3/issue/18201",
        "/rest/api/3/issue/PROJ-999",
    ] {
        let (status, answer) = client.get(path);
        assert_eq!(status, 404, "{path}");
        assert_eq!(
            complaint(&answer),
            "Issue does not exist or you do not have permission to see it."
        );
    }
    let (_, linked) = client.get("/rest/api/3/issue/PROJ-31?fields=issuelinks");
    assert_eq!(linked["fields"]["issuelinks"], json!([]));
    assert_eq!(client.get("/rest/api/3/issue/PROJ-900").1["key"], "OPS-12");
    let (_, projects) = client.get("/rest/api/3/project/search");
    assert!(!projects.to_string().contains("SEC"));
}

#[test]
fn an_issue_is_made_changed_and_found() {
    let client = Client::new(Deployment::Cloud);
    let (status, made) = client.post("/rest/api/3/issue", &json!({"fields": {
        "project": {"key": "PROJ"}, "issuetype": {"name": "Bug"}, "summary": "Totals are off by one",
        "description": document("see the ledger"), "labels": ["new-label"], "priority": {"name": "High"},
        "components": [{"name": "Backend"}], "fixVersions": [{"name": "2.4.0"}], "duedate": "2026-12-01",
        "assignee": {"accountId": "5b109f2e9729b51b54dc274d"}, "customfield_10016": 3, "customfield_10020": 38,
        "customfield_10030": {"value": "Gold"}, "parent": {"key": "PROJ-1"},
    }}));
    assert_eq!((status, &made["key"]), (201, &json!("PROJ-33")));
    let (status, nothing) = client.put("/rest/api/3/issue/PROJ-33", &json!({
        "fields": {"summary": "Totals are off by two", "assignee": null},
        "update": {"labels": [{"add": "second"}, {"remove": "new-label"}], "comment": [{"add": {"body": document("checked")}}]},
    }));
    assert_eq!((status, nothing), (204, Value::Null));
    let (_, found) = client.post("/rest/api/3/search/jql", &json!({
        "jql": "summary ~ \"off by two\" and sprint in openSprints()", "expand": "changelog",
        "fields": ["summary", "labels", "assignee", "comment", "customfield_10016", "customfield_10030", "parent", "duedate"],
    }));
    let issue = &found["issues"][0];
    assert_eq!(issue["key"], "PROJ-33");
    assert_eq!(issue["fields"]["labels"], json!(["second"]));
    assert_eq!(issue["fields"]["assignee"], Value::Null);
    assert_eq!(issue["fields"]["customfield_10016"], 3.0);
    assert_eq!(issue["fields"]["customfield_10030"]["value"], "Gold");
    assert_eq!(issue["fields"]["parent"]["key"], "PROJ-1");
    assert_eq!(
        issue["fields"]["comment"]["comments"][0]["author"]["displayName"],
        "Ada Okafor"
    );
    assert_eq!(issue["changelog"]["total"], 3);
}

#[test]
fn a_form_that_is_wrong_is_refused_field_by_field() {
    let cloud = Client::new(Deployment::Cloud);
    let own = Client::new(Deployment::DataCenter);
    let with = |fields: Value| {
        let mut all =
            json!({"project": {"key": "PROJ"}, "issuetype": {"name": "Bug"}, "summary": "x"});
        for (name, value) in fields.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        json!({"fields": all})
    };
    let mut lines = Vec::new();
    for fields in [
        json!({"project": null}),
        json!({"project": {"key": "SEC"}}),
        json!({"issuetype": {"name": "Incident"}}),
        json!({"issuetype": null}),
        json!({"summary": null}),
        json!({"summary": "a\nb"}),
        json!({"description": "text"}),
        json!({"description": {"type": "doc", "version": 1, "content": [{"type": "blink"}]}}),
        json!({"nosuch": 1, "status": {"name": "Done"}}),
        json!({"issuetype": {"name": "Sub-task"}}),
        json!({"issuetype": {"name": "Sub-task"}, "parent": {"key": "PROJ-1"}}),
        json!({"issuetype": {"name": "Epic"}}),
        json!({"labels": ["a b"], "components": [{"name": "Nope"}], "fixVersions": [{"id": "1"}]}),
        json!({"priority": {"name": "Urgent"}, "duedate": "tomorrow", "customfield_10016": "3"}),
        json!({"assignee": {"name": "nobody"}}),
        json!({"assignee": {"accountId": "5a9b8c7d6e5f4a3b2c1d0e9f"}}),
        json!({"customfield_10020": 99, "customfield_10030": {"value": "Tin"}}),
    ] {
        let (cloud_status, refused) = cloud.post("/rest/api/3/issue", &with(fields.clone()));
        let (own_status, own_refused) = own.post("/jira/rest/api/2/issue", &with(fields.clone()));
        lines.push(format!(
            "{fields}\n  cloud {cloud_status} {}\n  own   {own_status} {}",
            complaint(&refused),
            complaint(&own_refused)
        ));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn an_issue_moves_along_its_workflow_only() {
    let client = Client::new(Deployment::Cloud);
    let path = "/rest/api/3/issue/PROJ-18/transitions";
    let (_, offered) = client.get(&format!("{path}?expand=transitions.fields"));
    let ids: Vec<&Value> = offered["transitions"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|t| &t["id"])
        .collect();
    assert_eq!(ids, ["11", "81"]);
    assert_eq!(
        offered["transitions"][1]["fields"]["resolution"]["required"],
        true
    );
    let go = |id: Value, fields: Value| {
        client.post(path, &json!({"transition": {"id": id}, "fields": fields}))
    };
    assert!(complaint(&go(json!("61"), json!({})).1).contains(
        "workflow operation (Done) that is not valid for the current state of this issue (PROJ-18)"
    ));
    assert_eq!(
        complaint(&go(json!("999"), json!({})).1),
        "Transition id '999' is not valid for this issue."
    );
    assert_eq!(
        complaint(&go(json!("81"), json!({})).1),
        "{\"resolution\":\"Resolution is required.\"}"
    );
    assert_eq!(go(Value::Null, json!({})).0, 400);
    let foreign = go(json!("11"), json!({"summary": "x"})).1;
    assert_eq!(
        complaint(&foreign),
        "{\"summary\":\"Field 'summary' cannot be set. It is not on the appropriate screen, or unknown.\"}"
    );
    assert_eq!(
        go(json!("81"), json!({"resolution": {"name": "Won't Do"}})).0,
        204
    );
    let (_, closed) =
        client.get("/rest/api/3/issue/PROJ-18?fields=status,resolution,resolutiondate");
    assert_eq!(closed["fields"]["status"]["name"], "Done");
    assert_eq!(closed["fields"]["resolution"]["name"], "Won't Do");
    assert_eq!(
        closed["fields"]["resolutiondate"],
        "2026-11-20T10:00:00.000+0000"
    );
    assert_eq!(go(json!(71), json!({})).0, 204);
    let (_, open) = client.get("/rest/api/3/issue/PROJ-18?fields=resolution");
    assert_eq!(open["fields"]["resolution"], Value::Null);
}

#[test]
fn a_comment_is_a_document_on_cloud_and_a_text_on_data_center() {
    let cloud = Client::new(Deployment::Cloud);
    let path = "/rest/api/3/issue/PROJ-5/comment";
    let (status, made) = cloud.post(path, &json!({"body": document("hello")}));
    assert_eq!((status, &made["body"]), (201, &document("hello")));
    assert_eq!(cloud.get(path).1["total"], 1);
    for (body, words) in [
        (
            json!({"body": "hello"}),
            "{\"comment\":\"Comment body is not valid!\"}",
        ),
        (
            json!({"body": {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": ""}]}]}}),
            "INVALID_INPUT",
        ),
        (
            json!({"body": {"type": "doc", "version": 1, "content": []}}),
            "{\"comment\":\"Comment body can not be empty!\"}",
        ),
        (
            json!({}),
            "{\"comment\":\"Comment body can not be empty!\"}",
        ),
    ] {
        let (status, refused) = cloud.post(path, &body);
        assert_eq!(
            (status, complaint(&refused).as_str()),
            (400, words),
            "{body}"
        );
    }
    let own = Client::new(Deployment::DataCenter);
    let path = "/jira/rest/api/2/issue/PROJ-5/comment";
    let (status, made) = own.post(
        path,
        &json!({"body": "*hello*", "visibility": {"type": "role", "value": "Developers"}}),
    );
    assert_eq!(
        (status, &made["body"], &made["visibility"]["value"]),
        (201, &json!("*hello*"), &json!("Developers"))
    );
    assert_eq!(own.post(path, &json!({"body": document("hello")})).0, 400);
    assert_eq!(
        own.post(
            path,
            &json!({"body": "x", "visibility": {"type": "role", "value": "Kings"}})
        )
        .0,
        400
    );
}

#[test]
fn cloud_pages_by_token_and_data_center_by_offset() {
    let cloud = Client::new(Deployment::Cloud);
    let path = "/rest/api/3/search/jql";
    let mut body =
        json!({"jql": "project = PROJ order by key", "maxResults": 10, "fields": ["key"]});
    let mut keys = Vec::new();
    loop {
        let (status, page) = cloud.post(path, &body);
        assert_eq!((status, page.get("total")), (200, None));
        keys.extend(
            page["issues"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|issue| issue["key"].clone()),
        );
        match page.get("nextPageToken") {
            Some(token) => body["nextPageToken"] = token.clone(),
            None => break assert_eq!(page["isLast"], true),
        }
    }
    assert_eq!(
        (keys.len(), &keys[0], &keys[31]),
        (32, &json!("PROJ-1"), &json!("PROJ-32"))
    );
    let own = Client::new(Deployment::DataCenter);
    let (_, page) = own.post(
        "/jira/rest/api/2/search",
        &json!({"jql": "project = PROJ order by key", "startAt": 30, "maxResults": 10}),
    );
    assert_eq!(
        (&page["total"], &page["startAt"], &page["issues"][1]["key"]),
        (&json!(32), &json!(30), &json!("PROJ-32"))
    );
}

#[test]
fn cloud_search_is_strict() {
    let cloud = Client::new(Deployment::Cloud);
    let ask = |body: Value| cloud.post("/rest/api/3/search/jql", &body);
    let (_, bare) = ask(json!({"jql": "key = PROJ-4"}));
    assert_eq!(bare["issues"], json!([{"id": "12004"}]));
    for (body, words) in [
        (
            json!({"jql": "order by created"}),
            "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.",
        ),
        (
            json!({"jql": "project = PROJ", "startAt": 5}),
            "Invalid request payload. Refer to the REST API documentation and try again.",
        ),
        (
            json!({"jql": "project = NOPE"}),
            "The value 'NOPE' does not exist for the field 'project'.",
        ),
    ] {
        let (status, refused) = ask(body.clone());
        assert_eq!(
            (status, complaint(&refused).as_str()),
            (400, words),
            "{body}"
        );
    }
    assert_eq!(
        ask(json!({"jql": "project = PROJ", "nextPageToken": "zzz"})).0,
        400
    );
    let (status, gone) = cloud.post("/rest/api/3/search", &json!({"jql": "project = PROJ"}));
    assert_eq!(status, 410);
    assert!(complaint(&gone).starts_with(
        "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."
    ));
}

#[test]
fn people_are_found_by_the_words_of_the_deployment() {
    let cloud = Client::new(Deployment::Cloud);
    let names = |answer: &Value| -> Vec<String> {
        answer
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|user| user["displayName"].as_str().map(str::to_owned))
            .collect()
    };
    for (query, found) in [
        ("query=ben", vec!["Ben Lindqvist", "Ben Osei"]),
        ("query=ben%20os", vec!["Ben Osei"]),
        ("query=chen@demo", vec!["Chen Wei"]),
        ("query=nobody", vec![]),
        ("accountId=5c6e0a8f1d2b3c4d5e6f7a81", vec!["Chen Wei"]),
    ] {
        assert_eq!(
            names(&cloud.get(&format!("/rest/api/3/user/search?{query}")).1),
            found,
            "{query}"
        );
    }
    assert_eq!(cloud.get("/rest/api/3/user/search").0, 400);
    let own = Client::new(Deployment::DataCenter);
    assert_eq!(
        names(&own.get("/jira/rest/api/2/user/search?username=bosei").1),
        ["Ben Osei"]
    );
    assert_eq!(
        own.get("/jira/rest/api/2/user/search?username=.")
            .1
            .as_array()
            .map(Vec::len),
        Some(8)
    );
    assert_eq!(own.get("/jira/rest/api/2/user/search?query=ben").0, 400);
    assert_eq!(own.get("/jira/rest/api/2/myself").1["name"], "ada");
    assert_eq!(
        cloud.get("/rest/api/3/myself").1["emailAddress"],
        "ada@demo.example"
    );
}

#[test]
fn forms_say_what_they_need() {
    let cloud = Client::new(Deployment::Cloud);
    let (_, types) = cloud.get("/rest/api/3/issue/createmeta/PROJ/issuetypes");
    assert_eq!(
        (&types["total"], &types["issueTypes"][0]["name"]),
        (&json!(5), &json!("Epic"))
    );
    let (_, fields) = cloud.get("/rest/api/3/issue/createmeta/PROJ/issuetypes/10003");
    let required: Vec<&Value> = fields["fields"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|f| f["required"] == true)
        .map(|f| &f["fieldId"])
        .collect();
    assert_eq!(required, ["summary", "issuetype", "project", "parent"]);
    let (_, edit) = cloud.get("/rest/api/3/issue/PROJ-5/editmeta");
    assert!(edit["fields"]["priority"]["allowedValues"].is_array());
    assert_eq!(edit["fields"].get("environment"), None);
    let set = cloud.put(
        "/rest/api/3/issue/PROJ-5",
        &json!({"fields": {"environment": null}}),
    );
    assert_eq!(set.0, 400);
    let own = Client::new(Deployment::DataCenter);
    let (_, types) = own.get("/jira/rest/api/2/issue/createmeta/OPS/issuetypes?maxResults=2");
    assert_eq!(
        (&types["isLast"], types["values"].as_array().map(Vec::len)),
        (&json!(false), Some(2))
    );
    assert_eq!(
        own.get("/jira/rest/api/2/issue/createmeta/SEC/issuetypes")
            .0,
        404
    );
    assert_eq!(
        cloud
            .get("/rest/api/3/issue/createmeta/PROJ/issuetypes/10005")
            .0,
        404
    );
    let (_, all) = own.get("/jira/rest/api/2/field");
    assert!(all.as_array().is_some_and(|all| {
        all.iter()
            .any(|field| field["name"] == "Story Points" && field["clauseNames"][0] == "cf[10016]")
    }));
}

#[test]
fn a_rough_site_still_names_its_issues() {
    for (deployment, path) in [
        (
            Deployment::Cloud,
            "/rest/api/3/search/jql?jql=project%20=%20PROJ&fields=*all",
        ),
        (
            Deployment::DataCenter,
            "/jira/rest/api/2/search?jql=project%20=%20PROJ",
        ),
    ] {
        let mut options = Options::new(deployment);
        options.rough = true;
        let (status, found) = Client::with(options).get(path);
        assert_eq!(status, 200);
        let issues = found["issues"].as_array().cloned().unwrap_or_default();
        assert_eq!(issues.len(), 32);
        assert!(issues.iter().all(|issue| {
            issue["key"]
                .as_str()
                .is_some_and(|key| key.starts_with("PROJ-"))
        }));
        let smooth = Client::new(deployment).get(path).1;
        assert_ne!(found, smooth);
    }
}
