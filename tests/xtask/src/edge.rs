//! `cargo xtask edge`: one component out of broker, shell, the tool component and a policy file, for runtimes that speak
//! `wasi:http`.

mod compose;
mod glue;
mod parts;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

pub use compose::{Pieces, Tools, compose};
pub use parts::{Flavour, broker, guest, shell};

struct Wish {
    flavour: Flavour,
    policy: PathBuf,
    tools: Option<PathBuf>,
    parts: bool,
}

/// Builds the parts, puts them together, and says what came of it.
pub fn run(arguments: impl Iterator<Item = String>, target: &Path) -> Result<()> {
    let wish = Wish::parse(arguments)?;
    let folder = target.join("edge");
    fs::create_dir_all(&folder)?;
    let shown = wish.policy.display();
    let policy =
        fs::read_to_string(&wish.policy).with_context(|| format!("cannot read {shown}"))?;
    let foreign = wish.tools.as_deref().map(fs::read).transpose()?;
    let own = guest(target)?;
    let (broker, shell) = (broker(target, wish.flavour)?, shell(target)?);
    let tools = match &foreign {
        Some(foreign) => Tools::Foreign(foreign),
        None => Tools::Own(&own),
    };
    let pieces = Pieces {
        broker: &broker,
        shell: &shell,
        tools,
        policy: &policy,
    };
    let composed = compose(&pieces)?;
    let file = folder.join("mcp-airlock-edge.wasm");
    fs::write(&file, &composed)?;
    let tools = tools.bytes();
    if wish.parts {
        for (name, bytes) in [("tools", tools), ("broker", &broker), ("shell", &shell)] {
            fs::write(folder.join(format!("{name}.wasm")), bytes)?;
        }
        for (name, bytes) in pieces.glue()? {
            fs::write(folder.join(format!("{name}.wasm")), bytes)?;
        }
    }
    for (name, bytes) in [
        ("tools", tools),
        ("broker", &broker),
        ("shell", &shell),
        ("policy", policy.as_bytes()),
        ("composed", &composed),
    ] {
        let (digest, length) = (digest(bytes), bytes.len());
        say(&format!("{name:<9} sha256:{digest} {length:>9} bytes"));
    }
    say(&file.display().to_string());
    Ok(())
}

const USAGE: &str = "cargo xtask edge [--policy FILE] [--flavour environment|wasi-config|spin-variables] [--tools FILE] [--parts]";

impl Wish {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut wish = Self {
            flavour: Flavour::Environment,
            policy: PathBuf::from("policy.toml"),
            tools: None,
            parts: false,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .with_context(|| format!("{argument} needs a value: {USAGE}"))
            };
            match argument.as_str() {
                "--policy" => wish.policy = value()?.into(),
                "--flavour" => wish.flavour = Flavour::parse(&value()?)?,
                "--tools" => wish.tools = Some(value()?.into()),
                "--parts" => wish.parts = true,
                other => bail!("there is no `{other}`: {USAGE}"),
            }
        }
        Ok(wish)
    }
}

/// In hex.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[expect(
    clippy::print_stdout,
    reason = "the digests are what the command is for"
)]
fn say(line: &str) {
    println!("{line}");
}
