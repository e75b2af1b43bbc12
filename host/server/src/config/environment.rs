//! Decides which environment variables exist for this program, one table with what each means, and is the only
//! place that reads them. Never decides what a value leads to.

use std::collections::BTreeMap;
use std::path::PathBuf;

use secrecy::SecretString;

use crate::process::Variables;
use crate::setup::client::Places;

/// One variable: its name and the sentence that the documentation prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    pub name: &'static str,
    pub meaning: &'static str,
    pub effect: Effect,
}

/// What happens when a variable is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is used.
    Used,
    /// It is used and holds a secret, so it leaves the environment after reading.
    Secret,
    /// It restricts what the Python server may do and cannot be kept here: the start is refused.
    Refused,
    /// It is known from the Python server and does nothing here: said once at start.
    Ignored,
}

macro_rules! variables {
    ($($effect:ident $name:ident $meaning:literal)*) => {
        $(pub const $name: Variable = Variable {
            name: stringify!($name),
            meaning: $meaning,
            effect: Effect::$effect,
        };)*

        /// Every variable, in the order of the documentation.
        pub const VARIABLES: &[Variable] = &[$($name),*];
    };
}

variables! {
    Used JIRA_URL "address of Jira; with a context path on Data Center (`https://example.com/jira`)"
    Used JIRA_USERNAME "e-mail of the account that the API token belongs to (Cloud)"
    Secret JIRA_API_TOKEN "API token, sent with the user name (Cloud)"
    Secret JIRA_PERSONAL_TOKEN "personal access token (Data Center)"
    Used CONFLUENCE_URL "address of Confluence; on Cloud with or without `/wiki`"
    Used CONFLUENCE_USERNAME "e-mail of the account that the API token belongs to (Cloud)"
    Secret CONFLUENCE_API_TOKEN "API token, sent with the user name (Cloud)"
    Secret CONFLUENCE_PERSONAL_TOKEN "personal access token (Data Center)"
    Used READ_ONLY_MODE "`true`, `1`, `yes`, `y` or `on`: no tool that changes anything"
    Used TOOLSETS "comma-separated names of the groups of tools to offer"
    Used ENABLED_TOOLS "comma-separated names of the only tools to offer"
    Used JIRA_SSL_VERIFY "turning it off is refused; name your own authority with `ca-file` in the policy file"
    Used CONFLUENCE_SSL_VERIFY "turning it off is refused; name your own authority with `ca-file` in the policy file"
    Used JIRA_PROJECTS_FILTER "comma-separated keys of the only Jira projects; with a policy file write `projects` into its rules instead"
    Used CONFLUENCE_SPACES_FILTER "comma-separated keys of the only Confluence spaces; with a policy file write `spaces` into its rules instead"
    Refused JIRA_INTERNAL_ONLY_PROJECTS "restricts comments: not supported yet, the start is refused"
    Ignored JIRA_CLIENT_CERT "a client certificate is named in the policy file (`client-cert` under `[site.NAME]`)"
    Ignored CONFLUENCE_CLIENT_CERT "a client certificate is named in the policy file (`client-cert` under `[site.NAME]`)"
    Ignored JIRA_CUSTOM_HEADERS "extra headers are named in the policy file (`headers` under `[site.NAME]`)"
    Ignored CONFLUENCE_CUSTOM_HEADERS "extra headers are named in the policy file (`headers` under `[site.NAME]`)"
    Ignored ATLASSIAN_OAUTH_CLIENT_ID "OAuth logins are made with `mcp-airlock login URL --kind oauth`"
    Ignored ATLASSIAN_OAUTH_ACCESS_TOKEN "OAuth logins are made with `mcp-airlock login URL --kind oauth`"
    Ignored HTTP_PROXY "a proxy is used only when the policy file names it (`proxy` under `[site.NAME]`)"
    Ignored HTTPS_PROXY "a proxy is used only when the policy file names it (`proxy` under `[site.NAME]`)"
    Ignored SOCKS_PROXY "a proxy is used only when the policy file names it (`proxy` under `[site.NAME]`)"
}

/// The variables of this process, or those that a test wrote down.
#[derive(Default)]
pub struct Environment {
    fixed: Option<BTreeMap<String, String>>,
}

impl Environment {
    /// The environment this process was started with.
    pub fn of_process() -> Self {
        Self { fixed: None }
    }

    /// Exactly these variables.
    pub fn fixed<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self {
            fixed: Some(
                pairs
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
            ),
        }
    }

    /// The value of `variable` without blanks around it. Clients write variables that the user left empty, so an
    /// empty one is an unset one.
    pub fn value(&self, variable: Variable) -> Option<String> {
        let value = self.read(variable.name)?;
        let trimmed = value.trim();
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    /// The secret in the variable `name`, which a reference may choose freely.
    pub fn secret(&self, name: &str) -> Option<SecretString> {
        let value = self.read(name)?;
        (!value.trim().is_empty()).then(|| SecretString::from(value))
    }

    /// Everything, for programs that are started with a part of it.
    #[allow(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    pub(crate) fn for_children(&self) -> Variables {
        match &self.fixed {
            Some(pairs) => Variables::new(pairs.clone()),
            None => Variables::new(std::env::vars_os().filter_map(|(name, value)| {
                Some((name.into_string().ok()?, value.into_string().ok()?))
            })),
        }
    }

    /// Where the MCP clients of this user keep their files.
    pub(crate) fn client_places(&self) -> Option<Places> {
        let folder = |name: &str| {
            let path = PathBuf::from(self.read(name)?);
            path.is_absolute().then_some(path)
        };
        let home = folder(if cfg!(windows) { "USERPROFILE" } else { "HOME" })?;
        let settings = if cfg!(windows) {
            folder("APPDATA")?
        } else if cfg!(target_os = "macos") {
            home.join("Library/Application Support")
        } else {
            folder("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"))
        };
        Some(Places {
            home,
            settings,
            claude: folder("CLAUDE_CONFIG_DIR"),
            codex: folder("CODEX_HOME"),
        })
    }

    /// Where programs are looked for.
    pub(crate) fn search_path(&self) -> String {
        self.read("PATH").unwrap_or_default()
    }

    /// Where systemd put the credentials of this service (systemd.exec(5), `LoadCredential=`).
    pub(crate) fn systemd_credentials(&self) -> Option<PathBuf> {
        let folder = PathBuf::from(self.read("CREDENTIALS_DIRECTORY")?);
        folder.is_absolute().then_some(folder)
    }

    /// Where the configuration stands when no `--config-dir` says so: `$HOME/.config/mcp-airlock`, on Windows
    /// `%APPDATA%\mcp-airlock`. `XDG_CONFIG_HOME` does not move it: clients start servers with a stripped
    /// environment, so the same server would look in two places.
    pub fn config_dir(&self) -> Option<PathBuf> {
        let (variable, below): (_, &[&str]) = if cfg!(windows) {
            ("APPDATA", &["mcp-airlock"])
        } else {
            ("HOME", &[".config", "mcp-airlock"])
        };
        let base = PathBuf::from(self.read(variable)?);
        base.is_absolute()
            .then(|| below.iter().fold(base, |path, part| path.join(part)))
    }

    /// Text that is not UTF-8 counts as set: a restriction must not be lost by its spelling.
    #[allow(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    fn read(&self, name: &str) -> Option<String> {
        match &self.fixed {
            Some(pairs) => pairs.get(name).cloned(),
            None => std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()),
        }
    }
}

/// A switch in the spelling of the Python server. `None` is a value that is neither on nor off.
pub(crate) fn parse_switch(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "y" | "on" => Some(true),
        "false" | "0" | "no" | "n" | "off" => Some(false),
        _ => None,
    }
}

/// A comma-separated list; blanks and empty entries do not count. `None` when nothing is left.
pub(crate) fn parse_list(value: &str) -> Option<Vec<String>> {
    let names: Vec<_> = value
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    (!names.is_empty()).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_variable_is_named_once_and_explained() {
        let names: BTreeSet<_> = VARIABLES.iter().map(|each| each.name).collect();
        assert_eq!(names.len(), VARIABLES.len());
        for each in VARIABLES {
            assert!(each.meaning.len() > 10, "{}", each.name);
            assert!(!each.meaning.ends_with('.'), "{}", each.name);
        }
    }

    #[test]
    fn an_empty_variable_is_an_unset_one() {
        let environment =
            Environment::fixed([("JIRA_URL", "  "), ("JIRA_USERNAME", " me "), ("T", " ")]);
        assert_eq!(environment.value(JIRA_URL), None);
        assert_eq!(environment.value(JIRA_USERNAME).as_deref(), Some("me"));
        assert_eq!(environment.value(CONFLUENCE_URL), None);
        assert!(environment.secret("T").is_none());
    }

    #[cfg(unix)]
    #[test]
    fn the_config_dir_follows_home_and_nothing_else() {
        let at = |pairs: &[(&'static str, &'static str)]| {
            Environment::fixed(pairs.iter().copied()).config_dir()
        };
        let expected = Some(PathBuf::from("/home/me/.config/mcp-airlock"));
        assert_eq!(at(&[("HOME", "/home/me")]), expected);
        assert_eq!(
            at(&[("HOME", "/home/me"), ("XDG_CONFIG_HOME", "/elsewhere")]),
            expected
        );
        assert_eq!(at(&[("HOME", "relative")]), None);
        assert_eq!(at(&[]), None);
    }

    #[test]
    fn switches_are_on_off_or_a_mistake() {
        for on in ["true", "TRUE", "1", "yes", "y", "On"] {
            assert_eq!(parse_switch(on), Some(true), "{on}");
        }
        for off in ["false", "0", "no", "off"] {
            assert_eq!(parse_switch(off), Some(false), "{off}");
        }
        for mistake in ["tru", "2", "enabled", "ja"] {
            assert_eq!(parse_switch(mistake), None, "{mistake}");
        }
    }

    #[test]
    fn lists_bear_blanks_and_stray_commas() {
        assert_eq!(
            parse_list(" a, b ,,c,"),
            Some(vec!["a".into(), "b".into(), "c".into()])
        );
        assert_eq!(parse_list(" , "), None);
    }
}
