//! Decides how a secret is named and read: configuration holds references, this module turns one into a value.
//! Never prints a value, never writes one down, never falls back from one reference to another.

mod file;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;

/// A shorter secret gets a warning: the gateway cannot blank it out as text, it would hit everyday words.
pub const SHORT_SECRET: usize = 12;

/// Longest value that is taken: OAuth access tokens stay under 3 kB, nothing real is near this.
pub(crate) const LONGEST_SECRET: usize = 64 * 1024;

/// Where a secret stands. Printing a reference is harmless: it is not the secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretRef {
    /// `env:NAME`: an environment variable, read once at start.
    Env(String),
    /// `file:PATH`: the content of a file that only its owner can read.
    File(PathBuf),
}

/// A text that is no reference. The text is not kept: it may be the secret itself, pasted into the wrong place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretRefError {
    #[error(
        "is not a reference to a secret; write \"env:NAME\" or \"file:/absolute/path\". \
         If this is the secret itself, take it out of the file and treat it as exposed"
    )]
    NoScheme,
    #[error(
        "uses the scheme `{0}:`, which this version cannot read; supported are `env:` and `file:`"
    )]
    UnsupportedScheme(&'static str),
    #[error(
        "`env:` needs the name of a variable (letters, digits and `_`, not starting with a digit)"
    )]
    InvalidVariable,
    #[error("`file:` needs an absolute path")]
    RelativePath,
}

/// Why a reference gave no secret. Names the reference, never any part of a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    #[error(
        "the environment variable `{0}` is not set or empty; set it where the client starts this server"
    )]
    Unset(String),
    #[error("the secret file `{path}` cannot be read: {reason}")]
    Unreadable { path: String, reason: String },
    #[error("the secret file `{path}` is not a regular file")]
    NotAFile { path: String },
    #[error(
        "the secret file `{path}` can be read by others (mode {mode:04o}); run `chmod 600 {path}`, \
         and replace the secret if others use this machine"
    )]
    ReadableByOthers { path: String, mode: u32 },
    #[error(
        "the secret file `{path}` belongs to user {owner}; it must belong to the user of this server or to root"
    )]
    ForeignOwner { path: String, owner: u32 },
    #[error("{reference} holds more than {LONGEST_SECRET} bytes; that is no token")]
    TooLong { reference: String },
    #[error("{reference} is empty")]
    Empty { reference: String },
    #[error(
        "{reference} holds more than one line, control characters or text that is not UTF-8; it must hold the bare token"
    )]
    Malformed { reference: String },
}

/// Schemes that the documentation of other tools makes people try; named so that the refusal can say which one.
const FOREIGN_SCHEMES: &[&str] = &[
    "keyring",
    "store",
    "cred",
    "cmd",
    "op",
    "bws",
    "pass",
    "vault",
    "aws-sm",
    "git-credential",
    "docker-credential",
];

impl FromStr for SecretRef {
    type Err = SecretRefError;

    fn from_str(text: &str) -> Result<Self, SecretRefError> {
        let Some((scheme, rest)) = text.split_once(':') else {
            return Err(SecretRefError::NoScheme);
        };
        match scheme {
            "env" if is_variable_name(rest) => Ok(Self::Env(rest.to_owned())),
            "env" => Err(SecretRefError::InvalidVariable),
            "file" if PathBuf::from(rest).is_absolute() => Ok(Self::File(PathBuf::from(rest))),
            "file" => Err(SecretRefError::RelativePath),
            _ => Err(FOREIGN_SCHEMES
                .iter()
                .find(|known| **known == scheme)
                .map_or(SecretRefError::NoScheme, |known| {
                    SecretRefError::UnsupportedScheme(known)
                })),
        }
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

/// One secret: its reference and, once somebody needed it, its value.
///
/// Environment values are taken at start, because they are then removed from the process; files are read at the
/// first use. Parallel first uses read once.
pub struct Secret {
    reference: SecretRef,
    value: OnceCell<SecretString>,
}

impl Secret {
    /// A secret in a file, not read yet.
    pub fn in_file(path: PathBuf) -> Self {
        Self {
            reference: SecretRef::File(path),
            value: OnceCell::new(),
        }
    }

    /// A secret that stood in the environment variable `name`.
    pub fn from_variable(name: &str, value: &SecretString) -> Result<Self, SecretError> {
        let reference = SecretRef::Env(name.to_owned());
        let bare = bare_token(&reference, value.expose_secret().as_bytes())?;
        Ok(Self {
            reference,
            value: OnceCell::new_with(Some(bare)),
        })
    }

    pub fn reference(&self) -> &SecretRef {
        &self.reference
    }

    /// The value, read now if nobody needed it before. A failure is not remembered: the next call reads again.
    pub async fn reveal(&self) -> Result<&SecretString, SecretError> {
        self.value
            .get_or_try_init(async || match &self.reference {
                SecretRef::File(path) => file::read(path),
                SecretRef::Env(name) => Err(SecretError::Unset(name.clone())),
            })
            .await
    }

    /// Whether the value is known to be shorter than [`SHORT_SECRET`].
    pub fn is_short(&self) -> bool {
        self.value
            .get()
            .is_some_and(|value| value.expose_secret().len() < SHORT_SECRET)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({}, ****)", self.reference)
    }
}

/// What people paste around a token goes: blanks, line ends, the byte order mark of Windows editors.
/// What is left must fit into one header line.
fn bare_token(reference: &SecretRef, bytes: &[u8]) -> Result<SecretString, SecretError> {
    if bytes.len() > LONGEST_SECRET {
        return Err(SecretError::TooLong {
            reference: reference.to_string(),
        });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| SecretError::Malformed {
        reference: reference.to_string(),
    })?;
    let bare = text.trim_start_matches('\u{feff}').trim();
    if bare.is_empty() {
        return Err(match reference {
            SecretRef::Env(name) => SecretError::Unset(name.clone()),
            SecretRef::File(_) => SecretError::Empty {
                reference: reference.to_string(),
            },
        });
    }
    if bare.chars().any(char::is_control) {
        return Err(SecretError::Malformed {
            reference: reference.to_string(),
        });
    }
    Ok(SecretString::from(bare))
}

fn is_variable_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|first: char| first.is_ascii_digit())
        && text
            .chars()
            .all(|each| each.is_ascii_alphanumeric() || each == '_')
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_the_two_schemes() {
        assert_eq!(
            "env:JIRA_API_TOKEN".parse(),
            Ok(SecretRef::Env("JIRA_API_TOKEN".into()))
        );
        assert_eq!(
            "file:/run/secrets/jira".parse(),
            Ok(SecretRef::File("/run/secrets/jira".into()))
        );
    }

    #[test]
    fn refuses_the_rest_with_a_way_out() {
        let said: String = [
            "ATATT3xFfGF0canary",
            "https://example.com",
            "env:",
            "env:1ST",
            "env:A B",
            "file:token.txt",
            "op://vault/item/field",
            "keyring:",
            "ENV:NAME",
        ]
        .iter()
        .map(|text| format!("{text} {}\n", text.parse::<SecretRef>().unwrap_err()))
        .collect();
        insta::assert_snapshot!(said, @r#"
        ATATT3xFfGF0canary is not a reference to a secret; write "env:NAME" or "file:/absolute/path". If this is the secret itself, take it out of the file and treat it as exposed
        https://example.com is not a reference to a secret; write "env:NAME" or "file:/absolute/path". If this is the secret itself, take it out of the file and treat it as exposed
        env: `env:` needs the name of a variable (letters, digits and `_`, not starting with a digit)
        env:1ST `env:` needs the name of a variable (letters, digits and `_`, not starting with a digit)
        env:A B `env:` needs the name of a variable (letters, digits and `_`, not starting with a digit)
        file:token.txt `file:` needs an absolute path
        op://vault/item/field uses the scheme `op:`, which this version cannot read; supported are `env:` and `file:`
        keyring: uses the scheme `keyring:`, which this version cannot read; supported are `env:` and `file:`
        ENV:NAME is not a reference to a secret; write "env:NAME" or "file:/absolute/path". If this is the secret itself, take it out of the file and treat it as exposed
        "#);
    }

    proptest! {
        #[test]
        fn a_refusal_never_repeats_what_was_written(secret in "[A-Za-z0-9]{12,40}(:[A-Za-z0-9]{12,40})?") {
            let said = secret.parse::<SecretRef>().unwrap_err();
            let printed = [said.to_string(), format!("{said:?}")].concat();
            prop_assert!(!printed.contains(&secret[..12]));
        }

        #[test]
        fn a_reference_survives_printing(name in "[A-Z_][A-Z0-9_]{0,20}", path in "/[a-z/.]{0,20}") {
            for reference in [SecretRef::Env(name), SecretRef::File(path.into())] {
                prop_assert_eq!(reference.to_string().parse(), Ok(reference));
            }
        }
    }

    #[test]
    fn debug_shows_the_reference_only() {
        let secret =
            Secret::from_variable("JIRA_API_TOKEN", &SecretString::from("canary-canary")).unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(env:JIRA_API_TOKEN, ****)");
    }

    #[tokio::test]
    async fn blanks_around_a_token_go_and_line_breaks_inside_are_refused() {
        let reference = SecretRef::File("/x".into());
        for pasted in [
            "tok-tok",
            " tok-tok\r\n",
            "\u{feff}tok-tok\n\n",
            "\ttok-tok ",
        ] {
            let bare = bare_token(&reference, pasted.as_bytes()).unwrap();
            assert_eq!(bare.expose_secret(), "tok-tok", "{pasted:?}");
        }
        for bad in [
            &b"two\nlines"[..],
            b"nul\0nul",
            b"\xff\xfe\x00",
            b" \n",
            b"",
        ] {
            assert!(bare_token(&reference, bad).is_err(), "{bad:?}");
        }
        assert!(bare_token(&reference, &vec![b'a'; LONGEST_SECRET + 1]).is_err());
    }

    #[test]
    fn an_empty_variable_is_an_unset_one() {
        assert_eq!(
            Secret::from_variable("T", &SecretString::from(" ")).unwrap_err(),
            SecretError::Unset("T".into())
        );
    }
}
