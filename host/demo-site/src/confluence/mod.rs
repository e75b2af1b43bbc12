//! Confluence's REST API.

use crate::reply::{Outcome, Reply};
use crate::request::Request;
use crate::site::Visit;

pub(crate) fn answer(_visit: &mut Visit<'_>, _request: &Request, _path: &[&str]) -> Outcome {
    Err(Reply::confluence_v1(404, "Not Found"))
}
