//! The tool component that this program was built with: code, digest, manifest.

/// Compiled ahead of time by `build.rs`.
pub(crate) const COMPILED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/tools.cwasm"));

/// The component itself, for those who inspect it; the program runs [`COMPILED`].
pub const WASM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/tools.wasm"));

/// SHA-256 of [`WASM`], in hex. The manifest holds for this component and no other.
pub const SHA256: &str = env!("AIRLOCK_TOOLS_SHA256");

/// Tools and the routes they may use, as the component carries them.
pub const MANIFEST: &str = include_str!(concat!(env!("OUT_DIR"), "/manifest.json"));

/// What the component tells the model about all its tools: the manifest's `instructions`.
pub(crate) const INSTRUCTIONS: &str = include_str!(concat!(env!("OUT_DIR"), "/instructions.txt"));
