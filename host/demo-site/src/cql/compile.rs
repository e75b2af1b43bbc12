//! Turns the clauses of a CQL query into tests on entries, in the words of Confluence where one
//! cannot be.

use std::cmp::Ordering;

use time::{Duration, OffsetDateTime};

use super::entry::{Entry, What};
use crate::dates;
use crate::query::{Clause, Filter, Literal, Operator, Words, relative, start_or_end};
use crate::world::World;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Type,
    Space,
    Title,
    Text,
    Label,
    Creator,
    Contributor,
    Created,
    Modified,
    Ancestor,
    Parent,
    Id,
}

pub(super) enum Test {
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
    Values {
        field: Field,
        wanted: Vec<String>,
        negative: bool,
    },
    Words {
        field: Field,
        words: Words,
        negative: bool,
    },
    Moment {
        field: Field,
        operator: Operator,
        at: OffsetDateTime,
        whole_day: bool,
    },
}

impl Test {
    pub(super) fn admits(&self, entry: &Entry<'_>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.admits(entry)),
            Self::Any(parts) => parts.iter().any(|part| part.admits(entry)),
            Self::Not(inner) => !inner.admits(entry),
            Self::Values {
                field,
                wanted,
                negative,
            } => {
                field
                    .values(entry)
                    .iter()
                    .any(|value| wanted.contains(value))
                    != *negative
            }
            Self::Words {
                field,
                words,
                negative,
            } => {
                let text = match field {
                    Field::Title => entry.title.clone(),
                    _ => format!(
                        "{}\n{}\n{}",
                        entry.title,
                        entry.text,
                        entry.labels.join(" ")
                    ),
                };
                words.matches(&text) != *negative
            }
            Self::Moment {
                field,
                operator,
                at,
                whole_day,
            } => {
                let moment = if *field == Field::Created {
                    entry.created
                } else {
                    entry.modified
                };
                if *whole_day && matches!(operator, Operator::Equals | Operator::NotEquals) {
                    return (moment >= *at && moment < *at + Duration::DAY)
                        != operator.is_negative();
                }
                operator.admits(moment.cmp(at))
            }
        }
    }
}

impl Field {
    fn find(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "type" => Self::Type,
            "space" | "space.key" => Self::Space,
            "title" => Self::Title,
            "text" | "sitesearch" => Self::Text,
            "label" => Self::Label,
            "creator" => Self::Creator,
            "contributor" => Self::Contributor,
            "created" => Self::Created,
            "lastmodified" => Self::Modified,
            "ancestor" => Self::Ancestor,
            "parent" => Self::Parent,
            "id" | "content" => Self::Id,
            _ => return None,
        })
    }

    fn takes(self, operator: Operator) -> bool {
        use Operator::{Contains, Equals, In, NotContains, NotEquals, NotIn};
        match self {
            Self::Text => matches!(operator, Contains | NotContains | Equals),
            Self::Title => matches!(operator, Contains | NotContains | Equals | NotEquals),
            Self::Created | Self::Modified => !matches!(
                operator,
                Contains | NotContains | In | NotIn | Operator::Is | Operator::IsNot
            ),
            _ => matches!(operator, Equals | NotEquals | In | NotIn),
        }
    }

    fn values(self, entry: &Entry<'_>) -> Vec<String> {
        match self {
            Self::Type => vec![entry.kind().to_owned()],
            Self::Space => vec![entry.space.key.to_lowercase()],
            Self::Title => vec![entry.title.to_lowercase()],
            Self::Label => entry.labels.to_vec(),
            Self::Creator => vec![entry.creator.to_owned()],
            Self::Contributor => entry
                .contributors
                .iter()
                .map(|&name| name.to_owned())
                .collect(),
            Self::Ancestor => entry.ancestors.iter().map(ToString::to_string).collect(),
            Self::Parent => entry.parent.iter().map(ToString::to_string).collect(),
            Self::Id if matches!(entry.what, What::Space) => Vec::new(),
            Self::Id => vec![entry.id.to_string()],
            Self::Text | Self::Created | Self::Modified => Vec::new(),
        }
    }

    /// For `order by`.
    pub(super) fn compare(self, left: &Entry<'_>, right: &Entry<'_>) -> Ordering {
        match self {
            Self::Created => left.created.cmp(&right.created),
            Self::Modified => left.modified.cmp(&right.modified),
            Self::Id => left.id.cmp(&right.id),
            _ => self.values(left).cmp(&self.values(right)),
        }
    }
}

pub(super) fn sort_key(name: &str) -> Result<Field, String> {
    match Field::find(name) {
        Some(Field::Text | Field::Label | Field::Ancestor | Field::Parent) => {
            Err(format!("Cannot sort by field {name}"))
        }
        Some(field) => Ok(field),
        None => Err(no_such_field(name)),
    }
}

pub(super) fn compile(
    world: &World,
    actor: &str,
    filter: &Filter,
    words: &mut Vec<Words>,
) -> Result<Test, String> {
    let many = |parts: &[Filter], words: &mut Vec<Words>| -> Result<Vec<Test>, String> {
        parts
            .iter()
            .map(|part| compile(world, actor, part, words))
            .collect()
    };
    match filter {
        Filter::All(parts) => Ok(Test::All(many(parts, words)?)),
        Filter::Any(parts) => Ok(Test::Any(many(parts, words)?)),
        // Words that must not occur are not marked.
        Filter::Not(inner) => Ok(Test::Not(Box::new(compile(
            world,
            actor,
            inner,
            &mut Vec::new(),
        )?))),
        Filter::Clause(clause) => compile_clause(world, actor, clause, words),
    }
}

fn compile_clause(
    world: &World,
    actor: &str,
    clause: &Clause,
    words: &mut Vec<Words>,
) -> Result<Test, String> {
    let Clause {
        field: name,
        operator,
        operand,
    } = clause;
    let field = Field::find(name).ok_or_else(|| no_such_field(name))?;
    if !field.takes(*operator) {
        return Err(format!(
            "Operator '{}' is not supported for field '{name}'",
            operator.as_str()
        ));
    }
    let negative = operator.is_negative();
    let is_words =
        field == Field::Text || matches!(operator, Operator::Contains | Operator::NotContains);
    match (field, operand.literals()) {
        (Field::Created | Field::Modified, [literal]) => {
            let (at, whole_day) = moment(world, literal)?;
            Ok(Test::Moment {
                field,
                operator: *operator,
                at,
                whole_day,
            })
        }
        (_, [Literal::Text(text)]) if is_words => {
            let read = Words::parse(text);
            if !negative {
                words.push(read.clone());
            }
            Ok(Test::Words {
                field,
                words: read,
                negative,
            })
        }
        (_, literals) => {
            let mut wanted = Vec::new();
            for literal in literals {
                wanted.push(value(world, actor, field, literal)?);
            }
            Ok(Test::Values {
                field,
                wanted,
                negative,
            })
        }
    }
}

fn value(world: &World, actor: &str, field: Field, literal: &Literal) -> Result<String, String> {
    let is_person = matches!(field, Field::Creator | Field::Contributor);
    match literal {
        Literal::Text(text) if is_person => {
            let mut users = world.users.values();
            let found = users
                .find(|user| user.name == *text || user.account_id == *text || user.key == *text);
            Ok(found.map_or_else(|| format!("nobody:{text}"), |user| user.name.clone()))
        }
        Literal::Text(text) if field == Field::Label => Ok(text.clone()),
        Literal::Text(text) => Ok(text.to_lowercase()),
        Literal::Function { name, .. } if name.eq_ignore_ascii_case("currentUser") && is_person => {
            Ok(actor.to_owned())
        }
        Literal::Function { name, .. } => Err(format!("No function exists with name: {name}")),
        Literal::Empty => Err("EMPTY is not supported in CQL".to_owned()),
    }
}

fn moment(world: &World, literal: &Literal) -> Result<(OffsetDateTime, bool), String> {
    let now = world.now();
    let (text, found) = match literal {
        Literal::Function { name, arguments } if name.eq_ignore_ascii_case("now") => {
            let at = match arguments.first() {
                None => Some(now),
                Some(distance) => relative(distance, now),
            };
            (name.clone(), at.map(|at| (at, false)))
        }
        Literal::Function { name, arguments } => {
            let at = start_or_end(name, arguments.first().map(String::as_str), now);
            (name.clone(), at.map(|at| (at, false)))
        }
        Literal::Text(text) => {
            let absolute = dates::parse_moment(text).map(|at| (at, !text.contains(':')));
            (
                text.clone(),
                absolute.or_else(|| relative(text, now).map(|at| (at, false))),
            )
        }
        Literal::Empty => (String::new(), None),
    };
    found.ok_or_else(|| format!("Could not parse date: '{text}'. Use a format such as 'yyyy-MM-dd' or 'yyyy/MM/dd HH:mm'"))
}

fn no_such_field(name: &str) -> String {
    format!("No field exists with name: {name}")
}
