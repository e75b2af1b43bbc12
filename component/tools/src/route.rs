//! What a request is made of: a route constant, its path parameters, query pairs and a JSON body.
//! Constants come from `wit/routes.tsv`; a path without a route cannot be written here. Whether a
//! request may be sent is never decided here.

use serde_json::Value;

use crate::gateway::{Deployment, Product};

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub const fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

/// What an operation does to the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Read,
    Write,
    Delete,
    Admin,
}

/// What a route is, without its paths: the name that manifest and policy know.
#[derive(Debug, PartialEq, Eq)]
pub struct RouteInfo {
    pub id: &'static str,
    pub product: Product,
    pub class: Class,
}

#[derive(Debug, Clone, Copy)]
enum Segment {
    Literal(&'static str),
    Parameter,
}

#[derive(Debug, Clone, Copy)]
struct Path {
    method: Method,
    segments: &'static [Segment],
    query: &'static [&'static str],
}

/// A value that may stand in a path. Plain strings do not implement it: only what was parsed does.
pub trait PathParameter {
    fn segment(&self) -> &str;
}

/// An operation that both deployments have, with `N` path parameters.
#[derive(Debug, Clone, Copy)]
pub struct Route<const N: usize> {
    info: &'static RouteInfo,
    cloud: Path,
    data_center: Path,
}

impl<const N: usize> Route<N> {
    const fn new(info: &'static RouteInfo, cloud: Path, data_center: Path) -> Self {
        Self {
            info,
            cloud,
            data_center,
        }
    }

    pub const fn info(&self) -> &'static RouteInfo {
        self.info
    }

    pub fn request(&self, deployment: Deployment, parameters: [&dyn PathParameter; N]) -> Request {
        let path = match deployment {
            Deployment::Cloud => self.cloud,
            Deployment::DataCenter => self.data_center,
        };
        Request::new(self.info, path, &parameters)
    }
}

/// An operation that one of the deployments has, with `N` path parameters.
#[derive(Debug, Clone, Copy)]
pub struct SingleRoute<const N: usize> {
    info: &'static RouteInfo,
    path: Path,
}

impl<const N: usize> SingleRoute<N> {
    const fn new(info: &'static RouteInfo, path: Path) -> Self {
        Self { info, path }
    }

    pub const fn info(&self) -> &'static RouteInfo {
        self.info
    }

    pub fn request(&self, parameters: [&dyn PathParameter; N]) -> Request {
        Request::new(self.info, self.path, &parameters)
    }
}

/// One exchange to be asked of the gateway.
#[derive(Debug, Clone)]
pub struct Request {
    route: &'static RouteInfo,
    known_query: &'static [&'static str],
    method: Method,
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    body: Option<Value>,
}

impl Request {
    fn new(route: &'static RouteInfo, path: Path, parameters: &[&dyn PathParameter]) -> Self {
        let mut parameters = parameters.iter();
        let segments = path
            .segments
            .iter()
            .map(|segment| match segment {
                Segment::Literal(text) => (*text).to_owned(),
                Segment::Parameter => parameters
                    .next()
                    .expect("build.rs counts the parameters of the very path it writes")
                    .segment()
                    .to_owned(),
            })
            .collect();
        Self {
            route,
            known_query: path.query,
            method: path.method,
            path: segments,
            query: Vec::new(),
            body: None,
        }
    }

    #[must_use]
    pub fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    #[must_use]
    pub fn json(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    pub fn route(&self) -> &'static RouteInfo {
        self.route
    }

    pub fn method(&self) -> Method {
        self.method
    }

    /// Segments as they are, not encoded.
    pub fn path(&self) -> &[String] {
        &self.path
    }

    pub fn query_pairs(&self) -> &[(&'static str, String)] {
        &self.query
    }

    pub fn body(&self) -> Option<&Value> {
        self.body.as_ref()
    }

    /// Only reads may be sent again after a lost connection: a repeated write is a second comment,
    /// and a repeated page update is reported as a conflict that nobody caused.
    pub fn is_idempotent(&self) -> bool {
        self.route.class == Class::Read
    }

    /// The first query name that the route does not have.
    pub fn unknown_query(&self) -> Option<&'static str> {
        self.query
            .iter()
            .map(|(name, _)| *name)
            .find(|name| !self.known_query.contains(name))
    }
}

/// The constants, one for each id in the table.
pub mod routes {
    use super::{Class, Method, Path, Product, Route, RouteInfo, Segment, SingleRoute};

    include!(concat!(env!("OUT_DIR"), "/routes.rs"));
}
