//! The weighing: catalogue ∩ manifest ∩ policy, for one request of one tool.
//!
//! This is the only function that turns rules into a yes or a no. `[[deny]]` wins, no match is a no, and the order
//! of rules in the file means nothing.

use std::collections::BTreeSet;

use crate::Policy;
use crate::catalogue::{RouteId, RouteMatch, catalogue};
use crate::decide::{DEFAULT_DENY, NearMiss, Permit, Refusal, RefusalCode, Subject};
use crate::manifest::Manifest;
use crate::remedy;
use crate::rule::{PathSelector, Rule, Selector};
use crate::segment;
use crate::site::Site;
use crate::vocabulary::{Class, Deployment, Method, Product, SiteName};

/// What a decision looks at, borrowed from the thing that is decided on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) site: &'a SiteName,
    pub(crate) product: Product,
    pub(crate) deployment: Deployment,
    pub(crate) method: Method,
    pub(crate) segments: &'a [String],
    pub(crate) query: &'a [(String, String)],
    pub(crate) body_len: u64,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allow(Permit),
    Deny(Refusal),
}

/// What the request is: a route of the catalogue, or what the rules of the file that match its path make of it.
#[derive(Clone, Debug)]
pub(crate) struct Meaning {
    pub(crate) route: RouteId,
    pub(crate) class: Class,
    pub(crate) template: String,
    pub(crate) params: Vec<(String, String)>,
    /// `None` for an own route: its rule lists the names.
    pub(crate) query: Option<Vec<String>>,
}

/// The first thing about a rule that did not fit, and how far the comparison came.
struct Miss {
    progress: usize,
    field: &'static str,
    detail: String,
}

impl<'a> Request<'a> {
    pub(crate) fn of<T: Subject>(subject: &'a T) -> Self {
        Self {
            site: subject.site(),
            product: subject.product(),
            deployment: subject.deployment(),
            method: subject.method(),
            segments: subject.segments(),
            query: subject.query(),
            body_len: subject.body_len(),
        }
    }
}

impl Policy {
    pub(crate) fn evaluate(
        &self,
        manifest: &Manifest,
        tool: &str,
        request: &Request<'_>,
    ) -> Verdict {
        let meanings = self.meanings(request);
        let refuse = |code, reason| {
            Verdict::Deny(self.refusal(manifest, tool, request, &meanings, code, reason))
        };

        if let Err((code, reason)) = self.check_shape(manifest, tool, request) {
            return refuse(code, reason);
        }
        if let Some(deny) = self
            .denies()
            .find(|deny| denies(deny, tool, request, &meanings))
        {
            return refuse(
                RefusalCode::DeniedByRule,
                format!(
                    "the policy denies this: [[deny]] `{}` ({}:{})",
                    deny.id,
                    self.file_name(),
                    deny.line
                ),
            );
        }
        let granted = self
            .rules()
            .filter_map(|rule| {
                fit(rule, manifest, tool, request, &meanings)
                    .ok()
                    .map(|meaning| (rule, meaning))
            })
            .min_by_key(|(rule, _)| rule.precedence());
        match granted {
            Some((rule, meaning)) => Verdict::Allow(self.permit(rule, meaning, request)),
            None => {
                let (code, reason) = self.why_nothing_allowed(manifest, tool, request, &meanings);
                refuse(code, reason)
            }
        }
    }

    /// At most one meaning from the catalogue; else one for each rule of the file whose path matches.
    pub(crate) fn meanings(&self, request: &Request<'_>) -> Vec<Meaning> {
        if let Some(RouteMatch { route, params }) = catalogue().find(
            request.product,
            request.deployment,
            request.method,
            request.segments,
        ) {
            return vec![Meaning {
                route: route.id.clone(),
                class: route.class,
                template: route.template.to_string(),
                params,
                query: Some(route.query.clone()),
            }];
        }
        self.rules()
            .filter(|rule| rule.site.covers(request.site))
            .filter_map(|rule| match &rule.selector {
                Selector::Path(path)
                    if path.matches(request.product, request.method, request.segments) =>
                {
                    own_meaning(rule, path, request)
                }
                _ => None,
            })
            .collect()
    }

    /// What no rule can make good.
    fn check_shape(
        &self,
        manifest: &Manifest,
        tool: &str,
        request: &Request<'_>,
    ) -> Result<(), (RefusalCode, String)> {
        let site = self.site(request.site).ok_or_else(|| {
            (
                RefusalCode::UnknownSite,
                format!("no site is called `{}`", request.site),
            )
        })?;
        if !site.products.contains(&request.product) {
            return Err((
                RefusalCode::WrongProduct,
                format!("site `{}` has no {}", site.name, request.product),
            ));
        }
        if !site.possible_deployments().contains(&request.deployment) {
            return Err((
                RefusalCode::WrongDeployment,
                format!("site `{}` is not {}", site.name, request.deployment),
            ));
        }
        if !manifest.tools.contains_key(tool) {
            return Err((
                RefusalCode::UnknownTool,
                format!("the component declares no tool `{tool}`"),
            ));
        }
        segment::check_all(request.segments).map_err(|error| {
            (
                RefusalCode::Path,
                format!("the path is not canonical: {error}"),
            )
        })?;
        check_query(request.query).map_err(|reason| (RefusalCode::Query, reason))
    }

    fn permit(&self, rule: &Rule, meaning: &Meaning, request: &Request<'_>) -> Permit {
        let redirect = rule.redirect.as_ref().and_then(|name| {
            let origin = self
                .site(request.site)
                .and_then(|site: &Site| site.redirects.get(name))?;
            Some((name.clone(), origin.clone()))
        });
        Permit {
            rule: rule.id.clone(),
            site: request.site.clone(),
            route: meaning.route.clone(),
            class: meaning.class,
            template: meaning.template.clone(),
            params: meaning.params.clone(),
            redirect,
            request_max_bytes: rule.request_max_bytes,
            response_max_bytes: rule.response_max_bytes,
        }
    }

    fn refusal(
        &self,
        manifest: &Manifest,
        tool: &str,
        request: &Request<'_>,
        meanings: &[Meaning],
        code: RefusalCode,
        reason: String,
    ) -> Refusal {
        let deny = self.denies().find(|deny| {
            code == RefusalCode::DeniedByRule && denies(deny, tool, request, meanings)
        });
        let meaning = meanings.first();
        Refusal {
            rule: deny.map_or_else(|| DEFAULT_DENY.to_owned(), |deny| deny.id.clone()),
            code,
            reason,
            would_allow: remedy::would_allow(self, manifest, tool, request, meanings, code, deny),
            nearest: self.nearest(manifest, tool, request, meanings),
            route: meaning.map(|meaning| meaning.route.clone()),
            class: meaning.map(|meaning| meaning.class),
            template: meaning.map(|meaning| meaning.template.clone()),
            params: meaning
                .map(|meaning| meaning.params.clone())
                .unwrap_or_default(),
        }
    }

    fn nearest(
        &self,
        manifest: &Manifest,
        tool: &str,
        request: &Request<'_>,
        meanings: &[Meaning],
    ) -> Vec<NearMiss> {
        let mut misses: Vec<(&Rule, Miss)> = self
            .rules()
            .filter_map(|rule| {
                fit(rule, manifest, tool, request, meanings)
                    .err()
                    .map(|miss| (rule, miss))
            })
            .collect();
        misses.sort_by(|(a, x), (b, y)| y.progress.cmp(&x.progress).then_with(|| a.id.cmp(&b.id)));
        misses
            .into_iter()
            .take(3)
            .map(|(rule, miss)| NearMiss {
                rule: rule.id.clone(),
                line: rule.line,
                field: miss.field,
                detail: miss.detail,
            })
            .collect()
    }

    fn why_nothing_allowed(
        &self,
        manifest: &Manifest,
        tool: &str,
        request: &Request<'_>,
        meanings: &[Meaning],
    ) -> (RefusalCode, String) {
        let Some(meaning) = meanings.first() else {
            return (
                RefusalCode::NoRoute,
                format!(
                    "no route is known for {} {} on {}",
                    request.method,
                    path_text(request.segments),
                    request.deployment
                ),
            );
        };
        if !meaning.route.is_own() && !manifest.declares(tool, meaning.route.as_str()) {
            return (
                RefusalCode::NotDeclared,
                format!("tool `{tool}` does not declare the route {}", meaning.route),
            );
        }
        if let Some(query) = &meaning.query
            && let Some((name, _)) = request.query.iter().find(|(name, _)| !query.contains(name))
        {
            return (
                RefusalCode::Query,
                format!("the route {} has no query name {name:?}", meaning.route),
            );
        }
        let nearest = self
            .rules()
            .filter_map(|rule| fit(rule, manifest, tool, request, meanings).err())
            .max_by_key(|miss| miss.progress);
        match nearest {
            Some(Miss {
                field: "query",
                detail,
                ..
            }) => (RefusalCode::Query, detail),
            Some(Miss {
                field: "request-max-bytes",
                detail,
                ..
            }) => (RefusalCode::BodyTooLarge, detail),
            _ => (
                RefusalCode::NoRule,
                format!(
                    "no rule allows `{tool}` to use {} ({}) on site `{}`",
                    meaning.route, meaning.class, request.site
                ),
            ),
        }
    }
}

/// Does the rule allow the request, and as what?
fn fit<'m>(
    rule: &Rule,
    manifest: &Manifest,
    tool: &str,
    request: &Request<'_>,
    meanings: &'m [Meaning],
) -> Result<&'m Meaning, Miss> {
    let miss = |progress, field, detail| {
        Err(Miss {
            progress,
            field,
            detail,
        })
    };
    let selected = select(rule, request, meanings);
    // What a request is about says more about nearness than where it goes and who asks.
    let progress = match &selected {
        Ok(_) => 10_000,
        Err(miss) => miss.progress,
    };
    if !rule.site.covers(request.site) {
        return miss(
            progress,
            "site",
            format!(
                "the rule is for site `{}`, the request goes to `{}`",
                rule.site, request.site
            ),
        );
    }
    let meaning = selected?;
    if !rule.covers_tool(tool) {
        return miss(
            progress + 1,
            "tools",
            format!("the rule does not name `{tool}`"),
        );
    }
    let is_declared = manifest.declares(tool, meaning.route.as_str())
        || (meaning.route.is_own() && rule.names_tool(tool));
    if !is_declared {
        let detail = if meaning.route.is_own() {
            format!(
                "`{}` is an own route: the rule has to name the tools that may use it",
                meaning.route
            )
        } else {
            format!("tool `{tool}` does not declare the route {}", meaning.route)
        };
        return miss(progress + 2, "tools", detail);
    }
    if let Some((name, _)) = request
        .query
        .iter()
        .find(|(name, _)| !allows_query_name(rule, meaning, name))
    {
        return miss(
            progress + 3,
            "query",
            format!(
                "the query name {name:?} is not in the list of rule `{}`",
                rule.id
            ),
        );
    }
    if let Some(limit) = rule
        .request_max_bytes
        .filter(|limit| request.body_len > *limit)
    {
        return miss(
            progress + 4,
            "request-max-bytes",
            format!(
                "the body has {} bytes, rule `{}` allows {limit}",
                request.body_len, rule.id
            ),
        );
    }
    Ok(meaning)
}

fn allows_query_name(rule: &Rule, meaning: &Meaning, name: &String) -> bool {
    let by_route = meaning
        .query
        .as_ref()
        .is_none_or(|names| names.contains(name));
    let by_rule = match &rule.selector {
        Selector::Path(path) => path.query.contains(name),
        Selector::Classes(_) | Selector::Routes(_) => true,
    };
    by_route && by_rule
}

fn select<'m>(
    rule: &Rule,
    request: &Request<'_>,
    meanings: &'m [Meaning],
) -> Result<&'m Meaning, Miss> {
    let miss = |progress, field, detail| {
        Err(Miss {
            progress,
            field,
            detail,
        })
    };
    let known = meanings.first().filter(|meaning| !meaning.route.is_own());
    match (&rule.selector, known) {
        (Selector::Path(path), _) => {
            if let Some(meaning) = meanings
                .iter()
                .find(|meaning| !meaning.route.is_own() || meaning.route == RouteId::own(&rule.id))
                && path.matches(request.product, request.method, request.segments)
            {
                return Ok(meaning);
            }
            miss_of_path(path, request)
        }
        (Selector::Classes(classes), Some(meaning)) if classes.contains(&meaning.class) => {
            Ok(meaning)
        }
        (Selector::Routes(routes), Some(meaning)) if routes.contains(meaning.route.as_str()) => {
            Ok(meaning)
        }
        (Selector::Classes(_), Some(meaning)) => miss(
            100,
            "classes",
            format!("the request is of class {}", meaning.class),
        ),
        (Selector::Routes(_), Some(meaning)) => {
            miss(100, "routes", format!("the request is {}", meaning.route))
        }
        (Selector::Classes(_), None) => miss(
            0,
            "classes",
            "the request is no route of the catalogue".to_owned(),
        ),
        (Selector::Routes(_), None) => miss(
            0,
            "routes",
            "the request is no route of the catalogue".to_owned(),
        ),
    }
}

fn miss_of_path<'m>(path: &PathSelector, request: &Request<'_>) -> Result<&'m Meaning, Miss> {
    let miss = |progress, field, detail| {
        Err(Miss {
            progress,
            field,
            detail,
        })
    };
    if !path.template.matches(request.segments) {
        let prefix = path.template.matching_prefix(request.segments);
        return miss(
            prefix * 10,
            "path",
            format!("{} differs at segment {}", path.template, prefix + 1),
        );
    }
    if !path.methods.contains(&request.method) {
        return miss(1000, "methods", format!("the method is {}", request.method));
    }
    miss(
        1000,
        "product",
        format!("the request goes to {}", request.product),
    )
}

fn denies(deny: &Rule, tool: &str, request: &Request<'_>, meanings: &[Meaning]) -> bool {
    let selects = match &deny.selector {
        Selector::Classes(classes) => meanings
            .iter()
            .any(|meaning| classes.contains(&meaning.class)),
        Selector::Routes(routes) => meanings
            .iter()
            .any(|meaning| routes.contains(meaning.route.as_str())),
        Selector::Path(path) => path.matches(request.product, request.method, request.segments),
    };
    selects && deny.site.covers(request.site) && deny.covers_tool(tool)
}

fn own_meaning(rule: &Rule, path: &PathSelector, request: &Request<'_>) -> Option<Meaning> {
    let params = path.template.captures(request.segments)?;
    Some(Meaning {
        route: RouteId::own(&rule.id),
        class: path.own_class(request.method),
        template: path.template.to_string(),
        params,
        query: None,
    })
}

/// Each name once, and nothing in a value that could end a line or a string somewhere on the way.
fn check_query(query: &[(String, String)]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for (name, value) in query {
        if name.is_empty() {
            return Err("a query name is empty".to_owned());
        }
        if !seen.insert(name) {
            return Err(format!("the query name {name:?} comes twice"));
        }
        if name.chars().chain(value.chars()).any(char::is_control) {
            return Err(format!("the query pair {name:?} holds a control character"));
        }
    }
    Ok(())
}

/// For messages; never parsed again.
pub(crate) fn path_text(segments: &[String]) -> String {
    let text: String = segments
        .iter()
        .flat_map(|segment| ["/", segment.as_str()])
        .collect();
    text.escape_debug().take(200).collect()
}
