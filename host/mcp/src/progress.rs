//! Progress of a running call: taken from anywhere without waiting, sent at a bearable rate.
//!
//! The protocol wants values that grow and asks senders to limit themselves
//! (<https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/progress>).
//! The newest report wins; one that was overtaken is never sent.

use std::{sync::Arc, time::Duration};

use rmcp::{
    RoleServer,
    model::{ProgressNotificationParam, ProgressToken},
    service::Peer,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Five a second read as movement and cost a client nothing.
const INTERVAL: Duration = Duration::from_millis(200);

/// Where a call leaves its progress. Cheap to clone; never blocks.
#[derive(Debug, Clone)]
pub struct ProgressSink {
    latest: Arc<watch::Sender<Option<Report>>>,
}

/// The other end: takes reports to the client.
#[derive(Debug)]
pub(crate) struct ProgressFeed {
    latest: watch::Receiver<Option<Report>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Report {
    done: f64,
    total: Option<f64>,
    message: Option<String>,
}

pub(crate) fn channel() -> (ProgressSink, ProgressFeed) {
    let (sender, latest) = watch::channel(None);
    let latest_sender = Arc::new(sender);
    (
        ProgressSink {
            latest: latest_sender,
        },
        ProgressFeed { latest },
    )
}

impl ProgressSink {
    /// Says how far the call is. A value that is not above all earlier ones is dropped.
    pub fn report(&self, done: f64, total: Option<f64>, message: Option<String>) {
        if !done.is_finite() {
            return;
        }
        let total = total.filter(|total| total.is_finite());
        self.latest.send_if_modified(|latest| {
            let grows = latest.as_ref().is_none_or(|report| done > report.done);
            if grows {
                *latest = Some(Report {
                    done,
                    total,
                    message,
                });
            }
            grows
        });
    }
}

impl ProgressFeed {
    /// Sends until `finished` or `cancelled` fires.
    ///
    /// A notification that was begun is waited for, unless the call was cancelled: else it could
    /// overtake nothing and arrive after the call's own answer.
    pub(crate) async fn forward(
        mut self,
        peer: Peer<RoleServer>,
        token: ProgressToken,
        finished: CancellationToken,
        cancelled: CancellationToken,
    ) {
        loop {
            let report = tokio::select! {
                biased;
                () = finished.cancelled() => return,
                () = cancelled.cancelled() => return,
                report = self.next() => match report {
                    Some(report) => report,
                    None => return,
                },
            };
            let mut notification = ProgressNotificationParam::new(token.clone(), report.done);
            notification.total = report.total;
            notification.message = report.message;
            tokio::select! {
                // Once the input has ended rmcp no longer takes notifications, and this would hang.
                () = cancelled.cancelled() => return,
                sent = peer.notify_progress(notification) => if sent.is_err() {
                    return;
                },
            }
            tokio::select! {
                () = finished.cancelled() => return,
                () = cancelled.cancelled() => return,
                () = tokio::time::sleep(INTERVAL) => {}
            }
        }
    }

    async fn next(&mut self) -> Option<Report> {
        self.latest.changed().await.ok()?;
        self.latest.borrow_and_update().clone()
    }
}
