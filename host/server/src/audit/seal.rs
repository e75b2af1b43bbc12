//! Decides what makes a line unforgeable: HMAC-SHA-256 (FIPS 198-1) over the name of the file that it stands in and
//! every byte of the line before the seal. Holds the key; never decides what a line says or which line comes next.

use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

use aws_lc_rs::hmac;
use secrecy::ExposeSecret;
use serde::Serialize;

use super::Trouble;
use crate::secrets::read_secret_file;
use crate::store::{Key, write_whole};

/// Of one configuration. Whoever has it can write a record anew, so it is shown to nobody.
pub(super) struct ChainKey(hmac::Key);

/// What stands in a line as `mac`, and in the next one as `prev`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seal([u8; 32]);

/// A line as it is read, divided into what is sealed and the seal that it carries.
pub(super) struct Divided<'l> {
    sealed: &'l [u8],
    pub(super) seal: Seal,
}

const PREV: &[u8] = br#","prev":""#;
const MAC: &[u8] = br#","mac":""#;
const END: &[u8] = br#""}"#;

impl ChainKey {
    /// `None` where there is no key yet.
    pub(super) fn load(path: &Path) -> Result<Option<Self>, Trouble> {
        match std::fs::symlink_metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            _ => {}
        }
        let unusable =
            |why: String| Trouble::new(format!("the key of the record cannot be used: {why}"));
        let text = read_secret_file(path).map_err(|error| unusable(error.to_string()))?;
        let key = Key::from_text(&text)
            .ok_or_else(|| unusable(format!("`{}` holds no key", path.display())))?;
        Ok(Some(Self::of(&key)))
    }

    /// A new one, kept at `path` for this user alone.
    pub(super) fn create(path: &Path) -> Result<Self, Trouble> {
        let key = Key::random();
        write_whole(path, key.to_text().expose_secret().as_bytes(), None)
            .map_err(|error| Trouble::disk(path, "written", &error))?;
        Ok(Self::of(&key))
    }

    fn of(key: &Key) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.bytes()))
    }

    /// Tells this key from another one; no way leads back to it.
    pub(super) fn name(&self) -> String {
        let seal = self.seal("key", b"");
        seal.to_string().chars().take(16).collect()
    }

    /// `place` and `bytes` cannot run into each other: no file name holds a zero byte.
    pub(super) fn seal(&self, place: &str, bytes: &[u8]) -> Seal {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(place.as_bytes());
        context.update(&[0]);
        context.update(bytes);
        let mut seal = [0; 32];
        seal.copy_from_slice(context.sign().as_ref());
        Seal(seal)
    }

    /// The JSON object `value` as line `seq` of a file: number first, then what it says, what it follows, the seal.
    pub(super) fn line(
        &self,
        place: &str,
        seq: u64,
        value: &impl Serialize,
        prev: Seal,
    ) -> serde_json::Result<(Vec<u8>, Seal)> {
        let mut line = format!(r#"{{"seq":{seq},"#).into_bytes();
        let start = line.len();
        serde_json::to_writer(&mut line, value)?;
        debug_assert!(line[start..].starts_with(b"{") && line.ends_with(b"}"));
        line.remove(start);
        line.pop();
        line.extend_from_slice(PREV);
        line.extend_from_slice(&prev.to_hex());
        line.push(b'"');
        let seal = self.seal(place, &line);
        line.extend_from_slice(MAC);
        line.extend_from_slice(&seal.to_hex());
        line.extend_from_slice(END);
        line.push(b'\n');
        Ok((line, seal))
    }

    pub(super) fn fits(&self, place: &str, line: &Divided<'_>) -> bool {
        self.seal(place, line.sealed) == line.seal
    }
}

impl<'l> Divided<'l> {
    /// Of a line without its line break. `None`: it ends in no seal.
    pub(super) fn of(line: &'l [u8]) -> Option<Self> {
        let rest = line.strip_suffix(END)?;
        let (rest, hex) = rest.split_at_checked(rest.len().checked_sub(2 * 32)?)?;
        Some(Self {
            sealed: rest.strip_suffix(MAC)?,
            seal: Seal::from_hex(std::str::from_utf8(hex).ok()?)?,
        })
    }
}

impl Seal {
    /// Before the first line of all.
    pub(super) const NONE: Self = Self([0; 32]);

    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(bytes))
    }

    fn to_hex(self) -> [u8; 64] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        text
    }
}

/// Only the form that is written counts: another spelling would be a second line for one seal.
fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.to_hex()).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seal({self})")
    }
}

impl Serialize for Seal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Seal {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::from_hex(&text).ok_or_else(|| serde::de::Error::custom("not 64 hexadecimal digits"))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn key() -> ChainKey {
        ChainKey(hmac::Key::new(hmac::HMAC_SHA256, b"Jefe"))
    }

    /// RFC 4231, test case 2.
    #[test]
    fn the_seal_is_an_hmac_sha_256() {
        let tag = hmac::sign(&key().0, b"what do ya want for nothing?");
        let known = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(Seal::from_hex(known).unwrap().0, tag.as_ref());
        let whole = hmac::sign(&key().0, b"a.jsonl\0{}");
        assert_eq!(key().seal("a.jsonl", b"{}").0, whole.as_ref());
    }

    #[test]
    fn a_closed_line_is_json_and_every_change_is_seen() {
        let value = serde_json::json!({ "kind": "start" });
        let (line, seal) = key().line("a.jsonl", 7, &value, Seal::NONE).unwrap();
        let text = line.strip_suffix(b"\n").unwrap();
        let json: serde_json::Value = serde_json::from_slice(text).unwrap();
        assert_eq!(json["seq"], 7);
        assert_eq!(json["kind"], "start");
        assert_eq!(json["prev"], Seal::NONE.to_string());
        assert_eq!(json["mac"], seal.to_string());
        assert!(key().fits("a.jsonl", &Divided::of(text).unwrap()));
        assert!(!key().fits("b.jsonl", &Divided::of(text).unwrap()));
        for place in 0..text.len() {
            for flip in [1, 0x20, 0x80] {
                let mut changed = text.to_vec();
                changed[place] ^= flip;
                let fits = Divided::of(&changed).is_some_and(|line| key().fits("a.jsonl", &line));
                assert!(!fits, "byte {place} xor {flip:#x}");
            }
        }
        for cut in 0..text.len() {
            let fits = Divided::of(&text[..cut]).is_some_and(|line| key().fits("a.jsonl", &line));
            assert!(!fits, "cut at {cut}");
        }
    }
}
