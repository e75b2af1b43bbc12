//! The field catalogue of the site: system fields and the custom fields that several years of
//! administrators left behind.

use serde_json::{Value, json};

/// What a value of the field is made of, and so how it is set, shown and searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Kept in a member of [`super::Issue`]; the word is the schema type.
    System(&'static str),
    Number,
    TextLine,
    TextArea,
    Date,
    Select(&'static [&'static str]),
    MultiSelect(&'static [&'static str]),
    User,
    Users,
    Sprint,
    EpicLink,
    EpicName,
    Rank,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Can be set when an issue is made or edited.
    pub(crate) on_screen: bool,
}

const fn system(id: &'static str, name: &'static str, schema: &'static str) -> Field {
    Field {
        id,
        name,
        kind: Kind::System(schema),
        on_screen: false,
    }
}

const fn editable(id: &'static str, name: &'static str, schema: &'static str) -> Field {
    Field {
        id,
        name,
        kind: Kind::System(schema),
        on_screen: true,
    }
}

const fn custom(id: &'static str, name: &'static str, kind: Kind) -> Field {
    Field {
        id,
        name,
        kind,
        on_screen: true,
    }
}

const fn idle(id: &'static str, name: &'static str, kind: Kind) -> Field {
    Field {
        id,
        name,
        kind,
        on_screen: false,
    }
}

pub(crate) const FIELDS: &[Field] = &[
    editable("summary", "Summary", "string"),
    editable("issuetype", "Issue Type", "issuetype"),
    editable("project", "Project", "project"),
    editable("parent", "Parent", "issuelink"),
    editable("description", "Description", "string"),
    editable("environment", "Environment", "string"),
    editable("priority", "Priority", "priority"),
    editable("assignee", "Assignee", "user"),
    editable("reporter", "Reporter", "user"),
    editable("labels", "Labels", "array:string"),
    editable("components", "Components", "array:component"),
    editable("fixVersions", "Fix versions", "array:version"),
    editable("versions", "Affects versions", "array:version"),
    editable("duedate", "Due date", "date"),
    system("status", "Status", "status"),
    system("statusCategory", "Status Category", "statusCategory"),
    system(
        "statuscategorychangedate",
        "Status Category Changed",
        "datetime",
    ),
    system("resolution", "Resolution", "resolution"),
    system("resolutiondate", "Resolved", "datetime"),
    system("creator", "Creator", "user"),
    system("created", "Created", "datetime"),
    system("updated", "Updated", "datetime"),
    system("lastViewed", "Last Viewed", "datetime"),
    system("subtasks", "Sub-tasks", "array:issuelinks"),
    system("issuelinks", "Linked Issues", "array:issuelinks"),
    system("comment", "Comment", "comments-page"),
    system("worklog", "Log Work", "array:worklog"),
    system("attachment", "Attachment", "array:attachment"),
    system("watches", "Watchers", "watches"),
    system("votes", "Votes", "votes"),
    system("timetracking", "Time tracking", "timetracking"),
    system("timespent", "Time Spent", "number"),
    system("timeestimate", "Remaining Estimate", "number"),
    system("timeoriginalestimate", "Original estimate", "number"),
    system("workratio", "Work Ratio", "number"),
    system("progress", "Progress", "progress"),
    system("aggregateprogress", "Σ Progress", "progress"),
    system("security", "Security Level", "securitylevel"),
    custom("customfield_10011", "Epic Name", Kind::EpicName),
    custom("customfield_10014", "Epic Link", Kind::EpicLink),
    custom("customfield_10016", "Story Points", Kind::Number),
    idle("customfield_10019", "Rank", Kind::Rank),
    custom("customfield_10020", "Sprint", Kind::Sprint),
    custom(
        "customfield_10030",
        "Customer Tier",
        Kind::Select(&["Bronze", "Silver", "Gold"]),
    ),
    custom("customfield_10031", "Customer", Kind::TextLine),
    custom("customfield_10032", "Root Cause", Kind::TextArea),
    custom("customfield_10033", "Go-live", Kind::Date),
    custom("customfield_10034", "Reviewers", Kind::Users),
    custom(
        "customfield_10035",
        "Platforms",
        Kind::MultiSelect(&["Web", "iOS", "Android"]),
    ),
    custom("customfield_10036", "QA Owner", Kind::User),
    idle("customfield_10015", "Start date", Kind::Date),
    idle(
        "customfield_10021",
        "Flagged",
        Kind::MultiSelect(&["Impediment"]),
    ),
    idle("customfield_10001", "Team", Kind::TextLine),
    idle("customfield_10002", "Organizations", Kind::TextLine),
    idle("customfield_10003", "Approvers", Kind::Users),
    idle(
        "customfield_10004",
        "Impact",
        Kind::Select(&["Minor", "Major"]),
    ),
    idle(
        "customfield_10005",
        "Change type",
        Kind::Select(&["Standard", "Normal", "Emergency"]),
    ),
    idle(
        "customfield_10006",
        "Change risk",
        Kind::Select(&["Low", "High"]),
    ),
    idle(
        "customfield_10007",
        "Change reason",
        Kind::Select(&["Repair", "Upgrade"]),
    ),
    idle("customfield_10008", "Change start date", Kind::Date),
    idle("customfield_10009", "Change completion date", Kind::Date),
    idle("customfield_10010", "Request Type", Kind::TextLine),
    idle("customfield_10017", "Issue color", Kind::TextLine),
    idle("customfield_10018", "Parent Link", Kind::TextLine),
    idle("customfield_10022", "Target start", Kind::Date),
    idle("customfield_10023", "Target end", Kind::Date),
    idle("customfield_10040", "Legacy tracker id", Kind::TextLine),
    idle("customfield_10041", "Customer (old)", Kind::TextLine),
    idle("customfield_10042", "Test plan", Kind::TextArea),
    idle("customfield_10043", "Business value", Kind::Number),
];

pub(crate) fn field(id: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.id == id)
}

impl Field {
    pub(crate) fn is_custom(&self) -> bool {
        !matches!(self.kind, Kind::System(_))
    }

    /// The number in `customfield_10016`.
    fn number(&self) -> Option<u32> {
        self.id.strip_prefix("customfield_")?.parse().ok()
    }

    pub(crate) fn schema(&self) -> Value {
        let (kind, items) = match self.kind {
            Kind::System(schema) => schema
                .split_once(':')
                .map_or((schema, None), |(kind, items)| (kind, Some(items))),
            Kind::Number => ("number", None),
            Kind::TextLine | Kind::TextArea | Kind::EpicName => ("string", None),
            Kind::Date => ("date", None),
            Kind::Select(_) => ("option", None),
            Kind::MultiSelect(_) => ("array", Some("option")),
            Kind::User => ("user", None),
            Kind::Users => ("array", Some("user")),
            Kind::Sprint => ("array", Some("json")),
            Kind::EpicLink | Kind::Rank => ("any", None),
        };
        let mut schema = json!({"type": kind});
        if let Some(items) = items {
            schema["items"] = items.into();
        }
        match (self.custom_type(), self.number()) {
            (Some(custom), Some(number)) => {
                schema["custom"] = custom.into();
                schema["customId"] = number.into();
            }
            _ => schema["system"] = self.id.into(),
        }
        schema
    }

    /// Names that JQL takes for the field.
    pub(crate) fn clause_names(&self) -> Vec<String> {
        match self.number() {
            Some(number) => vec![format!("cf[{number}]"), self.name.to_owned()],
            None => match self.id {
                "issuetype" => vec!["issuetype".into(), "type".into()],
                "components" => vec!["component".into()],
                "fixVersions" => vec!["fixVersion".into()],
                "versions" => vec!["affectedVersion".into()],
                "duedate" => vec!["due".into(), "duedate".into()],
                "created" => vec!["created".into(), "createdDate".into()],
                "updated" => vec!["updated".into(), "updatedDate".into()],
                "resolutiondate" => vec!["resolutiondate".into(), "resolved".into()],
                "subtasks" | "issuelinks" | "timetracking" | "worklog" => Vec::new(),
                other => vec![other.to_owned()],
            },
        }
    }

    fn custom_type(&self) -> Option<&'static str> {
        Some(match self.kind {
            Kind::System(_) => return None,
            Kind::Number => "com.atlassian.jira.plugin.system.customfieldtypes:float",
            Kind::TextLine => "com.atlassian.jira.plugin.system.customfieldtypes:textfield",
            Kind::TextArea => "com.atlassian.jira.plugin.system.customfieldtypes:textarea",
            Kind::Date => "com.atlassian.jira.plugin.system.customfieldtypes:datepicker",
            Kind::Select(_) => "com.atlassian.jira.plugin.system.customfieldtypes:select",
            Kind::MultiSelect(_) => "com.atlassian.jira.plugin.system.customfieldtypes:multiselect",
            Kind::User => "com.atlassian.jira.plugin.system.customfieldtypes:userpicker",
            Kind::Users => "com.atlassian.jira.plugin.system.customfieldtypes:multiuserpicker",
            Kind::Sprint => "com.pyxis.greenhopper.jira:gh-sprint",
            Kind::EpicLink => "com.pyxis.greenhopper.jira:gh-epic-link",
            Kind::EpicName => "com.pyxis.greenhopper.jira:gh-epic-label",
            Kind::Rank => "com.pyxis.greenhopper.jira:gh-lexo-rank",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_fields_share_an_id_or_a_name() {
        let ids: BTreeSet<_> = FIELDS.iter().map(|field| field.id).collect();
        let names: BTreeSet<_> = FIELDS.iter().map(|field| field.name).collect();
        assert_eq!((ids.len(), names.len()), (FIELDS.len(), FIELDS.len()));
    }
}
