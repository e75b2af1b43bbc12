//! What `cargo xtask edge` puts together, and what it refuses to: nothing that is more open than what was asked for.

use std::path::Path;

use tests::evil;
use xtask::edge::{Pieces, Tools, compose, digest};

use super::deployment::{evil_tools, parts, policy, with_manifest};
use crate::program::{bare, home, output};

const OWN: Tools<'_> = Tools::Own(server::component::WASM);

/// Why there is no component.
fn refused(policy: &str, tools: Tools<'_>) -> String {
    match put_together(policy, tools) {
        Ok(_) => "it was put together".to_owned(),
        Err(error) => format!("{error:#}"),
    }
}

fn put_together(policy: &str, tools: Tools<'_>) -> anyhow::Result<Vec<u8>> {
    let parts = parts();
    compose(&Pieces {
        broker: &parts.broker,
        shell: &parts.shell,
        tools,
        policy,
    })
}

#[test]
fn the_parts_are_the_shipped_component_and_the_policy_as_written() {
    let written = policy([1, 2, 3], None);
    let composed = put_together(&written, OWN).expect("our own parts fit");
    let found = policy::EdgeParts::find_in(&composed).expect("the settings");
    assert_eq!(found.policy, written);
    let shipped = format!("sha256:{}", server::component::SHA256);
    assert_eq!(found.component, shipped);
    assert!(
        composed
            .windows(server::component::WASM.len())
            .any(|window| window == server::component::WASM),
        "the bytes that the native server runs are in it as they are"
    );
    assert!(
        server::component::WASM.len() <= 3_000_000,
        "{} bytes of tools",
        server::component::WASM.len()
    );
    assert!(composed.len() <= 5_000_000, "{} bytes", composed.len());
}

/// A new line here is a new power of the whole: think before you accept it.
#[test]
fn the_whole_imports_exactly_these() {
    let composed = put_together(&policy([1, 2, 3], None), OWN).expect("our own parts fit");
    insta::assert_snapshot!(crate::imports::imports(&composed).join("\n"), @r#"
airlock:atlassian/types
wasi:cli/environment
wasi:cli/exit
wasi:cli/stderr
wasi:cli/stdin
wasi:cli/stdout
wasi:cli/terminal-input
wasi:cli/terminal-output
wasi:cli/terminal-stderr
wasi:cli/terminal-stdin
wasi:cli/terminal-stdout
wasi:clocks/monotonic-clock
wasi:clocks/wall-clock
wasi:http/outgoing-handler
wasi:http/types
wasi:io/error
wasi:io/poll
wasi:io/streams
wasi:random/insecure-seed
wasi:random/random
"#);
}

#[test]
fn the_program_reads_the_policy_back_out_of_the_whole() {
    let written = policy([1, 2, 3], None);
    let composed = put_together(&written, OWN).expect("our own parts fit");
    let home = home();
    let [component, file] = ["edge.wasm", "policy.toml"].map(|name| home.path().join(name));
    std::fs::write(&component, &composed).expect("a file in a folder of our own");
    std::fs::write(&file, &written).expect("a file in a folder of our own");
    let report = |option: &str, path: &Path| {
        let mut command = bare(
            home.path(),
            &["policy", "report", "--format", "csv", option],
        );
        command.arg(path);
        output(command)
    };
    let (out, of_file) = (report("--component", &component), report("--policy", &file));
    assert!(out.status.success() && of_file.status.success(), "{out:?}");
    let place = format!("policy in {}", component.display());
    let rows = String::from_utf8_lossy(&out.stdout).replace(&place, &file.display().to_string());
    assert!(rows.contains("work-cloud"), "{rows}");
    assert_eq!(rows, String::from_utf8_lossy(&of_file.stdout));

    std::fs::write(&component, server::component::WASM).expect("our own file");
    let refused = report("--component", &component);
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(words.contains("no policy can be read out of"), "{words}");
    assert!(!refused.status.success());
}

#[test]
fn another_tool_component_has_to_be_named_and_may_import_no_more() {
    let evil = evil_tools();
    let unnamed = refused(&policy([1, 2, 3], None), Tools::Foreign(&evil));
    assert!(
        unnamed.contains("only where the policy file names it"),
        "{unnamed}"
    );
    let other = policy([1, 2, 3], Some(&digest(b"another one")));
    for tools in [OWN, Tools::Foreign(&evil)] {
        let misnamed = refused(&other, tools);
        assert!(misnamed.contains("and this is sha256:"), "{misnamed}");
    }
    for greedy in [
        "evil_files",
        "wasi:http/outgoing-handler@0.2.0",
        "wasi:config/store@0.2.0",
        "wasi:sockets/tcp@0.2.0",
        "wasi:filesystem/types@0.2.0",
        "wasi:random/random@0.2.0",
        "airlock:atlassian/secrets@0.1.0",
    ] {
        let tools = with_manifest(evil::component(greedy).wasm);
        let named = policy([1, 2, 3], Some(&digest(&tools)));
        let refused = refused(&named, Tools::Foreign(&tools));
        let wish = if greedy == "evil_files" {
            "wasi:filesystem/"
        } else {
            greedy
        };
        assert!(
            refused.starts_with("tools imports ") && refused.contains(wish),
            "{greedy}: {refused}"
        );
    }
    let without_manifest = evil::component("evil").wasm;
    let named = policy([1, 2, 3], Some(&digest(without_manifest)));
    let refused = refused(&named, Tools::Foreign(without_manifest));
    assert!(
        refused.contains("carries no `airlock:manifest`"),
        "{refused}"
    );
}

#[test]
fn a_policy_with_mistakes_or_that_nobody_could_keep_is_not_put_in() {
    let good = policy([1, 2, 3], None);
    assert!(put_together(&good, OWN).is_ok());
    let at = |lines: &str| {
        let here = "origin = \"http://127.0.0.1:1\"\ndeployment = \"cloud\"";
        let there = format!("origin = \"https://jira.example.com\"\n{lines}");
        good.replacen(here, &there, 1)
    };
    for (what, text, reason) in [
        ("no TOML", "version =".to_owned(), "has mistakes"),
        (
            "another version",
            good.replacen("= 1", "= 2", 1),
            "has mistakes",
        ),
        (
            "an unknown key",
            at("deployment = \"cloud\"\nopen = true"),
            "has mistakes",
        ),
        (
            "addresses",
            at("deployment = \"cloud\"\naddresses = [\"10.0.0.0/8\"]"),
            "cannot keep",
        ),
        (
            "a proxy",
            at("deployment = \"cloud\"\nproxy = \"http://proxy.example.com:3128\""),
            "cannot keep",
        ),
        ("an unknown deployment", at(""), "cannot keep"),
    ] {
        assert_ne!(text, good, "{what}");
        let refused = refused(&text, OWN);
        assert!(refused.contains(reason), "{what}: {refused}");
    }
}

/// A broker that is given the place of the shell would be asked by nobody, and a shell in the broker's would hold tokens.
#[test]
fn parts_in_each_others_place_do_not_fit() {
    let parts = parts();
    let swapped = compose(&Pieces {
        broker: &parts.shell,
        shell: &parts.broker,
        tools: OWN,
        policy: &policy([1, 2, 3], None),
    });
    assert!(swapped.is_err());
}
