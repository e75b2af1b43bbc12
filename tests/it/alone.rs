//! Gives a test a process of its own. What is measured of a whole process (its memory) is otherwise also what the
//! tests beside it do.

use std::process::Command;

/// Set in the child: there the test runs, and does not ask for another child.
const ALONE: &str = "AIRLOCK_TEST_ALONE";

/// Whether this is the process of its own. Elsewhere one is started for `test` (its full name), and this one has
/// only to hold that it passed.
#[expect(
    clippy::print_stdout,
    reason = "what the child said is for whoever runs with `--nocapture`, and for `cargo xtask mutants`"
)]
pub(crate) fn is_alone(test: &str) -> bool {
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let program = std::env::current_exe().expect("the test binary has a path");
    let output = Command::new(program)
        .args([test, "--exact", "--nocapture"])
        .env(ALONE, "1")
        .output()
        .expect("the test binary starts again");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.status.success(),
        "{test}, in a process of its own:\n{said}"
    );
    assert!(
        said.contains("1 passed"),
        "no test is named {test}:\n{said}"
    );
    print!("{said}");
    false
}
