//! What moved a contract on the list, off it, or to another band: the figure, then and now.
//!
//! ```text
//! worse, better: effects now − effects on the earlier day, by today's model ──► the theme that moved it most ──► its figure then → now
//!                a figure that did not move that way, as printed, is not told: the next one, the next theme, else that several moved
//!                none of them points that way ──► the method itself was learned anew
//! new, gone:     days left, or the fact (renewed on, cancelled on, ended on)
//! ```
//!
//! The figures of the earlier day are those that the lake has of it now: what came late is in them.

use crate::facts::terms::Contract;
use crate::marts::risk_scores::{Reason, RiskScores, Scored, Then};
use crate::risk::features::by_name;
use crate::risk::themes::{Cause, TERMS, causes};

use super::super::super::format::Format;
use super::super::super::reasons;
use super::super::super::scope::Scope;
use super::{Change, position};

/// The sentence; `None` when there is nothing to tell.
pub fn moved(scope: &Scope<'_>, change: &Change<'_>, scores: &RiskScores, gap: i32) -> Option<String> {
    let (visible, format) = (scope.marts.visible, scope.format());
    let at = position(visible, change.contract_id)?;
    let contract = &visible.contracts[at];
    let days_left = format.int(i64::from(contract.end - visible.day));
    let most = format.int(i64::from(visible.project.risk.horizon_days));
    let said = |key: &str, values: &[(&str, &str)]| Some(scope.fill(&format!("changes.{key}"), values));
    match change.cause {
        "renewed" => {
            let by = &visible.contracts[visible.renewed[at]?.by];
            said("renewed_on", &[("date", &format.date(by.signed_on)), ("id", &by.id)])
        }
        "cancelled" => said("cancelled_on", &[("date", &format.date(contract.cancelled_on?))]),
        "lapsed" => {
            let over = format.date(contract.end + visible.grace());
            said("lapsed_on", &[("end", &format.date(contract.end)), ("over", &over)])
        }
        "beyond" => said("beyond", &[("n", &days_left), ("most", &most)]),
        "new" => entered(scope, contract, gap),
        "worse" | "better" => {
            let then = scores.then.as_ref()?;
            by_figures(scope, change, scores.scored.get(&at)?, then.scored.get(&at)?, then, contract)
        }
        _ => None,
    }
}

/// Why a contract is new: it came near its end, it began, or it is at stake again.
fn entered(scope: &Scope<'_>, contract: &Contract, gap: i32) -> Option<String> {
    let (visible, format) = (scope.marts.visible, scope.format());
    let left = contract.end - visible.day;
    let begun = contract.start.max(contract.signed_on);
    if begun > visible.day - gap {
        return Some(scope.fill("changes.begun", &[("date", &format.date(begun))]));
    }
    Some(days(scope, left + gap, left))
}

fn days(scope: &Scope<'_>, then: i32, now: i32) -> String {
    let int = |n: i32| scope.format().int(i64::from(n));
    scope.fill("changes.days", &[("then", &int(then)), ("now", &int(now))])
}

/// The figure whose theme moved the log-odds most in the direction of the change, of those whose printed figures show it.
fn by_figures(
    scope: &Scope<'_>,
    change: &Change<'_>,
    now: &Scored,
    before: &Scored,
    then: &Then,
    contract: &Contract,
) -> Option<String> {
    let format = scope.format();
    let towards = if change.cause == "worse" { -1.0 } else { 1.0 };
    if (now.log_odds - before.log_odds) * towards <= 0.0 {
        let p = format.percent(before.p_renew);
        return Some(scope.fill("changes.anew", &[("date", &format.date(then.day)), ("p", &p)]));
    }
    let left = |day| contract.end - day;
    Some(match teller(format, &now.reasons, &before.reasons, towards < 0.0) {
        // Of what stands beside the figures only the days left change.
        Teller::Terms => days(scope, left(then.day), left(scope.day())),
        Teller::Figure(theme, (now, before)) => {
            let figures = [before, now].map(figures);
            let ended = reasons::has_ended(scope.marts.visible, &contract.id);
            let said = reasons::change(format, &now.feature, figures, ended);
            scope.fill("reason.theme", &[("theme", &format.code("theme", theme)), ("said", &said)])
        }
        Teller::Several => scope.say("changes.several"),
    })
}

/// A feature now and on the earlier day.
type Part<'r> = (&'r Reason, &'r Reason);

/// What tells a change.
#[derive(Debug, PartialEq)]
enum Teller<'r> {
    /// What stands beside the figures.
    Terms,
    /// A feature, under its theme.
    Figure(&'static str, Part<'r>),
    /// Several figures, none of which shows it.
    Several,
}

/// The theme that moved most that way and has a feature whose printed figure did too, and of it the feature that moved most.
fn teller<'r>(format: Format<'_>, now: &'r [Reason], before: &'r [Reason], worse: bool) -> Teller<'r> {
    let towards = if worse { -1.0 } else { 1.0 };
    let by = |(now, before): &Part<'_>| (now.effect - before.effect) * towards;
    let mut parts: Vec<Part<'_>> = now.iter().zip(before).collect();
    let mut causes = causes(parts.iter().map(|(n, b)| (&*n.feature, n.effect - b.effect)));
    causes.sort_by(|a, b| (b.effect * towards).total_cmp(&(a.effect * towards)));
    parts.sort_by(|a, b| by(b).total_cmp(&by(a)));
    let tells = |cause: &Cause| {
        if cause.theme == TERMS {
            return Some(Teller::Terms);
        }
        let of_theme = |(now, _): &Part<'_>| by_name(&now.feature).is_some_and(|f| f.theme.word() == cause.theme);
        let shows =
            |(now, before): &Part<'_>| reasons::supports::moved(format, &now.feature, [before.value, now.value], worse);
        let mut parts = parts.iter().take_while(|part| by(part) > 0.0);
        parts.find(|part| of_theme(part) && shows(part)).map(|part| Teller::Figure(cause.theme, *part))
    };
    let strong = causes.iter().take_while(|cause| cause.effect * towards >= reasons::LEAST);
    strong.into_iter().find_map(tells).unwrap_or(Teller::Several)
}

fn figures(reason: &Reason) -> reasons::Figures {
    reasons::Figures { value: reason.value, peer: reason.peer, past: reason.past }
}

#[cfg(test)]
mod tests {
    use super::super::super::super::lang::Words;
    use super::*;
    use crate::config::Language;

    fn reasons(rows: &[(&str, f64, f64)]) -> Vec<Reason> {
        let reason = |(feature, value, effect): &(&str, f64, f64)| Reason {
            feature: (*feature).into(),
            value: Some(*value),
            effect: *effect,
            ..Reason::default()
        };
        rows.iter().map(reason).collect()
    }

    /// The feature, or what else tells the change from the first figures to the second; all effects were 0.
    fn told(worse: bool, rows: &[(&str, [f64; 2], f64)]) -> String {
        let before = reasons(&rows.iter().map(|(feature, [then, _], _)| (*feature, *then, 0.0)).collect::<Vec<_>>());
        let now = reasons(&rows.iter().map(|(feature, [_, now], by)| (*feature, *now, *by)).collect::<Vec<_>>());
        let format = Format { words: Words::of(Language::En), currency: "CNY" };
        match teller(format, &now, &before, worse) {
            Teller::Figure(theme, (now, _)) => format!("{theme} {}", now.feature),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_figure_that_did_not_move_that_way_is_not_told() {
        // Days without fell, visitors are the same as printed, the share of own visits rose.
        let silence = ("ad_clicks_recency", [1.0, 0.0], -0.5);
        let visitors = ("visitors_level", [46.2, 45.9], -0.4);
        let own = ("own_traffic_share", [0.27, 0.29], -0.3);
        let clicks = ("shop_clicks_level", [90.0, 80.0], -0.1);
        assert_eq!(told(true, &[silence, visitors, own, clicks]), "visits shop_clicks_level");
        assert_eq!(told(true, &[silence, visitors, own]), "Several");
        // Within the theme that moved most the next, else the days left where they moved it next.
        let ads = ("ad_clicks_level", [3.0, 2.0], -0.05);
        assert_eq!(told(true, &[silence, clicks, ads]), "ads ad_clicks_level");
        assert_eq!(told(true, &[silence, ("days_left", [31.0, 30.0], -0.2), clicks]), "Terms");
        // What hardly counts tells nothing.
        assert_eq!(told(true, &[silence, ("inquiries_level", [3.0, 2.0], -0.01)]), "Several");
        // To the better all the other way round.
        let better = |(feature, figures, by): (&'static str, [f64; 2], f64)| (feature, figures, -by);
        assert_eq!(told(false, &[better(silence), better(clicks)]), "ads ad_clicks_recency");
        assert_eq!(told(false, &[better(own), better(clicks)]), "sources own_traffic_share");
    }
}
