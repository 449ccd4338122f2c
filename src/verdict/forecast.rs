//! When memory runs out, and how much of it a job costs.

use super::slope::{Point, Slope, estimate};

/// Samples below which nothing is forecast: a start-up always grows.
pub const MIN_SAMPLES: usize = 5;

/// Time that must have passed before the end is forecast, in milliseconds.
pub const MIN_FORECAST_MS: f64 = 30_000.0;

/// Growth of a byte figure, nothing for fewer than [`MIN_SAMPLES`] samples.
///
/// Samples with the same or a smaller x than the one before replace it, so jobs that stand still do no harm.
#[must_use]
pub fn growth(samples: impl IntoIterator<Item = Point>) -> Option<Slope> {
    let mut points: Vec<Point> = Vec::new();
    for sample in samples {
        while points.last().is_some_and(|last| last.x >= sample.x) {
            points.pop();
        }
        points.push(sample);
    }
    if points.len() < MIN_SAMPLES { None } else { estimate(&points) }
}

/// Seconds until `used_bytes` reaches `limit_bytes` at a growth given in bytes per millisecond.
///
/// Nothing when the lower bound of the growth is not above zero: "no end in sight" is not a number.
#[must_use]
pub fn seconds_to_limit(used_bytes: f64, limit_bytes: f64, growth_per_ms: Option<Slope>) -> Option<f64> {
    let growth = growth_per_ms.filter(|growth| growth.low > 0.0)?;
    Some(((limit_bytes - used_bytes) / growth.mid / 1_000.0).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn climb(bytes_per_ms: f64) -> Option<Slope> {
        growth(
            (0..10)
                .map(|i| Point::new(f64::from(i) * 1_000.0, 100.0 + f64::from(i) * 1_000.0 * bytes_per_ms)),
        )
    }

    #[test]
    fn steady_growth_reaches_the_limit_in_time() {
        assert_eq!(seconds_to_limit(1_000.0, 61_000.0, climb(1.0)), Some(60.0));
    }

    #[test]
    fn passed_limit_is_zero_seconds_away() {
        assert_eq!(seconds_to_limit(2.0, 1.0, climb(1.0)), Some(0.0));
    }

    #[test]
    fn flat_or_falling_memory_never_reaches_a_limit() {
        assert_eq!(seconds_to_limit(1.0, 2.0, climb(0.0)), None);
        assert_eq!(seconds_to_limit(1.0, 2.0, climb(-1.0)), None);
        assert_eq!(seconds_to_limit(1.0, 2.0, None), None);
    }

    #[test]
    fn four_samples_forecast_nothing() {
        assert_eq!(growth((0..4).map(|i| Point::new(f64::from(i), f64::from(i)))), None);
    }

    #[test]
    fn samples_at_the_same_job_count_are_one() {
        let samples = [0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 4.0];
        assert_eq!(growth(samples.map(|x| Point::new(x, x * 5.0))).map(|slope| slope.mid), Some(5.0));
    }
}
