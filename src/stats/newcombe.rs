//! Interval of the difference of two proportions, 95 %.
//!
//! ```text
//! d = p1 − p2,  (l1, u1) and (l2, u2) the Wilson intervals
//! low = d − √((p1 − l1)² + (u2 − p2)²)      high = d + √((u1 − p1)² + (p2 − l2)²)
//! ```
//!
//! Newcombe 1998, *Statistics in Medicine* 17:873-890, method 10: the Wilson intervals squared and added, no continuity correction.

use std::cmp::Ordering;

use super::wilson;

/// A difference of two proportions with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Difference {
    /// `Greater` or `Less` where the interval leaves out 0, else `Equal`: no difference beyond chance.
    pub fn direction(&self) -> Ordering {
        match (self.low > 0.0, self.high < 0.0) {
            (true, _) => Ordering::Greater,
            (_, true) => Ordering::Less,
            _ => Ordering::Equal,
        }
    }
}

/// hits1 / n1 − hits2 / n2, each pair as (hits, n), and its interval; `None` when an n is 0.
pub fn difference(first: (i64, i64), second: (i64, i64)) -> Option<Difference> {
    let (low, high) = interval(first, second)?;
    Some(Difference { value: first.0 as f64 / first.1 as f64 - second.0 as f64 / second.1 as f64, low, high })
}

/// Lower and upper limit of hits1 / n1 − hits2 / n2, each pair as (hits, n); `None` when an n is 0.
pub fn interval(first: (i64, i64), second: (i64, i64)) -> Option<(f64, f64)> {
    let ((l1, u1), (l2, u2)) = (wilson::interval(first.0, first.1)?, wilson::interval(second.0, second.1)?);
    let (p1, p2) = (first.0 as f64 / first.1 as f64, second.0 as f64 / second.1 as f64);
    let length = |a: f64, b: f64| (a * a + b * b).sqrt();
    Some((p1 - p2 - length(p1 - l1, u2 - p2), p1 - p2 + length(u1 - p1, p2 - l2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Newcombe 1998, table II, method 10.
    #[test]
    fn published_intervals() {
        let known = [
            ((56, 70), (48, 80), 0.052431, 0.333873),
            ((9, 10), (3, 10), 0.170523, 0.809018),
            ((10, 10), (0, 20), 0.679086, 1.0),
        ];
        for (first, second, low, high) in known {
            let (l, h) = interval(first, second).unwrap();
            assert!((l - low).abs() < 1e-6 && (h - high).abs() < 1e-6, "{first:?} {second:?}: {l} {h}");
            // The other way round it is the same with the other sign.
            let (l, h) = interval(second, first).unwrap();
            assert!((h + low).abs() < 1e-6 && (l + high).abs() < 1e-6, "{second:?} {first:?}: {l} {h}");
        }
        assert_eq!(interval((1, 2), (0, 0)), None);
    }

    /// Of the same table: 80 % against 60 % is a difference; 5 of 56 against 0 of 29 is none (−0.0381 to 0.1926).
    #[test]
    fn a_difference_counts_where_its_interval_leaves_out_0() {
        let direction = |first, second| difference(first, second).unwrap().direction();
        assert_eq!(direction((56, 70), (48, 80)), Ordering::Greater);
        assert_eq!(direction((48, 80), (56, 70)), Ordering::Less);
        assert_eq!(direction((5, 56), (0, 29)), Ordering::Equal);
        assert_eq!(direction((0, 9), (0, 9)), Ordering::Equal);
        let open = difference((5, 56), (0, 29)).unwrap();
        assert!((open.low + 0.0381).abs() < 5e-5 && (open.high - 0.1926).abs() < 5e-5, "{open:?}");
    }
}
