//! What one call of a component may use, in figures, and the counter that holds memory and
//! tables to them. It never counts requests or bytes on the wire: that is the gateway's budget.

use std::time::Duration;

use wasmtime::ResourceLimiter;

/// The defaults suit the tools that are built in: the largest answer the gateway lets in is
/// 16 MiB, and parsing it takes about three times that.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Sum of all linear memories.
    pub memory_bytes: usize,
    pub table_elements: usize,
    pub instances: usize,
    pub memories: usize,
    pub tables: usize,
    /// Processor time; waiting inside the host is not counted.
    pub cpu: Duration,
    /// Wall time of the whole call.
    pub wall: Duration,
    /// Bytes that the host copies out of the guest in one call of an import.
    pub hostcall_fuel: usize,
    /// Entries in the host's table of handles, and in the component's own.
    pub handles: usize,
    pub log_bytes: usize,
    pub blob_bytes: usize,
    pub progress_messages: usize,
    /// The answer's text, all blocks together.
    pub output_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 64 << 20,
            table_elements: 20_000,
            instances: 40,
            memories: 8,
            tables: 20,
            cpu: Duration::from_secs(10),
            wall: Duration::from_secs(60),
            hostcall_fuel: 32 << 20,
            handles: 1024,
            log_bytes: 256 << 10,
            blob_bytes: 64 << 20,
            progress_messages: 1000,
            output_bytes: 4 << 20,
        }
    }
}

/// A limit that a component ran into. Travels as a wasmtime error up to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LimitHit {
    #[error("used up its processor time")]
    Cpu,
    #[error("did not finish in time")]
    Wall,
    #[error("asked for more memory than it may have")]
    Memory,
    #[error("asked for a larger table than it may have")]
    Table,
    #[error("wrote more log than it may")]
    Log,
    #[error("kept more bytes on the host than it may")]
    Blobs,
    #[error("reported progress more often than it may")]
    Progress,
    #[error("returned a larger answer than it may")]
    Output,
}

/// Counts over all memories and tables of one store.
pub(super) struct MemoryCounter {
    memory_left: usize,
    table_left: usize,
    instances: usize,
    memories: usize,
    tables: usize,
}

impl MemoryCounter {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            memory_left: limits.memory_bytes,
            table_left: limits.table_elements,
            instances: limits.instances,
            memories: limits.memories,
            tables: limits.tables,
        }
    }
}

impl ResourceLimiter for MemoryCounter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.memory_left = self
            .memory_left
            .checked_sub(desired.saturating_sub(current))
            .ok_or(LimitHit::Memory)?;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.table_left = self
            .table_left
            .checked_sub(desired.saturating_sub(current))
            .ok_or(LimitHit::Table)?;
        Ok(true)
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_all_memories_of_a_store_together() {
        let limits = Limits {
            memory_bytes: 100,
            ..Limits::default()
        };
        let mut counter = MemoryCounter::new(&limits);
        assert!(counter.memory_growing(0, 60, None).is_ok());
        assert!(counter.memory_growing(0, 40, None).is_ok());
        let refused = counter
            .memory_growing(40, 41, None)
            .map_err(|error| error.downcast_ref().copied());
        assert_eq!(refused, Err(Some(LimitHit::Memory)));
    }
}
