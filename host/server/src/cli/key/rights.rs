//! What the owner of a new key may do at most, written into policy.toml before the key is made. Takes away from what the
//! file gives to everybody; a change that would add anything is not written.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, bail};
use clap::Args;
use policy::{Bounds, Narrowed, Policy, Principal, Profile, SiteName};

use super::super::ask;
use super::super::policy::manifest;
use crate::change::Change;
use crate::config::read_believed;

#[derive(Args, Default)]
pub(in crate::cli) struct Restriction {
    /// The most that the owner may do: read-only, standard or full [default: all that the policy file allows]
    #[arg(long, value_name = "PROFILE", value_parser = profile)]
    profile: Option<Profile>,
    /// A site that the owner may reach [default: all]
    #[arg(long, value_name = "NAME", value_parser = SiteName::parse)]
    site: Vec<SiteName>,
    /// The only Jira projects that the owner may reach, by key: PROJ,OPS [default: all that the policy file allows]
    #[arg(long, value_name = "KEYS", value_delimiter = ',')]
    projects: Vec<String>,
    /// The only Confluence spaces that the owner may reach, by key
    #[arg(long, value_name = "KEYS", value_delimiter = ',')]
    spaces: Vec<String>,
}

fn profile(name: &str) -> Result<Profile, String> {
    let known = Profile::ALL.map(Profile::as_str).join(", ");
    Profile::parse(name).ok_or_else(|| format!("there are {known}"))
}

impl Restriction {
    pub(super) fn write(&self, folder: &Path, principal: &Principal) -> anyhow::Result<()> {
        let is_none = self.profile.is_none() && self.site.is_empty();
        if is_none && self.bounds() == Bounds::default() {
            return Ok(());
        }
        let path = folder.join("policy.toml");
        let before = match read_believed(&path) {
            Ok(Some(text)) => text,
            Ok(None) => bail!(
                "there is no {}, and what somebody may do stands in that file; write one with `mcp-airlock policy init`, or \
                 make a key without --profile, --site, --projects and --spaces",
                path.display()
            ),
            Err(finding) => bail!("{finding}"),
        };
        let after = self.added(&before, &path, principal)?;
        let change = Change {
            path,
            before: Some(before),
            after: Some(after),
        };
        ask::say(change.difference().trim_end());
        Ok(change.write()?)
    }

    fn bounds(&self) -> Bounds {
        let keys = |given: &[String]| {
            let keys: BTreeSet<String> = given.iter().cloned().collect();
            (!keys.is_empty()).then_some(keys)
        };
        Bounds {
            projects: keys(&self.projects),
            spaces: keys(&self.spaces),
        }
    }

    fn added(&self, before: &str, path: &Path, principal: &Principal) -> anyhow::Result<String> {
        let parse = |text: &str| {
            Policy::parse(text, &path.display().to_string())
                .map_err(|diagnostics| anyhow::anyhow!("{diagnostics}"))
        };
        let old = parse(before).context("the policy file has mistakes, so nothing was changed")?;
        let sites: BTreeSet<SiteName> = self.site.iter().cloned().collect();
        let narrowed = Narrowed {
            principal,
            sites: (!sites.is_empty()).then_some(&sites),
            profile: self.profile,
            bounds: self.bounds(),
        };
        let after = format!("{}\n\n{}", before.trim_end(), narrowed.lines(&old)?);
        let new =
            parse(&after).context("the lines cannot be put at the end of this policy file")?;
        let told = policy::diff(&old, &new, &manifest()?)?;
        if told.has_new_access() {
            bail!(
                "the change would allow something new, so nothing was changed\n{}",
                told.human()
            );
        }
        Ok(after)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    const POLICY: &str = "# Ours.\nversion = 1\n\n[site.acme]\norigin = \"https://acme.atlassian.net\" # the one\nproducts = [\"jira\"]\n\n\
                          [[rule]]\nid = \"work\"\nsite = \"*\"\nclasses = [\"read\", \"write\"]\n";

    fn read_only(folder: &Path) -> anyhow::Result<()> {
        let restriction = Restriction {
            profile: Some(Profile::ReadOnly),
            ..Restriction::default()
        };
        restriction.write(folder, &Principal::parse("alice").unwrap())
    }

    #[test]
    fn the_section_is_added_and_all_else_stays() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("policy.toml");
        let said = read_only(home.path()).unwrap_err().to_string();
        assert!(said.contains("policy init"), "{said}");
        std::fs::write(&path, POLICY).unwrap();
        read_only(home.path()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let added = text.strip_prefix(POLICY).unwrap();
        insta::assert_snapshot!(added, @r#"

        [principal.alice]
        rules = ["work"]

        [[deny]]
        id = "narrow-alice-1"
        site = "*"
        classes = ["write", "delete", "admin"]
        principals = ["alice"]
        "#);
        let again = read_only(home.path()).unwrap_err().to_string();
        assert!(again.contains("stands in line"), "{again}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn projects_are_written_as_rules_of_ones_own() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("policy.toml");
        let alice = Principal::parse("alice").unwrap();
        let only = |projects: &[&str]| Restriction {
            projects: projects.iter().map(|key| (*key).to_owned()).collect(),
            ..Restriction::default()
        };
        std::fs::write(&path, POLICY).unwrap();
        let said = only(&["proj"]).write(home.path(), &alice).unwrap_err();
        assert!(
            format!("{said:#}").contains("is no key of a project"),
            "{said:#}"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), POLICY);
        only(&["PROJ", "OPS"]).write(home.path(), &alice).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        insta::assert_snapshot!(text.strip_prefix(POLICY).unwrap(), @r#"

        [principal.alice]
        rules = ["alice-1"]

        [[rule]]
        id = "alice-1"
        site = "*"
        classes = ["read", "write"]
        principals = ["alice"]
        projects = ["OPS", "PROJ"]
        "#);
        // Of what is bound already, no more than was there.
        let bound = POLICY.replace("classes", "projects = [\"PROJ\"]\nclasses");
        std::fs::write(&path, &bound).unwrap();
        only(&["PROJ", "OPS"]).write(home.path(), &alice).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.ends_with("projects = [\"PROJ\"]\n"), "{text}");
        std::fs::write(&path, &bound).unwrap();
        let said = only(&["OPS"]).write(home.path(), &alice).unwrap_err();
        assert!(
            said.to_string().contains("opens anything of these"),
            "{said}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_write_is_not_touched() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("policy.toml");
        std::fs::write(&path, POLICY).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        assert!(read_only(home.path()).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), POLICY);
    }
}
