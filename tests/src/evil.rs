//! The evil components, built and compiled by the build script.

/// A component that means harm.
pub struct Component {
    /// What it does, or, for those that only import, what it wants.
    pub name: &'static str,
    pub wasm: &'static [u8],
    /// Native code for an engine with the server's settings.
    pub compiled: &'static [u8],
}

/// All of them.
pub const COMPONENTS: &[Component] = include!(concat!(env!("OUT_DIR"), "/evil.rs"));

/// The one with this name.
pub fn component(name: &str) -> &'static Component {
    COMPONENTS
        .iter()
        .find(|component| component.name == name)
        .unwrap_or_else(|| panic!("there is no evil component called `{name}`"))
}
