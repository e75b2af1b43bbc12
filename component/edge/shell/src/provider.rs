//! One call from arguments to outcome: the tool component's answer, and what the broker refused on the way.

use std::sync::Arc;

use door::Visitor;
use mcp::{Call, Content, Identity, Outcome, Provider, SiteOffer, ToolList, ToolProduct, ToolSpec};

use crate::bindings::airlock::atlassian::provider::{
    self, CallError, Content as Block, Context, Outcome as Ended,
};
use crate::bindings::airlock::atlassian::{desk, settings};

/// What the tool component is told that it has; the broker keeps its own time.
const DEADLINE_MS: u32 = 55_000;

/// The tools of one visitor.
pub(crate) struct Tools {
    specs: Vec<ToolSpec>,
    sites: Vec<SiteOffer>,
    list: Arc<ToolList>,
    instructions: String,
}

#[derive(serde::Deserialize)]
struct Instructions {
    instructions: String,
}

impl Tools {
    /// Of whoever the broker admitted last, which the visitor is.
    pub(crate) fn of(_: &Visitor) -> Self {
        let offer = desk::offered();
        let manifest = settings::manifest();
        let instructions = serde_json::from_str::<Instructions>(&manifest);
        let specs = mcp::parse_manifest(&manifest).unwrap_or_default();
        let specs: Vec<ToolSpec> = specs
            .into_iter()
            .filter(|spec| offer.tools.contains(&spec.name))
            .collect();
        let sites: Vec<SiteOffer> = offer.sites.into_iter().map(site).collect();
        Self {
            list: Arc::new(ToolList::new(mcp::with_site_choice(specs.clone(), &sites))),
            specs,
            sites,
            instructions: instructions.map_or_else(|_| String::new(), |read| read.instructions),
        }
    }

    fn run(&self, mut call: Call) -> Outcome {
        let Some(spec) = self.specs.iter().find(|spec| spec.name == call.tool) else {
            return Outcome::UnknownTool {
                nearest: self.list.nearest(&call.tool),
            };
        };
        let names = mcp::sites_for(spec, &self.sites);
        let chosen = match mcp::take_site(&mut call.arguments, &names) {
            Ok(chosen) => chosen,
            Err(error) => return Outcome::InvalidArguments(error.to_string()),
        };
        if desk::begin(&call.tool, chosen).is_err() {
            return Outcome::Internal("the caller is no longer known; call again".into());
        }
        let arguments = serde_json::Value::Object(call.arguments).to_string();
        let context = Context {
            request_id: call.request_id,
            protocol_version: call.protocol_version,
            deadline_ms: DEADLINE_MS,
            locale: None,
            inputs: None,
            state: None,
            can_ask: call.can_ask,
        };
        let ended = provider::call_tool(&call.tool, &arguments, &context);
        outcome(ended).with_refusals(desk::end())
    }
}

impl Provider for Tools {
    fn identity(&self) -> Identity {
        Identity::own(env!("CARGO_PKG_VERSION"))
    }

    fn instructions(&self) -> &str {
        &self.instructions
    }

    fn tools(&self) -> Arc<ToolList> {
        Arc::clone(&self.list)
    }

    async fn call(&self, call: Call) -> Outcome {
        self.run(call)
    }
}

fn outcome(ended: Result<Ended, CallError>) -> Outcome {
    match ended {
        Ok(Ended::Done(output)) => Outcome::Done {
            content: output.content.into_iter().filter_map(content).collect(),
            is_error: output.is_error,
        },
        Ok(Ended::InputRequired(_)) => Outcome::question(),
        Err(CallError::UnknownName) => Outcome::unknown_to_component(),
        Err(CallError::InvalidArguments(text)) => Outcome::InvalidArguments(text),
        Err(CallError::Internal(text)) => Outcome::Internal(text),
    }
}

/// No tool keeps bytes for the client yet, so a blob has nothing to be embedded.
fn content(block: Block) -> Option<Content> {
    match block {
        Block::Text(text) => Some(Content::Text(text)),
        Block::ResourceLink(link) => Some(Content::ResourceLink {
            uri: link.uri,
            name: link.name,
            title: None,
            media_type: link.media_type,
            size: link.size,
        }),
        Block::Blob(_) => None,
    }
}

fn site(site: desk::Site) -> SiteOffer {
    let product = |product: desk::Product| match product {
        desk::Product::Jira => ToolProduct::Jira,
        desk::Product::Confluence => ToolProduct::Confluence,
    };
    SiteOffer {
        name: site.name,
        products: site.products.into_iter().map(product).collect(),
    }
}
