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

/// A line that has grown to this many times the limit is refused before it ends: its sender may be
/// waiting for a word from us.
const PATIENCE: usize = 4;

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
    limit: usize,
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
        Self::with_limit(reader, LONGEST_LINE)
    }

    fn with_limit(reader: R, limit: usize) -> Self {
        Self {
            reader: BufReader::with_capacity(CHUNK, reader),
            limit,
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
            } else if self.line.len() + piece.len() > self.limit {
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
            } else if let Some(refused) = self.lose_patience() {
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

    fn lose_patience(&mut self) -> Option<Line> {
        let skipping = self.skipping.as_mut()?;
        if skipping.reported || skipping.length / PATIENCE < self.limit {
            return None;
        }
        skipping.reported = true;
        Some(Line::TooLong(skipping.scan.found()))
    }
}

impl Skipping {
    fn pass(&mut self, piece: &[u8]) {
        self.scan.feed(piece);
        self.length = self.length.saturating_add(piece.len());
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "reading from memory does not fail")]

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// Small, so that a hundred times the limit is quick to read.
    const LIMIT: usize = 1000;

    async fn lines(input: &[u8]) -> Vec<Line> {
        let mut reader = LineReader::with_limit(input, LIMIT);
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
        let kept = "x".repeat(LIMIT);
        let input = format!("{kept}\n{kept}x\nnext\n");
        assert_eq!(
            lines(input.as_bytes()).await,
            [whole(&kept), Line::TooLong(None), whole("next")]
        );
    }

    #[tokio::test]
    async fn a_long_line_is_refused_once_even_if_it_never_ends() {
        let refused = Line::TooLong(Some(RequestId::Number(5)));
        let mut input = format!(r#"{{"id":5,"x":"{}"#, "y".repeat(CHUNK * 3));
        assert_eq!(lines(input.as_bytes()).await, [refused]);
        input.push_str("\nnext\n");
        let refused = Line::TooLong(Some(RequestId::Number(5)));
        assert_eq!(lines(input.as_bytes()).await, [refused, whole("next")]);
    }

    #[tokio::test]
    async fn a_sender_that_waits_inside_a_long_line_is_answered() {
        let (mut sender, receiver) = tokio::io::duplex(CHUNK);
        let mut reader = LineReader::with_limit(receiver, LIMIT);
        sender.write_all(&[b'x'; LIMIT * 5]).await.unwrap();
        assert_eq!(reader.next().await.unwrap(), Line::TooLong(None));
        sender.write_all(b"\nnext\n").await.unwrap();
        assert_eq!(reader.next().await.unwrap(), whole("next"));
    }

    #[tokio::test]
    async fn a_dropped_read_loses_nothing() {
        let (mut sender, receiver) = tokio::io::duplex(CHUNK);
        let mut reader = LineReader::with_limit(receiver, LIMIT);
        sender.write_all(b"be").await.unwrap();
        {
            let mut next = std::pin::pin!(reader.next());
            assert!(futures_util::poll!(next.as_mut()).is_pending());
        }
        sender.write_all(b"gun\n").await.unwrap();
        assert_eq!(reader.next().await.unwrap(), whole("begun"));
    }

    #[tokio::test]
    async fn memory_does_not_grow_with_the_line() {
        let endless = tokio::io::repeat(b'x').take(10_000_000);
        let mut reader = LineReader::with_limit(endless, LIMIT);
        assert_eq!(reader.next().await.unwrap(), Line::TooLong(None));
        assert_eq!(reader.next().await.unwrap(), Line::End);
        assert_eq!(reader.line.capacity(), 0);
    }
}
