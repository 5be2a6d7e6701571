//! Solves A d = g for a symmetric positive definite A: A = L Lᵀ, then two triangular systems.
//!
//! Golub & Van Loan, *Matrix Computations*, 4th ed., 4.2. A pivot that rounding made no longer positive (columns that are
//! nearly the same) is raised to a small part of its diagonal element, so that no matrix fails.

use super::matrix::{Matrix, dot};

/// Smallest pivot, as a part of the diagonal element it came from.
const LEAST: f64 = 1e-14;

/// The lower factor L.
#[derive(Clone, Debug)]
pub struct Cholesky(Matrix);

impl Cholesky {
    /// Of the lower triangle of `a`; what stands above the diagonal is not read.
    pub fn of(mut a: Matrix) -> Cholesky {
        let n = a.rows;
        for i in 0..n {
            let (done, rest) = a.data.split_at_mut(i * n);
            let row = &mut rest[..n];
            for j in 0..i {
                let above = &done[j * n..j * n + n];
                row[j] = (row[j] - dot(&row[..j], &above[..j])) / above[j];
            }
            let pivot = row[i] - dot(&row[..i], &row[..i]);
            row[i] = pivot.max(row[i].abs() * LEAST).max(f64::MIN_POSITIVE).sqrt();
        }
        Cholesky(a)
    }

    /// A⁻¹ g.
    pub fn solve(&self, g: &[f64]) -> Vec<f64> {
        let (l, n) = (&self.0, self.0.rows);
        let mut d = g.to_vec();
        for i in 0..n {
            let row = l.row(i);
            d[i] = (d[i] - dot(&row[..i], &d[..i])) / row[i];
        }
        for i in (0..n).rev() {
            let row = l.row(i);
            d[i] /= row[i];
            let at = d[i];
            d[..i].iter_mut().zip(row).for_each(|(d, l)| *d -= l * at);
        }
        d
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// L = [2; 6 1; −8 5 3], the textbook example.
    #[test]
    fn a_known_factor_and_a_singular_matrix() {
        let a = Matrix { rows: 3, columns: 3, data: vec![4.0, 0.0, 0.0, 12.0, 37.0, 0.0, -16.0, -43.0, 98.0] };
        let c = Cholesky::of(a);
        assert_eq!((c.0.row(1)[0], c.0.row(2)[1], c.0.row(2)[2]), (6.0, 5.0, 3.0));
        // A (1, 2, 3) = (−20, −43, 192)
        let d = c.solve(&[4.0 + 24.0 - 48.0, 12.0 + 74.0 - 129.0, -16.0 - 86.0 + 294.0]);
        assert!(d.iter().zip([1.0, 2.0, 3.0]).all(|(a, b)| (a - b).abs() < 1e-12), "{d:?}");
        let twice = Matrix { rows: 2, columns: 2, data: vec![1.0, 0.0, 1.0, 1.0] };
        assert!(Cholesky::of(twice).solve(&[1.0, 1.0]).iter().all(|d| d.is_finite()));
    }
}
