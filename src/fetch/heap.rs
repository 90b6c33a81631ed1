//! How the heap is kept while pages are decoded: the C library of Linux otherwise keeps what large
//! blocks left, for each thread on its own, and a run of many pages holds a third more than it needs.

/// Blocks of this many bytes are given back as soon as they are free.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: libc::c_int = 256 << 10;
/// The threads share so many heaps.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const HEAPS: libc::c_int = 2;

/// Has the heap give back what is free.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(
    unsafe_code,
    reason = "only the C library can be told how to keep its heap"
)]
pub(super) fn keep_small() {
    // SAFETY: `mallopt` takes two numbers and locks the heap itself; where it refuses, all stays as
    // it was.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
        libc::mallopt(libc::M_ARENA_MAX, HEAPS);
    }
}

/// Other heaps are left as they are.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn keep_small() {}
