//! Why a member renews: the probability that decides each contract, known here and nowhere outside.
//!
//! `p = sigmoid(logit)`, and the day of signing, counted from the contract's last day, is drawn from
//! [`signing_weight`] whatever `p` is. So P(renewed | not signed by L days before the end) is exact:
//! with F(L) the share of signings made by then, `p (1 - F) / (1 - p F)`: log-odds of `logit p + ln(1 - F)`.

use super::contracts::Plan;

/// Days from the end on which renewals are signed: 80 before to 30 after.
pub const FIRST: i32 = -80;
pub const LAST: i32 = 30;

/// What follows from how a member's term was.
#[derive(Clone, Copy, Debug)]
pub struct Truth {
    /// P(renewed by end + grace), not cancelled before.
    pub p_renew: f64,
}

/// The causes, each with the effect it has.
pub struct Causes {
    /// The shop's level against others of its size and plan, standard normal: its clicks show it.
    pub level: f64,
    /// Share of the clicks that fade away before the end, 0..1: decided and begun over 140 days before it.
    pub fade: f64,
    pub renewals: u32,
    pub plan: Plan,
    /// The segment's log-odds.
    pub loyalty: f64,
    /// The shop was opened late.
    pub late_setup: bool,
}

impl Truth {
    pub fn of(c: &Causes) -> Truth {
        let plan = match c.plan {
            Plan::Basic => -0.25,
            Plan::Standard => 0.05,
            Plan::Premium => 0.35,
        };
        let logit = 1.75 + 0.7 * c.level - 4.2 * c.fade + 0.2 * f64::from(c.renewals.min(4)) + plan + c.loyalty
            - if c.late_setup { 0.5 } else { 0.0 };
        Truth { p_renew: 1.0 / (1.0 + libm::exp(-logit)) }
    }

    /// P(renewed by end + grace, given not signed and not cancelled `days_left` days before the end).
    pub fn p_at(&self, days_left: i32) -> f64 {
        let total: f64 = (FIRST..=LAST).map(signing_weight).sum();
        let signed = (FIRST..=LAST.min(-days_left)).map(signing_weight).sum::<f64>() / total;
        self.p_renew * (1.0 - signed) / (1.0 - self.p_renew * signed)
    }
}

/// Weight of a day (from the end): a hump three weeks before, a second burst after the end, within grace.
pub fn signing_weight(day: i32) -> f64 {
    match day {
        FIRST..=-21 => f64::from(day - FIRST + 1),
        -20..=-1 => f64::from(-3 * day),
        0..=LAST => f64::from(2 * (LAST + 1 - day)),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_lowers_the_chance() {
        let truth = Truth { p_renew: 0.5 };
        assert!((truth.p_at(90) - 0.5).abs() < 1e-12);
        assert!(truth.p_at(30) < 0.5 && truth.p_at(0) < truth.p_at(30));
        assert_eq!(truth.p_at(-30), 0.0);
    }

    /// By hand: weights 1 + … + 60, 3 (20 + … + 1), 2 (31 + … + 1) make 3,452, of which 1 + … + 51 = 1,326 lie 30 days
    /// before the end and earlier, 2,522 on the last day and before.
    #[test]
    fn waiting_moves_the_log_odds_of_all_alike() {
        let logit = |p: f64| (p / (1.0 - p)).ln();
        for p_renew in [0.1, 0.5, 0.95] {
            for (days_left, open) in [(30, 2_126.0 / 3_452.0), (0, 930.0 / 3_452.0)] {
                let moved = logit(Truth { p_renew }.p_at(days_left)) - logit(p_renew);
                assert!((moved - f64::ln(open)).abs() < 1e-12, "{p_renew} at {days_left}: {moved}");
            }
        }
    }
}
