//! Puts an entry into a YAML file, or takes it out, by whole lines, and then has the result parsed: it must say what the
//! file said before and the entry, or nothing is changed. There is no YAML editor that keeps comments.

use yaml_rust2::yaml::Hash;
use yaml_rust2::{Yaml, YamlLoader};

use super::client::YamlStyle;
use super::{Launch, Obstacle, is_ours};

const TOO_ODD: Obstacle = Obstacle::Unreadable("is written in a way that cannot be edited safely");

pub(super) fn with(
    text: &str,
    style: YamlStyle,
    name: &str,
    launch: &Launch,
) -> Result<String, Obstacle> {
    let before = parse(text)?;
    let entry = entry(style, name, launch);
    if let Some(known) = find(&before, style, name) {
        if *known == entry {
            return Ok(text.to_owned());
        }
        let cleared = without(text, style, name, launch)?;
        return with(&cleared, style, name, launch);
    }
    let lines: Vec<&str> = text.lines().collect();
    let written = match Section::find(&lines, key(style)) {
        None if text.trim().is_empty() => {
            format!("{}:\n{}", key(style), block(style, name, launch, 2))
        }
        None => format!(
            "{}\n\n{}:\n{}",
            text.trim_end(),
            key(style),
            block(style, name, launch, 2)
        ),
        Some(section) => {
            let mut kept: Vec<String> = lines[..section.end]
                .iter()
                .map(|line| (*line).to_owned())
                .collect();
            if section.is_empty_flow {
                kept[section.start] = format!("{}:", key(style));
            }
            let indent = section.indent.unwrap_or(2);
            let rest = lines[section.end..].iter().map(|line| format!("{line}\n"));
            let rest: String = rest.collect();
            format!(
                "{}\n{}{rest}",
                kept.join("\n"),
                block(style, name, launch, indent)
            )
        }
    };
    let mut expected = before;
    insert(&mut expected, style, name, entry).ok_or(TOO_ODD)?;
    if parse(&written)? != expected {
        return Err(TOO_ODD);
    }
    Ok(written)
}

pub(super) fn without(
    text: &str,
    style: YamlStyle,
    name: &str,
    launch: &Launch,
) -> Result<String, Obstacle> {
    let before = parse(text)?;
    let Some(known) = find(&before, style, name) else {
        return Ok(text.to_owned());
    };
    let command = match style {
        YamlStyle::Continue => known["command"].as_str(),
        YamlStyle::Goose => known["cmd"].as_str(),
    };
    if !command.is_some_and(|command| is_ours(command, launch)) {
        return Err(Obstacle::Taken);
    }
    let lines: Vec<&str> = text.lines().collect();
    let section = Section::find(&lines, key(style)).ok_or(TOO_ODD)?;
    let indent = section.indent.ok_or(TOO_ODD)?;
    let start = (section.start + 1..section.end)
        .find(|at| {
            let line = lines[*at];
            indent_of(line) == indent
                && match style {
                    YamlStyle::Continue => line.trim() == format!("- name: {name}"),
                    YamlStyle::Goose => line.trim() == format!("{name}:"),
                }
        })
        .ok_or(TOO_ODD)?;
    let end = (start + 1..section.end)
        .find(|at| !is_empty(lines[*at]) && indent_of(lines[*at]) <= indent)
        .unwrap_or(section.end);
    let is_last = start == section.start + 1 && end == section.end;
    let start = if is_last { section.start } else { start };
    let mut left: String = [&lines[..start], &lines[end..]]
        .concat()
        .iter()
        .map(|line| format!("{line}\n"))
        .collect();
    if is_last && end == lines.len() {
        left.truncate(left.trim_end().len());
        if !left.is_empty() {
            left.push('\n');
        }
    }
    let mut expected = before.clone();
    remove(&mut expected, style, name);
    if parse(&left)? != expected {
        return Err(TOO_ODD);
    }
    Ok(left)
}

const fn key(style: YamlStyle) -> &'static str {
    match style {
        YamlStyle::Continue => "mcpServers",
        YamlStyle::Goose => "extensions",
    }
}

/// The lines of one key of the top level.
struct Section {
    start: usize,
    /// Behind its last line that is not empty.
    end: usize,
    /// Of its entries; none yet when empty.
    indent: Option<usize>,
    /// `key: []` or `key: {}`.
    is_empty_flow: bool,
}

impl Section {
    fn find(lines: &[&str], key: &str) -> Option<Self> {
        let head = |line: &str| {
            let rest = line.strip_prefix(key)?.strip_prefix(':')?.trim();
            match rest {
                "" => Some(false),
                "[]" | "{}" => Some(true),
                comment if comment.starts_with('#') => Some(false),
                _ => None,
            }
        };
        let (start, is_empty_flow) = lines
            .iter()
            .enumerate()
            .find_map(|(at, line)| Some((at, head(line)?)))?;
        // A list may stand at the margin, under its key.
        let belongs = |line: &str| is_empty(line) || indent_of(line) > 0 || line.starts_with("- ");
        let mut end = lines[start + 1..]
            .iter()
            .position(|line| !belongs(line))
            .map_or(lines.len(), |length| start + 1 + length);
        while end > start + 1 && is_empty(lines[end - 1]) {
            end -= 1;
        }
        let indent = lines[start + 1..end]
            .iter()
            .find(|line| !is_empty(line))
            .map(|line| indent_of(line));
        Some(Self {
            start,
            end,
            indent,
            is_empty_flow,
        })
    }
}

fn is_empty(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with('#')
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn block(style: YamlStyle, name: &str, launch: &Launch, indent: usize) -> String {
    // JSON strings are YAML strings (YAML 1.2, section 1.2).
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let arguments: Vec<_> = launch.arguments.iter().map(|each| text(each)).collect();
    let arguments = arguments.join(", ");
    let lines = match style {
        YamlStyle::Continue => vec![
            format!("- name: {name}"),
            format!("  command: {}", text(&launch.command)),
            format!("  args: [{arguments}]"),
        ],
        YamlStyle::Goose => vec![
            format!("{name}:"),
            format!("  name: {name}"),
            "  type: stdio".to_owned(),
            format!("  cmd: {}", text(&launch.command)),
            format!("  args: [{arguments}]"),
            "  enabled: true".to_owned(),
            "  timeout: 300".to_owned(),
        ],
    };
    let margin = " ".repeat(indent);
    lines
        .iter()
        .map(|line| format!("{margin}{line}\n"))
        .collect()
}

/// The entry as the parser sees it.
fn entry(style: YamlStyle, name: &str, launch: &Launch) -> Yaml {
    let text = |text: &str| Yaml::String(text.to_owned());
    let arguments = Yaml::Array(launch.arguments.iter().map(|each| text(each)).collect());
    let pairs = match style {
        YamlStyle::Continue => vec![
            ("name", text(name)),
            ("command", text(&launch.command)),
            ("args", arguments),
        ],
        YamlStyle::Goose => vec![
            ("name", text(name)),
            ("type", text("stdio")),
            ("cmd", text(&launch.command)),
            ("args", arguments),
            ("enabled", Yaml::Boolean(true)),
            ("timeout", Yaml::Integer(300)),
        ],
    };
    Yaml::Hash(
        pairs
            .into_iter()
            .map(|(key, value)| (text(key), value))
            .collect(),
    )
}

/// The top of the file; an empty one is an empty map.
fn parse(text: &str) -> Result<Hash, Obstacle> {
    let documents =
        YamlLoader::load_from_str(text).map_err(|_| Obstacle::Unreadable("is not YAML"))?;
    match documents.as_slice() {
        [] | [Yaml::Null] => Ok(Hash::new()),
        [Yaml::Hash(top)] => Ok(top.clone()),
        _ => Err(Obstacle::Unreadable("holds no YAML map")),
    }
}

fn find<'a>(top: &'a Hash, style: YamlStyle, name: &str) -> Option<&'a Yaml> {
    let section = top.get(&Yaml::String(key(style).to_owned()))?;
    match style {
        YamlStyle::Continue => section
            .as_vec()?
            .iter()
            .find(|entry| entry["name"].as_str() == Some(name)),
        YamlStyle::Goose => section.as_hash()?.get(&Yaml::String(name.to_owned())),
    }
}

/// Puts the entry where it belongs; `None` where something else stands.
fn insert(top: &mut Hash, style: YamlStyle, name: &str, entry: Yaml) -> Option<()> {
    let empty = match style {
        YamlStyle::Continue => Yaml::Array(vec![]),
        YamlStyle::Goose => Yaml::Hash(Hash::new()),
    };
    let section_key = Yaml::String(key(style).to_owned());
    if !top.contains_key(&section_key) {
        top.insert(section_key.clone(), empty.clone());
    }
    let section = top.get_mut(&section_key)?;
    if section.is_null() {
        *section = empty;
    }
    match (style, section) {
        (YamlStyle::Continue, Yaml::Array(entries)) => entries.push(entry),
        (YamlStyle::Goose, Yaml::Hash(entries)) => {
            entries.insert(Yaml::String(name.to_owned()), entry);
        }
        _ => return None,
    }
    Some(())
}

/// Takes the entry out, and the section with its last one.
fn remove(top: &mut Hash, style: YamlStyle, name: &str) {
    let section_key = Yaml::String(key(style).to_owned());
    let is_left_empty = match top.get_mut(&section_key) {
        Some(Yaml::Array(entries)) => {
            entries.retain(|entry| entry["name"].as_str() != Some(name));
            entries.is_empty()
        }
        Some(Yaml::Hash(entries)) => {
            entries.remove(&Yaml::String(name.to_owned()));
            entries.is_empty()
        }
        _ => false,
    };
    if is_left_empty {
        top.remove(&section_key);
    }
}
