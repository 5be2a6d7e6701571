//! Shifted-beta-geometric model: how a cohort shrinks, renewal by renewal, when customers differ in loyalty.
//!
//! ```text
//! every customer lapses at each renewal with a probability of its own, drawn once from Beta(α, β)
//! P(lapse at renewal j | at risk) = α / (α + β + j − 1)         j = 1, 2, …
//! S_j = Π_{i=1..j} (β + i − 1) / (α + β + i − 1)                still there after j renewals
//! ```
//!
//! Fader & Hardie 2007, *J. Interactive Marketing* 21(1):76-90; residual life: Fader & Hardie 2010, *Marketing Science*
//! 29(1):85-93. The chance of a lapse depends on j alone, so cohorts that are watched for different times are fitted together
//! by adding up their counts of each j: with n_j at risk and d_j lapsed
//!
//! ```text
//! ln L = Σ_j [ d_j ln α + (n_j − d_j) ln(β + j − 1) − n_j ln(α + β + j − 1) ]
//! ```
//!
//! The maximum is searched on a grid, whose best point Newton's method improves in (ln α, ln β). With p_j the chance of a lapse,
//! e_j = d_j − n_j p_j, v_j = n_j p_j (1 − p_j), w_j = β / (β + j − 1) and w̄ the mean of w weighted by v:
//!
//! ```text
//! gradient = ( Σ e,  −Σ e w )          S = Σ v (w − w̄)² + Σ e w (1 − w)
//! step: Δ ln β = −Σ e (w − w̄) / S      Δ ln α = Σ e / Σ v + w̄ Δ ln β
//! ```
//!
//! Written so, nothing cancels on the ridge of great α and β, where only their ratio is well known: the estimates are good to
//! 1e-7 there, where a simplex search is off by 1e-3. Where S <= 0 its second sum is left out (Fisher scoring). Logs are `libm`'s.

/// Counts of one renewal number; a cohort is a list of them, from the first renewal on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trial {
    /// Customers whose contract of that number has ended for good.
    pub at_risk: i64,
    /// Those of them who renewed it.
    pub renewed: i64,
}

/// A fitted model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sbg {
    pub alpha: f64,
    pub beta: f64,
}

const FEWEST_LAPSES: i64 = 20;
const FEWEST_NUMBERS: usize = 2;
/// Estimates that the data really tell lie between these.
const LEAST: f64 = 0.01;
const GREATEST: f64 = 1000.0;
/// The grid: 2^−10 … 2^14 for α and β. A maximum at infinity is seen at its upper edge.
const GRID: std::ops::RangeInclusive<i32> = -10..=14;
/// A search that leaves ±this in ln α or ln β runs to the border.
const FAR: f64 = 16.0;
const MOST_STEPS: usize = 100;
const MOST_HALVINGS: usize = 40;
/// The longest step of ln α and ln β.
const STRIDE: f64 = 1.0;
/// A step this small ends the search; what it leaves is far smaller still.
const STILL: f64 = 1e-8;
/// What rounding may take off ln L.
const SLACK: f64 = 1e-12;

impl Sbg {
    /// P(renew at renewal `j` | at risk), j = 1, 2, …
    pub fn retention(self, j: i64) -> f64 {
        let passed = (j - 1) as f64;
        (self.beta + passed) / (self.alpha + self.beta + passed)
    }

    /// S_1, S_2, … of a customer who has made `renewals` renewals: P(the next k renewals are all made).
    pub fn residual(self, renewals: i64) -> impl Iterator<Item = f64> {
        (renewals + 1..).scan(1.0, move |survival, j| {
            *survival *= self.retention(j);
            Some(*survival)
        })
    }

    /// ln L of the counts of renewal 1, 2, …
    pub fn log_likelihood(self, trials: &[Trial]) -> f64 {
        let Sbg { alpha, beta } = self;
        let term = |(j, t): (usize, &Trial)| {
            let (n, r, passed) = (t.at_risk as f64, t.renewed as f64, j as f64);
            (n - r) * libm::log(alpha) + r * libm::log(beta + passed) - n * libm::log(alpha + beta + passed)
        };
        trials.iter().enumerate().map(term).sum()
    }
}

/// The model of greatest likelihood for the counts of renewal 1, 2, …, added up over cohorts.
///
/// `None` under 20 lapses or 2 renewal numbers with anybody at risk, and unless 0.01 < α, β < 1000: also when the likelihood has
/// no maximum and runs to the border (customers alike, or all lapses at the first renewal).
pub fn fit(trials: &[Trial]) -> Option<Sbg> {
    let lapses: i64 = trials.iter().map(|t| t.at_risk - t.renewed).sum();
    let numbers = trials.iter().filter(|t| t.at_risk > 0).count();
    if lapses < FEWEST_LAPSES || numbers < FEWEST_NUMBERS {
        return None;
    }
    let fitted = climb(trials, best_of_grid(trials))?;
    let told = |x: f64| x > LEAST && x < GREATEST;
    (told(fitted.alpha) && told(fitted.beta)).then_some(fitted)
}

/// ln α and ln β of the grid's best point, the first of equal ones.
fn best_of_grid(trials: &[Trial]) -> [f64; 2] {
    let mut best = ([0.0, 0.0], f64::NEG_INFINITY);
    for (a, b) in GRID.flat_map(|a| GRID.map(move |b| (a, b))) {
        let at = [a, b].map(|power| f64::from(power) * std::f64::consts::LN_2);
        let height = model(at).log_likelihood(trials);
        if height > best.1 {
            best = (at, height);
        }
    }
    best.0
}

fn model([ln_alpha, ln_beta]: [f64; 2]) -> Sbg {
    Sbg { alpha: libm::exp(ln_alpha), beta: libm::exp(ln_beta) }
}

/// Newton's method from a point on; `None` when it leaves every bound or does not come to rest on a maximum.
fn climb(trials: &[Trial], mut at: [f64; 2]) -> Option<Sbg> {
    let mut height = model(at).log_likelihood(trials);
    for _ in 0..MOST_STEPS {
        let (step, is_newton) = step(trials, model(at));
        let length = step[0].abs().max(step[1].abs());
        if is_newton && length < STILL {
            return Some(model([at[0] + step[0], at[1] + step[1]]));
        }
        let mut scale = (STRIDE / length).min(1.0);
        for _ in 0..MOST_HALVINGS {
            let next = [at[0] + scale * step[0], at[1] + scale * step[1]];
            let there = model(next).log_likelihood(trials);
            if there >= height - SLACK * height.abs() {
                (at, height) = (next, there);
                break;
            }
            scale /= 2.0;
        }
        if !at.iter().all(|x| x.abs() < FAR) {
            return None;
        }
    }
    None
}

/// The step of (ln α, ln β) from a model on, and whether ln L is concave there, so that it is Newton's own.
fn step(trials: &[Trial], Sbg { alpha, beta }: Sbg) -> ([f64; 2], bool) {
    let parts = || {
        trials.iter().enumerate().map(|(j, t)| {
            let (n, passed) = (t.at_risk as f64, j as f64);
            let lapse = alpha / (alpha + beta + passed);
            let excess = (t.at_risk - t.renewed) as f64 - n * lapse;
            let weight = n * lapse * ((beta + passed) / (alpha + beta + passed));
            (excess, weight, beta / (beta + passed))
        })
    };
    let weights: f64 = parts().map(|(_, v, _)| v).sum();
    let mean = parts().map(|(_, v, w)| v * w).sum::<f64>() / weights;
    let scoring: f64 = parts().map(|(_, v, w)| v * (w - mean) * (w - mean)).sum();
    let curvature = scoring + parts().map(|(e, _, w)| e * w * (1.0 - w)).sum::<f64>();
    let concave = curvature > 0.0;
    let along: f64 = parts().map(|(e, _, w)| e * (w - mean)).sum();
    let beta_step = -along / if concave { curvature } else { scoring };
    let alpha_step = parts().map(|(e, _, _)| e).sum::<f64>() / weights + mean * beta_step;
    ([alpha_step, beta_step], concave)
}

#[cfg(test)]
mod tests;
