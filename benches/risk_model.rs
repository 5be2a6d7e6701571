//! What the renewal model costs, and what each choice of its method is worth, on the made-up world of
//! `tests/support/renewal_world.rs`.
//!
//! ```text
//! cargo bench --bench risk_model                      100,000 contracts, 60 features: training, and twelve cutoffs
//! cargo bench --bench risk_model -- choices 2000 20   contracts, seeds: one line a choice (also: --profile dev)
//! ```

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark speaks, and stops at what it cannot do"
)]

#[path = "../tests/support/renewal_world.rs"]
mod renewal_world;

use std::time::Instant;

use renewal_world::{World, settings};
use shoppulse::risk::kept::Kept;
use shoppulse::risk::model::backtest::{self, Cutoff, Verdict};
use shoppulse::risk::model::{Examples, Model, ModelSettings};
use shoppulse::stats::matrix::Matrix;
use shoppulse::stats::ridge::Ridge;
use shoppulse::stats::scores::{self, loss};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let number = |at: usize, or: usize| args.get(at).map_or(or, |n| n.parse().unwrap());
    match args.iter().position(|a| a == "choices") {
        Some(at) => choices(number(at + 1, 2_000), number(at + 2, 20)),
        None => speed(100_000, 60),
    }
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = work();
    println!("{what:50} {:8.2} s", start.elapsed().as_secs_f64());
    done
}

fn speed(contracts: usize, features: usize) {
    let mut world = World::of(contracts, features, 1);
    let train = world.examples();
    let cutoffs: Vec<Cutoff> = world.cutoffs().into_iter().map(|(cutoff, _)| cutoff).collect();
    println!("{contracts} contracts, {} observations, {features} features; wall on 2 threads", train.len());
    let rows = train.len().min(200_000);
    let mut x = Matrix { rows, columns: features, data: train.x.data[..rows * features].to_vec() };
    x.data.iter_mut().filter(|x| x.is_nan()).for_each(|x| *x = 0.0);
    let y: Vec<f64> = train.renewed[..rows].iter().map(|r| f64::from(u8::from(*r))).collect();
    timed(&format!("ridge of {rows} × {features}, one thread"), || {
        Ridge { x: &x, y: &y, weight: None, offset: None }.fit(30.0)
    });
    drop(x);
    let model =
        timed("training with choice of penalty and calibration", || Model::train(&train, &settings(2)).unwrap());
    println!("{:?} {:?}", model.card, model.calibration.kind);
    let found =
        timed("the same and twelve cutoffs", || backtest::run(&train, &cutoffs, &settings(2), &Kept::default()));
    println!("{:?} {:?}", found.verdict, found.difference);
}

/// A variation of the settings.
type Choice = (&'static str, fn(&mut ModelSettings));

const CHOICES: &[Choice] = &[
    ("as shipped", |_| ()),
    ("no bends", |s| s.bent.clear()),
    ("no change with days left", |s| s.with_lead.clear()),
    ("no pair", |s| s.pairs.clear()),
    ("straight lines only", |s| (s.bent, s.with_lead, s.pairs) = (vec![], vec![], vec![])),
    ("all of the first eight bend", |s| s.bent = (0..8).collect()),
    ("penalty 1", |s| s.method.penalties = vec![1.0]),
    ("penalty 30", |s| s.method.penalties = vec![30.0]),
    ("penalty 300", |s| s.method.penalties = vec![300.0]),
    ("penalty 3000", |s| s.method.penalties = vec![3000.0]),
    ("fewer penalties (3000, 1000, 300 …)", |s| {
        s.method.penalties = vec![3000.0, 1000.0, 300.0, 100.0, 30.0, 10.0, 3.0, 1.0];
    }),
    ("groups not weighed", |s| s.method.first_penalty = None),
    ("groups weighed by a first fit of 100", |s| s.method.first_penalty = Some(100.0)),
    ("latest months: no column", |s| s.method.latest_scale = 1e-6),
    ("latest months: half as free", |s| s.method.latest_scale = 0.5),
    ("latest months: twice as free", |s| s.method.latest_scale = 2.0),
    ("latest months: not drawn", |s| s.method.latest_scale = 100.0),
    ("intercept always 0", |s| s.method.intercept_sd = 1e-6),
    ("intercept drawn by 0.1", |s| s.method.intercept_sd = 0.1),
    ("intercept not drawn", |s| s.method.intercept_sd = 1e3),
    ("slope drawn by 0.3", |s| s.method.slope_sd = 0.3),
    ("slope not drawn", |s| s.method.slope_sd = 1e3),
    ("slope always 1", |s| s.method.slope_sd = 1e-6),
    ("isotonic always", |s| s.method.steps_from = 0),
    ("isotonic never", |s| s.method.steps_from = usize::MAX),
];

/// A seed's world: contracts to train on, cutoffs, new contracts with their true probabilities.
type Told = (Examples, Vec<Cutoff>, (Examples, Vec<f64>));

/// Sums over seeds.
#[derive(Default)]
struct Sums {
    excess: f64,
    slope: f64,
    ece: f64,
    behind: f64,
    gain: f64,
    used: usize,
}

fn choices(contracts: usize, seeds: usize) {
    let worlds: Vec<Told> = (0..seeds)
        .map(|seed| {
            let mut world = World::of(contracts, 24, 100 + seed as u64);
            let train = world.examples();
            let cutoffs = world.cutoffs().into_iter().map(|(cutoff, _)| cutoff).collect();
            (train, cutoffs, world.fresh(2_000))
        })
        .collect();
    println!("{contracts} matured contracts, 24 features, mean of {seeds} seeds");
    println!(
        "excess, slope, ECE, AUC behind: of new contracts, against the true probabilities; gain: log loss below the"
    );
    println!("baseline's in the backtest; used: seeds in which the model speaks\n");
    println!("| choice | excess log loss | slope | ECE | AUC behind | gain | used |\n|---|---|---|---|---|---|---|");
    for (name, change) in CHOICES {
        let mut settings = settings(2);
        change(&mut settings);
        let mut sums = Sums::default();
        worlds.iter().for_each(|(train, cutoffs, fresh)| add(&mut sums, train, cutoffs, fresh, &settings));
        let n = seeds as f64;
        let [excess, slope, ece, behind, gain] =
            [sums.excess, sums.slope, sums.ece, sums.behind, sums.gain].map(|sum| sum / n);
        println!("| {name} | {excess:.4} | {slope:.3} | {ece:.4} | {behind:.4} | {gain:.4} | {} |", sums.used);
    }
}

fn add(
    sums: &mut Sums,
    train: &Examples,
    cutoffs: &[Cutoff],
    (fresh, truth): &(Examples, Vec<f64>),
    settings: &ModelSettings,
) {
    let found = backtest::run(train, cutoffs, settings, &Kept::default());
    let n = found.pooled.len() as f64;
    sums.gain += found.pooled.iter().map(|s| loss(s.base_p, s.renewed) - loss(s.p, s.renewed)).sum::<f64>() / n;
    sums.used += usize::from(found.verdict == Verdict::Model);
    let Some(model) = found.model else { return };
    let p: Vec<f64> = (0..fresh.len()).map(|row| model.p(fresh.x.row(row), &fresh.about(row))).collect();
    let n = p.len() as f64;
    let expected = |p: f64, t: f64| t * loss(p, true) + (1.0 - t) * loss(p, false);
    sums.excess += p.iter().zip(truth).map(|(p, t)| expected(*p, *t) - expected(*t, *t)).sum::<f64>() / n;
    sums.slope += scores::calibration_line(&p, truth).unwrap().1;
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let gaps = scores::tenths(p.len()).map(|bin| order[bin].iter().map(|i| p[*i] - truth[*i]).sum::<f64>().abs());
    sums.ece += gaps.iter().sum::<f64>() / n;
    let auc = |p: &[f64]| {
        let row = |i: usize| scores::Scored { p: p[i], came: fresh.renewed[i], id: &fresh.id[i] };
        scores::auc(&scores::sorted((0..p.len()).map(row).collect())).unwrap()
    };
    sums.behind += auc(truth) - auc(&p);
}
