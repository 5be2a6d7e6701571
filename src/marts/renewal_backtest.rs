//! `renewal_backtest`: what the same procedure said at earlier month ends, and how it turned out (contract §3.3).
//!
//! The cutoffs are the twelve latest month ends whose contracts at stake are all decided by the as-of day. Each is
//! judged by the probabilities that were to be had on it, trained on what had matured by then.

use crate::domain::Day;
use crate::rows;

use super::risk_scores::{CutoffRow, risk_scores};
use super::{MartRow, Marts, Result};

rows! {
    /// One cutoff.
    pub struct RenewalBacktestRow = "renewal_backtest", "cutoff", key(cutoff) {
        /// the month end on which the contracts were scored
        cutoff: Day,
        /// contracts at stake on it
        n: i64,
        /// area under the ROC curve (0..1); null when all were renewed or none
        auc: Option<f64>,
        /// mean log loss (nats)
        log_loss: Option<f64>,
        /// mean squared error of the probability
        brier: Option<f64>,
        /// expected calibration error over 10 bins of equal count
        ece: Option<f64>,
        /// lapse rate of the tenth with the lowest probabilities / that of all; null without a lapse
        lift_top_decile: Option<f64>,
        /// auc of the base rate
        base_auc: Option<f64>,
        /// log_loss of the base rate
        base_log_loss: Option<f64>,
        /// brier of the base rate
        base_brier: Option<f64>,
    }
}

impl MartRow for RenewalBacktestRow {
    fn compute(marts: &Marts<'_>) -> Result<Vec<RenewalBacktestRow>> {
        let row = |c: &CutoffRow| RenewalBacktestRow {
            cutoff: c.cutoff,
            n: c.n,
            auc: c.model.auc,
            log_loss: c.model.log_loss,
            brier: c.model.brier,
            ece: c.model.ece,
            lift_top_decile: c.model.lift_top_decile,
            base_auc: c.base.auc,
            base_log_loss: c.base.log_loss,
            base_brier: c.base.brier,
        };
        Ok(risk_scores(marts)?.backtest.iter().map(row).collect())
    }
}
