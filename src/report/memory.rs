//! The memory part of a report.

use super::facts::{MAX_SAMPLES, MemoryFacts, Sample};
use super::model::{Memory, MemorySlopes};
use super::round;
use crate::verdict::forecast::{MIN_FORECAST_MS, growth, seconds_to_limit};
use crate::verdict::slope::{Point, Slope};
use crate::verdict::suspicion::{external_grows, heap_grows};

const MS_PER_MIN: f64 = 60_000.0;

/// Figures now, how they grow, and when the limit is reached.
#[must_use]
pub fn memory(facts: &MemoryFacts) -> Memory {
    let samples = &facts.samples[facts.samples.len().saturating_sub(MAX_SAMPLES)..];
    let per_job =
        |read: fn(&Sample) -> Option<f64>| slope(samples, |sample| sample.jobs, read).map(|s| round(s.mid));
    let rss_per_ms = slope(samples, |sample| sample.at_ms, |sample| sample.rss_bytes);
    let watched_ms =
        samples.first().zip(samples.last()).map_or(0.0, |(first, last)| last.at_ms - first.at_ms);
    let seconds = facts
        .limit_bytes
        .filter(|_| watched_ms >= MIN_FORECAST_MS)
        .zip(facts.rss_bytes)
        .and_then(|(limit_bytes, rss_bytes)| seconds_to_limit(rss_bytes, limit_bytes, rss_per_ms));
    Memory {
        heap_used_bytes: facts.heap_used_bytes,
        after_gc_bytes: facts.after_gc_bytes,
        external_bytes: facts.external_bytes,
        array_buffers_bytes: facts.array_buffers_bytes,
        rss_bytes: facts.rss_bytes,
        limit_bytes: facts.limit_bytes,
        seconds_to_limit: seconds.map(f64::round),
        slopes: MemorySlopes {
            heap_used_bytes_per_job: per_job(|sample| sample.heap_used_bytes),
            after_gc_bytes_per_job: per_job(|sample| sample.after_gc_bytes),
            external_bytes_per_job: per_job(|sample| sample.external_bytes),
            array_buffers_bytes_per_job: per_job(|sample| sample.array_buffers_bytes),
            rss_bytes_per_job: per_job(|sample| sample.rss_bytes),
            rss_bytes_per_min: rss_per_ms.map(|s| round(s.mid * MS_PER_MIN)),
        },
    }
}

/// Whether memory grows with the jobs beyond doubt, in the heap or outside it.
#[must_use]
pub fn grows_surely(facts: &MemoryFacts) -> bool {
    let samples = &facts.samples[facts.samples.len().saturating_sub(MAX_SAMPLES)..];
    let points = |read: fn(&Sample) -> Option<f64>| -> Vec<Point> {
        samples.iter().filter_map(|sample| Some(Point::new(sample.jobs, read(sample)?))).collect()
    };
    heap_grows(&points(|sample| sample.after_gc_bytes))
        || external_grows(points(|sample| sample.external_bytes))
}

fn slope(samples: &[Sample], x: fn(&Sample) -> f64, y: fn(&Sample) -> Option<f64>) -> Option<Slope> {
    growth(samples.iter().filter_map(|sample| Some(Point::new(x(sample), y(sample)?))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn climbing(bytes_per_second: f64, seconds: usize) -> MemoryFacts {
        let samples = (0..seconds)
            .map(|second| {
                #[expect(clippy::cast_precision_loss, reason = "small")]
                let second = second as f64;
                Sample {
                    at_ms: second * 1_000.0,
                    jobs: second * 10.0,
                    rss_bytes: Some(second * bytes_per_second),
                    ..Sample::default()
                }
            })
            .collect();
        MemoryFacts { rss_bytes: Some(100.0), limit_bytes: Some(700.0), samples, ..MemoryFacts::default() }
    }

    #[test]
    fn climbing_memory_has_slopes_and_a_time_to_the_limit() {
        let memory = memory(&climbing(10.0, 40));
        assert_eq!(memory.slopes.rss_bytes_per_min, Some(600.0));
        assert_eq!(memory.slopes.rss_bytes_per_job, Some(1.0));
        assert_eq!(memory.seconds_to_limit, Some(60.0));
        assert_eq!(memory.slopes.heap_used_bytes_per_job, None, "never sampled");
    }

    #[test]
    fn start_up_forecasts_nothing() {
        let memory = memory(&climbing(10.0, 20));
        assert_eq!((memory.slopes.rss_bytes_per_min, memory.seconds_to_limit), (Some(600.0), None));
    }

    #[test]
    fn flat_memory_has_no_time_to_the_limit() {
        let memory = memory(&climbing(0.0, 20));
        assert_eq!((memory.slopes.rss_bytes_per_min, memory.seconds_to_limit), (Some(0.0), None));
    }

    #[test]
    fn only_the_last_samples_are_read() {
        let mut facts = climbing(10.0, 1_000);
        facts.samples[0].rss_bytes = Some(f64::MAX);
        assert_eq!(memory(&facts).slopes.rss_bytes_per_job, Some(1.0));
    }
}
