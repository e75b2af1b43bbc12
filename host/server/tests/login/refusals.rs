//! What goes wrong while somebody logs in, uses a login or ends it: a sentence that helps, and everything as it was.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use demo_site::{CLIENT_ID, Deployment, TokenLife};

use crate::clean::SECRET;
use crate::stage::{
    Stage, UNATTENDED, assert_success, ended, free_port, piped, said, write_private,
};

#[test]
fn a_login_that_fails_leaves_nothing() {
    let stage = Stage::new(Deployment::Cloud);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let busy = listener.local_addr().unwrap().port().to_string();
    let person = ["--user", "ada@demo.example", "--token-stdin"];
    let and = |more: &'static [&'static str]| [&person[..], more].concat();
    let consent =
        |more: &[&'static str]| [&["--kind", "oauth", "--token-stdin", "--yes"][..], more].concat();
    let busy_port = [
        &consent(&["--client-id", CLIENT_ID, "--port"])[..],
        &[&busy],
    ]
    .concat();
    for (arguments, input, reason) in [
        (
            and(&["--yes"]),
            "wrong-wrong-wrong",
            "does not know this credential",
        ),
        (person.to_vec(), SECRET, "say yes with `--yes`"),
        (vec!["--token", SECRET], "", "treat this one as exposed"),
        (
            vec!["--user", "a:b", "--token-stdin", "--yes"],
            SECRET,
            "colon",
        ),
        (vec!["--token-ref", "op://a"], "", "`--token-ref`"),
        (vec!["--token-ref", SECRET], "", "is not a reference"),
        (consent(&[]), SECRET, "`--client-id`"),
        (busy_port, SECRET, "cannot be listened on"),
        (
            consent(&["--client-id", CLIENT_ID, "--no-browser"]),
            SECRET,
            "nobody answered",
        ),
        (
            vec![
                "--kind",
                "client-credentials",
                "--client-id",
                "another",
                "--token-stdin",
                "--yes",
            ],
            SECRET,
            "client id with this secret",
        ),
        (vec!["--name", "a b", "--token-stdin"], SECRET, "`--name`"),
        (and(&["--yes"]), SECRET, "there is no keyring"),
        (and(&["--yes"]), "two\nlines", "more than one line"),
        (and(&["--yes"]), "", "is empty"),
    ] {
        let output = stage.log_in(&arguments, input);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            said(&output)
        );
        assert!(
            said(&output).contains(reason),
            "{arguments:?}: {}",
            said(&output)
        );
        stage.assert_logged_out(&format!("{arguments:?}"));
    }
}

#[test]
fn a_token_of_another_site_is_refused_as_a_wrong_one() {
    let stage = Stage::new(Deployment::DataCenter);
    let output = stage.log_in(UNATTENDED, "another-sites-token");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("belongs to another site"),
        "{}",
        said(&output)
    );
    let nothing = format!("http://127.0.0.1:{}", free_port());
    let output = piped(
        {
            let mut command = stage.command(&["login", &nothing]);
            command.args(UNATTENDED);
            command
        },
        SECRET,
    );
    assert!(
        said(&output).contains("nothing listens"),
        "{}",
        said(&output)
    );
    stage.assert_logged_out("two logins that failed");
}

/// A login of the kind `oauth`, already expired, on a site that can be stopped.
fn expired() -> Stage {
    let stage = Stage::with(Deployment::Cloud, TokenLife::default());
    stage.consent();
    stage.expire();
    stage
}

#[test]
fn an_outage_of_the_login_server_ends_no_login() {
    let stage = expired();
    let record = stage.config_dir().join("store/demo.sealed");
    let before = std::fs::read(&record).unwrap();
    let Stage { site, home, .. } = stage;
    site.stop();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mcp-airlock"));
    command
        .env_clear()
        .env("HOME", home.path())
        .arg("status")
        .stdin(std::process::Stdio::null());
    let output = ended(command);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("nothing is lost, try again later"),
        "{}",
        said(&output)
    );
    assert_eq!(std::fs::read(&record).unwrap(), before);
}

#[test]
fn a_store_that_was_damaged_is_named_and_left_alone() {
    let stage = expired();
    let store = stage.config_dir().join("store");
    let record = store.join("demo.sealed");
    let whole = std::fs::read(&record).unwrap();
    let about = std::fs::read(store.join("store.json")).unwrap();
    for (file, content, reason) in [
        ("demo.sealed", &whole[..whole.len() / 2], "does not open"),
        ("demo.sealed", b"", "left as it is"),
        (
            "demo.sealed",
            b"{\"token\": \"of somebody\"}",
            "left as it is",
        ),
        ("store.json", b"{", "no file of this program"),
        ("store.json", br#"{"version": 9}"#, "newer version"),
        ("key", b"AAAA", "is no key"),
    ] {
        let path = store.join(file);
        let before = std::fs::read(&path).unwrap();
        std::fs::write(&path, content).unwrap();
        let output = stage.run(&["status"]);
        assert_ne!(output.status.code(), Some(0), "{file}");
        assert!(said(&output).contains(reason), "{file}: {}", said(&output));
        assert_eq!(std::fs::read(&path).unwrap(), content, "{file}");
        std::fs::write(&path, before).unwrap();
    }
    // A bit that was changed on disk does not open.
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    std::fs::write(&record, flipped).unwrap();
    assert!(said(&stage.run(&["status"])).contains("does not open"));
    std::fs::write(&record, whole).unwrap();
    assert_eq!(std::fs::read(store.join("store.json")).unwrap(), about);
    assert_success(&stage.run(&["status"]), "mended");
}

/// `RLIMIT_FSIZE` stands for a full disk: the first write that is longer fails.
#[test]
fn a_full_disk_loses_neither_the_old_login_nor_the_old_files() {
    let stage = Stage::new(Deployment::Cloud);
    let options = [&stage.person()[..], UNATTENDED].concat();
    assert_success(&stage.log_in(&options, SECRET), "login");
    let (policy, credentials) = (stage.file("policy.toml"), stage.file("credentials.toml"));
    let program = env!("CARGO_BIN_EXE_mcp-airlock");
    let mut command = std::process::Command::new("/bin/sh");
    command
        .env_clear()
        .env("HOME", stage.home.path())
        .env("PATH", "/usr/bin:/bin")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"",
            program,
        ])
        .args(["login", &stage.site.ready().jira])
        .args(&options)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let output = piped(command, SECRET);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("record"), "{}", said(&output));
    assert_eq!(stage.file("policy.toml"), policy);
    assert_eq!(stage.file("credentials.toml"), credentials);
    assert_success(&stage.run(&["status"]), "the old login");
}

#[test]
fn files_that_cannot_be_written_or_believed_stop_a_login() {
    let stage = Stage::new(Deployment::Cloud);
    let options = [&stage.person()[..], UNATTENDED].concat();
    assert_success(&stage.log_in(&options, SECRET), "login");
    let path = stage.config_dir().join("policy.toml");
    let text = stage.file("policy.toml");
    let set_mode = |mode| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set_mode(0o666);
    let output = stage.run(&["status"]);
    assert!(said(&output).contains("chmod go-w"), "{}", said(&output));
    set_mode(0o400);
    let other = Stage::new(Deployment::Cloud);
    let mut command = stage.command(&["login", &other.site.ready().jira]);
    let second = [
        "--token-stdin",
        "--yes",
        "--store",
        "file",
        "--name",
        "second",
    ];
    command.args(other.person()).args(second);
    let output = piped(command, SECRET);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("cannot be written"),
        "{}",
        said(&output)
    );
    assert_eq!(stage.file("policy.toml"), text);
    set_mode(0o600);
    // A link of somebody who keeps these files elsewhere is followed, and stays a link.
    let elsewhere = stage.home.path().join("dotfiles/policy.toml");
    std::fs::create_dir(elsewhere.parent().unwrap()).unwrap();
    std::fs::rename(&path, &elsewhere).unwrap();
    symlink(&elsewhere, &path).unwrap();
    let mut command = stage.command(&["login", &other.site.ready().jira]);
    command.args(other.person()).args(second);
    assert_success(&piped(command, SECRET), "login through a link");
    assert!(path.is_symlink());
    assert!(
        std::fs::read_to_string(&elsewhere)
            .unwrap()
            .contains("[site.second]")
    );
    write_private(&elsewhere, "[site.x\n", 0o600);
    let output = stage.log_in(&options, SECRET);
    assert!(said(&output).contains("has mistakes"), "{}", said(&output));
    assert_eq!(
        std::fs::read_to_string(Path::new(&elsewhere)).unwrap(),
        "[site.x\n"
    );
}
