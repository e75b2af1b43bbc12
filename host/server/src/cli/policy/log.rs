//! Audit logs by name: files, or the folder that the server writes them into. Broken lines end the verb.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use policy::Log;

/// A year of one busy process is below this.
const MOST_BYTES: u64 = 4 << 30;

/// All decisions of a file, or of every `*.jsonl` of a folder, by name, which is by time.
pub(super) fn read(path: &Path) -> anyhow::Result<Log> {
    let mut log = Log::default();
    for file in files(path)? {
        let name = file.display().to_string();
        let metadata = std::fs::metadata(&file).with_context(|| format!("cannot read {name}"))?;
        if !metadata.is_file() || metadata.len() > MOST_BYTES {
            bail!("{name} is not a plain file of a sensible size");
        }
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("cannot read {name} as UTF-8 text"))?;
        log.read(&text, &name)?;
    }
    if log.records.is_empty() {
        bail!("{} holds no decision of the policy", path.display());
    }
    Ok(log)
}

fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let shown = path.display();
    let entries = std::fs::read_dir(path).with_context(|| format!("cannot list {shown}"))?;
    let mut files = Vec::new();
    for entry in entries {
        let file = entry
            .with_context(|| format!("cannot list {shown}"))?
            .path();
        if file
            .extension()
            .is_some_and(|extension| extension == "jsonl")
        {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        bail!("{shown} holds no *.jsonl");
    }
    Ok(files)
}
