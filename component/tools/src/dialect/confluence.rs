//! How Confluence Cloud (REST v2, and v1 for CQL) and Confluence Data Center (REST v1) say the same
//! things. Both keep pages in storage format.

use markup::Format;
use serde_json::{Value, json};

use crate::error::ToolError;
use crate::gateway::{Deployment, SiteInfo};
use crate::ids::{PageId, SpaceKey};
use crate::paging::{Position, decode};
use crate::reading::{at, line, list, number};
use crate::route::{Request, RouteInfo, routes};
use crate::text::{self, RichText};

/// Where a page is put: Cloud names spaces by id, which has to be asked for first.
pub(crate) const FIND_PAGE: [&RouteInfo; 2] = [
    routes::CONFLUENCE_PAGE_FIND.info(),
    routes::CONFLUENCE_SPACE_FIND.info(),
];
pub(crate) const CREATE_PAGE: [&RouteInfo; 3] = [
    routes::CONFLUENCE_CONTENT_CREATE.info(),
    routes::CONFLUENCE_PAGE_CREATE.info(),
    routes::CONFLUENCE_SPACE_FIND.info(),
];
pub(crate) const CREATE_COMMENT: [&RouteInfo; 2] = [
    routes::CONFLUENCE_COMMENT_CREATE.info(),
    routes::CONFLUENCE_CONTENT_CREATE.info(),
];

const EXPANDED: &str = "body.storage,version,space,metadata.labels";

#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialect(Deployment);

/// A space as requests name it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SpaceHandle(String);

/// A page as this program reads it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Page {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) space: Option<String>,
    pub(crate) version: Option<u64>,
    pub(crate) status: Option<String>,
    pub(crate) updated: Option<String>,
    pub(crate) author: Option<String>,
    pub(crate) labels: Vec<String>,
    pub(crate) address: String,
    /// The title byte for byte; `title` is cleaned for reading.
    kept_title: Option<String>,
    /// Absent when the site sent none; an empty page has an empty one.
    storage: Option<String>,
}

/// Hits of a search and where the rest begins.
#[derive(Debug)]
pub(crate) struct Hits {
    pub(crate) items: Vec<Value>,
    pub(crate) next: Option<Position>,
    pub(crate) total: Option<u64>,
}

/// A comment below a page.
#[derive(Debug)]
pub(crate) struct Comment {
    pub(crate) author: Option<String>,
    pub(crate) created: Option<String>,
    pub(crate) text: String,
}

/// The comments of a page, as many as were asked for.
#[derive(Debug)]
pub(crate) struct Comments {
    pub(crate) shown: Vec<Comment>,
    pub(crate) more: bool,
}

impl Dialect {
    pub(crate) const fn of(deployment: Deployment) -> Self {
        Self(deployment)
    }

    pub(crate) fn read_page(self, id: &PageId) -> Request {
        let request = routes::CONFLUENCE_PAGE_GET.request(self.0, [id.number()]);
        match self.0 {
            Deployment::Cloud => request
                .query("body-format", "storage")
                .query("include-labels", "true"),
            Deployment::DataCenter => request.query("expand", EXPANDED),
        }
    }

    /// What has to be asked before a space can be named; on Data Center nothing.
    pub(crate) fn find_space(self, key: &SpaceKey) -> Result<SpaceHandle, Request> {
        match self.0 {
            Deployment::Cloud => Err(routes::CONFLUENCE_SPACE_FIND
                .request([])
                .query("keys", key.as_str())
                .query("limit", "2")),
            Deployment::DataCenter => Ok(SpaceHandle(key.as_str().to_owned())),
        }
    }

    pub(crate) fn found_space(self, answer: &Value, key: &SpaceKey) -> Option<SpaceHandle> {
        let spaces = list(answer, "results");
        let named = |space: &&Value| {
            line(space, "key").is_some_and(|known| known.eq_ignore_ascii_case(key.as_str()))
        };
        spaces
            .iter()
            .find(named)
            .and_then(|space| line(space, "id"))
            .map(SpaceHandle)
    }

    pub(crate) fn find_page(self, space: &SpaceHandle, title: &str) -> Request {
        let request = routes::CONFLUENCE_PAGE_FIND
            .request(self.0, [])
            .query("title", title)
            .query("limit", "2");
        match self.0 {
            Deployment::Cloud => request
                .query("space-id", &space.0)
                .query("body-format", "storage"),
            Deployment::DataCenter => request
                .query("spaceKey", &space.0)
                .query("type", "page")
                .query("expand", EXPANDED),
        }
    }

    /// A page, whether it was asked for by id, found, or just written.
    pub(crate) fn page(self, page: &Value, site: &SiteInfo) -> Option<Page> {
        let id = line(page, "id")?;
        let (updated, author) = match self.0 {
            Deployment::Cloud => (
                "version/createdAt",
                line(page, "version/authorId").map(|id| format!("accountid:{id}")),
            ),
            Deployment::DataCenter => (
                "version/when",
                line(page, "version/by/displayName").or_else(|| line(page, "version/by/username")),
            ),
        };
        let labels = match self.0 {
            Deployment::Cloud => list(page, "labels/results"),
            Deployment::DataCenter => list(page, "metadata/labels/results"),
        };
        Some(Page {
            title: line(page, "title").unwrap_or_else(|| "(no title)".to_owned()),
            space: self.space_key(page),
            version: number(page, "version/number"),
            status: line(page, "status"),
            updated: crate::reading::moment(page, updated),
            author,
            labels: labels
                .iter()
                .filter_map(|label| line(label, "name"))
                .collect(),
            address: self.address(page, &id, site),
            kept_title: page["title"].as_str().map(str::to_owned),
            storage: at(page, "body/storage/value")
                .and_then(Value::as_str)
                .map(str::to_owned),
            id,
        })
    }

    pub(crate) fn create_page(
        self,
        space: &SpaceHandle,
        title: &str,
        storage: &str,
        parent: Option<&PageId>,
    ) -> Request {
        match self.0 {
            Deployment::Cloud => {
                let mut body = json!({ "spaceId": space.0, "status": "current", "title": title, "body": v2_body(storage) });
                if let Some(parent) = parent {
                    body["parentId"] = json!(parent.as_str());
                }
                routes::CONFLUENCE_PAGE_CREATE.request([]).json(body)
            }
            Deployment::DataCenter => {
                let mut body = json!({ "type": "page", "title": title, "space": { "key": space.0 }, "body": v1_body(storage) });
                if let Some(parent) = parent {
                    body["ancestors"] = json!([{ "id": parent.as_str() }]);
                }
                routes::CONFLUENCE_CONTENT_CREATE.request([]).json(body)
            }
        }
    }

    pub(crate) fn update_page(
        self,
        id: &PageId,
        title: &str,
        storage: &str,
        version: u64,
        message: Option<&str>,
    ) -> Request {
        let mut version = json!({ "number": version });
        if let Some(message) = message {
            version["message"] = json!(message);
        }
        let body = match self.0 {
            Deployment::Cloud => {
                json!({ "id": id.as_str(), "status": "current", "title": title, "body": v2_body(storage), "version": version })
            }
            Deployment::DataCenter => {
                json!({ "id": id.as_str(), "type": "page", "title": title, "body": v1_body(storage), "version": version })
            }
        };
        routes::CONFLUENCE_PAGE_UPDATE
            .request(self.0, [id.number()])
            .json(body)
    }

    pub(crate) fn add_comment(self, page: &PageId, storage: &str) -> Request {
        match self.0 {
            Deployment::Cloud => routes::CONFLUENCE_COMMENT_CREATE
                .request([])
                .json(json!({ "pageId": page.as_str(), "body": v2_body(storage) })),
            Deployment::DataCenter => routes::CONFLUENCE_CONTENT_CREATE.request([]).json(json!({
                "type": "comment",
                "container": { "id": page.as_str(), "type": "page" },
                "body": v1_body(storage),
            })),
        }
    }

    /// Newest first on Cloud; Data Center knows no order but the page's, and only its first ones.
    pub(crate) fn comments(self, page: &PageId, limit: u32) -> Request {
        let request = routes::CONFLUENCE_COMMENT_LIST
            .request(self.0, [page.number()])
            .query("limit", limit.to_string());
        match self.0 {
            Deployment::Cloud => request
                .query("body-format", "storage")
                .query("sort", "-created-date"),
            Deployment::DataCenter => request
                .query("expand", "body.storage,version,history")
                .query("depth", "all"),
        }
    }

    pub(crate) fn listed_comments(self, answer: &Value) -> Comments {
        let comments = list(answer, "results").iter().map(|comment| {
            let (author, created) = match self.0 {
                Deployment::Cloud => (
                    line(comment, "version/authorId").map(|id| format!("accountid:{id}")),
                    crate::reading::moment(comment, "version/createdAt"),
                ),
                Deployment::DataCenter => (
                    line(comment, "history/createdBy/displayName")
                        .or_else(|| line(comment, "version/by/displayName")),
                    crate::reading::moment(comment, "history/createdDate")
                        .or_else(|| crate::reading::moment(comment, "version/when")),
                ),
            };
            let body = at(comment, "body/storage/value")
                .and_then(|body| RichText::new(Format::Storage, body));
            Comment {
                author,
                created,
                text: body.map_or_else(String::new, |body| body.to_markdown()),
            }
        });
        Comments {
            shown: comments.collect(),
            more: line(answer, "_links/next").is_some(),
        }
    }

    pub(crate) fn search(
        self,
        cql: &str,
        limit: u32,
        from: Option<&Position>,
    ) -> Result<Request, ToolError> {
        let request = routes::CONFLUENCE_SEARCH
            .request(self.0, [])
            .query("cql", cql)
            .query("limit", limit.to_string());
        match (self.0, from) {
            (_, None) => Ok(request),
            (Deployment::Cloud, Some(Position::Token(token))) => Ok(request.query("cursor", token)),
            (_, Some(Position::Offset(offset))) => Ok(request.query("start", offset.to_string())),
            (Deployment::DataCenter, Some(Position::Token(_))) => Err(ToolError::arguments(
                "this `cursor` is not of this site; leave it out to start from the beginning",
            )),
        }
    }

    /// The link to the next part is an address; only its cursor or offset is taken from it.
    pub(crate) fn hits(self, answer: &Value, from: Option<&Position>) -> Hits {
        let items = list(answer, "results").to_vec();
        let next = at(answer, "_links/next")
            .and_then(Value::as_str)
            .and_then(|next| {
                let query = next.split_once('?').map(|(_, query)| query.to_owned())?;
                let value = |name: &str| {
                    query
                        .split('&')
                        .filter_map(|pair| pair.split_once('='))
                        .find(|(known, _)| *known == name)
                        .and_then(|(_, value)| decode(value))
                };
                match self.0 {
                    Deployment::Cloud => value("cursor")
                        .map(Position::Token)
                        .or_else(|| value("start")?.parse().ok().map(Position::Offset)),
                    Deployment::DataCenter => value("start")?.parse().ok().map(Position::Offset),
                }
            });
        // An offset that does not advance would never end.
        let next = next.filter(|next| !items.is_empty() && Some(next) != from);
        Hits {
            total: number(answer, "totalSize"),
            next,
            items,
        }
    }

    /// v2 names a page's space by id only; its key stands in the page's own link.
    fn space_key(self, page: &Value) -> Option<String> {
        match self.0 {
            Deployment::Cloud => {
                let link = line(page, "_links/webui")?;
                link.strip_prefix("/spaces/")
                    .and_then(|rest| rest.split('/').next())
                    .and_then(decode)
                    .map(|key| text::one_line(&key))
            }
            Deployment::DataCenter => line(page, "space/key"),
        }
    }

    fn address(self, page: &Value, id: &str, site: &SiteInfo) -> String {
        let base = self.base(site);
        match line(page, "_links/webui").filter(|link| {
            link.starts_with('/') && !link.starts_with("//") && !link.contains([' ', ')', '>'])
        }) {
            Some(link) => format!("{base}{link}"),
            None => format!("{base}/pages/viewpage.action?pageId={id}"),
        }
    }

    /// On Cloud, Confluence stands below `/wiki` of the site.
    fn base(self, site: &SiteInfo) -> String {
        match self.0 {
            Deployment::Cloud if !site.browse_url.ends_with("/wiki") => {
                format!("{}/wiki", site.browse_url)
            }
            _ => site.browse_url.clone(),
        }
    }
}

impl Page {
    pub(crate) fn text(&self) -> Option<RichText> {
        self.storage
            .as_ref()
            .and_then(|storage| RichText::new(Format::Storage, &Value::from(storage.as_str())))
    }

    /// The title byte for byte, for a change that leaves it alone.
    pub(crate) fn kept_title(&self) -> Option<&str> {
        self.kept_title.as_deref()
    }

    /// The text byte for byte, for a change that leaves it alone.
    pub(crate) fn storage(&self) -> Option<&str> {
        self.storage.as_deref()
    }
}

pub(crate) fn write_text(markdown: &str) -> Result<String, ToolError> {
    text::write(Format::Storage, markdown).map_err(ToolError::arguments)
}

/// Storage format as it was given. Confluence answers what is not well-formed with no word on where.
pub(crate) fn well_formed(storage: &str) -> Result<String, ToolError> {
    text::check(Format::Storage, storage).map_err(ToolError::arguments)?;
    Ok(storage.to_owned())
}

pub(crate) fn write_text_over(
    base: &RichText,
    markdown: &str,
) -> Result<(String, Vec<String>), ToolError> {
    text::write_over(base, Format::Storage, markdown).map_err(ToolError::arguments)
}

fn v2_body(storage: &str) -> Value {
    json!({ "representation": "storage", "value": storage })
}

fn v1_body(storage: &str) -> Value {
    json!({ "storage": { "representation": "storage", "value": storage } })
}
