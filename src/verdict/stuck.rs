//! Whether an open job will ever end.

/// Durations of jobs of the same name, and the settings they are compared by.
#[derive(Debug, Clone, Copy)]
pub struct Peers {
    /// Grace period of the run, in milliseconds.
    pub grace_ms: f64,
    /// Jobs of that name that ended.
    pub finished: u64,
    /// Their mean duration, in milliseconds.
    pub mean_ms: f64,
    /// Their longest duration, in milliseconds.
    pub max_ms: f64,
}

/// Ended peers from which their durations say something.
const MIN_PEERS: u64 = 3;

/// Whether a job that is open for `open_for_ms` is stuck: open far longer than its peers ever were.
#[must_use]
pub fn is_stuck(open_for_ms: f64, peers: Peers) -> bool {
    let patience_ms = peers.grace_ms * if peers.finished < MIN_PEERS { 10.0 } else { 2.0 };
    open_for_ms > patience_ms.max(10.0 * peers.mean_ms).max(2.0 * peers.max_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEERS: Peers = Peers { grace_ms: 100.0, finished: 50, mean_ms: 50.0, max_ms: 400.0 };

    #[test]
    fn job_open_far_longer_than_its_peers_is_stuck() {
        assert!(is_stuck(801.0, PEERS));
        assert!(!is_stuck(800.0, PEERS), "twice the longest peer is not yet far longer");
    }

    #[test]
    fn mean_and_grace_period_set_the_bound_for_quick_jobs() {
        assert!(!is_stuck(450.0, Peers { max_ms: 60.0, ..PEERS }), "ten times the mean");
        assert!(!is_stuck(199.0, Peers { max_ms: 1.0, mean_ms: 1.0, ..PEERS }), "twice the grace period");
    }

    #[test]
    fn first_jobs_of_a_name_get_ten_grace_periods() {
        let peers = Peers { finished: 2, mean_ms: 1.0, max_ms: 1.0, ..PEERS };
        assert!(!is_stuck(1_000.0, peers));
        assert!(is_stuck(1_001.0, peers));
    }
}
