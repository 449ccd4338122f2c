//! Panics: silent for the host, counted for us.

use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

use napi::Result;

use super::convert;

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

/// Runs what Node calls on another thread, where nothing else catches: a panic becomes an error and is counted.
pub fn as_error<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    panic::catch_unwind(panic::AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(convert::error("HOLDOVER_NATIVE", &"holdover itself failed")))
}

/// Panics since the addon was loaded.
pub fn count() -> u64 {
    COUNT.load(Ordering::Relaxed)
}
