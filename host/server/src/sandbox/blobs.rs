//! The `blobs` interface: bytes that stay on the host for the time of one call. It knows no file
//! and no path; a blob is what an answer left here or what the guest made itself.

use bytes::Bytes;
use sha2::{Digest, Sha256};
use wasmtime::component::Resource;

use super::bindings::airlock::atlassian::blobs::{BlobError, BlobInfo, Host, HostBlob};
use super::limits::LimitHit;
use super::state::State;

const MAX_READ: u32 = 64 << 10;

pub struct Blob {
    pub(super) name: Option<String>,
    pub(super) media_type: Option<String>,
    pub(super) data: Bytes,
}

impl State {
    pub(super) fn keep(&mut self, blob: Blob) -> wasmtime::Result<Resource<Blob>> {
        self.blobs_left = self
            .blobs_left
            .checked_sub(blob.data.len())
            .ok_or(LimitHit::Blobs)?;
        Ok(self.table.push(blob)?)
    }
}

impl Host for State {
    fn create(
        &mut self,
        name: String,
        media_type: String,
        data: Vec<u8>,
    ) -> wasmtime::Result<Result<Resource<Blob>, BlobError>> {
        if data.len() > self.blobs_left {
            return Ok(Err(BlobError::TooLarge(self.blobs_left as u64)));
        }
        let blob = Blob {
            name: Some(name),
            media_type: Some(media_type),
            data: data.into(),
        };
        self.keep(blob).map(Ok)
    }

    fn open(&mut self, _id: String) -> wasmtime::Result<Result<Resource<Blob>, BlobError>> {
        // No caller can offer a file yet, so no id is anybody's.
        Ok(Err(BlobError::Denied))
    }
}

impl HostBlob for State {
    fn info(&mut self, blob: Resource<Blob>) -> wasmtime::Result<BlobInfo> {
        let blob = self.table.get(&blob)?;
        Ok(BlobInfo {
            name: blob.name.clone(),
            media_type: blob.media_type.clone(),
            size: Some(blob.data.len() as u64),
            sha256: Some(hex(&Sha256::digest(&blob.data))),
        })
    }

    fn read(
        &mut self,
        blob: Resource<Blob>,
        offset: u64,
        len: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, BlobError>> {
        let data = &self.table.get(&blob)?.data;
        let Some(start) = usize::try_from(offset)
            .ok()
            .filter(|start| *start <= data.len())
        else {
            return Ok(Err(BlobError::OutOfRange));
        };
        let end = data.len().min(start + len.min(MAX_READ) as usize);
        Ok(Ok(data[start..end].to_vec()))
    }

    fn drop(&mut self, blob: Resource<Blob>) -> wasmtime::Result<()> {
        let blob = self.table.delete(blob)?;
        self.blobs_left += blob.data.len();
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
