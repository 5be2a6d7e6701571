//! A table of numbers, row by row in one piece of memory.

/// `rows` × `columns` numbers, row-major. NaN stands for null where a user says so.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    pub rows: usize,
    pub columns: usize,
    /// `rows * columns` numbers.
    pub data: Vec<f64>,
}

impl Matrix {
    /// No rows yet.
    pub fn empty(columns: usize) -> Matrix {
        Matrix { rows: 0, columns, data: Vec::new() }
    }

    /// Zeros.
    pub fn zeros(rows: usize, columns: usize) -> Matrix {
        Matrix { rows, columns, data: vec![0.0; rows * columns] }
    }

    /// Adds a row: what is over `columns` is cut, what is missing is NaN.
    pub fn push(&mut self, row: &[f64]) {
        self.data.extend(row.iter().take(self.columns));
        self.rows += 1;
        self.data.resize(self.rows * self.columns, f64::NAN);
    }

    /// A row's numbers.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.data[row * self.columns..(row + 1) * self.columns]
    }

    /// A row's numbers, to change.
    pub fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.data[row * self.columns..(row + 1) * self.columns]
    }
}

/// Σ a_i b_i in a fixed order: four partial sums, then the rest.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a4, b4) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    let mut sums = [0.0; 4];
    for (x, y) in a4.0.iter().zip(b4.0) {
        for lane in 0..4 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let rest: f64 = a4.1.iter().zip(b4.1).map(|(x, y)| x * y).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_one_after_the_other() {
        let mut m = Matrix::empty(2);
        m.push(&[1.0, 2.0]);
        m.push(&[3.0, 4.0, 5.0]);
        m.push(&[6.0]);
        assert_eq!((m.rows, m.row(1)), (3, &[3.0, 4.0][..]));
        assert!(m.row(2)[1].is_nan());
        assert_eq!(dot(&[1.0, 2.0, 3.0, 4.0, 5.0], &[5.0, 4.0, 3.0, 2.0, 1.0]), 35.0);
    }
}
