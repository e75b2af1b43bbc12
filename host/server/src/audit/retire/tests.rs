//! What is retired and what stays, and that nobody without the key can have a file go unnoticed in this way.

use std::path::PathBuf;

use gateway::AuditSink as _;
use time::OffsetDateTime;

use super::*;
use crate::audit::tests::{files, line, rotating};
use crate::audit::verify::{Verdict, verify};
use crate::audit::{Folders, Journal, Settings};

/// Two records fill a file.
const ROTATE: u64 = 1_500;

fn keeping(keep: Keep) -> Settings {
    let mut settings = rotating(ROTATE);
    settings.file.keep = keep;
    settings
}

const ALL: Keep = Keep {
    days: None,
    bytes: None,
};

/// Whatever has ended before this millisecond. No file of settings can ask for it.
const NONE: Keep = Keep {
    days: Some(0),
    bytes: None,
};

struct Scene {
    home: tempfile::TempDir,
}

impl Scene {
    /// Five full files and a last one, all of them finished.
    fn new() -> Self {
        let scene = Self {
            home: tempfile::tempdir().unwrap(),
        };
        let journal = scene.journal(ALL);
        journal.ready().unwrap();
        while scene.files().len() < 6 {
            journal.record(&line("/x")).unwrap();
        }
        scene
    }

    fn journal(&self, keep: Keep) -> Journal {
        Journal::below(self.home.path(), keeping(keep), OffsetDateTime::now_utc())
    }

    /// A process that starts, writes two lines about itself and ends.
    fn start(&self, keep: Keep) {
        a_moment();
        self.journal(keep).ready().unwrap();
    }

    fn files(&self) -> Vec<PathBuf> {
        files(self.home.path())
    }

    fn index(&self) -> PathBuf {
        Folders::below(self.home.path()).proof.join("index")
    }

    fn verdict(&self) -> Verdict {
        verify(&Folders::below(self.home.path()), &[]).unwrap()
    }

    fn whole(&self, retired: &str) {
        let said = self.verdict().human();
        assert!(self.verdict().intact, "{said}");
        assert!(said.contains(retired), "{said}");
    }

    fn broken(&self, what: &str) {
        let said = self.verdict().human();
        assert!(!self.verdict().intact && said.contains(what), "{said}");
    }
}

/// Longer than times in the record can tell.
fn a_moment() {
    std::thread::sleep(Duration::from_millis(2));
}

fn bytes(files: &[PathBuf]) -> u64 {
    files
        .iter()
        .map(|file| fs::metadata(file).unwrap().len())
        .sum()
}

#[test]
fn nothing_goes_where_nothing_is_said() {
    let scene = Scene::new();
    scene.start(ALL);
    assert_eq!(scene.files().len(), 7);
    let verdict = scene.verdict();
    assert!(verdict.intact && !verdict.human().contains("retired"));
}

#[test]
fn what_ended_too_long_ago_goes_and_is_counted() {
    let scene = Scene::new();
    let long = Keep {
        days: Some(1),
        bytes: None,
    };
    scene.start(long);
    assert_eq!(scene.files().len(), 7);
    a_moment();
    let running = scene.journal(NONE);
    running.ready().unwrap();
    assert_eq!(scene.files().len(), 1, "what is being written stays");
    scene.whole("1 file (7 retired)");
}

#[test]
fn the_oldest_go_until_the_others_fit() {
    let scene = Scene::new();
    let before = scene.files();
    let keep = Keep {
        days: None,
        bytes: Some(bytes(&before[3..])),
    };
    scene.start(keep);
    assert_eq!(scene.files()[..3], before[3..]);
    scene.whole("4 files (3 retired)");
}

#[test]
fn a_file_that_is_full_makes_room() {
    let scene = Scene {
        home: tempfile::tempdir().unwrap(),
    };
    let keep = Keep {
        days: None,
        bytes: Some(3 * ROTATE),
    };
    let journal = scene.journal(keep);
    for _ in 0..40 {
        journal.record(&line("/x")).unwrap();
        assert!(bytes(&scene.files()) < 5 * ROTATE);
    }
    assert!(scene.files().len() >= 2);
    scene.whole("retired");
}

/// What somebody without the key does to have a file go.
type Removal = fn(&Scene, &Path);

#[test]
fn one_that_went_without_the_index_saying_so_is_missed() {
    fn append(scene: &Scene, line: &str) {
        let index = fs::read_to_string(scene.index()).unwrap();
        fs::write(scene.index(), format!("{index}{line}\n")).unwrap();
    }
    let removals: [(&str, Removal); 4] = [
        ("removed", |_, _| {}),
        ("with a line that nobody sealed", |scene, path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            let retired = r#""v":1,"ts":"2026-11-22T06:30:05.000Z","kind":"retire""#;
            append(
                scene,
                &format!(r#"{{"seq":15,{retired},"file":"{name}","prev":"00","mac":"00"}}"#),
            );
        }),
        ("with the line of another file", |scene, path| {
            let index = fs::read_to_string(scene.index()).unwrap();
            let line = index.lines().find(|line| line.contains("retire")).unwrap();
            let gone = line.split(r#""file":""#).nth(1).unwrap();
            let gone = gone.split('"').next().unwrap();
            let name = path.file_name().unwrap().to_str().unwrap();
            append(scene, &line.replace(gone, name));
        }),
        ("with the same line again", |scene, _| {
            let index = fs::read_to_string(scene.index()).unwrap();
            let line = index.lines().find(|line| line.contains("retire")).unwrap();
            append(scene, line);
        }),
    ];
    for (name, removal) in removals {
        let scene = Scene::new();
        let second = scene.files()[1].clone();
        let keep = Keep {
            days: None,
            bytes: Some(bytes(&scene.files()[1..])),
        };
        scene.start(keep);
        assert_eq!(scene.files()[0], second);
        scene.whole("retired");
        removal(&scene, &second);
        fs::remove_file(&second).unwrap();
        let said = scene.verdict().human();
        assert!(said.contains("the file is missing"), "{name}: {said}");
        // And the next one does not retire what is not there.
        a_moment();
        let _ = scene.journal(NONE).ready();
        scene.broken("the file is missing");
    }
}

#[test]
fn without_its_line_in_the_index_a_retired_file_is_missed() {
    let scene = Scene::new();
    let head = scene.index().with_extension("head");
    let before = (fs::read(scene.index()).unwrap(), fs::read(&head).unwrap());
    scene.start(NONE);
    scene.whole("6 retired");
    let index = fs::read_to_string(scene.index()).unwrap();
    let is_other = |line: &&str| !line.contains("retire");
    let without: Vec<&str> = index.lines().filter(is_other).collect();
    fs::write(scene.index(), without.join("\n") + "\n").unwrap();
    scene.broken("the file is missing");
    scene.broken("removed");
    // Index and head of an earlier day fit together, and miss what went since.
    fs::write(scene.index(), before.0).unwrap();
    fs::write(&head, before.1).unwrap();
    scene.broken("the file is missing");
}

#[test]
fn a_changed_file_stays_and_so_do_all_where_the_index_is_changed() {
    let scene = Scene::new();
    let first = scene.files()[0].clone();
    let text = fs::read_to_string(&first).unwrap();
    fs::write(&first, text.replacen("/x", "/y", 1)).unwrap();
    scene.start(NONE);
    assert_eq!(scene.files()[0], first);
    assert_eq!(scene.files().len(), 2, "the others went");
    scene.broken("is not what was written");

    let scene = Scene::new();
    let index = fs::read_to_string(scene.index()).unwrap();
    fs::write(scene.index(), index.replacen("open", "OPEN", 1)).unwrap();
    scene.start(NONE);
    assert_eq!(scene.files().len(), 7);
}

#[test]
fn what_a_killed_process_left_retired_goes_the_next_time() {
    let scene = Scene::new();
    let first = scene.files()[0].clone();
    let text = fs::read_to_string(&first).unwrap();
    let one_less = Keep {
        days: None,
        bytes: Some(bytes(&scene.files()[1..])),
    };
    scene.start(one_less);
    fs::write(&first, text.replacen("/x", "/y", 1)).unwrap();
    scene.broken("is not what was written");
    fs::write(&first, text).unwrap();
    scene.whole("it is about to be taken away");
    let lines = fs::read_to_string(scene.index())
        .unwrap()
        .matches("retire")
        .count();
    let much = Keep {
        days: None,
        bytes: Some(u64::MAX),
    };
    scene.start(much);
    assert!(!first.exists());
    let index = fs::read_to_string(scene.index()).unwrap();
    assert_eq!(index.matches("retire").count(), lines, "it is said once");
    scene.whole("retired");
}

#[test]
fn who_looks_while_files_go_finds_nothing_amiss() {
    let scene = Scene::new();
    let keep = Keep {
        days: None,
        bytes: Some(ROTATE),
    };
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let journal = scene.journal(keep);
            for _ in 0..120 {
                journal.record(&line("/x")).unwrap();
            }
        });
        while !writing.is_finished() {
            scene.whole("");
        }
    });
}

#[test]
fn the_name_of_a_retired_file_is_not_used_again() {
    let home = tempfile::tempdir().unwrap();
    // The clock stands still, as it does where it is set back to that second, and in a container each process is the first.
    let start = |keep| {
        let started = OffsetDateTime::UNIX_EPOCH;
        let journal = Journal::below(home.path(), keeping(keep), started);
        journal.ready().unwrap();
        drop(journal);
        a_moment();
    };
    start(ALL);
    let first = files(home.path());
    start(NONE);
    let second = files(home.path());
    assert!(first.len() == 1 && second.len() == 1 && first != second);
    assert!(verify(&Folders::below(home.path()), &[]).unwrap().intact);
}
