//! What the commands of `cargo xtask` and the integration tests share: how the parts of an edge deployment are built and
//! put together.

pub mod edge;
