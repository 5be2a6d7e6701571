//! Interval of the mean of paired differences, such as of two models' losses on the same rows.
//!
//! ```text
//! mean ± z √( G / (G − 1) · Σ_g (Σ_{i in g} (d_i − mean))² ) / n          G clusters, n rows
//! ```
//!
//! Rows of one cluster (a contract seen at several cutoffs has one outcome) count together: the cluster-robust variance of Liang &
//! Zeger 1986, *Biometrika* 73:13-22, with the usual G / (G − 1) (Cameron & Miller 2015, *Journal of Human Resources* 50:317-372).
//! Comparing forecasts by the mean difference of their losses: Diebold & Mariano 1995, *J. Business & Economic Statistics* 13:253-263.

use std::collections::BTreeMap;

use super::wilson::Z;

/// A mean difference and its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}

/// Of differences, each with its cluster; `None` under two clusters.
pub fn interval<K: Ord>(differences: impl Iterator<Item = (K, f64)>) -> Option<Difference> {
    let mut clusters: BTreeMap<K, (f64, f64)> = BTreeMap::new();
    for (cluster, d) in differences {
        let sum = clusters.entry(cluster).or_default();
        *sum = (sum.0 + d, sum.1 + 1.0);
    }
    if clusters.len() < 2 {
        return None;
    }
    let (total, n) = clusters.values().fold((0.0, 0.0), |sum, c| (sum.0 + c.0, sum.1 + c.1));
    let (mean, g) = (total / n, clusters.len() as f64);
    let squares: f64 = clusters.values().map(|(sum, n)| (sum - n * mean) * (sum - n * mean)).sum();
    let half = Z * (g / (g - 1.0) * squares).sqrt() / n;
    Some(Difference { mean, low: mean - half, high: mean + half })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clusters of one row: the textbook interval of a mean. Each row twice in its cluster: the same, not narrower.
    #[test]
    fn rows_of_a_cluster_count_once() {
        let d = [1.0, 2.0, 4.0, 5.0];
        let once = interval(d.iter().copied().enumerate()).unwrap();
        // variance 10/3, standard error √(10/12)
        assert!((once.mean - 3.0).abs() < 1e-15 && (once.high - 3.0 - Z * (10f64 / 12.0).sqrt()).abs() < 1e-12);
        let twice = interval(d.iter().chain(&d).copied().enumerate().map(|(i, d)| (i % 4, d))).unwrap();
        assert!((once.low - twice.low).abs() < 1e-12);
        assert_eq!(interval([(1, 1.0), (1, 2.0)].into_iter()), None);
    }
}
