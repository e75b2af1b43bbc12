//! The schema for editors: every policy that parses fits it, and an unknown key fits nowhere.

use jsonschema::Validator;
use serde_json::{Value, json};

use super::generate::{Dice, policy};
use super::slips::slips;
use super::*;
use crate::{Profile, schema};

fn validator() -> Validator {
    jsonschema::validator_for(&schema()).expect("the schema is one")
}

fn json_of(text: &str) -> Value {
    fn convert(value: toml::Value) -> Value {
        match value {
            toml::Value::Datetime(date) => json!(date.to_string()),
            toml::Value::Array(items) => items.into_iter().map(convert).collect(),
            toml::Value::Table(table) => table
                .into_iter()
                .map(|(key, value)| (key, convert(value)))
                .collect(),
            toml::Value::String(text) => json!(text),
            toml::Value::Integer(number) => json!(number),
            toml::Value::Float(number) => json!(number),
            toml::Value::Boolean(flag) => json!(flag),
        }
    }
    convert(toml::Value::Table(text.parse().expect("the text is TOML")))
}

#[test]
fn what_the_parser_takes_fits_the_schema() {
    let validator = validator();
    let sites = fixture().sites().to_vec();
    let profiles = Profile::ALL.into_iter().map(|profile| profile.text(&sites));
    let mut dice = Dice::new(9);
    let generated = (0..200).map(|_| policy(&mut dice).text().to_owned());
    let slips = slips()
        .into_iter()
        .map(|slip| slip.text.trim_start_matches('\u{feff}').to_owned());
    let texts = profiles
        .chain(generated)
        .chain(slips)
        .chain([FIXTURE.to_owned()]);
    for text in texts {
        let errors: Vec<String> = validator
            .iter_errors(&json_of(&text))
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}\n{text}");
    }
}

#[test]
fn what_fits_nowhere_is_refused_by_both() {
    let validator = validator();
    let rule = "[[rule]]\nid = \"t\"\nsite = \"jira\"\n";
    for (from, to) in [
        ("version = 1", "version = 2"),
        ("version = 1", "version = 1\nmode = \"audit\""),
        ("version = 1", "version = 1\naudit-until = 2027-01-31"),
        (
            "version = 1",
            "version = 1\nmode = \"audit\"\naudit-until = \"soon\"",
        ),
        (
            "version = 1",
            "version = 1\nmode = \"enforce\"\naudit-until = 2027-01-31",
        ),
        ("redirect = \"media\"", "per-minute = 0"),
        ("redirect = \"media\"", "per-minute = 10001"),
        ("version = 1", "version = 1\ncomponent.sha256 = \"00\""),
        ("[site.jira]\n", "[site.jira]\nsecret = \"x\"\n"),
        (
            "[site.jira]\n",
            "[site.\"a b\"]\norigin = \"https://x\"\nproducts = [\"jira\"]\n[site.jira]\n",
        ),
        ("products = [\"jira\"]", "products = [\"bitbucket\"]"),
        ("products = [\"jira\"]", "products = []"),
        (
            "origin = \"https://jira.example.test\"",
            "origin = \"jira.example.test\"",
        ),
        ("redirect = \"media\"", "confirm = \"yes\""),
        ("redirect = \"media\"", "projects = [\"proj\"]"),
        ("redirect = \"media\"", "projects = []"),
        ("redirect = \"media\"", "spaces = [\"a b\"]"),
        (
            "query = [\"fields\", \"expand\"]",
            "query = [\"fields\", \"fields\"]",
        ),
        ("query = [\"fields\", \"expand\"]", "query = [\"*\"]"),
        ("methods = [\"GET\"]", "methods = [\"get\"]"),
        ("methods = [\"GET\"]\n", ""),
        ("request-max-bytes = 65536", "request-max-bytes = 0"),
        (
            "[[rule]]\nid = \"jira-search\"",
            "[[rule]]\nid = \"default-deny\"",
        ),
        (
            "[[rule]]\nid = \"jira-search\"",
            "[[rule]]\nidd = \"x\"\nid = \"jira-search\"",
        ),
        ("\n[[rule]]", &format!("\n{rule}\n[[rule]]")),
        (
            "\n[[rule]]",
            &format!("\n{rule}classes = [\"read\"]\nroutes = [\"jira.issue.get\"]\n[[rule]]"),
        ),
        (
            "\n[[rule]]",
            &format!("\n{rule}classes = [\"read\"]\nquery = [\"x\"]\n[[rule]]"),
        ),
        (
            "\n[[rule]]",
            "\n[[deny]]\nid = \"d\"\nsite = \"*\"\nclasses = [\"read\"]\nrequest-max-bytes = 1\n[[rule]]",
        ),
        (
            "\n[[rule]]",
            &format!(
                "\n{rule}classes = [\"read\"]\naccept = [{{ code = \"P006\", reason = \"r\" }}]\n[[rule]]"
            ),
        ),
        (
            "\n[[rule]]",
            &format!(
                "\n{rule}classes = [\"read\"]\naccept = [{{ code = \"P000\", reason = \"r\", until = 2027-01-01 }}]\n[[rule]]"
            ),
        ),
    ] {
        assert!(FIXTURE.contains(from), "{from}");
        let text = FIXTURE.replacen(from, to, 1);
        assert!(
            !validator.is_valid(&json_of(&text)),
            "the schema takes {to}"
        );
        assert!(
            Policy::parse(&text, "policy.toml").is_err(),
            "the parser takes {to}"
        );
    }
}
