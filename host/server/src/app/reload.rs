//! Another policy while the program runs: looked for when the file has changed, taken whole or not at all. Where anything
//! about the new file is wrong, the old policy stays in force, and standard error says why.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use door::Visitor;
use gateway::AuditError;
use policy::Policy;

use super::rights::Rights;
use super::{App, local};
use crate::config::{Finding, PolicyText};
use crate::stamp::Stamp;

/// How long a change may go unseen.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Why the old policy stays.
#[derive(Debug, thiserror::Error)]
pub(super) enum Kept {
    #[error("{0}")]
    Unbelieved(Finding),
    #[error("there is no {0} any more; put it back, or end this program")]
    Gone(String),
    /// Credentials were matched to the sites when the program started, and some are no longer where they were read.
    #[error(
        "[site.NAME] or [component] is not as it was when this program started, and that takes a new start; rules, denials \
         and principals do not"
    )]
    OtherSites,
    #[error(transparent)]
    Unrecorded(#[from] AuditError),
}

impl App {
    /// Until the program ends. Does nothing where the rights do not come from a file.
    pub(crate) async fn follow_policy(self: Arc<Self>) {
        let Some(text) = &self.policy_text else {
            return;
        };
        // The file may have changed since it was read at the start.
        let mut seen = None;
        let mut known = self.rights();
        loop {
            tokio::time::sleep(LOOK_AGAIN).await;
            self.look(text, &mut seen);
            // Other ones come from the file or, where audit mode has ended, from the calendar.
            let now = self.rights();
            self.announce(&known, &now);
            known = now;
        }
    }

    fn look(&self, text: &PolicyText, seen: &mut Option<Option<Stamp>>) {
        // Taken before reading: a change in between is found the next time.
        let stamp = Some(Stamp::of(text.path()));
        if stamp == *seen {
            return;
        }
        *seen = stamp;
        match self.reload(text) {
            Ok(None) => {}
            Ok(Some((old, new))) => {
                tracing::warn!(%old, %new, "another policy is in force");
            }
            Err(kept) => {
                tracing::error!(
                    "the policy file was changed, and the old policy stays in force: {kept}"
                );
            }
        }
    }

    /// Says so where whoever started the process is offered other tools under the new rights.
    fn announce(&self, old: &Arc<Rights>, new: &Arc<Rights>) {
        let own_list = |rights: &Rights| rights.of(&Visitor::whole(local())).offered.list();
        if !Arc::ptr_eq(old, new) && own_list(old) != own_list(new) {
            self.own_list.send_replace(());
        }
    }

    /// The digests of the old and the new policy, where there is another one now.
    pub(super) fn reload(&self, text: &PolicyText) -> Result<Option<(String, String)>, Kept> {
        let gone = || Kept::Gone(text.path().display().to_string());
        let new = text.read().map_err(Kept::Unbelieved)?.ok_or_else(gone)?;
        let rights = self.rights();
        let digests = (rights.policy.digest(), new.digest());
        if digests.0 == digests.1 {
            return Ok(None);
        }
        if !leads_to_the_same(&rights.policy, &new) {
            return Err(Kept::OtherSites);
        }
        let new = Arc::new(new);
        self.gateway.replace_policy(Arc::clone(&new))?;
        let under = Arc::new(rights.under(new));
        *self.rights.write().unwrap_or_else(PoisonError::into_inner) = under;
        Ok(Some(digests))
    }
}

fn leads_to_the_same(old: &Policy, new: &Policy) -> bool {
    old.sites() == new.sites() && old.component_sha256() == new.component_sha256()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use mcp::Provider as _;

    use super::*;
    use crate::app::Server;
    use crate::config::environment::Environment;
    use crate::config::{Config, Options};

    const HEAD: &str = "version = 1\n\n[site.acme]\norigin = \"https://acme.atlassian.net\"\nproducts = [\"jira\"]\n";

    fn with(classes: &str) -> String {
        format!("{HEAD}\n[[rule]]\nid = \"work\"\nsite = \"acme\"\nclasses = [{classes}]\n")
    }

    fn app(home: &tempfile::TempDir) -> (App, PolicyText) {
        std::fs::write(home.path().join("policy.toml"), with("\"read\"")).unwrap();
        let options = Options {
            config_dir: Some(home.path().to_owned()),
            ..Options::default()
        };
        let environment = Environment::fixed([]);
        let app = App::new(Config::load(&options, &environment).unwrap()).unwrap();
        let text = app.policy_text.clone().unwrap();
        (app, text)
    }

    fn offers_writes(app: &App) -> bool {
        let standing = app.standing(&Visitor::whole(local()));
        standing.offered.list().contains("jira_add_comment")
    }

    fn records(home: &tempfile::TempDir) -> String {
        let files = std::fs::read_dir(home.path().join("audit"))
            .into_iter()
            .flatten();
        let texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
        texts.collect()
    }

    #[test]
    fn a_new_policy_holds_at_once_and_is_recorded_with_the_old_one() {
        let home = tempfile::tempdir().unwrap();
        let (app, text) = app(&home);
        assert!(!offers_writes(&app));
        assert_eq!(app.reload(&text).unwrap(), None);
        assert_eq!(records(&home), "");
        std::fs::write(text.path(), with("\"read\", \"write\"")).unwrap();
        let (old, new) = app.reload(&text).unwrap().unwrap();
        assert!(offers_writes(&app));
        assert_eq!(app.gateway.policy().digest(), new);
        let records = records(&home);
        assert!(
            records.contains("\"kind\":\"reload\"")
                && records.contains(&old)
                && records.contains(&new),
            "{records}"
        );
    }

    #[test]
    fn only_another_list_of_tools_is_news_and_only_for_who_stays() {
        let home = tempfile::tempdir().unwrap();
        let (app, text) = app(&home);
        let app = Arc::new(app);
        let visitor = Visitor::whole(local());
        let visiting = Server::for_visitor(Arc::clone(&app), visitor);
        assert!(visiting.list_changes().is_none());
        let mut news = Server::new(Arc::clone(&app)).list_changes().unwrap();
        let mut is_news = |policy: &str| {
            std::fs::write(text.path(), policy).unwrap();
            let before = app.rights();
            app.look(&text, &mut None);
            app.announce(&before, &app.rights());
            let is_news = news.has_changed().unwrap();
            news.mark_unchanged();
            is_news
        };
        let wider = with("\"read\", \"write\"");
        assert!(!is_news(&with("\"read\"")));
        assert!(is_news(&wider));
        assert!(!is_news(&format!("{wider}\n# The same tools.\n")));
        assert!(!is_news("broken"));
        assert!(is_news(&with("\"read\"")));
    }

    #[test]
    fn a_file_that_is_wrong_in_any_way_changes_nothing() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let (app, text) = app(&home);
        let digest = app.gateway.policy().digest();
        let wider = with("\"read\", \"write\"");
        let elsewhere = wider.replace("acme.atlassian.net", "evil.atlassian.net");
        let foreign = format!("{wider}\n[component]\nsha256 = \"{}\"\n", "0".repeat(64));
        for (wrong, said) in [
            (wider.replace("classes", "clases"), "has mistakes"),
            (String::new(), "has mistakes"),
            (elsewhere, "takes a new start"),
            (foreign, "takes a new start"),
        ] {
            std::fs::write(text.path(), wrong).unwrap();
            let kept = app.reload(&text).unwrap_err().to_string();
            assert!(kept.contains(said), "{kept}");
        }
        std::fs::write(text.path(), &wider).unwrap();
        std::fs::set_permissions(text.path(), std::fs::Permissions::from_mode(0o666)).unwrap();
        assert!(matches!(app.reload(&text), Err(Kept::Unbelieved(_))));
        std::fs::remove_file(text.path()).unwrap();
        assert!(matches!(app.reload(&text), Err(Kept::Gone(_))));
        assert_eq!(app.gateway.policy().digest(), digest);
        assert!(!offers_writes(&app));
        assert_eq!(records(&home), "");
    }
}
