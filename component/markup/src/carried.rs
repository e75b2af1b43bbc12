//! What only the format of the source knows of a node, carried along as it was spelled.
//!
//! Decides which nodes can carry something. Never looks into what is carried.

use crate::doc::{Format, InlineKind};

/// Attributes that only the source format knows, as it spelled them. Writers of that format put
/// them back; all others leave them out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Carried(pub(crate) Option<Box<Attributes>>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attributes {
    pub(crate) format: Format,
    pub(crate) source: String,
}

impl Carried {
    pub(crate) fn new(format: Format, source: String) -> Self {
        Self((!source.is_empty()).then(|| Box::new(Attributes { format, source })))
    }

    pub(crate) fn of(&self, format: Format) -> Option<&str> {
        let attributes = self.0.as_deref()?;
        (attributes.format == format).then_some(attributes.source.as_str())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl InlineKind {
    /// What an object carries; None of text and of what is kept as a whole.
    pub(crate) fn carried_mut(&mut self) -> Option<&mut Carried> {
        match self {
            Self::Image(image) => Some(&mut image.carried),
            Self::Mention(mention) => Some(&mut mention.carried),
            Self::Status(status) => Some(&mut status.carried),
            Self::Emoji(emoji) => Some(&mut emoji.carried),
            Self::Date { carried, .. } => Some(carried),
            Self::Card(card) => Some(&mut card.carried),
            Self::Text(_) | Self::HardBreak | Self::SoftBreak | Self::Kept(_) => None,
        }
    }

    /// [`Self::carried_mut`], to look at.
    pub(crate) fn carried(&self) -> Option<&Carried> {
        match self {
            Self::Image(image) => Some(&image.carried),
            Self::Mention(mention) => Some(&mention.carried),
            Self::Status(status) => Some(&status.carried),
            Self::Emoji(emoji) => Some(&emoji.carried),
            Self::Date { carried, .. } => Some(carried),
            Self::Card(card) => Some(&card.carried),
            Self::Text(_) | Self::HardBreak | Self::SoftBreak | Self::Kept(_) => None,
        }
    }
}
