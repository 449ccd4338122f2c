//! Whose turn it is: one capture at a time in a process.

use std::sync::atomic::{AtomicBool, Ordering};

static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// Given back when dropped.
pub struct Turn(());

impl Turn {
    /// Nothing while another one has it.
    pub fn take() -> Option<Self> {
        let is_free = IS_TAKEN.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok();
        is_free.then_some(Self(()))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        IS_TAKEN.store(false, Ordering::Release);
    }
}
