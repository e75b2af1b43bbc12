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

#[cfg(test)]
mod tests {
    #![expect(
        clippy::unwrap_used,
        reason = "a fixture that does not parse fails the test"
    )]

    use super::*;

    fn tool(product: &str, schema: Value) -> ToolSpec {
        serde_json::from_value(json!({
            "name": "tool",
            "title": "Title",
            "description": "Description.",
            "inputSchema": schema,
            "annotations": {
                "readOnlyHint": true,
                "destructiveHint": false,
                "idempotentHint": true,
                "openWorldHint": true,
            },
            "toolset": "issues",
            "product": product,
            "routes": [],
        }))
        .unwrap()
    }

    fn sites() -> Vec<SiteOffer> {
        let offer = |name: &str, products: &[ToolProduct]| SiteOffer {
            name: name.to_owned(),
            products: products.to_vec(),
        };
        vec![
            offer("acme", &[ToolProduct::Jira, ToolProduct::Confluence]),
            offer("old", &[ToolProduct::Jira]),
        ]
    }

    fn arguments(value: Value) -> JsonObject {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn only_a_product_with_several_sites_gets_the_choice() {
        let issue = json!({
            "type": "object",
            "properties": {"key": {"type": "string"}},
            "required": ["key"],
        });
        let bare = json!({"type": "object", "additionalProperties": false});
        let own = json!({"type": "object", "properties": {"site": {"type": "string"}}});
        let tools = vec![
            tool("jira", issue.clone()),
            tool("jira", bare),
            tool("confluence", issue.clone()),
            tool("any", issue.clone()),
            tool("jira", own.clone()),
        ];
        let schemas: Vec<Value> = with_site_choice(tools, &sites())
            .into_iter()
            .map(|tool| Value::Object(tool.input_schema))
            .collect();
        let choice =
            json!({"type": "string", "enum": ["acme", "old"], "description": "Site to work on."});
        assert_eq!(
            schemas,
            [
                json!({
                    "type": "object",
                    "properties": {"key": {"type": "string"}, "site": choice},
                    "required": ["key", "site"],
                }),
                json!({
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {"site": choice},
                    "required": ["site"],
                }),
                issue.clone(),
                issue,
                own,
            ]
        );
    }

    #[test]
    fn the_choice_is_taken_out_of_the_arguments() {
        let sites = sites();
        let offered = sites_for(&tool("jira", json!({"type": "object"})), &sites);
        let mut given = arguments(json!({"key": "PROJ-1", "site": "old"}));
        assert_eq!(take_site(&mut given, &offered), Ok(Some("old")));
        assert_eq!(given, arguments(json!({"key": "PROJ-1"})));
    }

    #[test]
    fn among_several_sites_one_must_be_named() {
        let offered = ["acme", "old"];
        let missing = "`site` is missing: say which site to work on, one of acme, old";
        let unknown = "`site` must be one of acme, old";
        for (given, refusal) in [
            (json!({}), missing),
            (json!({"site": null}), missing),
            (json!({"site": ""}), unknown),
            (json!({"site": "ACME"}), unknown),
            (json!({"site": "acm"}), unknown),
            (json!({"site": 0}), unknown),
            (json!({"site": ["acme"]}), unknown),
        ] {
            let taken = take_site(&mut arguments(given.clone()), &offered);
            assert_eq!(taken.unwrap_err().to_string(), refusal, "{given}");
        }
    }

    #[test]
    fn a_single_site_needs_no_name_but_bears_its_own() {
        for given in [json!({}), json!({"site": null}), json!({"site": "acme"})] {
            let mut given = arguments(given);
            assert_eq!(take_site(&mut given, &["acme"]), Ok(Some("acme")));
            assert!(given.is_empty());
        }
        let other = take_site(&mut arguments(json!({"site": "old"})), &["acme"]);
        assert!(matches!(other, Err(SiteError::Unknown { .. })));
    }

    #[test]
    fn a_tool_without_the_choice_keeps_its_arguments() {
        let given = arguments(json!({"site": "anything"}));
        let mut left = given.clone();
        assert_eq!(take_site(&mut left, &[]), Ok(None));
        assert_eq!(left, given);
    }
}
