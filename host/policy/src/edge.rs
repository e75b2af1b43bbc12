//! A policy as part of an edge deployment: what it asks for that no edge runtime can keep, and how it lies in the composed
//! component, from which it can be read back.
//!
//! At the edge the runtime looks names up, speaks TLS and chooses the way. A policy that decides about these is refused
//! whole; a restriction that is silently dropped would be a hole.

use crate::Policy;

/// What is fixed when an edge deployment is put together. It lies in the data of one small component, which hands it to
/// broker and shell at run time: what is read out of the file is what is decided by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeParts {
    pub policy: String,
    pub manifest: String,
    /// `sha256:…` of the tool component.
    pub component: String,
}

/// Why no parts can be read out of a file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EdgePartsError {
    #[error("it is no component that `cargo xtask edge` put together")]
    None,
    #[error(
        "it holds the settings of more than one deployment, so nobody can say which of them count"
    )]
    Several,
    #[error("its settings are cut or changed")]
    Broken,
}

const MARK: &str = "airlock:edge-settings:1 ";

impl EdgeParts {
    /// One text, from which each part can be taken by its place: policy, manifest, component.
    pub fn to_text(&self) -> String {
        let Self {
            policy,
            manifest,
            component,
        } = self;
        let lengths = [policy, manifest, component].map(String::len);
        let [policy_length, manifest_length, component_length] = lengths;
        format!(
            "{MARK}{policy_length} {manifest_length} {component_length}\n{policy}{manifest}{component}"
        )
    }

    /// Reads the parts out of a whole component. A second place that looks like them is refused: somebody may want the
    /// reader to see another policy than the broker does.
    pub fn find_in(component: &[u8]) -> Result<Self, EdgePartsError> {
        let mark = MARK.as_bytes();
        let mut places = component
            .windows(mark.len())
            .enumerate()
            .filter(|(_, window)| *window == mark);
        let Some((place, _)) = places.next() else {
            return Err(EdgePartsError::None);
        };
        if places.next().is_some() {
            return Err(EdgePartsError::Several);
        }
        Self::parse(&component[place + mark.len()..]).ok_or(EdgePartsError::Broken)
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.iter().take(64).position(|byte| *byte == b'\n')?;
        let lengths = std::str::from_utf8(&bytes[..end]).ok()?;
        let lengths: Vec<usize> = lengths
            .split(' ')
            .map(|length| length.parse().ok())
            .collect::<Option<_>>()?;
        let [policy, manifest, component] = lengths[..] else {
            return None;
        };
        let mut rest = &bytes[end + 1..];
        let mut text = |length| {
            let (text, after) = rest.split_at_checked(length)?;
            rest = after;
            String::from_utf8(text.to_vec()).ok()
        };
        Some(Self {
            policy: text(policy)?,
            manifest: text(manifest)?,
            component: text(component)?,
        })
    }
}

impl Policy {
    /// One sentence for each; empty for a policy that holds at the edge as it does natively.
    pub fn unkept_at_the_edge(&self) -> Vec<String> {
        let sites = self.sites().iter();
        let faults = sites.flat_map(|site| {
            let name = &site.name;
            let unknown = site.known_deployment().is_none();
            [
                (site.addresses.is_some(), "`addresses`: the runtime looks the name up, and tells nobody what it found"),
                (site.ca_file.is_some(), "`ca-file`: the runtime decides whom it trusts; give the authority to it"),
                (site.proxy.is_some(), "`proxy`: the runtime chooses the way; give the proxy to it"),
                (site.client_cert.is_some(), "`client-cert`: the runtime speaks TLS; give the certificate to it"),
                (!site.headers.is_empty(), "`headers`: their secrets have no place at the edge yet; let the gateway in front of the site know the runtime by something else"),
                (unknown, "no `deployment`: nothing is remembered there, so write `deployment = \"cloud\"` or `\"data-center\"`"),
            ]
            .into_iter()
            .filter(|(is_so, _)| *is_so)
            .map(move |(_, what)| format!("[site.{name}] {what}"))
        });
        let rates = self.rules().filter(|rule| rule.per_minute.is_some());
        let rates = rates.map(|rule| {
            format!(
                "[[rule]] `{}` `per-minute`: each instance would count for itself, and the runtime starts as many as it likes; let the gateway in front of it limit the rate",
                rule.id
            )
        });
        let audits = self.audit_until().map(|_| {
            "`mode = \"audit\"`: the clients of an edge deployment are not told that it is in audit mode; enforce there, and look with the native server".to_owned()
        });
        faults.chain(rates).chain(audits).collect()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::{EdgeParts, EdgePartsError};
    use crate::Policy;

    #[test]
    fn what_was_put_in_is_read_back_and_nothing_else() {
        let parts = EdgeParts {
            policy: "version = 1\n# é\n".into(),
            manifest: "{}".into(),
            component: "sha256:00".into(),
        };
        let text = parts.to_text();
        let file = [b"\0asm", text.as_bytes(), b"\xff"].concat();
        assert_eq!(EdgeParts::find_in(&file), Ok(parts));
        assert_eq!(EdgeParts::find_in(b"\0asm"), Err(EdgePartsError::None));
        let twice = [&file[..], &file].concat();
        assert_eq!(EdgeParts::find_in(&twice), Err(EdgePartsError::Several));
        for broken in [
            file[..file.len() - 2].to_vec(),
            text.replace("edge-settings:1 ", "edge-settings:1 x")
                .into_bytes(),
            text.replace(" 2 9\n", " 2\n").into_bytes(),
            text.replace(" 2 9\n", " 2 99999999999999999999\n")
                .into_bytes(),
        ] {
            assert_eq!(EdgeParts::find_in(&broken), Err(EdgePartsError::Broken));
        }
    }

    fn faults(lines: &str) -> Vec<String> {
        let text = format!(
            "version = 1\n[site.acme]\norigin = \"https://jira.example.com\"\nproducts = [\"jira\"]\n{lines}\n\n[[rule]]\nid = \"read\"\nsite = \"acme\"\nclasses = [\"read\"]\n"
        );
        Policy::parse(&text, "policy.toml")
            .unwrap()
            .unkept_at_the_edge()
    }

    #[test]
    fn what_only_this_machine_could_keep_is_named() {
        let stated = "deployment = \"data-center\"\n";
        assert!(faults(stated).is_empty());
        for (line, word) in [
            ("addresses = [\"10.0.0.0/8\"]", "`addresses`"),
            ("ca-file = \"/etc/ca.pem\"", "`ca-file`"),
            ("proxy = \"http://proxy.example.com:3128\"", "`proxy`"),
            ("client-cert = \"/etc/cert.pem\"", "`client-cert`"),
        ] {
            let found = faults(&format!("{stated}{line}"));
            assert!(
                found.len() == 1 && found[0].contains(word),
                "{line}: {found:?}"
            );
        }
        let slow = format!(
            "{stated}[[rule]]\nid = \"slow\"\nsite = \"acme\"\nclasses = [\"write\"]\nper-minute = 5"
        );
        let found = faults(&slow);
        assert!(
            found.len() == 1 && found[0].contains("`slow` `per-minute`"),
            "{found:?}"
        );
        let text = "version = 1\nmode = \"audit\"\naudit-until = 9999-12-31\n[site.acme]\norigin = \"https://acme.atlassian.net\"\nproducts = [\"jira\"]\n[[rule]]\nid = \"read\"\nsite = \"acme\"\nclasses = [\"read\"]\n";
        let found = Policy::parse(text, "policy.toml")
            .unwrap()
            .unkept_at_the_edge();
        assert!(
            found.len() == 1 && found[0].contains("audit mode"),
            "{found:?}"
        );
        let unstated = faults("");
        assert!(
            unstated.len() == 1 && unstated[0].contains("deployment"),
            "{unstated:?}"
        );
    }
}
