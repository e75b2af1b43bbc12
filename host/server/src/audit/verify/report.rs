//! Decides how a verdict is told. The finding first, then where, then what to do with the head.

use std::fmt::Write;

use super::{Finding, Verdict, What};

impl Verdict {
    /// 0: whole; 1: not.
    pub(crate) fn exit_code(&self) -> u8 {
        u8::from(!self.intact)
    }

    pub(crate) fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a verdict is plain data")
    }

    pub(crate) fn human(&self) -> String {
        let Self {
            files,
            retired,
            records,
            key,
            head,
            findings,
            notes,
            ..
        } = self;
        let mut text = String::new();
        let gone = match retired {
            0 => String::new(),
            count => format!(" ({} retired)", *count),
        };
        let counted = format!(
            "{}{gone}, {}, sealed with the key {key}",
            counted(*files as u64, "file"),
            counted(*records, "record")
        );
        let first = match findings.len() {
            0 => format!("intact: {counted}"),
            count => format!(
                "NOT INTACT: {} in {counted}",
                self::counted(count as u64, "finding")
            ),
        };
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{first}");
        for (title, list) in [("", findings), ("note: ", notes)] {
            for finding in list {
                let (place, word) = (finding.place(), finding.what.word());
                let _ = write!(text, "  {title}{place}  {word}: {}", finding.text);
                let _ = match finding.through {
                    Some(line) => writeln!(text, "; likewise up to line {line}"),
                    None => writeln!(text),
                };
            }
        }
        if let Some(head) = head {
            let _ = writeln!(
                text,
                "head {} {}\n  kept elsewhere and given to `--expect`, it finds an older copy of everything",
                head.seq, head.seal
            );
        }
        text
    }
}

impl Finding {
    fn place(&self) -> String {
        match (self.line, self.through) {
            (None, _) => self.file.clone(),
            (Some(line), None) => format!("{}:{line}", self.file),
            (Some(line), Some(through)) => format!("{}:{line}-{through}", self.file),
        }
    }
}

impl What {
    fn word(self) -> &'static str {
        match self {
            Self::Edited => "edited",
            Self::Inserted => "inserted",
            Self::Removed => "removed",
            Self::Moved => "moved",
            Self::Copied => "copied",
            Self::Cut => "cut",
            Self::FileMissing => "file missing",
            Self::FileForeign => "foreign file",
            Self::HeadMissing => "head missing",
            Self::HeadForeign => "foreign head",
            Self::NotFound => "older copy",
            Self::Torn => "torn",
            Self::Interrupted => "interrupted",
        }
    }
}

fn counted(count: u64, thing: &str) -> String {
    match count {
        1 => format!("1 {thing}"),
        _ => format!("{count} {thing}s"),
    }
}
