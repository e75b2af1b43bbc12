//! What the owner of a new key may do at most, written into policy.toml before the key is made. Takes away from what the
//! file gives to everybody; a change that would add anything is not written.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, bail};
use clap::Args;
use policy::{Narrowed, Policy, Principal, Profile, SiteName};

use super::super::ask;
use super::super::policy::manifest;
use crate::change::Change;
use crate::config::read_believed;

#[derive(Args)]
pub(in crate::cli) struct Restriction {
    /// The most that the owner may do: read-only, standard or full [default: all that the policy file allows]
    #[arg(long, value_name = "PROFILE", value_parser = profile)]
    profile: Option<Profile>,
    /// A site that the owner may reach [default: all]
    #[arg(long, value_name = "NAME", value_parser = SiteName::parse)]
    site: Vec<SiteName>,
}

fn profile(name: &str) -> Result<Profile, String> {
    let known = Profile::ALL.map(Profile::as_str).join(", ");
    Profile::parse(name).ok_or_else(|| format!("there are {known}"))
}

impl Restriction {
    pub(super) fn write(&self, folder: &Path, principal: &Principal) -> anyhow::Result<()> {
        if self.profile.is_none() && self.site.is_empty() {
            return Ok(());
        }
        let path = folder.join("policy.toml");
        let before = match read_believed(&path) {
            Ok(Some(text)) => text,
            Ok(None) => bail!(
                "there is no {}, and what somebody may do stands in that file; write one with `mcp-airlock policy init`, or \
                 make a key without --profile and --site",
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
            site: Vec::new(),
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
