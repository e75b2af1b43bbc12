//! Decides how each password manager is asked: which program, which arguments, which part of the answer. Never runs
//! one itself, and never with a shell.

use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::reference::ProgramRef;
use super::{Form, SecretError};
use crate::process::{self, Invocation, Variables};

/// Long enough for a fingerprint, short enough for a client that waits for a tool.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// What the agents behind password managers are reached by.
const AGENTS: &[&str] = &[
    "DBUS_SESSION_BUS_ADDRESS",
    "XDG_RUNTIME_DIR",
    "SSH_AUTH_SOCK",
    "GNUPGHOME",
];

const ONE_PASSWORD: &[&str] = &["OP_", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"];
const BITWARDEN: &[&str] = &["BWS_"];
const PASS: &[&str] = &["PASSWORD_STORE_", "GPG_"];
const VAULT: &[&str] = &["VAULT_"];
const AWS: &[&str] = &["AWS_"];

impl ProgramRef {
    pub(crate) fn invocation(&self) -> Invocation {
        let (program, arguments, variables): (&str, Vec<&str>, &'static [_]) = match self {
            Self::OnePassword(item) => ("op", vec!["read", "--no-newline", item], &[ONE_PASSWORD]),
            Self::Bitwarden(id) => (
                "bws",
                vec!["secret", "get", id, "--output", "json"],
                &[BITWARDEN],
            ),
            Self::Pass(entry) => ("pass", vec!["show", entry], &[AGENTS, PASS]),
            Self::Vault { path, field } => {
                return Invocation {
                    program: "vault".to_owned(),
                    arguments: vec![
                        "kv".to_owned(),
                        "get".to_owned(),
                        format!("-field={field}"),
                        path.clone(),
                    ],
                    variables: &[VAULT],
                };
            }
            Self::Command(words) => {
                let (program, arguments) = words
                    .split_first()
                    .expect("a command without a program is no reference");
                let arguments = arguments.iter().map(String::as_str).collect();
                // An own program may ask any of them.
                let all: &[_] = &[AGENTS, ONE_PASSWORD, BITWARDEN, PASS, VAULT, AWS];
                (program, arguments, all)
            }
        };
        Invocation {
            program: program.to_owned(),
            arguments: arguments.into_iter().map(str::to_owned).collect(),
            variables,
        }
    }
}

pub(super) async fn read(
    program: &ProgramRef,
    variables: &Variables,
    patience: Duration,
    form: Form,
) -> Result<SecretString, SecretError> {
    let reference = program.to_string();
    let output = process::output(&program.invocation(), variables, patience).await?;
    match program {
        ProgramRef::Bitwarden(_) => {
            #[derive(Deserialize)]
            struct Item {
                value: Zeroizing<String>,
            }
            let item: Item =
                serde_json::from_slice(&output).map_err(|_| SecretError::Malformed {
                    reference: reference.clone(),
                })?;
            form.bare(&reference, item.value.as_bytes())
        }
        // Below the first line people keep notes (pass(1)).
        ProgramRef::Pass(_) if form == Form::Token => {
            let line = output
                .split(|byte| *byte == b'\n')
                .next()
                .unwrap_or_default();
            form.bare(&reference, line)
        }
        _ => form.bare(&reference, &output),
    }
}

#[cfg(all(test, unix))]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::super::SecretRef;
    use super::*;
    use secrecy::ExposeSecret;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    /// Asks `reference` where the program of the password manager is `script`.
    async fn ask(reference: &str, name: &str, script: &str) -> Result<String, SecretError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
        let search = format!("{}:/usr/bin:/bin", folder.path().display());
        let variables = Variables::new([("PATH".to_owned(), search)]);
        let Ok(SecretRef::Program(program)) = reference.parse() else {
            panic!("{reference} names no program");
        };
        let secret = read(&program, &variables, PATIENCE, Form::Token).await?;
        Ok(secret.expose_secret().to_owned())
    }

    /// Succeeds only when asked in exactly these words.
    fn asked(words: &str, answer: &str) -> String {
        format!("[ \"$*\" = '{words}' ] || exit 9\nprintf '%s' '{answer}'")
    }

    #[tokio::test]
    async fn each_password_manager_is_asked_in_its_own_words() {
        let bitwarden =
            r#"{"object":"secret","id":"id-1","key":"jira","value":"tok-tok-tok","note":""}"#;
        for (reference, name, words, answer) in [
            (
                "op://Work/Jira/token",
                "op",
                "read --no-newline op://Work/Jira/token",
                "tok-tok-tok",
            ),
            (
                "bws:id-1",
                "bws",
                "secret get id-1 --output json",
                bitwarden,
            ),
            (
                "pass:work/jira",
                "pass",
                "show work/jira",
                "tok-tok-tok\nuser: me\n",
            ),
            (
                "vault:secret/jira#token",
                "vault",
                "kv get -field=token secret/jira",
                "tok-tok-tok\n",
            ),
            (r#"cmd:["get","a b"]"#, "get", "a b", " tok-tok-tok\r\n"),
        ] {
            let secret = ask(reference, name, &asked(words, answer)).await;
            assert_eq!(secret.unwrap(), "tok-tok-tok", "{reference}");
        }
    }

    #[tokio::test]
    async fn what_is_no_token_is_refused() {
        for (reference, name, answer) in [
            ("bws:id-1", "bws", "tok-tok-tok"),
            ("pass:work/jira", "pass", "\ntok-tok-tok"),
            (r#"cmd:["get"]"#, "get", "one\ntwo"),
            (r#"cmd:["get"]"#, "get", ""),
        ] {
            let script = format!("printf '%s' '{answer}'");
            assert!(
                ask(reference, name, &script).await.is_err(),
                "{reference} {answer:?}"
            );
        }
    }

    #[tokio::test]
    async fn the_person_is_told_what_to_do() {
        let mut said = String::new();
        for (reference, script) in [
            (
                "op://Work/Jira/token",
                "echo '[ERROR] account is not signed in' >&2; exit 1",
            ),
            ("op://Work/Jira/token", "printf 'one\\ntwo'"),
        ] {
            said += &format!("{}\n", ask(reference, "op", script).await.unwrap_err());
        }
        said += &ask("bws:id-1", "op", "true").await.unwrap_err().to_string();
        insta::assert_snapshot!(said, @r#"
        `op` failed (exit status: 1): [ERROR] account is not signed in; run it in a terminal to see why
        op://Work/Jira/token holds more than one line, control characters or text that is not UTF-8; it must hold the bare token
        `bws` is not installed, or not in the PATH that this server was started with; write its absolute path or install it
        "#);
    }
}
