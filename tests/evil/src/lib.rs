//! The evil guest. Whatever tool it is called as, its arguments say how it misbehaves:
//! `{"behaviour": "infinite_loop"}`. What it finds out it returns as JSON text.
//!
//! It holds no expectations: the tests decide what should have become of each attempt.

mod behaviour;
mod memory;
mod raw;

mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "tools" });
}

use bindings::exports::airlock::atlassian::provider::{
    CallError, Content, Context, Guest, Outcome, Output, Tool,
};
use serde_json::Value;

struct Evil;

impl Guest for Evil {
    fn list_tools() -> Vec<Tool> {
        vec![Tool {
            name: "evil".to_owned(),
            title: None,
            description: "Does what its arguments say.".to_owned(),
            input_schema: r#"{"type":"object"}"#.to_owned(),
            output_schema: None,
            read_only: false,
            destructive: true,
            idempotent: false,
            routes: Vec::new(),
            toolset: "evil".to_owned(),
        }]
    }

    fn call_tool(name: String, arguments: String, _: Context) -> Result<Outcome, CallError> {
        let parsed: Value = serde_json::from_str(&arguments)
            .map_err(|error| CallError::InvalidArguments(error.to_string()))?;
        let result = match parsed["behaviour"].as_str().unwrap_or_default() {
            "raw" => raw::run(&parsed),
            other => {
                behaviour::run(other, &name, &arguments, &parsed).ok_or(CallError::UnknownName)?
            }
        };
        Ok(Outcome::Done(Output {
            content: vec![Content::Text(result.to_string())],
            structured: None,
            is_error: false,
            meta: None,
        }))
    }
}

bindings::export!(Evil with_types_in bindings);
