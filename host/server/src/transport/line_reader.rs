//! Lines from a stream, with a bound on what is kept.
//!
//! Decides where a message begins and ends, never what it means. A line over the limit is read to
//! its end and thrown away piece by piece: the memory used does not depend on what a client sends.

use std::io;

use rmcp::model::RequestId;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use super::request_id::RequestIdScan;

/// What rmcp accepts over HTTP as well.
pub(super) const LONGEST_LINE: usize = 16 * 1024 * 1024;

/// A line that has grown to this without an end is refused before it ends: its sender may be
/// waiting for a word from us.
const PATIENCE: usize = 4 * LONGEST_LINE;

const CHUNK: usize = 64 * 1024;

#[derive(Debug, PartialEq)]
pub(super) enum Line {
    /// Without its line feed.
    Whole(Vec<u8>),
    /// Skipped; the `id` it carried, if one was seen.
    TooLong(Option<RequestId>),
    End,
}

#[derive(Debug)]
pub(super) struct LineReader<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
    skipping: Option<Skipping>,
    ended: bool,
}

#[derive(Debug, Default)]
struct Skipping {
    scan: RequestIdScan,
    length: usize,
    reported: bool,
}

impl<R: AsyncRead + Unpin> LineReader<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader: BufReader::with_capacity(CHUNK, reader),
            line: Vec::new(),
            skipping: None,
            ended: false,
        }
    }

    /// The next line. May be dropped and called again without losing a byte: rmcp polls it beside
    /// other work. What was read is kept in `self`, and nothing awaits between read and keep.
    ///
    /// A last line that its sender did not end is given out as well, so that `printf` can be a
    /// client.
    pub(super) async fn next(&mut self) -> io::Result<Line> {
        loop {
            if self.ended {
                return Ok(Line::End);
            }
            let available = self.reader.fill_buf().await?;
            if available.is_empty() {
                self.ended = true;
                return Ok(self.finish().unwrap_or(Line::End));
            }
            let newline = available.iter().position(|byte| *byte == b'\n');
            let piece = &available[..newline.unwrap_or(available.len())];
            let consumed = newline.map_or(available.len(), |at| at + 1);
            if let Some(skipping) = &mut self.skipping {
                skipping.pass(piece);
            } else if self.line.len() + piece.len() > LONGEST_LINE {
                let mut skipping = Skipping::default();
                skipping.pass(&std::mem::take(&mut self.line));
                skipping.pass(piece);
                self.skipping = Some(skipping);
            } else {
                self.line.extend_from_slice(piece);
            }
            self.reader.consume(consumed);
            if newline.is_some() {
                if let Some(line) = self.finish() {
                    return Ok(line);
                }
            } else if let Some(refused) = self.skipping.as_mut().and_then(Skipping::lose_patience) {
                return Ok(refused);
            }
        }
    }

    /// The line that was gathered; none where it is empty or was refused before.
    fn finish(&mut self) -> Option<Line> {
        match self.skipping.take() {
            Some(skipping) if skipping.reported => None,
            Some(skipping) => Some(Line::TooLong(skipping.scan.found())),
            None => Some(std::mem::take(&mut self.line))
                .filter(|line| !line.is_empty())
                .map(Line::Whole),
        }
    }
}

impl Skipping {
    fn pass(&mut self, piece: &[u8]) {
        self.scan.feed(piece);
        self.length = self.length.saturating_add(piece.len());
    }

    fn lose_patience(&mut self) -> Option<Line> {
        if self.reported || self.length < PATIENCE {
            return None;
        }
        self.reported = true;
        Some(Line::TooLong(self.scan.found()))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "reading from memory does not fail")]

    use super::*;

    async fn lines(input: &[u8]) -> Vec<Line> {
        let mut reader = LineReader::new(input);
        let mut lines = Vec::new();
        loop {
            match reader.next().await.unwrap() {
                Line::End => return lines,
                line => lines.push(line),
            }
        }
    }

    fn whole(text: &str) -> Line {
        Line::Whole(text.as_bytes().to_vec())
    }

    #[tokio::test]
    async fn lines_come_one_by_one_and_the_last_needs_no_end() {
        assert_eq!(
            lines(b"a\n\nb\r\nc").await,
            [whole("a"), whole("b\r"), whole("c")]
        );
    }

    #[tokio::test]
    async fn a_line_at_the_limit_is_kept_and_one_above_is_skipped() {
        let mut input = vec![b'x'; LONGEST_LINE];
        input.push(b'\n');
        input.extend(vec![b'y'; LONGEST_LINE + 1]);
        input.extend(b"\nnext\n");
        let lines = lines(&input).await;
        assert!(matches!(&lines[0], Line::Whole(line) if line.len() == LONGEST_LINE));
        assert_eq!(lines[1..], [Line::TooLong(None), whole("next")]);
    }

    #[tokio::test]
    async fn a_long_line_is_refused_once_even_if_it_never_ends() {
        let mut input = br#"{"id":5,"x":""#.to_vec();
        input.extend(vec![b'y'; PATIENCE + CHUNK]);
        assert_eq!(
            lines(&input).await,
            [Line::TooLong(Some(RequestId::Number(5)))]
        );
        input.extend(b"\nnext\n");
        assert_eq!(
            lines(&input).await,
            [Line::TooLong(Some(RequestId::Number(5))), whole("next")]
        );
    }

    #[tokio::test]
    async fn memory_does_not_grow_with_the_line() {
        let mut reader = LineReader::new(tokio::io::AsyncReadExt::take(
            tokio::io::repeat(b'x'),
            100_000_000,
        ));
        assert_eq!(reader.next().await.unwrap(), Line::TooLong(None));
        assert_eq!(reader.line.capacity(), 0);
        assert_eq!(reader.next().await.unwrap(), Line::End);
    }
}
