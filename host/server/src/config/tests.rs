//! Whole configurations, as a person would have them, and what the start makes of each.

mod owners;

use std::fs;

use super::*;

const CLOUD: &[(&str, &str)] = &[
    ("JIRA_URL", "https://acme.atlassian.net"),
    ("JIRA_USERNAME", "me@example.com"),
    ("JIRA_API_TOKEN", "canary-canary"),
    ("CONFLUENCE_URL", "https://acme.atlassian.net/wiki"),
    ("CONFLUENCE_USERNAME", "me@example.com"),
    ("CONFLUENCE_API_TOKEN", "canary-canary"),
];

const POLICY: &str = r#"version = 1

[site.work]
origin = "https://acme.atlassian.net"
products = ["jira", "confluence"]

[[rule]]
id = "all"
site = "*"
classes = ["read", "write"]
"#;

/// A configuration directory with these files.
fn home(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }
    directory
}

fn load(files: &[(&str, &str)], variables: &[&[(&str, &str)]]) -> Result<Config, ConfigError> {
    let directory = home(files);
    let options = Options {
        config_dir: Some(directory.path().to_owned()),
        ..Options::default()
    };
    let pairs = variables.iter().copied().flatten().copied();
    let outcome = Config::load(&options, &Environment::fixed(pairs));
    let printed = match &outcome {
        Ok(config) => format!("{config:?}"),
        Err(error) => format!("{error} {error:?}"),
    };
    assert!(!printed.contains("canary"), "{printed}");
    outcome
}

/// The message as the person at the terminal reads it.
fn refusal(files: &[(&str, &str)], variables: &[&[(&str, &str)]]) -> String {
    load(files, variables).unwrap_err().to_string()
}

fn warnings(config: &Config) -> String {
    let lines: Vec<_> = config.warnings.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[test]
fn the_two_files_have_to_agree_about_the_gateway_in_front() {
    let site = |lines: &str| POLICY.replace("products", &format!("{lines}products"));
    let entry =
        |lines: &str| format!("[site.work]\nkind = \"bearer\"\nsecret = \"env:T\"\n{lines}");
    let (name, value) = (
        "headers = [\"X-Key\"]\n",
        "headers = { x-key = \"env:K\" }\n",
    );
    let home = tempfile::tempdir().unwrap();
    let pem = home.path().join("me.pem");
    fs::write(&pem, "-----BEGIN CERTIFICATE-----\n").unwrap();
    let certificate = format!("client-cert = {:?}\n", pem.display().to_string());
    let key = "client-key = \"file:/nonexistent/me.key\"\n";
    let variables: &[&[(&str, &str)]] = &[&[("T", "canary-canary"), ("K", "canary-canary")]];
    let with = |policy: &str, credentials: &str| {
        let files = [("policy.toml", policy), ("credentials.toml", credentials)];
        load(&files, variables)
    };
    assert!(with(&site(name), &entry(value)).is_ok());
    let config = with(&site(&certificate), &entry(key)).unwrap();
    assert!(config.warnings.is_empty(), "{}", warnings(&config));
    for (lines, credentials, reason) in [
        (name, "", "no value for the site's header `x-key`"),
        ("", value, "which the site does not name"),
        (certificate.as_str(), "", "no `client-key`"),
        ("", key, "the site no `client-cert`"),
        ("client-cert = \"me.pem\"\n", key, "absolute"),
        ("client-cert = \"/nonexistent/me.pem\"\n", key, "is missing"),
    ] {
        let refused = with(&site(lines), &entry(credentials)).unwrap_err();
        assert_eq!(refused.findings.len(), 1, "{refused}");
        assert!(refused.to_string().contains(reason), "{reason}: {refused}");
    }
}

#[test]
fn the_variables_of_the_python_server_are_enough() {
    let config = load(&[], &[CLOUD]).unwrap();
    assert_eq!(
        config.policy_source,
        PolicySource::Profile(Profile::Standard)
    );
    let names: Vec<_> = config.sites.iter().map(|site| site.name.as_str()).collect();
    assert_eq!(names, ["acme"]);
    assert!(config.credentials.login(&config.sites[0].name).is_some());
    assert_eq!(config.warnings, []);
    assert_eq!(
        config.secret_variables,
        BTreeSet::from(["JIRA_API_TOKEN".into(), "CONFLUENCE_API_TOKEN".into()])
    );
}

#[test]
fn nothing_at_all_says_what_to_set() {
    insta::assert_snapshot!(refusal(&[], &[]), @r#"
    the configuration has a mistake
    the configuration: names no site
      hint: Run `mcp-airlock login https://YOUR-SITE.atlassian.net`; or set JIRA_URL, JIRA_USERNAME and JIRA_API_TOKEN (Data Center: JIRA_URL and JIRA_PERSONAL_TOKEN), likewise for Confluence; or run `mcp-airlock demo` to try it without a site.
    "#);
}

#[test]
fn a_site_without_a_credential_says_what_to_set() {
    let url = ("CONFLUENCE_URL", "https://wiki.example.com");
    insta::assert_snapshot!(refusal(&[], &[&[url]]), @r#"
    the configuration has a mistake
    CONFLUENCE_URL: names the site `wiki`, and there is no credential for it
      hint: Set the user name and the API token (Cloud) or the personal access token (Data Center) beside it.
    "#);
}

#[test]
fn restrictions_that_cannot_be_kept_stop_the_start() {
    let restrictions = [
        ("JIRA_PROJECTS_FILTER", ","),
        ("CONFLUENCE_SPACES_FILTER", "a b"),
        ("JIRA_INTERNAL_ONLY_PROJECTS", "DESK"),
        ("JIRA_SSL_VERIFY", "false"),
        ("CONFLUENCE_SSL_VERIFY", "0"),
        ("READ_ONLY_MODE", "ture"),
    ];
    insta::assert_snapshot!(refusal(&[], &[CLOUD, &restrictions]), @r#"
    the configuration has 6 mistakes
    JIRA_SSL_VERIFY: would send the token to whoever answers; certificates are always verified
      hint: Unset it. For a certificate of your company's own authority write `ca-file = "/path/to/authority.pem"` under the site in policy.toml.
    CONFLUENCE_SSL_VERIFY: would send the token to whoever answers; certificates are always verified
      hint: Unset it. For a certificate of your company's own authority write `ca-file = "/path/to/authority.pem"` under the site in policy.toml.
    JIRA_INTERNAL_ONLY_PROJECTS: restricts what may be reached, and this version cannot keep that restriction yet
      hint: Unset JIRA_INTERNAL_ONLY_PROJECTS only if the account itself is restricted to that.
    READ_ONLY_MODE: is neither on nor off
      hint: Write `true` or `false`.
    JIRA_PROJECTS_FILTER: is set and names no key
      hint: Write the keys with commas between them, or unset it.
    the environment: says what no policy can say
    error: "a b" is no key of a space
      --> profile read-only within bounds:16:11
       |
    16 | spaces = ["a b"]
       |           ^^^^^
       = help: a key is what stands in the address of the space: letters and digits, or ~ and an account

      hint: Mend the variable, or write a policy.toml, where everything can be said.
    "#);
    for restriction in restrictions {
        assert!(
            load(&[], &[CLOUD, &[restriction]]).is_err(),
            "{restriction:?}"
        );
        assert!(load(&[], &[CLOUD, &[(restriction.0, " ")]]).is_ok());
    }
}

/// A filter of one product leaves the other as it was.
#[test]
fn the_filters_of_the_python_server_bind_the_rules() {
    let (projects, spaces) = (
        ("JIRA_PROJECTS_FILTER", "PROJ, OPS"),
        ("CONFLUENCE_SPACES_FILTER", "DOCS"),
    );
    let rules = |variables: &[(&str, &str)]| -> String {
        let config = load(&[], &[CLOUD, variables]).unwrap();
        let (rules, _) = config.policy.text().split_once("[[deny]]").unwrap();
        let (_, rules) = rules.split_once("[[rule]]").unwrap();
        rules.to_owned()
    };
    let both = rules(&[projects, spaces]);
    assert!(
        both.contains("projects = [\"OPS\", \"PROJ\"]") && both.contains("spaces = [\"DOCS\"]"),
        "{both}"
    );
    assert!(!both.contains("[[rule]]"), "{both}");
    let one = rules(&[projects]);
    let (bound, free) = one.split_once("[[rule]]").unwrap();
    assert!(
        bound.contains("projects = [\"OPS\", \"PROJ\"]") && !bound.contains("spaces"),
        "{bound}"
    );
    assert!(
        free.contains("\"confluence.page.get\"") && !free.contains("jira."),
        "{free}"
    );
    assert!(
        !free.contains("confluence.page.delete") && !free.contains("spaces ="),
        "{free}"
    );
    // With a policy file they are refused, and the line to write is named.
    let env = ("T", "canary-canary");
    let credentials = "[site.work]\nkind = \"bearer\"\nsecret = \"env:T\"\n";
    let files = [("policy.toml", POLICY), ("credentials.toml", credentials)];
    let said = refusal(&files, &[&[env, projects, spaces]]);
    for line in ["`projects = [\"OPS\", \"PROJ\"]`", "`spaces = [\"DOCS\"]`"] {
        assert!(said.contains(line), "{said}");
    }
}

#[test]
fn an_audit_mode_is_said_at_the_start_also_when_it_is_over() {
    let credentials = "[site.work]\nkind = \"bearer\"\nsecret = \"env:T\"\n";
    for (until, said) in [
        ("9999-12-31", "AUDIT MODE until 9999-12-31"),
        (
            "2020-01-01",
            "was in audit mode until 2020-01-01, and is enforced since",
        ),
    ] {
        let mode = format!("version = 1\nmode = \"audit\"\naudit-until = {until}\n");
        let policy = POLICY.replacen("version = 1\n", &mode, 1);
        let files = [
            ("policy.toml", policy.as_str()),
            ("credentials.toml", credentials),
        ];
        let config = load(&files, &[&[("T", "canary-canary")]]).unwrap();
        assert!(warnings(&config).contains(said), "{}", warnings(&config));
    }
}

#[test]
fn what_does_nothing_here_is_said() {
    let proxy = ("HTTPS_PROXY", "http://proxy.example.com:3128");
    let config = load(&[], &[CLOUD, &[proxy]]).unwrap();
    insta::assert_snapshot!(warnings(&config), @r#"
    HTTPS_PROXY: does nothing here: a proxy is used only when the policy file names it (`proxy` under `[site.NAME]`)
      hint: Nothing to do, unless you rely on it.
    "#);
}

#[test]
fn read_only_holds_with_and_without_a_policy_file() {
    let on = ("READ_ONLY_MODE", "yes");
    let config = load(&[], &[CLOUD, &[on]]).unwrap();
    assert!(config.read_only);
    assert_eq!(
        config.policy_source,
        PolicySource::Profile(Profile::ReadOnly)
    );

    let config = load(&[("policy.toml", POLICY)], &[CLOUD, &[on]]).unwrap();
    assert!(config.read_only);
    let denies: Vec<_> = config
        .policy
        .denies()
        .map(|rule| rule.id.as_str())
        .collect();
    assert_eq!(denies, ["read-only"]);

    let config = load(&[("policy.toml", POLICY)], &[CLOUD]).unwrap();
    assert_eq!(config.policy.denies().count(), 0);
}

#[test]
fn tools_are_chosen_by_the_command_line_before_the_environment() {
    let chosen = [
        ("TOOLSETS", "jira, confluence"),
        ("ENABLED_TOOLS", "jira_search"),
    ];
    let config = load(&[], &[CLOUD, &chosen]).unwrap();
    assert_eq!(
        config.offer.toolsets,
        Some(vec!["jira".into(), "confluence".into()])
    );
    assert_eq!(config.offer.tools, Some(vec!["jira_search".into()]));

    let directory = home(&[]);
    let options = Options {
        config_dir: Some(directory.path().to_owned()),
        toolsets: Some(vec!["pages".into()]),
        exclude_tools: vec!["jira_search".into()],
        ..Options::default()
    };
    let pairs = CLOUD.iter().chain(&chosen).copied();
    let config = Config::load(&options, &Environment::fixed(pairs)).unwrap();
    assert_eq!(config.offer.toolsets, Some(vec!["pages".into()]));
    assert_eq!(config.offer.tools, Some(vec!["jira_search".into()]));
    assert_eq!(config.offer.exclude, ["jira_search"]);
}

#[test]
fn with_a_policy_file_the_environment_brings_credentials_only() {
    let config = load(&[("policy.toml", POLICY)], &[CLOUD]).unwrap();
    assert!(matches!(config.policy_source, PolicySource::File(_)));
    let site = SiteName::parse("work").unwrap();
    assert!(config.credentials.login(&site).is_some());
    assert_eq!(warnings(&config), "");
}

#[test]
fn clear_text_needs_the_word_of_the_policy_file() {
    let variables = [
        ("JIRA_URL", "http://jira.example.com"),
        ("JIRA_PERSONAL_TOKEN", "canary-canary"),
    ];
    insta::assert_snapshot!(refusal(&[], &[&variables]), @r#"
    the configuration has a mistake
    JIRA_URL: would send the token in clear text over the network
      hint: Write https://; if the site really has no TLS, name it in policy.toml with `plaintext = true`.
    "#);

    let without = POLICY.replace("https://acme.atlassian.net", "http://jira.example.com");
    assert!(load(&[("policy.toml", &without)], &[&variables]).is_err());
    let with = without.replace("products", "plaintext = true\nproducts");
    assert!(load(&[("policy.toml", &with)], &[&variables]).is_ok());
}

#[test]
fn two_accounts_for_one_site_stop_the_start() {
    let other = ("CONFLUENCE_API_TOKEN", "another-canary");
    insta::assert_snapshot!(refusal(&[("policy.toml", POLICY)], &[CLOUD, &[other]]), @r#"
    the configuration has a mistake
    JIRA_URL and CONFLUENCE_URL: bring two different accounts for the site `work`, which has one credential
      hint: Give both products one account, or make two sites of it in the policy file, one for each product.
    "#);
}

#[test]
fn a_site_that_only_the_environment_names_stops_the_start() {
    let elsewhere = [
        ("JIRA_URL", "https://jira.example.com/jira"),
        ("JIRA_PERSONAL_TOKEN", "canary-canary"),
    ];
    insta::assert_snapshot!(refusal(&[("policy.toml", POLICY)], &[&elsewhere]), @r#"
    the configuration has a mistake
    JIRA_URL: names jira at https://jira.example.com/jira, which is no site of the policy file; rights come from that file alone
      hint: Unset JIRA_URL, or add a [site.NAME] with this address to the policy file.
    "#);
}

#[test]
fn credentials_come_from_their_file() {
    let credentials = r#"
        [site.work]
        kind = "basic"
        user = "me@example.com"
        secret = "env:MY_TOKEN"
    "#;
    let files = [("policy.toml", POLICY), ("credentials.toml", credentials)];
    let config = load(&files, &[&[("MY_TOKEN", "canary-canary")]]).unwrap();
    let login = config.credentials.login(&config.sites[0].name).unwrap();
    assert_eq!(login.secret.reference().to_string(), "env:MY_TOKEN");
    assert_eq!(config.secret_variables, BTreeSet::from(["MY_TOKEN".into()]));

    insta::assert_snapshot!(refusal(&files, &[]), @r#"
    the configuration has a mistake
    credentials.toml line 2: the environment variable `MY_TOKEN` is not set or empty; set it where the client starts this server
      hint: Set it to the bare token, or name another place with `secret`.
    "#);

    let config = load(&files, &[CLOUD, &[("MY_TOKEN", "canary-canary")]]).unwrap();
    insta::assert_snapshot!(warnings(&config), @r#"
    env:JIRA_API_TOKEN: is not used: credentials.toml has a credential for the site `work`
      hint: Unset the variable, or take the entry out of credentials.toml.
    env:CONFLUENCE_API_TOKEN: is not used: credentials.toml has a credential for the site `work`
      hint: Unset the variable, or take the entry out of credentials.toml.
    "#);
}

#[test]
fn a_credential_for_an_unknown_site_stops_the_start() {
    let credentials = "[site.acem]\nkind = \"bearer\"\nsecret = \"env:T\"\n";
    for files in [
        &[("credentials.toml", credentials)][..],
        &[("policy.toml", POLICY), ("credentials.toml", credentials)],
    ] {
        let said = refusal(files, &[CLOUD, &[("T", "canary-canary")]]);
        assert!(
            said.contains("credentials.toml line 1: is for the site `acem`"),
            "{said}"
        );
    }
}

#[test]
fn a_site_may_wait_for_its_credential() {
    let config = load(&[("policy.toml", POLICY)], &[]).unwrap();
    insta::assert_snapshot!(warnings(&config), @r#"
    [site.work]: has no credential, so every call to it is refused
      hint: Run `mcp-airlock login https://acme.atlassian.net`.
    "#);
}

#[test]
fn a_short_secret_is_warned_about() {
    let short = [
        ("JIRA_URL", "https://jira.example.com"),
        ("JIRA_USERNAME", "me"),
        ("JIRA_API_TOKEN", "hunter2"),
    ];
    insta::assert_snapshot!(warnings(&load(&[], &[&short]).unwrap()), @r#"
    env:JIRA_API_TOKEN: is shorter than 12 characters; so short a text is not blanked out of answers, only the header made from it is
      hint: Use an API token or a personal access token instead of a password.
    "#);
}

#[test]
fn a_mistaken_policy_file_is_shown_with_its_line() {
    let mistaken = POLICY.replace("classes", "clases");
    let said = refusal(&[("policy.toml", &mistaken)], &[CLOUD]);
    let without_paths: Vec<_> = said.lines().filter(|line| !line.contains("-->")).collect();
    insta::assert_snapshot!(without_paths.join("\n"), @r#"
    the configuration has a mistake
    the policy file: has mistakes, so it allows nothing
    error: [[rule]] has 0 of `classes`, `routes` and `path`; it needs exactly one
      |
    7 | [[rule]]
      | ^^^^^^^^
      = help: `classes` for kinds of access, `routes` for named operations, `methods` with `path` for a route of your own

    error: unknown key `clases` in [[rule]]
       |
    10 | clases = ["read", "write"]
       | ^^^^^^
       = help: did you mean `class`?

      hint: Correct the lines above; `mcp-airlock policy check` shows them again.
    "#);
}

#[test]
fn a_policy_file_that_was_asked_for_must_exist() {
    let directory = home(&[]);
    let options = Options {
        config_dir: Some(directory.path().to_owned()),
        policy: Some("/nonexistent/policy.toml".into()),
        ..Options::default()
    };
    let pairs = CLOUD.iter().copied();
    let error = Config::load(&options, &Environment::fixed(pairs)).unwrap_err();
    insta::assert_snapshot!(error, @r#"
    the configuration has a mistake
    /nonexistent/policy.toml: does not exist
      hint: Give `--policy` the path of a policy file, or leave it out.
    "#);
}

#[test]
fn without_a_home_a_directory_must_be_named() {
    let pairs = CLOUD.iter().copied();
    let error = Config::load(&Options::default(), &Environment::fixed(pairs)).unwrap_err();
    insta::assert_snapshot!(error, @r#"
    the configuration has a mistake
    the configuration directory: cannot be found: the environment does not say where your home is
      hint: Set HOME (on Windows APPDATA), or start with `--config-dir DIRECTORY`.
    "#);
}

#[test]
fn an_authority_that_is_not_there_is_told_at_start() {
    for (file, reason) in [
        ("ca.pem", "not an absolute path"),
        ("/nonexistent/ca.pem", "missing or holds no certificate"),
        ("/etc/hostname", "missing or holds no certificate"),
    ] {
        let policy = POLICY.replace("products", &format!("ca-file = \"{file}\"\nproducts"));
        let said = refusal(&[("policy.toml", &policy)], &[CLOUD]);
        assert!(said.contains(reason), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_write_is_not_believed() {
    use std::os::unix::fs::PermissionsExt;
    for name in ["policy.toml", "credentials.toml"] {
        let directory = home(&[(name, POLICY)]);
        let path = directory.path().join(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        let options = Options {
            config_dir: Some(directory.path().to_owned()),
            ..Options::default()
        };
        let pairs = CLOUD.iter().copied();
        let error = Config::load(&options, &Environment::fixed(pairs)).unwrap_err();
        assert!(error.to_string().contains("chmod go-w"), "{error}");
    }
}

/// A start must cost the same with every kind of reference, and bother nobody.
#[cfg(unix)]
#[test]
fn no_secret_is_read_before_it_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("asked");
    let credentials =
        |reference: &str| format!("[site.work]\nkind = \"bearer\"\nsecret = '{reference}'\n");
    let command = format!("cmd:[\"/usr/bin/touch\",\"{}\"]", mark.display());
    for reference in [
        "store:",
        "keyring:tools/jira",
        "file:/nonexistent/token",
        "op://Work/Jira/token",
        &command,
    ] {
        let text = credentials(reference);
        let files = [("policy.toml", POLICY), ("credentials.toml", text.as_str())];
        let config = load(&files, &[]).unwrap();
        assert!(config.credentials.login(&config.sites[0].name).is_some());
    }
    assert!(!mark.exists(), "a program was started");
}

#[test]
fn only_the_credentials_file_may_name_programs() {
    let policy = POLICY.replace(
        "[[rule]]",
        "[site.work.credentials]\nsecret = 'cmd:[\"id\"]'\n[[rule]]",
    );
    assert!(load(&[("policy.toml", &policy)], &[CLOUD]).is_err());
    let mut variables = CLOUD[..3].to_vec();
    variables[2] = ("JIRA_API_TOKEN", "cmd:[\"/usr/bin/touch\",\"/tmp/x\"]");
    // A variable holds a value, whatever it looks like.
    let config = load(&[], &[&variables]).unwrap();
    let login = config.credentials.login(&config.sites[0].name).unwrap();
    assert_eq!(login.secret.reference().to_string(), "env:JIRA_API_TOKEN");
}
