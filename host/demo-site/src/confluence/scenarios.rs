//! Whole conversations with Confluence: read, find, make, change, comment, search, on both
//! deployments.

use serde_json::{Value, json};

use crate::options::Deployment;
use crate::testing::Client;

fn title(answer: &Value) -> String {
    let words = answer["errors"][0]["title"]
        .as_str()
        .or_else(|| answer["message"].as_str());
    words.unwrap_or_default().to_owned()
}

#[test]
fn a_page_is_read_in_the_shape_of_its_version() {
    let cloud = Client::new(Deployment::Cloud);
    let (status, page) =
        cloud.get("/wiki/api/v2/pages/65603?body-format=storage&include-labels=true");
    assert_eq!(
        (status, &page["title"]),
        (200, &json!("Runbook: disk full on billing-db"))
    );
    assert_eq!(
        (
            &page["spaceId"],
            &page["parentId"],
            &page["version"]["number"]
        ),
        (&json!("98304"), &json!("65602"), &json!(7))
    );
    assert!(
        page["body"]["storage"]["value"]
            .as_str()
            .is_some_and(|body| body.contains("ri:account-id"))
    );
    assert_eq!(page["labels"]["results"][0]["name"], "runbook");
    assert_eq!(cloud.get("/wiki/api/v2/pages/65603").1["body"], json!({}));
    assert_eq!(
        cloud
            .get("/wiki/api/v2/pages/65603?version=1&body-format=storage")
            .1["body"]["storage"]["value"],
        "<p>Version 1 of Runbook: disk full on billing-db.</p>"
    );
    for (path, status) in [
        ("99999", 404),
        ("65603?version=8", 404),
        ("abc", 400),
        ("65603?body-format=atlas_doc_format", 400),
    ] {
        assert_eq!(
            cloud.get(&format!("/wiki/api/v2/pages/{path}")).0,
            status,
            "{path}"
        );
    }
    let own = Client::new(Deployment::DataCenter);
    let (_, page) =
        own.get("/confluence/rest/api/content/65603?expand=body.storage,ancestors,metadata.labels");
    assert_eq!(
        (
            &page["space"]["key"],
            &page["version"]["number"],
            &page["ancestors"][1]["title"]
        ),
        (&json!("ENG"), &json!(7), &json!("Runbooks"))
    );
    assert!(
        page["body"]["storage"]["value"]
            .as_str()
            .is_some_and(|body| body.contains("ri:userkey"))
    );
    assert_eq!(page["metadata"]["labels"]["size"], 3);
    assert_eq!(own.get("/confluence/rest/api/content/99999").0, 404);
}

#[test]
fn pages_and_spaces_are_found_page_by_page() {
    let cloud = Client::new(Deployment::Cloud);
    let (_, found) = cloud.get("/wiki/api/v2/pages?title=Autumn%20release&space-id=98305");
    assert_eq!(
        (
            found["results"].as_array().map(Vec::len),
            &found["results"][0]["id"]
        ),
        (Some(1), &json!("65702"))
    );
    let mut target = "/wiki/api/v2/pages?space-id=98304&limit=5".to_owned();
    let mut seen = 0;
    loop {
        let (_, page) = cloud.get(&target);
        seen += page["results"].as_array().map_or(0, Vec::len);
        match page["_links"]["next"].as_str() {
            Some(next) => target = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, 13);
    let (_, spaces) = cloud.get("/wiki/api/v2/spaces?keys=ENG,~ada");
    assert_eq!(spaces["results"].as_array().map(Vec::len), Some(2));
    let own = Client::new(Deployment::DataCenter);
    let (_, found) =
        own.get("/confluence/rest/api/content?title=autumn%20release&spaceKey=PROD&expand=version");
    assert_eq!(
        (&found["size"], &found["results"][0]["version"]["number"]),
        (&json!(1), &json!(6))
    );
}

#[test]
fn a_page_is_made_changed_and_found_on_cloud() {
    let cloud = Client::new(Deployment::Cloud);
    let body = |value: &str| json!({"representation": "storage", "value": value});
    let new = json!({"spaceId": "98304", "status": "current", "title": "Fresh page", "parentId": "65602", "body": body("<p>zebra</p>")});
    let (status, made) = cloud.post("/wiki/api/v2/pages", &new);
    assert_eq!((status, &made["version"]["number"]), (200, &json!(1)));
    let id = made["id"].as_str().unwrap_or_default().to_owned();
    let path = format!("/wiki/api/v2/pages/{id}");
    let edit = |version: u64, title: &str| json!({"id": id, "status": "current", "title": title, "body": body("<p>giraffe</p>"), "version": {"number": version, "message": "why"}});
    let (status, changed) = cloud.put(&path, &edit(2, "Fresh page"));
    assert_eq!(
        (
            status,
            &changed["version"]["number"],
            &changed["version"]["message"]
        ),
        (200, &json!(2), &json!("why"))
    );
    let (status, stale) = cloud.put(&path, &edit(2, "Fresh page"));
    assert_eq!((status, title(&stale)), (409, "Version must be incremented when updating a page. Current Version: [2]. Provided version: [2]".into()));
    let (status, taken) = cloud.put(&path, &edit(3, "Runbooks"));
    assert_eq!(status, 400);
    assert!(title(&taken).starts_with("A page with this title already exists"));
    let (_, found) =
        cloud.get("/wiki/rest/api/search?cql=text%20~%20giraffe&expand=content.version");
    assert_eq!(
        (
            &found["totalSize"],
            &found["results"][0]["content"]["id"],
            &found["results"][0]["excerpt"]
        ),
        (&json!(1), &json!(id), &json!("@@@hl@@@giraffe@@@endhl@@@"))
    );
}

#[test]
fn what_cannot_be_written_is_refused() {
    let cloud = Client::new(Deployment::Cloud);
    let own = Client::new(Deployment::DataCenter);
    let make = |space: &str, name: &str, parent: &str, value: &str| {
        let (cloud_status, cloud_answer) = cloud.post("/wiki/api/v2/pages", &json!({
            "spaceId": match space { "ENG" => "98304", "POLICY" => "98306", _ => "1" },
            "title": name, "parentId": parent, "body": {"representation": "storage", "value": value},
        }));
        let (own_status, own_answer) = own.post("/confluence/rest/api/content", &json!({
            "type": "page", "space": {"key": space}, "title": name, "ancestors": [{"id": parent}],
            "body": {"storage": {"value": value, "representation": "storage"}},
        }));
        format!(
            "{space} | {name} | {parent} | {value}\n  cloud {cloud_status} {}\n  own   {own_status} {}",
            title(&cloud_answer),
            title(&own_answer)
        )
    };
    let lines = [
        make("ENG", "runbooks", "65601", "<p>x</p>"),
        make("POLICY", "New rule", "65801", "<p>x</p>"),
        make("NOPE", "New", "65601", "<p>x</p>"),
        make("ENG", "New", "65701", "<p>x</p>"),
        make("ENG", "", "65601", "<p>x</p>"),
        make("ENG", "New", "65601", "<p>a <br> b</p>"),
    ];
    insta::assert_snapshot!(lines.join("\n"));
    assert_eq!(cloud.post("/wiki/api/v2/footer-comments", &json!({"pageId": "65802", "body": {"representation": "storage", "value": "<p>x</p>"}})).0, 403);
}

#[test]
fn data_center_makes_changes_and_comments_behind_one_path() {
    let own = Client::new(Deployment::DataCenter);
    let path = "/confluence/rest/api/content";
    let storage = |value: &str| json!({"storage": {"value": value, "representation": "storage"}});
    let (status, made) = own.post(path, &json!({"type": "page", "space": {"key": "ENG"}, "title": "Fresh", "body": storage("<p>one</p>")}));
    assert_eq!(
        (status, &made["ancestors"][0]["title"]),
        (200, &json!("Engineering"))
    );
    let page = format!("{path}/{}", made["id"].as_str().unwrap_or_default());
    let (status, changed) = own.put(&page, &json!({"type": "page", "title": "Fresher", "version": {"number": 2}, "body": storage("<p>two</p>")}));
    assert_eq!(
        (status, &changed["title"], &changed["version"]["number"]),
        (200, &json!("Fresher"), &json!(2))
    );
    let (status, stale) = own.put(&page, &json!({"type": "page", "title": "Fresher", "version": {"number": 2}, "body": storage("<p>3</p>")}));
    assert_eq!(
        (status, title(&stale)),
        (
            409,
            "Version must be incremented on update. Current version is: 2".into()
        )
    );
    let (status, comment) = own.post(path, &json!({"type": "comment", "container": {"id": made["id"], "type": "page"}, "body": storage("<p>hi</p>")}));
    assert_eq!((status, &comment["type"]), (200, &json!("comment")));
    let (_, comments) = own.get(&format!("{page}/child/comment?expand=body.storage"));
    assert_eq!(
        (
            &comments["size"],
            &comments["results"][0]["body"]["storage"]["value"]
        ),
        (&json!(1), &json!("<p>hi</p>"))
    );
}

#[test]
fn cloud_comments_are_threaded() {
    let cloud = Client::new(Deployment::Cloud);
    let path = "/wiki/api/v2/footer-comments";
    let body = json!({"representation": "storage", "value": "<p>hi</p>"});
    let (status, first) = cloud.post(path, &json!({"pageId": "65613", "body": body}));
    assert_eq!(status, 201);
    let (status, reply) = cloud.post(path, &json!({"parentCommentId": first["id"], "body": body}));
    assert_eq!(
        (status, &reply["pageId"], &reply["parentCommentId"]),
        (201, &json!("65613"), &first["id"])
    );
    let (_, listed) = cloud.get("/wiki/api/v2/pages/65613/footer-comments?body-format=storage");
    assert_eq!(
        (
            listed["results"].as_array().map(Vec::len),
            &listed["results"][0]["id"]
        ),
        (Some(1), &first["id"])
    );
    assert_eq!(cloud.post(path, &json!({"body": body})).0, 400);
}

#[test]
fn a_search_is_paged_by_cursor_on_cloud_and_by_offset_on_data_center() {
    for (deployment, context) in [
        (Deployment::Cloud, "/wiki"),
        (Deployment::DataCenter, "/confluence"),
    ] {
        let client = Client::new(deployment);
        let mut target =
            "/rest/api/search?cql=type%20%3D%20page%20order%20by%20id&limit=10".to_owned();
        let mut ids = Vec::new();
        loop {
            let (status, page) = client.get(&format!("{context}{target}"));
            assert_eq!((status, &page["totalSize"]), (200, &json!(25)));
            ids.extend(
                page["results"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|hit| hit["content"]["id"].clone()),
            );
            match page["_links"]["next"].as_str() {
                Some(next) => target = next.to_owned(),
                None => break,
            }
            assert_eq!(target.contains("cursor="), deployment == Deployment::Cloud);
        }
        ids.dedup();
        assert_eq!(ids.len(), 25);
        let (status, refused) = client.get(&format!("{context}/rest/api/search?cql=foo"));
        assert_eq!(
            (
                status,
                title(&refused).ends_with("Could not parse cql : foo")
            ),
            (400, true)
        );
    }
}
