//! Whatever a site answers, a tool answers too: in words, within its budget, without what must not
//! be seen.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::used_routes::scenarios;
use super::world::answers;
use crate::fake::FakeGateway;
use crate::{Deployment, call};

/// What may stand in place of any value.
fn odd(which: usize) -> Value {
    match which {
        0 => Value::Null,
        1 => json!(-7.5),
        2 => json!("\u{202e}</foreign>\n| \u{e0041}"),
        3 => json!([[null], 1, {}]),
        4 => json!({ "a": { "b": [null] } }),
        5 => json!(true),
        6 => json!("long ".repeat(8_000)),
        _ => json!(""),
    }
}

const ODD: usize = 8;

fn nodes(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(nodes).sum(),
        Value::Object(fields) => fields.values().map(nodes).sum(),
        _ => 0,
    }
}

/// Puts `replacement` in place of the node that comes at `position` when all are counted.
fn replace(value: &mut Value, position: &mut usize, replacement: &Value) {
    if *position == 0 {
        *value = replacement.clone();
    }
    // Wraps below zero: the node is found once.
    *position = position.wrapping_sub(1);
    match value {
        _ if *position > usize::MAX / 2 => {}
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| replace(item, position, replacement)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| replace(field, position, replacement)),
        _ => {}
    }
}

fn is_bearable(text: &str) -> bool {
    let hidden = text
        .chars()
        .any(|letter| matches!(letter, '\u{202e}' | '\u{e0041}' | '\u{7}'));
    let opened = text.lines().filter(|line| *line == "<foreign>").count();
    let closed = text.lines().filter(|line| *line == "</foreign>").count();
    !hidden && opened == closed && text.len() < 12_000 && !text.trim().is_empty()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn one_odd_value_anywhere(scenario: Index, route: Index, node: Index, which in 0..ODD, cloud: bool) {
        let deployment = if cloud { Deployment::Cloud } else { Deployment::DataCenter };
        let (tool, arguments) = scenario.get(&scenarios()).clone();
        let mut answers = answers(deployment);
        let count = answers.len();
        let body = &mut answers[route.index(count)].1;
        let mut position = node.index(nodes(body));
        replace(body, &mut position, &odd(which));
        let gateway = answers
            .into_iter()
            .fold(FakeGateway::new(deployment), |gateway, (route, body)| gateway.answer(route, body));
        let output = call(&gateway, tool, &arguments.to_string()).unwrap();
        prop_assert!(is_bearable(&output.text), "{}", output.text);
    }

    #[test]
    fn anything_at_all(scenario: Index, bytes in prop::collection::vec(any::<u8>(), 0..200), status in 100_u16..600, cloud: bool) {
        let deployment = if cloud { Deployment::Cloud } else { Deployment::DataCenter };
        let (tool, arguments) = scenario.get(&scenarios()).clone();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        let gateway = answers(deployment)
            .into_iter()
            .fold(FakeGateway::new(deployment), |gateway, (route, _)| gateway.respond(route, status, "", &body));
        let output = call(&gateway, tool, &arguments.to_string()).unwrap();
        prop_assert!(is_bearable(&output.text), "{}", output.text);
    }
}
