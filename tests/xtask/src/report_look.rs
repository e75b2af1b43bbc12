//! `cargo xtask report-look`: the report of a shipped profile as a browser shows it, on a telephone and on a desk, light
//! and dark. Fails where the browser complains, where anything has to be scrolled sideways, or where nothing is shown;
//! whether it is good to look at is for whoever looks at the pictures.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use crate::say;

/// By the names that distributions and vendors give it.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

const WIDTHS: [(&str, u32); 2] = [("telephone", 360), ("desk", 1280)];

/// As the style engine numbers them.
const SCHEMES: [(&str, u32); 2] = [("dark", 0), ("light", 1)];

const HEIGHT: u32 = 1400;

/// The browser has no window below 500 pixels, and the report forbids scripts: a page around it holds it to the width,
/// looks at it from outside and writes what it saw where `--dump-dom` shows it.
const AROUND: &str = r#"<!doctype html><meta charset="utf-8"><title>nothing</title><body style="margin:0">
<iframe style="border:0;display:block;width:WIDTHpx;height:HEIGHTpx"></iframe><script>
const frame = document.querySelector("iframe");
frame.onload = () => {
  const page = frame.contentDocument;
  const scrolls = (e) => e === page.documentElement || getComputedStyle(e).overflowX !== "visible";
  const name = (e) => `${e.localName}.${e.className}: ${e.scrollWidth} px in ${e.clientWidth}`;
  const wide = [...page.querySelectorAll("*")].filter((e) => scrolls(e) && e.scrollWidth > e.clientWidth);
  document.title = "seen " + JSON.stringify({
    too_wide: wide.map(name),
    is_dark: frame.contentWindow.matchMedia("(prefers-color-scheme: dark)").matches,
    rows: page.querySelectorAll(".access tbody tr").length,
  });
};
frame.src = "report.html";
</script>"#;

/// Leaves the report and its pictures in `folder`.
pub(crate) fn run(program: &Path, folder: &Path) -> anyhow::Result<()> {
    let browser = browser()?;
    write_report(&std::path::absolute(program)?, folder)?;
    let mut faults = Vec::new();
    for (place, width) in WIDTHS {
        let around = AROUND.replace("WIDTH", &width.to_string());
        let around = around.replace("HEIGHT", &HEIGHT.to_string());
        fs::write(folder.join("around.html"), around)?;
        for (scheme, number) in SCHEMES {
            let name = format!("{place}-{scheme}");
            let picture = folder.join(&name).with_extension("png");
            let (seen, complaints) = look(browser, folder, &picture, width, number)?;
            let shown = if seen["is_dark"] == true {
                "dark"
            } else {
                "light"
            };
            ensure!(
                shown == scheme,
                "{browser} did not show the {scheme} colours"
            );
            ensure!(seen["rows"] != 0, "the report has no rows");
            let too_wide = seen["too_wide"].as_array();
            let too_wide = too_wide.context("nothing was measured")?.iter();
            let too_wide = too_wide.map(|what| format!("is too wide: {what}"));
            let found = too_wide.chain(complaints);
            faults.extend(found.map(|fault| format!("{name}: {fault}")));
            say(&picture.display().to_string())?;
        }
    }
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

/// Of the widest profile, over a site of each deployment.
fn write_report(program: &Path, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    for (file, command) in [
        (
            "policy.toml",
            "policy init --print --profile full --products jira,confluence \
             --site acme=https://acme.atlassian.net --site wiki=https://wiki.example.com",
        ),
        (
            "report.html",
            "policy report --format html --policy policy.toml",
        ),
    ] {
        let ended = Command::new(program)
            .args(command.split_whitespace())
            .current_dir(folder)
            .output()?;
        let complaint = String::from_utf8_lossy(&ended.stderr);
        ensure!(ended.status.success(), "`{command}`: {complaint}");
        fs::write(folder.join(file), ended.stdout)?;
    }
    Ok(())
}

fn browser() -> anyhow::Result<&'static str> {
    let runs = |name: &&str| {
        let version = Command::new(name).arg("--version").output();
        version.is_ok_and(|version| version.status.success())
    };
    BROWSERS.into_iter().find(runs).with_context(|| {
        format!(
            "no Chromium was found, and this looks at the report with one; install one of {}",
            BROWSERS.join(", ")
        )
    })
}

/// Takes a picture; what was seen, and what the browser's console says.
fn look(
    browser: &str,
    folder: &Path,
    picture: &Path,
    width: u32,
    scheme: u32,
) -> anyhow::Result<(Value, Vec<String>)> {
    let ended = Command::new(browser)
        // Its own sandbox does not start for root, in containers for one; the page is ours and loads nothing.
        .args(["--headless", "--no-sandbox", "--disable-gpu"])
        .args([
            "--dump-dom",
            "--enable-logging=stderr",
            "--virtual-time-budget=5000",
        ])
        // The page around may look into the report, which is a file beside it.
        .arg("--allow-file-access-from-files")
        .arg(format!(
            "--user-data-dir={}",
            folder.join("browser").display()
        ))
        .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
        .arg(format!("--window-size={width},{HEIGHT}"))
        .arg(format!("--screenshot={}", picture.display()))
        .arg(folder.join("around.html"))
        .output()?;
    let page = String::from_utf8_lossy(&ended.stdout);
    let said = String::from_utf8_lossy(&ended.stderr);
    let seen = page
        .split_once("<title>seen ")
        .and_then(|(_, rest)| rest.split_once("</title>"));
    let Some((seen, _)) = seen else {
        bail!("{browser} showed nothing:\n{said}");
    };
    let complaints = said.lines().filter(|line| line.contains(":CONSOLE"));
    Ok((
        serde_json::from_str(seen)?,
        complaints.map(str::to_owned).collect(),
    ))
}
