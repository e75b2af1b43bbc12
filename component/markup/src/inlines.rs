//! The normal form of inline content, which every reader ends in.
//!
//! Decides where runs begin and end: no empty text, equal neighbours joined, no space at the edge
//! of a paragraph or of an emphasis, breaks only between text. Never looks at a format.

use compact_str::CompactString;

use crate::doc::{Inline, InlineKind, KeptMarks, Marks};
use crate::text;

/// Brings `inlines` into normal form.
pub(crate) fn normal(mut runs: Vec<Inline>) -> Vec<Inline> {
    let (mut emphasised, mut broken) = (false, false);
    for run in &mut runs {
        if let InlineKind::Text(text) = &mut run.kind {
            clean(text);
        }
        fit_marks(run);
        emphasised |= run.marks.strong || run.marks.emphasis || run.marks.strike;
        broken |= is_break(run);
    }
    runs.retain(|run| !matches!(&run.kind, InlineKind::Text(text) if text.is_empty()));
    if runs.len() < 2 && !emphasised && !broken {
        trim(&mut runs);
        return runs;
    }
    if emphasised {
        runs = split_spaces(runs);
        for mark in [STRONG, EMPHASIS, STRIKE] {
            retract(&mut runs, mark);
        }
    }
    if broken {
        trim_lines(&mut runs);
        settle_breaks(&mut runs);
    } else {
        trim(&mut runs);
    }
    runs = join(runs);
    runs.shrink_to_fit();
    runs
}

/// [`normal`] for places that are one line by nature: soft breaks become spaces.
pub(crate) fn normal_line(mut inlines: Vec<Inline>) -> Vec<Inline> {
    for inline in &mut inlines {
        if matches!(inline.kind, InlineKind::SoftBreak) {
            inline.kind = InlineKind::Text(" ".into());
        }
    }
    normal(inlines)
}

/// The words of `inlines` without marks: for titles and labels.
pub(crate) fn plain(inlines: &[Inline]) -> String {
    let mut text = String::new();
    for inline in inlines {
        match &inline.kind {
            // A tag that nobody knows is text, and may hold the end of a line.
            InlineKind::Text(part) => {
                let mut part = part.clone();
                clean(&mut part);
                text.push_str(&part);
            }
            InlineKind::HardBreak | InlineKind::SoftBreak => text.push(' '),
            InlineKind::Image(image) => text.push_str(&image.alt),
            InlineKind::Mention(mention) => text.push_str(mention.name.as_deref().unwrap_or("")),
            InlineKind::Status(status) => text.push_str(&status.text),
            InlineKind::Emoji(emoji) => {
                text.push(':');
                text.push_str(&emoji.name);
                text.push(':');
            }
            InlineKind::Date { day, .. } => text.push_str(&day.to_string()),
            InlineKind::Card(card) => text.push_str(&card.url),
            InlineKind::Kept(_) => {}
        }
    }
    text.trim().to_owned()
}

/// Text that every format can hold: one kind of space, no control character, and nothing that
/// XML 1.0 forbids (its production `Char`).
fn clean(text: &mut CompactString) {
    if !text::holds(text, text::is_suspect) {
        return;
    }
    *text = text
        .chars()
        .filter_map(|char| match char {
            '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' => Some(' '),
            '\u{0}'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => None,
            _ => Some(char),
        })
        .collect();
}

/// Whether nothing but spaces is left of a text in normal form.
pub(crate) fn is_blank_text(text: &str) -> bool {
    let leaves_words = |char| !matches!(char, '\u{0}'..=' ' | '\u{7f}' | '\u{fffe}' | '\u{ffff}');
    !text.contains(leaves_words)
}

/// Only text can be code, and an object that is a link by nature is not linked elsewhere.
fn fit_marks(run: &mut Inline) {
    match run.kind {
        InlineKind::Text(_) => {}
        InlineKind::Mention(_)
        | InlineKind::Status(_)
        | InlineKind::Date { .. }
        | InlineKind::Card(_) => {
            run.marks.code = false;
            run.marks.link = None;
        }
        _ => run.marks.code = false,
    }
}

type Mark = fn(&mut Marks) -> &mut bool;
const STRONG: Mark = |marks| &mut marks.strong;
const EMPHASIS: Mark = |marks| &mut marks.emphasis;
const STRIKE: Mark = |marks| &mut marks.strike;

/// Cuts the spaces at the ends of emphasised texts off into runs of their own.
fn split_spaces(inlines: Vec<Inline>) -> Vec<Inline> {
    if !inlines.iter().any(has_emphasised_edge) {
        return inlines;
    }
    let mut runs = Vec::with_capacity(inlines.len() + 2);
    for inline in inlines {
        let InlineKind::Text(text) = &inline.kind else {
            runs.push(inline);
            continue;
        };
        if !has_emphasised_edge(&inline) {
            runs.push(inline);
            continue;
        }
        let core = text.trim();
        let lead = text.len() - text.trim_start().len();
        let parts = [&text[..lead], core, &text[lead + core.len()..]];
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            runs.push(Inline::new(
                InlineKind::Text(part.into()),
                inline.marks.clone(),
            ));
        }
    }
    runs
}

/// Whether an emphasis on these words reaches over a space at one of their ends.
fn has_emphasised_edge(run: &Inline) -> bool {
    let marks = &run.marks;
    (marks.strong || marks.emphasis || marks.strike)
        && !marks.code
        && matches!(&run.kind, InlineKind::Text(text) if {
            let core = text.trim();
            core.len() != text.len() && !core.is_empty()
        })
}

/// Takes `mark` off the spaces and breaks at the edges of each stretch that has it: Markdown and
/// wiki markup cannot open or close an emphasis beside a space.
fn retract(runs: &mut [Inline], mark: Mark) {
    let mut start = 0;
    while start < runs.len() {
        if !*mark(&mut runs[start].marks) {
            start += 1;
            continue;
        }
        let mut end = start;
        while end < runs.len() && *mark(&mut runs[end].marks) {
            end += 1;
        }
        for run in runs[start..end].iter_mut().take_while(|run| is_blank(run)) {
            *mark(&mut run.marks) = false;
        }
        for run in runs[start..end]
            .iter_mut()
            .rev()
            .take_while(|run| is_blank(run))
        {
            *mark(&mut run.marks) = false;
        }
        start = end;
    }
}

fn is_break(run: &Inline) -> bool {
    matches!(run.kind, InlineKind::HardBreak | InlineKind::SoftBreak)
}

fn is_blank(run: &Inline) -> bool {
    is_break(run)
        || !run.marks.code
            && matches!(&run.kind, InlineKind::Text(text) if text.chars().all(char::is_whitespace))
}

/// Takes spaces away at both ends.
fn trim(runs: &mut Vec<Inline>) {
    while runs.last_mut().is_some_and(trim_end) {
        runs.pop();
    }
    let blank = runs.iter_mut().map(trim_start).take_while(|blank| *blank);
    let blank = blank.count();
    if blank > 0 {
        runs.drain(..blank);
    }
}

/// Takes spaces away at both ends and beside breaks, and breaks away at both ends and beside
/// stronger ones.
fn trim_lines(runs: &mut Vec<Inline>) {
    // What stays moves up to the `kept` first places: a text has a million runs at worst.
    let mut kept = 0;
    for at in 0..runs.len() {
        let (before, here) = runs.split_at_mut(at);
        let run = &mut here[0];
        if is_break(run) {
            while before[..kept].last_mut().is_some_and(trim_end) {
                kept -= 1;
            }
            match before[..kept].last_mut() {
                None => continue,
                Some(last) if is_break(last) => {
                    if run.kind == InlineKind::SoftBreak {
                        continue;
                    }
                    if last.kind == InlineKind::SoftBreak {
                        last.kind = InlineKind::HardBreak;
                        continue;
                    }
                }
                Some(_) => {}
            }
        } else if before[..kept].last().is_none_or(is_break) && trim_start(run) {
            continue;
        }
        if kept < at {
            runs.swap(kept, at);
        }
        kept += 1;
    }
    runs.truncate(kept);
    while runs
        .last_mut()
        .is_some_and(|last| is_break(last) || trim_end(last))
    {
        runs.pop();
    }
}

/// Takes the spaces off the end of a text; true if nothing is left.
fn trim_end(run: &mut Inline) -> bool {
    if let (false, InlineKind::Text(text)) = (run.marks.code, &mut run.kind) {
        text.truncate(text.trim_end_matches(' ').len());
        return text.is_empty();
    }
    false
}

fn trim_start(run: &mut Inline) -> bool {
    if let (false, InlineKind::Text(text)) = (run.marks.code, &mut run.kind) {
        let lead = text.len() - text.trim_start_matches(' ').len();
        if lead > 0 {
            drop(text.drain(..lead));
        }
        return text.is_empty();
    }
    false
}

/// A break has the marks that both its neighbours have.
fn settle_breaks(runs: &mut [Inline]) {
    let mut at = 0;
    while at < runs.len() {
        if !is_break(&runs[at]) {
            at += 1;
            continue;
        }
        let breaks = runs[at..].iter().take_while(|run| is_break(run)).count();
        let before = at.checked_sub(1).and_then(|before| runs.get(before));
        let marks = match (before, runs.get(at + breaks)) {
            (Some(before), Some(after)) => common(&before.marks, &after.marks),
            _ => Marks::default(),
        };
        for run in &mut runs[at..at + breaks] {
            run.marks = marks.clone();
        }
        at += breaks;
    }
}

fn common(left: &Marks, right: &Marks) -> Marks {
    let shared = left.kept.iter().zip(right.kept.iter());
    let kept: KeptMarks = shared
        .take_while(|(one, other)| one == other)
        .map(|(one, _)| one.clone())
        .collect();
    Marks {
        strong: left.strong && right.strong,
        emphasis: left.emphasis && right.emphasis,
        strike: left.strike && right.strike,
        underline: left.underline && right.underline,
        code: false,
        script: left.script.filter(|_| left.script == right.script),
        colour: left.colour.clone().filter(|_| left.colour == right.colour),
        link: left.link.clone().filter(|_| left.link == right.link),
        kept,
    }
}

fn join(runs: Vec<Inline>) -> Vec<Inline> {
    let is_text = |run: &Inline| matches!(run.kind, InlineKind::Text(_));
    let joins =
        |pair: &[Inline]| is_text(&pair[0]) && is_text(&pair[1]) && pair[0].marks == pair[1].marks;
    if !runs.windows(2).any(joins) {
        return runs;
    }
    let mut joined: Vec<Inline> = Vec::with_capacity(runs.len());
    for run in runs {
        if let (Some(last), InlineKind::Text(more)) = (joined.last_mut(), &run.kind)
            && last.marks == run.marks
            && let InlineKind::Text(text) = &mut last.kind
        {
            text.push_str(more);
            continue;
        }
        joined.push(run);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strong(text: &str) -> Inline {
        let marks = Marks {
            strong: true,
            ..Marks::default()
        };
        Inline::new(InlineKind::Text(text.into()), marks)
    }

    #[test]
    fn spaces_leave_an_emphasis() {
        let normal = normal(vec![Inline::text("a"), strong(" b "), Inline::text("c ")]);
        assert_eq!(
            normal,
            [Inline::text("a "), strong("b"), Inline::text(" c")]
        );
    }

    #[test]
    fn space_inside_an_emphasis_stays() {
        assert_eq!(
            normal(vec![strong("a"), strong(" "), strong("b")]),
            [strong("a b")]
        );
    }

    #[test]
    fn breaks_stand_between_words_only() {
        let hard = || Inline::new(InlineKind::HardBreak, Marks::default());
        let soft = || Inline::new(InlineKind::SoftBreak, Marks::default());
        let messy = vec![
            hard(),
            Inline::text("a  "),
            soft(),
            hard(),
            Inline::text(" b"),
            soft(),
            hard(),
        ];
        assert_eq!(
            normal(messy),
            [Inline::text("a"), hard(), Inline::text("b")]
        );
    }

    #[test]
    fn what_xml_forbids_is_gone() {
        assert_eq!(
            normal(vec![Inline::text("a\u{0}\u{1b}\tb\u{ffff}")]),
            [Inline::text("a b")]
        );
    }
}
