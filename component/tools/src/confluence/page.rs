//! Reading a page, with its newest comments if asked.

use schemars::JsonSchema;
use serde::Deserialize;

use super::client::Confluence;
use crate::answer;
use crate::arguments::Alias;
use crate::dialect::confluence::{Comments, FIND_PAGE, Page};
use crate::error::ToolError;
use crate::gateway::Product;
use crate::ids::{PageId, SpaceKey};
use crate::paging::Question;
use crate::route::{RouteInfo, routes};
use crate::text;
use crate::tool::{Access, Context, Output, Tool, ToolDef};

pub(crate) const TOOLS: &[ToolDef] = &[ToolDef::of::<GetPage>()];

/// Reads a Confluence page as Markdown, by id or by title and space.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GetPage {
    /// Number or browser address
    page_id: Option<PageId>,
    title: Option<String>,
    space_key: Option<SpaceKey>,
    /// Storage format, not Markdown
    #[serde(default)]
    raw: bool,
    /// Newest comments below it; default 0
    #[schemars(range(max = 100))]
    comment_limit: Option<u32>,
    /// From a cut answer
    cursor: Option<String>,
}

impl Tool for GetPage {
    const NAME: &'static str = "confluence_get_page";
    const TITLE: &'static str = "Read a Confluence page";
    const TOOLSET: &'static str = "confluence";
    const PRODUCT: Option<Product> = Some(Product::Confluence);
    const ACCESS: Access = Access::READ;
    const ROUTES: &'static [&'static RouteInfo] = &[
        routes::CONFLUENCE_PAGE_GET.info(),
        FIND_PAGE[0],
        FIND_PAGE[1],
        routes::CONFLUENCE_COMMENT_LIST.info(),
    ];
    const ALIASES: &'static [Alias] = &[
        ("id", "page_id"),
        ("url", "page_id"),
        ("space", "space_key"),
    ];

    fn run(self, cx: &Context<'_>) -> Result<Output, ToolError> {
        let confluence = Confluence::of(cx)?;
        let limit = self.comment_limit.unwrap_or(0);
        let (page, comments) = match (&self.page_id, &self.title, &self.space_key) {
            (Some(id), _, _) => {
                confluence.site.owns(id.host())?;
                confluence.read_page_with_comments(id, limit)?
            }
            (None, Some(title), Some(space)) => {
                let page = confluence.find_page(space, title)?;
                let comments = confluence.read_comments(&page, limit)?;
                (page, comments)
            }
            _ => {
                return Err(ToolError::arguments(
                    "give `page_id`, or `title` and `space_key`",
                ));
            }
        };
        let mut whole = write(&page, self.raw);
        if let Some(comments) = comments {
            write_comments(&mut whole, comments);
        }
        let question = Question::new(&[Self::NAME, &confluence.site.info().id, &whole]);
        answer::part_of(&whole, question, self.cursor.as_deref())
    }
}

fn write(page: &Page, raw: bool) -> String {
    let mut facts = vec![format!("id: {}", page.id)];
    let mut fact = |name: &str, value: Option<String>| {
        facts.extend(value.map(|value| format!("{name}: {value}")))
    };
    fact("space", page.space.clone());
    fact("version", page.version.map(|version| version.to_string()));
    fact("updated", page.updated.clone());
    fact("by", page.author.clone());
    fact(
        "status",
        page.status.clone().filter(|status| status != "current"),
    );
    fact(
        "labels",
        (!page.labels.is_empty()).then(|| page.labels.join(", ")),
    );
    let text = page.text().map_or_else(String::new, |text| text.read(raw));
    let text = text::quoted(&text);
    format!(
        "# {}\n{}\n{}\n\n{text}\n",
        page.title,
        page.address,
        facts.join(" · ")
    )
}

fn write_comments(whole: &mut String, comments: Comments) {
    let left_out = if comments.more {
        "; there are more, raise comment_limit"
    } else {
        ""
    };
    whole.push_str(&format!(
        "\n## Comments ({}{left_out})\n",
        comments.shown.len()
    ));
    for comment in comments.shown {
        let author = comment.author.unwrap_or_else(|| "unknown".to_owned());
        let created = comment
            .created
            .map_or_else(String::new, |created| format!(" {created}"));
        whole.push_str(&format!(
            "**{author}**{created}\n{}\n",
            text::quoted(&comment.text)
        ));
    }
}
