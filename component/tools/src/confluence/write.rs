//! Creating and changing pages. A change is written over the page as it is, so that what Markdown
//! cannot say survives; what would be lost is refused unless it is asked for.

use schemars::JsonSchema;
use serde::Deserialize;

use super::client::Confluence;
use crate::arguments::Alias;
use crate::dialect::confluence::{CREATE_PAGE, Page, well_formed, write_text, write_text_over};
use crate::error::{Kind, ToolError};
use crate::gateway::Product;
use crate::ids::{PageId, SpaceKey};
use crate::place::Place;
use crate::route::{RouteInfo, routes};
use crate::text;
use crate::tool::{Access, Context, Output, Tool, ToolDef};

pub(crate) const TOOLS: &[ToolDef] = &[ToolDef::of::<CreatePage>(), ToolDef::of::<UpdatePage>()];

/// Creates a Confluence page.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CreatePage {
    space_key: SpaceKey,
    title: String,
    /// Markdown
    content: String,
    parent_id: Option<PageId>,
}

impl Tool for CreatePage {
    const NAME: &'static str = "confluence_create_page";
    const TITLE: &'static str = "Create a Confluence page";
    const TOOLSET: &'static str = "confluence";
    const PRODUCT: Option<Product> = Some(Product::Confluence);
    const ACCESS: Access = Access::ADD;
    const ROUTES: &'static [&'static RouteInfo] = &CREATE_PAGE;
    const ALIASES: &'static [Alias] = &[
        ("body", "content"),
        ("space", "space_key"),
        ("parent", "parent_id"),
    ];

    fn run(self, cx: &Context<'_>) -> Result<Output, ToolError> {
        let confluence = Confluence::of(cx)?;
        if let Some(parent) = &self.parent_id {
            confluence.site.owns(parent.host())?;
        }
        let title = title(&self.title)?;
        let storage = write_text(&self.content)?;
        let space = confluence.space(&self.space_key)?;
        let doing = format!("create page `{title}` in {}", self.space_key);
        let request =
            confluence
                .dialect
                .create_page(&space, &title, &storage, self.parent_id.as_ref());
        let answer = confluence.site.send(&doing, &request).map_err(|error| match error.kind() {
            Kind::Rejected => error.advise("A title can be used once in a space; the parent must be a page of the same space."),
            _ => error,
        })?;
        let page = confluence.page(&doing, &answer.json()?)?;
        Ok(Output::from(format!(
            "Created page {}: {}\n",
            page.id, page.address
        )))
    }
}

/// Changes the title, the text or one place in the text of a Confluence page.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UpdatePage {
    page_id: PageId,
    title: Option<String>,
    /// Markdown for `place`, or the whole new text with the placeholders ⟦…⟧ that were read
    content: Option<String>,
    /// Change one place only
    place: Option<Place>,
    /// `content` is the whole in storage format
    #[serde(default)]
    raw: bool,
    /// The version that was read; refused if there is a newer one
    #[schemars(range(min = 1))]
    version: Option<u32>,
    /// Shown in the page history
    version_comment: Option<String>,
    /// Drop what the new text leaves out of the present one
    #[serde(default)]
    allow_loss: bool,
}

impl Tool for UpdatePage {
    const NAME: &'static str = "confluence_update_page";
    const TITLE: &'static str = "Change a Confluence page";
    const TOOLSET: &'static str = "confluence";
    const PRODUCT: Option<Product> = Some(Product::Confluence);
    const ACCESS: Access = Access::CHANGE;
    const ROUTES: &'static [&'static RouteInfo] = &[
        routes::CONFLUENCE_PAGE_GET.info(),
        routes::CONFLUENCE_PAGE_UPDATE.info(),
    ];
    const ALIASES: &'static [Alias] = &[("id", "page_id"), ("body", "content")];

    fn run(self, cx: &Context<'_>) -> Result<Output, ToolError> {
        let confluence = Confluence::with_page(cx, &self.page_id)?;
        if self.title.is_none() && self.content.is_none() {
            return Err(ToolError::arguments("give a new `title` or `content`"));
        }
        if self.place.is_some() && (self.content.is_none() || self.raw) {
            return Err(ToolError::arguments(
                "`place` needs `content` in Markdown, and not `raw`",
            ));
        }
        let present = confluence.read_page(&self.page_id)?;
        let version = self.may_change(&present)?;
        let title = match &self.title {
            Some(new) => title(new)?,
            None => present
                .kept_title()
                .map(str::to_owned)
                .ok_or_else(|| unknown(&present, "title"))?,
        };
        let storage = self.text_over(&present)?;
        let request = confluence.dialect.update_page(
            &self.page_id,
            &title,
            &storage,
            version + 1,
            self.version_comment.as_deref(),
        );
        let doing = format!("update page {}", present.id);
        confluence
            .site
            .send(&doing, &request)
            .map_err(|error| match error.kind() {
                Kind::Conflict => error.advise(format!(
                    "This change was made to version {version}; nothing was overwritten."
                )),
                _ => error,
            })?;
        Ok(Output::from(format!(
            "Updated page {} to version {}: {}\n",
            present.id,
            version + 1,
            present.address
        )))
    }
}

impl UpdatePage {
    /// The present version, if the change may be made on it.
    fn may_change(&self, present: &Page) -> Result<u64, ToolError> {
        if let Some(status) = present
            .status
            .as_deref()
            .filter(|status| *status != "current")
        {
            return Err(ToolError::new(
                Kind::Conflict,
                format!(
                    "page {} is {status}, not current, and is not changed",
                    present.id
                ),
            ));
        }
        let version = present.version.ok_or_else(|| unknown(present, "version"))?;
        match self.version {
            Some(read) if u64::from(read) != version => Err(ToolError::new(
                Kind::Conflict,
                format!(
                    "page {} is at version {version}, not {read}: somebody changed it",
                    present.id
                ),
            )
            .advise("Read it again and make the change on the new text.")),
            _ => Ok(version),
        }
    }

    fn text_over(&self, present: &Page) -> Result<String, ToolError> {
        let Some(storage) = present.storage() else {
            return Err(unknown(present, "text"));
        };
        match (&self.content, present.text()) {
            (None, _) => Ok(storage.to_owned()),
            (Some(storage), _) if self.raw => well_formed(storage),
            (Some(markdown), None) => write_text(markdown),
            (Some(markdown), Some(base)) => {
                let (storage, lost) = match &self.place {
                    Some(place) => place.fill(&base, markdown)?,
                    None => write_text_over(&base, markdown)?,
                };
                match self.allow_loss || lost.is_empty() {
                    true => Ok(storage),
                    false => Err(text::refused_loss(&format!("page {}", present.id), &lost)),
                }
            }
        }
    }
}

/// What is not known cannot be kept.
fn unknown(page: &Page, part: &str) -> ToolError {
    ToolError::new(
        Kind::Unavailable,
        format!(
            "the site did not send the {part} of page {}, so it is not changed",
            page.id
        ),
    )
}

fn title(given: &str) -> Result<String, ToolError> {
    let title = given.trim();
    match (title.is_empty(), title.chars().count() > 255) {
        (true, _) => Err(ToolError::arguments("`title` is empty")),
        (_, true) => Err(ToolError::arguments(
            "`title` is longer than 255 characters",
        )),
        _ => Ok(title.to_owned()),
    }
}
