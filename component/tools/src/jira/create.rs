//! Creating an issue. Jira's own fields go straight through; for others the project's create screen
//! is read first, and after a refusal to say what it wants.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::client::Jira;
use super::metadata::{Field, Fields, IssueType};
use crate::arguments::Alias;
use crate::error::{Kind, ToolError};
use crate::gateway::Product;
use crate::ids::{IssueKey, ProjectKey};
use crate::reading::line;
use crate::route::{RouteInfo, routes};
use crate::tool::{Access, Context, Output, Tool, ToolDef};

pub(crate) const TOOLS: &[ToolDef] = &[ToolDef::of::<CreateIssue>()];

/// Creates a Jira issue.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CreateIssue {
    project_key: ProjectKey,
    /// Task, Bug, …
    issue_type: String,
    summary: String,
    /// Markdown
    description: Option<String>,
    /// Name, e-mail, id, me or none
    assignee: Option<String>,
    /// Key of the parent or epic
    parent: Option<IssueKey>,
    /// More by name, like {"Priority": "High", "labels": ["a"], "Story Points": 3}
    additional_fields: Option<Map<String, Value>>,
}

impl Tool for CreateIssue {
    const NAME: &'static str = "jira_create_issue";
    const TITLE: &'static str = "Create a Jira issue";
    const TOOLSET: &'static str = "jira";
    const PRODUCT: Option<Product> = Some(Product::Jira);
    const ACCESS: Access = Access::ADD;
    const ROUTES: &'static [&'static RouteInfo] = &[
        routes::JIRA_ISSUE_CREATE.info(),
        routes::JIRA_CREATEMETA_TYPES.info(),
        routes::JIRA_CREATEMETA_FIELDS.info(),
        routes::JIRA_USER_SEARCH.info(),
        routes::JIRA_USER_MYSELF.info(),
    ];
    const ALIASES: &'static [Alias] = &[
        ("project", "project_key"),
        ("type", "issue_type"),
        ("fields", "additional_fields"),
    ];

    fn run(self, cx: &Context<'_>) -> Result<Output, ToolError> {
        let jira = Jira::of(cx)?;
        let mut screen = Screen {
            jira: &jira,
            project: &self.project_key,
            type_name: &self.issue_type,
            loaded: None,
        };
        let mut fields = Map::new();
        fields.insert(
            "project".to_owned(),
            json!({ "key": self.project_key.as_str() }),
        );
        fields.insert(
            "issuetype".to_owned(),
            json!({ "name": self.issue_type.trim() }),
        );
        let more = self.additional_fields.unwrap_or_default();
        let named = [
            ("summary", Some(Value::from(self.summary))),
            ("description", self.description.map(Value::from)),
            ("assignee", self.assignee.map(Value::from)),
        ];
        let named = named
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        for (name, given) in named.chain(more) {
            let field = match Field::own(&name) {
                Some(field) => field,
                None => screen.load()?.1.find(&name)?.clone(),
            };
            let value = jira.value(&field, &given)?;
            if fields.insert(field.id.clone(), value).is_some() {
                return Err(ToolError::arguments(format!(
                    "`{}` is given twice",
                    field.name
                )));
            }
        }
        if let Some(parent) = &self.parent {
            jira.site.owns(parent.host())?;
            let (id, value) = screen.parent(parent)?;
            if fields.insert(id, value).is_some() {
                return Err(ToolError::arguments("the parent is given twice"));
            }
        }
        if let Some((kind, _)) = &screen.loaded {
            fields.insert("issuetype".to_owned(), json!({ "id": kind.id.as_str() }));
        }
        create(&jira, &mut screen, Value::Object(fields))
    }
}

fn create(
    jira: &Jira<'_>,
    screen: &mut Screen<'_>,
    mut fields: Value,
) -> Result<Output, ToolError> {
    let doing = format!("create the issue in {}", screen.project);
    let refused = match jira.site.send(&doing, &jira.dialect.create_issue(&fields)) {
        Ok(answer) => return created(jira, &answer.json()?),
        Err(error) if error.kind() == Kind::Rejected => error,
        Err(error) => return Err(error),
    };
    let named = screen.loaded.is_none();
    let spelt = screen.type_name.trim();
    let (kind, known) = match screen.load() {
        Ok(loaded) => loaded,
        Err(error) if error.kind() == Kind::Arguments => return Err(error),
        Err(_) => return Err(refused),
    };
    if !named || kind.name == spelt {
        return Err(known.explain(refused, &fields));
    }
    // The type was written in another case than the site's. Nothing has been created yet.
    fields["issuetype"] = json!({ "id": kind.id.as_str() });
    let answer = jira
        .site
        .send(&doing, &jira.dialect.create_issue(&fields))
        .map_err(|error| known.explain(error, &fields))?;
    created(jira, &answer.json()?)
}

fn created(jira: &Jira<'_>, answer: &Value) -> Result<Output, ToolError> {
    Ok(Output::from(match line(answer, "key") {
        Some(key) => format!("Created {key}: {}\n", jira.browse(&key)),
        None => "Created, but the site did not say under which key; search for it.\n".to_owned(),
    }))
}

/// The create screen of one type in one project, read when it is needed.
struct Screen<'a> {
    jira: &'a Jira<'a>,
    project: &'a ProjectKey,
    type_name: &'a str,
    loaded: Option<(IssueType, Fields)>,
}

impl Screen<'_> {
    fn load(&mut self) -> Result<&(IssueType, Fields), ToolError> {
        let loaded = match self.loaded.take() {
            Some(loaded) => loaded,
            None => {
                let kind = self.jira.issue_type(self.project, self.type_name)?;
                let fields = self.jira.create_fields(self.project, &kind)?;
                (kind, fields)
            }
        };
        Ok(self.loaded.insert(loaded))
    }

    /// The field that ties an issue to its parent, and its value.
    fn parent(&mut self, parent: &IssueKey) -> Result<(String, Value), ToolError> {
        let by_key = ("parent".to_owned(), json!({ "key": parent.as_str() }));
        if !self.jira.dialect.has_epic_links() {
            return Ok(by_key);
        }
        let project = self.project;
        let (kind, fields) = self.load()?;
        if kind.subtask {
            return Ok(by_key);
        }
        match fields.0.iter().find(|field| field.is_epic_link()) {
            Some(field) => Ok((field.id.clone(), Value::from(parent.as_str()))),
            None => Err(ToolError::arguments(format!(
                "a {} in {} cannot have a parent or epic",
                kind.name, project
            ))),
        }
    }
}
