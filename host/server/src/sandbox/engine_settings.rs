//! How code is generated and run: one text, included by the build script (which compiles the
//! component ahead of time) and by the host (which loads it). If the two ever differed, loading
//! would fail. It never says what a single call may use: that is `limits.rs`.

/// `target` is the triple to compile for. Naming it, even where it is the machine's own, keeps
/// features of the building processor out of the code.
pub(crate) fn engine_settings(target: Option<&str>) -> wasmtime::Result<wasmtime::Config> {
    let mut config = wasmtime::Config::new();
    if let Some(target) = target {
        config.target(target)?;
    }
    config
        // A guest that computes without end is stopped by the clock, see `clock.rs`.
        .epoch_interruption(true)
        // Component-model async is where most host panics of 2026 were; nothing here needs it.
        .concurrency_support(false)
        .max_wasm_stack(512 * 1024)
        .async_stack_size(2 * 1024 * 1024)
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_tail_call(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .wasm_backtrace_details(wasmtime::WasmBacktraceDetails::Disable)
        .memory_init_cow(true);
    Ok(config)
}
