//! Reads credentials.toml: which secret reference belongs to which site and how it is sent.
//!
//! ```toml
//! [site.acme]
//! kind = "basic"                 # or "bearer"
//! user = "me@example.com"        # with "basic" only
//! secret = "env:JIRA_API_TOKEN"  # or any other reference; "store:" is what `login` writes
//!
//! [site.beta]
//! kind = "oauth"                 # or "client-credentials", whose secret is the client's
//! client-id = "…"
//! redirect-uri = "http://localhost:8976/callback"
//! secret = "store:"
//! account = "Ada Lovelace"       # whose it is; `login` writes it, and a record in the store is sealed for it
//! expires = 2027-03-01           # as the person who made the token said
//! client-key = "file:/etc/airlock/me.key"                # of the site's `client-cert`
//! headers = { "X-Gateway-Key" = "env:GATEWAY_KEY" }      # for those that the site names in policy.toml
//!
//! [principal.alice.site.acme]    # hers alone, when she comes over HTTP
//! kind = "basic"
//! user = "alice@example.com"
//! secret = "file:/etc/airlock/alice"
//! ```
//!
//! Before the tables `shared = ["acme"]` may name the sites whose own credential everybody else uses.
//!
//! Unknown keys are mistakes. Values are never repeated in a message: people paste tokens into the wrong line.

mod owners;

use std::collections::BTreeMap;
use std::ops::Range;

use policy::{Day, ExtraHeader, Principal, SiteName};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::auth::{Scheme, Sharing};
use crate::config::Finding;
use crate::secrets::SecretRef;

/// What the file says.
#[derive(Debug, Default)]
pub(crate) struct Credentials {
    /// Those of sites before those of principals.
    pub(crate) entries: Vec<Entry>,
    pub(crate) sharing: Sharing,
}

/// One `[site.NAME]` or `[principal.NAME.site.NAME]` table.
#[derive(Debug)]
pub(crate) struct Entry {
    /// `None`: the site's own, of whoever starts the program and of those it is shared with.
    pub(crate) owner: Option<Principal>,
    pub(crate) site: SiteName,
    /// File and line, for messages about this entry.
    pub(crate) place: String,
    pub(crate) scheme: Scheme,
    pub(crate) secret: SecretRef,
    pub(crate) issue: Issue,
    /// Whose credential it is: what the service calls the person, else the user name. May be empty.
    pub(crate) account: String,
    /// What the person was told when the token was made; sites do not say.
    pub(crate) expires: Option<Day>,
    pub(crate) gate: Gate,
}

/// References for what a gateway in front of the site asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gate {
    pub(crate) client_key: Option<SecretRef>,
    pub(crate) headers: BTreeMap<ExtraHeader, SecretRef>,
}

/// Where the token that is sent comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Issue {
    /// It is the secret itself.
    Fixed,
    /// A login server renews it; the secret is the site's record.
    OAuth {
        client_id: String,
        redirect_uri: String,
    },
    /// A login server gives it for the client's own secret.
    Client { client_id: String },
}

/// All entries, or every mistake in the file.
pub(crate) fn parse(text: &str, file_name: &str) -> Result<Credentials, Vec<Finding>> {
    let mut reader = Reader {
        text,
        file_name,
        findings: Vec::new(),
    };
    let credentials = match DeTable::parse(text) {
        Ok(root) => reader.root(root.get_ref()),
        Err(error) => {
            reader.report(
                error.span().unwrap_or(0..0),
                "is not valid TOML",
                "Write names as they are, and values between double quotes.",
            );
            Credentials::default()
        }
    };
    if reader.findings.is_empty() {
        return Ok(credentials);
    }
    reader.findings.sort_by_key(|(at, _)| *at);
    Err(reader.findings.into_iter().map(|(_, each)| each).collect())
}

struct Reader<'a> {
    text: &'a str,
    file_name: &'a str,
    /// With the place in the text that each is about.
    findings: Vec<(usize, Finding)>,
}

const SHAPE: &str = "Write a table [site.NAME] with kind, secret and, for kind = \"basic\", user.";

/// The forms that most people need; the documentation has them all.
const REFERENCE: &str = "Write secret = \"env:NAME\", \"file:/absolute/path\", \"op://vault/item/field\" or another \
                         reference; or run `mcp-airlock login`, which writes this file.";

impl Reader<'_> {
    fn site(
        &mut self,
        owner: Option<&Principal>,
        name: &str,
        span: Range<usize>,
        table: &Spanned<DeValue<'_>>,
    ) -> Option<Entry> {
        let DeValue::Table(keys) = table.get_ref() else {
            self.report(span, "is not a table", SHAPE);
            return None;
        };
        let site = match SiteName::parse(name) {
            Ok(site) => site,
            Err(error) => {
                let what = format!("has a site name that cannot be one: {error}");
                self.report(span, &what, "Use the name that policy.toml gives the site.");
                return None;
            }
        };
        let title = match owner {
            Some(owner) => format!("[principal.{owner}.site.{site}]"),
            None => format!("[site.{site}]"),
        };
        let known_before = self.findings.len();
        let (mut kind, mut user, mut secret, mut account) = (None, None, None, None);
        let (mut client_id, mut redirect_uri, mut client_key) = (None, None, None);
        let (mut headers, mut expires) = (BTreeMap::new(), None);
        for (key, value) in keys {
            let slot = match key.get_ref().as_ref() {
                "headers" => {
                    headers = self.headers(&title, value);
                    continue;
                }
                "expires" => {
                    expires = self.day(value);
                    continue;
                }
                "client-key" => &mut client_key,
                "kind" => &mut kind,
                "user" => &mut user,
                "secret" => &mut secret,
                "account" => &mut account,
                "client-id" => &mut client_id,
                "redirect-uri" => &mut redirect_uri,
                _ => {
                    let what = format!("{title} has a key that is not known");
                    self.report(
                        key.span(),
                        &what,
                        "Known are `kind`, `user`, `secret`, `account`, `expires`, `client-key`, `headers`, `client-id` and \
                         `redirect-uri`.",
                    );
                    continue;
                }
            };
            match value.get_ref() {
                DeValue::String(text) => *slot = Some((text.to_string(), value.span())),
                _ => self.report(
                    value.span(),
                    "has a value that is not a text",
                    "Put it between double quotes.",
                ),
            }
        }
        let named = account.map_or_else(
            || {
                user.as_ref()
                    .map(|(user, _)| user.clone())
                    .unwrap_or_default()
            },
            |(account, span)| {
                if account.chars().any(char::is_control) {
                    self.report(span, "has an `account` with a control character", SHAPE);
                }
                account
            },
        );
        let issue = self.issue(
            &title,
            span.clone(),
            &kind,
            client_id,
            redirect_uri,
            &secret,
        );
        let scheme = self.scheme(&title, span.clone(), kind, user);
        let secret = self.secret(&title, span.clone(), secret);
        let client_key = client_key.and_then(|(text, at)| self.reference("client-key", &text, at));
        if self.findings.len() > known_before {
            return None;
        }
        let entry = Entry {
            owner: owner.cloned(),
            site,
            place: self.place(span.clone()),
            scheme: scheme?,
            secret: secret?,
            issue: issue?,
            account: named,
            expires,
            gate: Gate {
                client_key,
                headers,
            },
        };
        self.check_owned(&entry, &title, span);
        Some(entry)
    }

    fn scheme(
        &mut self,
        title: &str,
        table: Range<usize>,
        kind: Option<(String, Range<usize>)>,
        user: Option<(String, Range<usize>)>,
    ) -> Option<Scheme> {
        const KINDS: &str = "Write kind = \"basic\" for a Cloud API token (with user = your e-mail), \
                             kind = \"bearer\" for a Data Center personal access token. `mcp-airlock login` writes them all.";
        let Some((kind, kind_span)) = kind else {
            self.report(table, &format!("{title} has no `kind`"), KINDS);
            return None;
        };
        match (kind.as_str(), user) {
            ("basic", Some((user, span))) => match check_user(&user) {
                Ok(()) => Some(Scheme::Basic { user }),
                Err(what) => {
                    self.report(span, what, "Write the e-mail address of the account.");
                    None
                }
            },
            ("basic", None) => {
                let what = format!("{title} is of kind \"basic\" and has no `user`");
                self.report(table, &what, "Add user = \"your e-mail address\".");
                None
            }
            ("bearer" | "oauth" | "client-credentials", None) => Some(Scheme::Bearer),
            (kind @ ("bearer" | "oauth" | "client-credentials"), Some((_, span))) => {
                let what = format!("{title} is of kind \"{kind}\" and has a `user`");
                self.report(
                    span,
                    &what,
                    "Take `user` out, or write kind = \"basic\" if this is a Cloud API token.",
                );
                None
            }
            _ => {
                self.report(kind_span, "has a `kind` that is not known", KINDS);
                None
            }
        }
    }

    fn issue(
        &mut self,
        title: &str,
        table: Range<usize>,
        kind: &Option<(String, Range<usize>)>,
        client_id: Option<(String, Range<usize>)>,
        redirect_uri: Option<(String, Range<usize>)>,
        secret: &Option<(String, Range<usize>)>,
    ) -> Option<Issue> {
        const HOW: &str = "Run `mcp-airlock login`, which writes this entry.";
        let kind = kind.as_ref().map_or("", |(kind, _)| kind.as_str());
        match (kind, client_id, redirect_uri) {
            ("oauth", Some((client_id, _)), Some((redirect_uri, _))) => {
                if secret.as_ref().is_some_and(|(text, _)| text != "store:") {
                    let what = format!(
                        "{title} is of kind \"oauth\", whose secret changes with each renewal"
                    );
                    self.report(
                        table,
                        &what,
                        "Write secret = \"store:\"; no other place can be written to.",
                    );
                    return None;
                }
                Some(Issue::OAuth {
                    client_id,
                    redirect_uri,
                })
            }
            ("client-credentials", Some((client_id, _)), None) => Some(Issue::Client { client_id }),
            ("oauth" | "client-credentials", _, _) => {
                let what = format!("{title} does not have the keys of kind \"{kind}\"");
                self.report(table, &what, HOW);
                None
            }
            (_, None, None) => Some(Issue::Fixed),
            (_, Some((_, span)), _) | (_, None, Some((_, span))) => {
                let what = format!("{title} has a key that only OAuth logins have");
                self.report(span, &what, HOW);
                None
            }
        }
    }

    fn secret(
        &mut self,
        title: &str,
        table: Range<usize>,
        secret: Option<(String, Range<usize>)>,
    ) -> Option<SecretRef> {
        let Some((text, span)) = secret else {
            self.report(table, &format!("{title} has no `secret`"), REFERENCE);
            return None;
        };
        match text.parse() {
            Ok(reference) => Some(reference),
            Err(error) => {
                self.report(span, &format!("`secret` {error}"), REFERENCE);
                None
            }
        }
    }

    /// A reference beside the credential; the store has one record for each site, and that is the credential.
    fn reference(&mut self, key: &str, text: &str, span: Range<usize>) -> Option<SecretRef> {
        let what = match text.parse() {
            Ok(SecretRef::Store) => format!("`{key}` cannot be `store:`, where the credential is"),
            Ok(reference) => return Some(reference),
            Err(error) => format!("`{key}` {error}"),
        };
        self.report(
            span,
            &what,
            "Write \"file:/absolute/path\", \"env:NAME\" or another reference.",
        );
        None
    }

    fn headers(
        &mut self,
        title: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> BTreeMap<ExtraHeader, SecretRef> {
        const HOW: &str = "Write headers = { \"X-Gateway-Key\" = \"env:NAME\" }.";
        let mut headers = BTreeMap::new();
        let DeValue::Table(table) = value.get_ref() else {
            self.report(value.span(), "has `headers` that are no table", HOW);
            return headers;
        };
        for (name, value) in table {
            let header = match ExtraHeader::parse(name.get_ref()) {
                Ok(header) => header,
                Err(error) => {
                    let what = format!("{title} has a name in `headers` that {error}");
                    self.report(name.span(), &what, HOW);
                    continue;
                }
            };
            let DeValue::String(text) = value.get_ref() else {
                self.report(value.span(), "has a value that is not a text", HOW);
                continue;
            };
            if let Some(reference) = self.reference("headers", text, value.span()) {
                headers.insert(header, reference);
            }
        }
        headers
    }

    fn day(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Day> {
        let text = match value.get_ref() {
            DeValue::Datetime(day) => day.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => String::new(),
        };
        let day = Day::parse(&text);
        if day.is_none() {
            self.report(
                value.span(),
                "has an `expires` that is no day",
                "Write it like expires = 2027-03-01, or leave it out.",
            );
        }
        day
    }

    fn report(&mut self, span: Range<usize>, what: &str, remedy: &str) {
        let finding = Finding::new(self.place(span.clone()), what, remedy);
        self.findings.push((span.start, finding));
    }

    fn place(&self, span: Range<usize>) -> String {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        format!("{} line {line}", self.file_name)
    }
}

/// A colon would end the user name inside the header (RFC 7617, section 2).
pub(crate) fn check_user(user: &str) -> Result<(), &'static str> {
    if user.trim().is_empty() {
        Err("has an empty `user`")
    } else if user.contains(':') || user.chars().any(char::is_control) {
        Err("has a `user` with a colon or a control character")
    } else {
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests;
