//! The key figures against the quarter before and the same quarter a year ago.
//!
//! ```text
//! market_share: members, share, bookings of 12 months     deals: bookings of the quarter
//! member_movement: annual amount                           renewal_rates: the three latest final months by then
//! ```
//!
//! At a quarter's end its last months are not final, so rates are of three months that are.

use crate::domain::{Cents, Month, Quarter};
use crate::marts::deals::DealRow;
use crate::marts::market_share::MarketShareRow;
use crate::marts::member_movement::MemberMovementRow;
use crate::marts::renewal_rates::RenewalRateRow;
use crate::stats::wilson;

use super::super::ReportError;
use super::super::document::{Block, Figure, Kind, Mark, Section, Table};
use super::super::format::NOTHING;
use super::super::scope::Scope;
use super::made;
use super::movement::sums::Moved;
use super::renewals_by_month::month;

/// The figures of one quarter.
#[derive(Clone, Default)]
struct Figures {
    quarter: String,
    members: Option<i64>,
    universe: Option<i64>,
    share: Option<f64>,
    interval: Option<(f64, f64)>,
    bookings: Cents,
    bookings_12m: Option<Cents>,
    /// First and last of the months that the rates are of.
    months: Option<(Month, Month)>,
    due: i64,
    renewed: i64,
    amount_due: Cents,
    amount_renewed: Cents,
    annual_amount: Option<Cents>,
}

impl Figures {
    fn rate(&self) -> Option<f64> {
        (self.due > 0).then(|| self.renewed as f64 / self.due as f64)
    }

    fn net_retention(&self) -> Option<f64> {
        self.amount_renewed.ratio(self.amount_due)
    }
}

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let quarter = scope.day().quarter();
    let rates = scope.marts.rows::<RenewalRateRow>()?;
    let last_final = rates.iter().filter(|r| r.r#final).map(|r| month(&r.month)).max();
    let of = |back: i32| figures(scope, quarter.plus(-back), last_final.map(|m| m.plus(-3 * back)));
    let (now, before, year_ago) = (of(0)?, of(1)?, of(4)?);
    let mut blocks = vec![Block::Figures(tiles(scope, &now, &before, &year_ago))];
    blocks.push(Block::Table(table(scope, [&now, &before, &year_ago])));
    blocks.push(Block::Text(scope.say("key_figures.note")));
    Ok(made(scope, "key_figures", blocks))
}

fn figures(scope: &Scope<'_>, quarter: Quarter, last_final: Option<Month>) -> Result<Figures, ReportError> {
    let shares = scope.marts.rows::<MarketShareRow>()?;
    let movement = scope.marts.rows::<MemberMovementRow>()?;
    let name = quarter.to_string();
    let share = shares.iter().find(|r| *r.quarter == *name && &*r.segment == "all");
    let moved = Moved::in_quarter(&movement, "all", quarter);
    let mut figures = Figures {
        quarter: name,
        members: share.map(|r| r.members),
        universe: share.map(|r| r.universe),
        share: share.and_then(|r| r.share),
        interval: share.and_then(|r| r.share_low.zip(r.share_high)),
        bookings: bookings(scope, quarter)?,
        bookings_12m: share.map(|r| r.bookings_12m),
        annual_amount: moved.map(|m| m.closing_amount),
        ..Figures::default()
    };
    let Some(last) = last_final else { return Ok(figures) };
    figures.months = Some((last.plus(-2), last));
    let rates = scope.marts.rows::<RenewalRateRow>()?;
    for r in rates.iter().filter(|r| &*r.dimension == "all" && (last.plus(-2)..=last).contains(&month(&r.month))) {
        figures.due += r.due;
        figures.renewed += r.renewed;
        figures.amount_due += r.amount_due;
        figures.amount_renewed += r.amount_renewed;
    }
    Ok(figures)
}

/// What was signed in the quarter, void contracts left out.
fn bookings(scope: &Scope<'_>, quarter: Quarter) -> Result<Cents, ReportError> {
    let deals = scope.marts.rows::<DealRow>()?;
    let signed = deals.iter().filter(|d| &*d.deal_type != "void" && d.signed_on.quarter() == quarter);
    Ok(signed.map(|d| d.amount).sum())
}

fn tiles(scope: &Scope<'_>, now: &Figures, before: &Figures, year_ago: &Figures) -> Vec<Figure> {
    let format = scope.format();
    let int = |n: Option<i64>| n.map_or(NOTHING.into(), |n| format.int(n));
    let percent = |x: Option<f64>| x.map_or(NOTHING.into(), |x| format.percent(x));
    let money = |a: Option<Cents>| a.map_or(NOTHING.into(), |a| format.money_short(a));
    let all = [now, before, year_ago];
    let tile = |key: &str, of: &dyn Fn(&Figures) -> String| {
        let [value, before, year_ago] = all.map(of);
        let note = scope.fill("key_figures.against", &[("before", &before), ("year", &year_ago)]);
        Figure { label: scope.say(&format!("label.{key}")), value, note: Some(note) }
    };
    vec![
        tile("members", &|f| int(f.members)),
        tile("share", &|f| percent(f.share)),
        tile("bookings_quarter", &|f| money(Some(f.bookings))),
        tile("rate_3m", &|f| percent(f.rate())),
        tile("net_retention_3m", &|f| percent(f.net_retention())),
        tile("closing_annual", &|f| money(f.annual_amount)),
    ]
}

fn table(scope: &Scope<'_>, quarters: [&Figures; 3]) -> Table {
    let columns = vec![
        scope.column("quarter", Kind::Text),
        scope.column("members", Kind::Int),
        scope.column("universe", Kind::Int),
        scope.column("share", Kind::Percent),
        scope.column("share_low", Kind::Percent),
        scope.column("share_high", Kind::Percent),
        scope.column("bookings_quarter", Kind::AMOUNT),
        scope.column("bookings_12m", Kind::AMOUNT),
        scope.column("closing_annual", Kind::AMOUNT),
        scope.column("rate_months", Kind::Text),
        scope.column("due_3m", Kind::Int),
        scope.column("renewed_3m", Kind::Int),
        scope.column("rate_3m", Kind::Percent),
        scope.column("rate_low", Kind::Percent),
        scope.column("rate_high", Kind::Percent),
        scope.column("net_retention_3m", Kind::Percent),
    ];
    let mut table = scope.table("key_figures", columns);
    for f in quarters {
        let rates = wilson::interval(f.renewed, f.due);
        let cells = vec![
            f.quarter.clone().into(),
            f.members.into(),
            f.universe.into(),
            f.share.into(),
            f.interval.map(|i| i.0).into(),
            f.interval.map(|i| i.1).into(),
            f.bookings.into(),
            f.bookings_12m.into(),
            f.annual_amount.into(),
            f.months.map(|(first, last)| format!("{first} – {last}")).into(),
            f.due.into(),
            f.renewed.into(),
            f.rate().into(),
            rates.map(|i| i.0).into(),
            rates.map(|i| i.1).into(),
            f.net_retention().into(),
        ];
        table.push_marked(cells, Mark::None);
    }
    table
}
