//! A compiled filter: holds no names any more, only identities, and is held against issues.

use std::cmp::Ordering;

use time::{Duration, OffsetDateTime};

use super::field::{Field, urgency};
use crate::query::{Operator, Words};
use crate::world::{Issue, World};

#[derive(Debug)]
pub(super) enum Test {
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
    /// Stands where an error was found; the query is never run.
    Broken,
    Things {
        field: Field,
        wanted: Vec<String>,
        or_empty: bool,
        negative: bool,
    },
    Text {
        field: Field,
        words: Words,
        negative: bool,
    },
    Empty {
        field: Field,
        negative: bool,
    },
    Moment {
        field: Field,
        operator: Operator,
        at: OffsetDateTime,
        /// Given as a day: equality means the whole of it.
        whole_day: bool,
    },
    Number {
        field: Field,
        operator: Operator,
        value: f64,
    },
    Urgency {
        operator: Operator,
        than: usize,
    },
    Numbered {
        operator: Operator,
        project: String,
        number: u32,
    },
}

impl Test {
    pub(super) fn admits(&self, world: &World, issue: &Issue) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.admits(world, issue)),
            Self::Any(parts) => parts.iter().any(|part| part.admits(world, issue)),
            Self::Not(inner) => !inner.admits(world, issue),
            Self::Broken => false,
            Self::Things {
                field,
                wanted,
                or_empty,
                negative,
            } => {
                let things = field.things(world, issue);
                if things.is_empty() {
                    // `!=` and `not in` leave out what is empty; that surprises people, and is so.
                    return *or_empty && !negative;
                }
                things.iter().any(|thing| wanted.contains(thing)) != *negative
            }
            Self::Text {
                field,
                words,
                negative,
            } => {
                let texts = field.texts(issue);
                if texts.is_empty() && field_can_be_empty(*field) {
                    return false;
                }
                words.matches(&texts.join("\n")) != *negative
            }
            Self::Empty { field, negative } => is_empty(*field, world, issue) != *negative,
            Self::Moment {
                field,
                operator,
                at,
                whole_day,
            } => {
                let Some(moment) = field.moment(issue) else {
                    return false;
                };
                let by_day =
                    *whole_day && matches!(operator, Operator::Equals | Operator::NotEquals);
                if by_day {
                    let inside = moment >= *at && moment < *at + Duration::DAY;
                    return inside != operator.is_negative();
                }
                operator.admits(moment.cmp(at))
            }
            Self::Number {
                field,
                operator,
                value,
            } => field
                .number(issue)
                .and_then(|number| number.partial_cmp(value))
                .is_some_and(|ordering| operator.admits(ordering)),
            Self::Urgency { operator, than } => operator.admits(urgency(issue.priority).cmp(than)),
            Self::Numbered {
                operator,
                project,
                number,
            } => issue.project == *project && operator.admits(issue.number.cmp(number)),
        }
    }
}

fn field_can_be_empty(field: Field) -> bool {
    !matches!(field, Field::Comment | Field::Text)
}

pub(super) fn is_empty(field: Field, world: &World, issue: &Issue) -> bool {
    use super::field::Values;
    match field.values() {
        Values::Things | Values::Ranked => field.things(world, issue).is_empty(),
        Values::Text => field.texts(issue).iter().all(|text| text.trim().is_empty()),
        Values::Moments => field.moment(issue).is_none(),
        Values::Numbers => field.number(issue).is_none(),
    }
}

/// Empty values count as the greatest, so they come last where one orders upwards.
pub(super) fn compare_optional<T: PartialOrd>(left: Option<T>, right: Option<T>) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) => left.partial_cmp(&right).unwrap_or(Ordering::Equal),
        (left, right) => right.is_some().cmp(&left.is_some()),
    }
}
