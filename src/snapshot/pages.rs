//! Room for columns that are larger than a large page of the processor.
//!
//! A column is filled once, from its start to its end. In pages of 4 KiB the kernel is called for each of them, which was a
//! fifth of the time that parsing took; a page of 2 MiB is one call.

/// What large pages of x64 and of most arm64 systems have.
#[cfg(target_os = "linux")]
const LARGE_PAGE_BYTES: usize = 2 << 20;

/// A vector with room for so many, in large pages where the system gives them to those who ask. Only whole large pages of
/// the room are asked for, so that a column that fills takes no byte more.
#[must_use]
pub fn with_large_pages<T>(capacity: usize) -> Vec<T> {
    let mut column = Vec::with_capacity(capacity);
    ask_for_large_pages(&mut column);
    column
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "madvise has no safe form for memory of a vector")]
fn ask_for_large_pages<T>(column: &mut Vec<T>) {
    let room = column.spare_capacity_mut();
    let before = room.as_ptr().addr().wrapping_neg() % LARGE_PAGE_BYTES;
    let bytes = size_of_val(room).saturating_sub(before) / LARGE_PAGE_BYTES * LARGE_PAGE_BYTES;
    if bytes == 0 {
        return;
    }
    let start = room.as_mut_ptr().wrapping_byte_add(before);
    // SAFETY: these bytes lie within the room of the vector, which nobody else uses. The advice changes neither what they
    // hold nor who may use them, and a system that does not know it says so, which is no harm.
    unsafe { libc::madvise(start.cast(), bytes, libc::MADV_HUGEPAGE) };
}

/// Other systems decide that for themselves.
#[cfg(not(target_os = "linux"))]
fn ask_for_large_pages<T>(_: &mut Vec<T>) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_any_size_hold_what_is_put_in() {
        for count in [0, 1, 100_000, 3_000_000] {
            let mut column = with_large_pages(count);
            assert!(column.capacity() >= count);
            column.extend(0..count);
            assert!(column.iter().copied().eq(0..count));
        }
        assert_eq!(with_large_pages::<()>(7).capacity(), usize::MAX);
    }
}
