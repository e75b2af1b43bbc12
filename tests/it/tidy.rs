//! Rules of this repository that no compiler holds.

use std::path::{Path, PathBuf};

/// Longer files hide what they know.
const LONGEST: usize = 600;

#[test]
fn every_rust_file_says_what_it_is_and_is_short() {
    let mut problems = Vec::new();
    for (path, text) in sources("rs") {
        let lines = text.lines().count();
        if lines > LONGEST {
            problems.push(format!("{path}: {lines} lines"));
        }
        let is_generated = path.contains("/bindings");
        if !text.starts_with("//!") && !is_generated {
            problems.push(format!("{path}: does not begin with `//!`"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn nothing_unfinished_and_nothing_foreign_is_committed() {
    // Put together here, so that this file does not find itself.
    let unfinished = ["TO", "DO"].concat();
    let mended = ["FIX", "ME"].concat();
    let home = ["/work", "/"].concat();
    let library = [".lib", "rary"].concat();
    let mut problems = Vec::new();
    for kind in ["rs", "toml", "md", "wit", "tsv", "json"] {
        for (path, text) in sources(kind) {
            for (number, line) in text.lines().enumerate() {
                let comment = line.split_once("//").map_or("", |(_, comment)| comment);
                for word in [&unfinished, &mended] {
                    if comment
                        .split(|letter: char| !letter.is_ascii_alphanumeric())
                        .any(|one| one == word)
                    {
                        problems.push(format!("{path}:{}: {word}", number + 1));
                    }
                }
                for word in [&home, &library] {
                    if line.contains(word.as_str()) {
                        problems.push(format!("{path}:{}: {word}", number + 1));
                    }
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// A path of the API is written once, in the route table; the component's code has none.
#[test]
fn paths_of_the_api_stand_in_the_route_table_alone() {
    let needle = ["\"/rest", "/"].concat();
    let mut problems = Vec::new();
    for (path, text) in sources("rs") {
        let is_tools = path.starts_with("component/tools/src")
            && !path.contains("tests")
            && !path.ends_with("fake.rs");
        if is_tools && text.contains(&needle) {
            problems.push(path);
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The parts that decide or parse hold no unsafe code, by their own word.
#[test]
fn the_pure_crates_forbid_unsafe_code() {
    for root in [
        "component/markup",
        "component/tools",
        "host/policy",
        "host/gateway",
        "host/mcp",
        "host/door",
    ] {
        let text = std::fs::read_to_string(top().join(root).join("src/lib.rs"))
            .expect("a crate has a root");
        assert!(text.contains("#![forbid(unsafe_code)]"), "{root}");
    }
}

/// Who must not know whom, read from the manifests.
#[test]
fn the_host_never_depends_on_the_component() {
    for host in ["policy", "gateway", "mcp", "door", "server", "demo-site"] {
        let text = std::fs::read_to_string(top().join("host").join(host).join("Cargo.toml"))
            .expect("a manifest");
        for line in text.lines() {
            let name = line.split([' ', '.', '=']).next().unwrap_or_default();
            assert!(
                !matches!(name, "tools" | "markup" | "guest"),
                "host/{host} depends on {name}"
            );
        }
    }
    for (pure, foreign) in [
        ("host/policy", &["tokio", "reqwest", "wasmtime", "rmcp"][..]),
        ("host/gateway", &["tokio", "reqwest", "wasmtime", "rmcp"]),
        (
            "component/edge/broker",
            &["tokio", "reqwest", "wasmtime", "rmcp", "tools"],
        ),
        (
            "component/edge/shell",
            &["gateway", "reqwest", "wasmtime", "secrecy", "tools"],
        ),
        (
            "component/tools",
            &["tokio", "reqwest", "wasmtime", "wit-bindgen"],
        ),
        (
            "component/markup",
            &["tokio", "reqwest", "wasmtime", "wit-bindgen"],
        ),
    ] {
        let text =
            std::fs::read_to_string(top().join(pure).join("Cargo.toml")).expect("a manifest");
        let used = text.split("[dev-dependencies]").next().unwrap_or_default();
        for name in foreign {
            assert!(
                !used
                    .lines()
                    .any(|line| line.split([' ', '.', '=']).next() == Some(name)),
                "{pure} depends on {name}"
            );
        }
    }
}

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ stands in the workspace")
}

/// Every file of the repository with this extension, by its path from the top.
fn sources(extension: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(top(), extension, &mut found);
    assert!(!found.is_empty(), "no .{extension} file was found");
    found
}

fn collect(folder: &Path, extension: &str, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path: PathBuf = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "target" | ".git" | "node_modules") {
                collect(&path, extension, found);
            }
        } else if path.extension().is_some_and(|given| given == extension) {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let short = path
                .strip_prefix(top())
                .unwrap_or(&path)
                .display()
                .to_string();
            found.push((short, text));
        }
    }
}
