//! Which sites there are. Answers from the configuration alone: no request.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::ToolError;
use crate::gateway::Product;
use crate::route::RouteInfo;
use crate::text;
use crate::tool::{Access, Context, Output, Tool, ToolDef};

pub(crate) const TOOLS: &[ToolDef] = &[ToolDef::of::<Sites>()];

/// Lists the configured Jira and Confluence sites, their addresses and whether they may be written to.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Sites {}

impl Tool for Sites {
    const NAME: &'static str = "atlassian_sites";
    const TITLE: &'static str = "List sites";
    const TOOLSET: &'static str = "sites";
    const PRODUCT: Option<Product> = None;
    const ACCESS: Access = Access::LOCAL;
    const ROUTES: &'static [&'static RouteInfo] = &[];

    fn run(self, cx: &Context<'_>) -> Result<Output, ToolError> {
        let mut sites = cx.gateway().sites();
        if sites.is_empty() {
            return Ok(Output::from("No site is configured.\n".to_owned()));
        }
        sites.sort_by(|left, right| (&left.name, left.product).cmp(&(&right.name, right.product)));
        let mut table = String::from(
            "| site | product | deployment | address | access |\n|---|---|---|---|---|\n",
        );
        for site in sites {
            table.push_str(&format!(
                "| {} | {} | {} | {} | {} |\n",
                text::cell(&site.name),
                site.product.name(),
                site.deployment.name(),
                text::cell(&site.browse_url),
                if site.read_only {
                    "read only"
                } else {
                    "read and write"
                },
            ));
        }
        Ok(Output::from(table))
    }
}
