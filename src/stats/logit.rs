//! Log-odds and back, by `libm`: the same bits on every processor.

/// ln(p / (1 − p)); ±∞ at 1 and 0.
pub fn logit(p: f64) -> f64 {
    libm::log(p / (1.0 - p))
}

/// 1 / (1 + e^−x).
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverse_of_each_other_and_safe_at_the_ends() {
        assert!((sigmoid(logit(0.3)) - 0.3).abs() < 1e-15);
        // Closed form of the linear Shapley example: logit 1.2 is p 0.76852478.
        assert!((sigmoid(1.2) - 0.768_524_78).abs() < 1e-8);
        assert_eq!(sigmoid(logit(0.0) + 0.5), 0.0);
        assert_eq!(sigmoid(logit(1.0) + 0.5), 1.0);
    }
}
