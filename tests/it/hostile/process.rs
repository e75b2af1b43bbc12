//! What the whole program writes down. The real binary's tests hold these; this is the map.

use super::Case;
use super::verdict::Ended;

pub(crate) fn run(case: &Case) -> Ended {
    match case.input["scenario"].as_str().unwrap_or_default() {
        "RUST_LOG=trace, full acceptance run" => {
            Ended::Elsewhere("canary::nothing_that_the_program_writes_holds_a_secret")
        }
        "/proc/PID/environ" | "/proc/PID/cmdline" | "child processes" => {
            Ended::Elsewhere("canary::the_process_shows_nothing")
        }
        "policy explain and replay output" => {
            Ended::Elsewhere("policy_cli::no_verb_shows_a_secret")
        }
        "issue key with newline and a fake record"
        | "1 MiB tool argument"
        | "JSON-special characters" => Ended::Elsewhere("canary::one_decision_is_one_line_of_json"),
        "host panic with the request in scope" => {
            Ended::Later("no way to make the shipped program panic is known")
        }
        "HTTP/2 upstream with trace logs" => Ended::Impossible("the client speaks HTTP/1.1 only"),
        "OpenTelemetry export" => Ended::Later("there is no export"),
        other => Ended::Failed(format!("no scenario {other}")),
    }
}
