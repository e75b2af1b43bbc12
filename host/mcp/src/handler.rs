//! The protocol's methods, for both eras, answered from a [`Provider`].
//!
//! Decides what is offered (tools, nothing else), what is cacheable and how a call is carried.
//! Written against rmcp's trait by hand: the tools are data from a component, not functions.

use std::{panic::AssertUnwindSafe, pin::pin, sync::Arc, task::Poll};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult,
        CustomRequest, CustomResult, DiscoverResult, GetPromptRequestParams, GetPromptResponse,
        Implementation, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
        ListToolsResult, MetaObject, PaginatedRequestParams, ProtocolVersion,
        ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig,
        SubscriptionFilter, ToolsCapability,
    },
    service::{NotificationContext, RequestContext, SubscriptionContext},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Call, Outcome, Provider, Reply,
    answer::{call_result, method_not_found, unknown_tool},
    progress, question,
};

/// How long a client may keep the discovery: it is constant for the life of the process, so an
/// hour only bounds how long a client that outlives it may be wrong.
const DISCOVERY_MS: u64 = 3_600_000;

/// Each time a person has said yes, and what they were asked about was no longer so.
const MOST_QUESTIONS: usize = 3;

/// How long a client may keep the list, which another policy may change while the process lives.
const LIST_MS: u64 = 60_000;

const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// Serves one provider. Cheap to clone.
#[derive(Debug)]
pub struct Handler<P> {
    provider: Arc<P>,
}

impl<P> Clone for Handler<P> {
    fn clone(&self) -> Self {
        Self {
            provider: self.provider.clone(),
        }
    }
}

impl<P: Provider> Handler<P> {
    pub fn new(provider: Arc<P>) -> Self {
        Self { provider }
    }

    fn implementation(&self) -> Implementation {
        let identity = self.provider.identity();
        Implementation::new(identity.name, identity.version).with_title(identity.title)
    }

    /// rmcp names the server in the discovery only; 2026-07-28 wants it in every result.
    fn result_meta(&self, cx: &RequestContext<RoleServer>) -> Option<MetaObject> {
        if !is_modern(cx) {
            return None;
        }
        let mut meta = MetaObject::new();
        meta.insert(
            SERVER_INFO.to_owned(),
            serde_json::to_value(self.implementation()).ok()?,
        );
        Some(meta)
    }

    /// Puts the questions of a call to clients that are asked within it.
    async fn run_answered(&self, mut call: Call, cx: &RequestContext<RoleServer>) -> Outcome {
        for _ in 0..MOST_QUESTIONS {
            match self.run(call.clone(), cx).await {
                Outcome::Ask { message, state } if !is_modern(cx) => {
                    let said = question::ask(cx, message).await;
                    call.reply = Some(Reply { state, said });
                }
                outcome => return outcome,
            }
        }
        Outcome::Internal(
            "what this call would write was another thing each time that it was asked about"
                .to_owned(),
        )
    }

    /// Runs the call beside its progress. A panic in a provider would leave the client waiting
    /// for ever, since rmcp sends nothing for a task that ended that way.
    async fn run(&self, call: Call, cx: &RequestContext<RoleServer>) -> Outcome {
        let Some(token) = cx.meta.get_progress_token() else {
            return self.run_caught(call).await;
        };
        let (sink, feed) = progress::channel();
        let finished = CancellationToken::new();
        let forward = feed.forward(cx.peer.clone(), token, finished.clone(), cx.ct.clone());
        let run = async {
            let outcome = self
                .run_caught(Call {
                    progress: Some(sink),
                    ..call
                })
                .await;
            finished.cancel();
            outcome
        };
        tokio::join!(run, forward).0
    }

    async fn run_caught(&self, call: Call) -> Outcome {
        let mut running = pin!(self.provider.call(call));
        std::future::poll_fn(move |cx| {
            let poll = AssertUnwindSafe(|| running.as_mut().poll(cx));
            match std::panic::catch_unwind(poll) {
                Ok(poll) => poll,
                Err(_) => Poll::Ready(Outcome::Internal(
                    "the call broke off by a defect of the server; its log says where".to_owned(),
                )),
            }
        })
        .await
    }
}

/// A list in one page. The result types of rmcp have the same fields and nothing in common.
macro_rules! listed {
    ($handler:expr, $cx:expr, $List:ident, $items:expr, $ttl_ms:expr) => {{
        let mut list = $List::with_all_items($items);
        if is_modern(&$cx) {
            list.meta = $handler.result_meta(&$cx);
            list.ttl_ms = Some($ttl_ms);
            // What is offered depends on who asks.
            list.cache_scope = Some(CacheScope::Private);
        }
        list
    }};
}

impl<P: Provider> ServerHandler for Handler<P> {
    fn get_info(&self) -> ServerConfig {
        let instructions = self.provider.instructions();
        let instructions = match self.provider.banner() {
            None => instructions.to_owned(),
            Some(banner) => format!("{banner}.\n\n{instructions}"),
        };
        let mut tools = ToolsCapability::default();
        tools.list_changed = self.provider.list_changes().map(|_| true);
        let capabilities = ServerCapabilities::builder().enable_tools_with(tools);
        ServerConfig::new(capabilities.build())
            .with_server_info(self.implementation())
            .with_instructions(instructions)
    }

    async fn discover(&self, _: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let versions = self.supported_protocol_versions().into_owned();
        Ok(DiscoverResult::from_server_info(versions, self.get_info())
            .with_ttl_ms(DISCOVERY_MS)
            .with_cache_scope(CacheScope::Private))
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        cx: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        if request.is_some_and(|request| request.cursor.is_some()) {
            return Err(ErrorData::invalid_params(
                "unknown cursor: the list of tools has one page; ask without a cursor",
                None,
            ));
        }
        let tools = self.provider.tools().as_tools().to_vec();
        Ok(listed!(self, cx, ListToolsResult, tools, LIST_MS))
    }

    /// An older client hears of another list without asking, from the handshake on. Ends with the first word that does
    /// not reach it.
    async fn on_initialized(&self, cx: NotificationContext<RoleServer>) {
        let Some(mut changes) = self.provider.list_changes() else {
            return;
        };
        while changes.changed().await.is_ok() && cx.peer.notify_tool_list_changed().await.is_ok() {}
    }

    /// A client of 2026-07-28 hears of it if it asked to.
    fn accepted_subscription_filter(&self, _: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        let tools = SubscriptionFilter::builder().tools_list_changed();
        self.provider.list_changes().map(|_| tools.build())
    }

    async fn listen(&self, subscription: SubscriptionContext) -> Result<(), ErrorData> {
        let wants_tools = subscription.accepted().tools_list_changed == Some(true);
        let Some(mut changes) = self.provider.list_changes().filter(|_| wants_tools) else {
            subscription.cancelled().await;
            return Ok(());
        };
        loop {
            tokio::select! {
                () = subscription.cancelled() => return Ok(()),
                changed = changes.changed() => {
                    let told = subscription.sink().notify_tool_list_changed();
                    if changed.is_err() || told.await.is_err() {
                        return Ok(());
                    }
                }
            }
        }
    }

    async fn call_tool(
        &self,
        mut request: CallToolRequestParams,
        cx: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let reply = question::reply(&mut request);
        let tool = request.name.into_owned();
        let offered = self.provider.tools();
        if !offered.contains(&tool) {
            return Err(unknown_tool(&tool, &offered.nearest(&tool)));
        }
        let call = Call {
            tool: tool.clone(),
            arguments: request.arguments.unwrap_or_default(),
            request_id: cx.id.to_string(),
            protocol_version: cx
                .protocol_version()
                .map(|version| version.to_string())
                .unwrap_or_default(),
            progress: None,
            cancelled: cx.ct.clone(),
            can_ask: question::can_ask(&cx),
            reply,
        };
        let outcome = match self.run_answered(call, &cx).await {
            Outcome::Ask { message, state } if is_modern(&cx) => {
                let mut result = question::input_required(message, state);
                result.meta = self.result_meta(&cx);
                return Ok(result.into());
            }
            outcome => outcome,
        };
        let mut result = call_result(&tool, outcome)?;
        result.meta = self.result_meta(&cx);
        Ok(result.into())
    }

    // There are tools and nothing else. Clients ask for the rest all the same, whatever was declared, and take an empty
    // list better than an error.

    async fn complete(
        &self,
        _: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        Ok(CompleteResult::default())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        cx: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(listed!(
            self,
            cx,
            ListPromptsResult,
            Vec::new(),
            DISCOVERY_MS
        ))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        Err(ErrorData::invalid_params(
            format!(
                "there is no prompt `{}`; this server offers tools only",
                request.name
            ),
            None,
        ))
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        cx: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(listed!(
            self,
            cx,
            ListResourcesResult,
            Vec::new(),
            DISCOVERY_MS
        ))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        cx: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(listed!(
            self,
            cx,
            ListResourceTemplatesResult,
            Vec::new(),
            DISCOVERY_MS
        ))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        Err(ErrorData::invalid_params(
            "there is no such resource; this server offers tools only",
            Some(serde_json::json!({"uri": request.uri})),
        ))
    }

    /// rmcp brings a known method here when its parameters did not parse; called "not found" that
    /// would send a client looking in the wrong place.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        cx: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let expected = match request.method.as_str() {
            "tools/call" => "`name` is a string and `arguments` an object",
            // The revision of 2026-07-28 has no handshake.
            "initialize" if !is_modern(&cx) => {
                "`protocolVersion`, `capabilities` and `clientInfo` are needed"
            }
            method => return Err(method_not_found(method)),
        };
        Err(ErrorData::invalid_params(
            format!("the params of {} do not fit: {expected}", request.method),
            None,
        ))
    }
}

/// Dates compare like text.
fn is_modern(cx: &RequestContext<RoleServer>) -> bool {
    cx.protocol_version()
        .is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
}

#[cfg(test)]
mod tests;
