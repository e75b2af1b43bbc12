//! One Confluence site: the requests that several families make.

use serde_json::Value;

use crate::dialect::confluence::{Comments, Dialect, Page, SpaceHandle};
use crate::error::{Kind, ToolError};
use crate::gateway::Product;
use crate::ids::{PageId, SpaceKey};
use crate::reading::list;
use crate::text;
use crate::tool::{Context, Site};

pub(crate) struct Confluence<'a> {
    pub(crate) site: Site<'a>,
    pub(crate) dialect: Dialect,
}

impl<'a> Confluence<'a> {
    pub(crate) fn of(cx: &Context<'a>) -> Result<Self, ToolError> {
        let site = cx.site(Product::Confluence)?;
        let dialect = Dialect::of(site.info().deployment);
        Ok(Self { site, dialect })
    }

    /// The site, if the id was not copied from another one's address.
    pub(crate) fn with_page(cx: &Context<'a>, id: &PageId) -> Result<Self, ToolError> {
        let confluence = Self::of(cx)?;
        confluence.site.owns(id.host())?;
        Ok(confluence)
    }

    pub(crate) fn read_page(&self, id: &PageId) -> Result<Page, ToolError> {
        let doing = format!("read page {}", id.as_str());
        let answer = self
            .site
            .send(&doing, &self.dialect.read_page(id))?
            .json()?;
        self.page(&doing, &answer)
    }

    /// Both at once; no comments are read for a limit of zero.
    pub(crate) fn read_page_with_comments(
        &self,
        id: &PageId,
        limit: u32,
    ) -> Result<(Page, Option<Comments>), ToolError> {
        if limit == 0 {
            return Ok((self.read_page(id)?, None));
        }
        let doing = format!("read page {}", id.as_str());
        let also = format!("read the comments of page {}", id.as_str());
        let [page, comments] = self.site.send_both([
            (&doing, self.dialect.read_page(id)),
            (&also, self.dialect.comments(id, limit)),
        ])?;
        Ok((
            self.page(&doing, &page.json()?)?,
            Some(self.dialect.listed_comments(&comments.json()?)),
        ))
    }

    pub(crate) fn read_comments(
        &self,
        page: &Page,
        limit: u32,
    ) -> Result<Option<Comments>, ToolError> {
        if limit == 0 {
            return Ok(None);
        }
        let id = PageId::parse(&page.id).map_err(ToolError::arguments)?;
        let answer = self.site.send(
            &format!("read the comments of page {}", page.id),
            &self.dialect.comments(&id, limit),
        )?;
        Ok(Some(self.dialect.listed_comments(&answer.json()?)))
    }

    pub(crate) fn find_page(&self, space: &SpaceKey, title: &str) -> Result<Page, ToolError> {
        let shown = text::one_line(title);
        let doing = format!("find page `{shown}` in {space}");
        let handle = self.space(space)?;
        let answer = self
            .site
            .send(&doing, &self.dialect.find_page(&handle, title.trim()))?
            .json()?;
        match list(&answer, "results").first() {
            Some(page) => self.page(&doing, page),
            None => Err(ToolError::new(
                Kind::NotFound,
                format!("space {space} has no page titled `{shown}` that this account may see"),
            )
            .advise("Titles must match whole; confluence_search finds parts.")),
        }
    }

    pub(crate) fn space(&self, key: &SpaceKey) -> Result<SpaceHandle, ToolError> {
        let request = match self.dialect.find_space(key) {
            Ok(handle) => return Ok(handle),
            Err(request) => request,
        };
        let answer = self
            .site
            .send(&format!("find space {key}"), &request)?
            .json()?;
        self.dialect.found_space(&answer, key).ok_or_else(|| {
            ToolError::new(
                Kind::NotFound,
                format!("there is no space {key} that this account may see"),
            )
            .advise("The key stands in the address of its pages, after /spaces/ or /display/.")
        })
    }

    pub(crate) fn page(&self, doing: &str, answer: &Value) -> Result<Page, ToolError> {
        self.dialect.page(answer, self.site.info()).ok_or_else(|| {
            ToolError::new(
                Kind::Unavailable,
                format!("could not {doing}: the site's answer is not a page"),
            )
        })
    }
}
