//! What the tool component may import, natively and at the edge: our three interfaces, and the residue that Rust's
//! standard library always asks for, which it is given empty. Anything else keeps a component from being loaded or put
//! together with others.

/// Interfaces by name; a version is compared up to its minor, as the component model does.
const ALLOWED: &[(&str, &str)] = &[
    ("airlock:atlassian/blobs", "0.1"),
    ("airlock:atlassian/egress", "0.1"),
    ("airlock:atlassian/host", "0.1"),
    ("airlock:atlassian/types", "0.1"),
    ("wasi:cli/environment", "0.2"),
    ("wasi:cli/exit", "0.2"),
    ("wasi:cli/stderr", "0.2"),
    ("wasi:cli/stdin", "0.2"),
    ("wasi:cli/stdout", "0.2"),
    ("wasi:cli/terminal-input", "0.2"),
    ("wasi:cli/terminal-output", "0.2"),
    ("wasi:cli/terminal-stderr", "0.2"),
    ("wasi:cli/terminal-stdin", "0.2"),
    ("wasi:cli/terminal-stdout", "0.2"),
    ("wasi:io/error", "0.2"),
    ("wasi:io/poll", "0.2"),
    ("wasi:io/streams", "0.2"),
    // Seeds hash maps; it is no entropy and no channel.
    ("wasi:random/insecure-seed", "0.2"),
];

/// Whether the tool component may import the interface of this name and version.
pub fn may_import(import: &str) -> bool {
    let Some((name, version)) = import.split_once('@') else {
        return false;
    };
    ALLOWED.iter().any(|(allowed, minor)| {
        name == *allowed
            && version
                .strip_prefix(minor)
                .is_some_and(|rest| rest.starts_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::may_import;

    #[test]
    fn only_listed_names_in_known_versions() {
        assert!(may_import("airlock:atlassian/egress@0.1.7"));
        assert!(may_import("wasi:cli/stderr@0.2.6"));
        for name in [
            "wasi:http/outgoing-handler@0.2.0",
            "wasi:cli/run@0.2.0",
            "wasi:config/store@0.2.0",
            "wasi:sockets/tcp@0.2.0",
            "wasi:filesystem/types@0.2.6",
            "wasi:cli/stderr@0.3.0",
            "wasi:cli/stderr@0.20.0",
            "wasi:cli/stderr",
            "airlock:atlassian/secrets@0.1.0",
            "airlock:atlassian/egress@1.0.1",
        ] {
            assert!(!may_import(name), "{name}");
        }
    }
}
