//! Everything the made-up team has: people, projects, issues, spaces, pages. Holds the state and
//! finds things in it; wording and wire shapes are the products' business.

mod catalogue;
mod fields;
mod issues;
mod pages;
mod people;
mod projects;
mod seed_issues;
mod seed_pages;
mod seed_texts;
mod text;

use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::options::Deployment;

pub(crate) use catalogue::{
    Category, ISSUE_TYPES, IssueType, PRIORITIES, RESOLUTIONS, STATUSES, Transition, issue_type,
    link_type, priority, resolution, status,
};
pub(crate) use fields::{FIELDS, Field, Kind, field};
pub(crate) use issues::{Change, Comment, Issue, Link};
pub(crate) use pages::{Page, PageComment, Revision, Space};
pub(crate) use people::{FIRST_USER, MAIL_HOST, User};
pub(crate) use projects::{Component, Project, Sprint, SprintState, Version};
pub(crate) use text::plain;

/// Where "now" comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Clock {
    Real,
    Fixed(OffsetDateTime),
}

pub(crate) struct World {
    pub(crate) deployment: Deployment,
    /// Base addresses as people type them, with the context path.
    pub(crate) jira: String,
    pub(crate) confluence: String,
    clock: Clock,
    /// By user name.
    pub(crate) users: BTreeMap<String, User>,
    /// By key.
    pub(crate) projects: BTreeMap<String, Project>,
    pub(crate) sprints: Vec<Sprint>,
    /// By id.
    pub(crate) issues: BTreeMap<u64, Issue>,
    /// Every key an issue has or had.
    keys: BTreeMap<String, u64>,
    pub(crate) spaces: Vec<Space>,
    pub(crate) pages: BTreeMap<u64, Page>,
    last_id: u64,
}

impl World {
    pub(crate) fn seeded(deployment: Deployment, origin: &str, clock: Clock) -> Self {
        let (jira, confluence) = match deployment {
            Deployment::Cloud => (origin.to_owned(), format!("{origin}/wiki")),
            Deployment::DataCenter => (format!("{origin}/jira"), format!("{origin}/confluence")),
        };
        let mut world = Self {
            deployment,
            jira,
            confluence,
            clock,
            users: people::seed(),
            projects: BTreeMap::new(),
            sprints: Vec::new(),
            issues: BTreeMap::new(),
            keys: BTreeMap::new(),
            spaces: Vec::new(),
            pages: BTreeMap::new(),
            last_id: 90_000,
        };
        let now = world.now();
        world.projects = projects::seed(now);
        world.sprints = projects::seed_sprints(now);
        seed_issues::fill(&mut world);
        seed_pages::fill(&mut world);
        world
    }

    pub(crate) fn is_cloud(&self) -> bool {
        self.deployment == Deployment::Cloud
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        match self.clock {
            Clock::Real => OffsetDateTime::now_utc(),
            Clock::Fixed(moment) => moment,
        }
    }

    /// An id nobody has yet.
    pub(crate) fn fresh_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    pub(crate) fn insert_issue(&mut self, issue: Issue) {
        self.keys.insert(issue.key(), issue.id);
        self.issues.insert(issue.id, issue);
    }

    /// Lets an old key lead to the issue that was moved away from it.
    fn remember_key(&mut self, old: &str, id: u64) {
        self.keys.insert(old.to_owned(), id);
    }

    /// The issue a person means by a key (in any case, also an old one) or an id, if she may see it.
    pub(crate) fn issue(&self, key_or_id: &str) -> Option<&Issue> {
        let id = match key_or_id.parse() {
            Ok(id) => id,
            Err(_) => *self.keys.get(&key_or_id.to_ascii_uppercase())?,
        };
        self.issues.get(&id).filter(|issue| self.is_visible(issue))
    }

    /// The same, for changing it.
    pub(crate) fn issue_mut(&mut self, id: u64) -> Option<&mut Issue> {
        self.issues.get_mut(&id)
    }

    pub(crate) fn visible_issues(&self) -> impl Iterator<Item = &Issue> {
        self.issues.values().filter(|issue| self.is_visible(issue))
    }

    pub(crate) fn is_visible(&self, issue: &Issue) -> bool {
        self.projects
            .get(&issue.project)
            .is_some_and(|project| !project.hidden)
    }

    /// A project by key or id, if it may be seen.
    pub(crate) fn project(&self, key_or_id: &str) -> Option<&Project> {
        self.visible_projects()
            .find(|project| project.key.eq_ignore_ascii_case(key_or_id) || project.id == key_or_id)
    }

    pub(crate) fn visible_projects(&self) -> impl Iterator<Item = &Project> {
        self.projects.values().filter(|project| !project.hidden)
    }

    pub(crate) fn space(&self, key: &str) -> Option<&Space> {
        self.spaces.iter().find(|space| space.key == key)
    }

    pub(crate) fn user_by_account(&self, account_id: &str) -> Option<&User> {
        self.users
            .values()
            .find(|user| user.account_id == account_id)
    }

    /// A user as the deployment's wire names her: account id on Cloud, user name on Data Center.
    pub(crate) fn user_on_wire(&self, identifier: &str) -> Option<&User> {
        match self.deployment {
            Deployment::Cloud => self.user_by_account(identifier),
            Deployment::DataCenter => self
                .users
                .get(identifier)
                .or_else(|| self.users.values().find(|user| user.key == identifier)),
        }
    }
}
