//! Searches the guest's whole linear memory for secrets that it was told only in disguise, so
//! that the search itself puts none there.

use serde::Deserialize;
use serde_json::{Value, json};

const PAGE: usize = 65_536;

/// Needles, each byte combined with `key` by exclusive or.
#[derive(Deserialize)]
pub struct Search {
    key: u8,
    needles: Vec<Vec<u8>>,
    /// Positive control: unmask the first needle into memory before the search.
    #[serde(default)]
    plant: bool,
}

/// How often each needle stands in memory, by its index; only those that do.
pub fn search(search: &Search) -> Value {
    let planted: Vec<u8> = match search.needles.first() {
        Some(first) if search.plant => first.iter().map(|byte| byte ^ search.key).collect(),
        _ => Vec::new(),
    };
    let mut by_first: Vec<Vec<usize>> = vec![Vec::new(); 256];
    for (index, needle) in search.needles.iter().enumerate() {
        if let Some(first) = needle.first() {
            by_first[usize::from(*first)].push(index);
        }
    }
    let end = core::arch::wasm32::memory_size(0) * PAGE;
    let mut counts = vec![0_u32; search.needles.len()];
    for start in 0..end {
        let first = read(start) ^ search.key;
        for index in &by_first[usize::from(first)] {
            let needle = &search.needles[*index];
            let matches = start + needle.len() <= end
                && needle
                    .iter()
                    .enumerate()
                    .all(|(offset, byte)| read(start + offset) ^ search.key == *byte);
            if matches {
                counts[*index] += 1;
            }
        }
    }
    std::hint::black_box(&planted);
    let hits: Vec<Value> = counts
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
        .map(|(index, count)| json!([index, count]))
        .collect();
    json!({"bytes": end, "hits": hits})
}

fn read(address: usize) -> u8 {
    // SAFETY: `address` is below the size of the memory. Address 0 is a place like any other here,
    // and the read is volatile, so that nothing is concluded from it.
    unsafe { core::ptr::with_exposed_provenance::<u8>(address).read_volatile() }
}
