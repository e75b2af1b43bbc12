//! The site over a real socket: starting, signing in, logging, faults, delays, stopping. Also that
//! it serves every route the tools may use.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use demo_site::{Account, Deployment, Options, Running, spawn, start};

type Tested = Result<(), Box<dyn std::error::Error>>;

struct Answer {
    status: u16,
    head: String,
    body: String,
}

#[expect(
    clippy::disallowed_methods,
    reason = "a client of the demo site on loopback"
)]
fn ask(
    origin: &str,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
) -> std::io::Result<Answer> {
    let address = origin
        .trim_start_matches("http://")
        .split('/')
        .next()
        .unwrap_or_default();
    let mut stream = TcpStream::connect(address)?;
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    write!(
        stream,
        "{method} {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n"
    )?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    Ok(Answer {
        status: head
            .get(9..12)
            .and_then(|status| status.parse().ok())
            .unwrap_or(0),
        head: head.to_owned(),
        body: body.to_owned(),
    })
}

fn credential(site: &Running) -> String {
    let ready = site.ready();
    match &ready.user {
        Some(user) => format!(
            "Basic {}",
            STANDARD.encode(format!("{user}:{}", ready.token))
        ),
        None => format!("Bearer {}", ready.token),
    }
}

#[test]
fn a_site_says_how_to_reach_it_and_answers_there() -> Tested {
    let cloud = spawn(Options::new(Deployment::Cloud))?;
    let answer = ask(
        &cloud.ready().jira,
        "GET",
        "/rest/api/3/issue/PROJ-4?fields=summary",
        &[("Authorization", &credential(&cloud))],
    )?;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.contains("Invoice export fails"));
    assert!(
        answer
            .head
            .to_lowercase()
            .contains("content-type: application/json;charset=utf-8")
    );
    assert_eq!(
        cloud.ready().confluence,
        format!("{}/wiki", cloud.ready().jira)
    );
    let own = spawn(Options::new(Deployment::DataCenter))?;
    let answer = ask(
        &own.ready().jira,
        "GET",
        "/jira/rest/api/2/myself",
        &[("Authorization", &credential(&own))],
    )?;
    assert!(answer.body.contains("\"name\":\"ada\""));
    Ok(())
}

#[test]
fn a_stranger_gets_401_and_only_learns_where_he_is() -> Tested {
    for deployment in [Deployment::Cloud, Deployment::DataCenter] {
        let site = spawn(Options::new(deployment))?;
        let (jira, info) = match deployment {
            Deployment::Cloud => ("/rest/api/3/myself", "/rest/api/3/serverInfo"),
            Deployment::DataCenter => ("/jira/rest/api/2/myself", "/jira/rest/api/2/serverInfo"),
        };
        assert_eq!(ask(&site.ready().jira, "GET", jira, &[])?.status, 401);
        let wrong = ask(
            &site.ready().jira,
            "GET",
            jira,
            &[("Authorization", "Bearer wrong")],
        )?;
        assert_eq!(wrong.status, 401);
        assert!(
            wrong
                .head
                .contains("x-seraph-loginreason: AUTHENTICATED_FAILED"),
            "{}",
            wrong.head
        );
        assert_eq!(ask(&site.ready().jira, "GET", info, &[])?.status, 200);
    }
    let cloud = spawn(Options::new(Deployment::Cloud))?;
    assert!(
        ask(&cloud.ready().jira, "GET", "/_edge/tenant_info", &[])?
            .body
            .contains("cloudId")
    );
    Ok(())
}

#[test]
fn each_request_is_logged_with_whose_credential_came_and_never_the_secret() -> Tested {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hearing = heard.clone();
    let mut options = Options::new(Deployment::Cloud);
    options.token = Some("the-secret-itself".into());
    options.accounts = vec![Account {
        name: "ben".into(),
        token: "another-secret".into(),
    }];
    options.log = Some(Box::new(move |line| {
        if let Ok(mut heard) = hearing.lock() {
            heard.push(line.to_json());
        }
    }));
    let site = spawn(options)?;
    let ben = format!(
        "Basic {}",
        STANDARD.encode("ben@demo.example:another-secret")
    );
    let stolen = format!(
        "Basic {}",
        STANDARD.encode("ben@demo.example:the-secret-itself")
    );
    for header in [credential(&site), ben, stolen] {
        ask(
            &site.ready().jira,
            "GET",
            "/rest/api/3/myself?x=1",
            &[("Authorization", &header)],
        )?;
    }
    let lines: Vec<String> = site.requests().iter().map(|line| line.to_json()).collect();
    assert_eq!(
        lines,
        [
            r#"{"method":"GET","path":"/rest/api/3/myself","query":"x=1","status":200,"credential":{"kind":"basic","name":"ada@demo.example","accepted":true}}"#,
            r#"{"method":"GET","path":"/rest/api/3/myself","query":"x=1","status":200,"credential":{"kind":"basic","name":"ben@demo.example","accepted":true}}"#,
            r#"{"method":"GET","path":"/rest/api/3/myself","query":"x=1","status":401,"credential":{"kind":"basic","name":"ben@demo.example","accepted":false}}"#,
        ]
    );
    assert_eq!(
        heard.lock().map(|heard| heard.clone()).unwrap_or_default(),
        lines
    );
    site.forget_requests();
    assert!(site.requests().is_empty());
    Ok(())
}

#[test]
fn a_site_can_be_slow_and_faulty() -> Tested {
    let mut options = Options::new(Deployment::Cloud);
    options.delay = Duration::from_millis(60);
    options.fail = vec!["429:1".parse()?];
    let site = spawn(options)?;
    let begun = Instant::now();
    let answer = ask(
        &site.ready().jira,
        "GET",
        "/rest/api/3/myself",
        &[("Authorization", &credential(&site))],
    )?;
    assert!(begun.elapsed() >= Duration::from_millis(60));
    assert_eq!(answer.status, 429);
    assert!(answer.head.contains("retry-after: 1"), "{}", answer.head);
    Ok(())
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a client of the demo site on loopback"
)]
fn a_stopped_site_is_gone() -> Tested {
    let site = spawn(Options::new(Deployment::Cloud))?;
    let ready = site.ready().clone();
    // A client that keeps its connection open must not keep the site alive.
    let idle = TcpStream::connect(ready.jira.trim_start_matches("http://"))?;
    let begun = Instant::now();
    site.stop();
    assert!(begun.elapsed() < Duration::from_secs(3));
    drop(idle);
    assert!(ask(&ready.jira, "GET", "/rest/api/3/serverInfo", &[]).is_err());
    Ok(())
}

#[test]
fn a_site_runs_on_the_callers_runtime_too() -> Tested {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let site = start(Options::new(Deployment::DataCenter)).await?;
        let origin = site.ready().jira.clone();
        let answer = tokio::task::spawn_blocking(move || {
            ask(&origin, "GET", "/jira/rest/api/2/serverInfo", &[])
        })
        .await??;
        assert_eq!(answer.status, 200);
        site.stop();
        Ok(())
    })
}

#[test]
fn a_browser_cannot_write() -> Tested {
    let site = spawn(Options::new(Deployment::Cloud))?;
    let header = credential(&site);
    let browser = [
        ("Authorization", header.as_str()),
        ("User-Agent", "Mozilla/5.0"),
        ("Content-Length", "0"),
    ];
    let answer = ask(&site.ready().jira, "POST", "/rest/api/3/issue", &browser)?;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (403, "XSRF check failed")
    );
    Ok(())
}

/// Every line of the one route table, with a value in each slot, is a path the site knows.
#[test]
fn every_route_of_the_table_is_served() -> Tested {
    let table = include_str!("../../../wit/routes.tsv");
    let cloud = spawn(Options::new(Deployment::Cloud))?;
    let own = spawn(Options::new(Deployment::DataCenter))?;
    let mut asked = 0;
    for line in table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        let cells: Vec<&str> = line.split('\t').collect();
        let [id, product, deployment, method, path] = cells[..5] else {
            return Err(format!("a short line: {line}").into());
        };
        let content = if product == "jira" { "10002" } else { "65603" };
        let path = path
            .replace("{issue-key}", "PROJ-4")
            .replace("{project-key}", "PROJ")
            .replace("{id}", content);
        let (site, path) = match deployment {
            "cloud" => (&cloud, path),
            _ => (&own, format!("/{product}{path}")),
        };
        let header = credential(site);
        let headers = [
            ("Authorization", header.as_str()),
            ("Content-Type", "application/json"),
            ("Content-Length", "0"),
        ];
        let answer = ask(&site.ready().jira, method, &path, &headers)?;
        // Reads answer; writes without a body are refused for that, and a search for its query. Nobody here may
        // delete.
        let good = match method {
            "GET" => matches!(answer.status, 200 | 400),
            "DELETE" => answer.status == 403,
            _ => answer.status == 400,
        };
        assert!(good, "{id} {deployment}: {} {}", answer.status, answer.body);
        asked += 1;
    }
    assert!(asked > 30, "only {asked} routes");
    Ok(())
}

/// Not a promise of speed but a guard against an accidental scan: a warm read stays far below what a
/// person or a benchmark would notice, even unoptimised.
#[test]
fn a_read_is_quick() -> Tested {
    let site = spawn(Options::new(Deployment::Cloud))?;
    let header = credential(&site);
    let begun = Instant::now();
    for _ in 0..50 {
        let answer = ask(
            &site.ready().jira,
            "GET",
            "/rest/api/3/issue/PROJ-4",
            &[("Authorization", &header)],
        )?;
        assert_eq!(answer.status, 200);
    }
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    Ok(())
}
