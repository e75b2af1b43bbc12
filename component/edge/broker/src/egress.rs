//! The `egress` interface: turns what the component asks into `gateway::Ask`, and answers back. It decides nothing about
//! a request; the gateway does.

use std::rc::Rc;

use futures_util::stream::{self, StreamExt};
use gateway::{Answer, Ask, Body, Failure, Keep, Part, SIDE_BY_SIDE, SiteView};

use crate::bindings::exports::airlock::atlassian::blobs::Blob;
use crate::bindings::exports::airlock::atlassian::egress::{
    EgressError, Guest, GuestSite, PartData, Request, RequestBody, Response, ResponseBody, Site,
    SiteBorrow, SiteInfo,
};
use crate::blobs::Bytes;
use crate::desk::{self, Call};
use crate::{Broker, waiting};

gateway::egress_words!(crate::bindings::exports::airlock::atlassian::egress);

/// The handle that the component holds.
pub(crate) struct OpenSite(SiteView);

impl Guest for Broker {
    type Site = OpenSite;

    fn sites() -> Vec<SiteInfo> {
        visible().iter().map(described).collect()
    }

    fn open_site(id: String) -> Option<Site> {
        let found = visible().into_iter().find(|site| site.id() == id);
        found.map(|site| Site::new(OpenSite(site)))
    }

    fn send_many(
        requests: Vec<(SiteBorrow<'_>, Request<'_>)>,
    ) -> Vec<Result<Response, EgressError>> {
        let asks: Vec<Ask> = requests
            .into_iter()
            .map(|(site, request)| ask(site.get::<OpenSite>(), request))
            .collect();
        let Some((house, call)) = desk::house().zip(desk::call()) else {
            return asks.iter().map(|_| Err(EgressError::Denied)).collect();
        };
        let answers: Vec<_> = waiting::run(
            stream::iter(asks)
                .map(|ask| async { (ask.keep, house.gateway.send(&call.context, ask).await) })
                .buffered(SIDE_BY_SIDE)
                .collect(),
        );
        answers
            .into_iter()
            .map(|(keep, answer)| response(&call, keep, answer))
            .collect()
    }
}

impl GuestSite for OpenSite {
    fn info(&self) -> SiteInfo {
        described(&self.0)
    }

    fn send(&self, request: Request<'_>) -> Result<Response, EgressError> {
        let ask = ask(self, request);
        let keep = ask.keep;
        let (house, call) = desk::house().zip(desk::call()).ok_or(EgressError::Denied)?;
        let answer = waiting::run(house.gateway.send(&call.context, ask));
        response(&call, keep, answer)
    }
}

/// Nothing outside of a call.
fn visible() -> Vec<SiteView> {
    match desk::house().zip(desk::call()) {
        Some((house, call)) => call.sites(&house).to_vec(),
        None => Vec::new(),
    }
}

fn ask(OpenSite(site): &OpenSite, request: Request<'_>) -> Ask {
    Ask {
        site: site.name.clone(),
        product: site.product,
        deployment: site.deployment,
        method: method(request.method),
        segments: request.path,
        query: request.query,
        headers: request.headers,
        body: match request.body {
            RequestBody::Empty => Body::Empty,
            RequestBody::Json(text) => Body::Json(text),
            RequestBody::Bytes((media_type, data)) => Body::Bytes {
                media_type,
                data: data.into(),
            },
            RequestBody::Blob(blob) => {
                let blob = blob.get::<Bytes>();
                Body::Bytes {
                    media_type: blob.sent_as(),
                    data: blob.data.clone(),
                }
            }
            RequestBody::Multipart(parts) => {
                let parts = parts.into_iter().map(|part| {
                    let (media_type, data) = match part.data {
                        PartData::Text(text) => (None, text.into()),
                        PartData::Blob(blob) => {
                            let blob = blob.get::<Bytes>();
                            (Some(blob.sent_as()), blob.data.clone())
                        }
                    };
                    Part {
                        name: part.name,
                        file_name: part.file_name,
                        media_type,
                        data,
                    }
                });
                Body::Multipart(parts.collect())
            }
        },
        keep: keep(request.sink),
        max_body: request.max_body,
        timeout_ms: request.timeout_ms,
        idempotent: request.idempotent,
        operation: request.operation,
    }
}

fn response(
    call: &Rc<Call>,
    keep: Keep,
    answer: Result<Answer, Failure>,
) -> Result<Response, EgressError> {
    let answer = answer.map_err(failed)?;
    let body = match keep {
        _ if answer.body.is_empty() => ResponseBody::Empty,
        Keep::Discard => ResponseBody::Empty,
        Keep::Inline => ResponseBody::Bytes(answer.body.into()),
        Keep::Blob => {
            let media_type = answer.media_type().map(str::to_owned);
            let blob = Bytes::kept(call, None, media_type, answer.body);
            ResponseBody::Blob(Blob::new(blob.map_err(EgressError::BodyTooLarge)?))
        }
    };
    Ok(Response {
        status: answer.status,
        headers: answer.headers,
        body,
        redacted: answer.redacted,
    })
}
