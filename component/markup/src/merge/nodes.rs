//! Placeholders, turned into the nodes of the original that they stand for.
//!
//! Decides whether a node may stand where its placeholder stands. Never decides which node it is.

use std::sync::Arc;

use super::Merge;
use super::index::{Entry, Place};
use super::said::said;
use crate::doc::{Block, BlockKind, Inline, InlineKind, Kept, Marks};
use crate::error::RestoreError;
use crate::inlines;
use crate::visit;

impl<'b> Merge<'b> {
    pub(super) fn all_restored(&mut self, blocks: &[Block]) -> Result<Vec<Block>, RestoreError> {
        blocks.iter().map(|block| self.restored(block)).collect()
    }

    /// A block the original does not have, with its placeholders turned into their nodes.
    pub(super) fn restored(&mut self, block: &Block) -> Result<Block, RestoreError> {
        let mut block = block.clone();
        match &mut block.kind {
            BlockKind::Paragraph(content) | BlockKind::Heading { content, .. } => {
                *content = self.inlines(content)?;
            }
            BlockKind::Tasks(tasks) => *tasks = self.tasks(tasks, &[])?,
            BlockKind::Kept { kept, body } if kept.origin.is_none() => {
                block.kind = self.kept(kept, body.as_deref())?;
            }
            other => {
                for body in visit::bodies_mut(other) {
                    *body = self.all_restored(body)?;
                }
            }
        }
        Ok(block)
    }

    fn kept(&mut self, kept: &Kept, body: Option<&[Block]>) -> Result<BlockKind, RestoreError> {
        let name = kept.placeholder();
        let entry = self.index.find(kept, |place| match place {
            Place::Block(old) => old.is_some() == body.is_some(),
            Place::Inline | Place::Mark => false,
        })?;
        match (entry.place, body) {
            (Place::Block(None), None) => Ok(BlockKind::whole(entry.kept.clone())),
            (Place::Block(Some(old)), Some(new)) => Ok(BlockKind::Kept {
                kept: Box::new(entry.kept.clone()),
                body: Some(self.blocks(new, self.same_body(kept, new).unwrap_or(old))?),
            }),
            (Place::Inline, None) => {
                let kind = InlineKind::Kept(Box::new(entry.kept.clone()));
                Ok(BlockKind::Paragraph(vec![Inline::new(
                    kind,
                    Marks::default(),
                )]))
            }
            (Place::Mark, Some([only])) if matches!(only.kind, BlockKind::Paragraph(_)) => {
                let mark = Arc::new(entry.kept.clone());
                let mut block = self.restored(only)?;
                if let BlockKind::Paragraph(content) = &mut block.kind {
                    for run in content {
                        run.marks.kept.insert(0, mark.clone());
                    }
                }
                Ok(block.kind)
            }
            (Place::Mark, Some(_)) => Err(RestoreError::NotBlock(name)),
            _ => Err(RestoreError::Unpaired(name)),
        }
    }

    /// Of several nodes that differ only in what is in them, what is in the one that was moved.
    fn same_body(&self, kept: &Kept, new: &[Block]) -> Option<&'b [Block]> {
        if !self.index.is_repeated(kept) {
            return None;
        }
        let key = said(new);
        self.index.bodies(kept).find(|old| said(old) == key)
    }

    pub(super) fn inlines(&mut self, content: &[Inline]) -> Result<Vec<Inline>, RestoreError> {
        let mut runs = content.to_vec();
        for run in &mut runs {
            match &mut run.kind {
                InlineKind::Kept(kept) if kept.origin.is_none() => {
                    let inline = |place: &Place<'_>| matches!(place, Place::Inline);
                    let Entry { kept: found, place } = self.index.find(kept, inline)?;
                    match place {
                        Place::Inline => **kept = found.clone(),
                        Place::Block(None) => {
                            return Err(RestoreError::NotInline(kept.placeholder()));
                        }
                        Place::Block(Some(_)) | Place::Mark => {
                            return Err(RestoreError::Unpaired(kept.placeholder()));
                        }
                    }
                }
                InlineKind::Emoji(emoji) if emoji.id.is_none() && emoji.text.is_none() => {
                    if let Some(known) = self.index.emoji(&emoji.name) {
                        emoji.id.clone_from(&known.id);
                        emoji.text.clone_from(&known.text);
                    }
                }
                _ => {}
            }
            for kept in run
                .marks
                .kept
                .iter_mut()
                .filter(|kept| kept.origin.is_none())
            {
                let mark = |place: &Place<'_>| matches!(place, Place::Mark);
                let Entry { kept: found, place } = self.index.find(kept, mark)?;
                match place {
                    Place::Mark => *kept = Arc::new(found.clone()),
                    Place::Block(Some(_)) => {
                        return Err(RestoreError::NotInline(kept.placeholder()));
                    }
                    Place::Block(None) | Place::Inline => {
                        return Err(RestoreError::Unpaired(kept.placeholder()));
                    }
                }
            }
        }
        Ok(inlines::normal(runs))
    }
}
