//! Isotonic regression: the non-decreasing steps nearest to some values in squared distance.
//!
//! ```text
//! x ascending, equal x pooled  ──►  while a block is not above the one before it: merge the two into their mean
//! ```
//!
//! Pool adjacent violators: Ayer et al. 1955, *Annals of Mathematical Statistics* 26:641-647; for calibration: Zadrozny & Elkan 2002,
//! KDD, 694-699. O(n log n) for the sort.

/// A step: from which to which x, its value, the weight behind it, and the mean x.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    pub low: f64,
    pub high: f64,
    pub value: f64,
    pub weight: f64,
    pub x: f64,
}

impl Step {
    /// One point.
    pub fn at(x: f64, value: f64, weight: f64) -> Step {
        Step { low: x, high: x, value, weight, x }
    }

    fn with(self, next: Step) -> Step {
        let weight = self.weight + next.weight;
        let mean = |a: f64, b: f64| a + (b - a) * (next.weight / weight);
        Step { low: self.low, high: next.high, value: mean(self.value, next.value), weight, x: mean(self.x, next.x) }
    }
}

/// The steps through some points of positive weight, each higher than the one before. Points of equal x are one point;
/// their order is of no consequence but for the last bits.
pub fn steps(mut points: Vec<Step>) -> Vec<Step> {
    points.sort_by(|a, b| a.x.total_cmp(&b.x));
    let ties = points.chunk_by(|a, b| a.x == b.x).map(|tie| tie.iter().copied().reduce(Step::with));
    let mut steps: Vec<Step> = Vec::new();
    for mut step in ties.flatten() {
        while let Some(before) = steps.pop_if(|before| before.value >= step.value) {
            step = before.with(step);
        }
        steps.push(step);
    }
    steps
}
