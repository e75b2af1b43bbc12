//! The `blobs` interface: bytes that stay in the broker's memory for the time of one call, and few of them: there is no
//! disk behind it.

use std::rc::Rc;

use sha2::{Digest, Sha256};

use crate::Broker;
use crate::bindings::exports::airlock::atlassian::blobs::{
    Blob, BlobError, BlobInfo, Guest, GuestBlob,
};
use crate::desk::{self, Call};

const MAX_READ: u32 = 64 << 10;

/// One blob; its room is the call's again when it is dropped.
pub(crate) struct Bytes {
    call: Rc<Call>,
    name: Option<String>,
    media_type: Option<String>,
    pub(crate) data: bytes::Bytes,
}

impl Bytes {
    /// The room that is left where there is not enough.
    pub(crate) fn kept(
        call: &Rc<Call>,
        name: Option<String>,
        media_type: Option<String>,
        data: bytes::Bytes,
    ) -> Result<Self, u64> {
        call.memory.take_room(data.len())?;
        Ok(Self {
            call: Rc::clone(call),
            name,
            media_type,
            data,
        })
    }

    pub(crate) fn sent_as(&self) -> String {
        let fallback = "application/octet-stream";
        self.media_type.clone().unwrap_or_else(|| fallback.into())
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        self.call.memory.give_room_back(self.data.len());
    }
}

impl Guest for Broker {
    type Blob = Bytes;

    fn create(name: String, media_type: String, data: Vec<u8>) -> Result<Blob, BlobError> {
        let call = desk::call().ok_or(BlobError::Denied)?;
        Bytes::kept(&call, Some(name), Some(media_type), data.into())
            .map(Blob::new)
            .map_err(BlobError::TooLarge)
    }

    /// No caller can offer a file yet, so no id is anybody's.
    fn open(_: String) -> Result<Blob, BlobError> {
        Err(BlobError::Denied)
    }
}

impl GuestBlob for Bytes {
    fn info(&self) -> BlobInfo {
        let digest = Sha256::digest(&self.data);
        BlobInfo {
            name: self.name.clone(),
            media_type: self.media_type.clone(),
            size: Some(self.data.len() as u64),
            sha256: Some(digest.iter().map(|byte| format!("{byte:02x}")).collect()),
        }
    }

    fn read(&self, offset: u64, len: u32) -> Result<Vec<u8>, BlobError> {
        let rest = usize::try_from(offset)
            .ok()
            .and_then(|offset| self.data.get(offset..))
            .ok_or(BlobError::OutOfRange)?;
        Ok(rest[..rest.len().min(len.min(MAX_READ) as usize)].to_vec())
    }
}
