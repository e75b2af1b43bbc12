//! Turns clauses into tests: looks names up in the world and collects every complaint in Jira's
//! words, since Jira tells all of them at once.

use time::OffsetDateTime;

use super::field::{Field, Values, urgency};
use super::functions;
use super::test::Test;
use crate::dates;
use crate::query::{Clause, Filter, Literal, Operator, Words, relative, start_or_end};
use crate::world::{self, Category, ISSUE_TYPES, Kind, PRIORITIES, RESOLUTIONS, STATUSES, World};

pub(super) fn compile(
    world: &World,
    actor: &str,
    filter: &Filter,
    errors: &mut Vec<String>,
) -> Test {
    let many = |parts: &[Filter], errors: &mut Vec<String>| -> Vec<Test> {
        parts
            .iter()
            .map(|part| compile(world, actor, part, errors))
            .collect()
    };
    match filter {
        Filter::All(parts) => Test::All(many(parts, errors)),
        Filter::Any(parts) => Test::Any(many(parts, errors)),
        Filter::Not(inner) => Test::Not(Box::new(compile(world, actor, inner, errors))),
        Filter::Clause(clause) => {
            let compiler = Compiler {
                world,
                actor,
                clause,
            };
            compiler.clause().unwrap_or_else(|complaints| {
                errors.extend(complaints);
                Test::Broken
            })
        }
    }
}

struct Compiler<'a> {
    world: &'a World,
    actor: &'a str,
    clause: &'a Clause,
}

type Complaints = Vec<String>;

impl Compiler<'_> {
    fn clause(&self) -> Result<Test, Complaints> {
        let Clause {
            field: name,
            operator,
            operand,
        } = self.clause;
        let Some(field) = Field::find(name) else {
            return Err(vec![format!(
                "Field '{name}' does not exist or you do not have permission to view it."
            )]);
        };
        if !field.takes(*operator) {
            return Err(vec![format!(
                "The operator '{}' is not supported by the '{name}' field.",
                operator.as_str()
            )]);
        }
        let literals = operand.literals();
        let empty = literals == [Literal::Empty];
        if matches!(operator, Operator::Is | Operator::IsNot) && !empty {
            return Err(vec![format!(
                "The operator '{}' only supports EMPTY or NULL, for the field '{name}'.",
                operator.as_str()
            )]);
        }
        if empty {
            return Ok(Test::Empty {
                field,
                negative: operator.is_negative(),
            });
        }
        match field.values() {
            Values::Text => self.text(field),
            Values::Moments => self.any_of(|literal| self.moment(field, literal)),
            Values::Numbers => self.any_of(|literal| self.number(field, literal)),
            Values::Ranked if is_inequality(*operator) => {
                self.any_of(|literal| self.rank(field, literal))
            }
            Values::Things | Values::Ranked => self.things(field),
        }
    }

    /// A list under `in` is one test for each value.
    fn any_of(&self, one: impl Fn(&Literal) -> Result<Test, String>) -> Result<Test, Complaints> {
        let mut complaints = Vec::new();
        let mut tests = Vec::new();
        for literal in self.clause.operand.literals() {
            match one(literal) {
                Ok(test) => tests.push(test),
                Err(complaint) => complaints.push(complaint),
            }
        }
        if !complaints.is_empty() {
            return Err(complaints);
        }
        // Under `not in` each test is already a negative one.
        Ok(if self.clause.operator.is_negative() {
            Test::All(tests)
        } else {
            Test::Any(tests)
        })
    }

    fn text(&self, field: Field) -> Result<Test, Complaints> {
        match self.clause.operand.literals() {
            [Literal::Text(text)] => Ok(Test::Text {
                field,
                words: Words::parse(text),
                negative: self.clause.operator.is_negative(),
            }),
            _ => Err(vec![format!(
                "The field '{}' expects one text to search for.",
                self.clause.field
            )]),
        }
    }

    fn moment(&self, field: Field, literal: &Literal) -> Result<Test, String> {
        let now = self.world.now();
        let operator = self.clause.operator;
        let test = |at: OffsetDateTime, whole_day: bool| Test::Moment {
            field,
            operator: as_comparison(operator),
            at,
            whole_day,
        };
        match literal {
            Literal::Function { name, .. } if name.eq_ignore_ascii_case("now") => {
                Ok(test(now, false))
            }
            Literal::Function { name, arguments } => {
                start_or_end(name, arguments.first().map(String::as_str), now)
                    .map(|at| test(at, false))
                    .ok_or_else(|| {
                        format!(
                            "Unable to find JQL function '{name}({})'.",
                            arguments.join(", ")
                        )
                    })
            }
            Literal::Empty => Ok(Test::Empty {
                field,
                negative: operator.is_negative(),
            }),
            Literal::Text(text) => {
                if let Some(at) = dates::parse_moment(text) {
                    return Ok(test(at, !text.contains(':')));
                }
                if let Some(at) = relative(text, now) {
                    return Ok(test(at, false));
                }
                Err(format!(
                    "Date value '{text}' for field '{}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', \
                     'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.",
                    self.clause.field
                ))
            }
        }
    }

    fn number(&self, field: Field, literal: &Literal) -> Result<Test, String> {
        let operator = as_comparison(self.clause.operator);
        match literal {
            Literal::Empty => Ok(Test::Empty {
                field,
                negative: operator.is_negative(),
            }),
            Literal::Text(text) => match text.parse() {
                Ok(value) => Ok(Test::Number {
                    field,
                    operator,
                    value,
                }),
                Err(_) => Err(format!(
                    "The value '{text}' for the field '{}' is not a number.",
                    self.clause.field
                )),
            },
            Literal::Function { .. } => Err(self.unknown("function")),
        }
    }

    fn rank(&self, field: Field, literal: &Literal) -> Result<Test, String> {
        let operator = self.clause.operator;
        let Literal::Text(text) = literal else {
            return Err(self.unknown("value"));
        };
        let things = self.named_things(field, text)?;
        let id = things.first().ok_or_else(|| self.unknown(text))?;
        if field == Field::Priority {
            return Ok(Test::Urgency {
                operator,
                than: urgency(id),
            });
        }
        let issue = self.world.issue(id).ok_or_else(|| self.unknown(text))?;
        Ok(Test::Numbered {
            operator,
            project: issue.project.clone(),
            number: issue.number,
        })
    }

    fn things(&self, field: Field) -> Result<Test, Complaints> {
        let mut wanted = Vec::new();
        let mut or_empty = false;
        let mut complaints = Vec::new();
        for literal in self.clause.operand.literals() {
            let found = match literal {
                Literal::Empty => {
                    or_empty = true;
                    continue;
                }
                Literal::Text(text)
                    if field == Field::Resolution && text.eq_ignore_ascii_case("unresolved") =>
                {
                    or_empty = true;
                    continue;
                }
                Literal::Text(text) => self.named_things(field, text),
                Literal::Function { name, arguments } => {
                    functions::things(self.world, self.actor, field, name, arguments)
                }
            };
            match found {
                Ok(things) => wanted.extend(things),
                Err(complaint) => complaints.push(complaint),
            }
        }
        if !complaints.is_empty() {
            return Err(complaints);
        }
        let negative = self.clause.operator.is_negative();
        if negative && or_empty && wanted.is_empty() {
            return Ok(Test::Empty {
                field,
                negative: true,
            });
        }
        Ok(Test::Things {
            field,
            wanted,
            or_empty,
            negative,
        })
    }

    /// The identities behind a name, an id or a key.
    fn named_things(&self, field: Field, text: &str) -> Result<Vec<String>, String> {
        let world = self.world;
        let is = |known: &str| known.eq_ignore_ascii_case(text);
        let by_name = |mut table: Vec<(&str, &str)>| -> Vec<String> {
            table.retain(|(id, name)| is(id) || is(name) || self.loosely(name, text));
            table.into_iter().map(|(id, _)| id.to_owned()).collect()
        };
        let found = match field {
            Field::Project => world
                .visible_projects()
                .filter(|project| is(&project.key) || is(project.name) || is(&project.id))
                .map(|project| project.key.clone())
                .collect(),
            Field::Key | Field::Parent | Field::EpicLink => {
                let issue = world.issue(text).ok_or_else(|| {
                    format!(
                        "An issue with key '{text}' does not exist for field '{}'.",
                        self.clause.field
                    )
                })?;
                vec![issue.id.to_string()]
            }
            Field::Type => by_name(
                ISSUE_TYPES
                    .iter()
                    .map(|kind| (kind.id, kind.name))
                    .collect(),
            ),
            Field::Status => by_name(
                STATUSES
                    .iter()
                    .map(|status| (status.id, status.name))
                    .collect(),
            ),
            Field::Priority => by_name(
                PRIORITIES
                    .iter()
                    .map(|priority| (priority.id, priority.name))
                    .collect(),
            ),
            Field::Resolution => by_name(
                RESOLUTIONS
                    .iter()
                    .map(|known| (known.id, known.name))
                    .collect(),
            ),
            Field::StatusCategory => [Category::ToDo, Category::InProgress, Category::Done]
                .into_iter()
                .filter(|category| {
                    is(category.name()) || is(category.key()) || is(&category.id().to_string())
                })
                .map(|category| category.key().to_owned())
                .collect(),
            Field::Labels => return Ok(vec![text.to_lowercase()]),
            Field::Component => by_name(
                world
                    .visible_projects()
                    .flat_map(|p| &p.components)
                    .map(|c| (c.id.as_str(), c.name))
                    .collect(),
            ),
            Field::FixVersion | Field::AffectedVersion => by_name(
                world
                    .visible_projects()
                    .flat_map(|p| &p.versions)
                    .map(|v| (v.id.as_str(), v.name))
                    .collect(),
            ),
            Field::Sprint => world
                .sprints
                .iter()
                .filter(|sprint| is(sprint.name) || is(&sprint.id.to_string()))
                .map(|sprint| sprint.id.to_string())
                .collect(),
            _ if field.is_person() => world
                .users
                .values()
                .filter(|user| {
                    is(&user.name)
                        || is(&user.account_id)
                        || is(&user.display_name)
                        || user.email.as_deref().is_some_and(is)
                })
                .map(|user| user.name.clone())
                .collect(),
            Field::Custom(world::Field {
                kind: Kind::Select(options) | Kind::MultiSelect(options),
                ..
            }) => options
                .iter()
                .filter(|option| is(option))
                .map(|option| option.to_lowercase())
                .collect(),
            _ => Vec::new(),
        };
        if found.is_empty() {
            return Err(self.unknown(text));
        }
        Ok(found)
    }

    /// Components and versions may be looked for by a part of the name.
    fn loosely(&self, name: &str, text: &str) -> bool {
        matches!(
            self.clause.operator,
            Operator::Contains | Operator::NotContains
        ) && name
            .to_lowercase()
            .contains(text.trim_matches('*').to_lowercase().as_str())
    }

    fn unknown(&self, text: &str) -> String {
        format!(
            "The value '{text}' does not exist for the field '{}'.",
            self.clause.field
        )
    }
}

fn is_inequality(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual
    )
}

/// `in` asks each value for equality.
fn as_comparison(operator: Operator) -> Operator {
    match operator {
        Operator::In => Operator::Equals,
        Operator::NotIn => Operator::NotEquals,
        other => other,
    }
}
