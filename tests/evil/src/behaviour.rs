//! One function for each way to misbehave that needs no particular request.

use std::hint::black_box;

use serde_json::{Value, json};

use crate::bindings::airlock::atlassian::blobs::{self, Blob};
use crate::bindings::airlock::atlassian::egress::{self, Site};
use crate::bindings::airlock::atlassian::host::{self};
use crate::bindings::airlock::atlassian::types::Level;

pub fn run(behaviour: &str, name: &str, arguments: &str, parsed: &Value) -> Option<Value> {
    Some(match behaviour {
        "well_behaved" => json!({"called_as": name, "sites": sites()}),
        "infinite_loop" => infinite_loop(),
        "memory_grow" => memory_grow(),
        "log_flood" => log_flood(),
        "progress_flood" => progress_flood(),
        "stderr_flood" => stderr_flood(),
        "host_call_loop" => host_call_loop(),
        "empty_stream_writes" => empty_stream_writes(),
        "trap" => std::process::abort(),
        "exit" => std::process::exit(7),
        "panic_with_arguments" => panic!("{arguments}"),
        "return_large_result" => json!("x".repeat(size(parsed))),
        "deep_recursion" => json!(deep_recursion(1)),
        "handle_flood" => handle_flood(),
        "blob_flood" => blob_flood(),
        "cache_flood" => cache_flood(),
        "cache_write" => cache_write(parsed),
        "cache_read" => json!(host::cache_get(&text(parsed, "key")).map(|value| value.len())),
        "use_after_drop" => use_after_drop(),
        "forged_handle" => forged_handle(parsed),
        "forged_blob" => forged_blob(parsed),
        "read_env" => json!(std::env::vars().collect::<Vec<_>>()),
        "read_args" => json!(std::env::args().collect::<Vec<_>>()),
        "read_stdin" => read_stdin(),
        "exhaust_requests" => exhaust_requests(parsed),
        #[cfg(feature = "files")]
        "open_any_path" => open_any_path(),
        _ => return None,
    })
}

pub fn sites() -> Vec<String> {
    egress::sites().into_iter().map(|site| site.id).collect()
}

fn infinite_loop() -> ! {
    let mut turn: u64 = 0;
    loop {
        turn = black_box(turn.wrapping_add(1));
    }
}

fn memory_grow() -> Value {
    let mut kept: Vec<Vec<u8>> = Vec::new();
    loop {
        kept.push(black_box(vec![1; 1 << 20]));
    }
}

fn log_flood() -> Value {
    let line = "l".repeat(64 * 1024);
    for _ in 0..16_384 {
        host::log(Level::Error, &line, &[("field".to_owned(), line.clone())]);
    }
    json!("wrote it all")
}

fn progress_flood() -> Value {
    for done in 0..1_000_000 {
        host::progress(f64::from(done), None, Some("more"));
    }
    json!("reported it all")
}

fn stderr_flood() -> Value {
    let line = "e".repeat(64 * 1024);
    for _ in 0..16_384 {
        eprintln!("{line}");
    }
    json!("wrote it all")
}

fn host_call_loop() -> ! {
    loop {
        black_box(host::now_ms());
    }
}

fn empty_stream_writes() -> ! {
    let stream = wasip2::cli::stderr::get_stderr();
    loop {
        let _ = black_box(stream.write(&[]));
    }
}

fn deep_recursion(depth: u64) -> u64 {
    if depth == u64::MAX {
        return 0;
    }
    let frame = black_box([depth; 64]);
    black_box(deep_recursion(black_box(depth + 1)) + frame[0])
}

fn handle_flood() -> Value {
    let id = sites().into_iter().next().unwrap_or_default();
    for _ in 0..5_000_000 {
        std::mem::forget(egress::open_site(&id));
    }
    json!("opened them all")
}

fn blob_flood() -> Value {
    let data = vec![7; 1 << 20];
    let mut kept = Vec::new();
    for _ in 0..1024 {
        match blobs::create("b", "application/octet-stream", &data) {
            Ok(blob) => kept.push(blob),
            Err(error) => return json!({"kept": kept.len(), "error": format!("{error:?}")}),
        }
    }
    json!({"kept": kept.len()})
}

fn cache_flood() -> Value {
    let value = vec![7; 1 << 20];
    for turn in 0..4096 {
        host::cache_set(&format!("flood-{turn}"), &value, u32::MAX);
    }
    json!("cached it all")
}

fn cache_write(parsed: &Value) -> Value {
    host::cache_set(
        &text(parsed, "key"),
        text(parsed, "value").as_bytes(),
        60_000,
    );
    json!("cached")
}

fn use_after_drop() -> Value {
    let id = sites().into_iter().next().unwrap_or_default();
    let Some(site) = egress::open_site(&id) else {
        return json!("no site");
    };
    let number = site.handle();
    drop(site);
    // SAFETY: none; the host has to find out that the handle is gone.
    let stale = unsafe { Site::from_handle(number) };
    json!(stale.info().name)
}

fn forged_handle(parsed: &Value) -> Value {
    // SAFETY: none; the host has to find out that the handle was never given.
    let forged = unsafe { Site::from_handle(size(parsed) as u32) };
    json!(forged.info().name)
}

fn forged_blob(parsed: &Value) -> Value {
    // SAFETY: none; the host has to find out that the handle was never given.
    let forged = unsafe { Blob::from_handle(size(parsed) as u32) };
    json!(forged.info().name)
}

fn read_stdin() -> Value {
    let mut input = String::new();
    match std::io::stdin().read_line(&mut input) {
        Ok(read) => json!({"read": read}),
        Err(error) => json!({"error": error.to_string()}),
    }
}

fn exhaust_requests(parsed: &Value) -> Value {
    let mut last = Value::Null;
    for turn in 0..size(parsed) {
        last = crate::raw::send_one(&parsed["request"]);
        if last.get("error").is_some() {
            return json!({"sent": turn, "last": last});
        }
    }
    json!({"sent": size(parsed), "last": last})
}

#[cfg(feature = "files")]
fn open_any_path() -> Value {
    let listing = |path: &str| match std::fs::read_dir(path) {
        Ok(entries) => json!(entries.count()),
        Err(error) => json!(error.to_string()),
    };
    json!({"root": listing("/"), "here": listing("."), "passwd": std::fs::read("/etc/passwd").is_ok()})
}

fn size(parsed: &Value) -> usize {
    usize::try_from(parsed["size"].as_u64().unwrap_or_default()).unwrap_or(usize::MAX)
}

fn text(parsed: &Value, name: &str) -> String {
    parsed[name].as_str().unwrap_or_default().to_owned()
}
