//! The allocator of the component: free lists by size for what is small, the standard one for the
//! rest. Parsing JSON and building a document tree is mostly small blocks, for which the general
//! allocator took a third of a call's time. It never gives small blocks back to another size: an
//! instance lives for one call, and its memory goes with it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::{self, NonNull};

/// Block sizes are multiples of this; it is also the largest alignment that a list serves.
const STEP: usize = 16;
const LARGEST: usize = 512;
/// How much is taken from the standard allocator at once.
const CHUNK: usize = 32 * 1024;

pub(crate) struct Heap {
    /// Freed blocks by size; each holds the address of the next.
    free: [Cell<Option<NonNull<Freed>>>; LARGEST / STEP],
    /// The part of the newest chunk that was never handed out.
    start: Cell<*mut u8>,
    left: Cell<usize>,
}

struct Freed {
    next: Option<NonNull<Freed>>,
}

impl Heap {
    pub(crate) const fn new() -> Self {
        Self {
            free: [const { Cell::new(None) }; LARGEST / STEP],
            start: Cell::new(ptr::null_mut()),
            left: Cell::new(0),
        }
    }

    /// Which list a layout belongs to; none for what the standard allocator keeps.
    const fn list(layout: Layout) -> Option<usize> {
        if layout.size() == 0 || layout.size() > LARGEST || layout.align() > STEP {
            return None;
        }
        Some((layout.size() - 1) / STEP)
    }

    /// A block that was never used.
    fn carve(&self, list: usize) -> *mut u8 {
        let size = (list + 1) * STEP;
        if self.left.get() < size {
            // What is left of the old chunk stays unused: less than one block.
            let Ok(chunk) = Layout::from_size_align(CHUNK, STEP) else {
                return ptr::null_mut();
            };
            // SAFETY: the layout has a size.
            let start = unsafe { System.alloc(chunk) };
            if start.is_null() {
                return start;
            }
            self.start.set(start);
            self.left.set(CHUNK);
        }
        let block = self.start.get();
        self.left.set(self.left.get() - size);
        // SAFETY: at least `size` bytes of the chunk follow `block`.
        self.start.set(unsafe { block.add(size) });
        block
    }
}

// SAFETY: the component is built without threads, which the line below makes sure of.
unsafe impl Sync for Heap {}
#[cfg(target_feature = "atomics")]
compile_error!("the allocator of the component is for one thread");

// SAFETY: a block is in one list or handed out, never both; blocks of a list have its size, and
// begin at a multiple of `STEP` because chunks do and all sizes are multiples of it. A layout
// always leads to the same list, so memory goes back to where it came from.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(list) = Self::list(layout) else {
            // SAFETY: the caller's promises are the same ones.
            return unsafe { System.alloc(layout) };
        };
        match self.free[list].get() {
            Some(block) => {
                // SAFETY: `dealloc` wrote the link, and nobody was given the block since.
                self.free[list].set(unsafe { block.as_ref() }.next);
                block.as_ptr().cast()
            }
            None => self.carve(list),
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match (Self::list(layout), NonNull::new(block.cast::<Freed>())) {
            (Some(list), Some(freed)) => {
                let next = self.free[list].get();
                // SAFETY: the block is the caller's no more, large enough and aligned for a link.
                unsafe { freed.write(Freed { next }) };
                self.free[list].set(Some(freed));
            }
            // SAFETY: no list serves this layout, so the block came from there.
            _ => unsafe { System.dealloc(block, layout) },
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Ok(wanted) = Layout::from_size_align(size, layout.align()) else {
            return ptr::null_mut();
        };
        match (Self::list(layout), Self::list(wanted)) {
            (Some(from), Some(to)) if from == to => block,
            // SAFETY: the block came from there and stays there.
            (None, None) => unsafe { System.realloc(block, layout, size) },
            _ => {
                // SAFETY: the caller promises a size above zero, and that `block` is of `layout`.
                unsafe {
                    let moved = self.alloc(wanted);
                    if !moved.is_null() {
                        ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                        self.dealloc(block, layout);
                    }
                    moved
                }
            }
        }
    }
}
