//! `policy export --for RUNTIME`: the origins, for the runtime's own allow-list.

use clap::{Args, ValueEnum};
use policy::Runtime;

use super::file::PolicyFile;
use super::print;

#[derive(Args)]
pub(in crate::cli) struct Export {
    /// Whose words to use
    #[arg(long = "for", value_enum, value_name = "RUNTIME")]
    runtime: RuntimeName,
    #[command(flatten)]
    file: PolicyFile,
}

#[derive(Clone, Copy, ValueEnum)]
enum RuntimeName {
    Spin,
    Wasmcloud,
}

impl Export {
    pub(super) fn run(&self) -> anyhow::Result<u8> {
        let runtime = match self.runtime {
            RuntimeName::Spin => Runtime::Spin,
            RuntimeName::Wasmcloud => Runtime::WasmCloud,
        };
        print(&policy::export(&self.file.parse()?, runtime))?;
        Ok(0)
    }
}
