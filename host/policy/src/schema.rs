//! `policy schema`: the grammar of the policy file as a JSON Schema, for editors that complete and underline.
//!
//! The parser knows more (which site exists, which route a path is); what the schema refuses, the parser refuses too.

use serde_json::{Map, Value, json};

use crate::audit_mode::AUDIT_MODE;
use crate::check::CODES;
use crate::decide::DEFAULT_DENY;
use crate::file::MOST_A_MINUTE;
use crate::principal::ANYONE_ELSE;
use crate::vocabulary::{Class, Deployment, Method, Product};

/// Of draft 2020-12.
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mcp-airlock policy",
        "description": "Which requests may be made, where, and by which tools. What no rule allows is refused.",
        "type": "object",
        "additionalProperties": false,
        "required": ["version", "rule"],
        "if": { "properties": { "mode": { "const": "audit" } }, "required": ["mode"] },
        "then": { "required": ["audit-until"] },
        "else": { "properties": { "audit-until": false } },
        "properties": {
            "version": { "const": 1, "description": "The version of this grammar." },
            "mode": described(json!({ "enum": ["enforce", "audit"] }), "Left out: enforce. In audit mode, reads and writes that no rule speaks of pass and are recorded."),
            "audit-until": described(day(), "The last day of the audit mode; afterwards the rules are enforced."),
            "component": object(&["sha256"], properties([
                ("sha256", described(json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" }), "The one foreign component that may run instead of the built-in one.")),
            ])),
            "site": {
                "type": "object",
                "propertyNames": { "pattern": NAME },
                "additionalProperties": site(),
            },
            "rule": { "type": "array", "minItems": 1, "items": rule() },
            "deny": { "type": "array", "items": deny() },
            "principal": {
                "type": "object",
                "propertyNames": principal(),
                "additionalProperties": object(&["rules"], properties([
                    ("rules", list(json!({ "type": "string", "pattern": NAME }), "The only rules that this principal has, as far as they are for them.")),
                    ("accept", accept()),
                ])),
            },
        },
    })
}

/// The same letters as in the parser: names stand in records and messages without quotes.
const NAME: &str = "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$";

fn properties<const N: usize>(list: [(&str, Value); N]) -> Map<String, Value> {
    list.into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

fn object(required: &[&str], properties: Map<String, Value>) -> Value {
    json!({ "type": "object", "additionalProperties": false, "required": required, "properties": properties })
}

fn described(mut value: Value, text: &str) -> Value {
    value["description"] = json!(text);
    value
}

fn text(description: &str) -> Value {
    described(json!({ "type": "string", "minLength": 1 }), description)
}

fn list(items: Value, description: &str) -> Value {
    let list = json!({ "type": "array", "minItems": 1, "uniqueItems": true, "items": items });
    described(list, description)
}

fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Value {
    json!({ "enum": all.iter().map(|each| word(*each)).collect::<Vec<_>>() })
}

fn origin(description: &str) -> Value {
    described(
        json!({ "type": "string", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://" }),
        description,
    )
}

fn site() -> Value {
    let context = json!({ "type": "string", "pattern": "^/" });
    object(
        &["origin", "products"],
        properties([
            (
                "origin",
                origin("Scheme, host and port, exactly: https://acme.atlassian.net"),
            ),
            (
                "deployment",
                described(
                    words(Deployment::ALL, Deployment::as_str),
                    "Left out, *.atlassian.net is cloud, and another site is asked once.",
                ),
            ),
            (
                "products",
                list(
                    words(Product::ALL, Product::as_str),
                    "What is reached there.",
                ),
            ),
            (
                "gateway",
                object(
                    &["cloud-id"],
                    properties([(
                        "cloud-id",
                        described(
                            json!({ "type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" }),
                            "Requests go to api.atlassian.com, as scoped tokens and OAuth need it.",
                        ),
                    )]),
                ),
            ),
            (
                "context",
                described(
                    json!({ "oneOf": [context, object(&[], properties([("jira", context.clone()), ("confluence", context.clone())]))] }),
                    "The path that a product of Data Center lives under.",
                ),
            ),
            (
                "addresses",
                list(
                    json!({ "type": "string", "pattern": "/[0-9]{1,3}$" }),
                    "The only ranges that the site may answer from: 10.20.0.0/16",
                ),
            ),
            (
                "plaintext",
                described(
                    json!({ "type": "boolean" }),
                    "http:// beyond this machine, in so many words.",
                ),
            ),
            ("ca-file", text("A PEM file with the site's own authority.")),
            ("proxy", origin("The one proxy that requests go through.")),
            (
                "client-cert",
                text(
                    "A PEM file with the certificate that is shown to the site; its key is a reference in credentials.toml.",
                ),
            ),
            (
                "headers",
                list(
                    json!({ "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9-]{0,63}$" }),
                    "Headers that a gateway in front of the site asks for; their values are references in credentials.toml.",
                ),
            ),
            (
                "redirect",
                json!({ "type": "object", "propertyNames": { "pattern": NAME }, "additionalProperties": origin("An origin that answers may redirect to, without credentials.") }),
            ),
            ("accept", accept()),
        ]),
    )
}

fn rule() -> Value {
    let mut keys = shared_keys();
    keys.extend(properties([
        (
            "query",
            list(
                json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$" }),
                "Query names that may be sent; with `path` only.",
            ),
        ),
        (
            "class",
            described(
                words(Class::ALL, Class::as_str),
                "What a route of your own does, where its method would say less.",
            ),
        ),
        (
            "projects",
            list(
                json!({ "type": "string", "pattern": "^[A-Z][A-Z0-9_]{1,31}$" }),
                "The only Jira projects that this opens, by key; held in paths, bodies, searches and answers.",
            ),
        ),
        (
            "spaces",
            list(
                json!({ "type": "string", "pattern": "^([A-Za-z0-9]+|~[A-Za-z0-9._:@-]+)$" }),
                "The only Confluence spaces that this opens, by key.",
            ),
        ),
        (
            "confirm",
            described(
                json!({ "type": "boolean" }),
                "Ask a person before each write that this rule speaks of, whichever rule allows it.",
            ),
        ),
        (
            "request-max-bytes",
            size("The longest body that may be sent."),
        ),
        (
            "response-max-bytes",
            size("The longest answer that is taken."),
        ),
        (
            "per-minute",
            described(
                json!({ "type": "integer", "minimum": 1, "maximum": MOST_A_MINUTE.0 }),
                "How many requests of each caller it allows within any minute.",
            ),
        ),
        (
            "redirect",
            text("Which of the site's redirect origins answers may lead to."),
        ),
    ]));
    with_one_selector(object(&["id", "site"], keys), &["path", "methods"])
}

fn deny() -> Value {
    with_one_selector(object(&["id", "site"], shared_keys()), &["path"])
}

/// What `[[rule]]` and `[[deny]]` have in common.
fn shared_keys() -> Map<String, Value> {
    properties([
        (
            "id",
            described(
                json!({ "type": "string", "pattern": NAME, "not": { "enum": [DEFAULT_DENY, AUDIT_MODE] } }),
                "Stands in every refusal and audit record.",
            ),
        ),
        (
            "site",
            described(
                json!({ "anyOf": [{ "const": "*" }, { "type": "string", "pattern": NAME }] }),
                "A site of this file, or * for all of them.",
            ),
        ),
        (
            "classes",
            list(words(Class::ALL, Class::as_str), "Kinds of access."),
        ),
        (
            "routes",
            list(
                json!({ "type": "string" }),
                "Operations of the catalogue: jira.issue.get",
            ),
        ),
        (
            "methods",
            list(words(Method::ALL, Method::as_str), "Goes with `path`."),
        ),
        (
            "path",
            described(
                json!({ "type": "string", "pattern": "^/" }),
                "/rest/api/3/issue/{issue-key}: words, {issue-key}, {id}, {project-key}, {space-key}, {segment} and sets like {a|b}, without the context path.",
            ),
        ),
        (
            "product",
            described(
                words(Product::ALL, Product::as_str),
                "Whose path it is, where the site has both.",
            ),
        ),
        (
            "tools",
            list(
                json!({ "type": "string", "pattern": NAME }),
                "The only tools that this is about.",
            ),
        ),
        (
            "principals",
            list(
                principal(),
                "The only callers that this is about, as their keys name them.",
            ),
        ),
        ("accept", accept()),
    ])
}

fn principal() -> Value {
    json!({ "type": "string", "pattern": NAME, "not": { "const": ANYONE_ELSE } })
}

/// Exactly one of `classes`, `routes` and `path`, and what goes with a path goes with nothing else.
fn with_one_selector(mut object: Value, with_path: &[&str]) -> Value {
    let only_with_path =
        ["methods", "query", "class", "product"].map(|key| json!({ "required": [key] }));
    let of_catalogue = |key: &str| json!({ "required": [key], "not": { "anyOf": only_with_path } });
    object["oneOf"] = json!([
        of_catalogue("classes"),
        of_catalogue("routes"),
        { "required": with_path },
    ]);
    object
}

fn day() -> Value {
    json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" })
}

fn size(description: &str) -> Value {
    described(json!({ "type": "integer", "minimum": 1 }), description)
}

fn accept() -> Value {
    let codes: Vec<&str> = CODES
        .iter()
        .map(|(code, _)| *code)
        .filter(|code| *code != "P000")
        .collect();
    let entry = object(
        &["code", "reason", "until"],
        properties([
            ("code", json!({ "enum": codes })),
            ("reason", text("Why it may stay.")),
            ("until", described(day(), "The last day on which it holds.")),
        ]),
    );
    described(
        json!({ "type": "array", "items": entry }),
        "Findings of `policy check` that may stand here.",
    )
}
