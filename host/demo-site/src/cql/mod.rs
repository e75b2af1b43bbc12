//! CQL: which pages, comments and spaces a query means, in which order, or why it means none.

mod compile;
mod entry;

#[cfg(test)]
mod examples;

use std::cmp::Ordering;

use crate::query::{self, Language, Words};
use crate::world::World;

pub(crate) use entry::{Entry, What};

/// What a query found, and the words to mark in excerpts.
pub(crate) struct Found<'w> {
    pub(crate) entries: Vec<Entry<'w>>,
    pub(crate) highlights: Vec<String>,
}

pub(crate) fn find<'w>(world: &'w World, actor: &str, cql: &str) -> Result<Found<'w>, String> {
    let unreadable = || format!("Could not parse cql : {cql}");
    let query = query::parse(cql, Language::Cql).map_err(|_| unreadable())?;
    let filter = query.filter.as_ref().ok_or_else(unreadable)?;
    let mut words: Vec<Words> = Vec::new();
    let test = compile::compile(world, actor, filter, &mut words)?;
    let mut keys = Vec::new();
    for order in &query.order {
        keys.push((compile::sort_key(&order.field)?, order.descending));
    }
    let mut entries: Vec<Entry<'w>> = entry::all(world)
        .into_iter()
        .filter(|entry| test.admits(entry))
        .collect();
    entries.sort_by(|left, right| {
        for (key, descending) in &keys {
            let ordering = key.compare(left, right);
            let ordering = if *descending {
                ordering.reverse()
            } else {
                ordering
            };
            if ordering.is_ne() {
                return ordering;
            }
        }
        relevance(&words, left, right)
            .then(right.modified.cmp(&left.modified))
            .then(left.id.cmp(&right.id))
    });
    Ok(Found {
        entries,
        highlights: words
            .iter()
            .flat_map(Words::highlights)
            .map(str::to_owned)
            .collect(),
    })
}

/// A hit in the title counts more than one in the text.
fn relevance(words: &[Words], left: &Entry<'_>, right: &Entry<'_>) -> Ordering {
    let score = |entry: &Entry<'_>| {
        words
            .iter()
            .filter(|words| words.matches(&entry.title))
            .count()
    };
    score(right).cmp(&score(left))
}
