//! Turns `wit/routes.tsv` into the route constants that requests are built from.
//! It refuses a table that contradicts itself; what a route may do is decided by the host's policy.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const TABLE: &str = "../../wit/routes.tsv";

struct Row<'a> {
    product: &'a str,
    deployment: &'a str,
    method: &'a str,
    segments: Vec<&'a str>,
    query: Vec<&'a str>,
    class: &'a str,
}

impl<'a> Row<'a> {
    fn parameters(&self) -> Vec<&'a str> {
        self.segments
            .iter()
            .copied()
            .filter(|segment| segment.starts_with('{'))
            .collect()
    }
}

#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a build script runs on the building machine: reading the table and writing constants is its work"
)]
fn main() {
    println!("cargo::rerun-if-changed={TABLE}");
    println!("cargo::rerun-if-changed=build.rs");
    let root = std::env::var("CARGO_MANIFEST_DIR")
        .expect("cargo sets CARGO_MANIFEST_DIR for build scripts");
    let out = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    let table = std::fs::read_to_string(Path::new(&root).join(TABLE))
        .unwrap_or_else(|error| panic!("{TABLE} cannot be read: {error}"));
    let constants = constants(&read(&table));
    std::fs::write(PathBuf::from(out).join("routes.rs"), constants)
        .unwrap_or_else(|error| panic!("routes.rs cannot be written: {error}"));
}

fn read(table: &str) -> BTreeMap<&str, Vec<Row<'_>>> {
    let mut routes: BTreeMap<&str, Vec<Row<'_>>> = BTreeMap::new();
    for (number, line) in table.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let columns: Vec<&str> = line.split('\t').collect();
        let &[
            id,
            product,
            deployment,
            method,
            path,
            query,
            class,
            _scopes,
            _slots,
        ] = columns.as_slice()
        else {
            panic!(
                "{TABLE}:{}: 9 columns expected, {} found",
                number + 1,
                columns.len()
            );
        };
        routes.entry(id).or_default().push(Row {
            product,
            deployment,
            method,
            segments: path.split('/').skip(1).collect(),
            query: query.split(',').filter(|name| !name.is_empty()).collect(),
            class,
        });
    }
    routes
}

fn constants(routes: &BTreeMap<&str, Vec<Row<'_>>>) -> String {
    let mut text = String::from("// Generated from wit/routes.tsv.\n");
    for (id, rows) in routes {
        let first = &rows[0];
        let parameters = first.parameters();
        for row in rows {
            assert_eq!(
                row.parameters(),
                parameters,
                "{id}: both deployments must take the same path parameters"
            );
            assert_eq!(
                row.class, first.class,
                "{id}: both deployments must have the same class"
            );
            assert_eq!(
                row.product, first.product,
                "{id}: both deployments must be of the same product"
            );
        }
        let on = |deployment| {
            let mut found = rows.iter().filter(|row| row.deployment == deployment);
            let row = found.next();
            assert!(found.next().is_none(), "{id}: two rows for {deployment}");
            row
        };
        let (cloud, data_center) = (on("cloud"), on("data-center"));
        let name = id.replace(['.', '-'], "_").to_uppercase();
        let count = parameters.len();
        let kind = match (cloud, data_center) {
            (Some(_), Some(_)) => "Route",
            (Some(_), None) | (None, Some(_)) => "SingleRoute",
            (None, None) => panic!("{id}: a deployment is `cloud` or `data-center`"),
        };
        let paths = [cloud, data_center]
            .into_iter()
            .flatten()
            .map(path)
            .collect::<Vec<_>>()
            .join(", ");
        writeln!(
            text,
            "/// `{id}`\npub const {name}: {kind}<{count}> = {kind}::new(&RouteInfo {{ id: {id:?}, product: Product::{}, class: Class::{} }}, {paths});",
            camel(first.product),
            camel(first.class),
        )
        .expect("writing to a String cannot fail");
    }
    let names: Vec<String> = routes
        .keys()
        .map(|id| id.replace(['.', '-'], "_").to_uppercase())
        .collect();
    writeln!(
        text,
        "/// Every route of the table, sorted by id.\npub const ALL: &[&RouteInfo] = &["
    )
    .expect("writing to a String cannot fail");
    for name in names {
        writeln!(text, "    {name}.info(),").expect("writing to a String cannot fail");
    }
    text.push_str("];\n");
    text
}

fn path(row: &Row<'_>) -> String {
    let segments: Vec<String> = row
        .segments
        .iter()
        .map(|segment| match segment.starts_with('{') {
            true => "Segment::Parameter".to_owned(),
            false => format!("Segment::Literal({segment:?})"),
        })
        .collect();
    format!(
        "Path {{ method: Method::{}, segments: &[{}], query: &{:?} }}",
        camel(&row.method.to_lowercase()),
        segments.join(", "),
        row.query
    )
}

fn camel(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
