//! The renewal model on a made-up world whose true probabilities are known (`support/renewal_world.rs`).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it cannot use")]

#[path = "support/renewal_world.rs"]
mod renewal_world;

use renewal_world::{Chance, GRACE, World, settings};
use shoppulse::risk::kept::Kept;
use shoppulse::risk::model::backtest::{self, Backtest, Cutoff, Scored, Verdict, Why};
use shoppulse::risk::model::{About, BESIDE, Examples, Method, Model, ModelSettings, Seen};
use shoppulse::stats::scores::{self, loss};

/// Features of the world in these tests: four that matter, four copies, four of noise.
const FEATURES: usize = 12;

fn backtest_of(contracts: usize, seed: u64) -> (Examples, Vec<Cutoff>, Backtest) {
    let mut world = World::of(contracts, FEATURES, seed);
    let train = world.examples();
    let cutoffs: Vec<Cutoff> = world.cutoffs().into_iter().map(|(cutoff, _)| cutoff).collect();
    let found = backtest::run(&train, &cutoffs, &settings(2), &Kept::default());
    (train, cutoffs, found)
}

/// The rows of `of`, in another order and changed.
fn rebuilt(of: &Examples, rows: impl Iterator<Item = usize>, change: impl Fn(&mut Seen, &mut Vec<f64>)) -> Examples {
    let mut examples = Examples::empty(of.x.columns);
    for row in rows {
        let mut x = of.x.row(row).to_vec();
        let mut seen = Seen {
            id: of.id[row].clone(),
            day: of.day[row],
            end: of.end[row],
            renewed: of.renewed[row],
            segment: of.segment[row].clone(),
            plan: of.plan[row].clone(),
            size: of.size[row].clone(),
        };
        change(&mut seen, &mut x);
        examples.push(&x, seen);
    }
    examples
}

/// 2,000 contracts: what is said of new contracts is near the truth, and the backtest says that the model may speak.
#[test]
fn near_the_truth_with_two_thousand_contracts() {
    let mut world = World::of(2_000, FEATURES, 11);
    let train = world.examples();
    let cutoffs: Vec<Cutoff> = world.cutoffs().into_iter().map(|(cutoff, _)| cutoff).collect();
    let found = backtest::run(&train, &cutoffs, &settings(2), &Kept::default());
    assert_eq!(found.verdict, Verdict::Model);
    let model = found.model.unwrap();
    let (fresh, truth) = world.fresh(3_000);
    let p: Vec<f64> = (0..fresh.len()).map(|row| model.p(fresh.x.row(row), &fresh.about(row))).collect();
    let mean = |of: &dyn Fn(usize) -> f64| (0..p.len()).map(of).sum::<f64>() / p.len() as f64;
    // Expected log loss under the true probabilities: free of the chance in the outcomes.
    let expected = |p: f64, truth: f64| truth * loss(p, true) + (1.0 - truth) * loss(p, false);
    let excess = mean(&|i| expected(p[i], truth[i]) - expected(truth[i], truth[i]));
    let (intercept, slope) = scores::calibration_line(&p, &truth).unwrap();
    let auc = |p: &[f64]| {
        let row = |i: usize| scores::Scored { p: p[i], came: fresh.renewed[i], id: &fresh.id[i] };
        scores::auc(&scores::sorted((0..p.len()).map(row).collect())).unwrap()
    };
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let bins = scores::tenths(p.len()).map(|bin| order[bin].iter().map(|i| p[*i] - truth[*i]).sum::<f64>().abs());
    let ece = bins.iter().sum::<f64>() / p.len() as f64;
    let behind = auc(&truth) - auc(&p);
    let card =
        format!("excess {excess:.4}, slope {slope:.3}, intercept {intercept:.3}, ECE {ece:.4}, AUC −{behind:.4}");
    assert!(excess < 0.02 && (0.9..1.1).contains(&slope) && ece < 0.03 && behind < 0.02, "{card}");
}

/// Whoever speaks is never worse than the baseline over the backtest, and few outcomes are a reason of their own.
#[test]
fn never_worse_than_the_baseline_with_few_contracts() {
    for (contracts, seeds) in [(60, 1..2), (300, 1..4), (1_000, 1..2)] {
        for seed in seeds {
            let (_, _, found) = backtest_of(contracts, seed);
            let mean = |p: fn(&Scored) -> f64| {
                found.pooled.iter().map(|s| loss(p(s), s.renewed)).sum::<f64>() / found.pooled.len() as f64
            };
            let (model, base) = (mean(|s| s.p), mean(|s| s.base_p));
            match found.verdict {
                Verdict::Model => assert!(model < base, "{contracts}, seed {seed}: {model} {base}"),
                Verdict::Baseline(Why::NotBetter { model: m, baseline }) => {
                    assert!(
                        model >= base && (m, baseline) == (model, base),
                        "{contracts}, seed {seed}: {model} {base}"
                    );
                }
                Verdict::Baseline(_) => assert!(contracts < 300, "{contracts}, seed {seed}: {:?}", found.verdict),
            }
            if contracts == 60 {
                assert!(matches!(found.verdict, Verdict::Baseline(Why::FewLapsed { need: 50, .. })));
                assert!(found.model.is_none() && found.pooled.iter().all(|s| s.p == s.base_p));
            }
            assert!(contracts < 1_000 || found.verdict == Verdict::Model, "{contracts}, seed {seed}");
        }
    }
}

/// Neither the order of rows nor the number of threads moves a bit, and a row is scored as if it were the only one.
#[test]
fn same_bits_in_any_order_and_on_any_number_of_threads() {
    let (train, cutoffs, found) = backtest_of(300, 5);
    let turned = rebuilt(&train, (0..train.len()).rev(), |_, _| ());
    let turned_cutoffs: Vec<Cutoff> = cutoffs
        .iter()
        .map(|c| Cutoff {
            day: c.day,
            at_stake: rebuilt(&c.at_stake, (0..c.at_stake.len()).rev(), |_, _| ()),
            baseline: c.baseline.iter().rev().copied().collect(),
        })
        .collect();
    let again = backtest::run(&turned, &turned_cutoffs, &settings(1), &Kept::default());
    assert_eq!((&found.pooled, &found.rows, &found.model), (&again.pooled, &again.rows, &again.model));
    let halves: Vec<Cutoff> = cutoffs
        .iter()
        .map(|c| Cutoff {
            day: c.day,
            at_stake: rebuilt(&c.at_stake, (0..c.at_stake.len()).step_by(2), |_, _| ()),
            baseline: c.baseline.iter().step_by(2).copied().collect(),
        })
        .collect();
    let half = backtest::run(&train, &halves, &settings(3), &Kept::default());
    assert!(half.pooled.iter().all(|s| found.pooled.contains(s)) && half.pooled.len() > 100);
}

/// What had not matured by a cutoff does not exist for it: other outcomes, other features, more contracts.
#[test]
fn the_future_moves_no_bit_of_an_earlier_cutoff() {
    let (train, cutoffs, found) = backtest_of(400, 7);
    let day = cutoffs[6].day;
    let mut later = rebuilt(&train, 0..train.len(), |seen, x| {
        if seen.end + GRACE >= day {
            seen.renewed = !seen.renewed;
            x.fill(3.0);
        }
    });
    for i in 0..200 {
        let seen = Seen {
            id: format!("LATER{i}").into(),
            day: day - 30,
            end: day - GRACE,
            renewed: i % 2 == 0,
            segment: "new".into(),
            plan: "new".into(),
            size: "new".into(),
        };
        later.push(&[9.0; FEATURES], seen);
    }
    let other = backtest::run(&later, &cutoffs, &settings(2), &Kept::default());
    let known = |s: &&Scored| s.cutoff <= day;
    let (before, after): (Vec<_>, Vec<_>) =
        (found.pooled.iter().filter(known).collect(), other.pooled.iter().filter(known).collect());
    assert_eq!(before, after);
    assert_eq!(found.rows[..=6], other.rows[..=6]);
    // One day more, and they are known.
    assert_ne!(found.pooled.last(), other.pooled.last());
}

/// base + effects = total = log-odds, with nulls of all kinds; an effect moves with its own feature alone, but for a pair's half.
#[test]
fn effects_add_up_and_belong_to_their_feature() {
    let mut world = World::of(400, FEATURES, 3);
    let train = world.examples();
    let model = Model::train(&train, &settings(1)).unwrap();
    let mut chance = Chance(9);
    for row in 0..100 {
        let mut x = train.x.row(row).to_vec();
        x.iter_mut().filter(|_| chance.share() < 0.3).for_each(|x| *x = f64::NAN);
        if row % 7 == 0 {
            x[chance.below(FEATURES)] = [f64::INFINITY, 1e300, -1e300][row % 3];
        }
        let about = About { lead: 3 * row as i32 - 150, segment: "no such", ..train.about(row) };
        let found = model.effects(&x, &about);
        assert_eq!(found.effects.len(), FEATURES + BESIDE.len());
        let sum = found.base + found.effects.iter().sum::<f64>();
        assert!((sum - found.total).abs() < 1e-9 && found.total.is_finite());
        assert_eq!(found.total, model.log_odds(&x, &about));
        let p = model.p(&x, &about);
        assert!(p > 0.0 && p < 1.0);
        for f in 0..FEATURES {
            let mut moved = x.clone();
            moved[f] = if x[f].is_finite() { f64::NAN } else { 0.7 };
            let other = model.effects(&moved, &about);
            let changed: Vec<usize> =
                (0..found.effects.len()).filter(|e| found.effects[*e] != other.effects[*e]).collect();
            let partner = [2, usize::MAX, 0].get(f).copied().unwrap_or(usize::MAX);
            assert!(changed.iter().all(|e| *e == f || *e == partner), "feature {f} moved {changed:?}");
            assert!((found.total - other.total).abs() > 0.0 || f >= 4, "feature {f} moves nothing");
        }
    }
}

/// Every second member that had renewed in the latest half year left instead: what is said of such members is nearer the share
/// of those months than that of all, which is what would be said without the column of the latest months.
#[test]
fn the_level_follows_the_latest_half_year() {
    let mut world = World::of(1_200, FEATURES, 4);
    let train = world.examples();
    let since = *train.end.iter().max().unwrap() - 183;
    let even = |id: &str| id.bytes().last().is_some_and(|b| b % 2 == 0);
    let worse = rebuilt(&train, 0..train.len(), |seen, _| seen.renewed &= seen.end <= since || even(&seen.id));
    let said = |latest_scale: f64| {
        let settings = settings(2);
        let method = Method { latest_scale, ..settings.method };
        let model = Model::train(&worse, &ModelSettings { method, ..settings }).unwrap();
        let late: Vec<usize> = (0..worse.len()).filter(|row| worse.end[*row] > since).collect();
        let mean = |of: &dyn Fn(usize) -> f64| late.iter().map(|row| of(*row)).sum::<f64>() / late.len() as f64;
        let p = mean(&|row| model.p(worse.x.row(row), &worse.about(row)));
        (p, mean(&|row| f64::from(u8::from(worse.renewed[row]))))
    };
    let ((with, came), (without, _)) = (said(Method::default().latest_scale), said(1e-6));
    let card = format!("came {came:.3}, with {with:.3}, without {without:.3}");
    assert!(without - came > 0.1 && (with - came).abs() < (without - came) / 2.0, "{card}");
}

/// Nothing, one kind of outcome, nothing known, all at one lead: no model or a finite one, never a panic.
#[test]
fn odd_examples_are_no_failure() {
    let mut world = World::of(250, FEATURES, 2);
    let train = world.examples();
    let few = ModelSettings { min_outcomes: 1, ..settings(1) };
    assert_eq!(Model::train(&Examples::empty(FEATURES), &few), None);
    let all_renewed = rebuilt(&train, 0..train.len(), |seen, _| seen.renewed = true);
    assert_eq!(Model::train(&all_renewed, &few), None);
    let nothing_known = rebuilt(&train, 0..train.len(), |_, x| x.fill(f64::NAN));
    let at_one_lead = rebuilt(&train, (0..train.len()).filter(|row| train.lead[*row] == 30), |_, _| ());
    let in_one_month = rebuilt(&train, 0..train.len(), |seen, _| {
        let lead = seen.end - seen.day;
        (seen.end, seen.day) = (train.end[0], train.end[0] - lead);
    });
    for examples in [nothing_known, at_one_lead, in_one_month] {
        let model = Model::train(&examples, &few).unwrap();
        assert!((0..examples.len()).all(|row| model.p(examples.x.row(row), &examples.about(row)).is_finite()));
    }
    let empty = backtest::run(&train, &[], &few, &Kept::default());
    assert_eq!(empty.verdict, Verdict::Baseline(Why::NeverTried));
}
