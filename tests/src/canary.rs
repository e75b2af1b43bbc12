//! Finds secrets in bytes, in every encoding that a leak has been seen in.
//!
//! A canary is a unique random secret given to the program under test. [`Scanner::scan`] looks
//! for it raw and encoded, and once more in whatever gzip streams the bytes hold. It decides only
//! whether a canary is there, never whether it may be.

use std::io::Read;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// A canary found in some bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// The name given to [`Scanner::new`], never the secret.
    pub canary: String,
    /// How it was spelled, with `gzip: ` before it when it stood in a compressed stream.
    pub encoding: String,
    /// Where in the (unpacked) bytes.
    pub offset: usize,
}

/// Searches for a fixed set of canaries.
pub struct Scanner {
    automaton: AhoCorasick,
    labels: Vec<(String, String)>,
}

/// A secret, the name to report it by, and the user it is sent with under `Basic`.
pub struct Canary<'a> {
    pub name: &'a str,
    pub secret: &'a str,
    pub user: Option<&'a str>,
    /// Whether a piece of it is a leak as well; not so of a name made of ordinary words.
    pub pieces: bool,
}

/// Shorter than this a piece of a secret may turn up by chance.
pub const WINDOW: usize = 12;

const PIECE: &str = "12-character window";

const UNPACKED_AT_MOST: u64 = 64 * 1024 * 1024;

impl Scanner {
    pub fn new(canaries: &[Canary<'_>]) -> Scanner {
        let mut patterns = Vec::new();
        let mut labels = Vec::new();
        for canary in canaries {
            for (encoding, pattern) in encodings(canary.secret, canary.user) {
                if encoding == PIECE && !canary.pieces {
                    continue;
                }
                labels.push((canary.name.to_owned(), encoding));
                patterns.push(pattern);
            }
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(&patterns)
            .expect("a few thousand short patterns make an automaton");
        Scanner { automaton, labels }
    }

    /// Every canary in `bytes`, one hit for each spelling (the first place of each).
    pub fn scan(&self, bytes: &[u8]) -> Vec<Hit> {
        let mut hits = Vec::new();
        self.search(bytes, "", 2, &mut hits);
        hits.sort();
        hits.dedup_by(|a, b| a.canary == b.canary && a.encoding == b.encoding);
        hits
    }

    fn search(&self, bytes: &[u8], prefix: &str, layers: u32, hits: &mut Vec<Hit>) {
        for found in self.automaton.find_overlapping_iter(bytes) {
            let (canary, encoding) = &self.labels[found.pattern().as_usize()];
            hits.push(Hit {
                canary: canary.clone(),
                encoding: format!("{prefix}{encoding}"),
                offset: found.start(),
            });
        }
        if layers == 0 {
            return;
        }
        for start in memchr_gzip(bytes) {
            let mut unpacked = Vec::new();
            // A stream that ends early is still searched as far as it goes.
            let _ = flate2::read::GzDecoder::new(&bytes[start..])
                .take(UNPACKED_AT_MOST)
                .read_to_end(&mut unpacked);
            if !unpacked.is_empty() {
                self.search(&unpacked, &format!("gzip: {prefix}"), layers - 1, hits);
            }
        }
    }
}

/// Every spelling of `secret` that counts as a leak, with its name.
pub fn encodings(secret: &str, user: Option<&str>) -> Vec<(String, Vec<u8>)> {
    let bytes = secret.as_bytes();
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |name: &str, pattern: Vec<u8>| {
        if pattern.len() >= WINDOW {
            all.push((name.to_owned(), pattern));
        }
    };
    add("raw", bytes.to_vec());
    add("lower case", secret.to_ascii_lowercase().into_bytes());
    add("upper case", secret.to_ascii_uppercase().into_bytes());
    add("reversed", bytes.iter().rev().copied().collect());
    for shift in 0..3 {
        for (alphabet, encoded) in base64_at(bytes, shift) {
            add(
                &format!("base64 {alphabet} at {shift}"),
                encoded.clone().into_bytes(),
            );
            for outer in 0..3 {
                for (_, twice) in base64_at(encoded.as_bytes(), outer) {
                    add(
                        &format!("base64 of base64 at {shift}/{outer}"),
                        twice.into_bytes(),
                    );
                }
            }
        }
    }
    if let Some(user) = user {
        let pair = STANDARD.encode(format!("{user}:{secret}"));
        add("base64 of user:token", pair.trim_end_matches('=').into());
    }
    let each = |format: &dyn Fn(u8) -> String| -> Vec<u8> {
        bytes
            .iter()
            .map(|byte| format(*byte))
            .collect::<String>()
            .into_bytes()
    };
    add("hex lower", each(&|byte| format!("{byte:02x}")));
    add("hex upper", each(&|byte| format!("{byte:02X}")));
    add("percent lower", each(&|byte| format!("%{byte:02x}")));
    add("percent upper", each(&|byte| format!("%{byte:02X}")));
    add("JSON \\u lower", each(&|byte| format!("\\u{byte:04x}")));
    add("JSON \\u upper", each(&|byte| format!("\\u{byte:04X}")));
    add("HTML decimal", each(&|byte| format!("&#{byte};")));
    add("HTML hex lower", each(&|byte| format!("&#x{byte:x};")));
    add("HTML hex upper", each(&|byte| format!("&#x{byte:X};")));
    add(
        "UTF-16LE",
        bytes.iter().flat_map(|byte| [*byte, 0]).collect(),
    );
    add(
        "UTF-16BE",
        bytes.iter().flat_map(|byte| [0, *byte]).collect(),
    );
    let digest: String = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    add("SHA-256 hex", digest.into_bytes());
    for window in bytes.windows(WINDOW) {
        add(PIECE, window.to_vec());
    }
    all
}

/// The characters of a base64 text that depend on `bytes` alone when `shift` bytes of something
/// else stand before it in the same encoding.
fn base64_at(bytes: &[u8], shift: usize) -> [(&'static str, String); 2] {
    let mut padded = vec![0; shift];
    padded.extend_from_slice(bytes);
    let skip = (shift * 8).div_ceil(6);
    let whole = padded.len() * 8 / 6;
    [
        (
            "standard",
            STANDARD_NO_PAD.encode(&padded)[skip..whole].to_owned(),
        ),
        (
            "url",
            URL_SAFE_NO_PAD.encode(&padded)[skip..whole].to_owned(),
        ),
    ]
}

fn memchr_gzip(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    bytes
        .windows(3)
        .enumerate()
        .filter(|(_, window)| *window == [0x1f, 0x8b, 0x08])
        .map(|(start, _)| start)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const SECRET: &str = "CANARY-test-4kWq8ZrT2mXv6LbN9pYd";
    const USER: &str = "someone@example.test";

    fn scanner() -> Scanner {
        Scanner::new(&[Canary {
            name: "test",
            secret: SECRET,
            user: Some(USER),
            pieces: true,
        }])
    }

    fn found(bytes: &[u8]) -> Vec<String> {
        scanner()
            .scan(bytes)
            .into_iter()
            .map(|hit| hit.encoding)
            .collect()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).expect("memory takes it");
        encoder.finish().expect("memory takes it")
    }

    #[test]
    fn every_encoding_is_found_between_other_bytes() {
        for (name, pattern) in encodings(SECRET, Some(USER)) {
            let mut text = b"{\"before\": \"".to_vec();
            text.extend_from_slice(&pattern);
            text.extend_from_slice(b"\", \"after\": 1}");
            assert!(found(&text).contains(&name), "{name} is not found");
        }
    }

    #[test]
    fn base64_is_found_at_every_alignment_of_a_longer_text() {
        for before in 0..7 {
            for after in 0..4 {
                let text = format!("{}{SECRET}{}", "x".repeat(before), "y".repeat(after));
                for encoded in [
                    STANDARD.encode(&text),
                    STANDARD.encode(STANDARD.encode(&text)),
                    URL_SAFE_NO_PAD.encode(&text),
                ] {
                    assert!(
                        !found(encoded.as_bytes()).is_empty(),
                        "{before} before, {after} after"
                    );
                }
            }
        }
    }

    #[test]
    fn a_basic_header_and_a_compressed_body_are_found() {
        let header = format!(
            "Authorization: Basic {}",
            STANDARD.encode(format!("{USER}:{SECRET}"))
        );
        assert!(found(header.as_bytes()).contains(&"base64 of user:token".to_owned()));
        let mut mixed = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        mixed.extend(gzip(&gzip(header.as_bytes())));
        assert!(found(&mixed).contains(&"gzip: gzip: base64 of user:token".to_owned()));
    }

    #[test]
    fn half_a_token_is_found_and_less_than_a_window_is_not() {
        assert_eq!(found(&SECRET.as_bytes()[5..5 + WINDOW]), [PIECE]);
        assert_eq!(
            found(&SECRET.as_bytes()[5..4 + WINDOW]),
            Vec::<String>::new()
        );
    }

    #[test]
    fn ordinary_text_is_clean() {
        let text =
            "An issue tracker answers with JSON; a canary is not in here. CANARY-test".repeat(2000);
        assert_eq!(found(text.as_bytes()), Vec::<String>::new());
        assert_eq!(found(&gzip(text.as_bytes())), Vec::<String>::new());
    }
}
