//! What the caller may choose about a demo site, and how the choices are spelled.
//! Nothing here touches the network or the clock.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use time::OffsetDateTime;

use crate::faults::Fault;
use crate::log::RequestLine;
use crate::oauth::TokenLife;

/// Which of Atlassian's two product lines the site behaves like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deployment {
    Cloud,
    DataCenter,
}

impl Deployment {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cloud => "cloud",
            Self::DataCenter => "data-center",
        }
    }
}

impl fmt::Display for Deployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Deployment {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "cloud" => Ok(Self::Cloud),
            "data-center" => Ok(Self::DataCenter),
            other => Err(ParseError(format!(
                "`{other}` is no deployment; write `cloud` or `data-center`"
            ))),
        }
    }
}

/// A choice that could not be read; the text says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError(pub(crate) String);

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ParseError {}

/// One more person who may sign in, besides the one of [`Options::token`].
#[derive(Clone)]
pub struct Account {
    /// The user name inside the demo team, such as `ben`.
    pub name: String,
    pub token: String,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Hears of every request as soon as it is answered.
pub type LogHook = Box<dyn Fn(&RequestLine) + Send + Sync>;

/// What kind of site to start.
pub struct Options {
    pub deployment: Deployment,
    /// 0 takes any free port.
    pub port: u16,
    /// Every answer waits this long.
    pub delay: Duration,
    pub fail: Vec<Fault>,
    /// Answers hold what real ones sometimes hold: nulls, odd dates, missing and extra fields.
    pub rough: bool,
    pub log: Option<LogHook>,
    /// Decides which requests a [`Fault`] hits.
    pub seed: u64,
    /// The moment the made-up team's dates are counted from; the present if none.
    pub now: Option<OffsetDateTime>,
    /// The token of the first user; random if none.
    pub token: Option<String>,
    pub accounts: Vec<Account>,
    /// Data Center takes user name and token as name and password, as it did before it had tokens.
    pub passwords: bool,
    /// Of the tokens that the site's OAuth server gives out.
    pub life: TokenLife,
}

impl Options {
    pub fn new(deployment: Deployment) -> Self {
        Self {
            deployment,
            port: 0,
            delay: Duration::ZERO,
            fail: Vec::new(),
            rough: false,
            log: None,
            seed: 0,
            now: None,
            token: None,
            accounts: Vec::new(),
            passwords: false,
            life: TokenLife::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_is_spelled_as_on_the_command_line() {
        for deployment in [Deployment::Cloud, Deployment::DataCenter] {
            assert_eq!(deployment.to_string().parse(), Ok(deployment));
        }
        let refused = "server".parse::<Deployment>().map_err(|e| e.to_string());
        assert_eq!(
            refused,
            Err("`server` is no deployment; write `cloud` or `data-center`".into())
        );
    }

    #[test]
    fn an_account_does_not_print_its_token() {
        let account = Account {
            name: "ben".into(),
            token: "hush".into(),
        };
        assert!(!format!("{account:?}").contains("hush"));
    }
}
