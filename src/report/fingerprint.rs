//! The stable id of a finding.
//!
//! The same bug has the same id in tests and in production, today and next month: it is made from what the thing is
//! and which job leaves it, without lines, addresses or counts.

use crate::ledger::batch::ResourceKind;
use crate::ledger::texts::Shape;

/// `L-` and six hexadecimal digits of FNV-1a (64 bits, folded to 24) over kind, shape without site, and job name.
#[must_use]
pub fn fingerprint(kind: ResourceKind, shape: &str, job: &str) -> String {
    of_parts([kind.name(), &Shape::without_site(shape), job])
}

/// The same over what a keeper is instead of a shape: the suspect part of its path.
#[must_use]
pub fn of_keeper(kind: &str, suspect: &str, job: &str) -> String {
    of_parts([kind, suspect, job])
}

fn of_parts(parts: [&str; 3]) -> String {
    let mut hash = Fnv::new();
    for part in parts {
        hash.write(part.as_bytes());
        // Ends each part, so that moving a letter from one to the next changes the id.
        hash.write(&[0]);
    }
    let folded = hash.0 ^ (hash.0 >> 24) ^ (hash.0 >> 48);
    format!("L-{:06x}", folded & 0x00ff_ffff)
}

/// FNV-1a: four lines, and stable across releases of Rust, unlike the standard library's hasher.
struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: &str = r#"{"owner":"Redis","event":"end","callback":"onEnd","source":"1a2b3c4d"}"#;

    #[test]
    fn hash_is_fnv_1a() {
        let mut hash = Fnv::new();
        hash.write(b"foobar");
        assert_eq!(hash.0, 0x8594_4171_f739_67e8, "the published test vector");
    }

    #[test]
    fn id_is_frozen() {
        // Committed baselines hold these ids: a change here is a breaking one.
        assert_eq!(fingerprint(ResourceKind::Listener, SHAPE, "send-email"), "L-67882e");
    }

    #[test]
    fn site_and_order_of_fields_do_not_matter() {
        let with_site =
            r#"{"event":"end","site":"a.js:3:1","source":"1a2b3c4d","callback":"onEnd","owner":"Redis"}"#;
        let id = |shape| fingerprint(ResourceKind::Listener, shape, "send-email");
        assert_eq!(id(SHAPE), id(with_site));
    }

    #[test]
    fn kind_shape_and_job_matter() {
        let id = fingerprint(ResourceKind::Listener, SHAPE, "send-email");
        assert_ne!(id, fingerprint(ResourceKind::Interval, SHAPE, "send-email"));
        assert_ne!(id, fingerprint(ResourceKind::Listener, "{}", "send-email"));
        assert_ne!(id, fingerprint(ResourceKind::Listener, SHAPE, "thumb"));
    }
}
