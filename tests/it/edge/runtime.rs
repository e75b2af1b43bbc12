//! The reference runtime at the edge: wasmtime with the world `wasi:http/proxy`, a fresh instance for each request, and
//! no more than such a runtime gives. It reaches whatever the component asks for; what may be asked for is the
//! component's own to decide.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::io::TokioIo;
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

/// The name that the deployment is spoken to by.
pub(super) const HOST: &str = "edge.example.test";

/// One composed component, compiled.
pub(super) struct Runtime {
    pre: ProxyPre<State>,
    engine: Engine,
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: http::HeaderMap,
    pub(super) body: Vec<u8>,
    /// What went to the log while it was made.
    pub(super) log: String,
    pub(super) took: Duration,
}

impl Answer {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    way_out: WayOut,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks: &mut self.way_out,
        }
    }
}

/// Sends over plain TCP to wherever a request wants to go.
struct WayOut;

type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Sent = Result<(http::Response<WasiBody>, Io), Error>;

impl WasiHttpHooks for WayOut {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Io,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        Box::new(send(request))
    }
}

async fn send(mut request: http::Request<WasiBody>) -> Sent {
    let authority = request
        .uri()
        .authority()
        .ok_or(Error::HttpRequestUriInvalid)?;
    let stream = tokio::net::TcpStream::connect(authority.as_str())
        .await
        .map_err(Error::Connect)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(Error::Hyper)?;
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = http::Uri::builder()
        .path_and_query(path.ok_or(Error::HttpRequestUriInvalid)?)
        .build()
        .map_err(|_| Error::HttpRequestUriInvalid)?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(Error::Hyper)?;
    let io = async move {
        let _ = connection.await;
        Ok(())
    };
    let response = response.map(|body| body.map_err(Error::Hyper).boxed_unsync());
    Ok((response, Box::new(io)))
}

impl Runtime {
    pub(super) fn new(component: &[u8]) -> Runtime {
        let mut config = Config::new();
        config.cranelift_opt_level(wasmtime::OptLevel::Speed);
        let engine = Engine::new(&config).expect("an engine");
        let component = Component::new(&engine, component).expect("the component compiles");
        let mut linker: Linker<State> = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).expect("WASI links");
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker).expect("HTTP links");
        let pre = linker
            .instantiate_pre(&component)
            .expect("the component imports what a proxy runtime has");
        Runtime {
            pre: ProxyPre::new(pre).expect("the component is a proxy"),
            engine,
        }
    }

    /// One request in a fresh instance. `look` is called before the instance goes away.
    pub(super) async fn ask(
        &self,
        environment: &[(String, String)],
        request: http::Request<String>,
        look: impl FnOnce(),
    ) -> Answer {
        let log = MemoryOutputPipe::new(1 << 20);
        let state = State {
            wasi: WasiCtx::builder()
                .envs(environment)
                .stderr(log.clone())
                .build(),
            http: WasiHttpCtx::new(),
            table: ResourceTable::new(),
            way_out: WayOut,
        };
        let mut store = Store::new(&self.engine, state);
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let request = request.map(|body| Full::new(Bytes::from(body)));
        let began = Instant::now();
        let mut http = store.data_mut().http();
        let request = http
            .new_incoming_request(Scheme::Http, request)
            .expect("a request");
        let out = http.new_response_outparam(sender).expect("a way back");
        let run = async {
            let proxy = self.pre.instantiate_async(&mut store).await?;
            let handler = proxy.wasi_http_incoming_handler();
            handler.call_handle(&mut store, request, out).await
        };
        let receive = async {
            let response = receiver.await.ok()?.ok()?;
            let (head, body) = response.into_parts();
            let body = body.collect().await.ok()?.to_bytes();
            Some((head, body, began.elapsed()))
        };
        let (ran, received) = tokio::join!(run, receive);
        look();
        drop(store);
        let log = String::from_utf8_lossy(&log.contents()).into_owned();
        let (head, body, took) = received.unwrap_or_else(|| panic!("no answer: {ran:?}\n{log}"));
        Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: body.to_vec(),
            log,
            took,
        }
    }
}
