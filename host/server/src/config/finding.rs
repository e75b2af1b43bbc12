//! How a mistake in the configuration is told: what is wrong, where it stands, what to do. All mistakes are told at
//! once, so that nobody has to start the server five times. Never repeats a value: it may be a secret.

use std::fmt;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `credentials.toml line 4`, `JIRA_URL`, a path.
    pub place: String,
    pub what: String,
    /// A whole sentence in the imperative.
    pub remedy: String,
}

impl Finding {
    pub(crate) fn new(
        place: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
            remedy: remedy.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n  hint: {}", self.place, self.what, self.remedy)
    }
}

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub struct ConfigError {
    pub findings: Vec<Finding>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.findings.len() {
            1 => f.write_str("the configuration has a mistake")?,
            count => write!(f, "the configuration has {count} mistakes")?,
        }
        for finding in &self.findings {
            write!(f, "\n{finding}")?;
        }
        Ok(())
    }
}
