//! Memory: a shelf of small blocks that were given back, before a general allocator.
//!
//! A request takes some twenty small blocks and gives them all back. From the shelf each costs a tenth of the
//! instructions, and the block given back last, which the processor still has in its cache, is the next one taken.

use rlsf::GlobalTlsf;
use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::ptr::null_mut;

/// Blocks of 8, 24, 40 bytes and so on: with the eight bytes that the general allocator keeps before each, full rows of 16.
const CLASSES: usize = 48;
const ALIGN: usize = 8;

/// So many blocks of a class wait on the shelf, 300 KB at most in all; more go back, to become parts of larger ones.
const DEPTH: usize = 16;

/// The memory of a module, which has one thread.
pub(super) struct Memory {
    shelf: [Class; CLASSES],
    general: GlobalTlsf,
}

struct Class {
    /// The block given back last. Each holds the address of the one before it.
    last: Cell<*mut u8>,
    count: Cell<usize>,
}

impl Memory {
    pub(super) const fn new() -> Self {
        let shelf = [const { Class { last: Cell::new(null_mut()), count: Cell::new(0) } }; CLASSES];
        Self { shelf, general: GlobalTlsf::new() }
    }

    /// The class of a block, and the layout that all blocks of it have.
    fn class(&self, layout: Layout) -> Option<(&Class, Layout)> {
        let rows = layout.size().saturating_add(7) / 16;
        let class = self.shelf.get(rows).filter(|_| layout.align() <= ALIGN)?;
        Some((class, Layout::from_size_align(rows * 16 + 8, ALIGN).ok()?))
    }
}

// SAFETY: the modules of this crate are compiled without threads, so nothing is ever shared with another.
unsafe impl Sync for Memory {}

// SAFETY: a block comes from `general` or from the shelf, where it was put when it was given back; either way it has at
// least the size and alignment asked for, as its class alone, told by its layout, says where it goes and what it gets.
//
// Not inlined: there are a thousand places that take and give back.
unsafe impl GlobalAlloc for Memory {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some((class, whole)) = self.class(layout) else { return unsafe { self.general.alloc(layout) } };
        let block = class.last.get();
        if block.is_null() {
            return unsafe { self.general.alloc(whole) };
        }
        // SAFETY: a block on the shelf is nobody's, is aligned to 8 bytes and begins with the address put there.
        class.last.set(unsafe { block.cast::<*mut u8>().read() });
        class.count.set(class.count.get().wrapping_sub(1));
        block
    }

    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some((class, whole)) = self.class(layout) else { return unsafe { self.general.dealloc(block, layout) } };
        let count = class.count.get();
        if count >= DEPTH {
            return unsafe { self.general.dealloc(block, whole) };
        }
        // SAFETY: the block was given back, has at least 8 bytes and is aligned to as many.
        unsafe { block.cast::<*mut u8>().write(class.last.get()) };
        class.last.set(block);
        class.count.set(count + 1);
    }

    #[inline(never)]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (self.class(layout), self.class(wanted)) {
            (None, None) => unsafe { self.general.realloc(block, layout, size) },
            (Some((_, old)), Some((_, new))) if old == new => block,
            _ => {
                let moved = unsafe { self.alloc(wanted) };
                if !moved.is_null() {
                    // SAFETY: both blocks are live and have so many bytes.
                    unsafe { block.copy_to_nonoverlapping(moved, size.min(layout.size())) };
                    unsafe { self.dealloc(block, layout) };
                }
                moved
            }
        }
    }
}
