//! The report as one HTML page: nothing is loaded, nothing is run. The filters are check boxes that the style sheet
//! reads, so they work with scripts switched off, and the page's own policy forbids scripts altogether.

use std::fmt::Write as _;

use super::{Report, Row, SiteRow};
use crate::vocabulary::Class;
use crate::writing::{WRITING, joined};

const STYLE: &str = include_str!("style.css");

/// Text that may hold anything, as HTML text or attribute.
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            c if c.is_control() => f.write_str("\u{fffd}"),
            c => write!(f, "{c}"),
        })
    }
}

/// One group of check boxes: what it filters by, and its values in order.
struct Filter<'a> {
    name: &'static str,
    /// Begins the names of the classes that carry the value; the rest is a number, so nothing has to be escaped.
    prefix: char,
    values: Vec<&'a str>,
}

impl Filter<'_> {
    fn class_of(&self, value: &str) -> String {
        let at = self.values.iter().position(|known| *known == value);
        format!("{}{}", self.prefix, at.unwrap_or_default())
    }

    /// Hides the rows of every box that is not ticked.
    fn rules(&self) -> String {
        (0..self.values.len())
            .map(|at| {
                let class = format!("{}{at}", self.prefix);
                format!("body:has(#{class}:not(:checked)) tr.{class}{{display:none}}\n")
            })
            .collect()
    }

    fn boxes(&self) -> String {
        let mut html = format!("<fieldset><legend>{}</legend>", self.name);
        for (at, value) in self.values.iter().enumerate() {
            write!(
                html,
                "<label><input type=\"checkbox\" id=\"{}{at}\" checked> {}</label>",
                self.prefix,
                Escaped(value)
            )
            .expect(WRITING);
        }
        html + "</fieldset>\n"
    }
}

impl Report {
    pub fn html(&self) -> String {
        let mut sites: Vec<&str> = self.sites.iter().map(|site| site.name.as_str()).collect();
        sites.dedup();
        let filters = [
            Filter {
                name: "Class",
                prefix: 'c',
                values: Class::ALL.iter().map(|class| class.as_str()).collect(),
            },
            Filter {
                name: "Site",
                prefix: 's',
                values: sites,
            },
            Filter {
                name: "Tool",
                prefix: 't',
                values: self.tools().into_iter().collect(),
            },
        ];
        let rules: String = filters.iter().map(Filter::rules).collect();
        let boxes: String = filters.iter().map(Filter::boxes).collect();
        let rows: String = self
            .rows
            .iter()
            .map(|row| self.html_row(row, &filters))
            .collect();
        let last_used = match &self.log_since {
            Some(since) => format!(
                "<th>Last used<small>log since {}</small></th>",
                Escaped(since)
            ),
            None => String::new(),
        };
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n<title>Access under {title}</title>\n\
             <style>\n{STYLE}{rules}</style>\n</head>\n<body>\n<header>\n<h1>Who can reach what</h1>\n\
             <p class=\"lead\">{summary}.</p>\n<dl class=\"digests\"><dt>Policy</dt><dd>{title}<code>{policy}</code></dd>\
             <dt>Component</dt><dd><code>{component}</code></dd></dl>\n{mode}{cards}</header>\n<main>\n\
             <section><h2>Sites</h2>\n<div class=\"scroll\"><table class=\"sites\"><thead><tr><th>Site</th><th>Requests go to</th><th>Deployment</th><th>Addresses</th>\
             <th>Credential</th></tr></thead><tbody>\n{sites}</tbody></table></div></section>\n\
             <section><h2>Requests that can be allowed</h2>\n<div class=\"filters\">\n{boxes}</div>\n\
             <div class=\"scroll\"><table class=\"access\"><thead><tr><th>Tool</th><th>Site</th><th>Request</th><th>Class</th>\
             <th>Credential</th><th>Rule</th>{last_used}</tr></thead><tbody>\n{rows}</tbody></table></div></section>\n{notes}</main>\n</body>\n</html>\n",
            title = Escaped(&self.policy),
            summary = Escaped(&self.summary()),
            policy = Escaped(&self.policy_digest),
            component = Escaped(&self.component_digest),
            mode = (self.audit_mode.iter())
                .map(|banner| format!("<p class=\"audit\">{}</p>\n", Escaped(banner)))
                .collect::<String>(),
            cards = self.cards(),
            sites = self.sites.iter().map(html_site).collect::<String>(),
            notes = self.notes(),
        )
    }

    fn cards(&self) -> String {
        let cards: String = Class::ALL
            .iter()
            .map(|class| {
                format!(
                    "<li class=\"{class}\"><b>{}</b> {class}</li>",
                    self.count(*class)
                )
            })
            .collect();
        format!("<ul class=\"cards\">{cards}</ul>\n")
    }

    fn html_row(&self, row: &Row, filters: &[Filter<'_>; 3]) -> String {
        let [class, site, tool] = filters;
        let query = match row.query.as_slice() {
            [] => String::new(),
            names => format!("<small>query: {}</small>", Escaped(&names.join(", "))),
        };
        let limits = lines(&row.limits);
        let whose = match row.principals.as_slice() {
            [] => String::new(),
            names => format!("<small>for {}</small>", Escaped(&joined(names))),
        };
        let last_used = match (&self.log_since, &row.last_used) {
            (None, _) => String::new(),
            (Some(_), Some(day)) => format!("<td>{}</td>", Escaped(day)),
            (Some(_), None) => "<td class=\"unused\">never</td>".to_owned(),
        };
        format!(
            "<tr class=\"{} {} {}\"><td>{}{whose}</td><td>{}</td><td><code>{} {}</code>{query}{}</td>\
             <td><span class=\"badge {class_name}\">{class_name}</span></td><td>{}</td><td>{}{limits}</td>{last_used}</tr>\n",
            class.class_of(row.class.as_str()),
            site.class_of(row.site.as_str()),
            tool.class_of(&row.tool),
            Escaped(&row.tool),
            Escaped(row.site.as_str()),
            row.method,
            Escaped(&row.path),
            lines(row.route.as_slice()),
            Escaped(&row.credential),
            Escaped(&row.rules.join(", ")),
            class_name = row.class,
        )
    }

    fn notes(&self) -> String {
        let mut html = String::new();
        for (title, entries) in [
            ("Principals that have these rules only", &self.principals),
            ("Never, whatever else is allowed", &self.denials),
        ] {
            if entries.is_empty() {
                continue;
            }
            write!(html, "<section><h2>{title}</h2><ul>").expect(WRITING);
            for entry in entries {
                write!(html, "<li>{}</li>", Escaped(entry)).expect(WRITING);
            }
            html.push_str("</ul></section>\n");
        }
        if !self.accepted.is_empty() {
            html.push_str("<section><h2>Findings that are accepted</h2><ul>");
            for accepted in &self.accepted {
                write!(
                    html,
                    "<li>{} in line {}, until {}: {}</li>",
                    Escaped(&accepted.code),
                    accepted.line,
                    accepted.until,
                    Escaped(&accepted.reason)
                )
                .expect(WRITING);
            }
            html.push_str("</ul></section>\n");
        }
        html
    }
}

fn html_site(site: &SiteRow) -> String {
    let deployment = site
        .deployment
        .map_or("asked at the first call", crate::Deployment::as_str);
    let ways = [
        site.proxy
            .iter()
            .map(|proxy| format!("through the proxy {proxy}"))
            .collect::<Vec<_>>(),
        site.redirects
            .iter()
            .map(|redirect| format!("answers may redirect to {redirect}"))
            .collect(),
    ]
    .concat();
    let addresses = match site.addresses.as_slice() {
        [] => "those of its kind of site".to_owned(),
        ranges => ranges.join(", "),
    };
    format!(
        "<tr><td>{}</td><td>{}{}</td><td>{deployment}</td><td>{}</td><td>{}</td></tr>\n",
        Escaped(site.name.as_str()),
        lines(&site.sent_to),
        lines(&ways),
        Escaped(&addresses),
        Escaped(&site.credential)
    )
}

fn lines(texts: &[String]) -> String {
    texts
        .iter()
        .map(|text| format!("<small>{}</small>", Escaped(text)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        let hostile = "\"><script>alert('x')</script>&\u{1b}[2J";
        assert_eq!(
            Escaped(hostile).to_string(),
            "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;\u{fffd}[2J"
        );
    }
}
