//! A seeded writer of ADF documents that reads the schema itself.
//!
//! Decides at random wherever the schema leaves a choice. Knows no node and no mark by name, so a
//! newer schema is covered without a change here.

use std::collections::BTreeSet;

use fastrand::Rng;
use serde_json::{Map, Value, json};

use super::SCHEMA;

pub(in crate::tests) struct Generator {
    random: Rng,
    deepest: usize,
    /// The definitions that were followed.
    pub(super) seen: BTreeSet<String>,
    last_id: u32,
}

/// What texts are made of: words, and everything some format takes for markup.
const PARTS: &[&str] = &[
    "word",
    "a",
    "B",
    "1.",
    "2026",
    " ",
    " ",
    " ",
    "  ",
    "\n",
    "*",
    "**",
    "_",
    "`",
    "~~",
    "[",
    "]",
    "(x)",
    "|",
    "#",
    "-",
    "+",
    ">",
    "<b>",
    "</u>",
    "&amp;",
    "\\",
    "!",
    ":smile:",
    "https://a.example/b?c=d&e",
    "[ ]",
    "[x]",
    "[!INFO]",
    "[^1]",
    "⟦",
    "⟧",
    "{code}",
    "é",
    "日本",
    "👩‍💻",
    "\u{a0}",
    "\u{200b}",
    "\u{202e}",
    "{}",
    "$1",
];

impl Generator {
    pub(in crate::tests) fn new(seed: u64, deepest: usize) -> Self {
        Self {
            random: Rng::with_seed(seed),
            deepest,
            seen: BTreeSet::new(),
            last_id: 0,
        }
    }

    pub(in crate::tests) fn document(&mut self) -> Value {
        self.value(&SCHEMA["definitions"]["doc_node"], "", 0)
    }

    fn value(&mut self, schema: &Value, property: &str, depth: usize) -> Value {
        let schema = self.settled(schema, depth);
        if let Some(choices) = schema["enum"].as_array() {
            return choices[self.random.usize(..choices.len())].clone();
        }
        match schema["type"].as_str() {
            Some("object") => self.object(&schema, depth),
            Some("array") => self.array(&schema, property, depth),
            Some("string") => self.string(&schema, property).into(),
            Some("number") => self.number(&schema),
            Some("boolean") => self.random.bool().into(),
            Some(other) => panic!("the schema has a type the generator does not know: {other}"),
            None => self.anything(),
        }
    }

    /// The schema with its references followed, one of its alternatives chosen and its parts put
    /// together.
    fn settled(&mut self, schema: &Value, depth: usize) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.trim_start_matches("#/definitions/");
            self.seen.insert(name.to_owned());
            return self.settled(&SCHEMA["definitions"][name], depth);
        }
        if let Some(alternatives) = schema["anyOf"].as_array() {
            let shallow = alternatives.iter().find(|alternative| {
                let name = alternative["$ref"].as_str().unwrap_or("");
                name.starts_with("#/definitions/paragraph")
            });
            let chosen = match shallow {
                Some(shallow) if depth >= self.deepest => shallow,
                _ if depth >= self.deepest => &alternatives[0],
                _ => &alternatives[self.random.usize(..alternatives.len())],
            };
            return self.settled(chosen, depth);
        }
        let Some(parts) = schema["allOf"].as_array() else {
            return schema.clone();
        };
        let mut whole = json!({"type": "object", "properties": {}, "required": []});
        let mut closed: Vec<Value> = Vec::new();
        for part in parts {
            let part = self.settled(part, depth);
            if let (Some(to), Some(from)) = (
                whole["properties"].as_object_mut(),
                part["properties"].as_object(),
            ) {
                to.extend(from.clone());
            }
            if let (Some(to), Some(from)) = (
                whole["required"].as_array_mut(),
                part["required"].as_array(),
            ) {
                to.extend(from.clone());
            }
            if part["additionalProperties"] == false {
                closed.push(part["properties"].clone());
            }
        }
        // What one part does not know and refuses cannot be there.
        if let Some(properties) = whole["properties"].as_object_mut() {
            properties.retain(|name, _| closed.iter().all(|part| part.get(name).is_some()));
        }
        whole
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let required: Vec<&str> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut object = Map::new();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let likely = if name == "content" { 0.9 } else { 0.3 };
            if required.contains(&name.as_str()) || self.random.f64() < likely {
                object.insert(
                    name.clone(),
                    self.value(property, name, depth + usize::from(name == "content")),
                );
            }
        }
        object.into()
    }

    fn array(&mut self, schema: &Value, property: &str, depth: usize) -> Value {
        let bound = |name: &str| {
            schema[name]
                .as_u64()
                .and_then(|bound| usize::try_from(bound).ok())
        };
        let least = bound("minItems").unwrap_or(0);
        let most =
            bound("maxItems").unwrap_or(least.max(if depth >= self.deepest { 1 } else { 4 }));
        let count = self.random.usize(least..=most);
        let items: Vec<Value> = (0..count)
            .filter_map(|index| match &schema["items"] {
                Value::Array(tuple) => tuple.get(index).cloned(),
                Value::Null => None,
                items => Some(items.clone()),
            })
            .collect();
        items
            .iter()
            .map(|item| self.value(item, property, depth))
            .collect()
    }

    fn string(&mut self, schema: &Value, property: &str) -> String {
        if let Some(pattern) = schema["pattern"].as_str() {
            return match pattern {
                "^#[0-9a-fA-F]{6}$" | "^#[0-9a-fA-F]{8}$|^#[0-9a-fA-F]{6}$" => {
                    format!("#{:06x}", self.random.u32(..1 << 24))
                }
                "^(neutral|purple|blue|red|yellow|green|#[0-9a-fA-F]{6})$" => [
                    "neutral", "purple", "blue", "red", "yellow", "green", "#12aB9f",
                ][self.random.usize(..7)]
                .to_owned(),
                other => panic!("the schema has a pattern the generator does not know: {other}"),
            };
        }
        self.last_id += 1;
        match property {
            "url" | "href" => format!("https://a.example/{}", self.last_id),
            "timestamp" => (self.random.i64(0..4_000_000_000) * 1000).to_string(),
            "shortName" => [":smile:", ":+1:", ":check_mark:", ":own-emoji:"]
                [self.random.usize(..4)]
            .to_owned(),
            "text" | "title" | "alt" => self.words(schema["minLength"].as_u64().unwrap_or(0) > 0),
            "language" => ["rust", "c++", "plain text", ""][self.random.usize(..4)].to_owned(),
            name => format!("{name}-{}", self.last_id),
        }
    }

    fn words(&mut self, filled: bool) -> String {
        let count = self.random.usize(usize::from(filled)..5);
        (0..count)
            .map(|_| PARTS[self.random.usize(..PARTS.len())])
            .collect()
    }

    fn number(&mut self, schema: &Value) -> Value {
        let bound = |name: &str| schema[name].as_i64();
        let least = bound("minimum").unwrap_or(0);
        let most = bound("maximum").unwrap_or(least + 900);
        self.random.i64(least..=most).into()
    }

    fn anything(&mut self) -> Value {
        match self.random.usize(..5) {
            0 => Value::Null,
            1 => json!({"key": {"value": self.words(false)}}),
            2 => json!([1, 2.5, true]),
            3 => self.words(false).into(),
            _ => json!({}),
        }
    }
}
