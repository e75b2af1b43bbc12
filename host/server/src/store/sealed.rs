//! Decides what a sealed file looks like: a line that names the format, a random nonce, the encrypted record. The
//! record's owner is authenticated with it, so a file that is moved to another site does not open.

use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use zeroize::Zeroizing;

use super::key::Key;
use super::{RecordId, StoreError};

const FORMAT: &[u8] = b"mcp-airlock sealed record 1\n";

/// What the first line of any version begins with.
const FAMILY: &[u8] = b"mcp-airlock sealed record ";

#[derive(Debug, PartialEq, Eq)]
pub(super) enum SealError {
    Foreign,
    Newer,
    Closed,
}

impl SealError {
    pub(super) fn at(self, path: &Path) -> StoreError {
        let path = path.display().to_string();
        match self {
            Self::Foreign => StoreError::Foreign(path),
            Self::Newer => StoreError::Newer(path),
            Self::Closed => StoreError::Sealed(path),
        }
    }
}

/// AES-256-GCM-SIV (RFC 8452): even a nonce drawn twice gives nothing away but that two records are equal.
pub(super) fn seal(key: &Key, id: &RecordId, mut record: Zeroizing<Vec<u8>>) -> Vec<u8> {
    // One more than the tag needs would move the clear text and leave a copy.
    record.reserve_exact(AES_256_GCM_SIV.tag_len());
    let nonce = cipher(key)
        .seal_in_place_append_tag(owner(id), &mut *record)
        .expect("a record is far below the limit of the cipher");
    [FORMAT, nonce.as_ref(), &record].concat()
}

pub(super) fn open(
    key: &Key,
    id: &RecordId,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let Some(rest) = sealed.strip_prefix(FORMAT) else {
        return Err(if is_newer(sealed) {
            SealError::Newer
        } else {
            SealError::Foreign
        });
    };
    let (nonce, record) = rest
        .split_at_checked(NONCE_LEN)
        .filter(|(_, record)| record.len() >= AES_256_GCM_SIV.tag_len())
        .ok_or(SealError::Foreign)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Foreign)?;
    let mut record = Zeroizing::new(record.to_vec());
    let length = cipher(key)
        .open_in_place(nonce, owner(id), &mut record)
        .map_err(|_| SealError::Closed)?
        .len();
    record.truncate(length);
    Ok(record)
}

/// A number above ours after the family's name.
fn is_newer(sealed: &[u8]) -> bool {
    sealed
        .strip_prefix(FAMILY)
        .and_then(|rest| rest.split(|byte| *byte == b'\n').next())
        .and_then(|number| std::str::from_utf8(number).ok()?.parse::<u32>().ok())
        .is_some_and(|version| version > 1)
}

fn cipher(key: &Key) -> RandomizedNonceKey {
    RandomizedNonceKey::new(&AES_256_GCM_SIV, key.bytes()).expect("a key has 32 bytes")
}

/// None of the three can hold a line end, so no two owners are written alike.
fn owner(id: &RecordId) -> Aad<Vec<u8>> {
    let lines = [id.site.as_str(), &id.origin.to_string(), &id.account].join("\n");
    Aad::from([FORMAT, lines.as_bytes()].concat())
}
