use proptest::prelude::*;

use super::*;

fn series(values: &[(f64, f64)]) -> Vec<Point> {
    values.iter().map(|&(x, y)| Point::new(x, y)).collect()
}

/// Kendall-style count of slopes below and above, without sorting: the k-th smallest by elimination.
fn naive_kth_slope(points: &[Point], k: usize) -> f64 {
    let mut slopes = Vec::new();
    for b in 0..points.len() {
        for a in 0..b {
            slopes.push((points[b].y - points[a].y) / (points[b].x - points[a].x));
        }
    }
    for candidate in &slopes {
        let below = slopes.iter().filter(|s| *s < candidate).count();
        let equal = slopes.iter().filter(|s| *s == candidate).count();
        if below <= k && k < below + equal {
            return *candidate;
        }
    }
    unreachable!("every rank has a slope")
}

/// Variance of S by its definition over all orders of a small sample (n ≤ 6).
fn naive_variance(values: &[f64]) -> f64 {
    let mut sum_of_squares = 0.0;
    let mut orders = 0.0;
    let mut order: Vec<f64> = values.to_vec();
    permute(&mut order, 0, &mut |sample| {
        let mut s = 0.0;
        for b in 0..sample.len() {
            for a in 0..b {
                s += (sample[b] - sample[a]).partial_cmp(&0.0).map_or(0.0, |o| f64::from(o as i8));
            }
        }
        sum_of_squares += s * s;
        orders += 1.0;
    });
    sum_of_squares / orders
}

fn permute(items: &mut Vec<f64>, at: usize, visit: &mut impl FnMut(&[f64])) {
    if at == items.len() {
        return visit(items);
    }
    for other in at..items.len() {
        items.swap(at, other);
        permute(items, at + 1, visit);
        items.swap(at, other);
    }
}

#[test]
fn straight_line_has_its_slope_and_no_width() {
    let points: Vec<Point> = (0..20).map(|i| Point::new(f64::from(i), f64::from(i) * 0.25)).collect();
    let slope = estimate(&points).unwrap();
    assert_eq!((slope.low, slope.mid, slope.high), (0.25, 0.25, 0.25));
}

#[test]
fn fewer_than_two_points_have_no_slope() {
    assert_eq!(estimate(&[]), None);
    assert_eq!(estimate(&[Point::new(1.0, 1.0)]), None);
}

#[test]
fn one_wild_window_does_not_move_the_estimate() {
    let mut points: Vec<Point> = (0..12).map(|i| Point::new(f64::from(i), f64::from(i))).collect();
    points[6].y = 500.0;
    assert!((estimate(&points).unwrap().mid - 1.0).abs() < 1e-9);
}

#[test]
fn flat_series_has_a_lower_bound_of_zero() {
    let points: Vec<Point> = (0..10).map(|i| Point::new(f64::from(i), 3.0)).collect();
    assert_eq!(estimate(&points).unwrap().low, 0.0);
}

#[test]
fn noise_around_a_level_has_an_interval_that_holds_zero() {
    let points: Vec<Point> = (0..16).map(|i| Point::new(f64::from(i), f64::from(i * 7 % 5))).collect();
    let slope = estimate(&points).unwrap();
    assert!(slope.low <= 0.0 && slope.high >= 0.0);
}

#[test]
fn few_points_are_bounded_by_their_two_halves() {
    let slope = estimate(&series(&[(0.0, 0.0), (20.0, 20.0), (40.0, 30.0)])).unwrap();
    assert_eq!((slope.low, slope.high), (0.5, 1.0));
}

#[test]
fn halves_interpolate_between_uneven_points() {
    let (first, last) = halves(&series(&[(0.0, 0.0), (20.0, 20.0), (100.0, 20.0)])).unwrap();
    assert_eq!((first, last), (0.4, 0.0));
}

#[test]
fn variance_with_ties_agrees_with_all_orders_of_a_small_sample() {
    for values in [vec![1.0, 2.0, 3.0, 4.0], vec![1.0, 1.0, 2.0, 3.0, 3.0], vec![2.0, 2.0, 2.0, 5.0]] {
        let points: Vec<Point> = values.iter().zip(0..).map(|(&y, x)| Point::new(f64::from(x), y)).collect();
        assert!((kendall_variance(&points) - naive_variance(&values)).abs() < 1e-9, "{values:?}");
    }
}

proptest! {
    #[test]
    fn estimate_agrees_with_ranks_counted_by_hand(steps in prop::collection::vec((1u8..9, -20i8..40), 2..24)) {
        let mut x = 0.0;
        let points: Vec<Point> = steps
            .iter()
            .map(|&(dx, y)| { x += f64::from(dx); Point::new(x, f64::from(y)) })
            .collect();
        let count = points.len() * (points.len() - 1) / 2;
        let slope = estimate(&points).unwrap();
        let median = f64::midpoint(naive_kth_slope(&points, (count - 1) / 2), naive_kth_slope(&points, count / 2));
        prop_assert!((slope.mid - median).abs() < 1e-9);
        prop_assert!(slope.low <= slope.mid && slope.mid <= slope.high);
        if points.len() >= MIN_POINTS_FOR_RANKS {
            let spread = Z_95 * kendall_variance(&points).sqrt();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "small")]
            let rank = (((count as f64 - spread) / 2.0).floor().max(1.0)) as usize - 1;
            prop_assert!((slope.low - naive_kth_slope(&points, rank).min(median)).abs() < 1e-9);
        }
    }

    #[test]
    fn turning_the_series_upside_down_mirrors_the_interval(ys in prop::collection::vec(-50i8..50, 8..40)) {
        let points: Vec<Point> = ys.iter().zip(0..).map(|(&y, x)| Point::new(f64::from(x), f64::from(y))).collect();
        let mirrored: Vec<Point> = points.iter().map(|p| Point::new(p.x, -p.y)).collect();
        let (a, b) = (estimate(&points).unwrap(), estimate(&mirrored).unwrap());
        prop_assert!((a.mid + b.mid).abs() < 1e-9 && (a.low + b.high).abs() < 1e-9 && (a.high + b.low).abs() < 1e-9);
    }
}
