//! Reads `wit/routes.tsv`, strictly. Compiled into the build script, so that a bad table never becomes a
//! program, and into the crate's tests.
//!
//! Knows nothing of the rest of the crate: it checks words and shape and gives back rows of text.

use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) line: usize,
    pub(crate) id: String,
    pub(crate) product: String,
    pub(crate) deployment: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Vec<String>,
    pub(crate) class: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) slots: Vec<SlotText>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SlotText {
    pub(crate) place: String,
    pub(crate) at: String,
    pub(crate) kind: String,
}

const COLUMNS: usize = 9;
const PRODUCTS: &[&str] = &["jira", "confluence"];
const DEPLOYMENTS: &[&str] = &["cloud", "data-center"];
const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
const CLASSES: &[&str] = &["read", "write", "delete", "admin"];
const KINDS: &[&str] = &["issue-key", "id", "project-key", "space-key", "segment"];
const PLACES: &[&str] = &["path", "query", "body", "answer"];
const SLOT_KINDS: &[&str] = &[
    "project", "issue", "space", "space-id", "page", "jql", "cql", "nothing",
];

/// All rows, or every complaint as `line: what is wrong`.
pub(crate) fn read(text: &str) -> Result<Vec<Row>, Vec<String>> {
    let mut rows = Vec::new();
    let mut complaints = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match read_row(index + 1, line) {
            Ok(row) => rows.push(row),
            Err(complaint) => complaints.push(format!("{}: {complaint}", index + 1)),
        }
    }
    if rows.is_empty() && complaints.is_empty() {
        complaints.push("1: the table has no rows".to_owned());
    }
    compare_rows(&rows, &mut complaints);
    if complaints.is_empty() {
        Ok(rows)
    } else {
        Err(complaints)
    }
}

fn read_row(line: usize, text: &str) -> Result<Row, String> {
    let columns: Vec<&str> = text.split('\t').collect();
    let [
        id,
        product,
        deployment,
        method,
        path,
        query,
        class,
        scopes,
        slots,
    ] = columns[..]
    else {
        return Err(format!(
            "{COLUMNS} columns separated by tabs are needed, there are {}",
            columns.len()
        ));
    };
    for (what, word, known) in [
        ("product", product, PRODUCTS),
        ("deployment", deployment, DEPLOYMENTS),
        ("method", method, METHODS),
        ("class", class, CLASSES),
    ] {
        require(what, word, known)?;
    }
    let id_is_plain = id.split('.').count() >= 2
        && id.split('.').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        });
    if !id_is_plain {
        return Err(format!(
            "route id `{id}` is not lower-case words joined by dots"
        ));
    }
    if id.starts_with("own.") {
        return Err(format!(
            "route id `{id}`: `own.` belongs to the routes of policy files"
        ));
    }
    let parameters = path_parameters(path)?;
    let query = list(query, ',');
    if let Some(name) = query.iter().find(|name| {
        !name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    }) {
        return Err(format!("query name `{name}` is not plain ASCII"));
    }
    if query.iter().collect::<BTreeSet<_>>().len() != query.len() {
        return Err("a query name is listed twice".to_owned());
    }
    let slots = list(slots, ';')
        .iter()
        .map(|slot| read_slot(slot, &parameters, &query))
        .collect::<Result<_, _>>()?;
    Ok(Row {
        line,
        id: id.to_owned(),
        product: product.to_owned(),
        deployment: deployment.to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
        query,
        class: class.to_owned(),
        scopes: list(scopes, ','),
        slots,
    })
}

fn compare_rows(rows: &[Row], complaints: &mut Vec<String>) {
    let mut by_request: BTreeMap<_, usize> = BTreeMap::new();
    let mut by_id: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut first_of: BTreeMap<&str, &Row> = BTreeMap::new();
    for row in rows {
        let request = (&row.product, &row.deployment, &row.method, &row.path);
        if let Some(other) = by_request.insert(request, row.line) {
            complaints.push(format!(
                "{}: same product, deployment, method and path as line {other}",
                row.line
            ));
        }
        if let Some(other) = by_id.insert((&row.id, &row.deployment), row.line) {
            complaints.push(format!(
                "{}: `{}` has a row for {} already, in line {other}",
                row.line, row.id, row.deployment
            ));
        }
        let first = first_of.entry(&row.id).or_insert(row);
        if (&first.product, &first.class) != (&row.product, &row.class) {
            complaints.push(format!(
                "{}: `{}` has another product or class in line {}",
                row.line, row.id, first.line
            ));
        }
        if path_parameters(&first.path) != path_parameters(&row.path) {
            complaints.push(format!(
                "{}: `{}` takes other path parameters in line {}",
                row.line, row.id, first.line
            ));
        }
    }
}

fn path_parameters(path: &str) -> Result<Vec<&str>, String> {
    let rest = path
        .strip_prefix('/')
        .ok_or_else(|| format!("path `{path}` does not begin with `/`"))?;
    let mut parameters = Vec::new();
    for segment in rest.split('/') {
        if let Some(kind) = segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
            require("kind", kind, KINDS)?;
            parameters.push(kind);
            continue;
        }
        let is_plain = segment
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if segment.is_empty() || segment.bytes().all(|b| b == b'.') || !is_plain {
            return Err(format!(
                "path `{path}`: `{segment}` is neither a plain word nor a {{kind}}"
            ));
        }
    }
    Ok(parameters)
}

fn read_slot(text: &str, parameters: &[&str], query: &[String]) -> Result<SlotText, String> {
    let (place, rest) = text
        .split_once(':')
        .ok_or_else(|| format!("slot `{text}` is not PLACE:WHERE=KIND"))?;
    let (at, kind) = rest
        .split_once('=')
        .ok_or_else(|| format!("slot `{text}` is not PLACE:WHERE=KIND"))?;
    require("slot place", place, PLACES)?;
    require("slot kind", kind, SLOT_KINDS)?;
    let is_known = match place {
        "path" => parameters.contains(&at),
        "query" => query.iter().any(|name| name == at),
        _ => !at.is_empty(),
    };
    if !is_known {
        return Err(format!("slot `{text}`: the {place} has no `{at}`"));
    }
    Ok(SlotText {
        place: place.to_owned(),
        at: at.to_owned(),
        kind: kind.to_owned(),
    })
}

fn require(what: &str, word: &str, known: &[&str]) -> Result<(), String> {
    if known.contains(&word) {
        Ok(())
    } else {
        Err(format!(
            "unknown {what} `{word}`; there are {}",
            known.join(", ")
        ))
    }
}

fn list(text: &str, separator: char) -> Vec<String> {
    if text.is_empty() {
        Vec::new()
    } else {
        text.split(separator).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "jira.issue.get\tjira\tcloud\tGET\t/rest/api/3/issue/{issue-key}\tfields\tread\tread:jira-work\tpath:issue-key=issue";

    #[test]
    fn a_good_row_is_read() {
        let rows = read(GOOD);
        assert_eq!(rows.map(|rows| rows.len()), Ok(1));
    }

    #[test]
    fn a_malformed_table_is_refused_with_its_line() {
        let row = |from: &str, to: &str| format!("# head\n{}", GOOD.replacen(from, to, 1));
        let twice = |from: &str, to: &str| format!("{GOOD}\n{}", GOOD.replacen(from, to, 1));
        let table = [
            (String::new(), "1: the table has no rows"),
            (row("\tpath:issue-key=issue", ""), "2: 9 columns"),
            (row("\tjira\t", "\tjria\t"), "2: unknown product `jria`"),
            (row("cloud", "clod"), "2: unknown deployment"),
            (row("GET", "get"), "2: unknown method"),
            (row("\tread\t", "\treads\t"), "2: unknown class"),
            (row("{issue-key}", "{key}"), "2: unknown kind `key`"),
            (row("{issue-key}", "*"), "2: path"),
            (row("/rest/api", "/rest/../api"), "2: path"),
            (row("/rest/api", "//rest/api"), "2: path"),
            (row("/rest", "rest"), "2: path"),
            (row("path:issue-key", "path:id"), "2: slot"),
            (row("path:issue-key=issue", "query:jql=jql"), "2: slot"),
            (row("=issue", "=isue"), "2: unknown slot kind"),
            (
                row("fields", "fields,fields"),
                "2: a query name is listed twice",
            ),
            (row("jira.issue.get", "own.get"), "2: route id"),
            (row("jira.issue.get", "jira"), "2: route id"),
            (twice("x", "x"), "2: same product"),
            (
                twice("jira.issue.get", "jira.issue.read"),
                "2: same product",
            ),
            (
                twice("/issue/", "/issues/"),
                "2: `jira.issue.get` has a row for cloud already",
            ),
            (
                twice(
                    "cloud\tGET\t/rest/api/3/issue/{issue-key}",
                    "data-center\tGET\t/rest/api/2/issue/{issue-key}",
                )
                .replace("2/issue/{issue-key}", "2/issue/{issue-key}/{id}"),
                "2: `jira.issue.get` takes other path parameters",
            ),
            (
                twice("cloud", "data-center").replacen(
                    "data-center\tGET\t/rest/api/3/issue/{issue-key}\tfields\tread",
                    "data-center\tGET\t/rest/api/3/issue/{issue-key}\tfields\twrite",
                    1,
                ),
                "2: `jira.issue.get` has another product or class",
            ),
        ];
        for (text, expected) in table {
            let complaints = read(&text).expect_err(&text);
            assert!(
                complaints
                    .iter()
                    .any(|complaint| complaint.starts_with(expected)),
                "{complaints:?}\nfor {text}\nnot {expected}"
            );
        }
    }
}
