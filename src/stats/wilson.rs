//! Wilson score interval of a proportion, 95 %.
//!
//! ```text
//! centre = (p + z²/2n) / (1 + z²/n)      half = z √(p(1−p)/n + z²/4n²) / (1 + z²/n)
//! ```
//!
//! Wilson 1927; method 3 of Newcombe 1998, *Statistics in Medicine* 17:857-872.

/// The 97.5 % quantile of the standard normal distribution.
pub const Z: f64 = 1.959_963_984_540_054;

/// Lower and upper limit for `hits` of `n`; `None` when `n` is 0.
pub fn interval(hits: i64, n: i64) -> Option<(f64, f64)> {
    if n <= 0 {
        return None;
    }
    let (x, n) = (hits as f64, n as f64);
    let (p, z2) = (x / n, Z * Z);
    let scale = 1.0 + z2 / n;
    let centre = (p + z2 / (2.0 * n)) / scale;
    let half = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt() / scale;
    // At 0 and n the limit is the proportion itself; rounding must not step over it.
    let low = if hits == 0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if x == n { 1.0 } else { (centre + half).min(1.0) };
    Some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Newcombe 1998, Table I, method 3.
    #[test]
    fn published_intervals() {
        let known = [
            (81, 263, 0.255289, 0.366210),
            (15, 148, 0.062386, 0.160487),
            (0, 20, 0.0, 0.161125),
            (1, 29, 0.006113, 0.171755),
        ];
        for (hits, n, low, high) in known {
            let (l, h) = interval(hits, n).unwrap();
            assert!((l - low).abs() < 1e-6 && (h - high).abs() < 1e-6, "{hits}/{n}: {l} {h}");
        }
        assert_eq!(interval(0, 0), None);
        assert_eq!(interval(5, 5).unwrap().1, 1.0);
    }
}
