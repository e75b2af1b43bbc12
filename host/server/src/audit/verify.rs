//! Decides whether the records of a configuration are those that were written, all of them and in their order. Reads
//! only; what it cannot know (whoever has the key can write everything anew) stands in the README.

mod chain;
mod report;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::index::{Entered, Files, Numbered};
use super::proof::{Entry, Event, INDEX, Point, Proof, parse_head};
use super::seal::{ChainKey, Seal};
use super::{Folders, Trouble};
pub(super) use chain::{Bounds, Chain, Last};

/// What came out.
#[derive(Debug, Serialize)]
pub(crate) struct Verdict {
    pub(crate) intact: bool,
    files: usize,
    /// Files that the index has retired and that are gone.
    retired: usize,
    records: u64,
    /// The name of the key.
    key: String,
    /// The last line of the index; noted elsewhere it finds an older copy of everything.
    head: Option<Point>,
    pub(crate) findings: Vec<Finding>,
    /// Worth knowing, and nobody's change.
    pub(crate) notes: Vec<Finding>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) file: String,
    pub(crate) line: Option<usize>,
    /// The last of several lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) through: Option<usize>,
    pub(crate) what: What,
    pub(crate) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum What {
    Edited,
    Inserted,
    Removed,
    Moved,
    Copied,
    Cut,
    FileMissing,
    FileForeign,
    HeadMissing,
    HeadForeign,
    /// A seal that somebody noted elsewhere is in no line.
    NotFound,
    Torn,
    Interrupted,
}

impl Finding {
    fn at(file: &str, line: usize, what: What, text: &str) -> Self {
        Self {
            line: Some(line),
            ..Self::of(file, what, text)
        }
    }

    fn of(file: &str, what: What, text: &str) -> Self {
        Self {
            file: file.to_owned(),
            line: None,
            through: None,
            what,
            text: text.to_owned(),
        }
    }

    fn ends_at(&self) -> usize {
        self.through.or(self.line).unwrap_or(0)
    }
}

/// Index, heads and the list of files as they were at one moment; the files themselves may have grown since.
struct Snapshot {
    index: Vec<u8>,
    heads: BTreeMap<String, Vec<u8>>,
    files: BTreeSet<String>,
}

/// Looks at everything. `expected` are seals that were noted elsewhere.
pub(crate) fn verify(folders: &Folders, expected: &[Seal]) -> Result<Verdict, Trouble> {
    settled_verdict(folders, expected, |proof| Snapshot::take(folders, proof))
}

fn settled_verdict(
    folders: &Folders,
    expected: &[Seal],
    mut take: impl FnMut(&Proof) -> Result<Snapshot, Trouble>,
) -> Result<Verdict, Trouble> {
    let proof = Proof::in_folder(folders.proof.clone(), false);
    let key = key(folders, &proof)?;
    let mut attempts = 0;
    loop {
        let snapshot = take(&proof)?;
        let verdict = examine(folders, expected, &proof, &key, &snapshot)?;
        attempts += 1;
        // One that was retired before it was read looks cut off, until the index is read again.
        let is_there = |name| folders.records.join(name).exists();
        if attempts == MOST_ATTEMPTS || snapshot.files.iter().all(is_there) {
            return Ok(verdict);
        }
    }
}

/// Files are retired when a process starts or one is full, so that once more is enough.
const MOST_ATTEMPTS: u32 = 5;

fn examine(
    folders: &Folders,
    expected: &[Seal],
    proof: &Proof,
    key: &ChainKey,
    snapshot: &Snapshot,
) -> Result<Verdict, Trouble> {
    check_key(&snapshot.index, key, proof)?;
    let mut verifier = Verifier {
        key,
        folders,
        unseen: expected.iter().copied().collect(),
        retired: 0,
        records: 0,
        findings: Vec::new(),
        notes: Vec::new(),
    };
    let (entered, head) = verifier.index(snapshot);
    for (name, file) in &entered.0 {
        verifier.entered(name, file, &entered, snapshot)?;
    }
    for name in &snapshot.files {
        if !entered.0.contains_key(name) {
            verifier.stray(name)?;
        }
    }
    for name in snapshot.heads.keys() {
        let is_known =
            name == INDEX || entered.0.contains_key(name) || snapshot.files.contains(name);
        if !is_known {
            let text = "the file is missing: it had begun, and is in no index";
            verifier.find(Finding::of(name, What::FileMissing, text));
        }
    }
    let or_retired = match verifier.retired {
        0 => "",
        _ => ", or it stood in a file that was retired",
    };
    for seal in &verifier.unseen {
        let text = format!(
            "no line carries the seal {seal}: an older copy of everything was put back{or_retired}"
        );
        verifier
            .findings
            .push(Finding::of(INDEX, What::NotFound, &text));
    }
    Ok(Verdict {
        intact: verifier.findings.is_empty(),
        files: snapshot.files.len(),
        retired: verifier.retired,
        records: verifier.records,
        key: key.name(),
        head,
        findings: verifier.findings,
        notes: verifier.notes,
    })
}

struct Verifier<'a> {
    key: &'a ChainKey,
    folders: &'a Folders,
    unseen: BTreeSet<Seal>,
    retired: usize,
    records: u64,
    findings: Vec<Finding>,
    notes: Vec<Finding>,
}

impl Verifier<'_> {
    /// What the index says of each file, in the order of their names, which is that of time; and its last line.
    fn index(&mut self, snapshot: &Snapshot) -> (Files, Option<Point>) {
        let head = self.head(INDEX, snapshot);
        let bounds = Bounds {
            first: None,
            before: Some(Seal::NONE),
            last: head.map(Last::Head),
        };
        let mut entered = Files::default();
        let mut last = None;
        let mut chain = Chain::new(self.key, INDEX, bounds);
        chain.read(&snapshot.index, |line, seal| {
            self.unseen.remove(&seal);
            let Ok(entry) = serde_json::from_slice::<Numbered>(line) else {
                return;
            };
            last = Some(Point {
                seq: entry.seq,
                seal,
            });
            entered.enter(entry.entry);
        });
        let (findings, notes) = (chain.findings, chain.notes);
        self.findings.extend(findings);
        self.notes.extend(notes);
        (entered, last)
    }

    fn entered(
        &mut self,
        name: &str,
        file: &Entered,
        all: &Files,
        snapshot: &Snapshot,
    ) -> Result<(), Trouble> {
        let is_there = snapshot.files.contains(name);
        if file.is_retired && is_there {
            let text = "it is about to be taken away: the index has retired it, and the next start removes it";
            self.notes.push(Finding::of(name, What::Interrupted, text));
        } else if file.is_retired {
            self.retired += 1;
            return Ok(());
        } else if !is_there {
            let text = "the file is missing, and the index names it";
            self.find(Finding::of(name, What::FileMissing, text));
            return Ok(());
        }
        let last = match file.last {
            Some(last) => Some(Last::Closed(last)),
            None => self.head(name, snapshot).map(Last::Head),
        };
        let bounds = Bounds {
            first: file.first,
            before: all.before(file),
            last,
        };
        self.lines(name, bounds)
    }

    /// A file that the index does not name: a start that was killed half-way, or not ours.
    fn stray(&mut self, name: &str) -> Result<(), Trouble> {
        let text = read(&self.folders.records.join(name))?;
        let mut chain = Chain::new(self.key, name, Bounds::default());
        chain.read(&text, |_, seal| {
            self.unseen.remove(&seal);
        });
        if chain.records <= 1 && chain.findings.is_empty() {
            let text = "a process was killed while it began this file; it recorded nothing";
            self.notes.push(Finding::of(name, What::Interrupted, text));
        } else {
            let text = "the file is in no index: it was put here, or the index was changed";
            self.find(Finding::of(name, What::FileForeign, text));
        }
        Ok(())
    }

    fn lines(&mut self, name: &str, bounds: Bounds) -> Result<(), Trouble> {
        let text = read(&self.folders.records.join(name))?;
        let mut chain = Chain::new(self.key, name, bounds);
        chain.read(&text, |_, seal| {
            self.unseen.remove(&seal);
        });
        self.records += chain.records;
        if chain.records == 0 && !text.is_empty() {
            let text = "no line was sealed as one of this file: it was renamed, or is of another configuration";
            self.find(Finding::of(name, What::FileForeign, text));
        } else {
            self.findings.extend(chain.findings);
        }
        self.notes.extend(chain.notes);
        Ok(())
    }

    fn head(&mut self, name: &str, snapshot: &Snapshot) -> Option<Point> {
        let Some(text) = snapshot.heads.get(name) else {
            let text = "its head is missing, so that a cut end would not be seen";
            self.find(Finding::of(name, What::HeadMissing, text));
            return None;
        };
        let head = parse_head(self.key, name, text);
        if head.is_none() {
            let text = "its head is not what was written";
            self.find(Finding::of(name, What::HeadForeign, text));
        }
        head
    }

    fn find(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
}

impl Snapshot {
    fn take(folders: &Folders, proof: &Proof) -> Result<Self, Trouble> {
        // Who may only read cannot hold the lock, and reads a copy that nobody writes.
        let _guard = proof.lock().ok();
        let mut heads = BTreeMap::new();
        for name in names(proof.folder(), ".head")? {
            heads.insert(name.clone(), settled(&proof.head_path(&name))?);
        }
        let index = read(&proof.index_path())?;
        let files = names(&folders.records, ".jsonl")?
            .into_iter()
            .map(|name| format!("{name}.jsonl"))
            .collect();
        Ok(Self {
            index,
            heads,
            files,
        })
    }
}

/// A head is written over in place while its process runs, so one that looks half new is read again.
fn settled(path: &Path) -> Result<Vec<u8>, Trouble> {
    let mut text = read(path)?;
    for _ in 0..3 {
        std::thread::sleep(Duration::from_micros(200));
        let again = read(path)?;
        if again == text {
            break;
        }
        text = again;
    }
    Ok(text)
}

fn key(folders: &Folders, proof: &Proof) -> Result<ChainKey, Trouble> {
    let nothing = |path: &Path| !path.exists();
    if nothing(&folders.records) && nothing(proof.folder()) {
        return Err(Trouble::new(format!(
            "there is no record in `{}`; the first call makes one",
            folders.records.display()
        )));
    }
    ChainKey::load(&proof.key_path())?.ok_or_else(|| {
        Trouble::new(format!(
            "`{}` is missing, and nothing else proves the records; if nobody took it away, they were written by a \
             version before 0.1",
            proof.key_path().display()
        ))
    })
}

/// Another key is nobody's change of a record; it has to be said before everything looks changed.
fn check_key(index: &[u8], key: &ChainKey, proof: &Proof) -> Result<(), Trouble> {
    let first = index
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    match serde_json::from_slice::<Entry>(first) {
        Ok(Entry {
            event: Event::Index { key: named },
            ..
        }) if named != key.name() => Err(Trouble::new(format!(
            "`{}` is the key {}, and the index was begun with the key {named}; put that one back",
            proof.key_path().display(),
            key.name()
        ))),
        _ => Ok(()),
    }
}

/// A missing file is an empty one: what should be in it is missed then.
fn read(path: &Path) -> Result<Vec<u8>, Trouble> {
    match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        read => read.map_err(|error| Trouble::disk(path, "read", &error)),
    }
}

/// The names below `folder` that end in `suffix`, without it.
fn names(folder: &Path, suffix: &str) -> Result<Vec<String>, Trouble> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| Trouble::disk(folder, "listed", &error))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry
            .map_err(|error| Trouble::disk(folder, "listed", &error))?
            .file_name();
        let name = name.to_string_lossy();
        names.extend(name.strip_suffix(suffix).map(str::to_owned));
    }
    Ok(names)
}
