//! The projects, their components, versions and sprints.

use std::collections::BTreeMap;

use time::{Date, Duration, OffsetDateTime};

use super::catalogue::{CONTENT, KANBAN, SOFTWARE, Workflow};

#[derive(Debug, Clone)]
pub(crate) struct Project {
    pub(crate) id: String,
    pub(crate) key: String,
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) category: Option<&'static str>,
    /// Ids of the issue types that can be made here.
    pub(crate) types: &'static [&'static str],
    pub(crate) workflow: &'static Workflow,
    pub(crate) components: Vec<Component>,
    pub(crate) versions: Vec<Version>,
    /// Nobody who signs in here may see it.
    pub(crate) hidden: bool,
    /// The highest issue number used.
    pub(crate) last_number: u32,
}

#[derive(Debug, Clone)]
pub(crate) struct Component {
    pub(crate) id: String,
    pub(crate) name: &'static str,
}

#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) name: &'static str,
    pub(crate) description: Option<&'static str>,
    pub(crate) released: bool,
    pub(crate) archived: bool,
    pub(crate) release_date: Option<Date>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SprintState {
    Closed,
    Active,
    Future,
}

impl SprintState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Active => "active",
            Self::Future => "future",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Sprint {
    pub(crate) id: u32,
    pub(crate) name: &'static str,
    pub(crate) state: SprintState,
    pub(crate) board: u32,
    pub(crate) goal: &'static str,
    pub(crate) start: Option<OffsetDateTime>,
    pub(crate) end: Option<OffsetDateTime>,
}

const SOFTWARE_TYPES: &[&str] = &["10000", "10001", "10002", "10004", "10003"];
const KANBAN_TYPES: &[&str] = &["10000", "10002", "10004", "10005", "10003"];
const CONTENT_TYPES: &[&str] = &["10000", "10002", "10003"];

pub(crate) fn seed(now: OffsetDateTime) -> BTreeMap<String, Project> {
    let component = |id: u32, name| Component {
        id: id.to_string(),
        name,
    };
    let version = |id: u32, name, description, released, days: Option<i64>| Version {
        id: id.to_string(),
        name,
        description,
        released,
        archived: name == "1.8.0",
        release_date: days.map(|days| (now + Duration::days(days)).date()),
    };
    let projects = [
        Project {
            id: "10000".into(),
            key: "PROJ".into(),
            name: "Lumen Billing",
            description: "Invoices, payments and the billing portal.",
            lead: "ada",
            kind: "software",
            category: Some("Product"),
            types: SOFTWARE_TYPES,
            workflow: &SOFTWARE,
            components: vec![
                component(10100, "Backend"),
                component(10101, "Portal"),
                component(10102, "Payments"),
            ],
            versions: vec![
                version(10018, "1.8.0", None, true, Some(-320)),
                version(
                    10019,
                    "2.3.1",
                    Some("Hot fix for the export"),
                    true,
                    Some(-45),
                ),
                version(10020, "2.4.0", Some("Autumn release"), false, Some(21)),
                version(10021, "3.0", None, false, None),
            ],
            hidden: false,
            last_number: 0,
        },
        Project {
            id: "10001".into(),
            key: "OPS".into(),
            name: "Operations",
            description: "Incidents, infrastructure and everything that wakes people up.",
            lead: "dara",
            kind: "software",
            category: Some("Platform"),
            types: KANBAN_TYPES,
            workflow: &KANBAN,
            components: vec![
                component(10110, "Database"),
                component(10111, "Kubernetes"),
                component(10112, "Observability"),
            ],
            versions: Vec::new(),
            hidden: false,
            last_number: 0,
        },
        Project {
            id: "10002".into(),
            key: "DESIGN".into(),
            name: "Design & Research",
            description: "",
            lead: "fatima",
            kind: "business",
            category: None,
            types: CONTENT_TYPES,
            workflow: &CONTENT,
            components: Vec::new(),
            versions: Vec::new(),
            hidden: false,
            last_number: 0,
        },
        Project {
            id: "10009".into(),
            key: "SEC".into(),
            name: "Security (restricted)",
            description: "Nobody without the role may see this.",
            lead: "emil",
            kind: "software",
            category: None,
            types: KANBAN_TYPES,
            workflow: &KANBAN,
            components: Vec::new(),
            versions: Vec::new(),
            hidden: true,
            last_number: 0,
        },
    ];
    projects
        .into_iter()
        .map(|project| (project.key.clone(), project))
        .collect()
}

pub(crate) fn seed_sprints(now: OffsetDateTime) -> Vec<Sprint> {
    let sprint = |id, name, state, goal, days: Option<(i64, i64)>| Sprint {
        id,
        name,
        state,
        board: 1,
        goal,
        start: days.map(|(start, _)| now + Duration::days(start)),
        end: days.map(|(_, end)| now + Duration::days(end)),
    };
    vec![
        sprint(
            36,
            "PROJ Sprint 36",
            SprintState::Closed,
            "Ship 2.3",
            Some((-33, -19)),
        ),
        sprint(
            37,
            "PROJ Sprint 37",
            SprintState::Closed,
            "Mend the export",
            Some((-19, -5)),
        ),
        sprint(
            38,
            "PROJ Sprint 38",
            SprintState::Active,
            "Card payments behind a flag",
            Some((-5, 9)),
        ),
        sprint(39, "PROJ Sprint 39", SprintState::Future, "", None),
    ]
}
