//! What a site says of the fields that can be set: name, kind, whether required, allowed values.
//! It comes in three shapes (create, edit, transition) and is read here into one.

use serde_json::{Value, json};

use super::client::Jira;
use super::fields::{nearest, own_id};
use crate::error::ToolError;
use crate::ids::{IssueKey, NumericId, ProjectKey};
use crate::reading::{flag, line, list};
use crate::text;

/// Longer lists are cut with a count.
const SHOWN_VALUES: usize = 25;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) id: String,
    pub(crate) name: String,
    required: bool,
    /// `type`, `items`, `custom`, `system`.
    pub(crate) schema: Value,
    pub(crate) allowed: Vec<Value>,
}

impl Field {
    /// One of Jira's own fields, whose kind is the same on every site.
    pub(crate) fn own(name: &str) -> Option<Self> {
        let id = own_id(name)?;
        let (kind, items) = match id.as_str() {
            "summary" => ("string", ""),
            "description" | "environment" => ("string", ""),
            "priority" => ("priority", ""),
            "resolution" => ("resolution", ""),
            "issuetype" => ("issuetype", ""),
            "assignee" | "reporter" => ("user", ""),
            "duedate" => ("date", ""),
            "labels" => ("array", "string"),
            "components" => ("array", "component"),
            "fixVersions" | "versions" => ("array", "version"),
            "parent" => ("issuelink", ""),
            "timetracking" => ("timetracking", ""),
            "security" => ("securitylevel", ""),
            _ => return None,
        };
        let schema = json!({ "type": kind, "items": items, "system": id });
        Some(Self {
            name: id.clone(),
            id,
            required: false,
            schema,
            allowed: Vec::new(),
        })
    }

    fn read(id: Option<String>, value: &Value) -> Option<Self> {
        let id = id
            .or_else(|| line(value, "fieldId"))
            .or_else(|| line(value, "key"))?;
        Some(Self {
            name: line(value, "name").unwrap_or_else(|| id.clone()),
            required: flag(value, "required") == Some(true)
                && flag(value, "hasDefaultValue") != Some(true),
            schema: value["schema"].clone(),
            allowed: list(value, "allowedValues").to_vec(),
            id,
        })
    }

    pub(crate) fn kind(&self) -> &str {
        self.schema["type"].as_str().unwrap_or("any")
    }

    /// Rich text: the description and the like, and custom text areas.
    pub(crate) fn is_rich(&self) -> bool {
        let system = self.schema["system"].as_str().unwrap_or(&self.id);
        let custom = self.schema["custom"].as_str().unwrap_or_default();
        matches!(system, "description" | "environment") || custom.ends_with(":textarea")
    }

    pub(crate) fn is_epic_link(&self) -> bool {
        self.schema["custom"]
            .as_str()
            .is_some_and(|custom| custom.ends_with(":gh-epic-link"))
    }

    /// `Priority: High, Low` or `Story Points: number`.
    pub(crate) fn describe(&self) -> String {
        let mut names: Vec<String> = self.allowed.iter().filter_map(value_name).collect();
        let count = names.len();
        let mut text = match count {
            0 if self.kind() == "array" => format!(
                "{}: list of {}",
                self.name,
                self.schema["items"].as_str().unwrap_or("values")
            ),
            0 => format!("{}: {}", self.name, self.kind()),
            _ => {
                names.truncate(SHOWN_VALUES);
                format!("{}: {}", self.name, names.join(", "))
            }
        };
        if count > SHOWN_VALUES {
            text.push_str(&format!(" and {} more", count - SHOWN_VALUES));
        }
        if self.required {
            text.push_str(" (required)");
        }
        text
    }
}

/// How people call an allowed value.
pub(crate) fn value_name(value: &Value) -> Option<String> {
    line(value, "name")
        .or_else(|| line(value, "value"))
        .or_else(|| line(value, "label"))
        .or_else(|| line(value, ""))
}

/// The fields of one screen.
#[derive(Debug, Default)]
pub(crate) struct Fields(pub(crate) Vec<Field>);

impl Fields {
    /// Edit and transition metadata: an object by field id.
    pub(crate) fn by_id(value: &Value) -> Self {
        let fields = value.as_object().into_iter().flatten();
        Self(
            fields
                .filter_map(|(id, field)| Field::read(Some(id.clone()), field))
                .collect(),
        )
    }

    pub(crate) fn find(&self, name: &str) -> Result<&Field, ToolError> {
        let wanted = name.trim();
        let id = own_id(wanted).unwrap_or_else(|| wanted.to_owned());
        if let Some(field) = self
            .0
            .iter()
            .find(|field| field.id.eq_ignore_ascii_case(&id))
        {
            return Ok(field);
        }
        let named: Vec<&Field> = self
            .0
            .iter()
            .filter(|field| field.name.to_lowercase() == wanted.to_lowercase())
            .collect();
        match named.as_slice() {
            [field] => Ok(field),
            [] => Err(ToolError::arguments(format!(
                "there is no field `{}` to set here",
                text::one_line(wanted)
            ))
            .advise(self.overview(wanted))),
            several => {
                let ids: Vec<&str> = several.iter().map(|field| field.id.as_str()).collect();
                Err(ToolError::arguments(format!(
                    "several fields are named `{}`; give one by id: {}",
                    text::one_line(wanted),
                    ids.join(", ")
                )))
            }
        }
    }

    pub(crate) fn required(&self) -> Vec<&str> {
        self.0
            .iter()
            .filter(|field| field.required)
            .map(|field| field.name.as_str())
            .collect()
    }

    fn overview(&self, wanted: &str) -> String {
        if self.0.is_empty() {
            return "No field can be set here.".to_owned();
        }
        let near = nearest(wanted, self.0.iter().map(|field| field.name.as_str()));
        match near.is_empty() {
            true => format!("Fields here: {}", self.names().join(", ")),
            false => format!("Fields here{near}"),
        }
    }

    fn names(&self) -> Vec<&str> {
        self.0.iter().map(|field| field.name.as_str()).collect()
    }

    /// After a refused creation: the fields that the site's words are about, and required ones that
    /// were not given.
    pub(crate) fn explain(&self, error: ToolError, given: &Value) -> ToolError {
        self.explain_those(error, |field| {
            field.required && given.get(&field.id).is_none_or(Value::is_null)
        })
    }

    /// After a refused change, where a required field may stay as it is.
    pub(crate) fn explain_named(&self, error: ToolError) -> ToolError {
        self.explain_those(error, |_| false)
    }

    fn explain_those(&self, error: ToolError, also: impl Fn(&Field) -> bool) -> ToolError {
        let said = error.message().to_lowercase();
        let named = |field: &Field| said.contains(&format!("\n- {}:", field.id.to_lowercase()));
        let lines: Vec<String> = self
            .0
            .iter()
            .filter(|field| named(field) || also(field))
            .map(|field| format!("- {}", field.describe()))
            .collect();
        match lines.is_empty() {
            true => error,
            false => error.advise(format!(
                "Set these as follows, then repeat:\n{}",
                lines.join("\n")
            )),
        }
    }
}

/// An issue type of a project.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct IssueType {
    pub(crate) id: NumericId,
    pub(crate) name: String,
    pub(crate) subtask: bool,
}

impl Jira<'_> {
    pub(crate) fn issue_types(&self, project: &ProjectKey) -> Result<Vec<IssueType>, ToolError> {
        let doing = format!("read the issue types of {project}");
        let answer = self
            .site
            .send(&doing, &self.dialect.issue_types(project))?
            .json()?;
        let types = self.dialect.metadata(&answer).iter().filter_map(|kind| {
            Some(IssueType {
                id: NumericId::parse(&line(kind, "id")?)?,
                name: line(kind, "name")?,
                subtask: flag(kind, "subtask").unwrap_or(false),
            })
        });
        Ok(types.collect())
    }

    /// The type that people mean by `name`.
    pub(crate) fn issue_type(
        &self,
        project: &ProjectKey,
        name: &str,
    ) -> Result<IssueType, ToolError> {
        let types = self.issue_types(project)?;
        let wanted = name.trim().to_lowercase();
        let found = types
            .iter()
            .find(|kind| kind.name.to_lowercase() == wanted || kind.id.as_str() == wanted);
        found.cloned().ok_or_else(|| {
            let names: Vec<&str> = types.iter().map(|kind| kind.name.as_str()).collect();
            ToolError::arguments(format!(
                "project {project} has no issue type `{}`; there are: {}",
                text::one_line(name),
                if names.is_empty() {
                    "none that this account may create".to_owned()
                } else {
                    names.join(", ")
                }
            ))
        })
    }

    pub(crate) fn create_fields(
        &self,
        project: &ProjectKey,
        kind: &IssueType,
    ) -> Result<Fields, ToolError> {
        let doing = format!("read the fields of {} in {project}", kind.name);
        let answer = self
            .site
            .send(&doing, &self.dialect.create_fields(project, &kind.id))?
            .json()?;
        Ok(Fields(
            self.dialect
                .metadata(&answer)
                .iter()
                .filter_map(|field| Field::read(None, field))
                .collect(),
        ))
    }

    pub(crate) fn editable_fields(&self, key: &IssueKey) -> Result<Fields, ToolError> {
        let answer = self
            .site
            .send(
                &format!("read the editable fields of {key}"),
                &self.dialect.editable_fields(key),
            )?
            .json()?;
        Ok(Fields::by_id(&answer["fields"]))
    }
}
