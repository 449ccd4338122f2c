//! A bounded series of looks at one key.

use crate::verdict::slope::Point;

/// One look: what had finished, and what was alive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Look {
    /// Finished jobs of the key's name.
    pub finished: u64,
    /// Finished jobs of all names.
    pub finished_all: u64,
    /// Counted survivors.
    pub live: u64,
}

/// Which count of finished jobs a series is measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// Jobs of the key's own name.
    OwnJobs,
    /// Jobs of all names.
    AllJobs,
}

/// Looks kept per key.
pub const MAX_LOOKS: usize = 64;

/// Looks at even distances, the first and the newest always among them.
///
/// A full series drops every second look and from then on keeps every second, fourth … one, so old and new weigh alike.
#[derive(Debug, Clone)]
pub struct History {
    looks: Vec<Look>,
    /// Looks taken so far.
    taken: u64,
    /// Of the looks taken, each whose number is a multiple of this is kept for good.
    stride: u64,
}

impl Default for History {
    fn default() -> Self {
        Self { looks: Vec::new(), taken: 0, stride: 1 }
    }
}

impl History {
    /// Adds the newest look; while no job finishes, it replaces the one before.
    pub fn push(&mut self, look: Look) {
        if let Some(last) = self.looks.last_mut()
            && (last.finished, last.finished_all) == (look.finished, look.finished_all)
        {
            last.live = look.live;
            return;
        }
        let is_last_kept = self.taken == 0 || (self.taken - 1).is_multiple_of(self.stride);
        if !is_last_kept {
            self.looks.pop();
        }
        if self.looks.len() >= MAX_LOOKS {
            self.thin();
        }
        self.looks.push(look);
        self.taken += 1;
    }

    /// The series against `axis`; of several looks at the same count of jobs the newest.
    #[must_use]
    pub fn points(&self, axis: Axis) -> Vec<Point> {
        let mut points: Vec<Point> = Vec::with_capacity(self.looks.len() + 1);
        for look in &self.looks {
            let finished = if axis == Axis::OwnJobs { look.finished } else { look.finished_all };
            #[expect(clippy::cast_precision_loss, reason = "words of a batch stay below 2^53")]
            let point = Point::new(finished as f64, look.live as f64);
            if points.last().is_some_and(|last| last.x >= point.x) {
                points.pop();
            }
            points.push(point);
        }
        points
    }

    /// How many looks are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.looks.len()
    }

    /// Whether nothing was looked at yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.looks.is_empty()
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.looks.capacity() * size_of::<Look>()
    }

    fn thin(&mut self) {
        let mut index = 0;
        self.looks.retain(|_| {
            index += 1;
            index % 2 == 1
        });
        self.stride *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(looks: u64) -> History {
        let mut history = History::default();
        for i in 0..looks {
            history.push(Look { finished: i * 10, finished_all: i * 20, live: i });
        }
        history
    }

    #[test]
    fn history_is_bounded_and_keeps_the_first_and_the_newest_look() {
        for looks in [1, 2, 63, 64, 65, 66, 129, 1_000, 4_097] {
            let history = filled(looks);
            assert!(history.len() <= MAX_LOOKS, "{looks} looks");
            let points = history.points(Axis::OwnJobs);
            assert_eq!(points.first().unwrap().x, 0.0);
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let newest = ((looks - 1) * 10) as f64;
            assert_eq!(points.last().unwrap().x, newest);
        }
    }

    #[test]
    fn kept_looks_lie_at_even_distances_except_the_newest() {
        let points = filled(1_000).points(Axis::OwnJobs);
        let step = points[1].x - points[0].x;
        assert!(points[..points.len() - 1].windows(2).all(|pair| pair[1].x - pair[0].x == step));
    }

    #[test]
    fn look_without_a_finished_job_replaces_the_one_before() {
        let mut history = filled(3);
        for live in 0..1_000 {
            history.push(Look { finished: 20, finished_all: 40, live });
        }
        assert_eq!(history.len(), 3);
        assert_eq!(history.points(Axis::OwnJobs)[2], Point::new(20.0, 999.0));
    }

    #[test]
    fn points_of_a_name_that_rests_are_one() {
        let mut history = filled(2);
        history.push(Look { finished: 10, finished_all: 90, live: 7 });
        assert_eq!(history.points(Axis::OwnJobs), [Point::new(0.0, 0.0), Point::new(10.0, 7.0)]);
        assert_eq!(history.points(Axis::AllJobs).len(), 3);
    }
}
