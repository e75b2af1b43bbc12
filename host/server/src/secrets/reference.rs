//! Decides which texts name a secret. A reference says where a value stands and is harmless to print; a text that
//! is no reference may be the value itself, so no message repeats it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a secret stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretRef {
    /// `env:NAME`: an environment variable, read once at start.
    Env(String),
    /// `file:PATH`: the content of a file that only its owner can read.
    File(PathBuf),
    /// `cred:NAME`: a credential that systemd handed to the service.
    Credential(String),
    /// `keyring:SERVICE/ACCOUNT`: an entry of the operating system's keyring.
    Keyring { service: String, account: String },
    /// `store:`: the site's own record in the encrypted store that `login` writes.
    Store,
    /// What a password manager's program prints.
    Program(ProgramRef),
}

/// Which program, and what it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProgramRef {
    /// `op://VAULT/ITEM/FIELD`, as 1Password itself writes it.
    OnePassword(String),
    /// `bws:ID`: Bitwarden Secrets Manager.
    Bitwarden(String),
    /// `pass:PATH`: the first line of an entry of pass or gopass.
    Pass(String),
    /// `vault:PATH#FIELD`: HashiCorp Vault.
    Vault { path: String, field: String },
    /// `cmd:["PROGRAM","ARGUMENT"]`: any program; a list, so that no shell is needed.
    Command(Vec<String>),
}

/// A text that is no reference. The text is not kept: it may be the secret itself, pasted into the wrong place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretRefError {
    #[error(
        "is not a reference to a secret; write \"env:NAME\", \"file:/absolute/path\", \"op://vault/item/field\" or \
         another of the known ones. If this is the secret itself, take it out of the file and treat it as exposed"
    )]
    NoScheme,
    #[error(
        "`env:` needs the name of a variable (letters, digits and `_`, not starting with a digit)"
    )]
    InvalidVariable,
    #[error("`file:` needs an absolute path")]
    RelativePath,
    #[error("`cred:` needs the plain name of a systemd credential, without a slash")]
    InvalidCredential,
    #[error("`keyring:` needs SERVICE/ACCOUNT")]
    InvalidEntry,
    #[error(
        "`store:` stands alone: each site has one record there, which `mcp-airlock login` writes"
    )]
    InvalidRecord,
    #[error("`op:` needs the form that 1Password copies: op://VAULT/ITEM/FIELD")]
    InvalidItem,
    #[error("`{0}:` needs the name of an entry, which does not begin with `-`")]
    InvalidEntryName(&'static str),
    #[error("`vault:` needs PATH#FIELD")]
    InvalidVaultField,
    #[error(
        "`cmd:` needs a list like [\"/usr/bin/program\",\"argument\"]: absolute or a bare name, no shell, no relative path"
    )]
    InvalidCommand,
}

impl FromStr for SecretRef {
    type Err = SecretRefError;

    fn from_str(text: &str) -> Result<Self, SecretRefError> {
        use SecretRefError as Error;

        let Some((scheme, rest)) = text.split_once(':') else {
            return Err(Error::NoScheme);
        };
        let when = |fits: bool, reference, error| if fits { Ok(reference) } else { Err(error) };
        let program = |program| Self::Program(program);
        match scheme {
            "env" => when(
                is_variable_name(rest),
                Self::Env(rest.to_owned()),
                Error::InvalidVariable,
            ),
            "file" => {
                let path = PathBuf::from(rest);
                when(path.is_absolute(), Self::File(path), Error::RelativePath)
            }
            "cred" => when(
                is_plain_name(rest),
                Self::Credential(rest.to_owned()),
                Error::InvalidCredential,
            ),
            "keyring" => match rest.split_once('/') {
                Some((service, account)) if is_entry(service) && is_entry(account) => {
                    Ok(Self::Keyring {
                        service: service.to_owned(),
                        account: account.to_owned(),
                    })
                }
                _ => Err(Error::InvalidEntry),
            },
            "store" => when(rest.is_empty(), Self::Store, Error::InvalidRecord),
            "op" => when(
                is_item(rest),
                program(ProgramRef::OnePassword(text.to_owned())),
                Error::InvalidItem,
            ),
            "bws" => when(
                is_entry(rest),
                program(ProgramRef::Bitwarden(rest.to_owned())),
                Error::InvalidEntryName("bws"),
            ),
            "pass" => when(
                is_entry(rest),
                program(ProgramRef::Pass(rest.to_owned())),
                Error::InvalidEntryName("pass"),
            ),
            "vault" => match rest.split_once('#') {
                Some((path, field)) if is_entry(path) && is_entry(field) => {
                    Ok(program(ProgramRef::Vault {
                        path: path.to_owned(),
                        field: field.to_owned(),
                    }))
                }
                _ => Err(Error::InvalidVaultField),
            },
            "cmd" => command(rest)
                .map(|words| program(ProgramRef::Command(words)))
                .ok_or(Error::InvalidCommand),
            _ => Err(Error::NoScheme),
        }
    }
}

impl SecretRef {
    /// In full, for the file of the person who wrote it; messages and records have [`fmt::Display`].
    pub(crate) fn to_config(&self) -> String {
        match self {
            Self::Program(ProgramRef::Command(words)) => {
                format!("cmd:{}", serde_json::json!(words))
            }
            other => other.to_string(),
        }
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Credential(name) => write!(f, "cred:{name}"),
            Self::Keyring { service, account } => write!(f, "keyring:{service}/{account}"),
            Self::Store => f.write_str("store:"),
            Self::Program(program) => program.fmt(f),
        }
    }
}

impl fmt::Display for ProgramRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnePassword(item) => f.write_str(item),
            Self::Bitwarden(id) => write!(f, "bws:{id}"),
            Self::Pass(entry) => write!(f, "pass:{entry}"),
            Self::Vault { path, field } => write!(f, "vault:{path}#{field}"),
            // Arguments stay out of messages and records: people write into them what they should not.
            Self::Command(words) => {
                write!(f, "cmd:[{:?},…]", words.first().map_or("", String::as_str))
            }
        }
    }
}

fn is_variable_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|first: char| first.is_ascii_digit())
        && text
            .chars()
            .all(|each| each.is_ascii_alphanumeric() || each == '_')
}

/// One part of a path, and not one that leads elsewhere.
fn is_plain_name(text: &str) -> bool {
    is_entry(text) && !text.contains(['/', '\\']) && text != "." && text != ".."
}

/// What can be handed to a program as an argument without being read as an option.
fn is_entry(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('-') && !text.chars().any(char::is_control)
}

/// `//VAULT/ITEM/FIELD`, or with a section before the field.
fn is_item(text: &str) -> bool {
    text.strip_prefix("//").is_some_and(|path| {
        let parts: Vec<_> = path.split('/').collect();
        matches!(parts.len(), 3 | 4) && parts.iter().all(|part| is_entry(part))
    })
}

fn command(text: &str) -> Option<Vec<String>> {
    let words: Vec<String> = serde_json::from_str(text).ok()?;
    let program = PathBuf::from(words.first()?);
    let is_bare = program.components().count() == 1 && is_plain_name(words.first()?);
    let fits = (program.is_absolute() || is_bare) && words.iter().all(|word| !word.contains('\0'));
    fits.then_some(words)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_form_is_read_and_printed_alike() {
        for text in [
            "env:JIRA_API_TOKEN",
            "file:/run/secrets/jira",
            "cred:jira-token",
            "keyring:my-tools/jira",
            "store:",
            "op://Private/Jira/token",
            "op://Private/Jira/section/token",
            "bws:be8e0ad8-d545-4017-a55a-b02f014d4158",
            "pass:work/jira",
            "vault:secret/jira#token",
        ] {
            let reference: SecretRef = text.parse().unwrap();
            assert_eq!(reference.to_string(), text);
            assert_eq!(reference.to_config(), text);
        }
        let reference: SecretRef = r#"cmd:["/usr/bin/get","--key","canary"]"#.parse().unwrap();
        assert_eq!(reference.to_string(), r#"cmd:["/usr/bin/get",…]"#);
        assert_eq!(reference.to_config().parse(), Ok(reference));
    }

    #[test]
    fn refuses_the_rest_with_a_way_out() {
        let said: String = [
            "ATATT3xFfGF0canary",
            "https://example.com",
            "ENV:NAME",
            "env:1ST",
            "file:token.txt",
            "cred:../token",
            "keyring:",
            "store:acme",
            "op://vault/item",
            "op://vault/-item/field",
            "bws:--help",
            "pass:",
            "vault:secret/jira",
            "cmd:get token",
            "cmd:[]",
            r#"cmd:["bin/get"]"#,
            r#"cmd:["../get"]"#,
        ]
        .iter()
        .map(|text| format!("{text} {}\n", text.parse::<SecretRef>().unwrap_err()))
        .collect();
        insta::assert_snapshot!(said, @r#"
        ATATT3xFfGF0canary is not a reference to a secret; write "env:NAME", "file:/absolute/path", "op://vault/item/field" or another of the known ones. If this is the secret itself, take it out of the file and treat it as exposed
        https://example.com is not a reference to a secret; write "env:NAME", "file:/absolute/path", "op://vault/item/field" or another of the known ones. If this is the secret itself, take it out of the file and treat it as exposed
        ENV:NAME is not a reference to a secret; write "env:NAME", "file:/absolute/path", "op://vault/item/field" or another of the known ones. If this is the secret itself, take it out of the file and treat it as exposed
        env:1ST `env:` needs the name of a variable (letters, digits and `_`, not starting with a digit)
        file:token.txt `file:` needs an absolute path
        cred:../token `cred:` needs the plain name of a systemd credential, without a slash
        keyring: `keyring:` needs SERVICE/ACCOUNT
        store:acme `store:` stands alone: each site has one record there, which `mcp-airlock login` writes
        op://vault/item `op:` needs the form that 1Password copies: op://VAULT/ITEM/FIELD
        op://vault/-item/field `op:` needs the form that 1Password copies: op://VAULT/ITEM/FIELD
        bws:--help `bws:` needs the name of an entry, which does not begin with `-`
        pass: `pass:` needs the name of an entry, which does not begin with `-`
        vault:secret/jira `vault:` needs PATH#FIELD
        cmd:get token `cmd:` needs a list like ["/usr/bin/program","argument"]: absolute or a bare name, no shell, no relative path
        cmd:[] `cmd:` needs a list like ["/usr/bin/program","argument"]: absolute or a bare name, no shell, no relative path
        cmd:["bin/get"] `cmd:` needs a list like ["/usr/bin/program","argument"]: absolute or a bare name, no shell, no relative path
        cmd:["../get"] `cmd:` needs a list like ["/usr/bin/program","argument"]: absolute or a bare name, no shell, no relative path
        "#);
    }

    proptest! {
        #[test]
        fn a_refusal_never_repeats_what_was_written(
            scheme in "(env|file|cred|keyring|op|bws|pass|vault|cmd|x)",
            secret in "[A-Za-z0-9]{12,40}"
        ) {
            for text in [secret.clone(), format!("{scheme}:-{secret}"), format!("{secret}:{secret}")] {
                if let Err(error) = text.parse::<SecretRef>() {
                    let printed = format!("{error} {error:?}");
                    prop_assert!(!printed.contains(&secret[..12]));
                }
            }
        }

        #[test]
        fn no_text_is_taken_that_a_program_would_read_as_an_option(text in "(bws|pass|vault|op):.{0,20}") {
            if let Ok(SecretRef::Program(program)) = text.parse() {
                let argument = match program {
                    ProgramRef::Bitwarden(entry) | ProgramRef::Pass(entry) | ProgramRef::OnePassword(entry) => entry,
                    ProgramRef::Vault { path, .. } => path,
                    ProgramRef::Command(_) => unreachable!("the scheme is another"),
                };
                prop_assert!(!argument.starts_with('-'));
            }
        }
    }
}
