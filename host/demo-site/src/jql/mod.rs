//! JQL: which issues of the world a query means, in which order, or why it means none.

mod compile;
mod field;
mod functions;
mod order;
mod test;

#[cfg(test)]
mod examples;

use crate::query::{self, Language};
use crate::world::{Issue, World};

/// May a query ask for everything?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Cloud's newer search wants a restriction.
    Bounded,
    Anything,
}

/// The visible issues a query finds, ordered; or all that is wrong with it, one sentence each.
pub(crate) fn find<'w>(
    world: &'w World,
    actor: &str,
    jql: &str,
    scope: Scope,
) -> Result<Vec<&'w Issue>, Vec<String>> {
    let query = query::parse(jql, Language::Jql)
        .map_err(|error| vec![format!("Error in the JQL Query: {error}")])?;
    if query.filter.is_none() && scope == Scope::Bounded {
        return Err(vec![
            "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.".to_owned(),
        ]);
    }
    let mut errors = Vec::new();
    let test = query
        .filter
        .as_ref()
        .map(|filter| compile::compile(world, actor, filter, &mut errors));
    let order = order::read(&query.order, &mut errors);
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut found: Vec<&Issue> = world
        .visible_issues()
        .filter(|issue| test.as_ref().is_none_or(|test| test.admits(world, issue)))
        .collect();
    order::sort(world, &mut found, &order);
    Ok(found)
}
