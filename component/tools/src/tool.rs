//! What a tool is: one argument struct that knows its name, its routes and how it runs. What a
//! caller may use is never decided here.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::arguments::{self, Alias};
use crate::error::{Kind, ToolError};
use crate::gateway::{Gateway, GatewayError, Product, Response, SiteInfo};
use crate::route::{Request, RouteInfo};
use crate::{ids, pruned, schema};

/// What a call can do, as all four hints of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    pub read_only: bool,
    pub destructive: bool,
    pub idempotent: bool,
    pub open_world: bool,
}

impl Access {
    pub const READ: Self = Self {
        read_only: true,
        destructive: false,
        idempotent: true,
        open_world: true,
    };
    /// Answers from the configuration alone.
    pub const LOCAL: Self = Self {
        open_world: false,
        ..Self::READ
    };
    /// Only adds.
    pub const ADD: Self = Self {
        read_only: false,
        idempotent: false,
        ..Self::READ
    };
    /// Replaces what was there; a second call with the same arguments changes nothing more.
    pub const SET: Self = Self {
        read_only: false,
        destructive: true,
        ..Self::READ
    };
    /// Replaces what was there; a second call does something again.
    pub const CHANGE: Self = Self {
        idempotent: false,
        ..Self::SET
    };
}

/// A tool is its argument struct. The doc comment is the description, the fields are the schema.
pub(crate) trait Tool: DeserializeOwned + JsonSchema {
    const NAME: &'static str;
    const TITLE: &'static str;
    /// The group it is switched on and off with.
    const TOOLSET: &'static str;
    /// The product whose site it works on; none for a tool over all sites.
    const PRODUCT: Option<Product>;
    const ACCESS: Access;
    /// Every route that the tool may use, and no other.
    const ROUTES: &'static [&'static RouteInfo];
    /// Names of arguments in other servers, and ours.
    const ALIASES: &'static [Alias] = &[];

    fn run(self, cx: &Context<'_>) -> Result<Output, ToolError>;
}

/// What a tool answers: Markdown for the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    pub text: String,
    /// The text says what went wrong and how to mend it.
    pub is_error: bool,
}

impl From<String> for Output {
    fn from(text: String) -> Self {
        Self {
            text,
            is_error: false,
        }
    }
}

impl From<ToolError> for Output {
    fn from(error: ToolError) -> Self {
        Self {
            text: error.to_string(),
            is_error: true,
        }
    }
}

/// A row of a family's `TOOLS` table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ToolDef {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) toolset: &'static str,
    pub(crate) product: Option<Product>,
    pub(crate) access: Access,
    pub(crate) routes: &'static [&'static RouteInfo],
    schema: fn() -> (String, Value),
    run: fn(&Context<'_>, &Value, Value) -> Result<Output, ToolError>,
}

impl ToolDef {
    pub(crate) const fn of<T: Tool>() -> Self {
        Self {
            name: T::NAME,
            title: T::TITLE,
            toolset: T::TOOLSET,
            product: T::PRODUCT,
            access: T::ACCESS,
            routes: T::ROUTES,
            schema: schema::of::<T>,
            run: |cx, schema, given| arguments::read::<T>(schema, T::ALIASES, given)?.run(cx),
        }
    }

    /// Description and input schema.
    pub(crate) fn schema(&self) -> (String, Value) {
        (self.schema)()
    }

    pub(crate) fn run(
        &self,
        gateway: &dyn Gateway,
        schema: &Value,
        arguments: Value,
    ) -> Result<Output, ToolError> {
        (self.run)(&Context { gateway }, schema, arguments)
    }
}

/// One call.
pub(crate) struct Context<'a> {
    gateway: &'a dyn Gateway,
}

impl<'a> Context<'a> {
    pub(crate) fn gateway(&self) -> &'a dyn Gateway {
        self.gateway
    }

    /// The one site of `product` that this call works on.
    pub(crate) fn site(&self, product: Product) -> Result<Site<'a>, ToolError> {
        let mut sites: Vec<SiteInfo> = self
            .gateway
            .sites()
            .into_iter()
            .filter(|site| site.product == product)
            .collect();
        let name = product.name();
        match (sites.pop(), sites.is_empty()) {
            (Some(info), true) => Ok(Site {
                gateway: self.gateway,
                info,
            }),
            (Some(last), false) => {
                let mut names: Vec<String> = sites.into_iter().map(|site| site.name).collect();
                names.push(last.name);
                names.sort();
                Err(ToolError::arguments(format!(
                    "there are several {name} sites: choose one with `site`: {}",
                    names.join(", ")
                )))
            }
            (None, _) => Err(ToolError::new(
                Kind::Unavailable,
                format!("no {name} site is configured"),
            )
            .advise(format!(
                "Tell the user: a site with {name} has to be added to the configuration."
            ))),
        }
    }
}

/// A site that requests can be sent to.
pub(crate) struct Site<'a> {
    gateway: &'a dyn Gateway,
    info: SiteInfo,
}

impl Site<'_> {
    pub(crate) fn info(&self) -> &SiteInfo {
        &self.info
    }

    /// Refuses a link that was copied from another site: the same key there is another issue.
    pub(crate) fn owns(&self, host: Option<&str>) -> Result<(), ToolError> {
        let own = ids::host_of(&self.info.browse_url);
        match (host, own.as_deref()) {
            (Some(given), Some(own)) if given != own => Err(ToolError::arguments(format!(
                "that address is on {given}, this site is {own}; choose the right `site` or give the key alone"
            ))),
            _ => Ok(()),
        }
    }

    /// Any status but a success is an error; `doing` completes "could not …".
    pub(crate) fn send(&self, doing: &str, request: &Request) -> Result<Answer, ToolError> {
        check(doing, request)?;
        Answer::from_result(
            doing,
            !request.is_idempotent(),
            self.gateway.send(&self.info, request),
        )
    }

    /// Side by side; the first failure is the failure of both.
    pub(crate) fn send_both(
        &self,
        [first, second]: [(&str, Request); 2],
    ) -> Result<[Answer; 2], ToolError> {
        for (doing, request) in [&first, &second] {
            check(doing, request)?;
        }
        let doing = [first.0, second.0];
        let writes = !(first.1.is_idempotent() && second.1.is_idempotent());
        let mut answers = self
            .gateway
            .send_many(&self.info, &[first.1, second.1])
            .into_iter();
        let mut next = |doing: &str| {
            let lost = || Err(GatewayError::Internal("an answer is missing".to_owned()));
            Answer::from_result(doing, writes, answers.next().unwrap_or_else(lost))
        };
        Ok([next(doing[0])?, next(doing[1])?])
    }
}

fn check(doing: &str, request: &Request) -> Result<(), ToolError> {
    match request.unknown_query() {
        Some(name) => Err(ToolError::new(
            Kind::Internal,
            format!(
                "could not {doing}: route {} has no query `{name}`",
                request.route().id
            ),
        )),
        None => Ok(()),
    }
}

/// A successful answer.
pub(crate) struct Answer {
    doing: String,
    writes: bool,
    response: Response,
}

impl Answer {
    fn from_result(
        doing: &str,
        writes: bool,
        result: Result<Response, GatewayError>,
    ) -> Result<Self, ToolError> {
        let response = result.map_err(|error| ToolError::from_gateway(doing, writes, error))?;
        match response.status {
            200..300 => Ok(Self {
                doing: doing.to_owned(),
                writes,
                response,
            }),
            _ => Err(ToolError::from_response(doing, writes, &response)),
        }
    }

    /// The body as JSON. Answers that have none (204) are not asked for it.
    pub(crate) fn json(&self) -> Result<Value, ToolError> {
        // Checked as a whole: parsing from bytes would check each string by itself.
        std::str::from_utf8(&self.response.body)
            .ok()
            .and_then(|text| pruned::parse(text).ok())
            .ok_or_else(|| ToolError::unreadable(&self.doing, self.writes, &self.response))
    }
}
