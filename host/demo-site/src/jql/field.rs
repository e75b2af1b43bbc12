//! The fields JQL knows: their names, what kind of value they hold, and which operators that allows.

use crate::query::Operator;
use crate::world::{self, FIELDS, Issue, Kind, World, priority};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Project,
    Key,
    Type,
    Status,
    StatusCategory,
    Priority,
    Resolution,
    Assignee,
    Reporter,
    Creator,
    Labels,
    Component,
    FixVersion,
    AffectedVersion,
    Sprint,
    Parent,
    EpicLink,
    Summary,
    Description,
    Environment,
    Comment,
    Text,
    Created,
    Updated,
    Due,
    Resolved,
    StatusChanged,
    StoryPoints,
    Rank,
    Custom(&'static world::Field),
}

/// What a field's values are, and so how they compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    /// Things with an identity.
    Things,
    /// Things with an identity and an order.
    Ranked,
    Text,
    Moments,
    Numbers,
}

const NAMES: &[(&str, Field)] = &[
    ("project", Field::Project),
    ("key", Field::Key),
    ("issue", Field::Key),
    ("issuekey", Field::Key),
    ("id", Field::Key),
    ("type", Field::Type),
    ("issuetype", Field::Type),
    ("status", Field::Status),
    ("statuscategory", Field::StatusCategory),
    ("priority", Field::Priority),
    ("resolution", Field::Resolution),
    ("assignee", Field::Assignee),
    ("reporter", Field::Reporter),
    ("creator", Field::Creator),
    ("labels", Field::Labels),
    ("component", Field::Component),
    ("fixversion", Field::FixVersion),
    ("affectedversion", Field::AffectedVersion),
    ("sprint", Field::Sprint),
    ("parent", Field::Parent),
    ("epic link", Field::EpicLink),
    ("summary", Field::Summary),
    ("description", Field::Description),
    ("environment", Field::Environment),
    ("comment", Field::Comment),
    ("text", Field::Text),
    ("created", Field::Created),
    ("createddate", Field::Created),
    ("updated", Field::Updated),
    ("updateddate", Field::Updated),
    ("due", Field::Due),
    ("duedate", Field::Due),
    ("resolved", Field::Resolved),
    ("resolutiondate", Field::Resolved),
    ("statuscategorychangeddate", Field::StatusChanged),
    ("story points", Field::StoryPoints),
    ("rank", Field::Rank),
];

impl Field {
    /// The field behind a name, an id like `customfield_10016`, or `cf[10016]`.
    pub(super) fn find(name: &str) -> Option<Self> {
        let lower = name.to_lowercase();
        if let Some((_, field)) = NAMES.iter().find(|(known, _)| *known == lower) {
            return Some(*field);
        }
        let found = FIELDS
            .iter()
            .filter(|field| field.is_custom())
            .find(|field| {
                field.id == lower
                    || field
                        .clause_names()
                        .iter()
                        .any(|clause| clause.eq_ignore_ascii_case(name))
            })?;
        Some(match found.kind {
            Kind::Sprint => Self::Sprint,
            Kind::EpicLink => Self::EpicLink,
            Kind::Rank => Self::Rank,
            Kind::Number if found.id == "customfield_10016" => Self::StoryPoints,
            _ => Self::Custom(found),
        })
    }

    pub(super) fn values(self) -> Values {
        match self {
            Self::Summary | Self::Description | Self::Environment | Self::Comment | Self::Text => {
                Values::Text
            }
            Self::Created | Self::Updated | Self::Due | Self::Resolved | Self::StatusChanged => {
                Values::Moments
            }
            Self::StoryPoints => Values::Numbers,
            Self::Priority | Self::Key => Values::Ranked,
            Self::Custom(field) => match field.kind {
                Kind::TextLine | Kind::TextArea | Kind::EpicName => Values::Text,
                Kind::Date => Values::Moments,
                Kind::Number => Values::Numbers,
                _ => Values::Things,
            },
            _ => Values::Things,
        }
    }

    pub(super) fn takes(self, operator: Operator) -> bool {
        use Operator::{Contains, Equals, In, Is, IsNot, NotContains, NotEquals, NotIn};
        match self.values() {
            // Neither comments nor "any text" can be empty.
            Values::Text if matches!(self, Self::Comment | Self::Text) => {
                matches!(operator, Contains | NotContains)
            }
            Values::Text => matches!(operator, Contains | NotContains | Is | IsNot),
            Values::Things => {
                let by_name = matches!(
                    self,
                    Self::Component | Self::FixVersion | Self::AffectedVersion
                );
                matches!(operator, Equals | NotEquals | In | NotIn | Is | IsNot)
                    || (by_name && matches!(operator, Contains | NotContains))
            }
            _ => !matches!(operator, Contains | NotContains),
        }
    }

    pub(super) fn is_person(self) -> bool {
        matches!(self, Self::Assignee | Self::Reporter | Self::Creator)
            || matches!(self, Self::Custom(field) if matches!(field.kind, Kind::User | Kind::Users))
    }

    /// The identities an issue has in the field; none if it is empty.
    pub(super) fn things(self, world: &World, issue: &Issue) -> Vec<String> {
        let one = |text: &str| vec![text.to_owned()];
        match self {
            Self::Project => one(&issue.project),
            Self::Key => vec![issue.id.to_string()],
            Self::Type => one(issue.issue_type),
            Self::Status => one(issue.status),
            Self::StatusCategory => one(world::status(issue.status).category.key()),
            Self::Priority => one(issue.priority),
            Self::Resolution => issue.resolution.map(str::to_owned).into_iter().collect(),
            Self::Assignee => issue.assignee.iter().cloned().collect(),
            Self::Reporter => issue.reporter.iter().cloned().collect(),
            Self::Creator => one(&issue.creator),
            Self::Labels => issue
                .labels
                .iter()
                .map(|label| label.to_lowercase())
                .collect(),
            Self::Component => issue.components.clone(),
            Self::FixVersion => issue.fix_versions.clone(),
            Self::AffectedVersion => issue.versions.clone(),
            Self::Sprint => issue.sprints.iter().map(ToString::to_string).collect(),
            Self::Parent | Self::EpicLink => self.parent(world, issue).into_iter().collect(),
            Self::Custom(field) => custom_things(world, issue, field),
            _ => Vec::new(),
        }
    }

    /// Data Center keeps `parent` for sub-tasks and has the epic link beside it.
    fn parent(self, world: &World, issue: &Issue) -> Option<String> {
        let subtask = world::issue_type(issue.issue_type).subtask;
        let shown = match self {
            Self::Parent => world.is_cloud() || subtask,
            _ => !subtask,
        };
        issue.parent.filter(|_| shown).map(|id| id.to_string())
    }

    pub(super) fn moment(self, issue: &Issue) -> Option<time::OffsetDateTime> {
        match self {
            Self::Created => Some(issue.created),
            Self::Updated => Some(issue.updated),
            Self::Resolved => issue.resolved,
            Self::StatusChanged => Some(issue.status_changed),
            Self::Due => issue.due.map(|date| date.midnight().assume_utc()),
            Self::Custom(field) => {
                crate::dates::parse_moment(issue.custom.get(field.id)?.as_str()?)
            }
            _ => None,
        }
    }

    pub(super) fn number(self, issue: &Issue) -> Option<f64> {
        match self {
            Self::StoryPoints => issue.story_points,
            Self::Custom(field) => issue.custom.get(field.id)?.as_f64(),
            _ => None,
        }
    }

    /// The running texts of the field; `text` is all of them together.
    pub(super) fn texts(self, issue: &Issue) -> Vec<String> {
        let rich = |value: &Option<serde_json::Value>| {
            value.as_ref().map(world::plain).into_iter().collect()
        };
        match self {
            Self::Summary => vec![issue.summary.clone()],
            Self::Description => rich(&issue.description),
            Self::Environment => rich(&issue.environment),
            Self::Comment => issue
                .comments
                .iter()
                .map(|comment| world::plain(&comment.body))
                .collect(),
            Self::Text => [
                Self::Summary,
                Self::Description,
                Self::Environment,
                Self::Comment,
            ]
            .into_iter()
            .flat_map(|field| field.texts(issue))
            .chain(
                issue
                    .custom
                    .values()
                    .filter(|value| value.is_string())
                    .map(world::plain),
            )
            .collect(),
            Self::Custom(field) => rich(&issue.custom.get(field.id).cloned()),
            _ => Vec::new(),
        }
    }
}

fn custom_things(world: &World, issue: &Issue, field: &world::Field) -> Vec<String> {
    let identity = |value: &serde_json::Value| -> Option<String> {
        if let Some(option) = value["value"].as_str() {
            return Some(option.to_lowercase());
        }
        let wire = value["accountId"]
            .as_str()
            .or_else(|| value["name"].as_str())?;
        world.user_on_wire(wire).map(|user| user.name.clone())
    };
    match issue.custom.get(field.id) {
        None => Vec::new(),
        Some(serde_json::Value::Array(values)) => values.iter().filter_map(identity).collect(),
        Some(value) => identity(value).into_iter().collect(),
    }
}

/// The more urgent, the greater.
pub(super) fn urgency(id: &str) -> usize {
    let wanted = priority(id).id;
    world::PRIORITIES
        .iter()
        .rev()
        .position(|known| known.id == wanted)
        .unwrap_or(0)
}
