//! Makes the seed's spaces and pages.

use super::World;

pub(super) fn fill(_world: &mut World) {}
