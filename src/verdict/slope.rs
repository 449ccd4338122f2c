//! Robust slope of a series with a distribution-free confidence interval.
//!
//! The estimate is the median of all pairwise slopes (H. Theil, "A rank-invariant method of linear and
//! polynomial regression analysis", 1950); the interval counts ranks of those slopes by the variance of
//! Kendall's S (P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63, 1968),
//! with the correction for equal values of y. Up to 29 % wild points do not move the estimate, so one window
//! with a garbage collection in the wrong place cannot make or hide a leak.

/// One observation: `y` counted things after `x` jobs (or milliseconds).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// What the series is measured against; strictly increasing along a series.
    pub x: f64,
    /// What was counted there.
    pub y: f64,
}

impl Point {
    /// Shorthand for a point.
    #[must_use]
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }
}

/// Growth of y per unit of x.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slope {
    /// Best estimate.
    pub mid: f64,
    /// Lower end of the 95 % interval, or of the two halves when points are few.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Points from which ranks carry a 95 % interval; below, the two halves bound the slope.
pub const MIN_POINTS_FOR_RANKS: usize = 8;
/// Two-sided 95 % quantile of the normal distribution.
const Z_95: f64 = 1.959_964;

/// Slope of `points`, which are ordered by strictly increasing x; nothing for fewer than two.
///
/// Takes time and memory quadratic in the number of points: callers keep series to 65 or fewer.
#[must_use]
pub fn estimate(points: &[Point]) -> Option<Slope> {
    let mut slopes = pairwise_slopes(points);
    if slopes.is_empty() {
        return None;
    }
    slopes.sort_unstable_by(f64::total_cmp);
    let mid = median_of_sorted(&slopes);
    let (low, high) = if points.len() < MIN_POINTS_FOR_RANKS {
        let (first, last) = halves(points)?;
        (first.min(last), first.max(last))
    } else {
        rank_interval(&slopes, kendall_variance(points))
    };
    Some(Slope { mid, low: low.min(mid), high: high.max(mid) })
}

/// Slopes of the first and the last half of the x range; the value at the middle is interpolated.
///
/// Nothing for fewer than two points.
#[must_use]
pub fn halves(points: &[Point]) -> Option<(f64, f64)> {
    let (start, end) = (points.first()?, points.last()?);
    let half = (end.x - start.x) / 2.0;
    if half <= 0.0 {
        return None;
    }
    let middle = value_at(points, start.x + half);
    Some(((middle - start.y) / half, (end.y - middle) / half))
}

/// The series' value at `x`, linear between points and constant outside.
#[must_use]
pub fn value_at(points: &[Point], x: f64) -> f64 {
    let after = points.partition_point(|point| point.x < x);
    match (after.checked_sub(1).map(|before| points[before]), points.get(after)) {
        (Some(a), Some(b)) => a.y + (b.y - a.y) * (x - a.x) / (b.x - a.x),
        (None, Some(b)) => b.y,
        (Some(a), None) => a.y,
        (None, None) => 0.0,
    }
}

fn pairwise_slopes(points: &[Point]) -> Vec<f64> {
    let mut slopes = Vec::with_capacity(points.len() * points.len().saturating_sub(1) / 2);
    for (index, a) in points.iter().enumerate() {
        for b in &points[index + 1..] {
            if b.x > a.x {
                slopes.push((b.y - a.y) / (b.x - a.x));
            }
        }
    }
    slopes
}

fn median_of_sorted(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
}

/// Variance of Kendall's S for these points, less for groups of equal y.
fn kendall_variance(points: &[Point]) -> f64 {
    let weight = |n: usize| {
        #[expect(clippy::cast_precision_loss, reason = "a series has 65 points at most")]
        let n = n as f64;
        n * (n - 1.0) * (2.0 * n + 5.0)
    };
    let mut values: Vec<f64> = points.iter().map(|point| point.y).collect();
    values.sort_unstable_by(f64::total_cmp);
    let ties: f64 = values.chunk_by(|a, b| a.total_cmp(b).is_eq()).map(|group| weight(group.len())).sum();
    ((weight(points.len()) - ties) / 18.0).max(0.0)
}

/// The slopes at ranks (N - C) / 2 and (N + C) / 2 + 1, where C is z times the deviation of S.
fn rank_interval(sorted: &[f64], variance: f64) -> (f64, f64) {
    #[expect(clippy::cast_precision_loss, reason = "at most 2,080 slopes")]
    let count = sorted.len() as f64;
    let spread = Z_95 * variance.sqrt();
    let low_rank = f64::midpoint(count, -spread).floor().clamp(1.0, count);
    let high_rank = (f64::midpoint(count, spread) + 1.0).ceil().clamp(1.0, count);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 1..=N just above"
    )]
    let (low, high) = (low_rank as usize - 1, high_rank as usize - 1);
    (sorted[low], sorted[high])
}

#[cfg(test)]
#[path = "slope_tests.rs"]
mod tests;
