//! The two small components between the parts: an environment with nothing in it, and the settings, which are policy,
//! manifest and digest. Written as text, so that all there is to them can be read here.

use std::fmt::Write as _;

use anyhow::Result;
use policy::EdgeParts;

/// Exports `name`, some version of `wasi:cli/environment`, with no variable, no argument, no directory.
pub(super) fn void(name: &str) -> Result<Vec<u8>> {
    // Two zeros read as an empty list and, by their first byte, as no directory.
    let text = format!(
        r#"(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "nothing") (result i32) i32.const 0))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $memory))
  (func $variables (result (list (tuple string string))) (canon lift (core func $i "nothing") (memory $memory)))
  (func $arguments (result (list string)) (canon lift (core func $i "nothing") (memory $memory)))
  (func $directory (result (option string)) (canon lift (core func $i "nothing") (memory $memory)))
  (instance $environment
    (export "get-environment" (func $variables))
    (export "get-arguments" (func $arguments))
    (export "initial-cwd" (func $directory)))
  (export "{name}" (instance $environment)))"#
    );
    Ok(wat::parse_str(text)?)
}

/// Where the text of the settings begins in memory; before it stand the places of its parts.
const START: usize = 64;
const PAGE: usize = 64 << 10;

/// Exports the settings. Its data holds [`EdgeParts::to_text`] in one piece, so that it can be read out of the file.
pub(super) fn settings(parts: &EdgeParts) -> Result<Vec<u8>> {
    let text = parts.to_text();
    let lengths = [&parts.policy, &parts.manifest, &parts.component].map(String::len);
    let mut place = START + text.len() - lengths.iter().sum::<usize>();
    let mut table = Vec::new();
    for length in lengths {
        table.extend(u32::try_from(place)?.to_le_bytes());
        table.extend(u32::try_from(length)?.to_le_bytes());
        place += length;
    }
    let pages = (START + text.len()).div_ceil(PAGE);
    let (table, text) = (escaped(&table), escaped(text.as_bytes()));
    let component = format!(
        r#"(component
  (core module $m
    (memory (export "memory") {pages})
    (func (export "policy") (result i32) i32.const 0)
    (func (export "manifest") (result i32) i32.const 8)
    (func (export "component") (result i32) i32.const 16)
    (data (i32.const 0) "{table}")
    (data (i32.const {START}) "{text}"))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $memory))
  (func $policy (result string) (canon lift (core func $i "policy") (memory $memory)))
  (func $manifest (result string) (canon lift (core func $i "manifest") (memory $memory)))
  (func $component (result string) (canon lift (core func $i "component") (memory $memory)))
  (instance $settings
    (export "policy" (func $policy))
    (export "manifest" (func $manifest))
    (export "component" (func $component)))
  (export "airlock:atlassian/settings@0.1.0" (instance $settings)))"#
    );
    Ok(wat::parse_str(component)?)
}

fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for byte in bytes {
        let _ = write!(text, "\\{byte:02x}");
    }
    text
}
