//! Too much at once: slow, idle, countless and broken-off connections, while somebody else goes on working.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::http::{Server, connect, request};

use super::inbound::{Inbound, small_call};
use super::verdict::Ended;
use super::{Case, resident_mib_of};

pub(super) fn run(case: &Case) -> Ended {
    let mut world = Inbound::new();
    let process = world.server.process_id();
    let waits = Waits::default();
    // The first call pays for what all later ones share.
    waits.call(&world);
    let before = resident_mib_of(process);
    let over = AtomicBool::new(false);
    let mut growth = 0;
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut most = 0;
            while !over.load(Ordering::Acquire) {
                waits.call(&world);
                most = resident_mib_of(process).max(most);
                std::thread::sleep(Duration::from_millis(20));
            }
            most
        });
        press(&world, &case.input);
        over.store(true, Ordering::Release);
        growth = watcher.join().unwrap_or(u64::MAX).saturating_sub(before);
    });
    let mut problems = Vec::new();
    let p99 = waits.p99();
    let longest = Duration::from_millis(
        case.expected["other_client_p99_ms"]
            .as_u64()
            .unwrap_or(1000),
    );
    if p99 > longest {
        problems.push(format!("another client waited {p99:?}"));
    }
    let most = case.expected["max_rss_growth_mib"]
        .as_u64()
        .unwrap_or(u64::MAX);
    if growth > most {
        problems.push(format!("the server grew by {growth} MiB, more than {most}"));
    }
    if !world.server.is_running() {
        problems.push("the server is gone".to_owned());
    }
    Ended::of(problems)
}

/// How long each call of somebody else took.
#[derive(Default)]
struct Waits(std::sync::Mutex<Vec<Duration>>);

impl Waits {
    fn call(&self, world: &Inbound) {
        let (message, lines) = small_call();
        let lines: Vec<(&str, &str)> = lines
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        let began = Instant::now();
        let answer = world.server.post(Some(world.alice()), &lines, &message);
        let took = if answer.status == 200 {
            began.elapsed()
        } else {
            Duration::MAX
        };
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .push(took);
    }

    fn p99(&self) -> Duration {
        let mut all = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone();
        all.sort();
        all.get(all.len() * 99 / 100)
            .copied()
            .unwrap_or(Duration::MAX)
    }
}

fn press(world: &Inbound, input: &Value) {
    let number = |value: &Value| value.as_u64().unwrap_or_default();
    if let Some(slow) = input.get("slow_headers") {
        drip(&world.server, b"POST /mcp HTTP/1.1\r\nx-slow: ", slow);
    } else if let Some(slow) = input.get("slow_body") {
        let whole = request(
            world.server.address(),
            Some(world.alice()),
            &[("content-length", "1000")],
            "",
        );
        drip(&world.server, &whole, slow);
    } else if input.get("idle_connections").is_some() {
        let connections: Vec<_> = (0..number(&input["idle_connections"]))
            .filter_map(|_| connect(world.server.address()).ok())
            .collect();
        std::thread::sleep(Duration::from_secs(2));
        drop(connections);
    } else if let Some(sessions) = input.get("sessions") {
        let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "it", "version": "0"}}});
        let bytes = request(
            world.server.address(),
            Some(world.alice()),
            &[],
            &hello.to_string(),
        );
        let mut connection = world.server.connect();
        for _ in 0..number(&sessions["initialize"]) {
            connection.send(&bytes);
            if connection.answer().is_none() {
                connection = world.server.connect();
            }
        }
    } else if let Some(cancel) = input.get("rapid_cancel") {
        let (message, _) = small_call();
        let bytes = request(
            world.server.address(),
            Some(world.alice()),
            &[],
            &message.to_string(),
        );
        for _ in 0..number(&cancel["requests"]) {
            if let Ok(mut connection) = connect(world.server.address()) {
                connection.send(&bytes);
            }
        }
    }
}

/// Many connections, each a byte at a time.
fn drip(server: &Server, begin: &[u8], slow: &Value) {
    let number = |key: &str| slow[key].as_u64().unwrap_or_default();
    let mut streams: Vec<TcpStream> = (0..number("connections"))
        .filter_map(|_| TcpStream::connect(server.address()).ok())
        .collect();
    for stream in &mut streams {
        let _ = stream.write_all(begin);
    }
    for _ in 0..number("seconds") {
        for stream in &mut streams {
            let _ = stream.write_all(b"x");
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}
