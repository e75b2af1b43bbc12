//! Decides whether a file may hold a secret, and reads it: on the opened handle, so nothing can be swapped between
//! the check and the reading. Never follows a pipe or a device, never reads more than a token's worth.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::Path;

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::{Form, LONGEST_SECRET, SecretError, SecretRef};

pub(super) fn read(
    reference: &SecretRef,
    path: &Path,
    form: Form,
) -> Result<SecretString, SecretError> {
    let unreadable = |error: std::io::Error| SecretError::Unreadable {
        path: path.display().to_string(),
        reason: error.kind().to_string(),
    };
    let file = open(path).map_err(unreadable)?;
    check(&file, reference, path)?;

    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST_SECRET + 1));
    file.take(LONGEST_SECRET as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    form.bare(&reference.to_string(), &bytes)
}

#[cfg(unix)]
fn open(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    // Without this flag opening a named pipe waits for a writer, perhaps for ever.
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    OpenOptions::new()
        .read(true)
        .custom_flags(nonblocking)
        .open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

#[cfg(unix)]
fn check(file: &File, reference: &SecretRef, path: &Path) -> Result<(), SecretError> {
    use std::os::unix::fs::MetadataExt;

    let name = path.display().to_string();
    let metadata = file.metadata().map_err(|error| SecretError::Unreadable {
        path: name.clone(),
        reason: error.kind().to_string(),
    })?;
    if !metadata.is_file() {
        return Err(SecretError::NotAFile { path: name });
    }
    let owner = metadata.uid();
    if owner != 0 && owner != rustix::process::geteuid().as_raw() {
        return Err(SecretError::ForeignOwner { path: name, owner });
    }
    let mode = metadata.mode() & 0o7777;
    // systemd grants its credentials by access list, which shows as a group's right.
    let is_systemd = matches!(reference, SecretRef::Credential(_));
    if mode & 0o077 != 0 && !is_mounted_secret(path) && !is_systemd {
        return Err(SecretError::ReadableByOthers { path: name, mode });
    }
    Ok(())
}

/// Windows files below the user's profile are the user's by inherited access lists.
#[cfg(not(unix))]
fn check(file: &File, _reference: &SecretRef, path: &Path) -> Result<(), SecretError> {
    let metadata = file.metadata().map_err(|error| SecretError::Unreadable {
        path: path.display().to_string(),
        reason: error.kind().to_string(),
    })?;
    if metadata.is_file() {
        Ok(())
    } else {
        Err(SecretError::NotAFile {
            path: path.display().to_string(),
        })
    }
}

/// Docker and Compose mount secrets there with mode 0444; the container is the border, not the mode.
#[cfg(unix)]
fn is_mounted_secret(path: &Path) -> bool {
    path.starts_with("/run/secrets")
        && path
            .components()
            .all(|each| !matches!(each, std::path::Component::ParentDir))
}

#[cfg(all(test, unix))]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    fn at(path: &Path) -> Result<SecretString, SecretError> {
        read(&SecretRef::File(path.to_owned()), path, Form::Token)
    }

    fn file(content: &[u8], mode: u32) -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        (dir, path)
    }

    #[test]
    fn reads_what_only_the_owner_can_read() {
        for mode in [0o600, 0o400] {
            let (_dir, path) = file(b"canary-token\r\n", mode);
            assert_eq!(at(&path).unwrap().expose_secret(), "canary-token");
        }
    }

    #[test]
    fn refuses_what_others_can_read_or_change() {
        for mode in [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o666, 0o777] {
            let (_dir, path) = file(b"canary-token", mode);
            assert!(
                matches!(at(&path), Err(SecretError::ReadableByOthers { mode: said, .. }) if said == mode),
                "{mode:o}"
            );
        }
    }

    #[test]
    fn a_foreign_owner_is_refused() {
        let (_dir, path) = file(b"canary-token", 0o600);
        if std::os::unix::fs::chown(&path, Some(12_345), None).is_err() {
            return; // only root can give a file away
        }
        // Root may read it, and is refused all the same: the other user can change it.
        assert!(matches!(
            at(&path),
            Err(SecretError::ForeignOwner { owner: 12_345, .. })
        ));
    }

    #[test]
    fn pipes_devices_and_directories_are_refused_without_waiting() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        for path in [pipe.as_path(), dir.path(), Path::new("/dev/zero")] {
            assert!(
                matches!(at(path), Err(SecretError::NotAFile { .. })),
                "{}",
                path.display()
            );
        }
    }

    #[test]
    fn missing_empty_and_huge_files_are_told_apart() {
        let missing = Path::new("/nonexistent/token");
        assert!(matches!(at(missing), Err(SecretError::Unreadable { .. })));
        let (_dir, path) = file(b" \n", 0o600);
        assert!(matches!(at(&path), Err(SecretError::Empty { .. })));
        let (_dir, path) = file(&vec![b'a'; LONGEST_SECRET + 1], 0o600);
        assert!(matches!(at(&path), Err(SecretError::TooLong { .. })));
    }

    #[test]
    fn only_the_mount_point_itself_is_exempt() {
        assert!(is_mounted_secret(Path::new("/run/secrets/jira")));
        assert!(!is_mounted_secret(Path::new("/run/secrets/../../tmp/jira")));
        assert!(!is_mounted_secret(Path::new("/run/secretsx/jira")));
    }
}
