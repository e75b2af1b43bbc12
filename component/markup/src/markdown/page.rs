//! The text as it is written, line by line.
//!
//! Decides what each line begins with: the signs of the quotes and items around it, and no space
//! behind them where nothing follows. Never decides what a line says.

#[derive(Debug, Default)]
pub(super) struct Page {
    text: String,
    /// What each new line begins with.
    prefix: String,
    /// Behind what the last line begins with.
    begin: usize,
}

impl Page {
    /// Adds text that holds no line break.
    pub(super) fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Ends the line and begins another.
    pub(super) fn line(&mut self) {
        self.trim();
        self.text.push('\n');
        self.text.push_str(&self.prefix);
        self.begin = self.text.len();
    }

    /// Adds what `write` adds with `first` before it and `rest` before each further line of it.
    pub(super) fn within(&mut self, first: &str, rest: &str, write: impl FnOnce(&mut Self)) {
        self.text.push_str(first);
        self.begin = self.text.len();
        let outer = self.prefix.len();
        self.prefix.push_str(rest);
        write(self);
        self.prefix.truncate(outer);
    }

    /// Where the next text will stand.
    pub(super) fn end(&self) -> usize {
        self.text.len()
    }

    pub(super) fn since(&self, start: usize) -> &str {
        &self.text[start..]
    }

    /// Takes back what was written since `start`.
    pub(super) fn cut(&mut self, start: usize) {
        self.text.truncate(start);
    }

    /// Takes the spaces off the end.
    pub(super) fn trim_spaces(&mut self) {
        let length = self.text.trim_end_matches(' ').len();
        self.text.truncate(length);
    }

    /// Puts an empty line before the one that begins at `start`, behind its prefix.
    pub(super) fn part(&mut self, start: usize) {
        let line = start - self.prefix.len();
        let empty = format!("{}\n", self.prefix.trim_end_matches(' '));
        self.text.insert_str(line, &empty);
        self.begin += empty.len();
    }

    /// The text itself, to append to without a line break.
    pub(super) fn text(&mut self) -> &mut String {
        &mut self.text
    }

    pub(super) fn finish(mut self) -> String {
        self.trim();
        self.text
    }

    /// No spaces at the end of a line that says nothing.
    fn trim(&mut self) {
        if self.text.len() == self.begin {
            self.trim_spaces();
        }
    }
}
