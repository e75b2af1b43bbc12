//! Decides what `audit.toml` may say: how the files of the record are kept, and where each line goes besides. Without
//! the file there are the files alone. A sink that is named is required unless it says otherwise: a line that it does
//! not take stops the call.

use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};

use policy::{Origin, Scheme};
use serde::Deserialize;
use toml::Spanned;

use crate::config::{Finding, read_believed};

/// How the record of a process is kept.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub(crate) file: FileSettings,
    pub(crate) stderr: Option<Required>,
    pub(crate) syslog: Option<(SyslogAddress, Required)>,
    pub(crate) otlp: Option<(OtlpSettings, Required)>,
}

/// Of the files on this machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileSettings {
    /// A file of this size is followed by another one.
    pub(crate) rotate_bytes: u64,
    /// Each line is on the disk before the call goes on, so that it outlives a power cut too.
    pub(crate) sync: bool,
    pub(crate) keep: Keep,
}

/// How much of what is finished stays; nothing said is all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Keep {
    /// Files that ended longer ago are retired.
    pub(crate) days: Option<u16>,
    /// The oldest files are retired, as many as make the rest fit.
    pub(crate) bytes: Option<u64>,
}

/// Whether a line that cannot be given away stops the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Required(pub(crate) bool);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SyslogAddress {
    /// `unix:/dev/log`
    Unix(PathBuf),
    /// `udp:10.0.0.5:514`
    Udp(SocketAddr),
    /// `tcp:10.0.0.5:601`
    Tcp(SocketAddr),
}

/// Where an OpenTelemetry collector takes logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OtlpSettings {
    pub(crate) origin: Origin,
    pub(crate) ca_file: Option<String>,
}

impl Default for FileSettings {
    fn default() -> Self {
        Self {
            rotate_bytes: 64 << 20,
            sync: false,
            keep: Keep::default(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    version: Spanned<u32>,
    file: Option<FileTable>,
    stderr: Option<SinkTable>,
    syslog: Option<SyslogTable>,
    otlp: Option<OtlpTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FileTable {
    rotate_mib: Option<Spanned<u64>>,
    #[serde(default)]
    sync: bool,
    keep_days: Option<Spanned<u16>>,
    keep_mib: Option<Spanned<u64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SinkTable {
    #[serde(default = "yes")]
    required: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SyslogTable {
    to: Spanned<String>,
    #[serde(default = "yes")]
    required: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct OtlpTable {
    origin: Spanned<String>,
    #[serde(default)]
    plaintext: bool,
    ca_file: Option<Spanned<String>>,
    #[serde(default = "yes")]
    required: bool,
}

const fn yes() -> bool {
    true
}

const SHAPE: &str = "Known are `version = 1`, [file] with `rotate-mib`, `sync`, `keep-days` and `keep-mib`, [stderr], [syslog] \
                     with `to`, and [otlp] with `origin`, `plaintext` and `ca-file`; `required = false` in a sink lets calls \
                     go on without it.";

impl Settings {
    /// Of the configuration in `config_dir`.
    pub(crate) fn load(config_dir: &Path) -> Result<Self, Finding> {
        match read_believed(&config_dir.join("audit.toml"))? {
            Some(text) => parse(&text),
            None => Ok(Self::default()),
        }
    }
}

fn parse(text: &str) -> Result<Settings, Finding> {
    let mistake = |span: Option<Range<usize>>, what: &str, remedy: &str| {
        let line = span.map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        let place = line.map_or_else(
            || "audit.toml".to_owned(),
            |line| format!("audit.toml line {line}"),
        );
        Finding::new(place, what, remedy)
    };
    let read: Text = toml::from_str(text).map_err(|error| {
        mistake(
            error.span(),
            &format!("is wrong: {}", error.message()),
            SHAPE,
        )
    })?;
    if *read.version.get_ref() != 1 {
        let what = "is of a version that this program does not know";
        return Err(mistake(
            Some(read.version.span()),
            what,
            "Write `version = 1`.",
        ));
    }
    let mut settings = Settings::default();
    if let Some(file) = read.file {
        settings.file.sync = file.sync;
        if let Some(size) = &file.rotate_mib {
            if !(1..=LARGEST_MIB).contains(size.get_ref()) {
                let what = "asks for files of a size that is not between 1 and 1024 MiB";
                return Err(mistake(Some(size.span()), what, "Write `rotate-mib = 64`."));
            }
            settings.file.rotate_bytes = size.get_ref() << 20;
        }
        settings.file.keep = keep(&file, settings.file.rotate_bytes)
            .map_err(|(span, what, remedy)| mistake(Some(span), what, remedy))?;
    }
    settings.stderr = read.stderr.map(|sink| Required(sink.required));
    if let Some(SyslogTable { to, required }) = read.syslog {
        let address = SyslogAddress::parse(to.get_ref()).ok_or_else(|| {
            mistake(
                Some(to.span()),
                "names no syslog",
                "Write `to = \"unix:/dev/log\"`, `\"udp:10.0.0.5:514\"` or `\"tcp:10.0.0.5:601\"`, with an address and not a \
                 name.",
            )
        })?;
        settings.syslog = Some((address, Required(required)));
    }
    if let Some(table) = read.otlp {
        let span = Some(table.origin.span());
        let origin = Origin::parse(table.origin.get_ref()).map_err(|error| {
            let what = format!("names no collector: {error}");
            mistake(span.clone(), &what, "Write scheme, host and port alone, as in `origin = \"https://otel.example.com:4318\"`.")
        })?;
        if origin.scheme() == Scheme::Http && !origin.is_loopback() && !table.plaintext {
            let what = "would send the record in clear text over the network";
            return Err(mistake(
                span,
                what,
                "Write https://, or `plaintext = true` if you mean it.",
            ));
        }
        if let Some(file) = table
            .ca_file
            .as_ref()
            .filter(|file| !Path::new(file.get_ref()).is_absolute())
        {
            let what = "has a `ca-file` that is not an absolute path";
            return Err(mistake(Some(file.span()), what, "Write the whole path."));
        }
        let ca_file = table.ca_file.map(Spanned::into_inner);
        settings.otlp = Some((OtlpSettings { origin, ca_file }, Required(table.required)));
    }
    Ok(settings)
}

/// Where, what and what to write instead.
type Mistake = (Range<usize>, &'static str, &'static str);

/// A slip of the pen must not take the record away.
fn keep(file: &FileTable, rotate_bytes: u64) -> Result<Keep, Mistake> {
    let refuse = |span, what, instead| Err((span, what, instead));
    let mut keep = Keep::default();
    if let Some(days) = &file.keep_days {
        if *days.get_ref() == 0 {
            let instead = "Write `keep-days = 90`, or leave it out.";
            return refuse(days.span(), "keeps nothing of the record", instead);
        }
        keep.days = Some(*days.get_ref());
    }
    if let Some(size) = &file.keep_mib {
        keep.bytes = size.get_ref().checked_mul(1 << 20);
        // A full file is a little larger, and the one that was just finished has to stay.
        if keep.bytes.is_none_or(|bytes| bytes < 2 * rotate_bytes) {
            let what = "keeps less than two full files (`rotate-mib`), or more than any disk";
            let instead = "Write `keep-mib = 4096`, or leave it out.";
            return refuse(size.span(), what, instead);
        }
    }
    Ok(keep)
}

/// `verify` reads a file whole.
const LARGEST_MIB: u64 = 1024;

impl SyslogAddress {
    fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':')?;
        Some(match kind {
            "unix" if Path::new(rest).is_absolute() => Self::Unix(rest.into()),
            "udp" => Self::Udp(rest.parse().ok()?),
            "tcp" => Self::Tcp(rest.parse().ok()?),
            _ => return None,
        })
    }
}

impl std::fmt::Display for SyslogAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Udp(address) => write!(f, "udp:{address}"),
            Self::Tcp(address) => write!(f, "tcp:{address}"),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn everything_that_can_be_said_is_taken() {
        let text = "version = 1\n[file]\nrotate-mib = 8\nsync = true\nkeep-days = 90\nkeep-mib = 16\n[stderr]\n\
                    [syslog]\nto = \"tcp:[::1]:601\"\n\
                    required = false\n[otlp]\norigin = \"https://otel.example.com:4318\"\nca-file = \"/etc/ca.pem\"\n";
        let settings = parse(text).unwrap();
        assert_eq!(settings.file.rotate_bytes, 8 << 20);
        assert!(settings.file.sync);
        let keep = Keep {
            days: Some(90),
            bytes: Some(16 << 20),
        };
        assert_eq!(settings.file.keep, keep);
        assert_eq!(
            settings.stderr,
            Some(Required(true)),
            "a sink is required unless it says otherwise"
        );
        let (syslog, required) = settings.syslog.unwrap();
        assert_eq!(
            (syslog.to_string(), required),
            ("tcp:[::1]:601".to_owned(), Required(false))
        );
        let (otlp, required) = settings.otlp.unwrap();
        assert_eq!(otlp.origin.to_string(), "https://otel.example.com:4318");
        assert_eq!(required, Required(true));
        let nothing = parse("version = 1\n").unwrap();
        assert!(nothing.stderr.is_none() && nothing.syslog.is_none() && nothing.otlp.is_none());
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_line() {
        for (text, line, what) in [
            ("", " line 1", "missing field `version`"),
            ("version = 2\n", " line 1", "version"),
            ("version = 1\n[files]\n", " line 2", "unknown field `files`"),
            (
                "version = 1\n[file]\nsync = \"yes\"\n",
                " line 3",
                "invalid type",
            ),
            (
                "version = 1\n[file]\nrotate-mib = 0\n",
                " line 3",
                "between 1 and 1024",
            ),
            (
                "version = 1\n[file]\nrotate-mib = 4096\n",
                " line 3",
                "between 1 and 1024",
            ),
            (
                "version = 1\n[file]\nkeep-days = 0\n",
                " line 3",
                "keeps nothing",
            ),
            (
                "version = 1\n[file]\nkeep-mib = 127\n",
                " line 3",
                "less than two full files",
            ),
            (
                "version = 1\n[file]\nkeep-mib = 9223372036854775807\n",
                " line 3",
                "more than any disk",
            ),
            (
                "version = 1\n[stderr]\noptional = true\n",
                " line 3",
                "unknown field",
            ),
            ("version = 1\n[syslog]\n", " line 2", "missing field `to`"),
            (
                "version = 1\n[syslog]\nto = \"unix:log\"\n",
                " line 3",
                "names no syslog",
            ),
            (
                "version = 1\n[syslog]\nto = \"udp:localhost:514\"\n",
                " line 3",
                "names no syslog",
            ),
            (
                "version = 1\n[syslog]\nto = \"tls:10.0.0.5:6514\"\n",
                " line 3",
                "names no syslog",
            ),
            (
                "version = 1\n[otlp]\norigin = \"otel\"\n",
                " line 3",
                "names no collector",
            ),
            (
                "version = 1\n[otlp]\norigin = \"https://otel.example.com/v1/logs\"\n",
                " line 3",
                "names no collector",
            ),
            (
                "version = 1\n[otlp]\norigin = \"http://otel.example.com:4318\"\n",
                " line 3",
                "clear text",
            ),
            (
                "version = 1\n[otlp]\norigin = \"http://127.0.0.1:4318\"\nca-file = \"ca.pem\"\n",
                " line 4",
                "absolute",
            ),
        ] {
            let finding = parse(text).unwrap_err();
            assert_eq!(
                finding.place,
                format!("audit.toml{line}"),
                "{text}: {finding}"
            );
            assert!(finding.what.contains(what), "{text}: {finding}");
        }
    }
}
