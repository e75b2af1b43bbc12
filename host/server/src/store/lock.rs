//! Decides who may renew a record: whoever holds the operating system's lock on a file beside it. Such a lock ends with
//! its process, so a killed one blocks nobody. The record itself is never locked: replacing it would shed the lock.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// One exchange with a login server takes at most 20 s.
const PATIENCE: Duration = Duration::from_secs(30);

const PAUSE: Duration = Duration::from_millis(20);

/// Unlocks when dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the file away too, while still holding it.
    pub(crate) fn remove(&self) {
        // Left behind it would do no harm.
        let _ = fs::remove_file(&self.path);
    }
}

pub(crate) async fn file(path: &Path) -> io::Result<Lock> {
    let started = Instant::now();
    loop {
        match attempt(path)? {
            Some(lock) => return Ok(lock),
            None if started.elapsed() > PATIENCE => return Err(io::ErrorKind::TimedOut.into()),
            None => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// `None` where somebody else holds it, or has just taken it away.
pub(crate) fn attempt(path: &Path) -> io::Result<Option<Lock>> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    match file.try_lock() {
        // Somebody may have removed it between opening and locking; then the lock guards nothing.
        Ok(()) if is_still_at(&file, path) => Ok(Some(Lock {
            _file: file,
            path: path.to_owned(),
        })),
        Ok(()) | Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(unix)]
fn is_still_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(held), Ok(named)) => held.ino() == named.ino() && held.dev() == named.dev(),
        _ => false,
    }
}

/// An open file cannot be removed there.
#[cfg(not(unix))]
fn is_still_at(_file: &File, _path: &Path) -> bool {
    true
}
