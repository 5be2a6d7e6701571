//! Ridge logistic regression: the one minimum of
//!
//! ```text
//! F(b, w) = Σ_i v_i · [ ln(1 + e^m_i) − y_i m_i ]  +  ½ λ |w|²,      m_i = offset_i + b + x_i · w
//! ```
//!
//! The intercept b is free; λ on the sum of losses is scikit-learn's 1/C. Newton's method (iteratively reweighted least
//! squares: McCullagh & Nelder, *Generalized Linear Models*, 2.5; le Cessie & van Houwelingen 1992, *Applied Statistics*
//! 41:191-201, for the penalty):
//!
//! ```text
//! 1. g = Xᵀ v (p − y) + λ w        O(n k)
//! 2. H = Xᵀ diag(v p (1 − p)) X + λ I      O(n k²), kept while steps still shrink fivefold (Shamanskii 1967)
//! 3. d = H⁻¹ g; halved until F falls; until no coefficient moves by more than 1e-11, or g is nothing but rounding
//! ```
//!
//! Several λ are solved from the greatest to the least, each from the one before, with its H. All sums run over blocks of rows in
//! a fixed order, in one thread: same bits everywhere. With λ > 0 no data fail: classes that a line separates, columns that
//! are the same, one class alone (b then ends near ±30).

use super::cholesky::Cholesky;
use super::matrix::{Matrix, dot};

/// Rows whose sums are taken together; part of the result's bits.
const BLOCK: usize = 512;
const MOST_STEPS: usize = 200;
const MOST_HALVINGS: usize = 40;
/// A step this small, against 1 + the greatest coefficient, ends the search.
const STILL: f64 = 1e-11;
/// A gradient this small, a unit of weight, ends it too: with one class alone the intercept would go on for ever.
const FLAT: f64 = 1e-14;
/// H is kept while a step is shorter than this part of the one before.
const SHRINKS: f64 = 0.2;
/// What rounding may add to F.
const SLACK: f64 = 1e-12;

/// What is to be fitted: `x` without NaN, a `y` of 0..1 and perhaps a weight (>= 0) and an offset for each row.
#[derive(Clone, Copy, Debug)]
pub struct Ridge<'a> {
    pub x: &'a Matrix,
    pub y: &'a [f64],
    pub weight: Option<&'a [f64]>,
    pub offset: Option<&'a [f64]>,
}

/// Coefficients of a fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Coefficients {
    pub intercept: f64,
    /// One a column.
    pub weights: Vec<f64>,
}

impl Coefficients {
    /// b + x · w, without an offset.
    pub fn margin(&self, x: &[f64]) -> f64 {
        self.intercept + dot(x, &self.weights)
    }
}

/// F, its gradient (last: the intercept's) and v p (1 − p) of each row, all without the penalty.
struct Point {
    loss: f64,
    gradient: Vec<f64>,
    curvature: Vec<f64>,
}

impl Ridge<'_> {
    /// The minimum for one penalty (> 0).
    pub fn fit(&self, penalty: f64) -> Coefficients {
        self.path(&[penalty]).remove(0)
    }

    /// The minima for some penalties (> 0), best given from the greatest to the least; each search begins where the one
    /// before ended.
    pub fn path(&self, penalties: &[f64]) -> Vec<Coefficients> {
        let k = self.x.columns;
        let mut at = vec![0.0; k + 1];
        let mut point = self.point(&at);
        let mut gram = self.gram(&point.curvature);
        let mut found = Vec::with_capacity(penalties.len());
        for &penalty in penalties {
            self.search(penalty, &mut at, &mut point, &mut gram);
            found.push(Coefficients { intercept: at[k], weights: at[..k].to_vec() });
        }
        found
    }

    fn search(&self, penalty: f64, at: &mut Vec<f64>, point: &mut Point, gram: &mut Matrix) {
        let mut factor = factor(gram, penalty);
        let mut fresh = false;
        let mut last = f64::INFINITY;
        let flat = FLAT * self.weight.map_or(self.x.rows as f64, |v| v.iter().sum());
        for _ in 0..MOST_STEPS {
            let gradient = with_penalty(&point.gradient, at, penalty);
            let step = factor.solve(&gradient);
            let size = greatest(&step);
            let shrinks = size < SHRINKS * last;
            if size <= STILL * (1.0 + greatest(at)) || greatest(&gradient) <= flat || !size.is_finite() {
                return;
            }
            let moved = if shrinks || fresh { self.downhill(penalty, at, point, &step) } else { None };
            match moved {
                Some((next, there)) => {
                    (*at, *point) = (next, there);
                    (last, fresh) = (size, false);
                }
                // Fresh and still no way down: rounding is all that is left.
                None if fresh => return,
                None => {
                    *gram = self.gram(&point.curvature);
                    factor = self::factor(gram, penalty);
                    fresh = true;
                }
            }
        }
    }

    /// The longest of step, step / 2, step / 4 … after which F is not higher.
    fn downhill(&self, penalty: f64, at: &[f64], point: &Point, step: &[f64]) -> Option<(Vec<f64>, Point)> {
        let before = point.loss + half_square(at, penalty);
        let mut length = 1.0;
        for _ in 0..MOST_HALVINGS {
            let next: Vec<f64> = at.iter().zip(step).map(|(a, d)| a - length * d).collect();
            let there = self.point(&next);
            if there.loss + half_square(&next, penalty) <= before + SLACK * before.abs() {
                return Some((next, there));
            }
            length /= 2.0;
        }
        None
    }

    fn point(&self, at: &[f64]) -> Point {
        let k = self.x.columns;
        let (weights, intercept) = (&at[..k], at[k]);
        let mut point = Point { loss: 0.0, gradient: vec![0.0; k + 1], curvature: Vec::with_capacity(self.x.rows) };
        let mut residuals = Vec::with_capacity(BLOCK);
        for from in (0..self.x.rows).step_by(BLOCK) {
            let rows = from..(from + BLOCK).min(self.x.rows);
            let mut loss = 0.0;
            residuals.clear();
            for i in rows.clone() {
                let m = self.offset.map_or(0.0, |o| o[i]) + intercept + dot(self.x.row(i), weights);
                let v = self.weight.map_or(1.0, |v| v[i]);
                // e = e^−|m|: no overflow, and ln(1 + e^m) = max(m, 0) + ln(1 + e).
                let e = libm::exp(-m.abs());
                let p = if m >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) };
                loss += v * (m.max(0.0) + libm::log1p(e) - self.y[i] * m);
                residuals.push(v * (p - self.y[i]));
                point.curvature.push(v * e / ((1.0 + e) * (1.0 + e)));
            }
            point.loss += loss;
            let mut sums = vec![0.0; k];
            add_rows(&mut sums, self.x, rows.start, &residuals);
            point.gradient[..k].iter_mut().zip(&sums).for_each(|(g, s)| *g += s);
            point.gradient[k] += residuals.iter().sum::<f64>();
        }
        point
    }

    /// Lower triangle of [X 1]ᵀ diag(c) [X 1].
    fn gram(&self, curvature: &[f64]) -> Matrix {
        let k = self.x.columns;
        let mut gram = Matrix::zeros(k + 1, k + 1);
        for from in (0..self.x.rows).step_by(BLOCK) {
            let to = (from + BLOCK).min(self.x.rows);
            let mut last = vec![0.0; k];
            add_rows(&mut last, self.x, from, &curvature[from..to]);
            let row = gram.row_mut(k);
            row[..k].iter_mut().zip(&last).for_each(|(g, s)| *g += s);
            row[k] += curvature[from..to].iter().sum::<f64>();
        }
        add_gram(&mut gram, self.x, |row| curvature[row]);
        gram
    }

    /// Lower triangle of [X 1]ᵀ diag(v p (1 − p)) [X 1]: the Hessian at some coefficients without the penalty.
    pub fn information(&self, at: &Coefficients) -> Matrix {
        let at: Vec<f64> = at.weights.iter().copied().chain([at.intercept]).collect();
        self.gram(&self.point(&at).curvature)
    }
}

/// gram += Xᵀ diag(c) X, in its lower triangle. Four rows of X at a time: a row of the result is read and written once for four
/// products.
pub(super) fn add_gram(gram: &mut Matrix, x: &Matrix, c: impl Fn(usize) -> f64) {
    for i in (0..x.rows).step_by(4) {
        let rows: [&[f64]; 4] = std::array::from_fn(|r| x.row((i + r).min(x.rows - 1)));
        let c: [f64; 4] = std::array::from_fn(|r| if i + r < x.rows { c(i + r) } else { 0.0 });
        for j in 0..x.columns {
            let f: [f64; 4] = std::array::from_fn(|r| c[r] * rows[r][j]);
            add_four(&mut gram.row_mut(j)[..=j], f, rows.map(|row| &row[..=j]));
        }
    }
}

/// sums += Σ_i f_i x_(from + i).
fn add_rows(sums: &mut [f64], x: &Matrix, from: usize, factors: &[f64]) {
    let (fours, rest) = factors.as_chunks::<4>();
    for (i, f) in fours.iter().enumerate() {
        add_four(sums, *f, std::array::from_fn(|r| x.row(from + 4 * i + r)));
    }
    for (i, f) in rest.iter().enumerate() {
        let row = x.row(from + 4 * fours.len() + i);
        sums.iter_mut().zip(row).for_each(|(s, x)| *s += f * x);
    }
}

/// sums += f0 a + f1 b + f2 c + f3 d; rows of equal length, so that the loop needs no checks.
fn add_four(sums: &mut [f64], f: [f64; 4], rows: [&[f64]; 4]) {
    let [a, b, c, d] = rows;
    for ((((s, a), b), c), d) in sums.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        *s += (f[0] * a + f[1] * b) + (f[2] * c + f[3] * d);
    }
}

/// Of the matrix with λ on all of its diagonal but the intercept's place, which is the last.
pub(super) fn factor(gram: &Matrix, penalty: f64) -> Cholesky {
    let mut h = gram.clone();
    for j in 0..h.rows.saturating_sub(1) {
        h.row_mut(j)[j] += penalty;
    }
    Cholesky::of(h)
}

/// Gradient with the penalty's part; the intercept, which is last, has none.
fn with_penalty(gradient: &[f64], at: &[f64], penalty: f64) -> Vec<f64> {
    let k = at.len() - 1;
    let of = |j: usize| gradient[j] + if j < k { penalty * at[j] } else { 0.0 };
    (0..=k).map(of).collect()
}

fn half_square(at: &[f64], penalty: f64) -> f64 {
    let weights = &at[..at.len() - 1];
    0.5 * penalty * dot(weights, weights)
}

/// Greatest absolute value; NaN when one is.
fn greatest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most: f64, v| if v.abs() > most || v.is_nan() { v.abs() } else { most })
}
