//! The part of an edge deployment that holds the credentials: `host/gateway` and `host/policy` over `wasi:http`.
//!
//! It supplies what the gateway needs from outside (wire, clock, audit lines, credentials) and the desk where the shell
//! asks who a client is. It decides nothing about a request: the gateway does, as in the native server.

#[cfg(any(test, target_family = "wasm"))]
mod audit;
#[cfg(any(test, target_family = "wasm"))]
mod configuration;
#[cfg(any(test, target_family = "wasm"))]
mod credentials;

#[cfg(target_family = "wasm")]
mod bindings;
#[cfg(target_family = "wasm")]
mod blobs;
#[cfg(target_family = "wasm")]
mod clock;
#[cfg(target_family = "wasm")]
mod desk;
#[cfg(target_family = "wasm")]
mod egress;
#[cfg(target_family = "wasm")]
mod services;
#[cfg(target_family = "wasm")]
mod source;
#[cfg(target_family = "wasm")]
mod waiting;
#[cfg(target_family = "wasm")]
mod wire;

#[cfg(target_family = "wasm")]
struct Broker;

#[cfg(target_family = "wasm")]
mod exports {
    #![expect(
        unsafe_code,
        unreachable_pub,
        reason = "the macro writes the functions that the canonical ABI calls"
    )]

    use super::{Broker, bindings};

    bindings::export!(Broker with_types_in bindings);
}
