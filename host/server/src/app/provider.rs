//! One call from arguments to outcome: the same for MCP clients, the shell and the tour. What the
//! policy refused on the way is told here, to the client and never to the component.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use door::Visitor;
use gateway::{CallContext, Clock, Consent, Denial, Question};
use mcp::{Call, Content, Identity, Outcome, Provider, Reply, Said, ToolList};
use policy::Principal;
use tokio::sync::watch;

use super::confirm::{self, Bound, Worthless};
use super::egress::CallEgress;
use super::{App, local};
use crate::component;
use crate::fairness::CALLS_OF_A_PRINCIPAL;
use crate::sandbox::{self, CallError, CallFailure, Context, LimitHit, Scope};

/// The program as the protocol sees it, for one caller.
pub struct Server {
    app: Arc<App>,
    visitor: Visitor,
    /// The caller is at the other end of a line that stays open, and can be told something that they did not ask.
    is_attached: bool,
}

impl Server {
    /// For whoever started the process.
    pub fn new(app: Arc<App>) -> Arc<Self> {
        Arc::new(Self {
            app,
            visitor: Visitor::whole(local()),
            is_attached: true,
        })
    }

    /// For the sender of one request, who hears its answer and nothing else.
    pub(crate) fn for_visitor(app: Arc<App>, visitor: Visitor) -> Arc<Self> {
        Arc::new(Self {
            app,
            visitor,
            is_attached: false,
        })
    }
}

impl Provider for Server {
    fn identity(&self) -> Identity {
        Identity::own(env!("CARGO_PKG_VERSION"))
    }

    fn instructions(&self) -> &str {
        component::INSTRUCTIONS
    }

    fn banner(&self) -> Option<String> {
        self.app.rights().policy.audit_banner()
    }

    fn tools(&self) -> Arc<ToolList> {
        self.app.standing(&self.visitor).offered.list()
    }

    fn list_changes(&self) -> Option<watch::Receiver<()>> {
        self.is_attached
            .then(|| self.app.own_list_changes())
            .flatten()
    }

    async fn call(&self, call: Call) -> Outcome {
        self.app.clone().run(&self.visitor, call).await
    }
}

impl App {
    async fn run(self: Arc<Self>, visitor: &Visitor, mut call: Call) -> Outcome {
        let rights = self.rights();
        let standing = rights.of(visitor);
        let principal = &visitor.principal;
        let offered = &standing.offered;
        let Some(spec) = offered.spec(&call.tool) else {
            return Outcome::UnknownTool {
                nearest: offered.list().nearest(&call.tool),
            };
        };
        let bound = Bound::new(principal, &call.tool, &call.arguments);
        let names = mcp::sites_for(spec, offered.sites());
        let chosen = match mcp::take_site(&mut call.arguments, &names) {
            Ok(chosen) => chosen.map(str::to_owned),
            Err(error) => return Outcome::InvalidArguments(error.to_string()),
        };
        let place = tokio::select! {
            () = call.cancelled.cancelled() => return outcome(Err(CallFailure::Cancelled), self.limits.wall),
            place = tokio::time::timeout(self.limits.wall, self.lanes.enter(principal)) => place,
        };
        let Ok(_place) = place else {
            return failed(format!(
                "{CALLS_OF_A_PRINCIPAL} calls under your name are under way and none ended within {} seconds. Nothing was sent. Wait for them, or make fewer at once.",
                self.limits.wall.as_secs()
            ));
        };
        let sandbox = match self.sandbox() {
            Ok(sandbox) => sandbox,
            Err(error) => {
                return Outcome::Internal(format!("the tool component cannot run: {error}"));
            }
        };
        let (context, earlier) = match self.hear(principal, &call, &bound) {
            Ok(heard) => heard,
            Err(outcome) => return outcome,
        };
        let egress = Arc::new(CallEgress {
            app: Arc::clone(&self),
            call: Arc::clone(&context),
            rights: Arc::clone(&rights),
            standing: Arc::clone(&standing),
            chosen,
            missing: Mutex::default(),
        });
        let scope = Scope {
            egress: egress.clone(),
            principal: principal.to_string(),
            progress: call.progress.clone(),
            cancelled: call.cancelled.clone(),
        };
        let arguments = serde_json::Value::Object(call.arguments).to_string();
        let asked = Context {
            request_id: call.request_id,
            protocol_version: call.protocol_version,
            deadline_ms: millis(self.limits.wall),
            locale: None,
            inputs: None,
            state: None,
            can_ask: call.can_ask,
        };
        let ended = sandbox
            .call_tool(scope, &call.tool, &arguments, &asked)
            .await;
        if call.cancelled.is_cancelled() {
            context.cancel();
        }
        let questions = context.questions();
        if matches!(ended, Err(CallFailure::Asking)) && !questions.is_empty() {
            let policy = rights.policy.digest();
            let asked = Asked {
                tool: &call.tool,
                context: &context,
                bound: &bound,
                policy,
                earlier,
            };
            return self.ask(asked, &questions);
        }
        let missing = egress
            .missing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        told(outcome(ended, self.limits.wall), &missing, &context)
    }

    /// The call to be made, with what a person said to the question of an earlier one; `Err` where they did not say yes.
    fn hear(&self, principal: &Principal, call: &Call, bound: &Bound) -> Result<Heard, Outcome> {
        let context = self.begin(principal, &call.tool);
        let fresh = |context: CallContext| {
            let context = if call.can_ask {
                context.asking()
            } else {
                context
            };
            Arc::new(context)
        };
        let Some(Reply { state, said }) = &call.reply else {
            return Ok((fresh(context), None));
        };
        let (now, policy) = (self.clock.now_ms(), self.gateway.policy().digest());
        let consent = match self.notes().open(now, bound, &policy, state) {
            Ok(consent) => consent,
            Err(worthless) if *said == Said::Yes => return Ok((fresh(context), Some(worthless))),
            Err(_) => return Err(failed(NOT_SENT.to_owned())),
        };
        let (words, is_yes) = match said {
            Said::Yes => ("yes", true),
            Said::No => ("no", false),
            Said::Nothing => ("nothing", false),
        };
        let recorded = self
            .gateway
            .answered(&context, &consent.question, words, is_yes);
        match (recorded, said) {
            (Err(error), _) => Err(Outcome::Internal(error.to_string())),
            (Ok(()), Said::Yes) => Ok((Arc::new(context.agreed(consent)), None)),
            (Ok(()), Said::No) => Err(failed(SAID_NO.to_owned())),
            (Ok(()), Said::Nothing) => Err(failed(NOT_SENT.to_owned())),
        }
    }

    fn ask(&self, asked: Asked<'_>, questions: &[Question]) -> Outcome {
        if questions.len() > confirm::MOST_SHOWN {
            return failed(format!(
                "Nothing was sent: a person has to agree first, and {} requests at once are more than anybody reads. Ask \
                 for at most {} at a time.",
                questions.len(),
                confirm::MOST_SHOWN
            ));
        }
        let consent = Consent {
            question: asked.context.id().to_owned(),
            policy: asked.policy,
            shown: questions
                .iter()
                .map(|question| question.fingerprint)
                .collect(),
        };
        Outcome::Ask {
            message: confirm::message(asked.tool, questions, asked.earlier),
            state: self.notes().seal(self.clock.now_ms(), asked.bound, consent),
        }
    }
}

/// The call to be made, and why an answer that came with it is not counted.
type Heard = (Arc<CallContext>, Option<Worthless>);

/// A call that ended with a question.
struct Asked<'a> {
    tool: &'a str,
    context: &'a CallContext,
    bound: &'a Bound,
    /// The digest of the one that was in force when the call began.
    policy: String,
    earlier: Option<Worthless>,
}

const SAID_NO: &str =
    "Nothing was sent: the person who was asked said no. Do not try again without being told to.";

const NOT_SENT: &str = "Nothing was sent: a person has to agree first, and nobody did. Say what you want to write, and ask whether to go on.";

fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

fn outcome(
    ended: Result<Result<sandbox::Outcome, CallError>, CallFailure>,
    wall: Duration,
) -> Outcome {
    match ended {
        Ok(Ok(sandbox::Outcome::Done(output))) => Outcome::Done {
            content: output.content.into_iter().filter_map(content).collect(),
            is_error: output.is_error,
        },
        Ok(Ok(sandbox::Outcome::InputRequired(_))) => Outcome::question(),
        Ok(Err(CallError::UnknownName)) => Outcome::unknown_to_component(),
        Ok(Err(CallError::InvalidArguments(text))) => Outcome::InvalidArguments(text),
        Ok(Err(CallError::Internal(text))) => Outcome::Internal(text),
        Err(CallFailure::Limit(LimitHit::Wall)) => failed(format!(
            "No answer within {} seconds, so the call was stopped. If it was to write something, look first whether it did. Ask for less, or try again later.",
            wall.as_secs()
        )),
        Err(failure @ CallFailure::Limit(_)) => failed(format!(
            "{failure}, and was stopped. Ask for less at a time."
        )),
        Err(failure @ CallFailure::Trap(_)) => failed(format!(
            "{failure}. The server goes on; other calls work. Please report it."
        )),
        Err(CallFailure::Asking) => Outcome::Internal(
            "the call was stopped to ask a person, and there is no question".into(),
        ),
        Err(CallFailure::Cancelled) => failed(
            "The call was cancelled. If it was to write something, look first whether it did."
                .into(),
        ),
    }
}

fn failed(text: String) -> Outcome {
    Outcome::Done {
        content: vec![Content::Text(text)],
        is_error: true,
    }
}

/// No tool keeps bytes for the client yet, so a blob has nothing to be embedded.
fn content(content: sandbox::Content) -> Option<Content> {
    match content {
        sandbox::Content::Text(text) => Some(Content::Text(text)),
        sandbox::Content::ResourceLink(link) => Some(Content::ResourceLink {
            uri: link.uri,
            name: link.name,
            title: None,
            media_type: link.media_type,
            size: link.size,
        }),
        sandbox::Content::Blob(_) => None,
    }
}

/// Says what only the host knows: that a site could not be reached at all, and what was refused.
fn told(outcome: Outcome, missing: &[String], context: &CallContext) -> Outcome {
    let outcome = match outcome {
        // The component saw no site and can only say that there is none, which is not so.
        Outcome::Done { is_error: true, .. } if !missing.is_empty() => Outcome::Done {
            content: missing.iter().map(Content::text).collect(),
            is_error: true,
        },
        other => other,
    };
    let denials = context.denials();
    let mut notes: Vec<String> = denials.iter().map(Denial::for_client).collect();
    let written = context.written();
    if denials.iter().any(Denial::is_for_want_of_consent) && !written.is_empty() {
        notes.push(format!(
            "Only a part is done. Sent in this call: {}.",
            written.join(", ")
        ));
    }
    outcome.with_refusals(notes)
}
