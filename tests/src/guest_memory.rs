//! The linear memories of all components in this process, seen from outside: read by way of the
//! kernel, past the sandbox and without its help, so that nothing in the host has to be changed
//! for the test. What stands in them is for the caller to judge.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::os::unix::fs::FileExt;

/// The reservation behind a linear memory: addresses that 32-bit code could reach, and guards. No
/// allocator of a test process reserves as much at once.
const RESERVED_AT_LEAST: u64 = 2 << 30;

const PAGE: usize = 4096;

/// Bytes for each page in the kernel's list, the lowest first.
const ENTRY: usize = 8;

/// The bytes of each linear memory.
///
/// # Panics
/// Without `/proc`.
pub fn of_guests() -> Vec<Vec<u8>> {
    let memory = own_memory();
    let guests = regions().into_iter().filter(|region| region.is_guest);
    guests.map(|region| region.read(&memory)).collect()
}

/// Whether these bytes stand anywhere in the rest of the process that can be written.
///
/// # Panics
/// Without `/proc`.
pub fn host_holds(needle: &[u8]) -> bool {
    let memory = own_memory();
    let mut rest = regions().into_iter().filter(|region| !region.is_guest);
    let finder = aho_corasick::AhoCorasick::new([needle]).expect("one pattern");
    rest.any(|region| finder.is_match(&region.read(&memory)))
}

/// Writable mappings without a gap between them. The stack that a guest's calls into the host run
/// on may lie right below its memory, with a closed guard between: it is the host's.
struct Region {
    mappings: Vec<Mapping>,
    is_guest: bool,
}

struct Mapping {
    start: u64,
    end: u64,
    is_writable: bool,
    is_closed: bool,
}

fn own_memory() -> File {
    File::open("/proc/self/mem").expect("a process may read itself")
}

fn regions() -> Vec<Region> {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux has /proc");
    let mut regions: Vec<Region> = Vec::new();
    // Where a mapping has to begin to belong to the region before it.
    let mut end_of_region = 0;
    for mapping in maps.lines().filter_map(Mapping::parse) {
        let last = regions
            .last_mut()
            .filter(|_| mapping.start == end_of_region);
        match last {
            Some(region) if mapping.is_writable => {
                end_of_region = mapping.end;
                region.mappings.push(mapping);
            }
            Some(region) if mapping.is_closed => {
                region.is_guest = mapping.end - mapping.start >= RESERVED_AT_LEAST;
            }
            _ if mapping.is_writable => {
                end_of_region = mapping.end;
                regions.push(Region {
                    mappings: vec![mapping],
                    is_guest: false,
                });
            }
            _ => {}
        }
    }
    regions
}

impl Region {
    fn read(&self, memory: &File) -> Vec<u8> {
        let mappings = self.mappings.iter();
        mappings.flat_map(|mapping| mapping.read(memory)).collect()
    }
}

impl Mapping {
    fn parse(line: &str) -> Option<Mapping> {
        let mut words = line.split_whitespace();
        let (start, end) = words.next()?.split_once('-')?;
        let rights = words.next()?;
        Some(Mapping {
            start: u64::from_str_radix(start, 16).ok()?,
            end: u64::from_str_radix(end, 16).ok()?,
            is_writable: rights.starts_with("rw"),
            is_closed: rights.starts_with("---"),
        })
    }

    /// The pages that were ever written, one after the other: most of a reserved range never was. What another thread
    /// has given back meanwhile is not there to be read.
    fn read(&self, memory: &File) -> Vec<u8> {
        let mut bytes = Vec::new();
        for page in self.used_pages() {
            let start = bytes.len();
            bytes.resize(start + PAGE, 0);
            if memory.read_exact_at(&mut bytes[start..], page).is_err() {
                bytes.truncate(start);
            }
        }
        bytes
    }

    /// Where the kernel's list (proc(5), `pagemap`) says that a page is in memory or swapped out.
    fn used_pages(&self) -> Vec<u64> {
        let list = File::open("/proc/self/pagemap").expect("a process may see its own pages");
        let (first, end) = (self.start / PAGE as u64, self.end / PAGE as u64);
        let mut entries = vec![0; usize::try_from(end - first).unwrap_or(0) * ENTRY];
        if list
            .read_exact_at(&mut entries, first * ENTRY as u64)
            .is_err()
        {
            return Vec::new();
        }
        let used = |entry: &[u8]| entry[ENTRY - 1] & 0b1100_0000 != 0;
        (first..end)
            .zip(entries.chunks_exact(ENTRY))
            .filter(|(_, entry)| used(entry))
            .map(|(page, _)| page * PAGE as u64)
            .collect()
    }
}
