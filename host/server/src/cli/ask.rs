//! How a command talks with a person at the terminal: questions and what is shown go to standard error, so that standard
//! output stays what was asked for. A secret is read without being shown. Decides nothing about the answers.

use std::io::{BufRead, IsTerminal, Read, Write, stderr, stdin};

use anyhow::{Context, bail};
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::secrets::LONGEST_SECRET;

/// A line on standard error.
pub(super) fn say(text: &str) {
    // A closed standard error leaves nobody to tell.
    let _ = writeln!(stderr(), "{text}");
}

/// Whether somebody is there to answer.
pub(super) fn is_attended() -> bool {
    stdin().is_terminal()
}

pub(super) fn line(question: &str) -> anyhow::Result<String> {
    write!(stderr(), "{question} ")?;
    stderr().flush()?;
    let mut answer = String::new();
    if stdin().lock().read_line(&mut answer)? == 0 {
        bail!("nobody answered; give the answer as an option, see `--help`");
    }
    Ok(answer.trim().to_owned())
}

/// Yes only for a yes.
pub(super) fn agrees(question: &str) -> anyhow::Result<bool> {
    if !is_attended() {
        bail!("{question} Nobody is there to answer; say yes with `--yes`");
    }
    let answer = line(&format!("{question} [y/N]"))?;
    Ok(matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Typed at the terminal, not shown.
pub(super) fn secret(question: &str) -> anyhow::Result<SecretString> {
    let typed = rpassword::prompt_password(format!("{question} "))
        .map(Zeroizing::new)
        .context("there is no terminal to type the secret into; pipe it in with `--token-stdin`")?;
    bare(typed.as_bytes())
}

/// All of standard input.
pub(super) fn piped_secret() -> anyhow::Result<SecretString> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST_SECRET + 1));
    stdin()
        .lock()
        .take(LONGEST_SECRET as u64 + 1)
        .read_to_end(&mut bytes)?;
    bare(&bytes)
}

fn bare(bytes: &[u8]) -> anyhow::Result<SecretString> {
    let secret = crate::secrets::bare_token("what was entered", bytes)?;
    Ok(secret)
}
