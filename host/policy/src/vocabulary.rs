//! The words that every decision is made of: product, deployment, method, class, and the names of sites and
//! callers.
//!
//! Each is parsed once, by its exact spelling, and cannot be wrong afterwards.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Writes an enum of plain words with its one exact spelling, as files, audit records and messages use it.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $(#[serde(rename = $word)] $variant),+
        }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// By exact spelling; anything else is `None`.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words! {
    Product { Jira = "jira", Confluence = "confluence" }
}

words! {
    Deployment { Cloud = "cloud", DataCenter = "data-center" }
}

words! {
    /// Case matters: `get` is not a method (RFC 9110 §9.1).
    Method { Get = "GET", Head = "HEAD", Post = "POST", Put = "PUT", Patch = "PATCH", Delete = "DELETE" }
}

words! {
    /// What a request does at worst.
    Class { Read = "read", Write = "write", Delete = "delete", Admin = "admin" }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to 64 of a-z, A-Z, 0-9, `-`, `_` and begins with a letter or a digit")]
pub struct NameError;

/// Writes a name that is compared byte for byte and cannot be spelled in a way that reads as two.
macro_rules! name {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub fn parse(name: &str) -> Result<Self, NameError> {
                if is_name(name) {
                    Ok(Self(name.to_owned()))
                } else {
                    Err(NameError)
                }
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

name! {
    /// A site as the policy file names it: `[site.acme]`.
    SiteName
}

name! {
    /// Somebody who calls, as keys and audit records name them.
    Principal
}

/// Names of sites, rules, redirects and tools share one small alphabet, so that they can stand in
/// audit records, messages and TOML without quoting.
pub(crate) fn is_name(name: &str) -> bool {
    let begins_well = name
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_alphanumeric());
    begins_well
        && name.len() <= 64
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_only_in_their_one_spelling() {
        assert_eq!(Method::parse("GET"), Some(Method::Get));
        for wrong in [
            "get",
            "GeT",
            " GET",
            "GET ",
            "GET\r\nX: y",
            "GET /x",
            "",
            "TRACE",
            "OPTIONS",
            "PROPFIND",
            "*",
            "ＧＥＴ",
        ] {
            assert_eq!(Method::parse(wrong), None, "{wrong:?}");
        }
        assert_eq!(
            Deployment::parse("data-center"),
            Some(Deployment::DataCenter)
        );
        assert_eq!(Deployment::parse("datacenter"), None);
    }

    #[test]
    fn site_names_that_could_be_read_two_ways_are_refused() {
        for wrong in [
            "",
            "*",
            "jira ",
            " jira",
            "jira/../confluence",
            "a.b",
            "jira\0",
            "jirа",
            "-a",
            "__proto__",
            &"a".repeat(65),
        ] {
            assert_eq!(SiteName::parse(wrong), Err(NameError), "{wrong:?}");
        }
        assert!(SiteName::parse("jira-onprem_2").is_ok());
    }
}
