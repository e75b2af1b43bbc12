//! Many processes, some of them killed, and one login that must not be lost.

use std::process::Child;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use demo_site::{Deployment, RequestLine, TokenLife};
use server::store::Record;

use crate::clean::assert_clean;
use crate::stage::{Stage, assert_success, said};

/// When the next process is killed, counted from what the login server sees.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kill {
    Never,
    /// The server has renewed the token; nobody has got its answer yet.
    BeforeAnswer,
    /// So long after the answer left: between reading it and having saved it.
    AfterAnswer(Duration),
    /// The new token is used for the first time.
    AtFirstUse,
}

/// What to do, and to which process.
pub(crate) type Order = (Kill, Option<u32>);

/// Runs in the site, between making an answer and sending it.
pub(crate) fn obey(order: &Arc<Mutex<Order>>, line: &RequestLine) {
    let (kill, victim) = *order.lock().unwrap();
    let is_token = line.path.ends_with("/token");
    let Some(victim) = victim.or_else(|| wait_for_victim(order)) else {
        return;
    };
    let end = move || {
        let victim = rustix::process::Pid::from_raw(i32::try_from(victim).unwrap()).unwrap();
        let _ = rustix::process::kill_process(victim, rustix::process::Signal::KILL);
    };
    match kill {
        Kill::BeforeAnswer if is_token => end(),
        Kill::AfterAnswer(time) if is_token => {
            std::thread::spawn(move || {
                std::thread::sleep(time);
                end();
            });
        }
        Kill::AtFirstUse if line.path.contains("/rest/api/") => end(),
        _ => {}
    }
}

/// A process may be faster than the test that started it.
fn wait_for_victim(order: &Arc<Mutex<Order>>) -> Option<u32> {
    for _ in 0..100 {
        let (kill, victim) = *order.lock().unwrap();
        if matches!(kill, Kill::Never) || victim.is_some() {
            return victim;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    None
}

impl Stage {
    fn renewals(&self) -> usize {
        let is_renewal = |line: &&RequestLine| {
            line.path.ends_with("/token")
                && line.status == 200
                && String::from_utf8_lossy(&line.body).contains("refresh_token")
        };
        self.site.requests().iter().filter(is_renewal).count()
    }

    /// Starts a process that needs a token and kills it as ordered.
    fn killed(&self, order: Kill) {
        *self.kill.lock().unwrap() = (order, None);
        let mut child = self.command(&["status"]).spawn().unwrap();
        self.kill.lock().unwrap().1 = Some(child.id());
        child.wait().unwrap();
        *self.kill.lock().unwrap() = (Kill::Never, None);
    }
}

#[test]
fn twenty_calls_at_once_with_an_expired_token_renew_it_once() {
    for deployment in [Deployment::Cloud, Deployment::DataCenter] {
        let stage = Stage::new(deployment);
        stage.consent();
        stage.expire();
        assert_eq!(stage.renewals(), 0);
        let call = ["call", "jira_get_issue", r#"{"issue_key":"PROJ-1"}"#];
        let children: Vec<Child> = (0..20)
            .map(|_| stage.command(&call).spawn().unwrap())
            .collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert_success(&output, "a call");
            assert!(said(&output).contains("PROJ-1"), "{}", said(&output));
            assert_clean(&output.stdout);
            assert_clean(&output.stderr);
        }
        assert_eq!(stage.renewals(), 1, "{deployment}");
        let renewed = stage
            .record_lines()
            .into_iter()
            .filter(|line| line["rule"] == "host-token" && line["kind"] == "decision");
        // The consent's own tokens, and the one renewal.
        assert_eq!(renewed.count(), 2, "{deployment}");
    }
}

/// `AIRLOCK_KILL_ROUNDS` asks for more rounds.
#[test]
fn a_process_killed_at_any_step_loses_no_login() {
    let rounds = std::env::var("AIRLOCK_KILL_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(16);
    let stage = Stage::new(Deployment::Cloud);
    stage.consent();
    for round in 0..rounds {
        let order = match round % 4 {
            0 => Kill::BeforeAnswer,
            1 | 2 => Kill::AfterAnswer(Duration::from_micros(5_000 + 150 * (round % 40))),
            _ => Kill::AtFirstUse,
        };
        stage.expire();
        stage.killed(order);
        assert_success(
            &stage.run(&["status"]),
            &format!("round {round}, {order:?}"),
        );
    }
}

#[test]
fn without_a_leeway_a_kill_ends_the_login_in_words_and_keeps_the_record() {
    let life = TokenLife {
        leeway: Duration::ZERO,
        ..TokenLife::default()
    };
    let stage = Stage::with(Deployment::Cloud, life);
    stage.consent();
    stage.expire();
    stage.killed(Kill::BeforeAnswer);
    for _ in 0..2 {
        let output = stage.run(&["status"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            said(&output).contains("mcp-airlock login"),
            "{}",
            said(&output)
        );
    }
    let (store, id) = stage.record();
    assert!(matches!(
        stage.runtime.block_on(store.read(&id)).unwrap(),
        Record::OAuth(tokens) if tokens.has_ended
    ));
}
