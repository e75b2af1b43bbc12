//! Decides where a record is kept on this machine: one file for each process, numbered and chained, followed by another
//! one when it is full. A line is handed to the operating system before the call goes on, and then named by the head;
//! with `sync` both are on the disk. A file that somebody else touched is not written on.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use time::OffsetDateTime;
use time::macros::format_description;

use super::proof::{Event, Guard, HeadFile, Identity, Point, Proof};
use super::retire::retire;
use super::seal::{ChainKey, Seal};
use super::settings::FileSettings;
use super::{Folders, Trouble, now};
use crate::store::{Lock, private_folder, try_lock_file};

/// The file that this process is writing, and the way to the next one.
pub(super) struct ChainFile {
    key: ChainKey,
    proof: Proof,
    records: PathBuf,
    settings: FileSettings,
    current: Current,
    /// As the first line of a file names them.
    sinks: Vec<String>,
    last: Point,
    /// Written and not yet passed on.
    lines: Vec<Vec<u8>>,
}

/// One file with what belongs to it.
struct Current {
    name: String,
    path: PathBuf,
    file: File,
    identity: Identity,
    bytes: u64,
    head: HeadFile,
    live: Lock,
}

/// What the host writes beside decisions.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Mark<'a> {
    Start {
        v: u32,
        ts: String,
        file: &'a str,
        /// The file before this one, of the same process.
        follows: Option<&'a str>,
        program: &'static str,
        process: u32,
        /// Where the lines go besides.
        sinks: &'a [String],
    },
    Rotate {
        v: u32,
        ts: String,
        next: &'a str,
    },
    End {
        v: u32,
        ts: String,
    },
}

impl ChainFile {
    pub(super) fn start(
        folders: &Folders,
        settings: FileSettings,
        sinks: Vec<String>,
        started: OffsetDateTime,
    ) -> Result<Self, Trouble> {
        let records = folders.records.clone();
        private_folder(&records).map_err(|error| Trouble::disk(&records, "made", &error))?;
        let proof = Proof::in_folder(folders.proof.clone(), settings.sync);
        let guard = proof.prepare()?;
        let key = proof.key(&guard)?;
        proof.close_abandoned(&guard, &key, &records)?;
        retire(&guard, &proof, &key, &records, settings.keep)?;
        let mut current = Current::create(&records, &proof, started)?;
        let (last, line) = current.begin(&key, None, &sinks)?;
        let open = current.opened(last, None);
        proof.append(&guard, &key, [open])?;
        Ok(Self {
            key,
            proof,
            records,
            settings,
            current,
            sinks,
            last,
            lines: vec![line],
        })
    }

    /// All that were written since the last time, with their line breaks.
    pub(super) fn take_lines(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.lines)
    }

    /// Whether the file and its head are still those that this process made, and nobody wrote into them.
    pub(super) fn check(&self) -> Result<(), Trouble> {
        let Current {
            path,
            identity,
            bytes,
            head,
            ..
        } = &self.current;
        match identity.at(path) {
            Some(length) if length == *bytes => {}
            _ => return Err(touched(path)),
        }
        match head.identity.at(&head.path) {
            Some(_) => Ok(()),
            None => Err(touched(&head.path)),
        }
    }

    /// For tests: a disk without room in the place of the file.
    #[cfg(all(test, target_os = "linux"))]
    pub(super) fn fill_up(&mut self) {
        let full = OpenOptions::new().append(true).open("/dev/full");
        self.current.file = full.expect("every Linux has it");
    }

    pub(super) fn append(&mut self, value: &impl Serialize) -> Result<(), Trouble> {
        if self.current.bytes >= self.settings.rotate_bytes {
            self.rotate()?;
        }
        self.write(value)
    }

    fn write(&mut self, value: &impl Serialize) -> Result<(), Trouble> {
        let current = &mut self.current;
        let (line, last) = current.write(&self.key, Some(self.last), value)?;
        self.lines.push(line);
        self.last = last;
        if self.settings.sync {
            let Current { file, path, .. } = &self.current;
            file.sync_data()
                .map_err(|error| Trouble::disk(path, "written", &error))?;
        }
        self.current.head.put(&self.key, self.last)
    }

    /// The old file names the new one, whose first line follows the last one of the old; the index closes and opens.
    fn rotate(&mut self) -> Result<(), Trouble> {
        let guard = self.proof.lock()?;
        let mut next = Current::create(&self.records, &self.proof, OffsetDateTime::now_utc())?;
        self.write(&Mark::Rotate {
            v: 1,
            ts: now(),
            next: &next.name,
        })?;
        let old = (self.current.name.clone(), self.last);
        let (first, line) = next.begin(&self.key, Some((&old.0, old.1)), &self.sinks)?;
        let open = next.opened(first, Some(old.0));
        let finished = std::mem::replace(&mut self.current, next);
        finished.close(&guard, &self.proof, &self.key, old.1, Some(open))?;
        self.last = first;
        self.lines.push(line);
        retire(
            &guard,
            &self.proof,
            &self.key,
            &self.records,
            self.settings.keep,
        )
    }

    /// Ends the file with a line that says so, and the index with its last word about it.
    pub(super) fn end(&mut self) -> Result<(), Trouble> {
        self.check()?;
        self.write(&Mark::End { v: 1, ts: now() })?;
        let guard = self.proof.lock()?;
        self.current
            .close(&guard, &self.proof, &self.key, self.last, None)
    }
}

impl Current {
    /// A file that did not exist before, and a lock that says that its process lives.
    fn create(records: &Path, proof: &Proof, at: OffsetDateTime) -> Result<Self, Trouble> {
        let (name, path, file) = create(records, proof, at)
            .map_err(|error| Trouble::disk(records, "written", &error))?;
        let live_path = proof.live_path(&name);
        let live = match try_lock_file(&live_path) {
            Ok(Some(lock)) => lock,
            Ok(None) => return Err(touched(&live_path)),
            Err(error) => return Err(Trouble::disk(&live_path, "locked", &error)),
        };
        let head = proof.head(&name)?;
        let identity =
            Identity::of(&file).map_err(|error| Trouble::disk(&path, "examined", &error))?;
        Ok(Self {
            name,
            path,
            file,
            identity,
            bytes: 0,
            head,
            live,
        })
    }

    /// The first line, and the head that names it.
    fn begin(
        &mut self,
        key: &ChainKey,
        follows: Option<(&str, Point)>,
        sinks: &[String],
    ) -> Result<(Point, Vec<u8>), Trouble> {
        let name = self.name.clone();
        let mark = Mark::Start {
            v: 1,
            ts: now(),
            file: &name,
            follows: follows.map(|(name, _)| name),
            program: concat!("mcp-airlock ", env!("CARGO_PKG_VERSION")),
            process: std::process::id(),
            sinks,
        };
        let (line, first) = self.write(key, follows.map(|(_, point)| point), &mark)?;
        self.head.put(key, first)?;
        Ok((first, line))
    }

    fn write(
        &mut self,
        key: &ChainKey,
        last: Option<Point>,
        value: &impl Serialize,
    ) -> Result<(Vec<u8>, Point), Trouble> {
        let disk = |error: io::Error| Trouble::disk(&self.path, "written", &error);
        let seq = last.map_or(0, |last| last.seq + 1);
        let prev = last.map_or(Seal::NONE, |last| last.seal);
        let (line, seal) = key
            .line(&self.name, seq, value, prev)
            .map_err(|error| disk(error.into()))?;
        // One call, so that a killed process leaves a whole line or none.
        self.file.write_all(&line).map_err(disk)?;
        self.bytes += line.len() as u64;
        Ok((line, Point { seq, seal }))
    }

    fn opened(&self, first: Point, follows: Option<String>) -> Event {
        Event::Open {
            file: self.name.clone(),
            first,
            follows,
        }
    }

    /// The index knows the end from now on, so the head has done its work.
    fn close(
        &self,
        guard: &Guard,
        proof: &Proof,
        key: &ChainKey,
        last: Point,
        then: Option<Event>,
    ) -> Result<(), Trouble> {
        let close = Event::Close {
            file: self.name.clone(),
            last,
            found: false,
        };
        proof.append(guard, key, [close].into_iter().chain(then))?;
        // Left behind they would be found by the next process.
        let _ = fs::remove_file(&self.head.path);
        self.live.remove();
        Ok(())
    }
}

fn touched(path: &Path) -> Trouble {
    Trouble::new(format!(
        "`{}` was moved, replaced or changed by somebody else while this process was writing it",
        path.display()
    ))
}

/// In containers every process has the id 1, so two may share a second and an id.
const MOST_COPIES: u32 = 99;

/// Named by the time and the process, so that names are in the order of time; for this user alone. A name that was used
/// stays used, also where its file was retired and the clock was set back since.
fn create(
    directory: &Path,
    proof: &Proof,
    at: OffsetDateTime,
) -> io::Result<(String, PathBuf, File)> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let at = at.format(format).map_err(io::Error::other)?;
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let process = std::process::id();
    let index = proof.index_text()?;
    for copy in 1..=MOST_COPIES {
        let name = match copy {
            1 => format!("{at}-{process}.jsonl"),
            _ => format!("{at}-{process}_{copy:02}.jsonl"),
        };
        if index.contains(&format!("\"{name}\"")) {
            continue;
        }
        let path = directory.join(&name);
        match options.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return Ok((name, path, opened?)),
        }
    }
    Err(io::Error::other(
        "the file names of this second are used up",
    ))
}
