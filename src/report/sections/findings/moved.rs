//! What moved the members in the quarter: who came and left, what made most of the change in annual amount, and whether more
//! left than in the same quarter a year before.
//!
//! A quarter's losses are held against all who were members at some time in it: opening + new + won back.

use crate::domain::Cents;
use crate::marts::member_movement::MemberMovementRow;
use crate::stats::newcombe;

use super::super::super::ReportError;
use super::super::super::scope::Scope;
use super::super::movement::sums::Moved;
use super::tested;

pub fn finding(scope: &Scope<'_>) -> Result<Option<String>, ReportError> {
    let format = scope.format();
    let quarter = scope.day().quarter();
    let rows = scope.marts.rows::<MemberMovementRow>()?;
    let Some(m) = Moved::in_quarter(&rows, "all", quarter).filter(|m| ever(m) > 0) else { return Ok(None) };
    let figures = [
        ("quarter", quarter.to_string()),
        ("opening", format.int(m.opening)),
        ("new", format.int(m.new)),
        ("won_back", format.int(m.won_back)),
        ("lost", format.int(m.lost)),
        ("closing", format.int(m.closing)),
        ("opening_amount", format.money_short(m.opening_amount)),
        ("closing_amount", format.money_short(m.closing_amount)),
    ];
    let mut text = scope.fill_with("findings.moved", &figures);
    text.push_str(&driver(scope, &m));
    // Of a quarter under way there is no like quarter a year before.
    let over = quarter.last_day() <= scope.day();
    let before = Moved::in_quarter(&rows, "all", quarter.plus(-4)).filter(|_| over);
    if let Some((before, difference)) =
        before.and_then(|b| Some((b.clone(), newcombe::difference((m.lost, ever(&m)), (b.lost, ever(&b)))?)))
    {
        let rate = |m: &Moved| format.percent(m.lost as f64 / ever(m) as f64);
        let (rate, rate_before, verdict) = (rate(&m), rate(&before), tested(scope, &difference));
        text.push_str(scope.words.get("format.gap"));
        let figures = [("rate", rate.as_str()), ("before", &rate_before), ("verdict", &verdict)];
        text.push_str(&scope.fill("findings.lost_rate", &figures));
    }
    Ok(Some(text))
}

/// Companies that were members at some time in the quarter, each as often as it came.
fn ever(m: &Moved) -> i64 {
    m.opening + m.new + m.won_back
}

/// What made the largest part of the change in annual amount, the first of equal ones.
fn driver(scope: &Scope<'_>, m: &Moved) -> String {
    let parts = [
        ("new", m.new_amount),
        ("won_back", m.won_back_amount),
        ("lost", Cents::ZERO - m.lost_amount),
        ("expansion", m.expansion),
        ("contraction", Cents::ZERO - m.contraction),
    ];
    let largest = parts.into_iter().reduce(|a, b| if b.1.0.abs() > a.1.0.abs() { b } else { a });
    match largest.filter(|(_, amount)| *amount != Cents::ZERO) {
        None => scope.say("findings.no_driver"),
        Some((part, amount)) => {
            let (what, amount) = (scope.format().code("movement", part), scope.format().money_short(amount));
            scope.fill("findings.driver", &[("what", &what), ("amount", &amount)])
        }
    }
}
