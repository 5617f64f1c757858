//! Memory: a shelf of small blocks that were given back, before a general allocator.
//!
//! A request takes a handful of small blocks and gives them all back. From the shelf each costs a third of the
//! instructions, and the block given back last, which the processor still has in its cache, is the next one taken.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::ptr::null_mut;

/// Blocks of 8, 24, 40 bytes and so on: with the eight bytes that the general allocator keeps before each, full rows of 16.
const CLASSES: usize = 48;
const ALIGN: usize = 8;

/// So many bytes of a class wait on the shelf, 400 KB at most in all; more go back, to become parts of larger blocks.
const MAX_BYTES: usize = 8 << 10;

/// The memory of a module, which has one thread.
pub(crate) struct Memory<G> {
    shelf: [Class; CLASSES],
    general: G,
}

struct Class {
    /// The block given back last. Each holds the address of the one before it.
    last: Cell<*mut u8>,
    count: Cell<usize>,
}

impl<G> Memory<G> {
    pub(crate) const fn new(general: G) -> Self {
        let shelf = [const { Class { last: Cell::new(null_mut()), count: Cell::new(0) } }; CLASSES];
        Self { shelf, general }
    }

    /// The class of a block, and the layout that all blocks of it have.
    fn class(&self, layout: Layout) -> Option<(&Class, Layout)> {
        let rows = layout.size().saturating_add(7) / 16;
        let class = self.shelf.get(rows).filter(|_| layout.align() <= ALIGN)?;
        Some((class, Layout::from_size_align(rows * 16 + 8, ALIGN).ok()?))
    }
}

// SAFETY: modules are compiled without threads, so nothing is ever shared with another.
#[cfg(target_arch = "wasm32")]
unsafe impl<G> Sync for Memory<G> {}

// SAFETY: a block comes from `general` or from the shelf, where it was put when it was given back; either way it has at
// least the size and alignment asked for, as its class alone, told by its layout, says where it goes and what it gets.
//
// Not inlined: there are a thousand places that take and give back.
unsafe impl<G: GlobalAlloc> GlobalAlloc for Memory<G> {
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
        let count = class.count.get() + 1;
        if count.saturating_mul(whole.size()) > MAX_BYTES {
            return unsafe { self.general.dealloc(block, whole) };
        }
        // SAFETY: the block was given back, has at least 8 bytes and is aligned to as many.
        unsafe { block.cast::<*mut u8>().write(class.last.get()) };
        class.last.set(block);
        class.count.set(count);
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::alloc::System;

    /// A block, and the byte that fills it.
    struct Block {
        at: *mut u8,
        layout: Layout,
        fill: u8,
    }

    impl Block {
        fn write(&self) {
            unsafe { self.at.write_bytes(self.fill, self.layout.size()) };
        }

        fn is_whole(&self, bytes: usize) -> bool {
            assert_eq!(self.at as usize % self.layout.align(), 0);
            (0..bytes).all(|at| unsafe { self.at.add(at).read() } == self.fill)
        }
    }

    #[test]
    fn whatever_is_asked_for_in_whatever_order_nobody_gets_what_another_has() {
        let memory = Memory::new(System);
        let mut live: Vec<Block> = Vec::new();
        let mut seed = 7_u64;
        let mut dice = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % below
        };
        for turn in 0..100_000 {
            let size = 1 + dice(if turn % 7 == 0 { 2000 } else { 70 });
            let at = dice(3_000);
            match live.get_mut(at) {
                Some(block) if turn % 3 == 0 => {
                    let kept = size.min(block.layout.size());
                    block.at = unsafe { memory.realloc(block.at, block.layout, size) };
                    block.layout = Layout::from_size_align(size, block.layout.align()).unwrap();
                    assert!(block.is_whole(kept));
                    block.write();
                }
                Some(_) => {
                    let block = live.swap_remove(at);
                    assert!(block.is_whole(block.layout.size()));
                    unsafe { memory.dealloc(block.at, block.layout) };
                }
                None => {
                    let layout = Layout::from_size_align(size, 1 << dice(6)).unwrap();
                    let block = Block { at: unsafe { memory.alloc(layout) }, layout, fill: turn as u8 };
                    block.write();
                    live.push(block);
                }
            }
        }
        for Block { at, layout, .. } in live {
            unsafe { memory.dealloc(at, layout) };
        }
        let bytes = |(rows, class): (usize, &Class)| (rows * 16 + 8) * class.count.get();
        let on_shelf: Vec<usize> = memory.shelf.iter().enumerate().map(bytes).collect();
        assert!(on_shelf.iter().all(|bytes| *bytes <= MAX_BYTES), "{on_shelf:?}");
        assert!(on_shelf.iter().any(|bytes| *bytes > MAX_BYTES * 9 / 10), "no class was ever full: {on_shelf:?}");
    }

    #[test]
    fn the_block_given_back_last_is_the_next_one_taken() {
        let memory = Memory::new(System);
        let layout = |size| Layout::from_size_align(size, 4).unwrap();
        let [one, other] = [9, 24].map(|size| unsafe { memory.alloc(layout(size)) });
        unsafe { memory.dealloc(one, layout(9)) };
        unsafe { memory.dealloc(other, layout(24)) };
        assert_eq!([24, 10].map(|size| unsafe { memory.alloc(layout(size)) }), [other, one]);
        assert_eq!(unsafe { memory.realloc(one, layout(10), 23) }, one);
    }
}
