//! How memory is copied and compared where the C library is musl and the processor an x86-64. musl's
//! `memcpy` starts a string instruction (`rep movsq`) even for a few bytes, and its `memcmp` compares byte
//! by byte: together they took a fifth of a first run. These use what every such processor has (SSE2).
#![expect(unsafe_code, reason = "memory is copied and compared by its addresses")]

use std::arch::x86_64::{__m128i, _mm_cmpeq_epi8, _mm_movemask_epi8};
use std::mem::MaybeUninit;

/// A value that stands anywhere. (To read it is one instruction, also where nothing is optimized;
/// `read_unaligned` may call the very function that it is used in.)
#[repr(C, packed)]
struct Anywhere<T>(T);

/// Reads a value of which the caller promises that it stands there, for any bytes that do.
#[inline(always)]
unsafe fn load<T: Copy>(from: *const u8, at: usize) -> T {
    // SAFETY: the caller's promise.
    unsafe { (*from.wrapping_add(at).cast::<Anywhere<T>>()).0 }
}

/// Writes a value where the caller promises that there is room for it.
#[inline(always)]
unsafe fn store<T: Copy>(to: *mut u8, at: usize, value: T) {
    // SAFETY: the caller's promise.
    unsafe { (*to.wrapping_add(at).cast::<Anywhere<T>>()).0 = value };
}

/// Copies `count` bytes that are one or two values of a kind long, which may overlap in the middle.
/// What is copied may be padding, or part of a pointer, and so no number.
#[inline(always)]
unsafe fn copy_ends<T: Copy>(to: *mut u8, from: *const u8, count: usize) {
    let last = count - size_of::<T>();
    // SAFETY: both values lie within `count` bytes.
    unsafe {
        let head: MaybeUninit<T> = load(from, 0);
        let tail: MaybeUninit<T> = load(from, last);
        store(to, 0, head);
        store(to, last, tail);
    }
}

/// Copies `count` bytes; all are read before the first is written over, as in `memmove`.
///
/// # Safety
///
/// So many bytes can be read at `from` and written at `to`.
#[inline(always)]
unsafe fn copy(to: *mut u8, from: *const u8, count: usize) {
    // SAFETY: every value lies within `count` bytes, as the conditions tell.
    unsafe {
        if count > 2 * ROW {
            match to.addr().wrapping_sub(from.addr()) < count {
                true => copy_backwards(to, from, count),
                false => copy_forwards(to, from, count),
            }
        } else if count > ROW {
            let (head, tail) = (Row::load(from, 0), Row::load(from, count - ROW));
            head.store(to, 0);
            tail.store(to, count - ROW);
        } else if count > 2 * WIDE {
            copy_halves(to, from, count);
        } else if count >= WIDE {
            copy_ends::<__m128i>(to, from, count);
        } else if count >= 8 {
            copy_ends::<u64>(to, from, count);
        } else if count >= 4 {
            copy_ends::<u32>(to, from, count);
        } else if count >= 2 {
            copy_ends::<u16>(to, from, count);
        } else if count == 1 {
            store(to, 0, load::<MaybeUninit<u8>>(from, 0));
        }
    }
}

/// So much fits into one register.
const WIDE: usize = size_of::<__m128i>();
/// As much, whatever it is.
type Wide = MaybeUninit<__m128i>;

/// Copies more than two registers hold, and no more than four.
#[inline(always)]
unsafe fn copy_halves(to: *mut u8, from: *const u8, count: usize) {
    let (third, last) = (count - 2 * WIDE, count - WIDE);
    // SAFETY: each value lies within `count` bytes.
    unsafe {
        let (a, b): (Wide, Wide) = (load(from, 0), load(from, WIDE));
        let (c, d): (Wide, Wide) = (load(from, third), load(from, last));
        store(to, 0, a);
        store(to, WIDE, b);
        store(to, third, c);
        store(to, last, d);
    }
}

/// So much is copied at a time.
const ROW: usize = size_of::<Row>();

/// Four values that stay in registers. Were it one, LLVM would see that the loops below are a `memmove`
/// and call it, which is the very function that they are in.
struct Row(Wide, Wide, Wide, Wide);

impl Row {
    #[inline(always)]
    unsafe fn load(from: *const u8, at: usize) -> Self {
        // SAFETY: the caller promises that a row can be read there.
        unsafe {
            Self(
                load(from, at),
                load(from, at + WIDE),
                load(from, at + 2 * WIDE),
                load(from, at + 3 * WIDE),
            )
        }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut u8, at: usize) {
        // SAFETY: the caller promises that a row can be written there.
        unsafe {
            store(to, at, self.0);
            store(to, at + WIDE, self.1);
            store(to, at + 2 * WIDE, self.2);
            store(to, at + 3 * WIDE, self.3);
        }
    }
}

/// Copies more than a row, first to last.
#[inline(always)]
unsafe fn copy_forwards(to: *mut u8, from: *const u8, count: usize) {
    let last = count - ROW;
    let mut at = 0;
    // SAFETY: each row lies within `count` bytes. The last is read before anything is written.
    unsafe {
        let tail = Row::load(from, last);
        while at < last {
            Row::load(from, at).store(to, at);
            at += ROW;
        }
        tail.store(to, last);
    }
}

/// Copies more than a row, last to first.
#[inline(always)]
unsafe fn copy_backwards(to: *mut u8, from: *const u8, count: usize) {
    let mut end = count;
    // SAFETY: each row lies within `count` bytes. The first is read before anything is written.
    unsafe {
        let head = Row::load(from, 0);
        while end > ROW {
            end -= ROW;
            Row::load(from, end).store(to, end);
        }
        head.store(to, 0);
    }
}

/// Compares `count` bytes: below zero where the first that differs is less in `a`, above it where it is
/// more.
///
/// # Safety
///
/// So many bytes can be read at both.
#[inline(always)]
unsafe fn compare(a: *const u8, b: *const u8, count: usize) -> i32 {
    // SAFETY: every value lies within `count` bytes, as the conditions tell. What is compared twice was
    // equal.
    unsafe {
        if count >= WIDE {
            let mut at = 0;
            while at < count - WIDE {
                let order = compare_wide(a, b, at);
                if order != 0 {
                    return order;
                }
                at += WIDE;
            }
            compare_wide(a, b, count - WIDE)
        } else if count >= 8 {
            let at = |at| u64::from_be(load(a, at)).cmp(&u64::from_be(load(b, at)));
            at(0).then_with(|| at(count - 8)) as i32
        } else if count >= 4 {
            let at = |at| u32::from_be(load(a, at)).cmp(&u32::from_be(load(b, at)));
            at(0).then_with(|| at(count - 4)) as i32
        } else {
            let mut at = 0;
            while at < count {
                let (first, second) = (load::<u8>(a, at), load::<u8>(b, at));
                if first != second {
                    return i32::from(first) - i32::from(second);
                }
                at += 1;
            }
            0
        }
    }
}

#[inline(always)]
unsafe fn compare_wide(a: *const u8, b: *const u8, at: usize) -> i32 {
    // SAFETY: the caller promises that so much can be read at both.
    unsafe {
        let is_equal = _mm_cmpeq_epi8(load(a, at), load(b, at));
        let differing = !_mm_movemask_epi8(is_equal) & 0xffff;
        if differing == 0 {
            return 0;
        }
        let first = at + differing.trailing_zeros() as usize;
        i32::from(load::<u8>(a, first)) - i32::from(load::<u8>(b, first))
    }
}

/// The names by which compiled code asks for these.
#[cfg(target_env = "musl")]
mod named {
    use std::ffi::{c_int, c_void};

    /// C17 7.24.2.1; these may overlap.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcpy(to: *mut c_void, from: *const c_void, count: usize) -> *mut c_void {
        // SAFETY: what the caller promised.
        unsafe { super::copy(to.cast(), from.cast(), count) };
        to
    }

    /// C17 7.24.2.2.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memmove(
        to: *mut c_void,
        from: *const c_void,
        count: usize,
    ) -> *mut c_void {
        // SAFETY: what the caller promised.
        unsafe { super::copy(to.cast(), from.cast(), count) };
        to
    }

    /// C17 7.24.4.1.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcmp(a: *const c_void, b: *const c_void, count: usize) -> c_int {
        // SAFETY: what the caller promised.
        unsafe { super::compare(a.cast(), b.cast(), count) }
    }

    /// What is asked where only equality counts.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn bcmp(a: *const c_void, b: *const c_void, count: usize) -> c_int {
        // SAFETY: what the caller promised.
        unsafe { super::compare(a.cast(), b.cast(), count) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that tell where they stood.
    fn bytes(count: usize) -> Vec<u8> {
        (0..count).map(|at| (at * 7 + at / 251) as u8).collect()
    }

    #[test]
    fn what_is_copied_is_what_stood_there_at_every_length_and_distance() {
        let all = bytes(1_000);
        for count in 0..300 {
            for (from, to) in (0..=700).step_by(3).map(|to| (350, to)) {
                let mut wanted = all.clone();
                wanted.copy_within(from..from + count, to);
                let mut found = all.clone();
                let place = found.as_mut_ptr();
                // SAFETY: both places and `count` bytes behind them lie in `found`.
                unsafe { copy(place.add(to), place.add(from), count) };
                assert!(found == wanted, "{count} bytes from {from} to {to}");
            }
        }
    }

    #[test]
    fn bytes_compare_as_slices_do_wherever_they_differ() {
        for count in 0..100 {
            let one = bytes(count);
            // SAFETY: both are `count` bytes long.
            assert_eq!(unsafe { compare(one.as_ptr(), one.as_ptr(), count) }, 0);
            for at in 0..count {
                for byte in [0, 1, 127, 128, 255] {
                    let mut other = one.clone();
                    other[at] = byte;
                    if let Some(behind) = other.get_mut(at + 1) {
                        *behind = behind.wrapping_sub(byte);
                    }
                    // SAFETY: as above.
                    let order = unsafe { compare(one.as_ptr(), other.as_ptr(), count) };
                    assert_eq!(
                        order.cmp(&0),
                        one.cmp(&other),
                        "{count} bytes, differing at {at}"
                    );
                }
            }
        }
    }
}
