//! What a component may import: our three interfaces, and the residue that Rust's standard
//! library always asks for, given empty. Anything else keeps the component from loading.

use wasmtime::Engine;
use wasmtime::component::{Component, HasData, Linker, ResourceTable};
use wasmtime_wasi::WasiView;
use wasmtime_wasi::cli::{WasiCli, WasiCliView};

use super::state::State;

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

/// A component that wants more than it may have.
#[derive(Debug, thiserror::Error)]
#[error("the component imports {}, which no component may have here", .0.join(", "))]
pub struct ForeignImports(pub Vec<String>);

pub(super) fn check(engine: &Engine, component: &Component) -> Result<(), ForeignImports> {
    let foreign: Vec<String> = component
        .component_type()
        .imports(engine)
        .map(|(name, _)| name.to_owned())
        .filter(|name| !allowed(name))
        .collect();
    if foreign.is_empty() {
        Ok(())
    } else {
        Err(ForeignImports(foreign))
    }
}

fn allowed(import: &str) -> bool {
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

/// Piece by piece: the convenient function would bring sockets and the file system along.
pub(super) fn link_wasi(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    use wasmtime_wasi::p2::bindings::cli::{
        environment, exit, stderr, stdin, stdout, terminal_input, terminal_output, terminal_stderr,
        terminal_stdin, terminal_stdout,
    };
    use wasmtime_wasi::p2::bindings::random::insecure_seed;
    use wasmtime_wasi::random::WasiRandom;
    use wasmtime_wasi_io::bindings::wasi::io::{error, poll, streams};

    error::add_to_linker::<State, Io>(linker, io)?;
    poll::add_to_linker::<State, Io>(linker, io)?;
    streams::add_to_linker::<State, Io>(linker, io)?;
    environment::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    exit::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    stdin::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    stdout::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    stderr::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    terminal_input::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    terminal_output::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    terminal_stdin::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    terminal_stdout::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    terminal_stderr::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    insecure_seed::add_to_linker::<State, WasiRandom>(linker, |state| state.ctx().ctx.random())?;
    Ok(())
}

struct Io;

impl HasData for Io {
    type Data<'a> = &'a mut ResourceTable;
}

fn io(state: &mut State) -> &mut ResourceTable {
    state.ctx().table
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn only_listed_names_in_known_versions() {
        assert!(allowed("airlock:atlassian/egress@0.1.7"));
        assert!(allowed("wasi:cli/stderr@0.2.6"));
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
            assert!(!allowed(name), "{name}");
        }
    }
}
