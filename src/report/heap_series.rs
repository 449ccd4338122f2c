//! A series of snapshots that goes on for as long as a worker runs.

use serde::Serialize;

use super::heap_growth::{HeapGrowth, Snapshots, Stranger};
use crate::snapshot::Graph;

/// So many earlier snapshots are kept.
const MAX_EARLIER: usize = 8;

/// Snapshots of one process as they come. Little is kept of each, and of few.
#[derive(Default)]
pub struct Series {
    earlier: Snapshots,
}

/// What one more snapshot says.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SeriesStep {
    /// Nothing after the first one.
    growth: Option<HeapGrowth>,
    /// Memory of what is kept.
    kept_bytes: u64,
}

impl Series {
    /// None yet. What functions in `watcher`, a folder, keep in their variables is not the program's.
    #[must_use]
    pub fn watched_from(watcher: String) -> Self {
        Self { earlier: Snapshots::watched_from(watcher) }
    }

    /// One more, after so many jobs.
    ///
    /// # Errors
    ///
    /// When ids mean something else than before. The series begins anew with this one then.
    pub fn next(&mut self, graph: &Graph, jobs: u64) -> Result<SeriesStep, Stranger> {
        let growth = (self.earlier.jobs().len() > 0).then(|| self.earlier.growth(graph, jobs)).transpose();
        if growth.is_err() {
            self.earlier.clear();
        }
        self.earlier.add(graph, jobs);
        // What a series covers stays as long as it is.
        if self.earlier.jobs().len() > MAX_EARLIER {
            self.earlier.drop_every_second();
        }
        growth.map(|growth| SeriesStep { growth, kept_bytes: self.earlier.bytes() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::builder::Builder;

    fn snapshot() -> Graph {
        let mut builder = Builder::default();
        let held = builder.node("object", "Session", 32);
        builder.edge(Graph::ROOT, "property", "session", held);
        builder.graph()
    }

    #[test]
    fn first_one_says_nothing_and_stays_however_many_come() {
        let (mut series, graph) = (Series::default(), snapshot());
        for snapshot in 0..100 {
            let step = series.next(&graph, 10 * snapshot).expect("of one process");
            assert_eq!(step.growth.is_some(), snapshot > 0);
            assert!(step.kept_bytes > 0);
            let jobs: Vec<u64> = series.earlier.jobs().collect();
            assert_eq!((jobs.first(), jobs.last()), (Some(&0), Some(&(10 * snapshot))));
            assert!(jobs.len() <= MAX_EARLIER && jobs.is_sorted(), "{jobs:?}");
        }
    }

    #[test]
    fn one_of_another_process_begins_a_new_series() {
        let mut series = Series::default();
        series.next(&snapshot(), 10).expect("the first one");
        let mut other = Builder::default();
        let held = other.node("object", "Other", 32);
        other.id(held, 99).edge(Graph::ROOT, "property", "session", held);
        assert!(series.next(&other.graph(), 20).is_err());
        assert!(series.next(&other.graph(), 30).expect("the second of the new series").growth.is_some());
        assert_eq!(series.earlier.jobs().collect::<Vec<_>>(), [20, 30]);
    }
}
