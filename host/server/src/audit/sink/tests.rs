//! What sinks are given, and what happens when they do not take it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use gateway::AuditSink;
use policy::Origin;
use serde_json::Value;

use super::*;
use crate::audit::settings::{OtlpSettings, SyslogAddress};
use crate::audit::tests::{files, journal, line as decision};
use crate::audit::{Folders, verify};

const SOON: Duration = Duration::from_secs(10);

/// Takes lines while it is told to.
#[derive(Clone, Default)]
struct Fake {
    taken: Arc<Mutex<Vec<String>>>,
    is_away: Arc<Mutex<bool>>,
}

impl Fake {
    fn answer(&self) -> Result<(), String> {
        if *self.is_away.lock().unwrap() {
            return Err("away".to_owned());
        }
        Ok(())
    }
}

impl Sink for Fake {
    fn name(&self) -> String {
        "fake".to_owned()
    }
    fn ready(&mut self) -> Result<(), String> {
        self.answer()
    }
    fn give(&mut self, line: &Line) -> Result<(), String> {
        self.answer()?;
        self.taken.lock().unwrap().push(line.text.clone());
        Ok(())
    }
}

fn sinks(required: bool) -> (Fake, Sinks) {
    let (fake, mut sinks) = (Fake::default(), Sinks::default());
    sinks.add(Box::new(fake.clone()), Required(required));
    (fake, sinks)
}

#[test]
fn a_required_sink_stops_calls_and_gets_what_it_missed_first() {
    let (fake, mut sinks) = sinks(true);
    sinks.give(&Line::of(b"1\n")).unwrap();
    *fake.is_away.lock().unwrap() = true;
    let said = sinks.give(&Line::of(b"2\n")).unwrap_err().to_string();
    assert!(
        said.contains("required sink fake does not take it: away"),
        "{said}"
    );
    assert!(sinks.ready().is_err());
    assert!(sinks.give(&Line::of(b"3\n")).is_err());
    *fake.is_away.lock().unwrap() = false;
    sinks.ready().unwrap();
    sinks.give(&Line::of(b"4\n")).unwrap();
    assert_eq!(*fake.taken.lock().unwrap(), ["1", "2", "3", "4"]);
}

#[test]
fn another_sink_misses_lines_and_stops_nothing() {
    let (fake, mut sinks) = sinks(false);
    *fake.is_away.lock().unwrap() = true;
    sinks.give(&Line::of(b"1\n")).unwrap();
    sinks.ready().unwrap();
    *fake.is_away.lock().unwrap() = false;
    sinks.give(&Line::of(b"2\n")).unwrap();
    assert_eq!(*fake.taken.lock().unwrap(), ["2"]);
    assert_eq!(sinks.names(), ["fake (not required)"]);
}

fn syslog(address: SyslogAddress, required: bool) -> Settings {
    Settings {
        syslog: Some((address, Required(required))),
        ..Settings::default()
    }
}

/// The JSON of a message, after its head is checked.
fn body(message: &str, priority: u8, kind: &str) -> Value {
    let (head, text) = message.split_once(" - {").unwrap();
    let fields: Vec<&str> = head.split(' ').collect();
    let process = std::process::id().to_string();
    assert_eq!(fields[0], format!("<{priority}>1"), "{message}");
    assert!(
        fields[1].ends_with('Z') && fields[1].contains('T'),
        "{message}"
    );
    assert_eq!(
        fields[2..],
        ["-", "mcp-airlock", &process, kind],
        "{message}"
    );
    serde_json::from_str(&format!("{{{text}")).unwrap()
}

#[test]
fn syslog_over_udp_has_one_message_a_line_with_its_seal() {
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    receiver.set_read_timeout(Some(SOON)).unwrap();
    let home = tempfile::tempdir().unwrap();
    let address = SyslogAddress::Udp(receiver.local_addr().unwrap());
    let sink = journal(home.path(), syslog(address, true));
    sink.record(&decision("/x")).unwrap();
    drop(sink);
    let next = || {
        let mut buffer = vec![0; 65_536];
        let count = receiver.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..count].to_vec()).unwrap()
    };
    let start = body(&next(), 109, "start");
    assert!(
        start["sinks"][0]
            .as_str()
            .unwrap()
            .starts_with("syslog udp:127.0.0.1:")
    );
    let refused = body(&next(), 108, "decision");
    body(&next(), 109, "end");
    let kept = std::fs::read_to_string(&files(home.path())[0]).unwrap();
    let kept: Value = serde_json::from_str(kept.lines().nth(1).unwrap()).unwrap();
    assert_eq!(refused, kept);
    // What was received elsewhere proves that the chain here is the one.
    let seal = crate::audit::Seal::from_hex(refused["mac"].as_str().unwrap()).unwrap();
    assert!(
        verify(&Folders::below(home.path()), &[seal])
            .unwrap()
            .intact
    );
}

/// The next message with counted octets.
fn counted(stream: &mut BufReader<TcpStream>) -> String {
    let mut count = Vec::new();
    stream.read_until(b' ', &mut count).unwrap();
    let count: usize = String::from_utf8(count)
        .unwrap()
        .trim_end()
        .parse()
        .unwrap();
    let mut message = vec![0; count];
    stream.read_exact(&mut message).unwrap();
    String::from_utf8(message).unwrap()
}

#[test]
fn syslog_over_tcp_stops_calls_while_the_receiver_is_away_and_loses_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let home = tempfile::tempdir().unwrap();
    let sink = journal(home.path(), syslog(SyslogAddress::Tcp(address), true));
    sink.record(&decision("/1")).unwrap();
    let mut stream = BufReader::new(listener.accept().unwrap().0);
    body(&counted(&mut stream), 109, "start");
    assert_eq!(body(&counted(&mut stream), 108, "decision")["path"], "/1");
    // The receiver goes away.
    drop((stream, listener));
    std::thread::sleep(Duration::from_millis(50));
    assert!(sink.ready().is_err());
    let said = sink.record(&decision("/2")).unwrap_err().to_string();
    assert!(said.contains("does not take it"), "{said}");
    let listener = TcpListener::bind(address).unwrap();
    sink.ready().unwrap();
    sink.record(&decision("/3")).unwrap();
    let mut stream = BufReader::new(listener.accept().unwrap().0);
    assert_eq!(body(&counted(&mut stream), 108, "decision")["path"], "/2");
    assert_eq!(body(&counted(&mut stream), 108, "decision")["path"], "/3");
}

#[cfg(unix)]
#[test]
fn syslog_over_the_local_socket() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("log");
    let settings = |required| syslog(SyslogAddress::Unix(path.clone()), required);
    // Nobody listens yet: the required one stops the call, the other one does not.
    assert!(journal(home.path(), settings(true)).ready().is_err());
    journal(home.path(), settings(false))
        .record(&decision("/x"))
        .unwrap();
    let receiver = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    receiver.set_read_timeout(Some(SOON)).unwrap();
    journal(home.path(), settings(true))
        .record(&decision("/x"))
        .unwrap();
    let mut buffer = vec![0; 65_536];
    let count = receiver.recv(&mut buffer).unwrap();
    let message = String::from_utf8(buffer[..count].to_vec()).unwrap();
    body(&message, 109, "start");
}

/// A collector that answers with these statuses, the last one for ever; gives the bodies.
fn collector(statuses: &'static [u16]) -> (OtlpSettings, mpsc::Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let (give, take) = mpsc::channel();
    std::thread::spawn(move || {
        let mut answered = 0;
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            while let Some(request) = request(&mut stream) {
                let status = *statuses.get(answered).or(statuses.last()).unwrap();
                answered += 1;
                let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\n{{}}");
                stream.get_mut().write_all(answer.as_bytes()).unwrap();
                if status == 200 && give.send(request).is_err() {
                    return;
                }
            }
        }
    });
    let settings = OtlpSettings {
        origin: Origin::parse(&origin).unwrap(),
        ca_file: None,
    };
    (settings, take)
}

fn request(stream: &mut BufReader<TcpStream>) -> Option<Value> {
    let mut length = 0;
    let mut lines = stream.by_ref().lines().map_while(Result::ok);
    assert_eq!(lines.next()?, "POST /v1/logs HTTP/1.1");
    for line in lines.take_while(|line| !line.is_empty()) {
        assert!(
            !line.to_ascii_lowercase().starts_with("authorization"),
            "{line}"
        );
        if let Some(text) = line.strip_prefix("content-length: ") {
            length = text.parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    serde_json::from_slice(&body).ok()
}

/// The log records of all batches until `count` have come.
fn records(batches: &mpsc::Receiver<Value>, count: usize) -> Vec<Value> {
    let mut records = Vec::new();
    while records.len() < count {
        let batch = batches.recv_timeout(SOON).unwrap();
        let scope = &batch["resourceLogs"][0]["scopeLogs"][0];
        records.extend(scope["logRecords"].as_array().unwrap().clone());
    }
    records
}

#[test]
fn otlp_gets_every_line_as_a_log_record() {
    let (collector, batches) = collector(&[200]);
    let home = tempfile::tempdir().unwrap();
    let settings = Settings {
        otlp: Some((collector, Required(true))),
        ..Settings::default()
    };
    let sink = journal(home.path(), settings);
    sink.record(&decision("/x")).unwrap();
    drop(sink);
    let records = records(&batches, 3);
    let kept = std::fs::read_to_string(&files(home.path())[0]).unwrap();
    for (record, line) in records.iter().zip(kept.lines()) {
        assert_eq!(record["body"]["stringValue"], line);
        assert!(
            record["timeUnixNano"].as_str().unwrap().len() == 19,
            "{record}"
        );
    }
    assert_eq!(records[1]["eventName"], "airlock.audit.decision");
    assert_eq!(
        (&records[1]["severityNumber"], &records[1]["severityText"]),
        (&Value::from(13), &Value::from("WARN"))
    );
    assert_eq!(records[0]["severityNumber"], 9);
}

#[test]
fn a_collector_that_fails_stops_calls_until_it_has_everything() {
    let (collector, batches) = collector(&[503, 503, 200]);
    let home = tempfile::tempdir().unwrap();
    let settings = Settings {
        otlp: Some((collector, Required(true))),
        ..Settings::default()
    };
    let sink = journal(home.path(), settings);
    sink.record(&decision("/1")).unwrap();
    let waits_for = |is_ready: bool| {
        let started = Instant::now();
        while sink.ready().is_ok() != is_ready {
            assert!(started.elapsed() < SOON, "never {is_ready}");
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    waits_for(false);
    let said = sink.ready().unwrap_err().to_string();
    assert!(said.contains("lines wait for it"), "{said}");
    waits_for(true);
    assert_eq!(records(&batches, 2).len(), 2);
}

#[test]
fn a_batch_is_what_the_protocol_describes() {
    let (mut settings, _batches) = collector(&[200]);
    settings.origin = Origin::parse("http://127.0.0.1:4318").unwrap();
    let exporter = otlp::Exporter::new(&settings, Arc::default());
    let allowed = Line::of(
        br#"{"seq":1,"ts":"2026-11-22T06:30:06.123Z","kind":"decision","verdict":"allow"}"#,
    );
    let text = format!("{:#}", exporter.request(&[allowed]));
    let text = text.replace(&format!("\"{}\"", std::process::id()), "\"PID\"");
    insta::assert_snapshot!(text);
}
