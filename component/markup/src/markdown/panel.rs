//! What panels are called: `> [!NOTE]`.
//!
//! Decides the names that are written and those that are understood.

use crate::doc::PanelKind;

pub(super) fn panel_name(kind: PanelKind) -> &'static str {
    match kind {
        PanelKind::Info => "INFO",
        PanelKind::Note => "NOTE",
        PanelKind::Tip => "TIP",
        PanelKind::Success => "SUCCESS",
        PanelKind::Warning => "WARNING",
        PanelKind::Error => "ERROR",
        PanelKind::Decision => "DECISION",
        PanelKind::Plain => "PANEL",
    }
}

pub(super) fn panel_kind(name: &str) -> Option<PanelKind> {
    let name = name.to_ascii_uppercase();
    // GitHub's own alerts, by their colours.
    match name.as_str() {
        "IMPORTANT" => return Some(PanelKind::Note),
        "CAUTION" => return Some(PanelKind::Error),
        _ => {}
    }
    [
        PanelKind::Info,
        PanelKind::Note,
        PanelKind::Tip,
        PanelKind::Success,
        PanelKind::Warning,
        PanelKind::Error,
        PanelKind::Decision,
        PanelKind::Plain,
    ]
    .into_iter()
    .find(|kind| panel_name(*kind) == name)
}
