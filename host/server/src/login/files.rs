//! Decides what `login` and `logout` change in policy.toml and credentials.toml: whole blocks at the end, in words that
//! people can edit afterwards. What stood there before stays byte for byte; what was changed since is left alone.

use std::path::Path;

use policy::{Day, Policy, Profile, Site, SiteName, SiteSelector};
use toml_edit::{DocumentMut, Item};

use crate::auth::Scheme;
use crate::change::{Change, DiskError, read};
use crate::credentials::{Gate, Issue};
use crate::secrets::SecretRef;

/// What the person wants the agent to be able to do on a new site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Rights {
    /// Read and write; nothing is deleted or administered
    Standard,
    /// Read only
    ReadOnly,
}

/// Why a file cannot be changed. It is as it was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error("`{0}` is not valid TOML; mend it first (`mcp-airlock policy check` shows where)")]
    NotToml(String),
    #[error("policy.toml has a site `{0}` at another address; choose another name with `--name`")]
    NameTaken(SiteName),
    #[error("the policy file would not be valid with this site, so nothing was changed\n{0}")]
    Invalid(String),
}

/// The policy file with `site` in it. A file that knows the address already keeps its rules.
pub(crate) fn with_site(
    config_dir: &Path,
    site: &Site,
    rights: Rights,
) -> Result<Change, FileError> {
    let path = config_dir.join("policy.toml");
    let before = read(&path)?;
    let after = match &before {
        None => fresh(site, rights),
        Some(text) => {
            let policy = parse(text, &path)?;
            match policy.site(&site.name) {
                Some(known) if known.origin.is_same(&site.origin) => {
                    update(text, &path, known, site)?
                }
                Some(_) => return Err(FileError::NameTaken(site.name.clone())),
                None => format!("{}\n{}", text.trim_end(), block(site, rights, &policy)),
            }
        }
    };
    parse(&after, &path)?;
    Ok(Change {
        path,
        before,
        after: Some(after),
    })
}

/// The policy file without what `login` wrote for the site. A site that somebody edited since stays, and says so by
/// being no change.
pub(crate) fn without_site(config_dir: &Path, name: &SiteName) -> Result<Change, FileError> {
    let path = config_dir.join("policy.toml");
    let before = read(&path)?;
    let after = match &before {
        None => None,
        Some(text) => {
            let policy = parse(text, &path)?;
            policy
                .site(name)
                .map_or(Some(text.clone()), |site| cut(text, site))
        }
    };
    // What is left must stand for itself: a rule that names the site, say, was written by somebody else.
    let after = match after {
        Some(text) if Policy::parse(&text, "policy.toml").is_err() => before.clone(),
        other => other,
    };
    Ok(Change {
        path,
        before,
        after,
    })
}

/// How the credential of a site is written down.
pub(crate) struct Entry<'a> {
    pub(crate) site: &'a SiteName,
    pub(crate) scheme: &'a Scheme,
    pub(crate) secret: &'a SecretRef,
    pub(crate) issue: &'a Issue,
    pub(crate) account: &'a str,
    pub(crate) expires: Option<Day>,
    pub(crate) gate: &'a Gate,
}

/// The credentials file with this entry in the place of an older one of the same site.
pub(crate) fn with_entry(config_dir: &Path, entry: &Entry<'_>) -> Result<Change, FileError> {
    let change = without_entry(config_dir, entry.site)?;
    let mut lines = vec![format!("[site.{}]", entry.site)];
    match entry.scheme {
        Scheme::Basic { user } => {
            lines.push("kind = \"basic\"".to_owned());
            lines.push(format!("user = {}", quoted(user)));
        }
        Scheme::Bearer => lines.extend(bearer_lines(entry.issue)),
    }
    lines.push(format!("secret = {}", quoted(&entry.secret.to_config())));
    lines.push(format!("account = {}", quoted(entry.account)));
    if let Some(day) = entry.expires {
        lines.push(format!("expires = {day}"));
    }
    lines.extend(gate_lines(entry.gate));
    let block = lines.join("\n") + "\n";
    let after = match &change.after {
        Some(kept) if !kept.trim().is_empty() => format!("{}\n\n{block}", kept.trim_end()),
        _ => format!(
            "# Which secret belongs to which site. The secrets themselves stand elsewhere.\n\n{block}"
        ),
    };
    Ok(Change {
        after: Some(after),
        ..change
    })
}

fn gate_lines(gate: &Gate) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(key) = &gate.client_key {
        lines.push(format!("client-key = {}", quoted(&key.to_config())));
    }
    if !gate.headers.is_empty() {
        let pairs = gate
            .headers
            .iter()
            .map(|(name, reference)| format!("{name} = {}", quoted(&reference.to_config())));
        let pairs: Vec<_> = pairs.collect();
        lines.push(format!("headers = {{ {} }}", pairs.join(", ")));
    }
    lines
}

fn bearer_lines(issue: &Issue) -> Vec<String> {
    let client = |id: &str| format!("client-id = {}", quoted(id));
    match issue {
        Issue::Fixed => vec!["kind = \"bearer\"".to_owned()],
        Issue::OAuth {
            client_id,
            redirect_uri,
        } => vec![
            "kind = \"oauth\"".to_owned(),
            client(client_id),
            format!("redirect-uri = {}", quoted(redirect_uri)),
        ],
        Issue::Client { client_id } => {
            vec![
                "kind = \"client-credentials\"".to_owned(),
                client(client_id),
            ]
        }
    }
}

/// The credentials file without the site; no file when nothing but comments is left.
pub(crate) fn without_entry(config_dir: &Path, site: &SiteName) -> Result<Change, FileError> {
    let path = config_dir.join("credentials.toml");
    let before = read(&path)?;
    let after = match &before {
        None => None,
        Some(text) => {
            let left = without_table(text, &path, site)?;
            let is_empty = left
                .lines()
                .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
            (!is_empty || left == *text).then_some(left)
        }
    };
    Ok(Change {
        path,
        before,
        after,
    })
}

/// Takes out the lines of `[site.NAME]` and nothing else; comments before the next table belong to that one.
fn without_table(text: &str, path: &Path, site: &SiteName) -> Result<String, FileError> {
    let mut document = document(text, path)?;
    let sites = document.get_mut("site").and_then(Item::as_table_like_mut);
    if sites
        .and_then(|sites| sites.remove(site.as_str()))
        .is_none()
    {
        return Ok(text.to_owned());
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let header = format!("[site.{site}]");
    let Some(start) = lines.iter().position(|line| line.trim() == header) else {
        // Written in another way than this program does, so in another way it is taken out.
        return Ok(document.to_string());
    };
    let is_table = |line: &&str| line.trim_start().starts_with('[');
    let mut end = lines[start + 1..]
        .iter()
        .position(is_table)
        .map_or(lines.len(), |length| start + 1 + length);
    if end < lines.len() {
        let is_between = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
        while is_between(lines[end - 1]) {
            end -= 1;
        }
        while end < lines.len() && lines[end].trim().is_empty() {
            end += 1;
        }
    }
    Ok([&lines[..start], &lines[end..]].concat().concat())
}

/// Every site that either file names.
pub(crate) fn named_sites(config_dir: &Path) -> Result<Vec<SiteName>, FileError> {
    let mut names = Vec::new();
    for file in ["credentials.toml", "policy.toml"] {
        let path = config_dir.join(file);
        let Some(text) = read(&path)? else { continue };
        let document = document(&text, &path)?;
        let Some(sites) = document.get("site").and_then(Item::as_table_like) else {
            continue;
        };
        names.extend(
            sites
                .iter()
                .filter_map(|(name, _)| SiteName::parse(name).ok()),
        );
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// What a file with this site alone says.
fn fresh(site: &Site, rights: Rights) -> String {
    let sites = std::slice::from_ref(site);
    match rights {
        Rights::Standard => Profile::Standard.text(sites),
        Rights::ReadOnly => Profile::ReadOnly.text(sites),
    }
}

/// The site, and a rule for it unless a rule of the file holds for every site.
fn block(site: &Site, rights: Rights, policy: &Policy) -> String {
    let is_covered = policy
        .rules()
        .any(|rule| matches!(rule.site, SiteSelector::Any));
    let rule = match rights {
        _ if is_covered => String::new(),
        Rights::Standard => rule(site, "read-and-write", "[\"read\", \"write\"]"),
        Rights::ReadOnly => rule(site, "read", "[\"read\"]"),
    };
    format!("\n{}{rule}", site.to_toml())
}

fn rule(site: &Site, what: &str, classes: &str) -> String {
    let name = &site.name;
    format!("\n[[rule]]\nid = \"{name}-{what}\"\nsite = \"{name}\"\nclasses = {classes}\n")
}

/// The same site again: what a login can find out anew is where its requests are sent.
fn update(text: &str, path: &Path, known: &Site, site: &Site) -> Result<String, FileError> {
    if known.cloud_id == site.cloud_id {
        return Ok(text.to_owned());
    }
    let mut document = document(text, path)?;
    let table = document["site"][site.name.as_str()]
        .as_table_like_mut()
        .ok_or_else(|| FileError::NotToml(path.display().to_string()))?;
    match &site.cloud_id {
        None => {
            table.remove("gateway");
        }
        Some(id) => {
            let mut gateway = toml_edit::InlineTable::new();
            gateway.insert("cloud-id", id.as_str().into());
            table.insert("gateway", toml_edit::value(gateway));
        }
    }
    Ok(document.to_string())
}

/// Cuts out what [`with_site`] wrote, if it still stands there as it was written. `None`: nothing else was in the file.
fn cut(text: &str, site: &Site) -> Option<String> {
    if [Rights::Standard, Rights::ReadOnly]
        .iter()
        .any(|rights| fresh(site, *rights) == text)
    {
        return None;
    }
    let mut blocks: Vec<String> = [
        rule(site, "read-and-write", "[\"read\", \"write\"]"),
        rule(site, "read", "[\"read\"]"),
        String::new(),
    ]
    .iter()
    .map(|rule| format!("\n{}{rule}", site.to_toml()))
    .collect();
    blocks.sort_by_key(|block| std::cmp::Reverse(block.len()));
    let left = blocks
        .iter()
        .find_map(|block| {
            let (before, after) = text.split_once(block.as_str())?;
            Some(format!("{before}{after}"))
        })
        .unwrap_or_else(|| text.to_owned());
    let is_bare = [Profile::Standard.text(&[]), Profile::ReadOnly.text(&[])]
        .iter()
        .any(|bare| bare.trim_end() == left.trim_end());
    (!is_bare).then_some(left)
}

fn parse(text: &str, path: &Path) -> Result<Policy, FileError> {
    Policy::parse(text, &path.display().to_string())
        .map_err(|diagnostics| FileError::Invalid(diagnostics.to_string()))
}

fn document(text: &str, path: &Path) -> Result<DocumentMut, FileError> {
    text.parse()
        .map_err(|_| FileError::NotToml(path.display().to_string()))
}

fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use policy::{Origin, Product};
    use std::fs;

    fn site(name: &str, origin: &str) -> Site {
        let name = SiteName::parse(name).unwrap();
        Site::new(name, Origin::parse(origin).unwrap(), vec![Product::Jira])
    }

    fn entry<'a>(site: &'a SiteName, scheme: &'a Scheme, secret: &'a SecretRef) -> Entry<'a> {
        Entry {
            site,
            scheme,
            secret,
            issue: &Issue::Fixed,
            account: "Ada \"the first\" Lovelace",
            expires: Day::parse("2027-01-31"),
            gate: Box::leak(Box::default()),
        }
    }

    #[test]
    fn every_policy_that_login_writes_is_one_and_goes_with_the_logout() {
        for rights in [Rights::Standard, Rights::ReadOnly] {
            let folder = tempfile::tempdir().unwrap();
            let (one, two) = (
                site("one", "https://one.atlassian.net"),
                site("two", "https://two.atlassian.net"),
            );
            for each in [&one, &two] {
                with_site(folder.path(), each, rights)
                    .unwrap()
                    .write()
                    .unwrap();
            }
            let text = fs::read_to_string(folder.path().join("policy.toml")).unwrap();
            let policy = Policy::parse(&text, "policy.toml").unwrap();
            assert_eq!(policy.sites().len(), 2);
            for each in [&one, &two] {
                without_site(folder.path(), &each.name)
                    .unwrap()
                    .write()
                    .unwrap();
            }
            assert!(!folder.path().join("policy.toml").exists(), "{rights:?}");
        }
    }

    #[test]
    fn what_people_wrote_stays_byte_for_byte() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.toml");
        let own = "# mine\nversion = 1 # one\n\n[site.old]\norigin = \"https://old.atlassian.net\" # main\nproducts = [\"jira\"]\n\n[[rule]]\nid = \"own\"\nsite = \"old\"\nclasses = [\"read\"]\n";
        fs::write(&path, own).unwrap();
        let new = site("new", "https://new.atlassian.net");
        let change = with_site(folder.path(), &new, Rights::ReadOnly).unwrap();
        change.write().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(own.trim_end()), "{text}");
        assert!(text.contains("id = \"new-read\"\nsite = \"new\"\nclasses = [\"read\"]"));
        without_site(folder.path(), &new.name)
            .unwrap()
            .write()
            .unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), own);
        // A site that somebody wrote is not taken out by a logout.
        let kept = without_site(folder.path(), &SiteName::parse("old").unwrap()).unwrap();
        assert!(kept.is_nothing());
    }

    #[test]
    fn the_same_login_again_changes_nothing_and_another_address_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let first = site("acme", "https://acme.atlassian.net");
        with_site(folder.path(), &first, Rights::Standard)
            .unwrap()
            .write()
            .unwrap();
        assert!(
            with_site(folder.path(), &first, Rights::Standard)
                .unwrap()
                .is_nothing()
        );
        let other = site("acme", "https://other.atlassian.net");
        let refused = with_site(folder.path(), &other, Rights::Standard).unwrap_err();
        assert!(matches!(refused, FileError::NameTaken(_)), "{refused}");
        let mut scoped = first.clone();
        scoped.cloud_id = Some("11111111-2222-3333-4444-555555555555".to_owned());
        let change = with_site(folder.path(), &scoped, Rights::Standard).unwrap();
        assert!(
            change
                .difference()
                .contains("+gateway = { cloud-id = \"11111111-2222-3333-4444-555555555555\" }"),
            "{}",
            change.difference()
        );
        change.write().unwrap();
        with_site(folder.path(), &first, Rights::Standard)
            .unwrap()
            .write()
            .unwrap();
        let text = fs::read_to_string(folder.path().join("policy.toml")).unwrap();
        assert_eq!(text, fresh(&first, Rights::Standard));
    }

    #[test]
    fn entries_come_and_go_with_their_comments_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials.toml");
        let own = "# the company's sites\n[site.old] # ours\nkind = \"bearer\"\nsecret = \"env:T\"\n\n# a note on zed\n[site.zed]\nkind = \"bearer\"\nsecret = \"env:Z\"\n";
        fs::write(&path, own).unwrap();
        let (name, scheme) = (
            SiteName::parse("new").unwrap(),
            Scheme::Basic {
                user: "me@example.com".into(),
            },
        );
        let store = SecretRef::Store;
        with_entry(folder.path(), &entry(&name, &scheme, &store))
            .unwrap()
            .write()
            .unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(
            crate::credentials::parse(&text, "x").unwrap().entries.len(),
            3
        );
        with_entry(folder.path(), &entry(&name, &Scheme::Bearer, &store))
            .unwrap()
            .write()
            .unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(
            crate::credentials::parse(&text, "x").unwrap().entries.len(),
            3,
            "{text}"
        );
        without_entry(folder.path(), &name)
            .unwrap()
            .write()
            .unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap().trim_end(),
            own.trim_end()
        );
        let zed = SiteName::parse("zed").unwrap();
        without_entry(folder.path(), &zed).unwrap().write().unwrap();
        let old = SiteName::parse("old").unwrap();
        without_entry(folder.path(), &old).unwrap().write().unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_broken_file_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["policy.toml", "credentials.toml"] {
            fs::write(folder.path().join(name), "[site.x\n").unwrap();
        }
        let new = site("new", "https://new.atlassian.net");
        assert!(with_site(folder.path(), &new, Rights::Standard).is_err());
        assert!(without_site(folder.path(), &new.name).is_err());
        assert!(without_entry(folder.path(), &new.name).is_err());
        let store = SecretRef::Store;
        assert!(with_entry(folder.path(), &entry(&new.name, &Scheme::Bearer, &store)).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_of_a_dotfile_manager_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("dotfiles");
        fs::create_dir(&real).unwrap();
        let old = site("old", "https://old.atlassian.net");
        fs::write(real.join("policy.toml"), fresh(&old, Rights::ReadOnly)).unwrap();
        std::os::unix::fs::symlink(real.join("policy.toml"), folder.path().join("policy.toml"))
            .unwrap();
        let new = site("new", "https://new.atlassian.net");
        with_site(folder.path(), &new, Rights::Standard)
            .unwrap()
            .write()
            .unwrap();
        assert!(folder.path().join("policy.toml").is_symlink());
        assert!(
            fs::read_to_string(real.join("policy.toml"))
                .unwrap()
                .contains("[site.new]")
        );
    }
}
