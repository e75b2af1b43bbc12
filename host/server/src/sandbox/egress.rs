//! The `egress` interface: turns what the guest asks into `gateway::Ask`, and answers back. It
//! decides nothing about a request; the gateway does. Why a request was refused stays on this
//! side: the guest hears one word.

use std::time::Instant;

use futures_util::stream::{self, StreamExt};
use gateway::{Answer, Ask, Body, Failure, Keep, Part, SIDE_BY_SIDE, SiteView};
use wasmtime::component::Resource;

use super::Stopped;
use super::bindings::airlock::atlassian::egress::{
    EgressError, Host, HostSite, PartData, Request, RequestBody, Response, ResponseBody, SiteInfo,
};
use super::blobs::Blob;
use super::state::State;

gateway::egress_words!(super::bindings::airlock::atlassian::egress);

/// The handle that a guest holds.
#[expect(
    unreachable_pub,
    reason = "the generated bindings name it in a public alias"
)]
pub struct OpenSite(SiteView);

impl State {
    async fn visible_sites(&mut self) -> std::sync::Arc<[SiteView]> {
        if let Some(sites) = &self.sites {
            return sites.clone();
        }
        let since = Instant::now();
        let sites: std::sync::Arc<[SiteView]> = self.scope.egress.sites().await.into();
        self.clock.waited(since);
        self.sites = Some(sites.clone());
        sites
    }

    fn ask(&self, site: &Resource<OpenSite>, request: Request) -> wasmtime::Result<Ask> {
        let OpenSite(site) = self.table.get(site)?;
        let body = match request.body {
            RequestBody::Empty => Body::Empty,
            RequestBody::Json(text) => Body::Json(text),
            RequestBody::Bytes((media_type, data)) => Body::Bytes {
                media_type,
                data: data.into(),
            },
            RequestBody::Blob(blob) => {
                let blob = self.table.get(&blob)?;
                Body::Bytes {
                    media_type: media_type(blob),
                    data: blob.data.clone(),
                }
            }
            RequestBody::Multipart(parts) => {
                let mut whole = Vec::with_capacity(parts.len());
                for part in parts {
                    let (media_type, data) = match part.data {
                        PartData::Text(text) => (None, text.into()),
                        PartData::Blob(blob) => {
                            let blob = self.table.get(&blob)?;
                            (Some(media_type(blob)), blob.data.clone())
                        }
                    };
                    whole.push(Part {
                        name: part.name,
                        file_name: part.file_name,
                        media_type,
                        data,
                    });
                }
                Body::Multipart(whole)
            }
        };
        Ok(Ask {
            site: site.name.clone(),
            product: site.product,
            deployment: site.deployment,
            method: method(request.method),
            segments: request.path,
            query: request.query,
            headers: request.headers,
            body,
            keep: keep(request.sink),
            max_body: request.max_body,
            timeout_ms: request.timeout_ms,
            idempotent: request.idempotent,
            operation: request.operation,
        })
    }

    fn response(
        &mut self,
        keep: Keep,
        answer: Result<Answer, Failure>,
    ) -> wasmtime::Result<Result<Response, EgressError>> {
        let answer = match answer {
            Ok(answer) => answer,
            // The guest hears nothing any more: what it would do next is not to be done.
            Err(Failure::Unconfirmed) => return Err(Stopped.into()),
            Err(failure) => return Ok(Err(failed(failure))),
        };
        let body = match keep {
            _ if answer.body.is_empty() => ResponseBody::Empty,
            Keep::Discard => ResponseBody::Empty,
            Keep::Inline => ResponseBody::Bytes(answer.body.into()),
            Keep::Blob => ResponseBody::Blob(self.keep(Blob {
                name: None,
                media_type: answer.media_type().map(str::to_owned),
                data: answer.body,
            })?),
        };
        Ok(Ok(Response {
            status: answer.status,
            headers: answer.headers,
            body,
            redacted: answer.redacted,
        }))
    }
}

impl Host for State {
    async fn sites(&mut self) -> wasmtime::Result<Vec<SiteInfo>> {
        Ok(self.visible_sites().await.iter().map(described).collect())
    }

    async fn open_site(&mut self, id: String) -> wasmtime::Result<Option<Resource<OpenSite>>> {
        let sites = self.visible_sites().await;
        match sites.iter().find(|site| site.id() == id) {
            Some(site) => Ok(Some(self.table.push(OpenSite(site.clone()))?)),
            None => Ok(None),
        }
    }

    async fn send_many(
        &mut self,
        requests: Vec<(Resource<OpenSite>, Request)>,
    ) -> wasmtime::Result<Vec<Result<Response, EgressError>>> {
        let mut asks = Vec::with_capacity(requests.len());
        for (site, request) in requests {
            asks.push(self.ask(&site, request)?);
        }
        let egress = self.scope.egress.clone();
        let since = Instant::now();
        let gathered = egress.gather(&asks).await;
        if let Err(failure) = gathered {
            self.clock.waited(since);
            return asks
                .iter()
                .map(|ask| self.response(ask.keep, Err(failure.clone())))
                .collect();
        }
        let answers: Vec<_> = stream::iter(asks)
            .map(|ask| async { (ask.keep, egress.send(ask).await) })
            .buffered(SIDE_BY_SIDE)
            .collect()
            .await;
        self.clock.waited(since);
        answers
            .into_iter()
            .map(|(keep, answer)| self.response(keep, answer))
            .collect()
    }
}

impl HostSite for State {
    async fn info(&mut self, site: Resource<OpenSite>) -> wasmtime::Result<SiteInfo> {
        Ok(described(&self.table.get(&site)?.0))
    }

    async fn send(
        &mut self,
        site: Resource<OpenSite>,
        request: Request,
    ) -> wasmtime::Result<Result<Response, EgressError>> {
        let ask = self.ask(&site, request)?;
        let keep = ask.keep;
        let egress = self.scope.egress.clone();
        let since = Instant::now();
        let answer = egress.send(ask).await;
        self.clock.waited(since);
        self.response(keep, answer)
    }

    fn drop(&mut self, site: Resource<OpenSite>) -> wasmtime::Result<()> {
        self.table.delete(site)?;
        Ok(())
    }
}

fn media_type(blob: &Blob) -> String {
    let fallback = "application/octet-stream";
    blob.media_type.clone().unwrap_or_else(|| fallback.into())
}
