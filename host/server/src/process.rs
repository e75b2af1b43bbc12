//! The one place that starts other programs: password managers, MCP clients' own commands, the browser. Decides
//! what a child may see: no shell, no standard input, a chosen environment, an end in time and in length.
//! Never decides which program is started.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Child;
use zeroize::Zeroizing;

/// Of standard output. Longer than any token, short enough to hold.
pub(crate) const LONGEST_OUTPUT: usize = 64 * 1024;

/// Of what a failed program says for people.
const LONGEST_COMPLAINT: usize = 4 * 1024;

/// What every child gets: enough to find its own files and to speak the user's language.
const BASIC: &[&str] = &["HOME", "USER", "LOGNAME", "PATH", "LANG", "TMPDIR"];

/// Windows programs do not start without these.
const WINDOWS: &[&str] = &[
    "APPDATA",
    "LOCALAPPDATA",
    "SYSTEMROOT",
    "TEMP",
    "USERPROFILE",
];

/// The variables that children may be given. Values may be tokens, so `Debug` shows the names alone.
#[derive(Clone, Default)]
pub(crate) struct Variables(Vec<(String, SecretString)>);

impl Variables {
    pub(crate) fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name, SecretString::from(value)))
                .collect(),
        )
    }

    /// Those of these names alone.
    pub(crate) fn only(&self, names: &[&str]) -> Self {
        let kept = self
            .0
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()));
        Self(kept.cloned().collect())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    fn value(&self, wanted: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.expose_secret())
    }

    /// The basic ones and those that the program itself is known to read: a name, or a prefix that ends in `_`.
    fn for_child<'a>(&'a self, known: &'a [&[&str]]) -> impl Iterator<Item = (&'a str, &'a str)> {
        let passes =
            move |name: &str| {
                BASIC.contains(&name)
                    || WINDOWS.contains(&name)
                    || known.iter().copied().flatten().any(|each| {
                        *each == name || (each.ends_with('_') && name.starts_with(each))
                    })
            };
        self.0
            .iter()
            .filter(move |(name, _)| passes(name))
            .map(|(name, value)| (name.as_str(), value.expose_secret()))
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

/// One program to run.
#[derive(Clone, Debug)]
pub(crate) struct Invocation {
    /// An absolute path, or a bare name that is looked up in `PATH`.
    pub(crate) program: String,
    pub(crate) arguments: Vec<String>,
    /// Names and prefixes of variables beyond the basic ones, in groups.
    pub(crate) variables: &'static [&'static [&'static str]],
}

/// Why a program gave nothing. Holds no output but what the program said on standard error, shortened and blanked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    #[error(
        "`{0}` is not installed, or not in the PATH that this server was started with; write its absolute path or install it"
    )]
    Missing(String),
    #[error("`{program}` cannot be started: {reason}")]
    NotStarted { program: String, reason: String },
    #[error(
        "`{program}` did not end within {seconds} s, perhaps it waits to be unlocked; run it once in a terminal, then try again"
    )]
    TooSlow { program: String, seconds: u64 },
    #[error("`{program}` failed ({status}){said}; run it in a terminal to see why")]
    Failed {
        program: String,
        status: String,
        said: String,
    },
    #[error("`{0}` wrote more than {LONGEST_OUTPUT} bytes; that is no token")]
    TooMuch(String),
}

/// Runs `invocation` to its end and gives what it wrote to standard output; a program that failed gave nothing.
pub(crate) async fn output(
    invocation: &Invocation,
    variables: &Variables,
    patience: Duration,
) -> Result<Zeroizing<Vec<u8>>, ProgramError> {
    let ended = run(invocation, variables, patience).await?;
    if ended.status.success() {
        Ok(ended.output)
    } else {
        Err(ProgramError::Failed {
            program: invocation.program.clone(),
            status: ended.status.to_string(),
            said: readable(&ended.complaint),
        })
    }
}

/// How a program ended, whatever it thinks of that itself.
pub(crate) struct Ended {
    pub(crate) output: Zeroizing<Vec<u8>>,
    complaint: Zeroizing<Vec<u8>>,
    status: ExitStatus,
}

/// Runs `invocation` to its end.
pub(crate) async fn run(
    invocation: &Invocation,
    variables: &Variables,
    patience: Duration,
) -> Result<Ended, ProgramError> {
    let program = &invocation.program;
    let path = find(program, variables.value("PATH").unwrap_or_default())
        .ok_or_else(|| ProgramError::Missing(program.clone()))?;
    let not_started = |error: std::io::Error| ProgramError::NotStarted {
        program: program.clone(),
        reason: error.kind().to_string(),
    };
    let mut child = start(&path, invocation, variables).map_err(not_started)?;
    let group = Group::of(&child);
    let outcome = tokio::time::timeout(patience, collect(&mut child)).await;
    // Whatever it started itself must not outlive the answer, nor keep the pipes open.
    group.end();
    match outcome {
        Err(_) => Err(ProgramError::TooSlow {
            program: program.clone(),
            seconds: patience.as_secs(),
        }),
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::FileTooLarge => {
            Err(ProgramError::TooMuch(program.clone()))
        }
        Ok(ended) => ended.map_err(not_started),
    }
}

/// Where `program` stands: itself when absolute, else the first executable of that name in the absolute folders of
/// `search`. The working directory never counts: a client starts servers in any folder, also in a cloned one.
pub(crate) fn find(program: &str, search: &str) -> Option<PathBuf> {
    let named = Path::new(program);
    if named.is_absolute() {
        return is_executable(named).then(|| named.to_owned());
    }
    if named.components().count() != 1 {
        return None;
    }
    std::env::split_paths(OsStr::new(search))
        .filter(|folder| folder.is_absolute())
        .flat_map(|folder| candidates(&folder, program))
        .find(|path| is_executable(path))
}

#[cfg(not(windows))]
fn candidates(folder: &Path, program: &str) -> Vec<PathBuf> {
    vec![folder.join(program)]
}

/// Batch files are left out: their arguments are read by a shell.
#[cfg(windows)]
fn candidates(folder: &Path, program: &str) -> Vec<PathBuf> {
    vec![folder.join(program).with_extension("exe")]
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

fn start(path: &Path, invocation: &Invocation, variables: &Variables) -> std::io::Result<Child> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that starts programs"
    )]
    let mut command = tokio::process::Command::new(path);
    command
        .args(&invocation.arguments)
        .env_clear()
        .envs(variables.for_child(invocation.variables))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    command.spawn()
}

/// Both pipes are read side by side, since a program that fills one of them waits.
async fn collect(child: &mut Child) -> std::io::Result<Ended> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (output, complaint) = tokio::try_join!(
        read(stdout, LONGEST_OUTPUT, Excess::Refuse),
        read(stderr, LONGEST_COMPLAINT, Excess::Drop)
    )?;
    Ok(Ended {
        output,
        complaint,
        status: child.wait().await?,
    })
}

/// What becomes of bytes beyond the limit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Excess {
    Refuse,
    Drop,
}

async fn read(
    pipe: Option<impl AsyncRead + Unpin>,
    limit: usize,
    excess: Excess,
) -> std::io::Result<Zeroizing<Vec<u8>>> {
    // Never grows, so no copy of a token is left behind in freed memory.
    let mut kept = Zeroizing::new(Vec::with_capacity(limit));
    let Some(mut pipe) = pipe else {
        return Ok(kept);
    };
    let mut chunk = Zeroizing::new([0_u8; 4096]);
    loop {
        let count = pipe.read(chunk.as_mut_slice()).await?;
        if count == 0 {
            return Ok(kept);
        }
        let room = limit - kept.len();
        if count > room && excess == Excess::Refuse {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        kept.extend_from_slice(&chunk[..count.min(room)]);
    }
}

/// The process group of a child, so that its own children end with it.
struct Group {
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

impl Group {
    #[cfg(unix)]
    fn of(child: &Child) -> Self {
        let number = child.id().and_then(|id| i32::try_from(id).ok());
        Self {
            leader: number.and_then(rustix::process::Pid::from_raw),
        }
    }

    #[cfg(not(unix))]
    fn of(_child: &Child) -> Self {
        Self {}
    }

    fn end(&self) {
        #[cfg(unix)]
        if let Some(leader) = self.leader {
            // An empty group is the normal case.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

/// What a program complained about, fit for a message: one line, no control characters, and every word that could
/// be a token blanked.
fn readable(complaint: &[u8]) -> String {
    const LONGEST_WORD: usize = 24;
    const MOST_WORDS: usize = 40;

    let text = String::from_utf8_lossy(complaint);
    let words: Vec<String> = text
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|word| !word.is_empty())
        .take(MOST_WORDS)
        .map(|word| {
            if word.chars().count() > LONGEST_WORD {
                "****".to_owned()
            } else {
                word.to_owned()
            }
        })
        .collect();
    if words.is_empty() {
        String::new()
    } else {
        format!(": {}", words.join(" "))
    }
}

#[cfg(all(test, unix))]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests;
