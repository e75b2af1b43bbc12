//! Every client's file against a golden one that was written by hand from the client's manual; then again, and undone.

use std::collections::BTreeMap;
use std::fs;

use serde_json::json;

use super::client::CLIENTS;
use super::*;

const NAME: &str = "atlassian";

fn launch() -> Launch {
    Launch {
        command: "/opt/mcp-airlock/bin/mcp-airlock".to_owned(),
        arguments: vec!["serve".to_owned()],
    }
}

fn places(home: &Path) -> Places {
    Places {
        home: home.to_owned(),
        settings: home.join("settings"),
        claude: None,
        codex: None,
    }
}

/// Golden files of one state by the client's id.
fn golden(state: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/setup");
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if let Some((id, rest)) = name.split_once('.')
            && rest.starts_with(state)
        {
            found.insert(id.to_owned(), fs::read_to_string(entry.path()).unwrap());
        }
    }
    found
}

fn put(client: &Client, places: &Places, text: &str) -> PathBuf {
    let path = client.file(places);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn every_client_has_a_golden_file_and_gets_just_that() {
    let golden = golden("fresh");
    let ids: Vec<_> = CLIENTS.iter().map(|client| client.id).collect();
    assert_eq!(golden.len(), ids.len());
    for client in CLIENTS {
        let home = tempfile::tempdir().unwrap();
        let change = adding(client, &places(home.path()), NAME, &launch()).unwrap();
        assert_eq!(change.before, None);
        assert_eq!(
            change.after.as_ref(),
            golden.get(client.id),
            "{}",
            client.id
        );
        change.write().unwrap();
        let again = adding(client, &places(home.path()), NAME, &launch()).unwrap();
        assert!(again.is_nothing(), "{}: {}", client.id, again.difference());
    }
}

#[test]
fn files_in_use_keep_everything_else_and_come_back_as_they_were() {
    let (before, after) = (golden("before"), golden("after"));
    assert!(before.len() >= 8);
    assert!(before.keys().eq(after.keys()));
    for (id, text) in &before {
        let client = Client::by_id(id).unwrap();
        let home = tempfile::tempdir().unwrap();
        let places = places(home.path());
        let path = put(client, &places, text);
        let change = adding(client, &places, NAME, &launch()).unwrap();
        assert_eq!(change.after.as_ref(), after.get(id), "{id}");
        change.write().unwrap();
        assert!(
            adding(client, &places, NAME, &launch())
                .unwrap()
                .is_nothing(),
            "{id}"
        );
        let undone = removing(client, &places, NAME, &launch()).unwrap();
        undone.write().unwrap();
        let left = fs::read_to_string(&path).unwrap();
        // An empty table of servers may stay behind.
        let normal = |text: &str| {
            text.split_whitespace()
                .collect::<String>()
                .replace(r#","mcpServers":{}"#, "")
        };
        assert_eq!(normal(&left), normal(text), "{id}");
    }
}

#[test]
fn an_older_copy_of_this_program_is_replaced_and_a_stranger_is_not() {
    for client in CLIENTS {
        let home = tempfile::tempdir().unwrap();
        let places = places(home.path());
        let mut old = launch();
        old.command = "/home/me/.cargo/bin/mcp-airlock".to_owned();
        adding(client, &places, NAME, &old)
            .unwrap()
            .write()
            .unwrap();
        let change = adding(client, &places, NAME, &launch()).unwrap();
        let after = change.after.clone().unwrap();
        assert!(
            after.contains("/opt/mcp-airlock/bin") && !after.contains(".cargo"),
            "{}: {after}",
            client.id
        );

        let path = put(client, &places, "");
        let mut other = launch();
        other.command = "/usr/bin/npx".to_owned();
        adding(client, &places, NAME, &other)
            .unwrap()
            .write()
            .unwrap();
        let foreign = fs::read_to_string(&path).unwrap();
        for refused in [
            adding(client, &places, NAME, &launch()),
            removing(client, &places, NAME, &launch()),
        ] {
            assert!(
                matches!(refused, Err(SetupError::Taken { .. })),
                "{}",
                client.id
            );
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), foreign);
    }
}

#[test]
fn what_people_added_to_the_entry_stays() {
    let home = tempfile::tempdir().unwrap();
    let places = places(home.path());
    let client = Client::by_id("gemini").unwrap();
    let own = json!({"mcpServers": {"atlassian": {"command": "/old/mcp-airlock", "args": [], "trust": true, "timeout": 9000}}});
    put(client, &places, &own.to_string());
    let change = adding(client, &places, NAME, &launch()).unwrap();
    let after: serde_json::Value = serde_json::from_str(&change.after.unwrap()).unwrap();
    let entry = &after["mcpServers"]["atlassian"];
    assert_eq!(entry["trust"], true);
    assert_eq!(entry["timeout"], 9000);
    assert_eq!(entry["command"], "/opt/mcp-airlock/bin/mcp-airlock");
}

#[test]
fn what_is_not_in_the_clients_format_is_left_alone_and_the_snippet_shown() {
    for (id, text) in [
        ("cursor", "{ \"mcpServers\": "),
        ("cursor", "[]"),
        ("cursor", "{\"mcpServers\": []}"),
        ("zed", "theme: dark"),
        ("codex", "mcp_servers = 5"),
        ("codex", "[mcp_servers"),
        ("continue", "mcpServers: {a: 1}"),
        ("continue", "- a\n- b\n"),
        ("goose", "extensions: {developer: {enabled: true}}"),
        ("goose", "a: [1"),
    ] {
        let client = Client::by_id(id).unwrap();
        let home = tempfile::tempdir().unwrap();
        let places = places(home.path());
        let path = put(client, &places, text);
        let refused = adding(client, &places, NAME, &launch()).unwrap_err();
        assert!(
            matches!(refused, SetupError::NotEditable { .. }),
            "{id} {text}"
        );
        assert!(
            refused
                .to_string()
                .contains("/opt/mcp-airlock/bin/mcp-airlock"),
            "{refused}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[cfg(unix)]
#[test]
fn links_stay_links_and_rights_stay_rights() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let places = places(home.path());
    let client = Client::by_id("zed").unwrap();
    let real = home.path().join("dotfiles.json");
    fs::write(&real, "{}\n").unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o644)).unwrap();
    let path = client.file(&places);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(&real, &path).unwrap();
    let change = adding(client, &places, NAME, &launch()).unwrap();
    let backup = change.back_up().unwrap().unwrap();
    change.write().unwrap();
    assert!(path.is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains("mcp-airlock"));
    assert_eq!(real.metadata().unwrap().permissions().mode() & 0o777, 0o644);
    assert_eq!(fs::read_to_string(backup).unwrap(), "{}\n");

    fs::set_permissions(&real, fs::Permissions::from_mode(0o444)).unwrap();
    let before = fs::read_to_string(&real).unwrap();
    let refused = removing(client, &places, NAME, &launch())
        .unwrap()
        .write()
        .unwrap_err();
    assert!(
        refused.to_string().contains("cannot be written"),
        "{refused}"
    );
    assert_eq!(fs::read_to_string(&real).unwrap(), before);
}

#[test]
fn a_change_is_not_written_over_somebody_elses() {
    let home = tempfile::tempdir().unwrap();
    let places = places(home.path());
    let client = Client::by_id("cursor").unwrap();
    let path = put(client, &places, "{}");
    let change = adding(client, &places, NAME, &launch()).unwrap();
    fs::write(&path, "{\"mcpServers\": {}}").unwrap();
    assert!(change.write().is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"mcpServers\": {}}");
}

#[test]
fn the_clients_own_commands_get_every_word_on_its_own() {
    let mut launch = launch();
    launch.arguments.push("--config-dir".to_owned());
    launch.arguments.push("/home/me/my config".to_owned());
    let mut said = String::new();
    for client in CLIENTS {
        if let Some(own) = &client.own {
            let words = client::OwnCommand::arguments(own.add, NAME, &launch);
            said += &format!("{} {words:?}\n", own.program);
            let words = client::OwnCommand::arguments(own.remove, NAME, &launch);
            said += &format!("{} {words:?}\n", own.program);
        }
    }
    insta::assert_snapshot!(said, @r#"
    claude ["mcp", "add", "--scope", "user", "--transport", "stdio", "atlassian", "--", "/opt/mcp-airlock/bin/mcp-airlock", "serve", "--config-dir", "/home/me/my config"]
    claude ["mcp", "remove", "--scope", "user", "atlassian"]
    codex ["mcp", "add", "atlassian", "--", "/opt/mcp-airlock/bin/mcp-airlock", "serve", "--config-dir", "/home/me/my config"]
    codex ["mcp", "remove", "atlassian"]
    gemini ["mcp", "add", "--scope", "user", "atlassian", "/opt/mcp-airlock/bin/mcp-airlock", "serve", "--config-dir", "/home/me/my config"]
    gemini ["mcp", "remove", "--scope", "user", "atlassian"]
    "#);
}
