//! How the tour looks: colours, a progress bar and pauses to read on a terminal; plain text at full
//! speed in a pipe.

use std::io::{IsTerminal, Write, stdout};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

const WIDTH: usize = 110;

pub(super) struct Stage {
    bar: Option<ProgressBar>,
    pause: Duration,
}

impl Stage {
    pub(super) fn new(scenes: u64, hurried: bool) -> Self {
        let bar = stdout().is_terminal().then(|| {
            let bar = ProgressBar::new(scenes);
            if let Ok(style) =
                ProgressStyle::with_template("{bar:40.cyan/dim} {pos}/{len}  {msg:.dim}")
            {
                bar.set_style(style);
            }
            bar
        });
        let pause = if bar.is_some() && !hurried {
            Duration::from_millis(2600)
        } else {
            Duration::ZERO
        };
        Self { bar, pause }
    }

    pub(super) async fn scene(&self, title: &str, remark: &str) -> std::io::Result<()> {
        tokio::time::sleep(self.pause).await;
        let title = self.styled("1;36", title);
        self.print(&format!("\n{title}\n{}\n", self.styled("2", remark)))?;
        if let Some(bar) = &self.bar {
            bar.set_message(remark.to_owned());
            bar.inc(1);
        }
        Ok(())
    }

    /// What the client says.
    pub(super) fn said(&self, text: &str) -> std::io::Result<()> {
        self.print(&self.styled("33", &format!("  → {text}\n")))
    }

    /// What came back, at most `lines` of it.
    pub(super) fn heard(&self, text: &str, lines: usize) -> std::io::Result<()> {
        let mut shown = String::new();
        for line in text.lines().take(lines) {
            let cut: String = line.chars().take(WIDTH).collect();
            let more = if cut.len() < line.len() { "…" } else { "" };
            shown += &format!("  {cut}{more}\n");
        }
        let left = text.lines().count().saturating_sub(lines);
        if left > 0 {
            shown += &self.styled("2", &format!("  … {left} more lines\n"));
        }
        self.print(&shown)
    }

    pub(super) fn end(&self, text: &str) -> std::io::Result<()> {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.print(text)
    }

    fn print(&self, text: &str) -> std::io::Result<()> {
        let write = || stdout().write_all(text.as_bytes());
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn styled(&self, code: &str, text: &str) -> String {
        match self.bar {
            Some(_) => format!("\x1b[{code}m{text}\x1b[0m"),
            None => text.to_owned(),
        }
    }
}
