//! Audit mode on the way out: what passes, until when, and that every line says so.

use super::world::*;

/// The clock of the tests begins on 2026-11-22.
const UNTIL: &str = "2026-11-23";

fn policy() -> String {
    let mode = format!("version = 1\nmode = \"audit\"\naudit-until = {UNTIL}\n");
    POLICY
        .replacen("version = 1\n", &mode, 1)
        .replace("\"jira.issue.get\", ", "")
}

#[test]
fn it_ends_by_itself_while_the_program_runs() {
    let world = World::default();
    let gateway = world.gateway_under(&policy(), MANIFEST);
    let send = || finish(gateway.send(&call("alice"), issue()));
    send().expect("no rule speaks of it, and the audit mode lasts");
    finish(gateway.send(&call("alice"), comment())).expect("by a rule");
    *world.now.lock().unwrap() += Duration::from_secs(3 * 24 * 60 * 60);
    assert_eq!(denial(send()).rule, "default-deny");
    assert_eq!(world.sent().len(), 2);
    let lines: Vec<(String, Option<&str>)> = (world.lines().into_iter())
        .map(|line| (line.rule, line.mode))
        .collect();
    let told: Vec<(&str, Option<&str>)> = (lines.iter())
        .map(|(rule, mode)| (rule.as_str(), *mode))
        .collect();
    assert_eq!(
        told,
        [
            ("audit-mode", Some("audit")),
            // The intent, and the decision.
            ("comment-add", Some("audit")),
            ("comment-add", Some("audit")),
            ("default-deny", None),
        ]
    );
}

#[test]
fn entering_and_leaving_it_takes_a_recorded_reload() {
    let world = World::default();
    let gateway = world.gateway_under(POLICY, MANIFEST);
    let parsed = |text: &str| Arc::new(policy::parse(text, "policy.toml").unwrap());
    gateway.replace_policy(parsed(&policy())).unwrap();
    assert!(gateway.policy().audit_banner().is_some());
    gateway.replace_policy(parsed(POLICY)).unwrap();
    assert!(gateway.policy().audit_banner().is_none());
    let modes: Vec<(LineKind, Option<&str>)> = (world.lines().into_iter())
        .map(|line| (line.kind, line.mode))
        .collect();
    assert_eq!(
        modes,
        [(LineKind::Reload, Some("audit")), (LineKind::Reload, None)]
    );
}
