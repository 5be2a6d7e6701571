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
    let mut parts: Vec<Part<'_>> = now.reasons.iter().zip(&before.reasons).collect();
    let by = |(now, before): &Part<'_>| (now.effect - before.effect) * towards;
    let mut causes = causes(parts.iter().map(|(n, b)| (&*n.feature, n.effect - b.effect)));
    causes.sort_by(|a, b| (b.effect * towards).total_cmp(&(a.effect * towards)));
    parts.sort_by(|a, b| by(b).total_cmp(&by(a)));
    let left = |day| contract.end - day;
    let ended = reasons::has_ended(scope.marts.visible, &contract.id);
    let told = |cause: &Cause| {
        if cause.theme == TERMS {
            // Of what stands beside the figures only the days left change.
            return Some(days(scope, left(then.day), left(scope.day())));
        }
        let of_theme = |part: &&Part<'_>| by_name(&part.0.feature).is_some_and(|f| f.theme.word() == cause.theme);
        let mut parts = parts.iter().filter(of_theme).take_while(|part| by(part) > 0.0);
        let said = parts.find_map(|part| figure(scope, part, towards < 0.0, ended))?;
        Some(scope.fill("reason.theme", &[("theme", &format.code("theme", cause.theme)), ("said", &said)]))
    };
    let said = causes.iter().take_while(|cause| cause.effect * towards >= reasons::LEAST).find_map(told);
    Some(said.unwrap_or_else(|| scope.say("changes.several")))
}

/// A feature now and on the earlier day.
type Part<'r> = (&'r Reason, &'r Reason);

/// Its figures then and now; none when they do not show that it became worse, or better.
fn figure(scope: &Scope<'_>, (now, before): &Part<'_>, worse: bool, ended: bool) -> Option<String> {
    let figures = [before, now].map(|r| reasons::Figures { value: r.value, peer: r.peer, past: r.past });
    let moved = reasons::supports::moved(scope.format(), &now.feature, figures.map(|f| f.value), worse);
    moved.then(|| reasons::change(scope.format(), &now.feature, figures, ended))
}
