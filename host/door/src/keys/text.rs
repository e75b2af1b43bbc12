//! What a key looks like: `airlock_ID_SECRET`, where the identity finds the record and 256 random bits prove it. The end
//! is a check sum, so that a scanner of leaked secrets is sure of its find and a key cut in copying is told at once.
//! What is kept of a key is its digest; nothing here knows who owns it.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Chosen by nobody else, so that a scanner needs no context.
pub const PREFIX: &str = "airlock_";

const ID_LENGTH: usize = 10;
/// 256 bits, five to a character.
const SECRET_LENGTH: usize = 52;
const CHECK_LENGTH: usize = 4;

/// RFC 4648, section 6, in lower case: one word for a double click, nothing that a URL or a shell would change.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// A key as it was made, to be shown once.
pub struct NewKey {
    pub text: SecretString,
    pub id: KeyId,
    pub digest: KeyDigest,
}

/// The part of a key that may be logged.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(String);

/// SHA-256 of the whole key. A slow hash would add nothing to 256 random bits and let strangers burn the processor.
#[derive(Clone, Debug)]
pub struct KeyDigest([u8; 32]);

/// A key as a client showed it. The text itself is not kept.
#[derive(Debug)]
pub struct Presented {
    pub id: KeyId,
    pub digest: KeyDigest,
}

impl NewKey {
    pub fn random() -> Self {
        let mut bytes = Zeroizing::new([0; 39]);
        getrandom::fill(bytes.as_mut_slice()).expect("the operating system gives random numbers");
        let id = letters(&bytes[32..], ID_LENGTH);
        let secret = Zeroizing::new(letters(&bytes[..32], SECRET_LENGTH));
        let body = Zeroizing::new(format!("{PREFIX}{id}_{}", secret.as_str()));
        let text = Zeroizing::new(format!("{}{}", body.as_str(), check_sum(&body)));
        Self {
            digest: KeyDigest::of(&text),
            id: KeyId(id),
            text: SecretString::from(text.as_str()),
        }
    }

    /// The one place where it is read: to be printed.
    pub fn reveal(&self) -> &str {
        self.text.expose_secret()
    }
}

impl KeyId {
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == ID_LENGTH && is_letters(text)).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl KeyDigest {
    fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// What an unknown key is compared with, so that it takes as long as a known one.
    pub const NONE: Self = Self([0; 32]);

    pub fn is_same(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    pub fn to_hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl Presented {
    /// `None` for everything that was not made by [`NewKey::random`] or was changed since.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, rest) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let id = KeyId::parse(id)?;
        if rest.len() != SECRET_LENGTH + CHECK_LENGTH || !is_letters(rest) {
            return None;
        }
        let (body, check) = text.split_at(text.len() - CHECK_LENGTH);
        (check == check_sum(body)).then(|| Self {
            id,
            digest: KeyDigest::of(text),
        })
    }
}

/// Not a proof of anything: 20 bits against slips of hand.
fn check_sum(body: &str) -> String {
    letters(&Sha256::digest(body.as_bytes()), CHECK_LENGTH)
}

fn letters(bytes: &[u8], length: usize) -> String {
    let bit = |at: usize| {
        bytes
            .get(at / 8)
            .map_or(0, |byte| usize::from(byte >> (7 - at % 8) & 1))
    };
    let letter = |index: usize| (0..5).fold(0, |value, each| value << 1 | bit(index * 5 + each));
    (0..length)
        .map(|index| char::from(ALPHABET[letter(index)]))
        .collect()
}

fn is_letters(text: &str) -> bool {
    text.bytes().all(|byte| ALPHABET.contains(&byte))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_is_read_as_it_was_made() {
        let key = NewKey::random();
        let shown = Presented::parse(key.reveal()).unwrap();
        assert_eq!(shown.id, key.id);
        assert!(shown.digest.is_same(&key.digest));
        let kept = KeyDigest::from_hex(&key.digest.to_hex()).unwrap();
        assert!(kept.is_same(&shown.digest));
        assert_eq!(key.reveal().len(), 75);
    }

    #[test]
    fn no_two_keys_are_alike() {
        let keys: std::collections::BTreeSet<String> = (0..200)
            .map(|_| NewKey::random().reveal().to_owned())
            .collect();
        assert_eq!(keys.len(), 200);
        // Every character of the secret takes part; the last one has a single bit left to hold.
        for at in 19..70 {
            let seen: std::collections::BTreeSet<u8> =
                keys.iter().map(|key| key.as_bytes()[at]).collect();
            assert!(seen.len() > 8, "character {at} is {seen:?}");
        }
    }

    #[test]
    fn letters_are_those_of_the_rfc() {
        assert_eq!(letters(b"foobar", 10), "mzxw6ytboi");
    }

    proptest! {
        #[test]
        fn one_changed_character_is_no_key(at in 0usize..75, other in "[ -~]") {
            let key = NewKey::random();
            let mut text = key.reveal().to_owned();
            prop_assume!(text[at..=at] != other);
            text.replace_range(at..=at, &other);
            // Twenty bits of check sum let one change in a million pass as a key, never as this one.
            if let Some(shown) = Presented::parse(&text) {
                prop_assert!(!shown.digest.is_same(&key.digest));
            }
        }

        #[test]
        fn nothing_else_is_a_key(text in "\\PC{0,90}") {
            prop_assert!(Presented::parse(&text).is_none());
        }
    }
}
