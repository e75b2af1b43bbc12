//! One Jira site: the requests that several families make.

use serde_json::Value;

use crate::dialect::jira::Dialect;
use crate::error::ToolError;
use crate::gateway::Product;
use crate::ids::IssueKey;
use crate::tool::{Context, Site};

pub(crate) struct Jira<'a> {
    pub(crate) site: Site<'a>,
    pub(crate) dialect: Dialect,
}

impl<'a> Jira<'a> {
    pub(crate) fn of(cx: &Context<'a>) -> Result<Self, ToolError> {
        let site = cx.site(Product::Jira)?;
        let dialect = Dialect::of(site.info().deployment);
        Ok(Self { site, dialect })
    }

    /// The site, if the key was not copied from another one's address.
    pub(crate) fn with_issue(cx: &Context<'a>, key: &IssueKey) -> Result<Self, ToolError> {
        let jira = Self::of(cx)?;
        jira.site.owns(key.host())?;
        Ok(jira)
    }

    /// The issue with these fields; `names` of custom fields come with it.
    pub(crate) fn read_issue(
        &self,
        key: &IssueKey,
        fields: &str,
        with_names: bool,
    ) -> Result<Value, ToolError> {
        let request = self.dialect.read_issue(key, fields);
        let request = if with_names {
            request.query("expand", "names")
        } else {
            request
        };
        self.site
            .send(&format!("read issue {key}"), &request)?
            .json()
    }

    pub(crate) fn browse(&self, key: &str) -> String {
        format!("{}/browse/{key}", self.site.info().browse_url)
    }
}
