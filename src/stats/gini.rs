//! Gini coefficient of a population: 0 when all are equal, near 1 when one has everything.
//!
//! ```text
//! G = Σ (2i − n − 1) x_i / (n Σ x_i),  x ascending, i = 1..n
//! ```
//!
//! The population formula (no n/(n−1) correction); negative values are taken as 0. All sums are integers.

use crate::domain::Cents;

/// The coefficient of some amounts; `None` when they sum to 0 or there are none.
pub fn gini(amounts: &[Cents]) -> Option<f64> {
    let mut sorted: Vec<i128> = amounts.iter().map(|c| c.0.max(0)).collect();
    sorted.sort_unstable();
    let n = sorted.len() as i128;
    let total: i128 = sorted.iter().sum();
    if total == 0 {
        return None;
    }
    let weighted: i128 = sorted.iter().zip(1..).map(|(x, i): (&i128, i128)| (2 * i - n - 1) * x).sum();
    Some(weighted as f64 / (n as f64 * total as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[i128]) -> Option<f64> {
        gini(&values.iter().map(|v| Cents(*v)).collect::<Vec<_>>())
    }

    /// R package `ineq`, example of `Gini`; the others by definition.
    #[test]
    fn published_and_edge_values() {
        let r = [541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261];
        assert!((of(&r).unwrap() - 0.4620911).abs() < 1e-7);
        assert!((of(&[1, 2, 3, 4, 5]).unwrap() - 4.0 / 15.0).abs() < 1e-12);
        assert_eq!(of(&[7, 7, 7]), Some(0.0));
        assert_eq!(of(&[0, 0, 0, 1]), Some(0.75));
        assert_eq!(of(&[-5, 0, 0, 1]), Some(0.75));
        assert_eq!(of(&[0, -1]), None);
    }
}
