//! What of a client's business can be lost soon: its memberships at stake, by what they carry of its annual amount.

use std::collections::{BTreeMap, HashSet};

use crate::domain::{Cents, Day, Str};
use crate::facts::Visible;
use crate::marts::renewal_risk::RenewalRiskRow;

use super::super::super::ReportError;
use super::super::super::scope::Scope;

/// One client's renewals to come.
#[derive(Clone, Default)]
pub struct Exposure {
    /// The next day on which a membership ends that nothing renews yet; it may lie back by the days of grace.
    pub renewal_on: Option<Day>,
    /// The lowest probability of renewal of its memberships at stake, and its band; none where it is held out.
    pub p_renew: Option<f64>,
    pub risk_band: Option<Str>,
    pub value_at_risk: Cents,
    /// Part of its annual amount that is expected to be lost; `None` with nothing at stake.
    pub share: Option<f64>,
    /// A membership at stake is kept off the lists on purpose.
    pub held_out: bool,
}

impl Exposure {
    /// The part of a profit that goes with the amount at risk; a loss is none.
    pub fn of_profit(&self, profit: Cents) -> Cents {
        profit.max(Cents::ZERO).scale(self.share.unwrap_or(0.0))
    }
}

/// The exposure of every company that has a membership to renew.
pub fn exposures(scope: &Scope<'_>) -> Result<BTreeMap<Str, Exposure>, ReportError> {
    let risks = scope.marts.rows::<RenewalRiskRow>()?;
    let mut stakes: BTreeMap<&Str, Vec<&RenewalRiskRow>> = BTreeMap::new();
    risks.iter().for_each(|r| stakes.entry(&r.company_id).or_default().push(r));
    let visible = scope.marts.visible;
    let of = |(at, company): (usize, &crate::facts::rows::Company)| {
        let stakes = stakes.get(&company.id).map_or(&[][..], Vec::as_slice);
        let renewal_on = renewal_on(visible, at);
        (renewal_on.is_some() || !stakes.is_empty())
            .then(|| (company.id.clone(), exposure(renewal_on, stakes, annual(visible, at, stakes))))
    };
    Ok(visible.companies.iter().enumerate().filter_map(of).collect())
}

/// The first end of a membership that nothing renews and that is not lapsed.
fn renewal_on(visible: &Visible<'_>, company: usize) -> Option<Day> {
    let open = visible.memberships_of(company).filter(|c| visible.renewed[*c].is_none());
    open.map(|c| visible.contracts[c].end).filter(|end| *end + visible.grace() >= visible.day).min()
}

/// The annual amount of a company's memberships in force or at stake.
fn annual(visible: &Visible<'_>, company: usize, stakes: &[&RenewalRiskRow]) -> Cents {
    let at_stake: HashSet<&Str> = stakes.iter().map(|r| &r.contract_id).collect();
    let memberships = visible.memberships_of(company).map(|c| &visible.contracts[c]);
    memberships.filter(|c| c.in_force(visible.day) || at_stake.contains(&c.id)).map(|c| c.annual).sum()
}

fn exposure(renewal_on: Option<Day>, stakes: &[&RenewalRiskRow], annual: Cents) -> Exposure {
    let held_out = stakes.iter().any(|r| r.holdout);
    let worst = stakes.iter().min_by(|a, b| a.p_renew.total_cmp(&b.p_renew)).filter(|_| !held_out);
    let value_at_risk: Cents = stakes.iter().map(|r| r.value_at_risk).sum();
    Exposure {
        renewal_on,
        p_renew: worst.map(|r| r.p_renew),
        risk_band: worst.map(|r| r.risk_band.clone()),
        value_at_risk,
        share: value_at_risk.ratio(annual).filter(|_| !stakes.is_empty()),
        held_out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A profit of 900 over annual amounts of 100 and 200; of the 200 half is expected to be lost: a third of the profit.
    #[test]
    fn profit_at_risk_is_the_part_of_the_annual_amount() {
        let exposure = Exposure { share: Cents(100).ratio(Cents(300)), ..Exposure::default() };
        assert_eq!(exposure.of_profit(Cents(900)), Cents(300));
        assert_eq!(exposure.of_profit(Cents(-900)), Cents::ZERO);
        assert_eq!(Exposure::default().of_profit(Cents(900)), Cents::ZERO);
    }
}
