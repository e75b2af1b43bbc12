//! Runs the tool component: loads it, links the few things it may import, and gives every call a
//! fresh instance with limits. It knows no Jira, no credential and no policy; what a call may
//! reach comes with its `Scope`.

mod bindings;
mod blobs;
mod cache;
mod clock;
mod egress;
mod engine_settings;
mod imports;
mod limits;
mod pool;
mod services;
mod state;

use std::pin::Pin;
use std::sync::Arc;

use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Engine, Store, UpdateDeadline};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

pub use self::bindings::exports::airlock::atlassian::provider::{
    CallError, Content, Context, Outcome, Output, Tool,
};
pub use self::imports::ForeignImports;
pub use self::limits::{LimitHit, Limits};
pub(crate) use self::pool::open_page_list;
pub use self::state::{Egress, Scope};
pub use gateway::SiteView;

pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A loaded component. Cheap to call, never reset: each call has an instance of its own.
pub struct Sandbox {
    engine: Engine,
    pre: bindings::ToolsPre<state::State>,
    limits: Limits,
    turns: pool::Turns,
    ticker: clock::Ticker,
    cache: Arc<cache::Cache>,
}

/// Why a component was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(transparent)]
    Imports(#[from] ForeignImports),
    #[error("the component does not fit this host: {0}")]
    Mismatch(String),
    #[error("no thread for the interruption clock: {0}")]
    Clock(#[from] std::io::Error),
}

/// Why a call gave no outcome. Nothing in it comes from the guest's memory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallFailure {
    #[error("the tool component {0}")]
    Limit(LimitHit),
    #[error("the tool component stopped with an error ({0})")]
    Trap(String),
    #[error("the call was cancelled")]
    Cancelled,
    /// The host has ended it, to ask a person before anything is written.
    #[error("the call was stopped to ask a person")]
    Asking,
}

/// Travels as a wasmtime error up to the caller.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("a person is asked first")]
struct Stopped;

impl Sandbox {
    /// Loads the component that this program was built with.
    #[expect(
        unsafe_code,
        reason = "the one place where compiled code is taken for ours"
    )]
    pub fn load_embedded(limits: Limits) -> Result<Self, LoadError> {
        // SAFETY: the bytes were made by this crate's build script and embedded into the program.
        unsafe { Self::load(crate::component::COMPILED, limits) }
    }

    /// Loads code that was compiled ahead of time.
    ///
    /// # Safety
    ///
    /// `compiled` is run as native code: it must come from this program's own build.
    #[expect(
        unsafe_code,
        clippy::disallowed_methods,
        reason = "the one place that loads native code; the promise is the caller's"
    )]
    pub unsafe fn load(compiled: &[u8], limits: Limits) -> Result<Self, LoadError> {
        let engine = engine_settings::engine_settings(None)
            .and_then(pool::engine)
            .map_err(mismatch)?;
        // SAFETY: promised by the caller.
        let component = unsafe { Component::deserialize(&engine, compiled) }.map_err(mismatch)?;
        Self::link(engine, &component, limits)
    }

    fn link(engine: Engine, component: &Component, limits: Limits) -> Result<Self, LoadError> {
        imports::check(&engine, component)?;
        let mut linker = Linker::new(&engine);
        imports::link_wasi(&mut linker).map_err(mismatch)?;
        bindings::Tools::add_to_linker::<_, HasSelf<_>>(&mut linker, |state: &mut state::State| {
            state
        })
        .map_err(mismatch)?;
        let pre = linker.instantiate_pre(component).map_err(mismatch)?;
        Ok(Self {
            pre: bindings::ToolsPre::new(pre).map_err(mismatch)?,
            turns: pool::Turns::new(),
            ticker: clock::Ticker::start(&engine)?,
            cache: Arc::default(),
            engine,
            limits,
        })
    }

    /// The component's own list, which the manifest must repeat.
    pub async fn list_tools(&self, scope: Scope) -> Result<Vec<Tool>, CallFailure> {
        self.run(scope, async |tools, store| {
            tools
                .airlock_atlassian_provider()
                .call_list_tools(store)
                .await
        })
        .await
    }

    #[expect(
        clippy::ptr_arg,
        reason = "the generated bindings take owned strings by reference"
    )]
    pub async fn call_tool(
        &self,
        scope: Scope,
        name: &String,
        arguments: &String,
        context: &Context,
    ) -> Result<Result<Outcome, CallError>, CallFailure> {
        let outcome = self
            .run(scope, async |tools, store| {
                let provider = tools.airlock_atlassian_provider();
                provider
                    .call_call_tool(store, name, arguments, context)
                    .await
            })
            .await?;
        if let Ok(Outcome::Done(output)) = &outcome {
            let text = output.content.iter().map(|content| match content {
                Content::Text(text) => text.len(),
                Content::ResourceLink(_) | Content::Blob(_) => 0,
            });
            if text.sum::<usize>() > self.limits.output_bytes {
                return Err(CallFailure::Limit(LimitHit::Output));
            }
        }
        Ok(outcome)
    }

    async fn run<T>(
        &self,
        scope: Scope,
        call: impl AsyncFnOnce(&bindings::Tools, &mut Store<state::State>) -> wasmtime::Result<T>,
    ) -> Result<T, CallFailure> {
        let cancelled = scope.cancelled.clone();
        let running = async {
            let _turn = self.turns.next().await;
            let mut store = self.store(scope);
            let _ticking = self.ticker.hold();
            let ended = async {
                let tools = self.pre.instantiate_async(&mut store).await?;
                call(&tools, &mut store).await
            };
            ended
                .await
                .map_err(|error| failure(&error, &store.data().stderr))
        };
        let ended = tokio::select! {
            biased;
            () = cancelled.cancelled() => return Err(CallFailure::Cancelled),
            ended = tokio::time::timeout(self.limits.wall, running) => ended,
        };
        ended.unwrap_or(Err(CallFailure::Limit(LimitHit::Wall)))
    }

    fn store(&self, scope: Scope) -> Store<state::State> {
        let state = state::State::new(scope, Arc::clone(&self.cache), &self.limits);
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.memory);
        store.set_hostcall_fuel(self.limits.hostcall_fuel);
        store.set_max_component_handles(self.limits.handles);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|context| {
            if context.data().clock.exhausted() {
                return Err(LimitHit::Cpu.into());
            }
            // Yielding lets timers and cancellation run beside a guest that computes.
            Ok(UpdateDeadline::Yield(1))
        });
        store
    }
}

fn mismatch(error: wasmtime::Error) -> LoadError {
    LoadError::Mismatch(format!("{error:#}"))
}

fn failure(error: &wasmtime::Error, stderr: &MemoryOutputPipe) -> CallFailure {
    let words = stderr.contents();
    if !words.is_empty() {
        let words = String::from_utf8_lossy(&words);
        tracing::warn!(target: "component", ?words, "the component's last words");
    }
    if let Some(hit) = error.downcast_ref::<LimitHit>() {
        return CallFailure::Limit(*hit);
    }
    if error.is::<Stopped>() {
        return CallFailure::Asking;
    }
    // A trap has a fixed name; any other text may hold what the guest chose, and stays in the log.
    match error.downcast_ref::<wasmtime::Trap>() {
        Some(trap) => CallFailure::Trap(trap.to_string()),
        None => {
            tracing::warn!(target: "component", error = ?format!("{error:#}"), "call failed");
            CallFailure::Trap("it broke the rules of its interface".into())
        }
    }
}
