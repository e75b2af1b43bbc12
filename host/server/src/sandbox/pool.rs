//! Decides how many instances there may be at once, and where their memory comes from: a reserved range of addresses,
//! whose pages are put back to the component's first image after each call instead of being given up and faulted in
//! again. What a call may use of it is held by `limits.rs`.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::{Config, Enabled, Engine, PoolingAllocationConfig};

/// More calls at once wait for their turn. Each address range is four gigabytes, of which a call touches little.
const INSTANCES: u32 = 512;

/// Core instances, memories and tables for each call: the component itself needs fewer, and the counter in `limits.rs`
/// refuses what asks for more.
const PARTS: u32 = 4;

/// Far over what `limits.rs` grants, so that it is the one that refuses.
const LARGEST_TABLE: usize = 16 << 20;

/// What stays in memory of a range that was used. A call dirties about a hundred kilobytes.
const KEPT_BYTES: usize = 256 << 10;

/// How many ranges keep something.
const KEPT_RANGES: u32 = 64;

/// The turns of calls, of which each has one as long as its instance lives.
pub(super) struct Turns(Arc<Semaphore>);

impl Turns {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(INSTANCES as usize)))
    }

    pub(super) async fn next(&self) -> OwnedSemaphorePermit {
        let turn = Arc::clone(&self.0).acquire_owned().await;
        turn.expect("the semaphore is never closed")
    }
}

/// The list of its own pages is closed to a process that has been hardened (Linux, proc(5)), and stays open to one that
/// opened it before. Without it the engine cannot tell which pages a call has written, and gives all of them up.
pub(crate) fn open_page_list() -> bool {
    PoolingAllocationConfig::is_pagemap_scan_available()
}

/// An engine with the reserved range, or without one where the system grants no such addresses (`ulimit -v`, a
/// debugger): slower then, and otherwise the same.
pub(super) fn engine(mut config: Config) -> wasmtime::Result<Engine> {
    let mut pool = PoolingAllocationConfig::new();
    let kept = if open_page_list() { KEPT_BYTES } else { 0 };
    pool.total_component_instances(INSTANCES)
        .total_core_instances(INSTANCES * PARTS)
        .total_memories(INSTANCES)
        .total_tables(INSTANCES * PARTS)
        .table_elements(LARGEST_TABLE)
        .total_stacks(INSTANCES)
        .max_unused_warm_slots(KEPT_RANGES)
        .linear_memory_keep_resident(kept)
        .table_keep_resident(kept)
        .async_stack_keep_resident(KEPT_BYTES)
        .pagemap_scan(Enabled::Auto);
    let plain = config.clone();
    Engine::new(config.allocation_strategy(pool)).or_else(|error| {
        tracing::debug!(target: "component", %error, "no range of addresses for instances");
        Engine::new(&plain)
    })
}
