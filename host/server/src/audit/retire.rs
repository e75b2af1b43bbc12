//! Decides which finished files of the record are taken away: those that ended too long ago, and the oldest where all
//! together are too large. The index says so before a file goes, so that `verify` tells it from one that vanished. A file
//! that is not as it was written, and an index that is not, stay for `verify` to tell.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::index::{Entered, Files, Numbered};
use super::proof::{Event, Guard, INDEX, Proof};
use super::seal::{ChainKey, Seal};
use super::settings::Keep;
use super::verify::{Bounds, Chain, Last};
use super::{Trouble, time_ago};

/// Others wait for the index meanwhile. What is left over goes the next time.
const LONGEST: Duration = Duration::from_secs(1);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Takes away what need not be kept; done at a start, and when a file is full.
pub(super) fn retire(
    guard: &Guard,
    proof: &Proof,
    key: &ChainKey,
    records: &Path,
    keep: Keep,
) -> Result<(), Trouble> {
    if keep == Keep::default() {
        return Ok(());
    }
    let started = Instant::now();
    // After a power cut no file may be gone whose line is gone too, whatever the settings say of other lines.
    let proof = Proof::in_folder(proof.folder().to_owned(), true);
    let Some(files) = whole_index(&proof, key)? else {
        tracing::warn!("the index of the record is not whole, so no old file was retired");
        return Ok(());
    };
    for name in beyond(&files, records, keep) {
        let (file, path) = (&files.0[name], records.join(name));
        if !file.is_retired {
            if !is_whole(key, name, file, &files, &path) {
                let shown = path.display();
                tracing::warn!("`{shown}` is not as it was written and stays; see `audit verify`");
                continue;
            }
            let file = name.to_owned();
            proof.append(guard, key, [Event::Retire { file }])?;
        }
        if let Err(error) = fs::remove_file(&path) {
            tracing::warn!(
                "`{}` is retired and cannot be removed: {error}",
                path.display()
            );
        }
        if started.elapsed() > LONGEST {
            break;
        }
    }
    Ok(())
}

/// `None`: a line of it was changed, and nothing that it says is reason enough to remove a file.
fn whole_index(proof: &Proof, key: &ChainKey) -> Result<Option<Files>, Trouble> {
    let path = proof.index_path();
    let text = proof
        .index_text()
        .map_err(|error| Trouble::disk(&path, "read", &error))?;
    let bounds = Bounds {
        before: Some(Seal::NONE),
        ..Bounds::default()
    };
    let mut files = Files::default();
    let mut chain = Chain::new(key, INDEX, bounds);
    chain.read(text.as_bytes(), |line, _| {
        if let Ok(line) = serde_json::from_slice::<Numbered>(line) {
            files.enter(line.entry);
        }
    });
    Ok(chain.findings.is_empty().then_some(files))
}

/// The oldest first. What is retired and still there comes along: a process was killed in between.
fn beyond<'f>(files: &'f Files, records: &Path, keep: Keep) -> Vec<&'f str> {
    let oldest = keep.days.map(|days| time_ago(DAY * u32::from(days)));
    let finished: Vec<(&str, &Entered, u64)> = files
        .0
        .iter()
        .filter(|(_, file)| file.closed.is_some())
        // One that vanished is not retired: it has to be missed.
        .filter_map(|(name, file)| {
            let metadata = fs::metadata(records.join(name)).ok()?;
            Some((name.as_str(), file, metadata.len()))
        })
        .collect();
    let mut together: u64 = finished.iter().map(|(_, _, bytes)| bytes).sum();
    let mut beyond = Vec::new();
    for (name, file, bytes) in finished {
        let is_old = oldest.is_some() && file.closed < oldest;
        let is_too_much = keep.bytes.is_some_and(|most| together > most);
        if file.is_retired || is_old || is_too_much {
            together -= bytes;
            beyond.push(name);
        }
    }
    beyond
}

fn is_whole(key: &ChainKey, name: &str, file: &Entered, files: &Files, path: &Path) -> bool {
    let bounds = Bounds {
        first: file.first,
        before: files.before(file),
        last: file.last.map(Last::Closed),
    };
    let mut chain = Chain::new(key, name, bounds);
    let text = fs::read(path);
    text.is_ok_and(|text| {
        chain.read(&text, |_, _| {});
        chain.findings.is_empty()
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests;
