//! Which spellings of a credential are looked for, and how long a run of each is enough.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{GRAM, SecretBytes};
use crate::ports::Credential;

/// Shorter secrets are removed only as part of an `Authorization` value: as text of their own
/// they would be found all over ordinary answers.
const SHORTEST_SECRET: usize = 12;

/// Twelve bytes cover at least this many whole characters of base64, at any alignment.
const ENOUGH_BASE64: usize = 15;

/// Fifteen characters of base64, encoded again.
const ENOUGH_BASE64_TWICE: usize = 19;

pub(super) struct Form {
    pub(super) text: SecretBytes,
    /// A run of this length is removed.
    pub(super) enough: usize,
}

/// The raw secret first, each form once.
pub(super) fn of(credential: &Credential) -> Vec<Form> {
    let mut forms = Forms(Vec::new());
    let header = credential.authorization.expose_secret();
    let (scheme, value) = header.split_once(' ').unwrap_or(("", header));
    let pair = scheme
        .eq_ignore_ascii_case("basic")
        .then(|| STANDARD.decode(value).ok().map(Zeroizing::new))
        .flatten();
    let own: SecretBytes = match &pair {
        Some(pair) => {
            let colon = pair.iter().position(|byte| *byte == b':');
            Zeroizing::new(colon.map_or_else(|| pair.to_vec(), |at| pair[at + 1..].to_vec()))
        }
        None => Zeroizing::new(value.as_bytes().to_vec()),
    };

    let named = credential
        .secrets
        .iter()
        .map(|secret| Zeroizing::new(secret.expose_secret().as_bytes().to_vec()));
    for secret in std::iter::once(own.clone()).chain(named) {
        if secret.len() >= SHORTEST_SECRET {
            forms.add_secret(&secret);
        }
    }
    match &pair {
        Some(pair) if own.len() >= SHORTEST_SECRET => forms.add_base64(pair),
        _ if value.len() >= SHORTEST_SECRET => forms.add(value.trim_end_matches('='), usize::MAX),
        _ => {}
    }
    forms.add(header, usize::MAX);
    forms.0
}

struct Forms(Vec<Form>);

impl Forms {
    /// `enough` above the whole length means the whole.
    fn add(&mut self, text: impl AsRef<[u8]>, enough: usize) {
        let text = text.as_ref();
        let known = self.0.iter().any(|form| *form.text == text);
        if text.len() >= GRAM && !known {
            self.0.push(Form {
                text: Zeroizing::new(text.to_vec()),
                enough: enough.min(text.len()),
            });
        }
    }

    fn add_secret(&mut self, secret: &SecretBytes) {
        self.add(secret, SHORTEST_SECRET);
        let reversed = Zeroizing::new(secret.iter().rev().copied().collect::<Vec<u8>>());
        self.add(&*reversed, SHORTEST_SECRET);
        self.add(hex(secret), 2 * SHORTEST_SECRET);
        // Not a secret, but a fingerprint that confirms a guess.
        self.add(hex(&Sha256::digest(&**secret)), usize::MAX);
        self.add_base64(secret);
    }

    fn add_base64(&mut self, secret: &SecretBytes) {
        for text in aligned(secret, &STANDARD) {
            self.add(&*text, ENOUGH_BASE64);
        }
        let once = Zeroizing::new(STANDARD.encode(&**secret).into_bytes());
        let once_for_urls = Zeroizing::new(URL_SAFE_NO_PAD.encode(&**secret).into_bytes());
        for text in aligned(&once, &STANDARD)
            .into_iter()
            .chain(aligned(&once_for_urls, &STANDARD))
        {
            self.add(&*text, ENOUGH_BASE64_TWICE);
        }
    }
}

/// What base64 makes of the secret where it stands 0, 1 or 2 bytes behind a multiple of three:
/// without the characters that mix in bits of what stands before and after it. The alphabet for
/// URLs needs no form of its own, since `-_` and `+/` are compared as equal.
fn aligned(secret: &[u8], engine: &impl Engine) -> [SecretBytes; 3] {
    [0, 1, 2].map(|before| {
        let padded = Zeroizing::new([&[0; 2][..before], secret].concat());
        let text = Zeroizing::new(engine.encode(padded.as_slice()).into_bytes());
        let first = (before * 8).div_ceil(6);
        let whole = padded.len() * 8 / 6;
        Zeroizing::new(text[first..whole].to_vec())
    })
}

fn hex(bytes: &[u8]) -> SecretBytes {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    Zeroizing::new(
        bytes
            .iter()
            .flat_map(|byte| {
                [
                    DIGITS[usize::from(byte >> 4)],
                    DIGITS[usize::from(byte & 15)],
                ]
            })
            .collect(),
    )
}
