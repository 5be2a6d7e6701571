//! `renewal_calibration`: of those said to renew with p, how many did; over all cutoffs of the backtest (contract §3.3).
//!
//! ```text
//! contracts at stake on the cutoffs, by (p, contract, cutoff) ──► 10 bins of equal count ──► mean p, share renewed
//! ```
//!
//! A contract that was at stake on several cutoffs is counted on each. The interval is Wilson's and takes them as
//! independent, so it is somewhat too narrow.

use crate::rows;
use crate::stats::scores::tenths;
use crate::stats::wilson;

use super::risk_scores::{Tried, risk_scores};
use super::{MartRow, Marts, Result};

rows! {
    /// One bin.
    pub struct RenewalCalibrationRow = "renewal_calibration", "bin of equal count", key(bin) {
        /// 1 = the lowest probabilities … 10
        bin: i64,
        /// contracts at stake on the cutoffs that fall into it
        n: i64,
        /// mean probability said (0..1)
        p_mean: Option<f64>,
        /// share renewed (0..1)
        rate: Option<f64>,
        /// lower limit of its 95 % Wilson interval
        rate_low: Option<f64>,
        /// upper limit
        rate_high: Option<f64>,
    }
}

impl MartRow for RenewalCalibrationRow {
    fn compute(marts: &Marts<'_>) -> Result<Vec<RenewalCalibrationRow>> {
        Ok(bins(&risk_scores(marts)?.pooled))
    }
}

/// All ten bins; one without a contract has n = 0.
fn bins(pooled: &[Tried]) -> Vec<RenewalCalibrationRow> {
    let mut sorted: Vec<&Tried> = pooled.iter().collect();
    sorted.sort_by(|a, b| a.p.total_cmp(&b.p).then_with(|| (&a.id, a.cutoff).cmp(&(&b.id, b.cutoff))));
    let row = |(bin, range): (i64, std::ops::Range<usize>)| {
        let of_bin = &sorted[range];
        let n = of_bin.len();
        let renewed = of_bin.iter().filter(|t| t.renewed).count() as i64;
        let mean = |sum: f64| (n > 0).then(|| sum / n as f64);
        let interval = wilson::interval(renewed, n as i64);
        RenewalCalibrationRow {
            bin,
            n: n as i64,
            p_mean: mean(of_bin.iter().map(|t| t.p).sum()),
            rate: mean(renewed as f64),
            rate_low: interval.map(|i| i.0),
            rate_high: interval.map(|i| i.1),
        }
    };
    (1..).zip(tenths(sorted.len())).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Day;

    /// 12 of p 0.00 … 0.11: two bins of 2, then eight of 1; all those below 0.06 lapsed.
    #[test]
    fn bins_are_of_equal_count_by_probability() {
        let tried = |n: i32| Tried {
            cutoff: Day(0),
            contract: 0,
            id: format!("c{n:02}").as_str().into(),
            p: f64::from(n) / 100.0,
            base_p: 0.5,
            renewed: n >= 6,
        };
        let rows = bins(&[9, 3, 11, 0, 1, 2, 4, 5, 6, 7, 8, 10].map(tried));
        assert_eq!(rows.iter().map(|r| r.n).collect::<Vec<_>>(), [2, 2, 1, 1, 1, 1, 1, 1, 1, 1]);
        assert_eq!((rows[1].p_mean, rows[1].rate, rows[1].rate_low), (Some(0.025), Some(0.0), Some(0.0)));
        assert_eq!((rows[9].p_mean, rows[9].rate, rows[9].rate_high), (Some(0.11), Some(1.0), Some(1.0)));
        assert_eq!(bins(&[]).iter().map(|r| (r.n, r.rate)).collect::<Vec<_>>(), vec![(0, None); 10]);
    }
}
