//! What is kept, and when nothing more is.

use std::fs::{self, OpenOptions};

use gateway::LineKind;
use policy::{Method, Product};
use serde_json::Value;
use time::macros::datetime;

use super::*;

const STARTED: OffsetDateTime = datetime!(2026-11-22 06:30:05 UTC);

pub(super) fn journal(home: &Path, settings: Settings) -> Journal {
    Journal::below(home, settings, STARTED)
}

pub(super) fn rotating(rotate_bytes: u64) -> Settings {
    let file = settings::FileSettings {
        rotate_bytes,
        ..settings::FileSettings::default()
    };
    Settings {
        file,
        ..Settings::default()
    }
}

pub(super) fn line(path: &str) -> AuditLine {
    let whose = ("local", "jira_get_issue");
    AuditLine {
        call: "c1".into(),
        deployment: Some("cloud"),
        path: Some(path.into()),
        rule: "default-deny".into(),
        policy: "sha256:0".into(),
        component: "sha256:0".into(),
        ..AuditLine::blank(
            1_795_329_006_000,
            LineKind::Decision,
            whose,
            "acme",
            Product::Jira,
            Method::Get,
        )
    }
}

/// As if the process had been killed: nothing is closed, and its locks are free.
pub(super) fn kill(journal: &Journal) {
    *journal.state.lock().unwrap() = State::Failed(AuditError("killed".to_owned()));
}

/// The files of records by name, which is by time.
pub(super) fn files(home: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(Folders::below(home).records).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.ends_with('\n'));
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

fn kinds(path: &Path) -> Vec<String> {
    let kind = |line: &Value| line["kind"].as_str().unwrap().to_owned();
    lines(path).iter().map(kind).collect()
}

#[test]
fn nothing_is_created_before_the_first_decision() {
    let home = tempfile::tempdir().unwrap();
    let journal = journal(home.path(), Settings::default());
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    journal.ready().unwrap();
    let name = format!("20261122T063005Z-{}.jsonl", std::process::id());
    assert!(home.path().join("audit").join(name).exists());
}

#[cfg(unix)]
#[test]
fn only_this_user_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let journal = journal(home.path(), Settings::default());
    journal.record(&line("/x")).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for folder in ["audit", "audit-proof"] {
        let folder = home.path().join(folder);
        assert_eq!(mode(&folder), 0o700, "{folder:?}");
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(mode(&path), 0o600, "{path:?}");
        }
    }
}

#[test]
fn a_key_that_others_can_read_is_not_used() {
    let home = tempfile::tempdir().unwrap();
    journal(home.path(), Settings::default()).ready().unwrap();
    let key = Folders::below(home.path()).proof.join("key");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        let refused = journal(home.path(), Settings::default())
            .ready()
            .unwrap_err();
        assert!(refused.to_string().contains("chmod 600"), "{refused}");
    }
    fs::remove_file(&key).unwrap();
    let refused = journal(home.path(), Settings::default())
        .ready()
        .unwrap_err();
    assert!(refused.to_string().contains("is missing"), "{refused}");
}

#[test]
fn every_record_stays_on_its_line_whatever_it_says() {
    let home = tempfile::tempdir().unwrap();
    let sink = journal(home.path(), Settings::default());
    let nasty = [
        "/issue/A-1\n{\"seq\":99,\"verdict\":\"allow\"}",
        "\r\n\u{2028}\u{85}\u{1b}[2J\"\\",
        "\u{202e}gpj\",\"prev\":\"",
    ];
    for path in nasty {
        sink.record(&line(path)).unwrap();
    }
    drop(sink);
    let files = files(home.path());
    assert_eq!(files.len(), 1);
    let lines = lines(&files[0]);
    assert_eq!(lines.len(), nasty.len() + 2);
    for (record, path) in lines[1..].iter().zip(nasty) {
        assert_eq!(record["path"], path);
        assert_eq!(record["verdict"], "deny");
        assert_eq!(record["deployment"], "cloud");
    }
    for (number, record) in lines.iter().enumerate() {
        assert_eq!(record["seq"], number);
    }
    assert!(verify(&Folders::below(home.path()), &[]).unwrap().intact);
}

#[test]
fn a_file_begins_and_ends_with_a_line_that_says_so() {
    let home = tempfile::tempdir().unwrap();
    let sink = journal(home.path(), Settings::default());
    sink.record(&line("/x")).unwrap();
    let details = serde_json::json!({ "old": "sha256:1", "new": "sha256:2" });
    sink.note("reload", details).unwrap();
    drop(sink);
    let files = files(home.path());
    assert_eq!(kinds(&files[0]), ["start", "decision", "reload", "end"]);
    assert_eq!(lines(&files[0])[2]["new"], "sha256:2");
    let text = fs::read_to_string(&files[0]).unwrap();
    let mut log = policy::Log::default();
    log.read(&text, "audit.jsonl").unwrap();
    assert_eq!(log.records.len(), 1, "the readers of logs know all kinds");
}

#[test]
fn a_full_file_is_followed_by_one_that_names_its_last_seal() {
    let home = tempfile::tempdir().unwrap();
    let sink = journal(home.path(), rotating(3_000));
    for number in 0..12 {
        sink.record(&line(&format!("/{number}"))).unwrap();
    }
    drop(sink);
    let files = files(home.path());
    assert!(files.len() >= 3, "{files:?}");
    let chapters: Vec<_> = files.iter().map(|file| lines(file)).collect();
    for (before, after) in chapters.iter().zip(&chapters[1..]) {
        let (last, first) = (before.last().unwrap(), &after[0]);
        assert_eq!(last["kind"], "rotate");
        assert_eq!(last["next"], first["file"]);
        assert_eq!(first["prev"], last["mac"]);
        assert_eq!(
            first["seq"].as_u64(),
            last["seq"].as_u64().map(|seq| seq + 1)
        );
    }
    let verdict = verify(&Folders::below(home.path()), &[]).unwrap();
    assert!(verdict.intact, "{}", verdict.human());
}

#[test]
fn processes_that_write_at_once_each_have_a_chain() {
    let home = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let sink = journal(home.path(), rotating(20_000));
            scope.spawn(move || {
                for number in 0..100 {
                    sink.record(&line(&format!("/{writer}/{number}"))).unwrap();
                }
            });
        }
    });
    let verdict = verify(&Folders::below(home.path()), &[]).unwrap();
    assert!(verdict.intact, "{}", verdict.human());
    assert!(verdict.notes.is_empty(), "{}", verdict.human());
    let decisions = files(home.path()).into_iter().flat_map(|file| kinds(&file));
    assert_eq!(decisions.filter(|kind| kind == "decision").count(), 400);
}

#[test]
fn the_next_process_closes_what_a_killed_one_left() {
    let home = tempfile::tempdir().unwrap();
    let killed = journal(home.path(), Settings::default());
    killed.record(&line("/x")).unwrap();
    let living = journal(home.path(), Settings::default());
    living.ready().unwrap();
    let heads = || {
        let entries = fs::read_dir(Folders::below(home.path()).proof).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(".jsonl.head")).count()
    };
    assert_eq!(heads(), 2, "both live");
    kill(&killed);
    journal(home.path(), Settings::default()).ready().unwrap();
    assert_eq!(heads(), 1, "one lives, one was found, one has ended");
    let verdict = verify(&Folders::below(home.path()), &[]).unwrap();
    assert!(verdict.intact, "{}", verdict.human());
}

#[test]
fn a_folder_that_cannot_be_made_stops_the_call() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("audit"), "a file").unwrap();
    let sink = journal(home.path(), Settings::default());
    assert!(sink.ready().is_err());
    assert!(sink.record(&line("/x")).is_err());
}

/// What somebody does to the files, while the process writes.
type Touch = fn(&Path);

#[test]
fn a_file_that_is_touched_while_it_is_written_stops_this_call_and_all_later_ones() {
    let head = |file: &Path| {
        let folder = file.parent().unwrap().with_file_name("audit-proof");
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        folder.join(name + ".head")
    };
    let touches: [(&str, Touch); 5] = [
        ("removed", |file| fs::remove_file(file).unwrap()),
        ("moved", |file| {
            fs::rename(file, file.with_extension("old")).unwrap()
        }),
        ("replaced", |file| {
            let text = fs::read(file).unwrap();
            fs::remove_file(file).unwrap();
            fs::write(file, text).unwrap();
        }),
        ("cut", |file| {
            let open = OpenOptions::new().write(true).open(file).unwrap();
            open.set_len(100).unwrap();
        }),
        ("added to", |file| {
            let mut text = fs::read(file).unwrap();
            text.extend_from_slice(b"{}\n");
            fs::write(file, text).unwrap();
        }),
    ];
    for (name, touch) in touches {
        let home = tempfile::tempdir().unwrap();
        let sink = journal(home.path(), Settings::default());
        sink.record(&line("/x")).unwrap();
        touch(&files(home.path())[0]);
        let first = sink.ready().unwrap_err().to_string();
        assert!(first.contains("by somebody else"), "{name}: {first}");
        assert!(sink.record(&line("/y")).is_err(), "{name}");
    }
    let home = tempfile::tempdir().unwrap();
    let sink = journal(home.path(), Settings::default());
    sink.record(&line("/x")).unwrap();
    fs::remove_file(head(&files(home.path())[0])).unwrap();
    assert!(sink.record(&line("/y")).is_err());
}

/// `/dev/full` answers every write with "no space left on device".
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_stops_this_call_and_all_later_ones() {
    let home = tempfile::tempdir().unwrap();
    let sink = journal(home.path(), Settings::default());
    sink.record(&line("/x")).unwrap();
    let write = |open: &mut Open| {
        open.file.fill_up();
        open.file.append(&line("/y"))
    };
    let first = sink.with_open(write).unwrap_err().to_string();
    assert!(first.contains("No space left"), "{first}");
    assert!(sink.ready().is_err());
    assert!(sink.record(&line("/z")).is_err());
    let verdict = verify(&Folders::below(home.path()), &[]).unwrap();
    assert!(verdict.intact, "{}", verdict.human());
}

#[test]
fn an_index_that_was_cut_stops_the_next_start() {
    let home = tempfile::tempdir().unwrap();
    journal(home.path(), Settings::default()).ready().unwrap();
    let index = Folders::below(home.path()).proof.join("index");
    let text = fs::read_to_string(&index).unwrap();
    let cut: Vec<_> = text.lines().take(2).collect();
    for (name, changed) in [
        ("cut", cut.join("\n") + "\n"),
        ("emptied", String::new()),
        ("torn", text[..text.len() - 9].to_owned()),
        ("edited", text.replace("\"found\":false", "\"found\":true")),
    ] {
        fs::write(&index, changed).unwrap();
        let refused = journal(home.path(), Settings::default())
            .ready()
            .unwrap_err();
        assert!(
            refused.to_string().contains("audit verify"),
            "{name}: {refused}"
        );
    }
    // Half a line that no head ever named was left by a killed process, and goes.
    fs::write(&index, text + "{\"seq\":3,\"v\":1,").unwrap();
    journal(home.path(), Settings::default()).ready().unwrap();
    let verdict = verify(&Folders::below(home.path()), &[]).unwrap();
    assert!(verdict.intact, "{}", verdict.human());
}
