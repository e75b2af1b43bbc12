//! That the samples for other runtimes say what the program says: the list of hosts is the policy's, and every secret has a
//! place to come from. Spin's manifest is held to the keys that Spin's own schema has for version 2, as far as the sample uses them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::program::{bare, home, output};

/// What a deployment for the one site of the samples' policy has to be given.
const NEEDED: [&str; 5] = [
    "airlock_audit_key",
    "airlock_hosts",
    "airlock_keys",
    "airlock_token_acme",
    "airlock_user_acme",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spin {
    spin_manifest_version: u8,
    #[serde(rename = "application")]
    _application: BTreeMap<String, toml::Value>,
    variables: BTreeMap<String, Variable>,
    trigger: BTreeMap<String, Vec<Trigger>>,
    component: BTreeMap<String, Component>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Variable {
    #[serde(default)]
    required: bool,
    #[serde(default)]
    secret: bool,
    default: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trigger {
    route: String,
    component: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Component {
    source: PathBuf,
    allowed_outbound_hosts: Vec<String>,
    variables: BTreeMap<String, String>,
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../component/edge/samples")
}

fn text(file: &str) -> String {
    let file = samples().join(file);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// What `policy export` lists for the samples' policy.
fn exported(runtime: &str) -> Vec<String> {
    let home = home();
    let mut command = bare(
        home.path(),
        &["policy", "export", "--for", runtime, "--policy"],
    );
    command.arg(samples().join("wasmtime/policy.toml"));
    let ended = output(command);
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(ended.status.success(), "{said}");
    let lines = said.lines().filter(|line| !line.starts_with('#'));
    let hosts = lines.filter_map(|line| line.split('"').nth(1));
    hosts.map(str::to_owned).collect()
}

/// The list below `allowedHosts:`.
fn allowed(yaml: &str) -> Vec<&str> {
    let (_, below) = yaml.split_once("allowedHosts:\n").expect("a list of hosts");
    below
        .lines()
        .map_while(|line| line.trim().strip_prefix("- "))
        .map(|host| host.trim_matches('"'))
        .collect()
}

#[test]
fn the_runtimes_own_lists_are_what_the_program_exports() {
    let spin: Spin = toml::from_str(&text("spin/spin.toml")).expect("a manifest of version 2");
    let hosts = &spin.component["mcp-airlock"].allowed_outbound_hosts;
    assert_eq!(hosts, &exported("spin"));
    let wasmcloud = exported("wasmcloud");
    assert!(!wasmcloud.is_empty());
    for file in ["wasmcloud/workload.yaml", "wasmcloud/.wash/config.yaml"] {
        assert_eq!(allowed(&text(file)), wasmcloud, "{file}");
    }
}

#[test]
fn spin_hands_the_component_what_it_needs_and_knows_what_is_secret() {
    let spin: Spin = toml::from_str(&text("spin/spin.toml")).expect("a manifest of version 2");
    assert_eq!(spin.spin_manifest_version, 2);
    let trigger = &spin.trigger["http"][0];
    let component = &spin.component[&trigger.component];
    assert_eq!(trigger.route, "/...");
    assert!(component.source.ends_with("mcp-airlock-edge.wasm"));
    let given: BTreeSet<&str> = component.variables.keys().map(String::as_str).collect();
    assert_eq!(given, BTreeSet::from(NEEDED));
    for (name, value) in &component.variables {
        let variable = &spin.variables[name];
        assert_eq!(value, &format!("{{{{ {name} }}}}"));
        assert_ne!(variable.required, variable.default.is_some(), "{name}");
        let is_secret = name.contains("token") || name == "airlock_audit_key";
        assert_eq!(variable.secret, is_secret, "{name}");
    }
}

#[test]
fn the_workload_has_two_replicas_and_no_secret_in_it() {
    let workload = text("wasmcloud/workload.yaml");
    assert!(workload.contains("replicas: 2\n"));
    assert!(workload.contains("secretFrom:"));
    let readme = text("wasmcloud/README.md");
    for name in NEEDED {
        let name = name.to_uppercase();
        assert!(readme.contains(&name), "{name} is not explained");
        assert!(!workload.contains(&name), "{name} stands in the manifest");
    }
}
