//! Endpoints of Jira and Confluence that a rule should not open without a second look.
//!
//! A list for warnings. What is not on it is not thereby safe: the default is still no.

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
    let path: Vec<String> = segments
        .iter()
        .map(|segment| segment.as_ref().to_ascii_lowercase())
        .collect();
    let path = match path.split_first() {
        Some((first, rest)) if first == "wiki" => rest,
        _ => path.as_slice(),
    };
    ENDPOINTS
        .iter()
        .find(|(pattern, _)| begins_with(path, pattern))
        .map(|(_, hazard)| *hazard)
}

pub(crate) fn is_query_name_hazardous(name: &str) -> bool {
    QUERY_NAMES.contains(&name.to_ascii_lowercase().as_str())
}

/// A parameter of a template counts as whatever it could be.
fn begins_with(path: &[String], pattern: &str) -> bool {
    let parts: Vec<&str> = pattern.split('/').collect();
    let fits = |(part, segment): (&&str, &String)| {
        *part == "*" || *part == segment || segment == "{segment}"
    };
    parts.len() <= path.len() && parts.iter().zip(path).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_knows_what_it_is_for() {
        let of = |path: &str| of_path(&path.split('/').collect::<Vec<_>>());
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
    }

    #[test]
    fn no_route_of_the_catalogue_is_on_the_list() {
        for route in crate::catalogue::catalogue().routes() {
            let path: Vec<String> = route
                .template
                .parts()
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(of_path(&path), None, "{} {}", route.id, route.template);
            assert!(
                !route.query.iter().any(|name| is_query_name_hazardous(name)),
                "{}",
                route.id
            );
        }
    }
}
