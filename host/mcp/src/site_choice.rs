//! The `site` argument that the host adds where a product has several sites.
//!
//! The component never sees the argument: it is taken out before the call, and the component gets
//! the one site that was meant. There is no default among several: a write must not go to the
//! wrong company because a model left a field out.

use serde_json::{Value, json};

use crate::{JsonObject, ToolProduct, ToolSpec};

const ARGUMENT: &str = "site";

/// A configured site, and what it serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteOffer {
    pub name: String,
    pub products: Vec<ToolProduct>,
}

/// Why no site could be taken from the arguments. The text is for the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SiteError {
    #[error("`site` is missing: say which site to work on, one of {}", .offered.join(", "))]
    Missing { offered: Vec<String> },
    #[error("`site` must be one of {}", .offered.join(", "))]
    Unknown { offered: Vec<String> },
}

/// Adds a required `site` to each tool whose product has more than one site.
pub fn with_site_choice(mut tools: Vec<ToolSpec>, sites: &[SiteOffer]) -> Vec<ToolSpec> {
    for tool in &mut tools {
        let names = sites_for(tool, sites);
        if names.len() < 2 {
            continue;
        }
        let choice = json!({
            "type": "string",
            "enum": names,
            "description": "Site to work on.",
        });
        let schema = &mut tool.input_schema;
        if let Value::Object(properties) = schema
            .entry("properties")
            .or_insert_with(|| Value::Object(JsonObject::new()))
        {
            properties.insert(ARGUMENT.to_owned(), choice);
        }
        if let Value::Array(required) = schema
            .entry("required")
            .or_insert_with(|| Value::Array(Vec::new()))
        {
            required.push(Value::from(ARGUMENT));
        }
    }
    tools
}

/// The sites that a call of `tool` has to choose from.
///
/// Empty for a tool that has to do with every site, or that takes an argument `site` of its own:
/// both see all sites, and their arguments are left alone.
pub fn sites_for<'a>(tool: &ToolSpec, sites: &'a [SiteOffer]) -> Vec<&'a str> {
    if tool.product == ToolProduct::Any || takes_a_site_of_its_own(tool) {
        return Vec::new();
    }
    sites
        .iter()
        .filter(|site| site.products.contains(&tool.product))
        .map(|site| site.name.as_str())
        .collect()
}

/// Takes the choice out of the arguments: the one of `offered` (from [`sites_for`]) that is meant,
/// or nothing where there is nothing to choose.
///
/// A single site may be named although the schema does not ask for it: models remember the
/// argument from elsewhere. Another name is still refused.
pub fn take_site<'a>(
    arguments: &mut JsonObject,
    offered: &[&'a str],
) -> Result<Option<&'a str>, SiteError> {
    if offered.is_empty() {
        return Ok(None);
    }
    let owned = || offered.iter().map(|name| (*name).to_owned()).collect();
    match (arguments.remove(ARGUMENT), offered) {
        (None | Some(Value::Null), [only]) => Ok(Some(only)),
        (None | Some(Value::Null), _) => Err(SiteError::Missing { offered: owned() }),
        (Some(Value::String(chosen)), _) => offered
            .iter()
            .find(|name| **name == chosen)
            .map(|name| Some(*name))
            .ok_or_else(|| SiteError::Unknown { offered: owned() }),
        (Some(_), _) => Err(SiteError::Unknown { offered: owned() }),
    }
}

fn takes_a_site_of_its_own(tool: &ToolSpec) -> bool {
    tool.input_schema
        .get("properties")
        .and_then(|properties| properties.get(ARGUMENT))
        .is_some()
}
