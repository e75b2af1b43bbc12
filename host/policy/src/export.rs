//! `policy export`: the origins that this policy can lead to, in the words of another runtime's own allow-list.
//!
//! A second fence, coarser than ours: it knows hosts and neither methods nor paths.

use std::collections::BTreeSet;

use serde_json::json;

use crate::Policy;
use crate::origin::Origin;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    /// `allowed_outbound_hosts` of a component in spin.toml.
    Spin,
    /// `allowedHosts` of a component in wasmCloud.
    WasmCloud,
}

impl Runtime {
    pub const ALL: [Self; 2] = [Self::Spin, Self::WasmCloud];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Spin => "spin",
            Self::WasmCloud => "wasmcloud",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|runtime| runtime.as_str() == name)
    }
}

/// Sites that some rule is about, with what the host itself asks of them, their proxies, and the redirect origins
/// that a rule names.
pub fn export(policy: &Policy, runtime: Runtime) -> String {
    let mut origins: BTreeSet<Origin> = BTreeSet::new();
    for site in policy.sites() {
        for rule in policy.rules().filter(|rule| rule.site.covers(&site.name)) {
            origins.insert(site.dial_origin());
            origins.extend(site.proxy.clone());
            let redirect = rule.redirect.as_ref();
            origins.extend(redirect.and_then(|name| site.redirects.get(name)).cloned());
        }
    }
    let with_port = |origin: &Origin| {
        format!(
            "{}://{}:{}",
            origin.scheme().as_str(),
            origin.host(),
            origin.port()
        )
    };
    let head = format!(
        "# Origins that {} can lead to, of {}. Hosts only: methods and paths stay the policy's.\n",
        policy.file_name(),
        policy.digest()
    );
    match runtime {
        Runtime::Spin => {
            let hosts: Vec<String> = origins.iter().map(with_port).collect();
            format!("{head}allowed_outbound_hosts = {:#}\n", json!(hosts))
        }
        // An empty list refuses everything there; leaving the key out would allow everything.
        Runtime::WasmCloud => {
            let hosts: String = origins
                .iter()
                .map(|origin| format!("\n  - {:?}", with_port(origin)))
                .collect();
            let hosts = if hosts.is_empty() {
                " []".to_owned()
            } else {
                hosts
            };
            format!("{head}allowedHosts:{hosts}\n")
        }
    }
}
