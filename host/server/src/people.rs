//! Whom a name from outside means: what a login server or a proxy calls somebody becomes the name that the policy file
//! and the record have. With a table only those in it are known; without one the name is taken as it is, if it can be
//! one.

use std::collections::BTreeMap;

use door::LOCAL;
use policy::Principal;

/// More of it is not repeated.
const SHOWN: usize = 128;

/// `[principals]` of one file.
#[derive(Debug)]
pub(crate) struct People {
    /// For messages.
    file: &'static str,
    names: BTreeMap<String, Principal>,
}

impl People {
    pub(crate) fn parse(
        file: &'static str,
        names: BTreeMap<String, String>,
    ) -> Result<Self, String> {
        let parse = |(outside, name): (String, String)| match Principal::parse(&name) {
            Ok(principal) if name != LOCAL => Ok((outside, principal)),
            _ => Err(format!("[principals]: {name:?} is no name for a principal")),
        };
        let names = names.into_iter().map(parse).collect::<Result<_, _>>()?;
        Ok(Self { file, names })
    }

    /// `Err` says who it would be and how to let them in, for whoever runs the server.
    pub(crate) fn principal(&self, outside: &str) -> Result<Principal, String> {
        if let Some(name) = self.names.get(outside) {
            return Ok(name.clone());
        }
        let shown: String = outside.chars().take(SHOWN).collect();
        let file = self.file;
        if !self.names.is_empty() {
            return Err(format!(
                "{shown:?}, which [principals] of {file} does not name; to let them in add {shown:?} = \"NAME\" there"
            ));
        }
        match Principal::parse(outside) {
            Ok(name) if name.as_str() != LOCAL => Ok(name),
            _ => Err(format!(
                "{shown:?}, which is no name for a principal; give them one in {file}, under [principals]: {shown:?} = \"NAME\""
            )),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn people(names: &[(&str, &str)]) -> Result<People, String> {
        let names = names
            .iter()
            .map(|(outside, name)| ((*outside).to_owned(), (*name).to_owned()));
        People::parse("x.toml", names.collect())
    }

    #[test]
    fn a_table_names_everybody_and_without_one_a_name_is_itself() {
        let table = people(&[("alice@example.com", "alice"), ("x y", "bob")]).unwrap();
        let none = people(&[]).unwrap();
        for (outside, by_table, by_itself) in [
            ("alice@example.com", Some("alice"), None),
            ("x y", Some("bob"), None),
            ("alice", None, Some("alice")),
            ("Alice@example.com", None, None),
            ("local", None, None),
            ("", None, None),
            ("alice,bob", None, None),
        ] {
            for (people, expected) in [(&table, by_table), (&none, by_itself)] {
                let found = people.principal(outside).ok();
                assert_eq!(found.as_ref().map(Principal::as_str), expected, "{outside}");
            }
        }
        for wrong in ["local", "a b", ""] {
            assert!(people(&[("x", wrong)]).is_err(), "{wrong}");
        }
    }
}
