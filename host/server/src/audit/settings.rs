//! Decides what `audit.toml` may say.

/// How the record of a process is kept.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub(crate) file: FileSettings,
}

/// Of the files on this machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileSettings {
    /// A file of this size is followed by another one.
    pub(crate) rotate_bytes: u64,
    /// Each line is on the disk before the call goes on, so that it outlives a power cut too.
    pub(crate) sync: bool,
}

impl Default for FileSettings {
    fn default() -> Self {
        Self {
            rotate_bytes: 64 << 20,
            sync: false,
        }
    }
}
