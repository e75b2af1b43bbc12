//! Removes a credential from what a site sends back, whatever way it is spelled.
//!
//! A run of twelve characters of a secret is enough to be removed; so is a run of the same
//! length in base64 at any alignment, in hex, reversed, in other letter case. Percent, JSON and
//! HTML escapes, UTF-16 and zero-width characters are undone before the search, one layer after
//! another, and the place found is mapped back. Exact values only: what a site transforms in
//! its own way (a hash, a cipher, compression inside the body) is not recognised.
//!
//! The name of a Basic user is removed only where it is part of an `Authorization` value: it is
//! ordinary data everywhere else, and an issue without its reporter's address would be damaged.

mod cache;
mod forms;
mod view;

use bytes::Bytes;
use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use crate::mutant::{self, Mutant};
use crate::ports::Credential;
pub(crate) use cache::{Cache, Redactors};
use forms::Form;
use view::{Kinds, View};

/// What stands in the place of a secret.
pub const REPLACEMENT: &str = "[REDACTED]";

/// How many layers of escapes are undone: percent in HTML in JSON is three.
const LAYERS: usize = 3;

/// How many bytes are compared at once when looking for a candidate.
const GRAM: usize = 5;

/// The search for one credential. Building it costs a few thousand short insertions and looking
/// through an ordinary answer a few microseconds, so one is kept for each credential.
pub(crate) struct Redactor {
    forms: Vec<Form>,
    /// Every place in every form, sorted by the `GRAM` bytes that stand there.
    places: Vec<Place>,
    /// One bit for each hash of such bytes: nearly every look ends here.
    seen: Vec<u64>,
    /// Far enough apart to be fast, near enough that the shortest run covers one whole gram.
    step: usize,
}

#[derive(Clone, Copy)]
struct Place {
    form: u16,
    at: u32,
}

impl Redactor {
    pub(crate) fn new(credential: &Credential) -> Self {
        let mut forms = forms::of(credential);
        if mutant::is_on(Mutant::RedactRawOnly) {
            forms.truncate(1);
        }
        let mut places = Vec::new();
        let mut seen = vec![0_u64; (1 << SEEN_BITS_LOG2) / 64];
        let mut shortest = usize::MAX;
        for (number, form) in forms.iter().enumerate() {
            shortest = shortest.min(form.enough);
            for (at, gram) in form.text.windows(GRAM).enumerate() {
                let bit = hash(gram);
                seen[bit / 64] |= 1 << (bit % 64);
                places.push(Place {
                    form: u16::try_from(number).unwrap_or(u16::MAX),
                    at: u32::try_from(at).unwrap_or(u32::MAX),
                });
            }
        }
        places.sort_by_key(|place| gram_at(&forms, *place));
        let step = shortest.saturating_sub(GRAM - 1).clamp(1, 64);
        Self {
            forms,
            places,
            seen,
            step,
        }
    }

    /// The text with every form of the secret replaced, and how many places that were. Text
    /// without the secret comes back as it is, without a copy.
    pub(crate) fn redact(&self, text: &Bytes) -> (Bytes, u64) {
        let spans = self.find(text);
        if spans.is_empty() {
            return (text.clone(), 0);
        }
        let hits = spans.len() as u64;
        let mut out = Vec::with_capacity(text.len());
        let mut from = 0;
        for (start, end) in spans {
            out.extend_from_slice(&text[from..start]);
            out.extend_from_slice(REPLACEMENT.as_bytes());
            from = end;
        }
        out.extend_from_slice(&text[from..]);
        // A secret may have been spelled across the structure of a document, as digits of a
        // number or over a quote: then no part of it is worth more than a valid answer.
        if !is_json(&out) && is_json(text) {
            out = format!("\"{REPLACEMENT}\"").into_bytes();
        }
        (Bytes::from(out), hits)
    }

    /// Disjoint, in order.
    fn find(&self, text: &[u8]) -> Vec<(usize, usize)> {
        let mut spans = self.scan(text);
        if !mutant::is_on(Mutant::RedactRawOnly) {
            let kinds = self.find_in_layers(text, view::ALL, LAYERS, &mut spans);
            // A secret that itself looks escaped in one kind may be escaped in another.
            for kind in view::EACH
                .into_iter()
                .filter(|kind| kinds & kind != 0 && kinds != *kind)
            {
                self.find_in_layers(text, kind, 1, &mut spans);
            }
        }
        for span in &mut spans {
            span.0 = before_escape(text, span.0);
        }
        merge(spans)
    }

    /// Undoes one layer after another and searches each. Says what kinds the first had.
    fn find_in_layers(
        &self,
        text: &[u8],
        kinds: Kinds,
        layers: usize,
        spans: &mut Vec<(usize, usize)>,
    ) -> Kinds {
        let mut views: Vec<View> = Vec::with_capacity(layers);
        while views.len() < layers {
            let last = views.last().map_or(text, |view| &view.bytes);
            let Some(view) = View::of(last, kinds) else {
                break;
            };
            let found = self.scan(&view.bytes);
            views.push(view);
            spans.extend(found.into_iter().map(|span| {
                (views.iter().rev()).fold(span, |(start, end), view| {
                    (view.source(start), view.source(end))
                })
            }));
        }
        views.first().map_or(0, |view| view.kinds)
    }

    fn scan(&self, text: &[u8]) -> Vec<(usize, usize)> {
        let mut spans = Vec::new();
        let mut at = 0;
        while at + GRAM <= text.len() {
            let bit = hash(&text[at..at + GRAM]);
            let candidate = self.seen[bit / 64] & (1 << (bit % 64)) != 0;
            match candidate.then(|| self.longest_run(text, at)).flatten() {
                Some(span) => {
                    spans.push(span);
                    // What the run leaves over is looked at afresh from its end.
                    at = span.1;
                }
                None => at += self.step,
            }
        }
        spans
    }

    fn longest_run(&self, text: &[u8], at: usize) -> Option<(usize, usize)> {
        let key = gram(&text[at..at + GRAM]);
        let first = self
            .places
            .partition_point(|place| gram_at(&self.forms, *place) < key);
        self.places[first..]
            .iter()
            .take_while(|place| gram_at(&self.forms, **place) == key)
            .filter_map(|place| {
                let form = &self.forms[usize::from(place.form)];
                let place = place.at as usize;
                let left = text[..at]
                    .iter()
                    .rev()
                    .zip(form.text[..place].iter().rev())
                    .take_while(|(a, b)| fold(**a) == fold(**b))
                    .count();
                let right = text[at..]
                    .iter()
                    .zip(&form.text[place..])
                    .take_while(|(a, b)| fold(**a) == fold(**b))
                    .count();
                (left + right >= form.enough).then_some((at - left, at + right))
            })
            .max_by_key(|(start, end)| end - start)
    }
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

/// 32 KiB: a few thousand places leave nearly all of it empty.
const SEEN_BITS_LOG2: u32 = 18;

/// Letter case does not count, and the two alphabets of base64 are one.
const fn fold(byte: u8) -> u8 {
    FOLDED[byte as usize]
}

/// A table, since this is asked for most bytes of every answer.
const FOLDED: [u8; 256] = {
    let mut folded = [0; 256];
    let mut byte: u8 = 0;
    loop {
        folded[byte as usize] = match byte {
            b'-' => b'+',
            b'_' => b'/',
            byte => byte.to_ascii_lowercase(),
        };
        match byte.checked_add(1) {
            Some(next) => byte = next,
            None => break folded,
        }
    }
};

fn gram(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |sum, byte| sum << 8 | u64::from(fold(*byte)))
}

fn gram_at(forms: &[Form], place: Place) -> u64 {
    let at = place.at as usize;
    gram(&forms[usize::from(place.form)].text[at..at + GRAM])
}

/// Fibonacci hashing; spread matters, collisions only cost time.
fn hash(bytes: &[u8]) -> usize {
    (gram(bytes).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - SEEN_BITS_LOG2)) as usize
}

fn merge(mut spans: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    spans.sort_unstable();
    let mut merged: Vec<(usize, usize)> = Vec::with_capacity(spans.len());
    for (start, end) in spans {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}

/// A replacement must not begin in the middle of `\n` or `\u0041`: the half that is left would
/// make the document unreadable.
fn before_escape(text: &[u8], start: usize) -> usize {
    (start.saturating_sub(5)..start)
        .find(|&at| {
            let backslashes = text[..=at]
                .iter()
                .rev()
                .take_while(|b| **b == b'\\')
                .count();
            let length = if text.get(at + 1) == Some(&b'u') {
                6
            } else {
                2
            };
            backslashes % 2 == 1 && at + length > start
        })
        .unwrap_or(start)
}

fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

/// Bytes that are wiped when dropped.
type SecretBytes = Zeroizing<Vec<u8>>;

#[cfg(test)]
mod tests;
