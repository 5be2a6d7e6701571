//! Where a value stands among its peers: the mid-rank percentile.
//!
//! ```text
//! (below + equal / 2) / n          all equal: 0.5; above all: near 1; below all: near 0
//! ```

/// Position of `value` among `sorted` (ascending) peers; `None` without peers.
pub fn mid_rank(sorted: &[i64], value: i64) -> Option<f64> {
    if sorted.is_empty() {
        return None;
    }
    let below = sorted.partition_point(|x| *x < value);
    let equal = sorted.partition_point(|x| *x <= value) - below;
    Some((below as f64 + equal as f64 / 2.0) / sorted.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hand_worked() {
        let peers = [0, 0, 1, 5];
        assert_eq!(mid_rank(&peers, 0), Some(0.25));
        assert_eq!(mid_rank(&peers, 1), Some(0.625));
        assert_eq!(mid_rank(&peers, 9), Some(1.0));
        assert_eq!(mid_rank(&[], 9), None);
    }
}
