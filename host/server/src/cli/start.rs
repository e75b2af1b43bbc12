//! What every command that makes calls does first: read the configuration, or bring up the demo
//! site and be configured for it. Warnings go to standard error, secrets out of the environment.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use demo_site::Running;

use super::{DemoDeployment, Selection};
use crate::app::App;
use crate::config::{Config, Options, environment::Environment};
use crate::login::exchange::Errands;
use crate::{harden, log, sandbox};

pub(super) struct Started {
    pub(super) app: Arc<App>,
    pub(super) config_dir: PathBuf,
    /// For the login server of clients.
    pub(super) errands: Arc<Errands>,
    pub(super) demo: Option<Demo>,
}

/// The built-in site and a folder for this run alone; both are gone with it.
pub(super) struct Demo {
    pub(super) folder: tempfile::TempDir,
    _site: Running,
}

/// All that a start reads, and nothing done with it yet.
pub(super) struct Read {
    pub(super) config: Config,
    demo: Option<Demo>,
}

pub(super) fn app(selection: &Selection) -> anyhow::Result<Started> {
    sandbox::open_page_list();
    for problem in harden::harden() {
        tracing::warn!("{problem}");
    }
    let read = read(selection)?;
    for warning in &read.config.warnings {
        log::warn(&warning.to_string());
    }
    read.start()
}

pub(super) fn read(selection: &Selection) -> anyhow::Result<Read> {
    let (config, demo) = match selection.demo {
        None => (
            Config::load(&options(selection), &Environment::of_process())?,
            None,
        ),
        Some(deployment) => {
            let (config, demo) = demo_config(selection, deployment)?;
            (config, Some(demo))
        }
    };
    Ok(Read { config, demo })
}

impl Read {
    pub(super) fn start(self) -> anyhow::Result<Started> {
        let Self { config, demo } = self;
        let secrets = config.secret_variables.iter().map(String::as_str);
        if !harden::forget_variables(secrets) {
            tracing::debug!(
                "tokens stay in this process's environment: it has other threads already"
            );
        }
        Ok(Started {
            config_dir: config.config_dir.clone(),
            errands: Arc::clone(&config.errands),
            app: Arc::new(App::new(config)?),
            demo,
        })
    }
}

fn options(selection: &Selection) -> Options {
    Options {
        config_dir: selection.config_dir.clone(),
        policy: selection.policy.clone(),
        read_only: selection.read_only,
        toolsets: selection.toolsets.clone(),
        tools: selection.tools.clone(),
        exclude_tools: selection.exclude_tools.clone(),
    }
}

/// The demo is configured as a user would be, by variables: nothing is special about it but that
/// they are not read from this process.
fn demo_config(
    selection: &Selection,
    deployment: DemoDeployment,
) -> anyhow::Result<(Config, Demo)> {
    let site = demo_site::spawn(demo_site::Options::new(deployment.into()))
        .context("the demo site did not start")?;
    let folder = tempfile::tempdir().context("no temporary folder for the demo")?;
    let ready = site.ready();
    let mut variables = vec![
        ("JIRA_URL", ready.jira.as_str()),
        ("CONFLUENCE_URL", &ready.confluence),
    ];
    match &ready.user {
        Some(user) => variables.extend([
            ("JIRA_USERNAME", user.as_str()),
            ("JIRA_API_TOKEN", &ready.token),
            ("CONFLUENCE_USERNAME", user),
            ("CONFLUENCE_API_TOKEN", &ready.token),
        ]),
        None => variables.extend([
            ("JIRA_PERSONAL_TOKEN", ready.token.as_str()),
            ("CONFLUENCE_PERSONAL_TOKEN", &ready.token),
        ]),
    }
    let mut options = options(selection);
    options.config_dir = Some(folder.path().to_owned());
    let config = Config::load(&options, &Environment::fixed(variables))?;
    Ok((
        config,
        Demo {
            folder,
            _site: site,
        },
    ))
}
