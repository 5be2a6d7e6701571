//! How far the coefficients of groups of columns are spread about 0: moment estimates from one ridge logistic fit.
//!
//! ```text
//! ŵ ≈ C w + noise          C = H⁻¹ F = I − λ H⁻¹        F: Hessian of the losses at ŵ, H = F + λ (none on the intercept)
//! mean over j in g of (ŵ_j² − v_j) = Σ_h [ mean over j in g of Σ over k in h of C_jk² ] · τ_h²       one equation a group
//! v = diag of H⁻¹ (Σ over runs of s sᵀ) H⁻¹             s: sum of x (y − p) over rows that share an outcome
//! ```
//!
//! The equations of adaptive group-regularized ridge regression (van de Wiel et al. 2016, *Statistics in Medicine* 35:368-381), with the
//! variance that is robust to rows of one outcome (Liang & Zeger 1986, *Biometrika* 73:13-22), as a row repeated six times would
//! otherwise be taken for six. Solved for τ² ≥ 0 by least squares, an equation weighing as many columns as its group has.

use super::logit::sigmoid;
use super::matrix::{Matrix, dot};
use super::ridge::{Coefficients, Ridge, add_gram, factor};

const MOST_SWEEPS: usize = 10_000;
/// A sweep that moves nothing by more than this part of the greatest ends the search.
const STILL: f64 = 1e-13;

/// What was fitted, without weights and offsets.
#[derive(Clone, Copy, Debug)]
pub struct Grouped<'a> {
    pub ridge: Ridge<'a>,
    /// Rows that share an outcome stand together: how many each, from the first row on.
    pub runs: &'a [usize],
    /// The group of each column, from 0 on; `None`: of none.
    pub groups: &'a [Option<usize>],
}

impl Grouped<'_> {
    /// τ² of each group, at the coefficients that a penalty gave.
    pub fn variances(&self, penalty: f64, fit: &Coefficients) -> Vec<f64> {
        let n = self.groups.iter().flatten().max().map_or(0, |last| last + 1);
        let k = self.ridge.x.columns;
        let h = factor(&self.ridge.information(fit), penalty);
        let scores = self.scores(fit);
        let mut spread = Matrix::zeros(k + 1, k + 1);
        add_gram(&mut spread, &scores, |_| 1.0);
        // Row g: left side; columns: what each group adds to it.
        let mut equations = Matrix::zeros(n, n);
        let (mut left, mut columns) = (vec![0.0; n], vec![0.0; n]);
        for (j, group) in self.groups.iter().enumerate() {
            let Some(g) = *group else { continue };
            let unit: Vec<f64> = (0..=k).map(|i| f64::from(u8::from(i == j))).collect();
            let row = h.solve(&unit);
            columns[g] += 1.0;
            left[g] += fit.weights[j] * fit.weights[j] - quadratic(&spread, &row);
            for (i, other) in self.groups.iter().enumerate() {
                let c = unit[i] - penalty * row[i];
                other.iter().for_each(|other| equations.row_mut(g)[*other] += c * c);
            }
        }
        for g in 0..n {
            left[g] /= columns[g];
            equations.row_mut(g).iter_mut().for_each(|c| *c /= columns[g]);
        }
        nonnegative(&equations, &left, &columns)
    }

    /// One row a run: Σ of (x, 1) (y − p).
    fn scores(&self, fit: &Coefficients) -> Matrix {
        let Ridge { x, y, .. } = self.ridge;
        let mut scores = Matrix::zeros(self.runs.len(), x.columns + 1);
        let mut row = 0;
        for (at, run) in self.runs.iter().enumerate() {
            let sums = scores.row_mut(at);
            for (i, y) in y.iter().enumerate().skip(row).take(*run) {
                let off = y - sigmoid(fit.margin(x.row(i)));
                sums.iter_mut().zip(x.row(i).iter().chain([&1.0])).for_each(|(sum, x)| *sum += off * x);
            }
            row += run;
        }
        scores
    }
}

/// hᵀ A h of the lower triangle of a symmetric A.
fn quadratic(a: &Matrix, h: &[f64]) -> f64 {
    (0..a.rows).map(|i| h[i] * (2.0 * dot(&a.row(i)[..i], &h[..i]) + a.row(i)[i] * h[i])).sum()
}

/// The x ≥ 0 with the least Σ_g weight_g (a_g · x − b_g)², one place after the other until nothing moves (a convex sum, so there is no
/// other place to stop).
fn nonnegative(a: &Matrix, b: &[f64], weights: &[f64]) -> Vec<f64> {
    let n = a.columns;
    let product = |i: usize, other: &dyn Fn(usize) -> f64| -> f64 {
        (0..a.rows).map(|g| weights[g] * a.row(g)[i] * other(g)).sum()
    };
    let normal: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| product(i, &|g| a.row(g)[j])).collect()).collect();
    let right: Vec<f64> = (0..n).map(|i| product(i, &|g| b[g])).collect();
    let mut x = vec![0.0; n];
    for _ in 0..MOST_SWEEPS {
        let mut moved: f64 = 0.0;
        for i in 0..n {
            let rest = right[i] - dot(&normal[i], &x) + normal[i][i] * x[i];
            let next = if rest > 0.0 && normal[i][i] > 0.0 { rest / normal[i][i] } else { 0.0 };
            moved = moved.max((next - x[i]).abs());
            x[i] = next;
        }
        if moved <= STILL * x.iter().fold(0.0, |most: f64, x| most.max(*x)) {
            break;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: 2 x + y = 4 and x + 3 y = 7 give (1, 2); a right side that wants y < 0 leaves 0 there and fits x alone.
    #[test]
    fn least_squares_without_what_is_negative() {
        let a = Matrix { rows: 2, columns: 2, data: vec![2.0, 1.0, 1.0, 3.0] };
        let near = |found: Vec<f64>, want: [f64; 2]| {
            assert!(found.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?}");
        };
        near(nonnegative(&a, &[4.0, 7.0], &[1.0, 5.0]), [1.0, 2.0]);
        // min 3 (2 x − 4)² + 1 (x + 6)² over x ≥ 0: 12 x − 24 + x + 6 = 0.
        near(nonnegative(&a, &[4.0, -6.0], &[3.0, 1.0]), [18.0 / 13.0, 0.0]);
        assert_eq!(nonnegative(&a, &[-1.0, -1.0], &[1.0, 1.0]), [0.0, 0.0]);
    }
}
