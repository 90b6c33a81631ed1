//! The heap of the program where the C library is musl, whose own is slow and gives back what is asked
//! for again at once. Blocks come from one of three heaps, by their size.
#![expect(unsafe_code, reason = "a heap hands out raw memory")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::copy_nonoverlapping;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dlmalloc::Dlmalloc;
use mimalloc::MiMalloc;

/// Blocks of up to so many bytes are small. Each thread has pages of its own for each size of them, so
/// that a start touches more memory, and a first run holds more, the more sizes count.
const SMALL: usize = 1 << 10;
/// Blocks of more bytes are large, and given back as soon as they are free.
const LARGE: usize = 256 << 10;

/// The heap of what is neither small nor large: blocks that are few enough for all threads to share it.
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
            0..=SMALL => Self::Small,
            ..=LARGE => Self::Between,
            _ => Self::Large,
        }
    }
}

/// Who hands out blocks.
struct Heap;

#[global_allocator]
static HEAP: Heap = Heap;

// SAFETY: a block goes back to the heap that it came from, as its size tells, and each of them keeps the
// promises of a heap. Nothing here panics.
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
