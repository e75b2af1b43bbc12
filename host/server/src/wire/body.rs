//! Decides how many bytes of an answer are taken and in which encodings. Decodes gzip itself, because the limit
//! must hold for the decoded bytes while they arrive. Never guesses an encoding.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use reqwest::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};

use super::fault::Fault;

/// Reads the body of `response`, decoded, up to `limit` bytes before and after decoding.
pub(super) async fn read(mut response: reqwest::Response, limit: u64) -> Result<Bytes, Fault> {
    check_framing(response.headers())?;
    let encoding = Encoding::of(response.headers())?;
    if response
        .content_length()
        .is_some_and(|declared| declared > limit)
    {
        return Err(Fault::BodyTooLarge(limit));
    }
    let mut sink = Sink::new(encoding, limit);
    let mut arrived: u64 = 0;
    while let Some(chunk) = response.chunk().await.map_err(|error| Fault::of(&error))? {
        arrived += chunk.len() as u64;
        if arrived > limit {
            return Err(Fault::BodyTooLarge(limit));
        }
        sink.take(&chunk)?;
    }
    sink.finish(arrived)
}

/// Where the body ends must have one answer (RFC 9112, section 6.3): two of them are how answers are smuggled.
fn check_framing(headers: &HeaderMap) -> Result<(), Fault> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let Some(coding) = codings.next() else {
        return Ok(());
    };
    let is_chunked = coding.as_bytes().eq_ignore_ascii_case(b"chunked");
    if !is_chunked || codings.next().is_some() {
        return Err(Fault::bad_response(
            "a transfer encoding that was not asked for",
        ));
    }
    if headers.contains_key(CONTENT_LENGTH) {
        return Err(Fault::bad_response("two different ends of one body"));
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Identity,
    Gzip,
}

impl Encoding {
    /// Only gzip was asked for. Brotli and zstd would need decoders with windows of their own size; two encodings
    /// one in the other multiply the ratio of a bomb (RFC 9110, section 8.4 allows both).
    fn of(headers: &HeaderMap) -> Result<Self, Fault> {
        let mut found = Self::Identity;
        for value in headers.get_all(CONTENT_ENCODING) {
            let text = value
                .to_str()
                .map_err(|_| Fault::bad_response("an unreadable content encoding"))?;
            for name in text.split(',').map(str::trim) {
                match name.to_ascii_lowercase().as_str() {
                    "" | "identity" => {}
                    "gzip" | "x-gzip" if found == Self::Identity => found = Self::Gzip,
                    "gzip" | "x-gzip" => {
                        return Err(Fault::bad_response("a body encoded more than once"));
                    }
                    _ => {
                        return Err(Fault::bad_response(
                            "a content encoding that was not asked for",
                        ));
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

    fn take(&mut self, chunk: &[u8]) -> Result<(), Fault> {
        let written = match self {
            Self::Plain(capped) => capped.write_all(chunk),
            Self::Gzip(decoder) => decoder.write_all(chunk),
        };
        written.map_err(|_| self.failure())
    }

    fn finish(mut self, arrived: u64) -> Result<Bytes, Fault> {
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

    fn failure(&self) -> Fault {
        let capped = match self {
            Self::Plain(capped) => capped,
            Self::Gzip(decoder) => decoder.get_ref(),
        };
        if capped.overrun {
            Fault::BodyTooLarge(capped.limit)
        } else {
            Fault::bad_response("a body that is not the gzip it claims to be")
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

    fn decode(encoded: &[u8], step: usize, limit: u64) -> Result<Bytes, Fault> {
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
            Err(Fault::BodyTooLarge(1_048_576))
        ));
    }

    #[test]
    fn the_limit_itself_is_allowed() {
        assert_eq!(decode(&gzip(&[7; 100]), 9, 100).unwrap().len(), 100);
        assert!(matches!(
            decode(&gzip(&[7; 101]), 9, 100),
            Err(Fault::BodyTooLarge(100))
        ));
    }

    #[test]
    fn cut_corrupted_and_trailing_bytes_are_refused() {
        let whole = gzip(b"a sentence that is long enough to be cut");
        for cut in 1..whole.len() {
            assert!(
                matches!(decode(&whole[..cut], 5, 100), Err(Fault::BadResponse(_))),
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
        let of = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CONTENT_ENCODING, value.parse().unwrap());
            }
            Encoding::of(&headers)
        };
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
                matches!(of(refused), Err(Fault::BadResponse(_))),
                "{refused:?}"
            );
        }
    }
}
