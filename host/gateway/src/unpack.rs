//! The body of an answer as it arrives: decoded, counted, and given up at its limit. Only gzip is asked for, so
//! nothing else is taken, and no encoding is ever guessed.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::write::MultiGzDecoder;

use crate::ports::WireError;

/// Why a body was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// The limit that was passed, before or after decoding.
    TooLarge(u64),
    /// What the site sent instead.
    Bad(&'static str),
}

impl From<Unreadable> for WireError {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::TooLarge(limit) => Self::TooLarge(limit),
            Unreadable::Bad(what) => Self::BadResponse(format!("the site sent {what}")),
        }
    }
}

/// Collects one body. The limit holds for the bytes that arrive and for the decoded ones, while they arrive.
pub struct Unpacking {
    sink: Sink,
    arrived: u64,
    limit: u64,
}

impl Unpacking {
    /// `encodings` are the values of `content-encoding`, `announced` that of `content-length`.
    pub fn begin<'a>(
        encodings: impl IntoIterator<Item = &'a [u8]>,
        announced: Option<u64>,
        limit: u64,
    ) -> Result<Self, Unreadable> {
        let encoding = Encoding::of(encodings)?;
        if announced.is_some_and(|announced| announced > limit) {
            return Err(Unreadable::TooLarge(limit));
        }
        Ok(Self {
            sink: Sink::new(encoding, limit),
            arrived: 0,
            limit,
        })
    }

    pub fn take(&mut self, chunk: &[u8]) -> Result<(), Unreadable> {
        self.arrived += chunk.len() as u64;
        if self.arrived > self.limit {
            return Err(Unreadable::TooLarge(self.limit));
        }
        self.sink.take(chunk)
    }

    pub fn finish(self) -> Result<Bytes, Unreadable> {
        self.sink.finish(self.arrived)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Identity,
    Gzip,
}

impl Encoding {
    /// Only gzip was asked for. Brotli and zstd would need decoders with windows of their own size; two encodings
    /// one in the other multiply the ratio of a bomb (RFC 9110, section 8.4 allows both).
    fn of<'a>(encodings: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, Unreadable> {
        let mut found = Self::Identity;
        for value in encodings {
            let text = std::str::from_utf8(value)
                .map_err(|_| Unreadable::Bad("an unreadable content encoding"))?;
            for name in text.split(',').map(str::trim) {
                match name.to_ascii_lowercase().as_str() {
                    "" | "identity" => {}
                    "gzip" | "x-gzip" if found == Self::Identity => found = Self::Gzip,
                    "gzip" | "x-gzip" => {
                        return Err(Unreadable::Bad("a body encoded more than once"));
                    }
                    _ => {
                        return Err(Unreadable::Bad("a content encoding that was not asked for"));
                    }
                }
            }
        }
        Ok(found)
    }
}

enum Sink {
    Plain(Capped),
    Gzip(Box<MultiGzDecoder<Capped>>),
}

impl Sink {
    fn new(encoding: Encoding, limit: u64) -> Self {
        let capped = Capped {
            bytes: Vec::new(),
            limit,
            overrun: false,
        };
        match encoding {
            Encoding::Identity => Self::Plain(capped),
            Encoding::Gzip => Self::Gzip(Box::new(MultiGzDecoder::new(capped))),
        }
    }

    fn take(&mut self, chunk: &[u8]) -> Result<(), Unreadable> {
        let written = match self {
            Self::Plain(capped) => capped.write_all(chunk),
            Self::Gzip(decoder) => decoder.write_all(chunk),
        };
        written.map_err(|_| self.failure())
    }

    fn finish(mut self, arrived: u64) -> Result<Bytes, Unreadable> {
        // HEAD, 204 and 304 may name an encoding and carry no byte of it.
        if let (Self::Gzip(decoder), true) = (&mut self, arrived > 0)
            && decoder.try_finish().is_err()
        {
            return Err(self.failure());
        }
        let capped = match self {
            Self::Plain(capped) => capped,
            Self::Gzip(mut decoder) => std::mem::take(decoder.get_mut()),
        };
        Ok(Bytes::from(capped.bytes))
    }

    fn failure(&self) -> Unreadable {
        let capped = match self {
            Self::Plain(capped) => capped,
            Self::Gzip(decoder) => decoder.get_ref(),
        };
        if capped.overrun {
            Unreadable::TooLarge(capped.limit)
        } else {
            Unreadable::Bad("a body that is not the gzip it claims to be")
        }
    }
}

/// A buffer that refuses to grow over its limit.
#[derive(Default)]
struct Capped {
    bytes: Vec<u8>,
    limit: u64,
    overrun: bool,
}

impl Write for Capped {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if (self.bytes.len() + more.len()) as u64 > self.limit {
            self.overrun = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    fn decode(encoded: &[u8], step: usize, limit: u64) -> Result<Bytes, Unreadable> {
        let mut sink = Sink::new(Encoding::Gzip, limit);
        for chunk in encoded.chunks(step) {
            sink.take(chunk)?;
        }
        sink.finish(encoded.len() as u64)
    }

    proptest! {
        #[test]
        fn decodes_however_it_is_cut(plain in proptest::collection::vec(any::<u8>(), 0..4096), step in 1usize..700) {
            prop_assert_eq!(decode(&gzip(&plain), step, 4096).unwrap(), Bytes::from(plain));
        }
    }

    #[test]
    fn joined_members_are_one_body() {
        let both = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(decode(&both, 7, 100).unwrap(), "one two");
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = gzip(&vec![0; 64 << 20]);
        assert!(bomb.len() < 100_000);
        assert!(matches!(
            decode(&bomb, 1024, 1 << 20),
            Err(Unreadable::TooLarge(1_048_576))
        ));
    }

    #[test]
    fn the_limit_itself_is_allowed() {
        assert_eq!(decode(&gzip(&[7; 100]), 9, 100).unwrap().len(), 100);
        assert!(matches!(
            decode(&gzip(&[7; 101]), 9, 100),
            Err(Unreadable::TooLarge(100))
        ));
    }

    #[test]
    fn cut_corrupted_and_trailing_bytes_are_refused() {
        let whole = gzip(b"a sentence that is long enough to be cut");
        for cut in 1..whole.len() {
            assert!(
                matches!(decode(&whole[..cut], 5, 100), Err(Unreadable::Bad(_))),
                "cut at {cut}"
            );
        }
        let mut flipped = whole.clone();
        let middle = flipped.len() / 2;
        flipped[middle] ^= 0x40;
        assert!(decode(&flipped, 5, 100).is_err());
        let trailing = [whole, b"junk".to_vec()].concat();
        assert!(decode(&trailing, 5, 100).is_err());
    }

    #[test]
    fn only_one_gzip_is_taken() {
        let of = |values: &[&str]| Encoding::of(values.iter().map(|value| value.as_bytes()));
        assert!(matches!(of(&[]), Ok(Encoding::Identity)));
        assert!(matches!(of(&["identity"]), Ok(Encoding::Identity)));
        assert!(matches!(of(&["gzip"]), Ok(Encoding::Gzip)));
        assert!(matches!(of(&["GZip"]), Ok(Encoding::Gzip)));
        for refused in [
            &["br"][..],
            &["zstd"],
            &["deflate"],
            &["gzip, gzip"],
            &["gzip", "gzip"],
            &["gzip, br"],
            &["identity", "compress"],
            &["gzip;q=1"],
        ] {
            assert!(
                matches!(of(refused), Err(Unreadable::Bad(_))),
                "{refused:?}"
            );
        }
    }
}
