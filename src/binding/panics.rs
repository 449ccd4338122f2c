//! Panics: silent for the host, counted for us.

use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

static COUNT: AtomicU64 = AtomicU64::new(0);
static SILENCED: Once = Once::new();

/// Replaces the message on stderr by a count, once per process.
///
/// The addon has a standard library of its own, so this touches no panic of any other addon.
pub fn silence() {
    SILENCED.call_once(|| {
        panic::set_hook(Box::new(|_| {
            COUNT.fetch_add(1, Ordering::Relaxed);
        }));
    });
}

/// Runs what Node calls without a catch of its own: a panic ends here and is counted.
pub fn caught(work: impl FnOnce()) {
    let _ = panic::catch_unwind(panic::AssertUnwindSafe(work));
}

/// Panics since the addon was loaded.
pub fn count() -> u64 {
    COUNT.load(Ordering::Relaxed)
}
