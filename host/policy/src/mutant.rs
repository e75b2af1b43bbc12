//! Known-bad variants of this crate, for tests of the tests.
//!
//! Built without the feature `mutants` this file is one function that says no, and the good behaviour is all
//! there is.

/// One way to be wrong. A test suite that stays green with one of these switched on has a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// Origins are compared by the beginning of the host name.
    StartsWithHost,
    /// `{issue-key}` and the other kinds swallow several segments.
    GlobAcrossSegments,
    /// Only names are checked against the address rules, literal addresses are not.
    ResolverOnly,
}

#[cfg(feature = "mutants")]
static ACTIVE: std::sync::Mutex<Option<Mutant>> = std::sync::Mutex::new(None);

/// Switches one variant on, or all off, for the whole process.
#[cfg(feature = "mutants")]
pub fn set(mutant: Option<Mutant>) {
    *ACTIVE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner) = mutant;
}

#[cfg(feature = "mutants")]
pub(crate) fn is_on(mutant: Mutant) -> bool {
    *ACTIVE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        == Some(mutant)
}

#[cfg(not(feature = "mutants"))]
pub(crate) const fn is_on(_: Mutant) -> bool {
    false
}
