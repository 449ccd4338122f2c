//! Any bytes for the objects that are kept of a snapshot: refused, or objects of known classes that are written as they came.

#![no_main]

use holdover::analysis::compact::Compact;
use libfuzzer_sys::fuzz_target;

/// What every sound one begins with: else no input gets past it.
const HEAD: &[u8] = b"holdover objects\x01";

fuzz_target!(|bytes: &[u8]| {
    let _ = Compact::from_bytes(bytes);
    let Ok(compact) = Compact::from_bytes(&[HEAD, bytes].concat()) else { return };
    let mut last = None;
    for object in compact.objects() {
        assert!(last < Some(object.id), "ids rise");
        assert!((object.class as usize) < compact.classes().len() && object.bytes > 0);
        last = Some(object.id);
    }
    assert_eq!(Compact::from_bytes(&compact.to_bytes()), Ok(compact));
});
