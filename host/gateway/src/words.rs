//! The words of the component's interface and ours, side by side. The interface's types are generated anew in each
//! crate that speaks it, so this is a macro: one text for the native sandbox and for the broker at the edge.

/// Expands, for the generated module of `egress`, to `method`, `keep`, `failed` and `described`.
#[macro_export]
macro_rules! egress_words {
    ($($wit:tt)+) => {
        use $($wit)+ as wit;

        fn method(method: wit::Method) -> $crate::words::Method {
            use $crate::words::Method;
            match method {
                wit::Method::Get => Method::Get,
                wit::Method::Head => Method::Head,
                wit::Method::Post => Method::Post,
                wit::Method::Put => Method::Put,
                wit::Method::Patch => Method::Patch,
                wit::Method::Delete => Method::Delete,
            }
        }

        fn keep(sink: wit::Sink) -> $crate::Keep {
            match sink {
                wit::Sink::Inline => $crate::Keep::Inline,
                wit::Sink::Blob => $crate::Keep::Blob,
                wit::Sink::Discard => $crate::Keep::Discard,
            }
        }

        /// Why a request was refused stays on this side: the component hears one word.
        fn failed(failure: $crate::Failure) -> wit::EgressError {
            use $crate::Failure;
            match failure {
                Failure::Denied(_) | Failure::Unconfirmed => wit::EgressError::Denied,
                Failure::Reauthorize => wit::EgressError::Reauthorize,
                Failure::RateLimited(after) => wit::EgressError::RateLimited(after),
                Failure::Timeout => wit::EgressError::Timeout,
                Failure::Connect => wit::EgressError::Connect,
                Failure::Tls => wit::EgressError::Tls,
                Failure::BadResponse => wit::EgressError::BadResponse,
                Failure::BodyTooLarge(cap) => wit::EgressError::BodyTooLarge(cap),
                Failure::InvalidRequest(text) => wit::EgressError::InvalidRequest(text),
                Failure::Budget => wit::EgressError::Budget,
                Failure::Cancelled => wit::EgressError::Cancelled,
                Failure::Internal(text) => wit::EgressError::Internal(text),
            }
        }

        fn described(site: &$crate::SiteView) -> wit::SiteInfo {
            use $crate::words::{Deployment, Product};
            wit::SiteInfo {
                id: site.id(),
                name: site.name.to_string(),
                product: match site.product {
                    Product::Jira => wit::Product::Jira,
                    Product::Confluence => wit::Product::Confluence,
                },
                deployment: match site.deployment {
                    Deployment::Cloud => wit::Deployment::Cloud,
                    Deployment::DataCenter => wit::Deployment::DataCenter,
                },
                browse_url: site.browse_url.clone(),
                read_only: site.read_only,
            }
        }
    };
}

pub use policy::{Deployment, Method, Product};
