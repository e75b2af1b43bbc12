//! The team: who there is and how each product names them.

use std::collections::BTreeMap;

/// User name of the person whose token the site hands out.
pub(crate) const FIRST_USER: &str = "ada";
pub(crate) const MAIL_HOST: &str = "demo.example";

#[derive(Debug, Clone)]
pub(crate) struct User {
    /// Data Center's user name, and the name inside this program.
    pub(crate) name: String,
    /// Cloud's only identifier.
    pub(crate) account_id: String,
    /// Data Center's unchanging key.
    pub(crate) key: String,
    pub(crate) display_name: String,
    /// None where the person hides it.
    pub(crate) email: Option<String>,
    pub(crate) active: bool,
    pub(crate) time_zone: &'static str,
    pub(crate) is_app: bool,
}

struct Row(
    &'static str,
    &'static str,
    &'static str,
    Mail,
    bool,
    &'static str,
);

enum Mail {
    Shown,
    Hidden,
}

/// Two people called Ben, one whose name needs more than ASCII, one who left, one robot.
const TEAM: &[Row] = &[
    Row(
        "ada",
        "5b10ac8d82e05b22cc7d4ef5",
        "Ada Okafor",
        Mail::Shown,
        true,
        "Europe/Berlin",
    ),
    Row(
        "ben",
        "5b109f2e9729b51b54dc274d",
        "Ben Lindqvist",
        Mail::Shown,
        true,
        "Europe/Stockholm",
    ),
    Row(
        "bosei",
        "712020:4f0c9b36-0e2c-4c7e-9d7d-0c8a8f6f2b11",
        "Ben Osei",
        Mail::Hidden,
        true,
        "Africa/Accra",
    ),
    Row(
        "chen",
        "5c6e0a8f1d2b3c4d5e6f7a81",
        "Chen Wei",
        Mail::Shown,
        true,
        "Asia/Singapore",
    ),
    Row(
        "dara",
        "5d53f3cbc6b9320d9ea5bdc2",
        "Dara O'Neill",
        Mail::Shown,
        true,
        "Europe/Dublin",
    ),
    Row(
        "emil",
        "712020:a1b2c3d4-5e6f-4a7b-8c9d-0e1f2a3b4c5d",
        "Emil Novák",
        Mail::Hidden,
        true,
        "Europe/Prague",
    ),
    Row(
        "fatima",
        "5e8f7a6b5c4d3e2f1a0b9c8d",
        "Fatima Haddad",
        Mail::Shown,
        true,
        "Europe/Paris",
    ),
    Row(
        "gus",
        "5a9b8c7d6e5f4a3b2c1d0e9f",
        "Gus Former",
        Mail::Hidden,
        false,
        "America/New_York",
    ),
    Row(
        "deploybot",
        "557058:f58131cb-b67d-43c7-b30d-6b58d40bd077",
        "Deploy Bot",
        Mail::Hidden,
        true,
        "Etc/GMT",
    ),
];

pub(crate) fn seed() -> BTreeMap<String, User> {
    TEAM.iter()
        .enumerate()
        .map(
            |(index, Row(name, account_id, display_name, mail, active, time_zone))| {
                let user = User {
                    name: (*name).to_owned(),
                    account_id: (*account_id).to_owned(),
                    key: format!("JIRAUSER{}", 10_100 + index * 7),
                    display_name: (*display_name).to_owned(),
                    email: matches!(mail, Mail::Shown).then(|| format!("{name}@{MAIL_HOST}")),
                    active: *active,
                    time_zone,
                    is_app: *name == "deploybot",
                };
                (user.name.clone(), user)
            },
        )
        .collect()
}
