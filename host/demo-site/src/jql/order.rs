//! ORDER BY: by any fields, each up or down; the newest first where nothing is said.

use std::cmp::Ordering;

use super::field::{Field, Values, urgency};
use super::test::compare_optional;
use crate::query::Order;
use crate::world::{self, Issue, World};

pub(super) struct Key {
    field: Field,
    descending: bool,
}

pub(super) fn read(order: &[Order], errors: &mut Vec<String>) -> Vec<Key> {
    let mut keys = Vec::new();
    for Order {
        field: name,
        descending,
    } in order
    {
        match Field::find(name) {
            None => errors.push(format!(
                "Field '{name}' does not exist or you do not have permission to view it."
            )),
            Some(Field::Text | Field::Comment) => {
                errors.push(format!("Not able to sort using field '{name}'."))
            }
            Some(field) => keys.push(Key {
                field,
                descending: *descending,
            }),
        }
    }
    keys
}

pub(super) fn sort(world: &World, issues: &mut [&Issue], keys: &[Key]) {
    issues.sort_by(|left, right| {
        for key in keys {
            let ordering = compare(world, key.field, left, right);
            let ordering = if key.descending {
                ordering.reverse()
            } else {
                ordering
            };
            if ordering.is_ne() {
                return ordering;
            }
        }
        right
            .created
            .cmp(&left.created)
            .then(right.id.cmp(&left.id))
    });
}

fn compare(world: &World, field: Field, left: &Issue, right: &Issue) -> Ordering {
    let name = |user: &Option<String>| {
        user.as_ref()
            .and_then(|name| world.users.get(name))
            .map(|user| &user.display_name)
    };
    match field {
        Field::Key | Field::Project => {
            (&left.project, left.number).cmp(&(&right.project, right.number))
        }
        Field::Priority => urgency(left.priority).cmp(&urgency(right.priority)),
        Field::Status => place(left.status).cmp(&place(right.status)),
        Field::StatusCategory => category(left.status).cmp(&category(right.status)),
        Field::Assignee => compare_optional(name(&left.assignee), name(&right.assignee)),
        Field::Reporter => compare_optional(name(&left.reporter), name(&right.reporter)),
        Field::Type => world::issue_type(left.issue_type)
            .name
            .cmp(world::issue_type(right.issue_type).name),
        Field::Rank => left.id.cmp(&right.id),
        _ => match field.values() {
            Values::Moments => compare_optional(field.moment(left), field.moment(right)),
            Values::Numbers => compare_optional(field.number(left), field.number(right)),
            Values::Text => field.texts(left).cmp(&field.texts(right)),
            Values::Things | Values::Ranked => compare_optional(
                field.things(world, left).into_iter().max(),
                field.things(world, right).into_iter().max(),
            ),
        },
    }
}

/// Where a status stands in the administrator's list.
fn place(status: &str) -> Option<usize> {
    world::STATUSES.iter().position(|known| known.id == status)
}

fn category(status: &str) -> u8 {
    match world::status(status).category {
        world::Category::ToDo => 0,
        world::Category::InProgress => 1,
        world::Category::Done => 2,
    }
}
