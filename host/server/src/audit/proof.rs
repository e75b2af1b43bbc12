//! Decides what proves the records whole. In a folder apart from them lie the key, an index that names each file with
//! its beginning, its end and whether it was retired, and for each file that is being written a head that says how far it
//! has come. Index and heads are sealed with the same key. Never reads what a record says.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::seal::{ChainKey, Divided, Seal};
use super::{Trouble, now};
use crate::store::{Lock, private_folder, try_lock_file};

/// The name under which the index itself is sealed.
pub(super) const INDEX: &str = "index";

/// Another process holds the index for a few writes at a time.
const PATIENCE: Duration = Duration::from_secs(5);

/// More than the longest line: every text of a record is cut to a length.
const LONGEST_LINE: u64 = 256 << 10;

/// How far a chain has come: its last line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Point {
    pub(crate) seq: u64,
    pub(crate) seal: Seal,
}

/// What a line says of its place in the chain.
#[derive(Deserialize)]
pub(super) struct Position {
    pub(super) seq: u64,
    pub(super) prev: Seal,
}

/// One line of the index.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) v: u32,
    pub(super) ts: String,
    #[serde(flatten)]
    pub(super) event: Event,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum Event {
    /// The first line of all.
    Index { key: String },
    /// `first` is the line that the file begins with.
    Open {
        file: String,
        first: Point,
        follows: Option<String>,
    },
    /// `last` is the line that the file ends with.
    Close {
        file: String,
        last: Point,
        /// Its process was gone; a later one closed it.
        found: bool,
    },
    /// It was whole, need not be kept any longer, and is taken away.
    Retire { file: String },
}

/// The folder with key, index and heads.
#[derive(Clone, Debug)]
pub(super) struct Proof {
    folder: PathBuf,
    is_synced: bool,
}

/// One process at a time changes the index.
pub(super) struct Guard {
    _lock: Lock,
}

/// The end of a file as it lies on the disk.
pub(super) struct Tail {
    /// The last whole line; `None` where there is none, or it is not sealed as it should be.
    pub(super) last: Option<Point>,
    /// Bytes up to the end of the last whole line.
    whole: u64,
    is_torn: bool,
}

impl Proof {
    pub(super) fn in_folder(folder: PathBuf, is_synced: bool) -> Self {
        Self { folder, is_synced }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn key_path(&self) -> PathBuf {
        self.folder.join("key")
    }

    pub(super) fn index_path(&self) -> PathBuf {
        self.folder.join(INDEX)
    }

    /// Empty where there is none yet.
    pub(super) fn index_text(&self) -> io::Result<String> {
        match fs::read(self.index_path()) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
            read => Ok(String::from_utf8_lossy(&read?).into_owned()),
        }
    }

    pub(super) fn head_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.head"))
    }

    /// Held by the process that writes the file `name`.
    pub(super) fn live_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.live"))
    }

    pub(super) fn prepare(&self) -> Result<Guard, Trouble> {
        private_folder(&self.folder)
            .map_err(|error| Trouble::disk(&self.folder, "made", &error))?;
        self.lock()
    }

    pub(super) fn lock(&self) -> Result<Guard, Trouble> {
        let path = self.folder.join("index.lock");
        let started = Instant::now();
        loop {
            match try_lock_file(&path) {
                Ok(Some(lock)) => return Ok(Guard { _lock: lock }),
                Ok(None) if started.elapsed() > PATIENCE => {
                    return Err(Trouble::new(format!(
                        "another process has held `{}` for {} s; end it, or try again",
                        path.display(),
                        PATIENCE.as_secs()
                    )));
                }
                Ok(None) => std::thread::sleep(Duration::from_millis(2)),
                Err(error) => return Err(Trouble::disk(&path, "locked", &error)),
            }
        }
    }

    /// Made where there is neither key nor index.
    pub(super) fn key(&self, _guard: &Guard) -> Result<ChainKey, Trouble> {
        let (path, index) = (self.key_path(), self.index_path());
        match ChainKey::load(&path)? {
            Some(key) => Ok(key),
            None if index.exists() => Err(Trouble::new(format!(
                "`{}` is missing, and `{}` was sealed with it; put it back, or move the whole folder away together \
                 with the records",
                path.display(),
                index.display()
            ))),
            None => ChainKey::create(&path),
        }
    }

    /// Adds to the index what happened, and moves its head on.
    pub(super) fn append(
        &self,
        _guard: &Guard,
        key: &ChainKey,
        events: impl IntoIterator<Item = Event>,
    ) -> Result<(), Trouble> {
        let path = self.index_path();
        let disk = |error: io::Error| Trouble::disk(&path, "written", &error);
        let mut file = append_to(&path).map_err(disk)?;
        let mut last = self.end_of_index(key, &mut file)?;
        let beginning = last.is_none().then(|| Event::Index { key: key.name() });
        for event in beginning.into_iter().chain(events) {
            let entry = Entry {
                v: 1,
                ts: now(),
                event,
            };
            let seq = last.map_or(0, |last| last.seq + 1);
            let prev = last.map_or(Seal::NONE, |last| last.seal);
            let (line, seal) = key
                .line(INDEX, seq, &entry, prev)
                .map_err(|error| disk(error.into()))?;
            file.write_all(&line).map_err(disk)?;
            last = Some(Point { seq, seal });
        }
        if self.is_synced {
            file.sync_data().map_err(disk)?;
        }
        if let Some(last) = last {
            self.head(INDEX)?.put(key, last)?;
        }
        Ok(())
    }

    /// The last line of the index, which has to be the one that the head names or come after it.
    fn end_of_index(&self, key: &ChainKey, file: &mut File) -> Result<Option<Point>, Trouble> {
        let path = self.index_path();
        let tail =
            Tail::of(file, key, INDEX).map_err(|error| Trouble::disk(&path, "read", &error))?;
        let head_path = self.head_path(INDEX);
        let head = match fs::read(&head_path) {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            read => {
                let text = read.map_err(|error| Trouble::disk(&head_path, "read", &error))?;
                // An unreadable head is as good as one that says more than the index.
                Some(parse_head(key, INDEX, &text))
            }
        };
        let is_whole = match (head, tail.last) {
            (None, None) => tail.whole == 0,
            (None, Some(last)) => last.seq == 0,
            (Some(Some(head)), Some(last)) if last.seq == head.seq => last == head,
            (Some(Some(head)), Some(last)) => last.seq > head.seq,
            (Some(_), _) => false,
        };
        if !is_whole {
            return Err(Trouble::new(format!(
                "`{}` is not what this program left; see what happened with `mcp-airlock audit verify`, then move \
                 records and proof away together",
                path.display()
            )));
        }
        if tail.is_torn {
            // A process was killed in the middle of this line: the head never named it.
            file.set_len(tail.whole)
                .map_err(|error| Trouble::disk(&path, "mended", &error))?;
        }
        Ok(tail.last)
    }

    pub(super) fn head(&self, name: &str) -> Result<HeadFile, Trouble> {
        let path = self.head_path(name);
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options
            .open(&path)
            .map_err(|error| Trouble::disk(&path, "written", &error))?;
        let identity =
            Identity::of(&file).map_err(|error| Trouble::disk(&path, "examined", &error))?;
        Ok(HeadFile {
            file,
            identity,
            path,
            name: name.to_owned(),
            is_synced: self.is_synced,
        })
    }

    /// Closes the files of processes that are gone: what they left is fixed in the index, and no head stands for it.
    pub(super) fn close_abandoned(
        &self,
        guard: &Guard,
        key: &ChainKey,
        records: &Path,
    ) -> Result<(), Trouble> {
        let disk = |error| Trouble::disk(&self.folder, "listed", &error);
        for entry in fs::read_dir(&self.folder).map_err(disk)? {
            let path = entry.map_err(disk)?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let Some(name) = name.and_then(|name| name.strip_suffix(".live")) else {
                continue;
            };
            // Held: its process lives. Not ours to open: another user's, and no reason to stop.
            let Ok(Some(lock)) = try_lock_file(&path) else {
                continue;
            };
            let head = fs::read(self.head_path(name));
            let head = head.ok().map(|text| parse_head(key, name, &text));
            match head {
                Some(Some(head)) => {
                    let last = further(key, name, head, &records.join(name));
                    let file = name.to_owned();
                    self.append(
                        guard,
                        key,
                        [Event::Close {
                            file,
                            last,
                            found: true,
                        }],
                    )?;
                    let _ = fs::remove_file(self.head_path(name));
                }
                // Left for `audit verify`, which says what is wrong with it.
                Some(None) => continue,
                // Killed before the first line.
                None => {}
            }
            lock.remove();
        }
        Ok(())
    }
}

/// A process may be killed between a line and its head. Nobody else can have sealed a line that comes after.
fn further(key: &ChainKey, name: &str, head: Point, path: &Path) -> Point {
    let tail = File::open(path).and_then(|mut file| Tail::of(&mut file, key, name));
    match tail {
        Ok(Tail {
            last: Some(last), ..
        }) if last.seq > head.seq => last,
        _ => head,
    }
}

/// Opens for reading and adding, for this user alone.
fn append_to(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).read(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The head of one file, written over in place: one short write for each line.
pub(super) struct HeadFile {
    file: File,
    pub(super) identity: Identity,
    pub(super) path: PathBuf,
    name: String,
    is_synced: bool,
}

impl HeadFile {
    pub(super) fn put(&mut self, key: &ChainKey, point: Point) -> Result<(), Trouble> {
        let written = write_over(&mut self.file, head_text(key, &self.name, point).as_bytes())
            .and_then(|()| {
                if self.is_synced {
                    self.file.sync_data()
                } else {
                    Ok(())
                }
            });
        written.map_err(|error| Trouble::disk(&self.path, "written", &error))
    }
}

/// What a file is, by whatever name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    #[cfg(unix)]
    device: u64,
    #[cfg(unix)]
    number: u64,
}

impl Identity {
    pub(super) fn of(file: &File) -> io::Result<Self> {
        Ok(Self::in_metadata(&file.metadata()?))
    }

    /// The length of the file at `path`, if it is this one still.
    pub(super) fn at(self, path: &Path) -> Option<u64> {
        let metadata = fs::metadata(path).ok()?;
        (Self::in_metadata(&metadata) == self).then_some(metadata.len())
    }

    #[cfg(unix)]
    fn in_metadata(metadata: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            device: metadata.dev(),
            number: metadata.ino(),
        }
    }

    /// An open file cannot be replaced there.
    #[cfg(not(unix))]
    fn in_metadata(_: &fs::Metadata) -> Self {
        Self {}
    }
}

#[cfg(unix)]
fn write_over(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, 0)
}

#[cfg(not(unix))]
fn write_over(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(0))?;
    file.write_all(bytes)
}

/// Always as long, so that a new one covers the old one whole.
fn head_text(key: &ChainKey, name: &str, point: Point) -> String {
    let body = format!("{:020} {}", point.seq, point.seal);
    let seal = key.seal(&head_place(name), body.as_bytes());
    format!("{body} {seal}\n")
}

/// `None`: it is not what this program wrote.
pub(super) fn parse_head(key: &ChainKey, name: &str, text: &[u8]) -> Option<Point> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('\n')?;
    let (body, seal) = text.rsplit_once(' ')?;
    let is_ours = key.seal(&head_place(name), body.as_bytes()) == Seal::from_hex(seal)?;
    let (seq, last) = body.split_once(' ')?;
    let point = Point {
        seq: seq.parse().ok()?,
        seal: Seal::from_hex(last)?,
    };
    is_ours.then_some(point)
}

/// No file of records has this name, so that no line can be shown as a head.
fn head_place(name: &str) -> String {
    format!("{name}.head")
}

impl Tail {
    pub(super) fn of(file: &mut File, key: &ChainKey, place: &str) -> io::Result<Self> {
        let length = file.metadata()?.len();
        let start = length.saturating_sub(LONGEST_LINE);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(LONGEST_LINE).read_to_end(&mut bytes)?;
        let end = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let whole = &bytes[..end];
        let last = whole
            .strip_suffix(b"\n")
            .and_then(|lines| lines.rsplit(|byte| *byte == b'\n').next())
            .and_then(|line| point(key, place, line));
        Ok(Self {
            last,
            whole: start + end as u64,
            is_torn: end < bytes.len(),
        })
    }
}

/// Where a line stands in the chain; `None` where it is not sealed.
fn point(key: &ChainKey, place: &str, line: &[u8]) -> Option<Point> {
    let divided = Divided::of(line).filter(|divided| key.fits(place, divided))?;
    let Position { seq, .. } = serde_json::from_slice(line).ok()?;
    Some(Point {
        seq,
        seal: divided.seal,
    })
}
