//! A question to the user, in the words of each era: a result that wants input, or a request of the server's own.
//!
//! Decides what counts as a yes. What is asked, and what a yes is worth, is the provider's.

use std::collections::BTreeMap;
use std::time::Duration;

use rmcp::{
    RoleServer,
    model::{
        CallToolRequestParams, ClientResult, ElicitRequest, ElicitRequestParams, ElicitResult,
        ElicitationAction, ElicitationSchema, InputRequest, InputRequiredResult, ServerRequest,
    },
    service::{PeerRequestOptions, RequestContext},
};

use crate::{Reply, Said};

/// The one question of a result.
const KEY: &str = "confirm";

/// How long a person may think. The provider's own limit is no longer.
const PATIENCE: Duration = Duration::from_secs(300);

/// Can this client show a form? One that names no kind of question means the only kind there once was.
pub(crate) fn can_ask(cx: &RequestContext<RoleServer>) -> bool {
    cx.client_capabilities()
        .and_then(|client| client.elicitation)
        .is_some_and(|kinds| kinds.form.is_some() || kinds.url.is_none())
}

/// The answer to a call of 2026-07-28: ask, and call again.
pub(crate) fn input_required(message: String, state: String) -> InputRequiredResult {
    let question = InputRequest::Elicitation(elicitation(message));
    let questions = BTreeMap::from([(KEY.to_owned(), question)]);
    InputRequiredResult::new(Some(questions), Some(state))
}

/// What a call that is made again brings along.
pub(crate) fn reply(request: &mut CallToolRequestParams) -> Option<Reply> {
    let state = request.request_state.take()?;
    let answers = request.input_responses.take().unwrap_or_default();
    let answer = answers.get(KEY).cloned();
    let answer = answer.and_then(|answer| serde_json::from_value::<ElicitResult>(answer).ok());
    Some(Reply {
        state,
        said: answer.map_or(Said::Nothing, |answer| said(&answer.action)),
    })
}

/// Asks within the call, as clients before 2026-07-28 have it. A client that does not answer has said nothing.
pub(crate) async fn ask(cx: &RequestContext<RoleServer>, message: String) -> Said {
    let options = PeerRequestOptions::with_timeout(PATIENCE);
    let request = ServerRequest::ElicitRequest(elicitation(message));
    let asking = async {
        let handle = cx.peer.send_request_with_option(request, options).await?;
        handle.await_response().await
    };
    tokio::select! {
        () = cx.ct.cancelled() => Said::Nothing,
        answer = asking => match answer {
            Ok(ClientResult::ElicitResult(answer)) => said(&answer.action),
            Ok(_) | Err(_) => Said::Nothing,
        },
    }
}

/// There is nothing to fill in: to submit the form is the yes.
fn elicitation(message: String) -> ElicitRequest {
    ElicitRequest::new(ElicitRequestParams::FormElicitationParams {
        meta: None,
        message,
        requested_schema: ElicitationSchema::new(BTreeMap::new()),
    })
}

const fn said(action: &ElicitationAction) -> Said {
    match action {
        ElicitationAction::Accept => Said::Yes,
        ElicitationAction::Decline => Said::No,
        // Among them what a later revision may add.
        _ => Said::Nothing,
    }
}
