//! Searching Confluence by CQL or by words: one row a hit, a cursor for more.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::client::Confluence;
use crate::answer::Table;
use crate::arguments::Alias;
use crate::error::{Kind, ToolError};
use crate::gateway::Product;
use crate::paging::Question;
use crate::reading::{day, line};
use crate::route::{RouteInfo, routes};
use crate::text;
use crate::tool::{Access, Context, Output, Tool, ToolDef};

pub(crate) const TOOLS: &[ToolDef] = &[ToolDef::of::<Search>()];

const EXCERPT: usize = 160;

/// Finds Confluence pages, by words or by CQL such as `space = DOCS AND type = page AND title ~ "release" ORDER BY lastmodified DESC`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Search {
    query: String,
    /// Default 10
    #[schemars(range(min = 1, max = 50))]
    limit: Option<u32>,
    cursor: Option<String>,
}

impl Tool for Search {
    const NAME: &'static str = "confluence_search";
    const TITLE: &'static str = "Search Confluence";
    const TOOLSET: &'static str = "confluence";
    const PRODUCT: Option<Product> = Some(Product::Confluence);
    const ACCESS: Access = Access::READ;
    const ROUTES: &'static [&'static RouteInfo] = &[routes::CONFLUENCE_SEARCH.info()];
    const ALIASES: &'static [Alias] = &[("cql", "query")];

    fn run(self, cx: &Context<'_>) -> Result<Output, ToolError> {
        let confluence = Confluence::of(cx)?;
        let query = self.query.trim();
        if query.is_empty() {
            return Err(ToolError::arguments("`query` is empty"));
        }
        let cql = if is_cql(query) {
            query.to_owned()
        } else {
            words(query)
        };
        let question = Question::new(&[Self::NAME, &confluence.site.info().id, &cql]);
        let from = question.position(self.cursor.as_deref())?;
        let request = confluence
            .dialect
            .search(&cql, self.limit.unwrap_or(10), from.as_ref())?;
        let answer =
            confluence
                .site
                .send("search", &request)
                .map_err(|error| match error.kind() {
                    Kind::Rejected => error.advise(format!(
                        "Mend the CQL, or give plain words. It was sent as: {cql}"
                    )),
                    _ => error,
                })?;
        let hits = confluence.dialect.hits(&answer.json()?, from.as_ref());
        if hits.items.is_empty() {
            return Ok(Output::from("Nothing matches.\n".to_owned()));
        }
        let mut table =
            Table::new(["id", "type", "space", "updated", "title", "excerpt"].map(str::to_owned));
        for hit in &hits.items {
            table.row(row(hit));
        }
        Ok(table.finish(hits.total, hits.next.map(|next| question.cursor(&next))))
    }
}

fn row(hit: &Value) -> [String; 6] {
    let first = |paths: &[&str]| {
        paths
            .iter()
            .find_map(|path| line(hit, path))
            .unwrap_or_default()
    };
    [
        first(&["content/id", "space/key", "user/accountId", "user/username"]),
        first(&["content/type", "entityType"]),
        space(hit),
        day(hit, "lastModified").unwrap_or_default(),
        text::cut(&plain(&first(&["title", "content/title"])), EXCERPT),
        text::cut(&plain(&first(&["excerpt"])), EXCERPT),
    ]
}

/// The key, for other calls to use; hits name it in a link where they do not hold the space.
fn space(hit: &Value) -> String {
    let own = line(hit, "content/space/key").or_else(|| line(hit, "space/key"));
    let linked = || {
        let link = line(hit, "resultGlobalContainer/displayUrl")?;
        let key = link
            .strip_prefix("/spaces/")
            .or_else(|| link.strip_prefix("/display/"))?;
        key.split('/').next().map(str::to_owned)
    };
    own.or_else(linked)
        .or_else(|| line(hit, "resultGlobalContainer/title"))
        .unwrap_or_default()
}

/// Titles and excerpts come with highlight marks and as HTML.
fn plain(text: &str) -> String {
    let text = text.replace("@@@hl@@@", "").replace("@@@endhl@@@", "");
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&nbsp;", " ");
    text::one_line(&text.replace("&hellip;", "…").replace("&amp;", "&"))
}

fn words(query: &str) -> String {
    format!(
        "text ~ \"{}\"",
        query.replace('\\', "\\\\").replace('"', "\\\"")
    )
}

/// CQL has a field and an operator; words have neither. Quoted parts do not count.
fn is_cql(query: &str) -> bool {
    const FIELDS: &[&str] = &[
        "ancestor",
        "container",
        "content",
        "contributor",
        "created",
        "creator",
        "favorite",
        "favourite",
        "id",
        "label",
        "lastmodified",
        "macro",
        "mention",
        "parent",
        "sitesearch",
        "space",
        "text",
        "title",
        "type",
        "user",
        "watcher",
    ];
    let rest = query.trim_start_matches(['(', ' ']);
    let rest = rest
        .strip_prefix("not ")
        .or_else(|| rest.strip_prefix("NOT "))
        .unwrap_or(rest)
        .trim_start_matches(['(', ' ']);
    let end = rest
        .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.' && letter != '_')
        .unwrap_or(rest.len());
    let (field, after) = rest.split_at(end);
    let field = field.to_ascii_lowercase();
    let known = FIELDS.contains(&field.split('.').next().unwrap_or_default());
    let after = after.trim_start().to_ascii_lowercase();
    let operator = after.starts_with(['=', '~', '<', '>'])
        || after.starts_with("!=")
        || after.starts_with("!~");
    let in_list = ["in (", "in(", "not in (", "not in("]
        .iter()
        .any(|list| after.starts_with(list));
    (known && (operator || in_list)) || (field == "order" && after.starts_with("by "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cql_and_words_are_told_apart() {
        for cql in [
            "space = DOCS",
            "text~\"x\"",
            "type in (page, blogpost)",
            "(title ~ a or label = b)",
            "not space = X",
            "creator != currentUser()",
            "lastmodified > now(\"-4w\")",
            "space.key = DOCS",
            "space not in (A)",
        ] {
            assert!(is_cql(cql), "{cql}");
        }
        for plain in [
            "release notes",
            "space travel",
            "title",
            "how to order by mail",
            "a = b",
            "C++ > Java",
            "type in the box",
            "",
        ] {
            assert!(!is_cql(plain), "{plain}");
        }
    }

    #[test]
    fn words_cannot_leave_their_quotes() {
        assert_eq!(
            words(r#"a" OR space = SECRET \"#),
            r#"text ~ "a\" OR space = SECRET \\""#
        );
    }
}
