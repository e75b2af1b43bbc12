//! An explanation as people read it, and as JSON.

use std::fmt::Write as _;

use super::{Explanation, allowed_by};
use crate::writing::{WRITING, joined, shown};

impl Explanation {
    pub fn human(&self) -> String {
        let mut text = String::new();
        let subject = self.canonical.as_ref().unwrap_or(&self.question);
        let place = self
            .place
            .as_ref()
            .map(|place| format!(" ({place})"))
            .unwrap_or_default();
        line(&mut text, 0, self.verdict, subject);
        line(&mut text, 2, "rule", &format!("{}{place}", self.rule));
        let says_more = self.reason != allowed_by(&self.rule);
        if !self.is_allowed() || !self.requests.is_empty() || says_more {
            line(&mut text, 2, "because", &self.reason);
        }
        if let Some(confirm) = &self.confirm {
            let asks = format!(
                "a person is asked first, by rule {} ({})",
                confirm.rule, confirm.place
            );
            line(&mut text, 2, "asks", &asks);
        }
        if let (Some(route), Some(class), Some(template)) =
            (&self.route, &self.class, &self.template)
        {
            line(
                &mut text,
                2,
                "route",
                &format!("{route} ({class}) {template}"),
            );
        }
        if !self.tools.is_empty() && self.requests.is_empty() {
            line(&mut text, 2, "tool", &self.tools.join(", "));
        }
        if !self.principals.is_empty() {
            line(&mut text, 2, "principal", &joined(&self.principals));
        }
        if let Some(site) = &self.credential {
            let reference = self.credential_reference.as_ref();
            let reference = reference.map_or_else(String::new, |kept| format!(": {kept}"));
            line(
                &mut text,
                2,
                "credential",
                &format!("that of site `{site}`{reference}"),
            );
        }
        if let Some(literal) = &self.address {
            line(
                &mut text,
                2,
                "address",
                &format!("{} is {}", literal.address, literal.class),
            );
        }
        if let Some(deployment) = self.assumed_deployment {
            line(
                &mut text,
                2,
                "assumed",
                &format!("the site is {deployment}; its configuration does not say"),
            );
        }
        for miss in &self.nearest {
            let place = format!("{} ({}:{})", miss.rule, self.file_name, miss.line);
            line(
                &mut text,
                2,
                "nearest",
                &format!("{place}: `{}` does not fit: {}", miss.field, miss.detail),
            );
        }
        for request in &self.requests {
            let route = request.route.as_deref().unwrap_or("-");
            let what = format!(
                "{} {} {} on {}",
                request.site, request.method, request.path, request.deployment
            );
            line(
                &mut text,
                2,
                request.verdict,
                &format!("{what}: {route}, rule {}", request.rule),
            );
        }
        if !self.would_allow.is_empty() {
            text.push_str("\nwould allow it:\n\n");
            for row in self.would_allow.lines() {
                text.push_str("    ");
                text.push_str(row);
                text.push('\n');
            }
        }
        text
    }

    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self)
            .expect("an explanation holds only strings, numbers and lists")
            + "\n"
    }
}

/// Text that came with the question is shown escaped: it may hold anything.
fn line(text: &mut String, indent: usize, label: &str, value: &str) {
    let value = shown(value);
    let width = if indent == 0 { 7 } else { 11 };
    writeln!(text, "{:indent$}{label:width$} {value}", "").expect(WRITING);
}
