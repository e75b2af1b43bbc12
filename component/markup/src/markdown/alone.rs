//! Whether a paragraph is nothing but placeholders, each on a line of its own: they are blocks then. Asked twice: of what
//! is read, since a pair around nothing may be a block, and of what is left when it is not, as it will be written.

use crate::doc::{Inline, InlineKind, Kept, Marks};
use crate::inlines;
use crate::nesting::{self, Mark, Step};
use crate::placeholder::Token;

/// Placeholders and breaks, as they come.
#[derive(Debug, Default)]
pub(super) struct Alone {
    tokens: Vec<Token>,
    /// Something else stands there too.
    beside: bool,
    /// A line break that shows stands behind a placeholder.
    broken: bool,
    /// A placeholder that is not the begin or end of something stands on the line.
    line_is_taken: bool,
}

impl Alone {
    /// The placeholders of `content`, in normal form, if they are read as blocks once they are written.
    pub(super) fn in_content(content: &[Inline]) -> Option<Vec<Token>> {
        let mut alone = Self::default();
        // Most paragraphs begin with words.
        if !matches!(content.first()?.kind, InlineKind::Kept(_)) {
            return None;
        }
        let wanted = |_, mark: Mark<'_>| matches!(mark, Mark::Kept(_));
        nesting::walk(content, wanted, |step| match step {
            Step::Open(Mark::Kept(kept)) => alone.token(Token::Begin(kept.clone())),
            Step::Close(Mark::Kept(kept)) => alone.token(Token::End(kept.id.clone())),
            Step::Open(_) | Step::Close(_) => {}
            Step::Run(_, run) => alone.run(run),
        });
        alone.finish()
    }

    fn run(&mut self, run: &Inline) {
        let Marks { link, code, .. } = &run.marks;
        match &run.kind {
            InlineKind::Kept(kept) if is_unmarked(&run.marks) => {
                self.token(Token::whole(Kept::clone(kept)));
            }
            InlineKind::SoftBreak => self.line(),
            InlineKind::HardBreak => self.hard_break(),
            InlineKind::Text(text) if inlines::is_blank_text(text) && link.is_none() && !code => {}
            _ => self.beside(),
        }
    }

    /// Nothing but placeholders and spaces so far.
    pub(super) fn so_far(&self) -> bool {
        !self.beside
    }

    pub(super) fn beside(&mut self) {
        self.beside = true;
    }

    pub(super) fn line(&mut self) {
        self.line_is_taken = false;
    }

    /// One before or behind all placeholders goes away.
    pub(super) fn hard_break(&mut self) {
        self.broken = !self.tokens.is_empty();
    }

    pub(super) fn token(&mut self, token: Token) {
        self.beside |= self.broken || self.line_is_taken;
        if !self.beside {
            self.line_is_taken = matches!(token, Token::Whole(_));
            self.tokens.push(token);
        }
    }

    pub(super) fn finish(&mut self) -> Option<Vec<Token>> {
        let tokens = std::mem::take(&mut self.tokens);
        (!self.beside && !tokens.is_empty()).then_some(tokens)
    }
}

/// Whether `marks` say nothing but what the run is inside of.
pub(super) fn is_unmarked(marks: &Marks) -> bool {
    // Nothing is copied, since this is asked of every placeholder; a new mark has to be thought of here.
    let Marks {
        strong,
        emphasis,
        strike,
        underline,
        code,
        script,
        colour,
        link,
        kept: _,
    } = marks;
    !(*strong || *emphasis || *strike || *underline || *code)
        && script.is_none()
        && colour.is_none()
        && link.is_none()
}
