//! The record in somebody's hands: what the real program wrote is changed without the key, and `audit verify` has to
//! name the place.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use demo_site::Deployment;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::Case;
use super::verdict::Ended;
use crate::audit::{files, session, verify};
use crate::program::Stage;

/// More than a file of 1 MiB holds.
const CALLS: usize = 1_400;

/// The line of record 500, which is the 501st: numbers begin with 0.
const LINE: usize = 501;

/// On a thread that may wait: the program and its site are driven from outside.
pub(crate) async fn run(case: &Case) -> Ended {
    let case = case.clone();
    tokio::task::spawn_blocking(move || play(&case))
        .await
        .unwrap_or_else(|error| Ended::Failed(format!("the driver broke off: {error}")))
}

fn play(case: &Case) -> Ended {
    let tamper = case.input["tamper"].as_str().unwrap_or_default();
    match tamper {
        "edit one field of record 500" => changed(|lines| {
            lines[LINE - 1] = lines[LINE - 1].replacen("\"status\":200", "\"status\":404", 1);
            ("edited", LINE)
        }),
        "delete record 500" => changed(|lines| {
            lines.remove(LINE - 1);
            ("removed", LINE)
        }),
        "swap two records" => changed(|lines| {
            lines.swap(LINE - 1, LINE);
            ("moved", LINE + 1)
        }),
        "cut the last 10 records" => changed(|lines| {
            let left = lines.len() - 10;
            lines.truncate(left);
            ("cut", left + 1)
        }),
        "two processes write at once" => two_at_once(),
        "kill -9 during a write" => {
            Ended::Elsewhere("audit::a_killed_server_leaves_a_record_that_is_whole")
        }
        "log rotated" => rotated(),
        other => Ended::Failed(format!("no such change: {other}")),
    }
}

/// A record in a folder of its own. It is made once, and kept in memory: what a `static` owns is never put away, and a
/// folder would stay behind.
fn recorded() -> TempDir {
    static RECORDED: OnceLock<Vec<(PathBuf, Vec<u8>)>> = OnceLock::new();
    let kept = RECORDED.get_or_init(|| {
        let stage = Stage::new(Deployment::Cloud);
        let folder = stage.config_dir();
        std::fs::create_dir_all(&folder).expect("a folder");
        let settings = "version = 1\n[file]\nrotate-mib = 1\n";
        std::fs::write(folder.join("audit.toml"), settings).expect("a file");
        session(&stage, CALLS);
        let parts = ["audit", "audit-proof"].into_iter();
        let kept = parts.flat_map(|part| {
            let entries = std::fs::read_dir(folder.join(part)).expect("a folder");
            entries.flatten().map(move |entry| {
                let bytes = std::fs::read(entry.path()).expect("a file");
                (Path::new(part).join(entry.file_name()), bytes)
            })
        });
        kept.collect()
    });
    let copy = tempfile::tempdir().expect("the machine has room for a folder");
    for (name, bytes) in kept {
        let path = copy.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a part")).expect("a folder");
        std::fs::write(&path, bytes).expect("a file");
        // As the program leaves them; it does not believe a key that others can read.
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, mode).expect("our own file");
    }
    copy
}

fn changed(change: impl FnOnce(&mut Vec<String>) -> (&'static str, usize)) -> Ended {
    let copy = recorded();
    let path = files(copy.path()).remove(0);
    let text = std::fs::read_to_string(&path).expect("our own file");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let (what, line) = change(&mut lines);
    std::fs::write(&path, lines.join("\n") + "\n").expect("our own file");
    let (code, verdict) = verify(copy.path(), copy.path());
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let found = &verdict["findings"][0];
    let expected = [json!(name), json!(what), json!(line)];
    let place = [&found["file"], &found["what"], &found["line"]];
    if code == Some(1) && place == expected.each_ref() {
        Ended::Held
    } else {
        Ended::Failed(format!(
            "{expected:?} is not what was found ({code:?}): {verdict}"
        ))
    }
}

fn two_at_once() -> Ended {
    let stage = Stage::new(Deployment::Cloud);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| session(&stage, 20));
        }
    });
    let (code, verdict) = verify(stage.home.path(), &stage.config_dir());
    match (code, &verdict["files"]) {
        (Some(0), files) if *files == 2 => Ended::Held,
        _ => Ended::Failed(format!("{code:?}: {verdict}")),
    }
}

/// The first line of each further file names the seal of the last line of the one before.
fn rotated() -> Ended {
    let copy = recorded();
    let read = |path: &Path| {
        let text = std::fs::read_to_string(path).expect("our own file");
        let line = |line: Option<&str>| serde_json::from_str::<Value>(line.unwrap_or_default());
        (line(text.lines().next()), line(text.lines().next_back()))
    };
    let ends: Vec<_> = files(copy.path()).iter().map(|path| read(path)).collect();
    let mut problems = Vec::new();
    if ends.len() < 2 {
        problems.push(format!("{} files", ends.len()));
    }
    for pair in ends.windows(2) {
        match (&pair[0].1, &pair[1].0) {
            (Ok(last), Ok(first)) if first["prev"] == last["mac"] => {}
            other => problems.push(format!("{other:?}")),
        }
    }
    let (code, verdict) = verify(copy.path(), copy.path());
    if code != Some(0) {
        problems.push(format!("{code:?}: {verdict}"));
    }
    Ended::of(problems)
}
