//! Decides what each part of an edge deployment is given, and refuses every part that wants more. An import that nobody
//! names here would be met by the runtime, and then all parts would share it: with a shared environment the tool
//! component could read the tokens out of it.

use anyhow::{Context, Result, bail, ensure};
use policy::{EdgeParts, Manifest, Policy};
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, NodeId};

use super::{digest, glue};

/// What a deployment is made of.
pub struct Pieces<'a> {
    pub broker: &'a [u8],
    pub shell: &'a [u8],
    pub tools: Tools<'a>,
    /// The text of the policy file.
    pub policy: &'a str,
}

#[derive(Clone, Copy)]
pub enum Tools<'a> {
    /// The component that the native server runs.
    Own(&'a [u8]),
    /// Another one; the policy file has to name its digest.
    Foreign(&'a [u8]),
}

impl<'a> Tools<'a> {
    pub const fn bytes(self) -> &'a [u8] {
        match self {
            Self::Own(bytes) | Self::Foreign(bytes) => bytes,
        }
    }
}

const MANIFEST: &str = "airlock:manifest";
const ENVIRONMENT: &str = "wasi:cli/environment@";
const HANDLER: &str = "wasi:http/incoming-handler@";
const OWN: &str = "airlock:atlassian/";

/// What the runtime may give to broker and shell, beside what the tool component may have too.
const BROKER_MAY: &[&str] = &[
    "wasi:clocks/",
    "wasi:config/store@",
    "wasi:http/outgoing-handler@",
    "wasi:http/types@",
    "wasi:random/",
    "fermyon:spin/variables@",
];
const SHELL_MAY: &[&str] = &["wasi:clocks/", "wasi:http/types@", "wasi:random/"];

impl Pieces<'_> {
    /// The components that are not built but written, by name.
    pub fn glue(&self) -> Result<Vec<(&'static str, Vec<u8>)>> {
        let mut graph = CompositionGraph::new();
        let tools = Part::register(&mut graph, "tools", self.tools.bytes())?;
        Ok(vec![
            ("settings", glue::settings(&self.settings()?)?),
            ("void", glue::void(tools.environment())?),
        ])
    }

    fn settings(&self) -> Result<EdgeParts> {
        let tools = self.tools.bytes();
        let manifest = manifest(tools)?;
        let component = format!("sha256:{}", digest(tools));
        Manifest::from_json(manifest.as_bytes(), component.clone())?;
        let policy = Policy::parse(self.policy, "policy.toml").map_err(|mistakes| {
            anyhow::anyhow!("the policy file has mistakes, so nothing is put together\n{mistakes}")
        })?;
        let unkept = policy.unkept_at_the_edge();
        ensure!(
            unkept.is_empty(),
            "the policy asks for what an edge runtime cannot keep:\n{}",
            unkept.join("\n")
        );
        let named = policy.component_sha256();
        match (self.tools, named) {
            (Tools::Own(_), None) => {}
            (_, Some(named)) if component == format!("sha256:{named}") => {}
            (Tools::Foreign(_), None) => bail!(
                "a tool component that is not our own runs only where the policy file names it: {component}"
            ),
            (_, Some(named)) => {
                bail!("the policy names the component sha256:{named}, and this is {component}")
            }
        }
        Ok(EdgeParts {
            policy: self.policy.to_owned(),
            manifest,
            component,
        })
    }
}

/// The deployment as one component, or why there is none.
pub fn compose(pieces: &Pieces<'_>) -> Result<Vec<u8>> {
    let settings = pieces.settings()?;
    let mut graph = CompositionGraph::new();
    let tools = Part::register(&mut graph, "tools", pieces.tools.bytes())?;
    tools.check(policy::may_import)?;
    let broker = Part::register(&mut graph, "broker", pieces.broker)?;
    broker.check(|name| name.starts_with(OWN) || allowed(name, BROKER_MAY))?;
    let shell = Part::register(&mut graph, "shell", pieces.shell)?;
    shell.check(|name| name.starts_with(OWN) || allowed(name, SHELL_MAY))?;
    let void = glue::void(tools.environment())?;
    let void = Part::register(&mut graph, "void", &void)?;
    let settings = Part::register(&mut graph, "settings", &glue::settings(&settings)?)?;

    let void = graph.instantiate(void.package);
    let settings = graph.instantiate(settings.package);
    let broker_at = graph.instantiate(broker.package);
    let tools_at = graph.instantiate(tools.package);
    let shell_at = graph.instantiate(shell.package);
    give(&mut graph, (&broker, broker_at), settings, "settings")?;
    for interface in ["blobs", "egress", "host"] {
        give(&mut graph, (&tools, tools_at), broker_at, interface)?;
    }
    for interface in ["blobs", "desk", "egress"] {
        give(&mut graph, (&shell, shell_at), broker_at, interface)?;
    }
    give(&mut graph, (&shell, shell_at), settings, "settings")?;
    give(&mut graph, (&shell, shell_at), tools_at, "provider")?;
    for (part, at) in [(&tools, tools_at), (&shell, shell_at)] {
        let exported = tools.environment();
        let nothing = graph.alias_instance_export(void, exported)?;
        for import in part
            .imports
            .iter()
            .filter(|name| name.starts_with(ENVIRONMENT))
        {
            graph.set_instantiation_argument(at, import, nothing)?;
        }
    }
    let handler = shell
        .exports
        .iter()
        .find(|name| name.starts_with(HANDLER))
        .context("the shell exports no handler for requests")?;
    let exported = graph.alias_instance_export(shell_at, handler)?;
    graph.export(exported, handler)?;
    let composed = graph.encode(EncodeOptions::default())?;
    check_whole(&composed)?;
    Ok(composed)
}

/// Of our own interfaces only the one without functions may be left open: nobody would meet the others.
fn check_whole(composed: &[u8]) -> Result<()> {
    let mut graph = CompositionGraph::new();
    let whole = Part::register(&mut graph, "composed", composed)?;
    let open = whole.imports.iter().filter(|name| name.starts_with(OWN));
    let open: Vec<&String> = open
        .filter(|name| !name.starts_with("airlock:atlassian/types@"))
        .collect();
    ensure!(open.is_empty(), "nothing gives {open:?} to its part");
    Ok(())
}

struct Part {
    name: &'static str,
    package: wac_graph::PackageId,
    imports: Vec<String>,
    exports: Vec<String>,
}

impl Part {
    fn register(graph: &mut CompositionGraph, name: &'static str, bytes: &[u8]) -> Result<Self> {
        let package = Package::from_bytes(name, None, bytes, graph.types_mut())
            .with_context(|| format!("{name} is no component"))?;
        let world = &graph.types()[package.ty()];
        let (imports, exports) = (
            world.imports.keys().cloned().collect(),
            world.exports.keys().cloned().collect(),
        );
        Ok(Self {
            name,
            package: graph.register_package(package)?,
            imports,
            exports,
        })
    }

    fn check(&self, may: impl Fn(&str) -> bool) -> Result<()> {
        let foreign: Vec<&str> = self
            .imports
            .iter()
            .map(String::as_str)
            .filter(|name| !may(name))
            .collect();
        ensure!(
            foreign.is_empty(),
            "{} imports {}, which it may not have here",
            self.name,
            foreign.join(", ")
        );
        Ok(())
    }

    /// The version that this part asks for; any where it does not.
    fn environment(&self) -> &str {
        let mut imports = self.imports.iter();
        imports
            .find(|name| name.starts_with(ENVIRONMENT))
            .map_or("wasi:cli/environment@0.2.6", String::as_str)
    }
}

fn allowed(name: &str, more: &[&str]) -> bool {
    policy::may_import(name) || more.iter().any(|prefix| name.starts_with(prefix))
}

/// Meets the import `interface` of a part with the export of that name. A part that does not ask gets nothing.
fn give(
    graph: &mut CompositionGraph,
    (part, at): (&Part, NodeId),
    from: NodeId,
    interface: &str,
) -> Result<()> {
    let prefix = format!("{OWN}{interface}@");
    for import in part.imports.iter().filter(|name| name.starts_with(&prefix)) {
        let export = graph
            .alias_instance_export(from, import)
            .with_context(|| format!("nothing exports {import} for {}", part.name))?;
        graph
            .set_instantiation_argument(at, import, export)
            .with_context(|| format!("{} does not fit {import}", part.name))?;
    }
    Ok(())
}

/// What the tool component was built to say of itself.
fn manifest(tools: &[u8]) -> Result<String> {
    for payload in wasmparser::Parser::new(0).parse_all(tools) {
        if let wasmparser::Payload::CustomSection(section) = payload?
            && section.name() == MANIFEST
        {
            return Ok(String::from_utf8(section.data().to_vec())?);
        }
    }
    bail!("the tool component carries no `{MANIFEST}`")
}
