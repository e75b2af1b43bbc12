//! One file for each process, one line for each decision, handed to the operating system before the call goes on.
//! After the first failed write nothing is accepted any more: a gap in the record must stop the work.

use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use gateway::{AuditError, AuditLine, AuditSink};
use serde::Serialize;
use time::OffsetDateTime;
use time::macros::format_description;

/// The audit file of this process. It is created with the first line, so a process that decides nothing leaves none.
pub struct JsonlFile {
    directory: PathBuf,
    started: OffsetDateTime,
    state: Mutex<State>,
}

enum State {
    Unopened,
    Open { file: File, lines: u64 },
    Failed(AuditError),
}

/// The sink's own keys stand first, so that a person sees the order at once.
#[derive(Serialize)]
struct Record<'a> {
    seq: u64,
    #[serde(flatten)]
    line: &'a AuditLine,
}

impl JsonlFile {
    /// Will write below `directory`, in a file named by `started` and the process id.
    pub fn in_directory(directory: PathBuf, started: OffsetDateTime) -> Self {
        Self {
            directory,
            started,
            state: Mutex::new(State::Unopened),
        }
    }

    /// Gives the open file, opening it first where that was not done; remembers a failure for ever.
    fn with_file<T>(
        &self,
        work: impl FnOnce(&mut File, &mut u64) -> io::Result<T>,
    ) -> Result<T, AuditError> {
        // A thread that panicked while it held the lock may have left half a line: treated like a failed write.
        let mut state = self.state.lock().map_err(|_: PoisonError<_>| {
            AuditError("an earlier write was interrupted; start the server again".to_owned())
        })?;
        if let State::Unopened = *state {
            *state = match create(&self.directory, self.started) {
                Ok(file) => State::Open { file, lines: 0 },
                Err(error) => State::Failed(self.explain(&error)),
            };
        }
        match &mut *state {
            State::Open { file, lines } => work(file, lines).map_err(|error| {
                let explained = self.explain(&error);
                *state = State::Failed(explained.clone());
                explained
            }),
            State::Failed(error) => Err(error.clone()),
            State::Unopened => unreachable!("opened above"),
        }
    }

    fn explain(&self, error: &io::Error) -> AuditError {
        AuditError(format!(
            "{error} (in `{}`); nothing more is sent until the server is started again with a directory \
             that this user can write and that has room",
            self.directory.display()
        ))
    }
}

impl fmt::Debug for JsonlFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonlFile")
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}

impl AuditSink for JsonlFile {
    fn ready(&self) -> Result<(), AuditError> {
        self.with_file(|_, _| Ok(()))
    }

    fn record(&self, line: &AuditLine) -> Result<(), AuditError> {
        self.with_file(|file, lines| {
            let record = Record { seq: *lines, line };
            let mut text = serde_json::to_vec(&record)?;
            text.push(b'\n');
            // One call, so that a killed process leaves a whole line or none.
            file.write_all(&text)?;
            *lines += 1;
            Ok(())
        })
    }
}

/// Creates the directory and a file that did not exist before, both for this user alone.
fn create(directory: &Path, started: OffsetDateTime) -> io::Result<File> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)?;

    let start = started
        .format(format_description!(
            "[year][month][day]T[hour][minute][second]Z"
        ))
        .map_err(io::Error::other)?;
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);

    // In containers every process has the id 1, so two may share a second and an id.
    let process = std::process::id();
    for copy in 1..=MOST_COPIES {
        let name = match copy {
            1 => format!("{start}-{process}.jsonl"),
            _ => format!("{start}-{process}-{copy}.jsonl"),
        };
        match options.open(directory.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result,
        }
    }
    Err(io::Error::other(
        "the file names of this second are used up",
    ))
}

const MOST_COPIES: u32 = 100;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use gateway::{LineKind, Verdict};
    use std::collections::BTreeMap;
    use time::macros::datetime;

    const STARTED: OffsetDateTime = datetime!(2026-11-22 06:30:05 UTC);

    fn line(path: &str) -> AuditLine {
        AuditLine {
            v: 1,
            ts: "2026-11-22T06:30:06.000Z".into(),
            kind: LineKind::Decision,
            principal: "local".into(),
            call: "c1".into(),
            tool: "jira_get_issue".into(),
            site: "acme".into(),
            product: "jira",
            method: "GET",
            template: None,
            params: BTreeMap::new(),
            path: Some(path.into()),
            query_keys: vec![],
            verdict: Verdict::Deny,
            rule: "default-deny".into(),
            route: None,
            redirect: None,
            class: None,
            reason: None,
            secret: None,
            policy: "sha256:0".into(),
            component: "sha256:0".into(),
            addr: None,
            status: None,
            req_bytes: 0,
            resp_bytes: 0,
            ms: 0,
            tries: 0,
            redactions: 0,
            operation: None,
        }
    }

    fn lines(directory: &Path) -> Vec<Vec<serde_json::Value>> {
        let mut files: Vec<_> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        files
            .iter()
            .map(|path| {
                let text = std::fs::read_to_string(path).unwrap();
                assert!(text.ends_with('\n'));
                text.lines()
                    .map(|line| serde_json::from_str(line).unwrap())
                    .collect()
            })
            .collect()
    }

    #[test]
    fn nothing_is_created_before_the_first_decision() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("audit");
        let sink = JsonlFile::in_directory(directory.clone(), STARTED);
        assert!(!directory.exists());
        sink.ready().unwrap();
        let name = format!("20261122T063005Z-{}.jsonl", std::process::id());
        assert!(directory.join(name).exists());
    }

    #[cfg(unix)]
    #[test]
    fn only_this_user_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("state").join("audit");
        JsonlFile::in_directory(directory.clone(), STARTED)
            .ready()
            .unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&directory), 0o700);
        let file = std::fs::read_dir(&directory)
            .unwrap()
            .next()
            .unwrap()
            .unwrap();
        assert_eq!(mode(&file.path()), 0o600);
    }

    #[test]
    fn every_record_stays_on_its_line_whatever_it_says() {
        let home = tempfile::tempdir().unwrap();
        let sink = JsonlFile::in_directory(home.path().to_owned(), STARTED);
        let nasty = [
            "/issue/A-1\n{\"seq\":99,\"verdict\":\"allow\"}",
            "\r\n\u{2028}\u{85}\u{1b}[2J\"\\",
            "\u{202e}gpj",
        ];
        for path in nasty {
            sink.record(&line(path)).unwrap();
        }
        let files = lines(home.path());
        assert_eq!(files.len(), 1);
        for (number, (record, path)) in files[0].iter().zip(nasty).enumerate() {
            assert_eq!(record["seq"], number);
            assert_eq!(record["path"], path);
            assert_eq!(record["verdict"], "deny");
        }
    }

    #[test]
    fn two_processes_of_one_second_and_id_do_not_share_a_file() {
        let home = tempfile::tempdir().unwrap();
        for path in ["/first", "/second"] {
            JsonlFile::in_directory(home.path().to_owned(), STARTED)
                .record(&line(path))
                .unwrap();
        }
        assert_eq!(lines(home.path()).len(), 2);
    }

    #[test]
    fn a_directory_that_cannot_be_made_stops_the_call() {
        let home = tempfile::tempdir().unwrap();
        let occupied = home.path().join("audit");
        std::fs::write(&occupied, "a file").unwrap();
        let sink = JsonlFile::in_directory(occupied, STARTED);
        assert!(sink.ready().is_err());
        assert!(sink.record(&line("/x")).is_err());
    }

    /// `/dev/full` answers every write with "no space left on device".
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_stops_this_call_and_all_later_ones() {
        let home = tempfile::tempdir().unwrap();
        let sink = JsonlFile::in_directory(home.path().to_owned(), STARTED);
        let full = OpenOptions::new().append(true).open("/dev/full").unwrap();
        *sink.state.lock().unwrap() = State::Open {
            file: full,
            lines: 7,
        };
        let first = sink.record(&line("/x")).unwrap_err().to_string();
        assert!(first.contains("No space left"), "{first}");
        assert!(sink.ready().is_err());
        assert!(sink.record(&line("/y")).is_err());
    }
}
