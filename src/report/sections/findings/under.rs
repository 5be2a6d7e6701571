//! Where members are too few for the size of the market: the segment's whole interval lies below the share of all.

use crate::domain::Cents;
use crate::marts::market_share::MarketShareRow;

use super::super::super::ReportError;
use super::super::super::scope::Scope;
use super::super::market_share::latest;
use super::super::opportunity::under_penetrated;
use super::listed;

pub fn finding(scope: &Scope<'_>) -> Result<Option<String>, ReportError> {
    let format = scope.format();
    let shares = scope.marts.rows::<MarketShareRow>()?;
    let quarter = latest(&shares);
    let Some(all) = quarter.iter().find(|r| &*r.segment == "all").and_then(|r| r.share) else { return Ok(None) };
    let rows = under_penetrated(&quarter);
    if rows.is_empty() {
        return Ok(Some(scope.say("findings.none_under")));
    }
    let total: Cents = rows.iter().filter_map(|r| r.opportunity).sum();
    let named = |r: &&MarketShareRow| {
        let figures = [
            ("segment", scope.segment(&r.segment)),
            ("share", r.share.map(|s| format.percent(s)).unwrap_or_default()),
            ("amount", format.money_short(r.opportunity.unwrap_or(Cents::ZERO))),
            ("large", format.int(r.large_companies - r.large_members)),
        ];
        scope.fill_with("findings.under_one", &figures)
    };
    let list = listed(scope, &rows.iter().map(named).collect::<Vec<_>>());
    let (n, all, total) = (format.int(rows.len() as i64), format.percent(all), format.money_short(total));
    let figures = [("n", n.as_str()), ("all", &all), ("total", &total), ("list", &list)];
    Ok(Some(scope.fill("findings.under", &figures)))
}
