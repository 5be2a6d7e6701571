//! The movement of several months together: counts and amounts are summed, the first opens and the last closes.

use crate::domain::{Cents, Month, Quarter};
use crate::marts::member_movement::MemberMovementRow;

use super::super::renewals_by_month::month;

/// What moved in some months of one segment, or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    pub opening: i64,
    pub new: i64,
    pub won_back: i64,
    pub lost: i64,
    pub closing: i64,
    pub opening_amount: Cents,
    pub new_amount: Cents,
    pub won_back_amount: Cents,
    pub lost_amount: Cents,
    pub expansion: Cents,
    pub contraction: Cents,
    pub closing_amount: Cents,
}

impl Moved {
    /// Of a segment's rows in order of their month; `None` without any. A month without a row opened and closed with
    /// nobody, so that nothing is lost by leaving it out.
    pub fn over<'a>(rows: impl IntoIterator<Item = &'a MemberMovementRow>) -> Option<Moved> {
        let mut moved: Option<Moved> = None;
        for r in rows {
            let opened = || Moved { opening: r.opening, opening_amount: r.opening_amount, ..Moved::default() };
            let sum = moved.get_or_insert_with(opened);
            sum.new += r.new;
            sum.won_back += r.won_back;
            sum.lost += r.lost;
            sum.closing = r.closing;
            sum.new_amount += r.new_amount;
            sum.won_back_amount += r.won_back_amount;
            sum.lost_amount += r.lost_amount;
            sum.expansion += r.expansion;
            sum.contraction += r.contraction;
            sum.closing_amount = r.closing_amount;
        }
        moved
    }

    /// Of a segment in a quarter; what is left of it behind the as-of day has no rows.
    pub fn in_quarter(rows: &[MemberMovementRow], segment: &str, quarter: Quarter) -> Option<Moved> {
        let within = |text: &str| month(text).quarter() == quarter;
        Moved::over(rows.iter().filter(|r| &*r.segment == segment && within(&r.month)))
    }
}

/// The quarters that the rows cover from their first month on.
pub fn quarters(rows: &[MemberMovementRow]) -> Vec<Quarter> {
    let months: Vec<Month> = rows.iter().filter(|r| &*r.segment == "all").map(|r| month(&r.month)).collect();
    let (Some(first), Some(last)) = (months.iter().min(), months.iter().max()) else { return Vec::new() };
    let begun =
        if first.quarter().first_day() == first.first_day() { first.quarter() } else { first.quarter().plus(1) };
    (begun.0..=last.quarter().0).map(Quarter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(month: &str, segment: &str, counts: [i64; 5]) -> MemberMovementRow {
        let [opening, new, won_back, lost, closing] = counts;
        let amount = |n: i64| Cents(i128::from(n) * 100);
        MemberMovementRow {
            month: month.into(),
            segment: segment.into(),
            opening,
            new,
            won_back,
            lost,
            closing,
            opening_amount: amount(opening),
            new_amount: amount(new),
            won_back_amount: amount(won_back),
            lost_amount: amount(lost),
            expansion: Cents(7),
            contraction: Cents(3),
            closing_amount: amount(closing) + Cents(4),
        }
    }

    /// 10 + 2 − 1 = 11, 11 + 1 − 3 = 9, 9 + 4 + 1 − 0 = 14: over the quarter 10 + 7 + 1 − 4 = 14.
    #[test]
    fn a_quarter_is_the_sum_of_its_months() {
        let rows = [
            row("2026-06", "all", [9, 1, 0, 0, 10]),
            row("2026-07", "all", [10, 2, 0, 1, 11]),
            row("2026-07", "s", [1, 0, 0, 1, 0]),
            row("2026-08", "all", [11, 1, 0, 3, 9]),
            row("2026-09", "all", [9, 4, 1, 0, 14]),
            row("2026-09", "s", [0, 2, 0, 0, 2]),
        ];
        let quarter = month("2026-09").quarter();
        let all = Moved::in_quarter(&rows, "all", quarter).unwrap();
        assert_eq!((all.opening, all.new, all.won_back, all.lost, all.closing), (10, 7, 1, 4, 14));
        assert_eq!((all.expansion, all.contraction, all.closing_amount), (Cents(21), Cents(9), Cents(1404)));
        // In August the segment had nobody, and no row.
        let part = Moved::in_quarter(&rows, "s", quarter).unwrap();
        assert_eq!((part.opening, part.new, part.lost, part.closing), (1, 2, 1, 2));
        // June alone is not its quarter.
        assert_eq!(quarters(&rows), [quarter]);
    }
}
