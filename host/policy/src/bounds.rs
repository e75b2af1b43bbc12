//! The projects and spaces that a rule is bound to: which routes it can hold to them, and where they stand in a path.
//!
//! Says nothing about bodies, searches and answers; `hold` looks into those once a rule has matched.

use std::collections::BTreeSet;

use crate::catalogue::{Place, Slot, SlotKind};
use crate::set::{KeySet, SegmentSet};
use crate::site::quoted_list;
use crate::template::{Kind, Part, Template};
use crate::vocabulary::Product;

/// `projects` and `spaces` of a rule, as they stand in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    pub projects: Option<BTreeSet<String>>,
    pub spaces: Option<BTreeSet<String>>,
}

/// What they mean for one product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound<'a> {
    Free,
    Only(&'a BTreeSet<String>),
    /// The rule is bound to the other product's projects or spaces, so it is not about this product.
    Elsewhere,
}

/// Why a bound rule does not hold a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Loose<'a> {
    /// Nothing in the route says where a project or space stands, so nobody could hold it to one.
    NoPlace,
    /// The path names this one.
    Names(&'a str),
}

impl Bounds {
    pub(crate) fn of(&self, product: Product) -> Bound<'_> {
        let own = match product {
            Product::Jira => &self.projects,
            Product::Confluence => &self.spaces,
        };
        match own {
            Some(keys) => Bound::Only(keys),
            None if self.projects.is_some() || self.spaces.is_some() => Bound::Elsewhere,
            None => Bound::Free,
        }
    }

    /// Those of the products that a site has.
    pub(crate) fn among(&self, products: &[Product]) -> Self {
        let own = |product, keys: &Option<BTreeSet<String>>| {
            keys.clone().filter(|_| products.contains(&product))
        };
        Self {
            projects: own(Product::Jira, &self.projects),
            spaces: own(Product::Confluence, &self.spaces),
        }
    }

    pub(crate) fn to_toml(&self) -> Vec<String> {
        let keys = [("projects", &self.projects), ("spaces", &self.spaces)];
        keys.into_iter()
            .filter_map(|(key, list)| {
                Some(format!(
                    "{key} = {}",
                    quoted_list(list.as_ref()?.iter().map(String::as_str))
                ))
            })
            .collect()
    }
}

/// The word for what a product's content is kept in.
pub(crate) const fn container(product: Product) -> &'static str {
    match product {
        Product::Jira => "project",
        Product::Confluence => "space",
    }
}

/// The places of a route that a file adds: what the kinds in its path say by themselves.
pub(crate) fn slots_of_path(product: Product, template: &Template) -> Vec<Slot> {
    let slot = |kind: &Kind| match (product, kind) {
        (Product::Jira, Kind::IssueKey) => Some(SlotKind::Issue),
        (Product::Jira, Kind::ProjectKey) => Some(SlotKind::Project),
        (Product::Confluence, Kind::SpaceKey) => Some(SlotKind::Space),
        _ => None,
    };
    let kinds = template.parts().iter().filter_map(|part| match part {
        Part::Kind(kind) => Some(kind),
        Part::Literal(_) | Part::OneOf(_) => None,
    });
    kinds
        .filter_map(|kind| {
            Some(Slot {
                place: Place::Path,
                at: kind.as_str(),
                kind: slot(kind)?,
            })
        })
        .collect()
}

/// Can a route with these slots be held to projects or spaces at all? The one place that decides it: a route that
/// names none of its places is not held, and a bound rule does not open it.
pub(crate) fn can_hold(slots: &[Slot]) -> bool {
    !slots.is_empty()
}

/// Does the path name nothing but these projects or spaces?
pub(crate) fn check_path<'a>(
    slots: &[Slot],
    template: &Template,
    segments: &'a [String],
    keys: &BTreeSet<String>,
) -> Result<(), Loose<'a>> {
    if !can_hold(slots) {
        return Err(Loose::NoPlace);
    }
    match keys_in_path(slots, template, segments).find(|key| !keys.contains(*key)) {
        Some(key) => Err(Loose::Names(key)),
        None => Ok(()),
    }
}

/// Every project or space that a path names by its key.
pub(crate) fn keys_in_path<'a>(
    slots: &[Slot],
    template: &Template,
    segments: &'a [String],
) -> impl Iterator<Item = &'a str> {
    named_in_path(slots, template).map(|(at, kind)| {
        let segment = segments[at].as_str();
        match kind {
            SlotKind::Issue => segment.rsplit_once('-').map_or(segment, |(key, _)| key),
            _ => segment,
        }
    })
}

/// The same for all paths at once: what is left of a path under these keys, `None` for nothing.
pub(crate) fn narrow_path(
    slots: &[Slot],
    template: &Template,
    mut path: Vec<SegmentSet>,
    keys: &BTreeSet<String>,
) -> Option<Vec<SegmentSet>> {
    if !can_hold(slots) {
        return None;
    }
    for (at, kind) in named_in_path(slots, template) {
        let keys = keys.iter().cloned();
        let held = match kind {
            SlotKind::Issue => SegmentSet::issues_of(KeySet::only(keys)),
            _ => SegmentSet::words(keys),
        };
        path[at] = path[at].meet(&held);
        if path[at].is_empty() {
            return None;
        }
    }
    Some(path)
}

/// The segments in which a key stands. A page stands there by its number, which tells nothing.
fn named_in_path(slots: &[Slot], template: &Template) -> impl Iterator<Item = (usize, SlotKind)> {
    let parts = template.parts().iter().enumerate();
    parts.filter_map(move |(at, part)| {
        let Part::Kind(kind) = part else { return None };
        let slot = slots
            .iter()
            .find(|slot| slot.place == Place::Path && slot.at == kind.as_str())?;
        let is_key = matches!(
            slot.kind,
            SlotKind::Issue | SlotKind::Project | SlotKind::Space
        );
        is_key.then_some((at, slot.kind))
    })
}
