//! The weighing: catalogue ∩ manifest ∩ policy, for one request of one tool of one caller.
//!
//! This is the only function that turns rules into a yes or a no. `[[deny]]` wins, no match is a no, and the order
//! of rules in the file means nothing.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::Policy;
use crate::bounds::{Bound, slots_of_path};
use crate::catalogue::{Route, RouteId, RouteMatch, Slot, catalogue};
use crate::decide::{By, Confirm, DEFAULT_DENY, NearMiss, Permit, Refusal, RefusalCode, Subject};
use crate::fit::Miss;
use crate::hold::{BodyView, Held, Scope};
use crate::manifest::Manifest;
use crate::net::AddressRules;
use crate::remedy;
use crate::rule::{PathSelector, Rule, Selector};
use crate::segment;
use crate::template::Template;
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
    pub(crate) body: BodyView<'a>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allow(Permit),
    Deny(Refusal),
}

/// What the request is: a route of the catalogue, or what a rule of the file that matches its path makes of it.
#[derive(Clone, Debug)]
pub(crate) struct Meaning<'a> {
    pub(crate) route: RouteId,
    pub(crate) class: Class,
    pub(crate) template: String,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) source: Source<'a>,
}

/// Where a meaning comes from, and with it which query names there are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source<'a> {
    Catalogue(&'static Route),
    /// The rule that adds the route, and its path; it lists the names.
    Rule(&'a Rule, &'a PathSelector),
}

/// One request of one tool of one caller, with all that it could mean.
pub(crate) struct Case<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) manifest: &'a Manifest,
    pub(crate) by: By<'a>,
    pub(crate) request: Request<'a>,
    /// One from the catalogue; else one for each rule whose path matches; else none.
    pub(crate) meanings: Vec<Meaning<'a>>,
}

impl Policy {
    pub(crate) fn evaluate(
        &self,
        manifest: &Manifest,
        by: By<'_>,
        request: Request<'_>,
    ) -> Verdict {
        let case = self.case(manifest, by, request);
        match case.weigh() {
            Ok(permit) => Verdict::Allow(permit),
            Err(Some((code, reason))) => case.refuse(code, reason),
            Err(None) => {
                let (code, reason) = case.why_nothing_allowed();
                case.refuse(code, reason)
            }
        }
    }

    /// The same decision without the words about a refusal, for whoever asks a hundred thousand times.
    pub(crate) fn permit(
        &self,
        manifest: &Manifest,
        by: By<'_>,
        request: Request<'_>,
    ) -> Option<Permit> {
        self.case(manifest, by, request).weigh().ok()
    }

    fn case<'a>(&'a self, manifest: &'a Manifest, by: By<'a>, request: Request<'a>) -> Case<'a> {
        Case {
            policy: self,
            manifest,
            by,
            request,
            meanings: self.meanings(&request),
        }
    }

    fn meanings(&self, request: &Request<'_>) -> Vec<Meaning<'_>> {
        let Request {
            product,
            deployment,
            method,
            segments,
            ..
        } = *request;
        if let Some(RouteMatch { route, params }) =
            catalogue().find(product, deployment, method, segments)
        {
            return vec![Meaning {
                route: route.id.clone(),
                class: route.class,
                template: route.template.to_string(),
                params,
                source: Source::Catalogue(route),
            }];
        }
        self.rules_at(request.site)
            .filter_map(|rule| match &rule.selector {
                Selector::Path(path) => own_meaning(rule, path, request),
                Selector::Classes(_) | Selector::Routes(_) => None,
            })
            .collect()
    }
}

impl Case<'_> {
    /// The one place where yes and no are told apart. `Err(None)`: nothing is against it, and nothing is for it.
    fn weigh(&self) -> Result<Permit, Option<(RefusalCode, String)>> {
        self.check_shape()?;
        if let Some(deny) = self.deny() {
            let place = format!("{}:{}", self.policy.file_name(), deny.line);
            let reason = format!("the policy denies this: [[deny]] `{}` ({place})", deny.id);
            return Err(Some((RefusalCode::DeniedByRule, reason)));
        }
        let granted = self
            .policy
            .rules_at(self.request.site)
            .filter_map(|rule| Some((rule, self.fit(rule).ok()?)));
        let mut together = Together::default();
        let granted = granted.inspect(|(rule, _)| together.add(rule, self.request.product));
        let Some((rule, meaning)) = granted.min_by_key(|(rule, _)| rule.precedence()) else {
            return self.pass_unlisted().ok_or(None);
        };
        let mut permit = self.permit(rule, meaning);
        permit.confirm = self.confirm();
        if let Some(keys) = together.keys() {
            self.hold(&mut permit, meaning, keys)
                .map_err(|reason| Some((RefusalCode::Outside, reason)))?;
        }
        Ok(permit)
    }

    /// Narrows what is permitted to these projects or spaces.
    pub(crate) fn hold(
        &self,
        permit: &mut Permit,
        meaning: &Meaning<'_>,
        keys: BTreeSet<String>,
    ) -> Result<(), String> {
        let mut scope = Scope::new(self.request.product, self.request.deployment, keys);
        let (slots, _) = meaning.places();
        let narrowed = scope.narrow(&self.request, &slots, &meaning.params, meaning.class)?;
        scope.space_numbers.clone_from(&narrowed.space_numbers);
        permit.held = Some(Box::new(Held {
            scope,
            slots: slots.into_owned(),
            narrowed,
        }));
        Ok(())
    }

    /// The rule by which a person is asked: one that speaks of the request, though its limits may leave the allowing to
    /// another, or a longer body would be a way around the question.
    fn confirm(&self) -> Option<Confirm> {
        let mut rules = self.policy.rules_at(self.request.site);
        let rule = rules.find(|rule| {
            let speaks_of = |meaning: &Meaning<'_>| meaning.class != Class::Read;
            rule.confirm && self.speaks_of(rule).is_ok_and(speaks_of)
        })?;
        Some(Confirm {
            rule: rule.id.clone(),
            place: format!("{}:{}", self.policy.file_name(), rule.line),
        })
    }

    /// The denial that catches the request: by any of its meanings.
    pub(crate) fn deny(&self) -> Option<&Rule> {
        self.policy.denies().find(|deny| self.is_denied_by(deny))
    }

    /// What no rule can make good.
    fn check_shape(&self) -> Result<(), (RefusalCode, String)> {
        let Request {
            site,
            product,
            deployment,
            segments,
            query,
            ..
        } = self.request;
        let Some(site) = self.policy.site(site) else {
            return Err((
                RefusalCode::UnknownSite,
                format!("no site is called {:?}", site.as_str()),
            ));
        };
        if !site.products.contains(&product) {
            return Err((
                RefusalCode::WrongProduct,
                format!("site `{}` has no {product}", site.name),
            ));
        }
        if !site.possible_deployments().contains(&deployment) {
            return Err((
                RefusalCode::WrongDeployment,
                format!("site `{}` is not {deployment}", site.name),
            ));
        }
        // A name is checked when it is looked up.
        if site.cloud_id.is_none() && site.origin.literal().is_some() {
            let checked = AddressRules::for_site(site).check_literal(&site.origin);
            checked.map_err(|error| {
                (
                    RefusalCode::Address,
                    format!("site `{}`: {error}", site.name),
                )
            })?;
        }
        if !self.manifest.tools.contains_key(self.by.tool) {
            return Err((
                RefusalCode::UnknownTool,
                format!("the component declares no tool {:?}", self.by.tool),
            ));
        }
        segment::check_all(segments).map_err(|error| {
            (
                RefusalCode::Path,
                format!("the path is not canonical: {error}"),
            )
        })?;
        check_query(query).map_err(|reason| (RefusalCode::Query, reason))
    }

    fn permit(&self, rule: &Rule, meaning: &Meaning<'_>) -> Permit {
        let redirect = rule.redirect.as_ref().and_then(|name| {
            let origin = self.policy.site(self.request.site)?.redirects.get(name)?;
            Some((name.clone(), origin.clone()))
        });
        Permit {
            redirect,
            request_max_bytes: rule.request_max_bytes,
            response_max_bytes: rule.response_max_bytes,
            per_minute: rule.per_minute,
            ..self.bare_permit(&rule.id, meaning)
        }
    }

    /// Without any limit.
    pub(crate) fn bare_permit(&self, rule: &str, meaning: &Meaning<'_>) -> Permit {
        Permit {
            rule: rule.to_owned(),
            site: self.request.site.clone(),
            route: meaning.route.clone(),
            class: meaning.class,
            template: meaning.template.clone(),
            params: meaning.params.clone(),
            redirect: None,
            request_max_bytes: None,
            response_max_bytes: None,
            per_minute: None,
            confirm: None,
            held: None,
        }
    }

    fn refuse(&self, code: RefusalCode, reason: String) -> Verdict {
        let deny = if code == RefusalCode::DeniedByRule {
            self.deny()
        } else {
            None
        };
        let meaning = self.meanings.first();
        Verdict::Deny(Refusal {
            rule: deny.map_or_else(|| DEFAULT_DENY.to_owned(), |deny| deny.id.clone()),
            code,
            reason,
            would_allow: remedy::would_allow(self, code, deny),
            nearest: self.nearest(),
            route: meaning.map(|meaning| meaning.route.clone()),
            class: meaning.map(|meaning| meaning.class),
            template: meaning.map(|meaning| meaning.template.clone()),
            params: meaning
                .map(|meaning| meaning.params.clone())
                .unwrap_or_default(),
        })
    }

    fn misses(&self) -> Vec<(&Rule, Miss)> {
        let mut misses: Vec<_> = self
            .policy
            .rules()
            .filter_map(|rule| Some((rule, self.miss(rule)?)))
            .collect();
        misses.sort_by(|(a, x), (b, y)| y.progress.cmp(&x.progress).then_with(|| a.id.cmp(&b.id)));
        misses
    }

    fn nearest(&self) -> Vec<NearMiss> {
        let near = self.misses().into_iter().take(3);
        near.map(|(rule, miss)| NearMiss {
            rule: rule.id.clone(),
            line: rule.line,
            field: miss.field,
            detail: miss.detail,
        })
        .collect()
    }

    fn why_nothing_allowed(&self) -> (RefusalCode, String) {
        let Request {
            site,
            deployment,
            method,
            segments,
            query,
            ..
        } = self.request;
        let Some(meaning) = self.meanings.first() else {
            let path = path_text(segments);
            return (
                RefusalCode::NoRoute,
                format!("no route is known for {method} {path} on {deployment}"),
            );
        };
        let route = &meaning.route;
        if !route.is_own() && !self.manifest.declares(self.by.tool, route.as_str()) {
            return (
                RefusalCode::NotDeclared,
                format!("tool `{}` does not declare the route {route}", self.by.tool),
            );
        }
        let unknown = query.iter().find(|(name, _)| !meaning.has_query_name(name));
        if let Some((name, _)) = unknown {
            return (
                RefusalCode::Query,
                format!("the route {route} has no query name {name:?}"),
            );
        }
        match self.misses().into_iter().next() {
            Some((
                _,
                Miss {
                    field: "query",
                    detail,
                    ..
                },
            )) => (RefusalCode::Query, detail),
            Some((
                _,
                Miss {
                    field: "request-max-bytes",
                    detail,
                    ..
                },
            )) => (RefusalCode::BodyTooLarge, detail),
            Some((
                _,
                Miss {
                    field: "projects" | "spaces",
                    detail,
                    ..
                },
            )) => (RefusalCode::Outside, detail),
            _ => {
                let what = format!("{route} ({})", meaning.class);
                let By { principal, tool } = self.by;
                let whose = if self.policy.names_principals() {
                    format!("`{tool}` of principal `{principal}`")
                } else {
                    format!("`{tool}`")
                };
                (
                    RefusalCode::NoRule,
                    format!("no rule allows {whose} to use {what} on site `{site}`"),
                )
            }
        }
    }
}

/// What all rules that fit leave open between them.
#[derive(Default)]
struct Together {
    keys: BTreeSet<String>,
    is_free: bool,
}

impl Together {
    fn add(&mut self, rule: &Rule, product: Product) {
        match rule.bounds.of(product) {
            Bound::Free => self.is_free = true,
            Bound::Only(keys) if !self.is_free => self.keys.extend(keys.iter().cloned()),
            Bound::Only(_) | Bound::Elsewhere => {}
        }
    }

    /// `None`: everything.
    fn keys(self) -> Option<BTreeSet<String>> {
        (!self.is_free).then_some(self.keys)
    }
}

impl Meaning<'_> {
    /// Where the route names projects and spaces, and the path that its segments are counted in.
    pub(crate) fn places(&self) -> (Cow<'_, [Slot]>, &Template) {
        match self.source {
            Source::Catalogue(route) => (Cow::Borrowed(&route.slots), &route.template),
            Source::Rule(_, path) => {
                let slots = path
                    .product
                    .map_or_else(Vec::new, |product| slots_of_path(product, &path.template));
                (Cow::Owned(slots), &path.template)
            }
        }
    }

    /// The route's own list; for a route that a rule adds, the rule's list is asked instead.
    pub(crate) fn has_query_name(&self, name: &String) -> bool {
        match self.source {
            Source::Catalogue(route) => route.query.contains(name),
            Source::Rule(..) => true,
        }
    }
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
            body: subject.body(),
        }
    }
}

fn own_meaning<'a>(
    rule: &'a Rule,
    path: &'a PathSelector,
    request: &Request<'_>,
) -> Option<Meaning<'a>> {
    if !path.matches(request.product, request.method, request.segments) {
        return None;
    }
    Some(Meaning {
        route: RouteId::own(&rule.id),
        class: path.own_class(request.method),
        template: path.template.to_string(),
        params: path.template.captures(request.segments)?,
        source: Source::Rule(rule, path),
    })
}

/// Each name once, and nothing in a name or a value that could end a line or a string somewhere on the way.
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
