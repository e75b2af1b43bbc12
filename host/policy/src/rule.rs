//! One `[[rule]]` or `[[deny]]`, parsed. What it says, and nothing about how it is weighed against others.

use std::collections::BTreeSet;
use std::fmt;

use crate::bounds::Bounds;
use crate::catalogue::catalogue;
use crate::site::{quoted, quoted_list};
use crate::template::Template;
use crate::vocabulary::{Class, Method, Principal, Product, SiteName};
use crate::writing::joined;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stands in every audit record and refusal.
    pub id: String,
    pub effect: Effect,
    pub site: SiteSelector,
    pub selector: Selector,
    /// `None`: every tool that the component's manifest gives the route to.
    pub tools: Option<BTreeSet<String>>,
    /// `None`: everybody whose own section does not leave the rule out.
    pub principals: Option<BTreeSet<Principal>>,
    pub bounds: Bounds,
    /// A person is asked before anything that this rule speaks of is written.
    pub confirm: bool,
    pub request_max_bytes: Option<u64>,
    pub response_max_bytes: Option<u64>,
    /// How many requests of one caller it allows within any minute.
    pub per_minute: Option<u64>,
    /// Name of one of the site's `redirect` origins.
    pub redirect: Option<String>,
    /// Where the rule begins in its file.
    pub line: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Allow,
    Deny,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SiteSelector {
    Any,
    Named(SiteName),
}

/// What a rule is about: exactly one of the three.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    Classes(BTreeSet<Class>),
    /// Ids of the catalogue.
    Routes(BTreeSet<String>),
    Path(PathSelector),
}

/// Methods and a path. Where the catalogue knows the request, it stays the catalogue's route; where it does not,
/// an allowing rule adds the route `own.RULE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathSelector {
    pub methods: BTreeSet<Method>,
    pub template: Template,
    /// The query names that the rule allows; none listed, none allowed.
    pub query: Vec<String>,
    /// What an own route does, where its method would say otherwise.
    pub class: Option<Class>,
    /// `None` only in a `[[deny]]`: whatever the product.
    pub product: Option<Product>,
}

impl Rule {
    pub fn covers_tool(&self, tool: &str) -> bool {
        self.tools.as_ref().is_none_or(|tools| tools.contains(tool))
    }

    pub fn covers_principal(&self, principal: &Principal) -> bool {
        let principals = self.principals.as_ref();
        principals.is_none_or(|principals| principals.contains(principal))
    }

    /// The operator wrote this tool's name into this rule.
    pub fn names_tool(&self, tool: &str) -> bool {
        self.tools
            .as_ref()
            .is_some_and(|tools| tools.contains(tool))
    }

    /// As it would stand in a policy file, without what it accepts.
    pub(crate) fn to_toml(&self) -> String {
        let header = match self.effect {
            Effect::Allow => "[[rule]]",
            Effect::Deny => "[[deny]]",
        };
        let mut lines = vec![
            header.to_owned(),
            format!("id = {}", quoted(&self.id)),
            format!("site = {}", quoted(&self.site.to_string())),
        ];
        match &self.selector {
            Selector::Classes(classes) => lines.push(format!(
                "classes = {}",
                quoted_list(classes.iter().map(|class| class.as_str()))
            )),
            Selector::Routes(routes) => {
                lines.push(format!("routes = {}", quoted_list(routes.iter())));
            }
            Selector::Path(path) => lines.extend(path.to_toml()),
        }
        if let Some(tools) = &self.tools {
            lines.push(format!("tools = {}", quoted_list(tools.iter())));
        }
        if let Some(principals) = &self.principals {
            let principals = principals.iter().map(Principal::as_str);
            lines.push(format!("principals = {}", quoted_list(principals)));
        }
        lines.extend(self.bounds.to_toml());
        if self.confirm {
            lines.push("confirm = true".to_owned());
        }
        let limits = [
            ("request-max-bytes", self.request_max_bytes),
            ("response-max-bytes", self.response_max_bytes),
            ("per-minute", self.per_minute),
        ];
        lines.extend(
            limits
                .iter()
                .filter_map(|(key, limit)| Some(format!("{key} = {}", (*limit)?))),
        );
        if let Some(redirect) = &self.redirect {
            lines.push(format!("redirect = {}", quoted(redirect)));
        }
        lines.join("\n") + "\n"
    }

    /// Several rules may allow one request; the one that says most precisely what it is about is the one that is
    /// named and whose limits and redirect hold. Ids break ties, so that the order in the file means nothing.
    pub(crate) fn precedence(&self) -> (u8, &str) {
        let precision = match self.selector {
            Selector::Path(_) => 0,
            Selector::Routes(_) => 1,
            Selector::Classes(_) => 2,
        };
        (precision, &self.id)
    }
}

impl Selector {
    /// Is nothing but reading spoken of, as far as the rule alone can tell?
    pub(crate) fn only_reads(&self) -> bool {
        let is_read = |class: Class| class == Class::Read;
        match self {
            Self::Path(path) => {
                let mut methods = path.methods.iter();
                methods.all(|method| is_read(path.own_class(*method)))
            }
            Self::Routes(routes) => routes
                .iter()
                .all(|id| catalogue().by_id(id).all(|route| is_read(route.class))),
            Self::Classes(classes) => classes.iter().copied().all(is_read),
        }
    }

    /// Only a GET is ever redirected, so only such a rule may name where to.
    pub(crate) fn may_redirect(&self) -> bool {
        let is_get = |method: Method| method == Method::Get;
        match self {
            Self::Path(path) => path.methods.iter().copied().all(is_get),
            Self::Routes(routes) => routes
                .iter()
                .all(|id| catalogue().by_id(id).all(|route| is_get(route.method))),
            Self::Classes(classes) => classes.iter().all(|class| *class == Class::Read),
        }
    }
}

impl SiteSelector {
    pub fn covers(&self, site: &SiteName) -> bool {
        match self {
            Self::Any => true,
            Self::Named(name) => name == site,
        }
    }
}

impl PathSelector {
    /// What the own route of this selector does.
    pub fn own_class(&self, method: Method) -> Class {
        self.class.unwrap_or_else(|| class_of_method(method))
    }

    fn to_toml(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(product) = self.product {
            lines.push(format!("product = {}", quoted(product.as_str())));
        }
        let methods = self.methods.iter().map(|method| method.as_str());
        lines.push(format!("methods = {}", quoted_list(methods)));
        lines.push(format!("path = {}", quoted(&self.template.to_string())));
        if !self.query.is_empty() {
            lines.push(format!("query = {}", quoted_list(self.query.iter())));
        }
        if let Some(class) = self.class {
            lines.push(format!("class = {}", quoted(class.as_str())));
        }
        lines
    }

    pub(crate) fn matches(&self, product: Product, method: Method, segments: &[String]) -> bool {
        self.product.is_none_or(|own| own == product)
            && self.methods.contains(&method)
            && self.template.matches(segments)
    }
}

/// What a request of an unknown route does, as far as its method tells.
pub(crate) const fn class_of_method(method: Method) -> Class {
    match method {
        Method::Get | Method::Head => Class::Read,
        Method::Post | Method::Put | Method::Patch => Class::Write,
        Method::Delete => Class::Delete,
    }
}

impl fmt::Display for SiteSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.pad("*"),
            Self::Named(name) => name.fmt(f),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Classes(classes) => write!(f, "classes {}", joined(classes)),
            Self::Routes(routes) => write!(f, "routes {}", joined(routes)),
            Self::Path(path) => write!(f, "{} {}", joined(&path.methods), path.template),
        }
    }
}
