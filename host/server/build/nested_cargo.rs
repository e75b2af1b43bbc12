//! Cargo started by a build script: which settings of the outer build it must not inherit. One text,
//! included by each build script that builds a component; it starts nothing itself.

use std::env;
use std::process::Command;

/// The settings of the outer build are for the host; a component is the same whoever builds it.
pub(crate) fn forget_outer_build(cargo: &mut Command) {
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        let outer = [
            "CARGO_PROFILE_",
            "CARGO_FEATURE_",
            "CARGO_CFG_",
            "CARGO_TARGET_",
        ];
        let exact = [
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_BUILD_TARGET",
            "RUSTC_WRAPPER",
            "RUSTC_WORKSPACE_WRAPPER",
            "RUSTC",
            "RUSTDOC",
        ];
        if outer.iter().any(|prefix| name.starts_with(prefix)) || exact.contains(&&*name) {
            cargo.env_remove(&*name);
        }
    }
}
