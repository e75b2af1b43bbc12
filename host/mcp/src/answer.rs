//! Outcomes as the protocol says them.
//!
//! Decides between the two kinds of failure: what the model can mend is a result with `isError`,
//! which clients show to it; everything else is a JSON-RPC error, which they mostly do not.

use base64::{Engine, engine::general_purpose::STANDARD};
use rmcp::model::{CallToolResult, ContentBlock, ErrorCode, ErrorData, Resource, ResourceContents};

use crate::{Content, Outcome};

/// The result of `tools/call` for `tool`.
pub(crate) fn call_result(tool: &str, outcome: Outcome) -> Result<CallToolResult, ErrorData> {
    match outcome {
        Outcome::Done { content, is_error } => {
            let blocks = content.into_iter().map(block).collect();
            Ok(if is_error {
                CallToolResult::error(blocks)
            } else {
                CallToolResult::success(blocks)
            })
        }
        // Those who can be asked were asked before it came to this.
        Outcome::Ask { message, .. } => {
            Ok(CallToolResult::error(vec![ContentBlock::text(message)]))
        }
        Outcome::UnknownTool { nearest } => Err(unknown_tool(tool, &nearest)),
        Outcome::InvalidArguments(text) => {
            Ok(CallToolResult::error(vec![ContentBlock::text(text)]))
        }
        Outcome::Internal(text) => Err(ErrorData::internal_error(text, None)),
    }
}

/// A tool that the caller may not use is answered in the same words as one that never was.
pub(crate) fn unknown_tool(tool: &str, nearest: &[String]) -> ErrorData {
    let shown: String = tool.chars().filter(|c| !c.is_control()).take(80).collect();
    let hint = if nearest.is_empty() {
        "tools/list names the tools on offer".to_owned()
    } else {
        format!("did you mean {}?", nearest.join(", "))
    };
    ErrorData::invalid_params(format!("unknown tool `{shown}`: {hint}"), None)
}

pub(crate) fn method_not_found(method: &str) -> ErrorData {
    let shown: String = method
        .chars()
        .filter(|c| !c.is_control())
        .take(80)
        .collect();
    ErrorData::new(
        ErrorCode::METHOD_NOT_FOUND,
        format!("method not found: {shown}; this server offers tools only"),
        None,
    )
}

fn block(content: Content) -> ContentBlock {
    match content {
        Content::Text(text) => ContentBlock::text(text),
        Content::ResourceLink {
            uri,
            name,
            title,
            media_type,
            size,
        } => {
            let mut link = Resource::new(uri, name);
            link.title = title;
            link.mime_type = media_type;
            link.size = size;
            ContentBlock::resource_link(link)
        }
        Content::Blob {
            uri,
            media_type,
            bytes,
        } => {
            let data = STANDARD.encode(bytes);
            if media_type.starts_with("image/") {
                ContentBlock::image(data, media_type)
            } else if media_type.starts_with("audio/") {
                ContentBlock::audio(data, media_type)
            } else {
                ContentBlock::resource(ResourceContents::blob(data, uri).with_mime_type(media_type))
            }
        }
    }
}
