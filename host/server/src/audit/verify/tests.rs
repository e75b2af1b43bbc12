//! Every way to change a record without the key, in the middle and at the end, and what it is called.

use std::fs;
use std::path::{Path, PathBuf};

use gateway::AuditSink;

use super::*;
use crate::audit::tests::{files, journal, kill, line, rotating};
use crate::audit::{Journal, Settings};

/// A start, ten decisions, an end.
const LINES: usize = 12;

/// Three processes: one that ended, one that was killed, one that runs.
struct Scene {
    home: tempfile::TempDir,
    _running: Journal,
}

impl Scene {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let write = |who: &str| {
            let journal = journal(home.path(), Settings::default());
            for number in 1..=10 {
                journal.record(&line(&format!("/{who}/{number}"))).unwrap();
            }
            journal
        };
        drop(write("ended"));
        // Started before the other is gone, so nobody has closed what that one left.
        let (killed, running) = (write("killed"), write("running"));
        kill(&killed);
        Self {
            home,
            _running: running,
        }
    }

    fn file(&self, which: usize) -> PathBuf {
        files(self.home.path())[which].clone()
    }

    fn proof(&self, name: &str) -> PathBuf {
        self.home.path().join("audit-proof").join(name)
    }

    fn verdict(&self) -> Verdict {
        verify(&Folders::below(self.home.path()), &[]).unwrap()
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// What is done to the lines of a file.
type Attack = fn(&mut Vec<String>);

fn attack(path: &Path, attack: Attack) {
    let text = fs::read_to_string(path).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    attack(&mut lines);
    let changed: String = lines.iter().map(|line| format!("{line}\n")).collect();
    assert_ne!(changed, text, "the attack does something");
    fs::write(path, changed).unwrap();
}

fn edit(line: &mut String) {
    let edited = line.replacen("2026", "2027", 1);
    *line = edited;
}

fn forged(lines: &[String]) -> String {
    lines[4].replace("deny", "allow")
}

const ON_LINES: [(&str, Attack, What, usize); 19] = [
    (
        "edit the first",
        |lines| edit(&mut lines[0]),
        What::Edited,
        1,
    ),
    (
        "edit in the middle",
        |lines| edit(&mut lines[5]),
        What::Edited,
        6,
    ),
    (
        "edit the last",
        |lines| edit(lines.last_mut().unwrap()),
        What::Edited,
        LINES,
    ),
    (
        "take a seal away",
        |lines| lines[5] = "{\"seq\":5}".to_owned(),
        What::Edited,
        6,
    ),
    (
        "write a seal",
        |lines| {
            lines[5] = lines[5].replace(
                &lines[5][lines[5].len() - 66..],
                &lines[4][lines[4].len() - 66..],
            )
        },
        What::Edited,
        6,
    ),
    (
        "no JSON any more",
        |lines| lines[5] = "gone".to_owned(),
        What::Edited,
        6,
    ),
    (
        "delete the first",
        |lines| drop(lines.remove(0)),
        What::Removed,
        1,
    ),
    (
        "delete in the middle",
        |lines| drop(lines.remove(5)),
        What::Removed,
        6,
    ),
    (
        "delete three",
        |lines| drop(lines.drain(5..8)),
        What::Removed,
        6,
    ),
    (
        "delete the last",
        |lines| drop(lines.pop()),
        What::Cut,
        LINES,
    ),
    ("cut the last ten", |lines| lines.truncate(2), What::Cut, 3),
    ("cut all", Vec::clear, What::Cut, 1),
    (
        "swap in the middle",
        |lines| lines.swap(5, 6),
        What::Moved,
        7,
    ),
    ("swap far", |lines| lines.swap(3, 7), What::Moved, 5),
    (
        "swap the last two",
        |lines| lines.swap(10, 11),
        What::Moved,
        LINES,
    ),
    (
        "insert in the middle",
        |lines| lines.insert(6, forged(lines)),
        What::Inserted,
        7,
    ),
    (
        "insert at the end",
        |lines| lines.push(forged(lines)),
        What::Inserted,
        LINES + 1,
    ),
    (
        "repeat in the middle",
        |lines| lines.insert(6, lines[3].clone()),
        What::Copied,
        7,
    ),
    (
        "repeat at the end",
        |lines| lines.push(lines[3].clone()),
        What::Copied,
        LINES + 1,
    ),
];

#[test]
fn what_nobody_touched_is_intact() {
    let scene = Scene::new();
    let verdict = scene.verdict();
    assert!(verdict.intact, "{}", verdict.human());
    assert_eq!((verdict.files, verdict.exit_code()), (3, 0));
    // The killed and the running one have no end.
    assert_eq!(verdict.records, 3 * LINES as u64 - 2);
    assert_eq!(verdict.notes, []);
}

#[test]
fn every_change_of_a_file_is_found_and_named() {
    for which in 0..3 {
        for (attack_name, change, what, line) in ON_LINES {
            let scene = Scene::new();
            let path = scene.file(which);
            // Only the first has the line that says that it ended.
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            let shift = LINES - lines;
            if shift > 0 && attack_name == "swap the last two" {
                attack(&path, |lines| lines.swap(9, 10));
            } else {
                attack(&path, change);
            }
            let verdict = scene.verdict();
            let line = if line >= LINES { line - shift } else { line };
            let found = verdict.findings.first();
            let place = found.map(|found| (found.file.as_str(), found.what, found.line));
            assert_eq!(
                place,
                Some((name(&path).as_str(), what, Some(line))),
                "{attack_name} in file {which}: {}",
                verdict.human()
            );
            assert_eq!(verdict.exit_code(), 1);
        }
    }
}

#[test]
fn an_older_copy_of_a_file_is_a_cut_one() {
    let home = tempfile::tempdir().unwrap();
    let journal = journal(home.path(), Settings::default());
    journal.record(&line("/kept")).unwrap();
    let path = files(home.path())[0].clone();
    let old = fs::read(&path).unwrap();
    journal.record(&line("/hidden")).unwrap();
    kill(&journal);
    fs::write(&path, old).unwrap();
    let verdict = verify(&Folders::below(home.path()), &[]).unwrap();
    let human = verdict.human();
    assert_eq!(verdict.findings[0].what, What::Cut, "{human}");
    assert!(
        human.contains("record 2 was cut off, or an older copy"),
        "{human}"
    );
}

#[test]
fn files_that_are_gone_renamed_exchanged_or_added_are_named() {
    type Scheme = (&'static str, fn(&Scene), &'static [(What, usize)]);
    let schemes: [Scheme; 6] = [
        (
            "gone",
            |scene| fs::remove_file(scene.file(0)).unwrap(),
            &[(What::FileMissing, 0)],
        ),
        (
            "gone with its head",
            |scene| {
                let path = scene.file(1);
                fs::remove_file(scene.proof(&format!("{}.head", name(&path)))).unwrap();
                fs::remove_file(path).unwrap();
            },
            &[(What::FileMissing, 1)],
        ),
        (
            "exchanged",
            |scene| {
                let (one, two) = (scene.file(0), scene.file(1));
                let texts = (fs::read(&one).unwrap(), fs::read(&two).unwrap());
                fs::write(one, texts.1).unwrap();
                fs::write(two, texts.0).unwrap();
            },
            &[(What::FileForeign, 0), (What::FileForeign, 1)],
        ),
        (
            "a lost head",
            |scene| {
                fs::remove_file(scene.proof(&format!("{}.head", name(&scene.file(1))))).unwrap()
            },
            &[(What::HeadMissing, 1)],
        ),
        (
            "the head of another",
            |scene| {
                let head = |which| scene.proof(&format!("{}.head", name(&scene.file(which))));
                fs::copy(head(2), head(1)).unwrap();
            },
            &[(What::HeadForeign, 1)],
        ),
        (
            "a head written anew",
            |scene| {
                attack(
                    &scene.proof(&format!("{}.head", name(&scene.file(1)))),
                    |lines| lines[0] = lines[0].replacen('1', "0", 1),
                )
            },
            &[(What::HeadForeign, 1)],
        ),
    ];
    for (scheme_name, scheme, expected) in schemes {
        let scene = Scene::new();
        let names: Vec<_> = files(scene.home.path())
            .iter()
            .map(|path| name(path))
            .collect();
        scheme(&scene);
        let verdict = scene.verdict();
        let found: Vec<_> = verdict
            .findings
            .iter()
            .map(|each| (each.what, each.file.clone()))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(what, which)| (*what, names[*which].clone()))
            .collect();
        assert_eq!(found, expected, "{scheme_name}: {}", verdict.human());
    }
    let scene = Scene::new();
    let (old, new) = (
        scene.file(0),
        scene.file(0).with_file_name("20990101T000000Z-1.jsonl"),
    );
    fs::rename(&old, &new).unwrap();
    let verdict = scene.verdict();
    let found: Vec<_> = verdict
        .findings
        .iter()
        .map(|each| (each.what, each.file.clone()))
        .collect();
    assert_eq!(
        found,
        [
            (What::FileMissing, name(&old)),
            (What::FileForeign, name(&new))
        ]
    );
}

#[test]
fn every_change_of_the_index_is_found_and_named() {
    let attacks: [(&str, Attack, What, usize); 9] = [
        (
            "edit the first",
            |lines| edit(&mut lines[0]),
            What::Edited,
            1,
        ),
        (
            "edit in the middle",
            |lines| edit(&mut lines[2]),
            What::Edited,
            3,
        ),
        (
            "edit the last",
            |lines| edit(lines.last_mut().unwrap()),
            What::Edited,
            5,
        ),
        (
            "delete in the middle",
            |lines| drop(lines.remove(2)),
            What::Removed,
            3,
        ),
        ("delete the last", |lines| drop(lines.pop()), What::Cut, 5),
        ("an older copy", |lines| lines.truncate(2), What::Cut, 3),
        ("nothing left", Vec::clear, What::Cut, 1),
        ("swap", |lines| lines.swap(1, 2), What::Moved, 3),
        (
            "insert",
            |lines| lines.insert(2, lines[1].replace("open", "close")),
            What::Inserted,
            3,
        ),
    ];
    for (attack_name, change, what, line) in attacks {
        let scene = Scene::new();
        attack(&scene.proof(INDEX), change);
        let verdict = scene.verdict();
        let found = verdict
            .findings
            .iter()
            .find(|finding| finding.file == INDEX);
        let place = found.map(|found| (found.what, found.line));
        assert_eq!(
            place,
            Some((what, Some(line))),
            "{attack_name}: {}",
            verdict.human()
        );
    }
    let scene = Scene::new();
    fs::remove_file(scene.proof("index.head")).unwrap();
    assert_eq!(scene.verdict().findings[0].what, What::HeadMissing);
}

#[test]
fn an_older_copy_of_everything_is_found_by_what_was_noted_elsewhere() {
    let home = tempfile::tempdir().unwrap();
    let copy = tempfile::tempdir().unwrap();
    let folders = [Folders::below(home.path()), Folders::below(copy.path())];
    drop(journal_with(home.path(), "/kept"));
    for (from, to) in [
        (&folders[0].records, &folders[1].records),
        (&folders[0].proof, &folders[1].proof),
    ] {
        fs::create_dir(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
    drop(journal_with(home.path(), "/hidden"));
    let noted = verify(&folders[0], &[]).unwrap().head.unwrap().seal;
    assert!(verify(&folders[0], &[noted]).unwrap().intact);
    assert!(
        verify(&folders[1], &[]).unwrap().intact,
        "nothing on this machine tells"
    );
    let verdict = verify(&folders[1], &[noted]).unwrap();
    assert_eq!(
        verdict.findings[0].what,
        What::NotFound,
        "{}",
        verdict.human()
    );
}

fn journal_with(home: &Path, path: &str) -> Journal {
    let journal = journal(home, rotating(1 << 20));
    journal.record(&line(path)).unwrap();
    journal
}

#[test]
fn half_a_line_is_a_killed_process_only_where_no_head_names_it() {
    let scene = Scene::new();
    let path = scene.file(1);
    let whole = fs::read(&path).unwrap();
    let torn = [whole.as_slice(), b"{\"seq\":11,\"v\":1,\"ts\":\"20"].concat();
    fs::write(&path, torn).unwrap();
    let verdict = scene.verdict();
    assert!(verdict.intact, "{}", verdict.human());
    let note = (verdict.notes[0].what, verdict.notes[0].line);
    assert_eq!(note, (What::Torn, Some(LINES)));
    // The head has named this line: it was whole once.
    fs::write(&path, &whole[..whole.len() - 9]).unwrap();
    let verdict = scene.verdict();
    let found = (verdict.findings[0].what, verdict.findings[0].line);
    assert_eq!(found, (What::Cut, Some(LINES - 1)), "{}", verdict.human());
}

#[test]
fn a_file_that_is_retired_while_somebody_looks_is_not_missed() {
    let home = tempfile::tempdir().unwrap();
    drop(journal_with(home.path(), "/old"));
    std::thread::sleep(Duration::from_millis(2));
    let mut settings = rotating(1 << 20);
    settings.file.keep.days = Some(0);
    let folders = Folders::below(home.path());
    let mut looks = 0;
    let verdict = settled_verdict(&folders, &[], |proof| {
        let snapshot = Snapshot::take(&folders, proof);
        looks += 1;
        if looks == 1 {
            journal(home.path(), settings.clone()).ready().unwrap();
        }
        snapshot
    })
    .unwrap();
    assert!(verdict.intact, "{}", verdict.human());
    assert_eq!((looks, verdict.retired), (2, 1));
}

#[test]
fn a_start_that_was_killed_half_way_is_no_change() {
    let scene = Scene::new();
    let path = scene.file(0).with_file_name("20990101T000000Z-1.jsonl");
    fs::write(&path, "").unwrap();
    let verdict = scene.verdict();
    assert!(verdict.intact, "{}", verdict.human());
    assert_eq!(verdict.notes[0].what, What::Interrupted);
    fs::write(&path, "{\"seq\":0}\n").unwrap();
    assert_eq!(scene.verdict().findings[0].what, What::FileForeign);
}

#[test]
fn another_key_and_no_key_are_said_before_everything_looks_changed() {
    let scene = Scene::new();
    let other = Scene::new();
    fs::copy(other.proof("key"), scene.proof("key")).unwrap();
    let folders = Folders::below(scene.home.path());
    let said = verify(&folders, &[]).unwrap_err().to_string();
    assert!(said.contains("put that one back"), "{said}");
    fs::remove_file(scene.proof("key")).unwrap();
    let said = verify(&folders, &[]).unwrap_err().to_string();
    assert!(said.contains("is missing"), "{said}");
    let nothing = tempfile::tempdir().unwrap();
    let said = verify(&Folders::below(nothing.path()), &[])
        .unwrap_err()
        .to_string();
    assert!(said.contains("there is no record"), "{said}");
}

#[test]
fn a_verdict_reads_well() {
    let scene = Scene::new();
    attack(&scene.file(0), |lines| {
        edit(&mut lines[3]);
        edit(&mut lines[4]);
        lines.remove(8);
    });
    let verdict = scene.verdict();
    let text = verdict.human().replace(&verdict.key, "KEY");
    let text = text.replace(&verdict.head.unwrap().seal.to_string(), "SEAL");
    let text = text.replace(&format!("-{}", std::process::id()), "-PID");
    insta::assert_snapshot!(text);
}
