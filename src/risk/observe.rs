//! On which days memberships are looked at, to learn from them. Grain: membership × days left.
//!
//! ```text
//! matured membership   start |==================| end as signed ──grace──|   outcome known
//! its moments                      90    60  30 14  0   −15               those on which it was in play
//! ```

use crate::domain::Day;
use crate::facts::Visible;
use crate::facts::renewed::renewed_on;

/// A membership seen on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Position in `Visible::contracts`.
    pub contract: usize,
    pub day: Day,
    /// End as signed − day.
    pub lead: i32,
}

impl Moment {
    /// A membership with so many days left by its end as signed.
    pub fn ahead(visible: &Visible<'_>, contract: usize, lead: i32) -> Moment {
        Moment { contract, day: visible.contracts[contract].end_signed - lead, lead }
    }

    /// A membership on a day.
    pub fn on(visible: &Visible<'_>, contract: usize, day: Day) -> Moment {
        Moment { contract, day, lead: visible.contracts[contract].end_signed - day }
    }
}

/// The days left at which memberships are observed: a fortnight apart, so that what lies between them is not far from one.
const LEADS: [i32; 8] = [90, 75, 60, 45, 30, 14, 0, -15];

/// Those of the usual days left that lie between −grace and the horizon.
pub fn leads(horizon: i32, grace: i32) -> Vec<i32> {
    LEADS.into_iter().filter(|lead| (-grace..=horizon).contains(lead)).collect()
}

/// Whether a membership was at stake on a day, by what was visible then: signed, started, not cancelled, not renewed.
pub fn in_play(visible: &Visible<'_>, contract: usize, day: Day) -> bool {
    let c = &visible.contracts[contract];
    c.begun_by(day)
        && c.cancelled_on.is_none_or(|on| on > day)
        && !renewed_on(&visible.contracts, &visible.contracts_of[c.company], contract, day, visible.grace())
}

/// Positions of the contracts at stake on a day, by id: in play, the end as signed within −grace..=horizon.
pub fn at_stake(visible: &Visible<'_>, day: Day) -> Vec<usize> {
    let span = -visible.grace()..=visible.project.risk.horizon_days;
    let is = |i: &usize| {
        let c = &visible.contracts[*i];
        c.is_membership() && span.contains(&(c.end_signed - day)) && in_play(visible, *i, day)
    };
    (0..visible.contracts.len()).filter(is).collect()
}

/// Memberships of which the outcome was known on `as_of`, a day not after the as-of day: end as signed + grace has
/// passed. By id.
pub fn matured(visible: &Visible<'_>, as_of: Day) -> Vec<usize> {
    let is = |c: &usize| {
        let c = &visible.contracts[*c];
        c.is_membership() && c.signed_on <= as_of && c.end_signed + visible.grace() < as_of
    };
    (0..visible.contracts.len()).filter(is).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_keep_to_horizon_and_grace() {
        assert_eq!(leads(90, 30), [90, 75, 60, 45, 30, 14, 0, -15]);
        assert_eq!(leads(60, 14), [60, 45, 30, 14, 0]);
        assert_eq!(leads(7, 0), [0]);
    }
}
