//! Turns `wit/routes.tsv` into the host's route catalogue. A table that cannot be read strictly fails the build
//! with its line.

#[path = "src/catalogue/table.rs"]
mod table;

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

/// From the package's own directory, where cargo runs this: a path fixed at compile time would outlive the checkout
/// that it was compiled in.
const TABLE: &str = "../../wit/routes.tsv";

fn main() -> ExitCode {
    announce(&format!("cargo::rerun-if-changed={TABLE}"));
    announce("cargo::rerun-if-changed=src/catalogue/table.rs");
    if let Err(complaints) = generate() {
        for complaint in complaints {
            announce(&format!("cargo::error=wit/routes.tsv:{complaint}"));
        }
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn generate() -> Result<(), Vec<String>> {
    let text = std::fs::read_to_string(TABLE).map_err(|error| vec![format!("0: {error}")])?;
    let rows = table::read(&text)?;
    let mut code = String::from("static ROWS: &[Row] = &[\n");
    for row in &rows {
        let slots: Vec<String> = row
            .slots
            .iter()
            .map(|slot| {
                format!(
                    "Slot {{ place: Place::{}, at: {:?}, kind: SlotKind::{} }}",
                    camel(&slot.place),
                    slot.at,
                    camel(&slot.kind)
                )
            })
            .collect();
        let written = writeln!(
            code,
            "    Row {{ id: {:?}, product: Product::{}, deployment: Deployment::{}, method: Method::{}, path: {:?}, query: &{:?}, class: Class::{}, scopes: &{:?}, slots: &[{}] }},",
            row.id,
            camel(&row.product),
            camel(&row.deployment),
            camel(&row.method.to_lowercase()),
            row.path,
            row.query,
            camel(&row.class),
            row.scopes,
            slots.join(", "),
        );
        written.map_err(|error| vec![format!("{}: {error}", row.line)])?;
    }
    code.push_str("];\n");
    let target = Path::new(&out_dir()).join("routes.rs");
    std::fs::write(target, code).map_err(|error| vec![format!("0: {error}")])
}

/// `data-center` → `DataCenter`
fn camel(words: &str) -> String {
    words
        .split('-')
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "cargo hands the folder to build scripts in no other way"
)]
fn out_dir() -> String {
    std::env::var("OUT_DIR").expect("cargo sets OUT_DIR for every build script")
}

fn announce(line: &str) {
    println!("{line}");
}
