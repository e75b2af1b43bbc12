//! What a file says, read again while the program runs: looked for when the file has changed, taken whole or not at all.
//! Where anything about the new text is wrong, the old one holds, and the log says why.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crate::config::read_believed;
use crate::stamp::Stamp;

/// How long a change may go unseen.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Of type `T`, as read from one file.
#[derive(Debug)]
pub(crate) struct Followed<T> {
    path: PathBuf,
    held: RwLock<Arc<T>>,
}

impl<T> Followed<T> {
    pub(crate) fn new(path: &Path, value: T) -> Self {
        Self {
            path: path.to_owned(),
            held: RwLock::new(Arc::new(value)),
        }
    }

    /// What holds now.
    pub(crate) fn now(&self) -> Arc<T> {
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// For as long as it is polled. `parse` sees what held before, and may say that more than a reload is needed.
    pub(crate) async fn follow(&self, parse: impl Fn(&str, &T) -> Result<T, String>) {
        // The file may have changed since it was read at the start, so the first look reads it in any case.
        let mut seen = None;
        loop {
            tokio::time::sleep(LOOK_AGAIN).await;
            self.look(&mut seen, &parse);
        }
    }

    fn look(
        &self,
        seen: &mut Option<Option<Stamp>>,
        parse: impl Fn(&str, &T) -> Result<T, String>,
    ) {
        // Taken before reading: a change in between is found the next time.
        let stamp = Some(Stamp::of(&self.path));
        if stamp == *seen {
            return;
        }
        let is_first = seen.is_none();
        *seen = stamp;
        let path = self.path.display();
        let text = match read_believed(&self.path) {
            Ok(Some(text)) => Ok(text),
            // It was not there at the start either.
            Ok(None) if is_first => return,
            Ok(None) => Err("it is not there any more".to_owned()),
            Err(finding) => Err(finding.to_string()),
        };
        match text.and_then(|text| parse(&text, &self.now())) {
            Ok(value) => {
                *self.held.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(value);
                if !is_first {
                    tracing::warn!("{path} was read anew");
                }
            }
            Err(why) => tracing::error!("{path} was changed, and what it said before holds: {why}"),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_taken_whole_or_the_old_one_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.toml");
        let followed = Followed::new(&path, 1_u32);
        let parse = |text: &str, old: &u32| match text.parse() {
            Ok(new) if new >= *old => Ok(new),
            Ok(_) => Err("it is less than before".to_owned()),
            Err(_) => Err("it is no number".to_owned()),
        };
        let mut seen = None;
        let mut after = |text: Option<&str>| {
            match text {
                Some(text) => std::fs::write(&path, text).unwrap(),
                None => drop(std::fs::remove_file(&path)),
            }
            followed.look(&mut seen, parse);
            *followed.now()
        };
        assert_eq!(after(None), 1);
        assert_eq!(after(Some("20")), 20);
        assert_eq!(after(Some("no number")), 20);
        assert_eq!(after(Some("3")), 20);
        assert_eq!(after(None), 20);
        assert_eq!(after(Some("30000")), 30_000);
    }
}
