//! Puts an entry into Codex's configuration, or takes it out; comments and order stay.

use toml_edit::{Array, DocumentMut, Item, Table, value};

use super::{Launch, Obstacle, is_ours};

const KEY: &str = "mcp_servers";

pub(super) fn with(text: &str, name: &str, launch: &Launch) -> Result<String, Obstacle> {
    let mut document = parse(text)?;
    let servers = document.entry(KEY).or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    let servers = servers.as_table_like_mut().ok_or(Obstacle::Unreadable(
        "holds something else under `mcp_servers`",
    ))?;
    let arguments: Array = launch.arguments.iter().map(String::as_str).collect();
    match servers.get_mut(name) {
        None => {
            let mut entry = Table::new();
            entry.insert("command", value(&launch.command));
            entry.insert("args", value(arguments));
            servers.insert(name, Item::Table(entry));
        }
        Some(known) if is_the_same(known, launch) => return Ok(text.to_owned()),
        Some(known) => {
            let entry = ours(known, launch)?;
            entry.insert("command", value(&launch.command));
            entry.insert("args", value(arguments));
        }
    }
    Ok(document.to_string())
}

pub(super) fn without(text: &str, name: &str, launch: &Launch) -> Result<String, Obstacle> {
    let mut document = parse(text)?;
    let servers = document.get_mut(KEY).and_then(Item::as_table_like_mut);
    let Some(servers) = servers else {
        return Ok(text.to_owned());
    };
    match servers.get_mut(name) {
        None => return Ok(text.to_owned()),
        Some(known) => ours(known, launch)?,
    };
    servers.remove(name);
    Ok(document.to_string())
}

fn parse(text: &str) -> Result<DocumentMut, Obstacle> {
    text.parse()
        .map_err(|_| Obstacle::Unreadable("is not TOML"))
}

fn ours<'a>(
    entry: &'a mut Item,
    launch: &Launch,
) -> Result<&'a mut dyn toml_edit::TableLike, Obstacle> {
    let entry = entry.as_table_like_mut().ok_or(Obstacle::Taken)?;
    match entry.get("command").and_then(Item::as_str) {
        Some(command) if is_ours(command, launch) => Ok(entry),
        _ => Err(Obstacle::Taken),
    }
}

fn is_the_same(entry: &Item, launch: &Launch) -> bool {
    let arguments = entry.get("args").and_then(Item::as_array);
    entry.get("command").and_then(Item::as_str) == Some(launch.command.as_str())
        && arguments.is_some_and(|arguments| {
            arguments
                .iter()
                .map(toml_edit::Value::as_str)
                .eq(launch.arguments.iter().map(|each| Some(each.as_str())))
        })
}
