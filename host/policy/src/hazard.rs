//! Endpoints of Jira and Confluence that a rule should not open without a second look.
//!
//! A list for warnings. What is not on it is not thereby safe: the default is still no.

use crate::template::{Kind, Part};

/// Why an endpoint is on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hazard {
    MintsCredentials,
    FetchesUrls,
    Administers,
}

/// Path beginnings after the context path, lower case; `*` is any one segment.
const ENDPOINTS: &[(&str, Hazard)] = &[
    // A personal access token or a login cookie in the answer makes ours worthless.
    ("rest/auth", Hazard::MintsCredentials),
    ("rest/pat", Hazard::MintsCredentials),
    ("rest/oauth", Hazard::MintsCredentials),
    ("rest/oauth2", Hazard::MintsCredentials),
    ("rest/oidc", Hazard::MintsCredentials),
    ("rest/authconfig", Hazard::MintsCredentials),
    ("rest/api-token", Hazard::MintsCredentials),
    ("rest/api/*/auth", Hazard::MintsCredentials),
    ("rest/api/*/session", Hazard::MintsCredentials),
    ("rest/api/*/user/password", Hazard::MintsCredentials),
    ("plugins/servlet/oauth", Hazard::MintsCredentials),
    ("plugins/servlet/applinks", Hazard::MintsCredentials),
    ("login.jsp", Hazard::MintsCredentials),
    ("dologin.action", Hazard::MintsCredentials),
    // The site itself dials what it is told (CVE-2019-8451 and CVE-2017-9506 were this).
    ("plugins/servlet/gadgets/makerequest", Hazard::FetchesUrls),
    ("plugins/servlet/oauth/users/icon-uri", Hazard::FetchesUrls),
    ("rest/gadgets", Hazard::FetchesUrls),
    ("rest/sharelinks", Hazard::FetchesUrls),
    ("rest/webhooks", Hazard::FetchesUrls),
    ("rest/api/*/webhook", Hazard::FetchesUrls),
    ("rest/api/webhooks", Hazard::FetchesUrls),
    ("rest/applinks", Hazard::FetchesUrls),
    // Whoever administers can change who may do what.
    ("rest/plugins", Hazard::Administers),
    ("rest/troubleshooting", Hazard::Administers),
    ("rest/scriptrunner", Hazard::Administers),
    ("rest/scriptrunner-jira", Hazard::Administers),
    ("rest/backup", Hazard::Administers),
    ("rest/admin", Hazard::Administers),
    ("rest/api/admin", Hazard::Administers),
    ("rest/api/*/application-properties", Hazard::Administers),
    ("rest/api/*/settings", Hazard::Administers),
    ("rest/api/*/configuration", Hazard::Administers),
    ("rest/api/*/permissionscheme", Hazard::Administers),
    ("rest/api/*/applicationrole", Hazard::Administers),
    ("rest/api/*/cluster", Hazard::Administers),
    ("rest/api/*/index", Hazard::Administers),
    ("rest/api/*/reindex", Hazard::Administers),
    ("rest/api/*/auditing", Hazard::Administers),
    ("secure/admin", Hazard::Administers),
    ("admin", Hazard::Administers),
    ("plugins/servlet/upm", Hazard::Administers),
];

/// Query names that change who a request counts as, or where its answer is run.
const QUERY_NAMES: &[&str] = &[
    "os_username",
    "os_password",
    "os_authtype",
    "os_cookie",
    "access_token",
    "token",
    "jwt",
    "callback",
    "jsonp-callback",
    "_method",
    "atl_token",
];

impl Hazard {
    pub(crate) const fn explanation(self) -> &'static str {
        match self {
            Self::MintsCredentials => {
                "hands out credentials or sessions, which makes the host's own secret worthless"
            }
            Self::FetchesUrls => "makes the site fetch URLs for its caller, or send data to them",
            Self::Administers => "administers the site",
        }
    }
}

/// What a path leads to. Case is ignored, and Confluence Cloud's `/wiki` is skipped, because a warning may be wide.
pub(crate) fn of_path<S: AsRef<str>>(segments: &[S]) -> Option<Hazard> {
    let parts: Vec<Part> = segments
        .iter()
        .map(|segment| Part::Literal(segment.as_ref().to_owned()))
        .collect();
    of_parts(&parts)
}

/// What a template could lead to: a set counts as each of its words, and `{segment}` as any word at all.
pub(crate) fn of_parts(parts: &[Part]) -> Option<Hazard> {
    let below_wiki = parts
        .split_first()
        .filter(|(first, _)| could_be(first, "wiki"));
    let readings = [Some(parts), below_wiki.map(|(_, rest)| rest)];
    let leads_to = |pattern: &str| {
        let mut readings = readings.iter().flatten();
        readings.any(|parts| begins_with(parts, pattern))
    };
    ENDPOINTS
        .iter()
        .find(|(pattern, _)| leads_to(pattern))
        .map(|(_, hazard)| *hazard)
}

pub(crate) fn is_query_name_hazardous(name: &str) -> bool {
    QUERY_NAMES.contains(&name.to_ascii_lowercase().as_str())
}

fn begins_with(parts: &[Part], pattern: &str) -> bool {
    let words: Vec<&str> = pattern.split('/').collect();
    words.len() <= parts.len()
        && words
            .iter()
            .zip(parts)
            .all(|(word, part)| *word == "*" || could_be(part, word))
}

/// A narrower kind is not counted: `{space-key}` matches almost every word, and is meant for none of these.
fn could_be(part: &Part, word: &str) -> bool {
    match part {
        Part::Literal(text) => text.eq_ignore_ascii_case(word),
        Part::OneOf(texts) => texts.iter().any(|text| text.eq_ignore_ascii_case(word)),
        Part::Kind(kind) => *kind == Kind::Segment,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Template;

    #[test]
    fn the_list_knows_what_it_is_for() {
        let of = |path: &str| {
            let template = Template::parse(&format!("/{path}")).expect("well formed");
            of_parts(template.parts())
        };
        assert_eq!(
            of("plugins/servlet/gadgets/makeRequest"),
            Some(Hazard::FetchesUrls)
        );
        assert_eq!(of("rest/pat/latest/tokens"), Some(Hazard::MintsCredentials));
        assert_eq!(of("rest/auth/1/session"), Some(Hazard::MintsCredentials));
        assert_eq!(of("rest/plugins/1.0"), Some(Hazard::Administers));
        assert_eq!(of("wiki/rest/api/settings"), None);
        assert_eq!(of("wiki/admin/users"), Some(Hazard::Administers));
        assert_eq!(
            of("rest/{segment}/1/session"),
            Some(Hazard::MintsCredentials)
        );
        assert_eq!(of("rest/api/3/issue/PROJ-1"), None);
        assert_eq!(of("rest/authors"), None);
        assert_eq!(of("rest/{x|Plugins}/1.0"), Some(Hazard::Administers));
        assert_eq!(of("rest/api/space/{space-key}"), None);
        assert_eq!(
            of_path(&["rest", "Auth", "1"]),
            Some(Hazard::MintsCredentials)
        );
    }

    #[test]
    fn no_route_of_the_catalogue_is_on_the_list() {
        for route in crate::catalogue::catalogue().routes() {
            assert_eq!(
                of_parts(route.template.parts()),
                None,
                "{} {}",
                route.id,
                route.template
            );
            assert!(
                !route.query.iter().any(|name| is_query_name_hazardous(name)),
                "{}",
                route.id
            );
        }
    }
}
