//! What a component may import: our three interfaces, and the residue that Rust's standard
//! library always asks for, given empty. Anything else keeps the component from loading.

use wasmtime::Engine;
use wasmtime::component::{Component, HasData, Linker, ResourceTable};
use wasmtime_wasi::WasiView;
use wasmtime_wasi::cli::{WasiCli, WasiCliView};

use super::state::State;

/// A component that wants more than it may have.
#[derive(Debug, thiserror::Error)]
#[error("the component imports {}, which no component may have here", .0.join(", "))]
pub struct ForeignImports(pub Vec<String>);

pub(super) fn check(engine: &Engine, component: &Component) -> Result<(), ForeignImports> {
    let foreign: Vec<String> = component
        .component_type()
        .imports(engine)
        .map(|(name, _)| name.to_owned())
        .filter(|name| !policy::may_import(name))
        .collect();
    if foreign.is_empty() {
        Ok(())
    } else {
        Err(ForeignImports(foreign))
    }
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
