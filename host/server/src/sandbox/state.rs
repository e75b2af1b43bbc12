//! What lives as long as one call of a component: limits, handles, an empty WASI world, and the
//! way out. A guest never outlives its call, so nothing here is ever reused.

use std::sync::Arc;

use gateway::{Answer, Ask, Failure, SiteView};
use mcp::CancellationToken;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::BoxFuture;
use super::clock::CpuClock;
use super::limits::{Limits, MemoryCounter};

/// What a guest's panic message and prints may take; it goes to the log.
const STDERR_BYTES: usize = 16 * 1024;

/// The way out for one call: bound to its caller, its tool and its budget.
pub trait Egress: Send + Sync {
    fn sites(&self) -> BoxFuture<'_, Vec<SiteView>>;
    /// Before any of several requests is sent that run side by side.
    fn gather<'a>(&'a self, asks: &'a [Ask]) -> BoxFuture<'a, Result<(), Failure>>;
    fn send(&self, ask: Ask) -> BoxFuture<'_, Result<Answer, Failure>>;
}

/// All that a call brings along.
#[derive(Clone)]
pub struct Scope {
    pub egress: Arc<dyn Egress>,
    /// For the cache: who must never see another's entries.
    pub principal: String,
    /// Absent when the client asked for none.
    pub progress: Option<mcp::ProgressSink>,
    pub cancelled: CancellationToken,
}

pub(super) struct State {
    pub(super) scope: Scope,
    pub(super) sites: Option<Arc<[SiteView]>>,
    pub(super) table: ResourceTable,
    pub(super) memory: MemoryCounter,
    pub(super) clock: CpuClock,
    pub(super) cache: Arc<super::cache::Cache>,
    pub(super) log_left: usize,
    pub(super) blobs_left: usize,
    pub(super) progress_left: usize,
    pub(super) stderr: MemoryOutputPipe,
    wasi: WasiCtx,
}

impl State {
    pub(super) fn new(scope: Scope, cache: Arc<super::cache::Cache>, limits: &Limits) -> Self {
        let stderr = MemoryOutputPipe::new(STDERR_BYTES);
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits.handles);
        Self {
            scope,
            sites: None,
            table,
            memory: MemoryCounter::new(limits),
            clock: CpuClock::start(limits.cpu),
            cache,
            log_left: limits.log_bytes,
            blobs_left: limits.blob_bytes,
            progress_left: limits.progress_messages,
            // No variable, no argument, no directory, no input: std asks for them, and gets nothing.
            wasi: WasiCtx::builder().stderr(stderr.clone()).build(),
            stderr,
        }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}
