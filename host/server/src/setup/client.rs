//! The clients: where each keeps its file, what an entry looks like there, and its own command where it has one. One
//! table; sources are the clients' own manuals.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::Launch;

/// One program that can start MCP servers.
pub(crate) struct Client {
    /// As it is named on the command line.
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    file: fn(&Places) -> PathBuf,
    pub(crate) format: Format,
    /// The client's own way to change its file, which it may rewrite at any time.
    pub(crate) own: Option<OwnCommand>,
}

/// The fields of an entry in the order of the manuals, which JSON itself does not keep.
pub(crate) type Entry = Vec<(&'static str, Value)>;

/// How its file is written.
#[derive(Clone, Copy)]
pub(crate) enum Format {
    /// JSON, perhaps with comments; the entry stands under a key of the top level.
    Json {
        key: &'static str,
        entry: fn(&Launch) -> Entry,
    },
    /// TOML, `[mcp_servers.NAME]`.
    Codex,
    Yaml(YamlStyle),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum YamlStyle {
    /// `mcpServers:` is a list of entries with a name.
    Continue,
    /// `extensions:` is a map by name.
    Goose,
}

/// A command line; `{name}` and `{command}` are whole arguments, and the launch's arguments follow the latter.
pub(crate) struct OwnCommand {
    pub(crate) program: &'static str,
    pub(crate) add: &'static [&'static str],
    pub(crate) remove: &'static [&'static str],
}

/// Folders that the paths begin with.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub(crate) home: PathBuf,
    /// `~/.config`, `~/Library/Application Support`, `%APPDATA%`.
    pub(crate) settings: PathBuf,
    pub(crate) claude: Option<PathBuf>,
    pub(crate) codex: Option<PathBuf>,
}

impl Client {
    pub(crate) fn file(&self, places: &Places) -> PathBuf {
        (self.file)(places)
    }

    pub(crate) fn by_id(id: &str) -> Option<&'static Self> {
        // One file serves the editor and its command line.
        let id = if id == "cursor-agent" { "cursor" } else { id };
        CLIENTS.iter().find(|client| client.id == id)
    }
}

impl OwnCommand {
    /// The arguments of `template` for this entry.
    pub(crate) fn arguments(template: &[&str], name: &str, launch: &Launch) -> Vec<String> {
        let mut arguments = Vec::new();
        for word in template {
            match *word {
                "{name}" => arguments.push(name.to_owned()),
                "{command}" => {
                    arguments.push(launch.command.clone());
                    arguments.extend(launch.arguments.iter().cloned());
                }
                plain => arguments.push(plain.to_owned()),
            }
        }
        arguments
    }
}

fn plain(launch: &Launch) -> Entry {
    vec![
        ("command", json!(launch.command)),
        ("args", json!(launch.arguments)),
    ]
}

fn typed(launch: &Launch) -> Entry {
    [vec![("type", json!("stdio"))], plain(launch)].concat()
}

const SERVERS: Format = Format::Json {
    key: "mcpServers",
    entry: plain,
};

/// Where the extensions of VS Code keep their files.
fn extension(places: &Places, id: &str, file: &str) -> PathBuf {
    let storage = places.settings.join("Code/User/globalStorage");
    storage.join(id).join("settings").join(file)
}

/// The first that exists, else the first.
fn first_of(paths: [PathBuf; 2]) -> PathBuf {
    let [first, second] = paths;
    if !first.exists() && second.exists() {
        second
    } else {
        first
    }
}

pub(crate) const CLIENTS: &[Client] = &[
    Client {
        id: "claude-code",
        name: "Claude Code",
        file: |places| {
            places
                .claude
                .as_ref()
                .unwrap_or(&places.home)
                .join(".claude.json")
        },
        format: Format::Json {
            key: "mcpServers",
            entry: typed,
        },
        own: Some(OwnCommand {
            program: "claude",
            // Options stand before the name, `--` before the command.
            add: &[
                "mcp",
                "add",
                "--scope",
                "user",
                "--transport",
                "stdio",
                "{name}",
                "--",
                "{command}",
            ],
            remove: &["mcp", "remove", "--scope", "user", "{name}"],
        }),
    },
    Client {
        id: "claude-desktop",
        name: "Claude Desktop",
        file: |places| places.settings.join("Claude/claude_desktop_config.json"),
        format: SERVERS,
        own: None,
    },
    Client {
        id: "cursor",
        name: "Cursor and cursor-agent",
        file: |places| places.home.join(".cursor/mcp.json"),
        format: SERVERS,
        own: None,
    },
    Client {
        id: "vscode",
        name: "VS Code (Copilot)",
        file: |places| places.settings.join("Code/User/mcp.json"),
        format: Format::Json {
            key: "servers",
            entry: typed,
        },
        // `code --add-mcp` cannot take an entry out again, and the editor re-reads the file.
        own: None,
    },
    Client {
        id: "codex",
        name: "Codex",
        file: |places| {
            let folder = places.codex.clone();
            folder
                .unwrap_or_else(|| places.home.join(".codex"))
                .join("config.toml")
        },
        format: Format::Codex,
        own: Some(OwnCommand {
            program: "codex",
            add: &["mcp", "add", "{name}", "--", "{command}"],
            remove: &["mcp", "remove", "{name}"],
        }),
    },
    Client {
        id: "gemini",
        name: "Gemini CLI",
        file: |places| places.home.join(".gemini/settings.json"),
        format: SERVERS,
        own: Some(OwnCommand {
            program: "gemini",
            add: &["mcp", "add", "--scope", "user", "{name}", "{command}"],
            remove: &["mcp", "remove", "--scope", "user", "{name}"],
        }),
    },
    Client {
        id: "windsurf",
        name: "Windsurf",
        file: |places| places.home.join(".codeium/windsurf/mcp_config.json"),
        format: SERVERS,
        own: None,
    },
    Client {
        id: "zed",
        name: "Zed",
        file: |places| {
            if cfg!(windows) {
                places.settings.join("Zed/settings.json")
            } else {
                places.home.join(".config/zed/settings.json")
            }
        },
        format: Format::Json {
            key: "context_servers",
            entry: |launch| {
                [
                    vec![("source", json!("custom"))],
                    plain(launch),
                    vec![("env", json!({}))],
                ]
                .concat()
            },
        },
        own: None,
    },
    Client {
        id: "copilot",
        name: "Copilot CLI",
        file: |places| places.home.join(".copilot/mcp-config.json"),
        format: Format::Json {
            key: "mcpServers",
            entry: |launch| {
                [
                    vec![("type", json!("local"))],
                    plain(launch),
                    vec![("tools", json!(["*"]))],
                ]
                .concat()
            },
        },
        own: None,
    },
    Client {
        id: "opencode",
        name: "OpenCode",
        file: |places| {
            let folder = places.home.join(".config/opencode");
            first_of([folder.join("opencode.json"), folder.join("opencode.jsonc")])
        },
        format: Format::Json {
            key: "mcp",
            entry: |launch| {
                let words: Vec<_> = std::iter::once(&launch.command)
                    .chain(&launch.arguments)
                    .collect();
                vec![
                    ("type", json!("local")),
                    ("command", json!(words)),
                    ("enabled", json!(true)),
                ]
            },
        },
        own: None,
    },
    Client {
        id: "cline",
        name: "Cline",
        file: |places| extension(places, "saoudrizwan.claude-dev", "cline_mcp_settings.json"),
        format: SERVERS,
        own: None,
    },
    Client {
        id: "roo",
        name: "Roo Code",
        file: |places| extension(places, "rooveterinaryinc.roo-cline", "mcp_settings.json"),
        format: SERVERS,
        own: None,
    },
    Client {
        id: "continue",
        name: "Continue",
        file: |places| places.home.join(".continue/config.yaml"),
        format: Format::Yaml(YamlStyle::Continue),
        own: None,
    },
    Client {
        id: "goose",
        name: "Goose",
        file: |places| {
            if cfg!(windows) {
                places.settings.join("Block/goose/config/config.yaml")
            } else {
                places.home.join(".config/goose/config.yaml")
            }
        },
        format: Format::Yaml(YamlStyle::Goose),
        own: None,
    },
    Client {
        id: "lm-studio",
        name: "LM Studio",
        file: |places| {
            first_of([
                places.home.join(".lmstudio/mcp.json"),
                places.home.join(".cache/lm-studio/mcp.json"),
            ])
        },
        format: SERVERS,
        own: None,
    },
    Client {
        id: "kiro",
        name: "Kiro",
        file: |places| places.home.join(".kiro/settings/mcp.json"),
        format: SERVERS,
        own: None,
    },
];
