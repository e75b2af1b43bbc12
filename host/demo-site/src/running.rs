//! Starting and stopping a site: binds a loopback port, serves until told to stop, says how to
//! reach it. Never binds anything but 127.0.0.1.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::log::{Journal, RequestLine};
use crate::options::{Deployment, Options};
use crate::serve::{self, Front};
use crate::site::Site;
use crate::world::{FIRST_USER, MAIL_HOST};

/// How long open connections may take to finish once the site was told to stop.
const PATIENCE: Duration = Duration::from_millis(250);

/// How to reach a running site. As JSON it is the line that the command prints when ready.
#[derive(Clone, Serialize)]
pub struct Ready {
    pub deployment: &'static str,
    pub jira: String,
    pub confluence: String,
    /// The e-mail address for Basic; none on Data Center, where the token is a personal access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    pub token: String,
}

impl Ready {
    /// One line of JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("only strings")
    }
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ready")
            .field("jira", &self.jira)
            .field("confluence", &self.confluence)
            .finish_non_exhaustive()
    }
}

/// A site that serves. Dropping it stops it.
pub struct Running {
    ready: Ready,
    journal: Arc<Journal>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// The newest requests in the order in which they were answered.
    pub fn requests(&self) -> Vec<RequestLine> {
        self.journal.lines()
    }

    pub fn forget_requests(&self) {
        self.journal.forget();
    }

    /// Stops serving; a site with its own thread is gone when this returns.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The other end is gone only if the server already ended.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// Serves on the caller's runtime.
pub async fn start(options: Options) -> io::Result<Running> {
    let (running, serving) = prepare(options).await?;
    tokio::spawn(serving);
    Ok(running)
}

/// Serves on a thread of its own; for callers without a runtime.
pub fn spawn(options: Options) -> io::Result<Running> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (mut running, serving) = runtime.block_on(prepare(options))?;
    let thread = std::thread::Builder::new()
        .name("demo-site".into())
        .spawn(move || runtime.block_on(serving))?;
    running.thread = Some(thread);
    Ok(running)
}

async fn prepare(mut options: Options) -> io::Result<(Running, impl Future<Output = ()>)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let token = options.token.take().unwrap_or_else(random_token);
    let journal = Arc::new(Journal::new(options.log.take()));
    let ready = describe(options.deployment, &origin, &token);
    let front = Front {
        site: Site::new(&options, &origin, &token),
        journal: journal.clone(),
        delay: options.delay,
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = async move {
        let (announce, mut announced) = oneshot::channel::<()>();
        let signal = async move {
            let _ = stopped.await;
            drop(announce);
        };
        let server = axum::serve(listener, serve::router(front)).with_graceful_shutdown(signal);
        tokio::select! {
            _ = server.into_future() => {}
            () = async { let _ = (&mut announced).await; tokio::time::sleep(PATIENCE).await } => {}
        }
    };
    let running = Running {
        ready,
        journal,
        stop: Some(stop),
        thread: None,
    };
    Ok((running, serving))
}

fn describe(deployment: Deployment, origin: &str, token: &str) -> Ready {
    let (jira, confluence, user) = match deployment {
        Deployment::Cloud => (
            origin.to_owned(),
            format!("{origin}/wiki"),
            Some(format!("{FIRST_USER}@{MAIL_HOST}")),
        ),
        Deployment::DataCenter => (
            format!("{origin}/jira"),
            format!("{origin}/confluence"),
            None,
        ),
    };
    Ready {
        deployment: deployment.as_str(),
        jira,
        confluence,
        user,
        token: token.to_owned(),
    }
}

/// 128 bits: each `RandomState` is keyed by the operating system's random numbers, which is enough
/// for a secret that opens a made-up site on loopback.
pub(crate) fn random_token() -> String {
    let draw = || RandomState::new().build_hasher().finish();
    format!("demo-{:016x}{:016x}", draw(), draw())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_start_has_its_own_token() {
        assert_ne!(random_token(), random_token());
        assert_eq!(random_token().len(), "demo-".len() + 32);
    }

    #[test]
    fn the_ready_line_is_what_scripts_read() {
        let cloud = describe(Deployment::Cloud, "http://127.0.0.1:1", "t");
        insta::assert_snapshot!(cloud.to_json(), @r#"{"deployment":"cloud","jira":"http://127.0.0.1:1","confluence":"http://127.0.0.1:1/wiki","user":"ada@demo.example","token":"t"}"#);
        let own = describe(Deployment::DataCenter, "http://127.0.0.1:1", "t");
        insta::assert_snapshot!(own.to_json(), @r#"{"deployment":"data-center","jira":"http://127.0.0.1:1/jira","confluence":"http://127.0.0.1:1/confluence","token":"t"}"#);
    }
}
