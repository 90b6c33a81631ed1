//! The heap of the program where the C library is musl, whose own is slow, and returns memory to the system
//! that is asked for again a moment later. Blocks come from one of three heaps, by their size.
//!
//! One would be simpler. But to lock the stack of the README (173 packages) with nothing in the cache takes
//! 1.3 times as long where small blocks come from dlmalloc as well, for which all threads wait, and 1.9 times
//! the memory where all come from mimalloc, whose threads keep what is free for themselves. (The heap of glibc
//! needs only to be told how to keep its blocks: `fetch/heap.rs`.)
#![expect(unsafe_code, reason = "a heap hands out raw memory")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::copy_nonoverlapping;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dlmalloc::Dlmalloc;
use mimalloc::MiMalloc;

/// Blocks of up to so many bytes are small. mimalloc gives each thread a page for every size that it uses:
/// the higher the limit, the more memory a start touches and a first run holds.
const SMALL: usize = 1 << 10;
/// Blocks of more bytes are large, and returned to the system as soon as they are free.
const LARGE: usize = 128 << 10;

/// The heap of what is neither small nor large: blocks that are few enough for all threads to share it.
/// (On Linux a lock is a futex, and allocates nothing.)
static BETWEEN: Mutex<Dlmalloc> = Mutex::new(Dlmalloc::new());

fn between() -> MutexGuard<'static, Dlmalloc> {
    BETWEEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Which heap a block comes from and goes back to.
#[derive(PartialEq)]
enum Kind {
    Small,
    Between,
    Large,
}

impl Kind {
    fn of(size: usize) -> Self {
        match size {
            ..=SMALL => Self::Small,
            size if size <= LARGE => Self::Between,
            _ => Self::Large,
        }
    }
}

/// Sends each request to the heap for its size.
struct Heap;

#[global_allocator]
static HEAP: Heap = Heap;

// SAFETY: a block goes back to the heap that it came from, as its size tells, and each of them keeps the
// promises of a heap. Nothing here panics unless a block is given back with another size than its own.
unsafe impl GlobalAlloc for Heap {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (size, align) = (layout.size(), layout.align());
        // SAFETY: what the caller promised is passed on.
        unsafe {
            match Kind::of(size) {
                Kind::Small => MiMalloc.alloc(layout),
                Kind::Between => between().malloc(size, align),
                Kind::Large => System.alloc(layout),
            }
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let (size, align) = (layout.size(), layout.align());
        // SAFETY: what the caller promised is passed on.
        unsafe {
            match Kind::of(size) {
                Kind::Small => MiMalloc.alloc_zeroed(layout),
                Kind::Between => between().calloc(size, align),
                Kind::Large => System.alloc_zeroed(layout),
            }
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let (size, align) = (layout.size(), layout.align());
        // SAFETY: what the caller promised is passed on; the size is that of the block.
        unsafe {
            match Kind::of(size) {
                Kind::Small => MiMalloc.dealloc(block, layout),
                Kind::Between => between().free(block, size, align),
                Kind::Large => System.dealloc(block, layout),
            }
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let (size, align) = (layout.size(), layout.align());
        let kind = Kind::of(size);
        // SAFETY: what the caller promised is passed on: the new size fits the alignment as well. What
        // goes to another heap is copied as far as both blocks reach.
        unsafe {
            if kind != Kind::of(new_size) {
                let moved = self.alloc(Layout::from_size_align_unchecked(new_size, align));
                if !moved.is_null() {
                    copy_nonoverlapping(block, moved, size.min(new_size));
                    self.dealloc(block, layout);
                }
                return moved;
            }
            match kind {
                Kind::Small => MiMalloc.realloc(block, layout, new_size),
                Kind::Between => between().realloc(block, size, align, new_size),
                Kind::Large => System.realloc(block, layout, new_size),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [usize; 7] = [1, SMALL, SMALL + 1, 4 * SMALL, LARGE, LARGE + 1, 8 * LARGE];

    #[test]
    fn a_block_keeps_its_bytes_and_its_alignment_from_heap_to_heap() {
        for align in [1, 16, 32, 4096] {
            for (size, new_size) in SIZES.iter().flat_map(|size| SIZES.map(|new| (*size, new))) {
                let layout = Layout::from_size_align(size, align).unwrap();
                let new_layout = Layout::from_size_align(new_size, align).unwrap();
                // SAFETY: the sizes are not zero, bytes are written and read within them, and each block
                // is given back once, with its layout.
                unsafe {
                    let block = HEAP.alloc(layout);
                    assert_eq!(block.addr() % align, 0, "{size} bytes");
                    block.write_bytes(7, size);
                    let block = HEAP.realloc(block, layout, new_size);
                    assert_eq!(block.addr() % align, 0, "{size} to {new_size} bytes");
                    let kept = std::slice::from_raw_parts(block, size.min(new_size));
                    assert!(
                        kept.iter().all(|byte| *byte == 7),
                        "{size} to {new_size} bytes"
                    );
                    HEAP.dealloc(block, new_layout);
                }
            }
        }
    }

    #[test]
    fn a_block_of_zeros_is_one_also_where_another_block_was() {
        for size in SIZES {
            let layout = Layout::from_size_align(size, 8).unwrap();
            for _ in 0..3 {
                // SAFETY: as above.
                unsafe {
                    let block = HEAP.alloc_zeroed(layout);
                    let zeros = std::slice::from_raw_parts(block, size);
                    assert!(zeros.iter().all(|byte| *byte == 0), "{size} bytes");
                    block.write_bytes(7, size);
                    HEAP.dealloc(block, layout);
                }
            }
        }
    }
}
