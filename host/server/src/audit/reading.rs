//! Decides which records somebody wants to see. Reads them as they come, also while they are written; a line that is no
//! record is named and does not hide the others. Proves nothing: that is `verify`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// What a reader is shown of one line; most keys stand in decisions alone.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Record {
    pub(crate) ts: String,
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) principal: String,
    #[serde(default)]
    pub(crate) tool: String,
    #[serde(default)]
    pub(crate) site: String,
    #[serde(default)]
    pub(crate) method: String,
    pub(crate) template: Option<String>,
    #[serde(default)]
    pub(crate) params: BTreeMap<String, String>,
    pub(crate) path: Option<String>,
    #[serde(default)]
    pub(crate) verdict: String,
    #[serde(default)]
    pub(crate) rule: String,
    pub(crate) reason: Option<String>,
    pub(crate) status: Option<u16>,
    #[serde(default)]
    pub(crate) resp_bytes: u64,
    #[serde(default)]
    pub(crate) ms: u64,
    #[serde(default)]
    pub(crate) redactions: u64,
    pub(crate) file: Option<String>,
    pub(crate) next: Option<String>,
    /// The line as it stands.
    #[serde(skip)]
    pub(crate) text: String,
    /// A decision has the time of its beginning and stands where it ended; lines of one file keep their order.
    #[serde(skip)]
    order: String,
}

/// A line that is no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    /// `20261122T063005Z-77.jsonl:12`
    pub(crate) place: String,
    pub(crate) what: String,
}

/// All that is said has to hold; nothing said is everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) principal: Option<String>,
    pub(crate) tool: Option<String>,
    pub(crate) site: Option<String>,
    pub(crate) verdict: Option<String>,
    pub(crate) rule: Option<String>,
    pub(crate) kind: Option<String>,
    /// As records write the time, so that the order of texts is the order of times.
    pub(crate) since: Option<String>,
    pub(crate) until: Option<String>,
}

impl Filter {
    pub(crate) fn takes(&self, record: &Record) -> bool {
        let is = |wanted: &Option<String>, there: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == there)
        };
        is(&self.principal, &record.principal)
            && is(&self.tool, &record.tool)
            && is(&self.site, &record.site)
            && is(&self.verdict, &record.verdict)
            && is(&self.rule, &record.rule)
            && is(&self.kind, &record.kind)
            && self.since.as_ref().is_none_or(|since| record.ts >= *since)
            && self.until.as_ref().is_none_or(|until| record.ts < *until)
    }
}

impl Record {
    /// The path that was asked for, with its parameters in their places.
    pub(crate) fn asked(&self) -> String {
        let Some(template) = &self.template else {
            return self.path.clone().unwrap_or_default();
        };
        match policy::fill_template(template, &self.params) {
            Ok(segments) => segments.iter().flat_map(|segment| ["/", segment]).collect(),
            Err(_) => template.clone(),
        }
    }
}

/// The files of a folder, each read up to some place.
pub(crate) struct Reader {
    folder: PathBuf,
    files: BTreeMap<PathBuf, Progress>,
}

#[derive(Default)]
struct Progress {
    bytes: u64,
    lines: usize,
    /// A beginning without its line break.
    half: Vec<u8>,
}

/// What was read at one time.
#[derive(Default)]
pub(crate) struct Batch {
    /// By time, whatever file they stand in.
    pub(crate) records: Vec<Record>,
    pub(crate) broken: Vec<Broken>,
}

impl Reader {
    pub(crate) fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            files: BTreeMap::new(),
        }
    }

    /// All whole lines that were not read before.
    pub(crate) fn read(&mut self, filter: &Filter) -> io::Result<Batch> {
        let mut batch = Batch::default();
        for path in record_files(&self.folder)? {
            let name = file_name(&path);
            let mut latest = String::new();
            self.files
                .entry(path.clone())
                .or_default()
                .go_on(&path, |line, text| match parse(text) {
                    Ok(mut record) if filter.takes(&record) => {
                        latest = std::mem::take(&mut latest).max(record.ts.clone());
                        record.order.clone_from(&latest);
                        batch.records.push(record);
                    }
                    Ok(_) => {}
                    Err(what) => batch.broken.push(Broken {
                        place: format!("{name}:{line}"),
                        what,
                    }),
                })?;
        }
        batch.records.sort_by(|a, b| a.order.cmp(&b.order));
        Ok(batch)
    }

    /// Lines whose end has not come.
    pub(crate) fn halves(&self) -> Vec<Broken> {
        let halves = self
            .files
            .iter()
            .filter(|(_, progress)| !progress.half.is_empty());
        halves
            .map(|(path, progress)| Broken {
                place: format!("{}:{}", file_name(path), progress.lines + 1),
                what: "the line breaks off; its process was killed, or is writing it now"
                    .to_owned(),
            })
            .collect()
    }
}

impl Progress {
    fn go_on(&mut self, path: &Path, mut each: impl FnMut(usize, &[u8])) -> io::Result<()> {
        let mut file = match File::open(path) {
            // It was retired after the folder was listed.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            file => file?,
        };
        if file.metadata()?.len() == self.bytes {
            return Ok(());
        }
        file.seek(SeekFrom::Start(self.bytes))?;
        let mut text = std::mem::take(&mut self.half);
        self.bytes += file.read_to_end(&mut text)? as u64;
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n") {
                None => self.half = line.to_owned(),
                Some(line) => {
                    self.lines += 1;
                    each(self.lines, line);
                }
            }
        }
        Ok(())
    }
}

fn parse(line: &[u8]) -> Result<Record, String> {
    let text = std::str::from_utf8(line).map_err(|_| "not UTF-8".to_owned())?;
    let mut record: Record =
        serde_json::from_str(text).map_err(|error| format!("not an audit line: {error}"))?;
    text.clone_into(&mut record.text);
    Ok(record)
}

/// `*.jsonl`, by name, which is by time. No folder is no file.
fn record_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "jsonl")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
