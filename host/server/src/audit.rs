//! Decides how a decision is kept: the sinks that the gateway writes its lines to. Never decides what a line says.

mod jsonl;

pub use jsonl::JsonlFile;
