//! Decides whether a configuration file may be believed: only when nobody else could have written it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::finding::Finding;

/// Larger than any policy written by hand; stops a device or a mistaken path from filling the memory.
const LONGEST: u64 = 4 << 20;

/// The text of the file at `path`, or `None` where there is none.
pub(crate) fn read(path: &Path) -> Result<Option<String>, Finding> {
    let place = path.display().to_string();
    let unreadable = |error: io::Error| {
        Finding::new(
            place.clone(),
            format!("cannot be read: {error}"),
            "Make it a text file that the user of this server can read.",
        )
    };
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(unreadable)?,
    };
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(unreadable(io::Error::other("it is not a regular file")));
    }
    check_writers(&file, &place)?;
    check_folder(path)?;
    let mut text = String::new();
    file.take(LONGEST + 1)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    if text.len() as u64 > LONGEST {
        return Err(unreadable(io::Error::other("it is larger than 4 MiB")));
    }
    Ok(Some(text))
}

/// Whoever can write the file decides where the tokens go.
#[cfg(unix)]
fn check_writers(file: &File, place: &str) -> Result<(), Finding> {
    use std::os::unix::fs::MetadataExt;

    let metadata = file.metadata().map_err(|error| {
        Finding::new(
            place,
            format!("cannot be examined: {error}"),
            "Move it to a local file system.",
        )
    })?;
    let owner = metadata.uid();
    if owner != 0 && owner != rustix::process::geteuid().as_raw() {
        return Err(Finding::new(
            place,
            format!("belongs to user {owner}, who could change where your tokens go"),
            "Make the user of this server or root its owner, with `chown`.",
        ));
    }
    if metadata.mode() & 0o022 != 0 {
        return Err(Finding::new(
            place,
            "can be written by other users, who could change where your tokens go",
            format!("Run `chmod go-w {place}`."),
        ));
    }
    Ok(())
}

/// Whoever can write the folder can put another file in the place of this one, except where the sticky bit keeps
/// people from each other's files, as in `/tmp` (unlink(2)).
#[cfg(unix)]
fn check_folder(path: &Path) -> Result<(), Finding> {
    use std::os::unix::fs::MetadataExt;

    const STICKY: u32 = 0o1000;
    let Some(folder) = path.parent().and_then(|folder| File::open(folder).ok()) else {
        return Ok(());
    };
    let is_sticky = folder
        .metadata()
        .is_ok_and(|metadata| metadata.mode() & STICKY != 0);
    if is_sticky {
        return Ok(());
    }
    let place = path.parent().unwrap_or(path).display().to_string();
    check_writers(&folder, &place)
}

#[cfg(not(unix))]
fn check_folder(_path: &Path) -> Result<(), Finding> {
    Ok(())
}

/// Windows files below the user's profile are the user's by inherited access lists.
#[cfg(not(unix))]
fn check_writers(_file: &File, _place: &str) -> Result<(), Finding> {
    Ok(())
}

#[cfg(all(test, unix))]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn believes_only_what_nobody_else_can_write() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("policy.toml");
        assert_eq!(read(&path), Ok(None));
        fs::write(&path, "version = 1\n").unwrap();
        for (mode, believed) in [
            (0o600, true),
            (0o644, true),
            (0o664, false),
            (0o646, false),
            (0o666, false),
        ] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert_eq!(read(&path).is_ok(), believed, "{mode:o}");
        }
    }

    #[test]
    fn a_folder_that_others_can_write_makes_its_files_worthless() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("credentials.toml");
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        for (mode, believed) in [
            (0o700, true),
            (0o755, true),
            (0o770, false),
            (0o777, false),
            (0o1777, true),
        ] {
            fs::set_permissions(dir.path(), Permissions::from_mode(mode)).unwrap();
            assert_eq!(read(&path).is_ok(), believed, "{mode:o}");
        }
    }

    #[test]
    fn directories_and_devices_are_no_configuration() {
        assert!(read(Path::new("/")).is_err());
        assert!(read(Path::new("/dev/zero")).is_err());
    }
}
