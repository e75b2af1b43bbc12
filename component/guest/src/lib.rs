//! The wasm face of `tools`: maps its types to the WIT package's, and carries the manifest. No logic;
//! the only user of wit-bindgen on this side.
#![cfg(target_family = "wasm")]

mod bindings;
#[expect(
    unsafe_code,
    reason = "an allocator hands out memory; what it could spoil is inside the sandbox"
)]
mod heap;

use bindings::airlock::atlassian::{egress, host};
use bindings::exports::airlock::atlassian::provider::{self, CallError, Content, Context, Outcome};
use tools::route::{Method, Request};
use tools::{Deployment, Gateway, GatewayError, Product, Response, SiteInfo};

const MANIFEST: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/manifest.json"));

/// Input schemas by tool: an instance lives for one call, which must not derive them first.
const SCHEMAS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/schemas.rs"));

/// What the host pins by digest and shows in its reports.
#[expect(
    unsafe_code,
    reason = "naming a custom section is how a component carries data beside its code"
)]
#[used]
#[unsafe(link_section = "airlock:manifest")]
static MANIFEST_SECTION: [u8; MANIFEST.len()] =
    *include_bytes!(concat!(env!("OUT_DIR"), "/manifest.json"));

#[global_allocator]
static HEAP: heap::Heap = heap::Heap::new();

struct Component;

impl provider::Guest for Component {
    fn list_tools() -> Vec<provider::Tool> {
        tools::list().into_iter().map(described).collect()
    }

    fn call_tool(name: String, arguments: String, _: Context) -> Result<Outcome, CallError> {
        let Some((_, schema)) = SCHEMAS.iter().find(|(tool, _)| *tool == name) else {
            return Err(CallError::UnknownName);
        };
        match tools::call_with_schema(&WitGateway, &name, schema, &arguments) {
            Ok(output) => Ok(Outcome::Done(provider::Output {
                content: vec![Content::Text(output.text)],
                structured: None,
                is_error: output.is_error,
                meta: None,
            })),
            Err(tools::CallError::UnknownName) => Err(CallError::UnknownName),
            Err(tools::CallError::InvalidArguments(reason)) => {
                Err(CallError::InvalidArguments(reason))
            }
        }
    }
}

fn described(tool: tools::ToolDescription) -> provider::Tool {
    provider::Tool {
        name: tool.name.to_owned(),
        title: Some(tool.title.to_owned()),
        description: tool.description,
        input_schema: tool.input_schema.to_string(),
        output_schema: None,
        read_only: tool.access.read_only,
        destructive: tool.access.destructive,
        idempotent: tool.access.idempotent,
        routes: tool.routes.into_iter().map(str::to_owned).collect(),
        toolset: tool.toolset.to_owned(),
    }
}

/// The gateway that the host provides.
struct WitGateway;

impl Gateway for WitGateway {
    fn sites(&self) -> Vec<SiteInfo> {
        egress::sites().into_iter().map(site_info).collect()
    }

    fn send(&self, site: &SiteInfo, request: &Request) -> Result<Response, GatewayError> {
        let site = egress::open_site(&site.id).ok_or(GatewayError::Denied)?;
        site.send(&outgoing(request)).map(response).map_err(error)
    }

    fn send_many(
        &self,
        site: &SiteInfo,
        requests: &[Request],
    ) -> Vec<Result<Response, GatewayError>> {
        let Some(site) = egress::open_site(&site.id) else {
            return requests.iter().map(|_| Err(GatewayError::Denied)).collect();
        };
        let outgoing: Vec<_> = requests
            .iter()
            .map(|request| (&site, outgoing(request)))
            .collect();
        egress::send_many(&outgoing)
            .into_iter()
            .map(|result| result.map(response).map_err(error))
            .collect()
    }

    fn recall(&self, key: &str) -> Option<Vec<u8>> {
        host::cache_get(key)
    }

    fn remember(&self, key: &str, value: &[u8], ttl_ms: u32) {
        host::cache_set(key, value, ttl_ms);
    }
}

fn site_info(site: egress::SiteInfo) -> SiteInfo {
    SiteInfo {
        id: site.id,
        name: site.name,
        product: match site.product {
            egress::Product::Jira => Product::Jira,
            egress::Product::Confluence => Product::Confluence,
        },
        deployment: match site.deployment {
            egress::Deployment::Cloud => Deployment::Cloud,
            egress::Deployment::DataCenter => Deployment::DataCenter,
        },
        browse_url: site.browse_url,
        read_only: site.read_only,
    }
}

fn outgoing(request: &Request) -> egress::Request<'static> {
    egress::Request {
        method: match request.method() {
            Method::Get => egress::Method::Get,
            Method::Head => egress::Method::Head,
            Method::Post => egress::Method::Post,
            Method::Put => egress::Method::Put,
            Method::Patch => egress::Method::Patch,
            Method::Delete => egress::Method::Delete,
        },
        path: request.path().to_vec(),
        query: request
            .query_pairs()
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
        headers: vec![("accept".to_owned(), "application/json".to_owned())],
        body: match request.body() {
            Some(body) => egress::RequestBody::Json(body.to_string()),
            None => egress::RequestBody::Empty,
        },
        sink: egress::Sink::Inline,
        max_body: None,
        timeout_ms: None,
        idempotent: request.is_idempotent(),
        operation: Some(request.route().id.to_owned()),
    }
}

fn response(response: egress::Response) -> Response {
    Response {
        status: response.status,
        headers: response.headers,
        body: match response.body {
            egress::ResponseBody::Bytes(bytes) => bytes,
            egress::ResponseBody::Empty | egress::ResponseBody::Blob(_) => Vec::new(),
        },
        redacted: response.redacted,
    }
}

fn error(error: egress::EgressError) -> GatewayError {
    match error {
        egress::EgressError::Denied => GatewayError::Denied,
        egress::EgressError::Reauthorize => GatewayError::Reauthorize,
        egress::EgressError::RateLimited(seconds) => GatewayError::RateLimited(seconds),
        egress::EgressError::Timeout => GatewayError::Timeout,
        egress::EgressError::Connect => GatewayError::Connect,
        egress::EgressError::Tls => GatewayError::Tls,
        egress::EgressError::BadResponse => GatewayError::BadResponse,
        egress::EgressError::BodyTooLarge(cap) => GatewayError::BodyTooLarge(cap),
        egress::EgressError::InvalidRequest(reason) => GatewayError::InvalidRequest(reason),
        egress::EgressError::Budget => GatewayError::Budget,
        egress::EgressError::Cancelled => GatewayError::Cancelled,
        egress::EgressError::Internal(reason) => GatewayError::Internal(reason),
    }
}

mod exports {
    #![expect(
        unsafe_code,
        unreachable_pub,
        reason = "the macro writes the functions that the canonical ABI calls"
    )]

    use super::{Component, bindings};

    bindings::export!(Component with_types_in bindings);
}
