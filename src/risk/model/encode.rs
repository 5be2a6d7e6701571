//! A row becomes numbers for the regression.
//!
//! ```text
//! x ─► z = (x − mean) / sd, kept within ±4, null = 0 ─┬─► z
//!                                                     ├─► (z − knot)+ at five quantiles    features that may bend
//!                                                     ├─► z · days left                    features that may change with them
//!                                                     └─► z · z'                           pairs
//! is null (of features null in 1..99 % of rows)       ─► 1 or 0
//! ends in the latest half year                        ─► 1 or 0; 1 for whoever is spoken of
//! days left ─► line that bends at the leads of the rows, kept within what was seen and the grace
//! segment, plan, size ─► 1 for its own level, for levels with 20 and more contracts
//! ```
//!
//! Every column is centred on its mean over the training rows, so that the intercept is the log-odds of the average row and a
//! column's part is how far the row stands from it. A column is multiplied by a scale before the ridge sees it:
//! the greater the scale, the less it is drawn to 0.

use std::collections::BTreeMap;

use crate::domain::{Day, Str};
use crate::stats::matrix::Matrix;

use super::ModelSettings;
use super::examples::Examples;

/// Standard deviations at which a feature is cut.
const CUT: f64 = 4.0;
/// A feature known in fewer rows, or in a smaller share of them, is left out.
const LEAST_KNOWN: usize = 20;
const LEAST_SHARE: f64 = 0.01;
/// Contracts that a level needs for a column.
const LEAST_CONTRACTS: usize = 20;
/// Levels that get a column: the largest, ties by name.
const MOST_LEVELS: usize = 48;
/// The days left are known to matter: next to no ridge on them (1 / 10² of it).
const LEAD_SCALE: f64 = 10.0;
/// Shares of the rows below the places where a feature may bend: five knots as Harrell gives them (*Regression Modeling Strategies*, 2nd
/// ed. 2015, table 2.3).
const BENDS: [f64; 5] = [0.05, 0.275, 0.5, 0.725, 0.95];
/// Days before the latest end known that count as the latest months, whose level may be another: whoever is spoken of ends later still
/// ("recalibration in the large", Steyerberg, *Clinical Prediction Models*, 2nd ed., 20.3, within the fit and drawn to 0 by its ridge).
const LATEST: i32 = 183;
/// Days that count as one unit of the line of days left.
const LEAD_UNIT: f64 = 30.0;
/// Where the line bends when rows were seen at more than [`MOST_LEADS`] leads.
const KNOTS: [i32; 4] = [0, 14, 30, 60];
const MOST_LEADS: usize = 12;

/// What is known of a contract on a day besides its features.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct About<'a> {
    /// Days left: end as signed − day.
    pub lead: i32,
    pub segment: &'a str,
    pub plan: &'a str,
    pub size: &'a str,
}

/// What a column is made of; features by position.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Source {
    Level(usize),
    Null(usize),
    Bend(usize, f64),
    WithLead(usize),
    Pair(usize, usize),
    Latest,
    Lead,
    LeadBend(i32),
    Segment(Str),
    Plan(Str),
    Size(Str),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    pub source: Source,
    scale: f64,
    centre: f64,
}

impl Column {
    /// Makes its numbers so many times as large: the ridge draws it less, the greater they are.
    pub(super) fn stretch(&mut self, times: f64) {
        self.scale *= times;
        self.centre *= times;
    }
}

/// Mean and standard deviation of a feature where it is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub mean: f64,
    pub sd: f64,
    /// Share of the rows that know it.
    pub known: f64,
}

/// How rows become numbers, as learned from the training rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoder {
    /// One a feature; `None`: left out, since it is known too seldom or never differs.
    pub spreads: Vec<Option<Spread>>,
    /// Least and greatest days left that are told apart, and their mean in units.
    leads: (i32, i32),
    mean_lead: f64,
    /// Training rows that end after it are of the latest months.
    since: Day,
    pub(super) columns: Vec<Column>,
}

impl Encoder {
    /// Learned from some rows, which stand together by contract; with their numbers, one row each.
    pub(super) fn of(examples: &Examples, rows: &[usize], settings: &ModelSettings) -> (Encoder, Matrix) {
        let spreads = spreads(examples, rows);
        let seen = rows.iter().map(|row| examples.lead[*row]);
        let (low, high) = (seen.clone().min().unwrap_or(0), seen.max().unwrap_or(0));
        let mut encoder = Encoder {
            leads: (low.min(-settings.grace).min(high), high),
            mean_lead: 0.0,
            since: rows.iter().map(|row| examples.end[*row]).max().unwrap_or(Day(0)) - LATEST,
            columns: sources(examples, rows, settings, &spreads).into_iter().map(|s| column(s, settings)).collect(),
            spreads,
        };
        let n = rows.len().max(1) as f64;
        encoder.mean_lead = rows.iter().map(|row| encoder.units(examples.lead[*row])).sum::<f64>() / n;
        let mut encoded = encoder.raw(examples, rows);
        let mut sums = vec![0.0; encoder.columns.len()];
        for row in 0..encoded.rows {
            sums.iter_mut().zip(encoded.row(row)).for_each(|(sum, value)| *sum += value);
        }
        encoder.columns.iter_mut().zip(sums).for_each(|(column, sum)| column.centre = sum / n);
        for row in 0..encoded.rows {
            encoded.row_mut(row).iter_mut().zip(&encoder.columns).for_each(|(value, column)| *value -= column.centre);
        }
        (encoder, encoded)
    }

    /// The numbers of some rows before they are centred.
    fn raw(&self, examples: &Examples, rows: &[usize]) -> Matrix {
        let mut encoded = Matrix::zeros(rows.len(), self.columns.len());
        let mut z = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let latest = examples.end[*row] > self.since;
            self.fill(examples.x.row(*row), &examples.about(*row), latest, &mut z, encoded.row_mut(at));
        }
        encoded
    }

    /// The numbers of one row, of a contract that ends later than those learned from.
    pub(super) fn row(&self, x: &[f64], about: &About<'_>) -> Vec<f64> {
        let mut encoded = vec![0.0; self.columns.len()];
        self.fill(x, about, true, &mut Vec::new(), &mut encoded);
        encoded
    }

    fn fill(&self, x: &[f64], about: &About<'_>, latest: bool, z: &mut Vec<f64>, encoded: &mut [f64]) {
        z.clear();
        z.extend(self.spreads.iter().enumerate().map(|(f, spread)| standard(x.get(f), spread)));
        let lead = self.units(about.lead);
        let level = |f: usize| if z[f].is_nan() { 0.0 } else { z[f] };
        for (column, out) in self.columns.iter().zip(encoded) {
            let raw = match &column.source {
                Source::Level(f) => level(*f),
                Source::Null(f) => is(z[*f].is_nan()),
                Source::Bend(f, knot) => (level(*f) - knot).max(0.0),
                Source::WithLead(f) => level(*f) * (lead - self.mean_lead),
                Source::Pair(f, g) => level(*f) * level(*g),
                Source::Latest => is(latest),
                Source::Lead => lead,
                Source::LeadBend(knot) => (self.units(*knot) - lead).max(0.0),
                Source::Segment(level) => is(**level == *about.segment),
                Source::Plan(level) => is(**level == *about.plan),
                Source::Size(level) => is(**level == *about.size),
            };
            *out = raw * column.scale - column.centre;
        }
    }

    fn units(&self, lead: i32) -> f64 {
        f64::from(lead.clamp(self.leads.0, self.leads.1)) / LEAD_UNIT
    }
}

fn is(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

/// NaN where null.
fn standard(x: Option<&f64>, spread: &Option<Spread>) -> f64 {
    match (x, spread) {
        (Some(x), Some(s)) if x.is_finite() => ((x - s.mean) / s.sd).clamp(-CUT, CUT),
        _ => f64::NAN,
    }
}

fn column(source: Source, settings: &ModelSettings) -> Column {
    let scale = match source {
        Source::Lead | Source::LeadBend(_) => LEAD_SCALE,
        Source::Latest => settings.method.latest_scale,
        _ => 1.0,
    };
    Column { source, scale, centre: 0.0 }
}

/// Which columns there are.
fn sources(examples: &Examples, rows: &[usize], settings: &ModelSettings, spreads: &[Option<Spread>]) -> Vec<Source> {
    let used = |f: &usize| spreads.get(*f).is_some_and(Option::is_some);
    let mut sources = Vec::new();
    for (f, spread) in spreads.iter().enumerate() {
        let Some(spread) = spread else { continue };
        sources.push(Source::Level(f));
        if spread.known <= 1.0 - LEAST_SHARE {
            sources.push(Source::Null(f));
        }
        if settings.bent.contains(&f) {
            sources.extend(quantiles(examples, rows, f, spread).into_iter().map(|knot| Source::Bend(f, knot)));
        }
    }
    sources.extend(settings.with_lead.iter().filter(|f| used(f)).map(|f| Source::WithLead(*f)));
    sources.extend(settings.pairs.iter().filter(|(f, g)| used(f) && used(g)).map(|(f, g)| Source::Pair(*f, *g)));
    sources.push(Source::Latest);
    sources.push(Source::Lead);
    sources.extend(knots(examples, rows).into_iter().map(Source::LeadBend));
    sources.extend(levels(examples, rows, &examples.segment).into_iter().map(Source::Segment));
    sources.extend(levels(examples, rows, &examples.plan).into_iter().map(Source::Plan));
    sources.extend(levels(examples, rows, &examples.size).into_iter().map(Source::Size));
    sources
}

/// Of every feature over some rows; `None` when it is known too seldom or never differs.
fn spreads(examples: &Examples, rows: &[usize]) -> Vec<Option<Spread>> {
    // Row by row, as they lie in memory; each feature's sums are in the order of the rows.
    let sums = |of: &dyn Fn(usize, f64) -> f64| {
        let mut sums = vec![(0usize, 0.0); examples.x.columns];
        for row in rows {
            for (f, (x, (n, sum))) in examples.x.row(*row).iter().zip(&mut sums).enumerate() {
                if x.is_finite() {
                    *n += 1;
                    *sum += of(f, *x);
                }
            }
        }
        sums
    };
    let means: Vec<f64> = sums(&|_, x| x).into_iter().map(|(n, sum)| sum / n as f64).collect();
    let squares = sums(&|f, x| (x - means[f]) * (x - means[f]));
    let spread = |((n, sum), mean): ((usize, f64), &f64)| {
        let share = n as f64 / rows.len().max(1) as f64;
        let sd = (sum / n as f64).sqrt();
        let differs = sd.is_finite() && sd > 1e-9 * mean.abs();
        (n >= LEAST_KNOWN && share >= LEAST_SHARE && differs).then_some(Spread { mean: *mean, sd, known: share })
    };
    squares.into_iter().zip(&means).map(spread).collect()
}

/// The values of z below which such shares of the known rows lie, where both sides have a fortieth of them.
fn quantiles(examples: &Examples, rows: &[usize], feature: usize, spread: &Spread) -> Vec<f64> {
    let some = Some(*spread);
    let z = rows.iter().map(|row| standard(examples.x.row(*row).get(feature), &some));
    let mut z: Vec<f64> = z.filter(|z| !z.is_nan()).collect();
    z.sort_by(f64::total_cmp);
    let mut knots: Vec<f64> =
        BENDS.iter().filter_map(|share| z.get((z.len() as f64 * share) as usize).copied()).collect();
    knots.dedup();
    let fewest = z.len() / 40;
    knots.retain(|knot| {
        let (below, above) = (z.partition_point(|z| z < knot), z.len() - z.partition_point(|z| z <= knot));
        below.min(above) >= fewest
    });
    knots
}

/// Where the line of days left bends: at each lead of the rows but the first and last.
fn knots(examples: &Examples, rows: &[usize]) -> Vec<i32> {
    let mut leads: Vec<i32> = rows.iter().map(|row| examples.lead[*row]).collect();
    leads.sort_unstable();
    leads.dedup();
    let inner = leads.get(1..leads.len().saturating_sub(1)).unwrap_or_default();
    match (leads.first(), leads.last()) {
        (Some(low), Some(high)) if leads.len() > MOST_LEADS => {
            KNOTS.into_iter().filter(|knot| low < knot && knot < high).collect()
        }
        _ => inner.to_vec(),
    }
}

/// Levels with enough contracts, by name.
fn levels(examples: &Examples, rows: &[usize], of: &[Str]) -> Vec<Str> {
    let mut counts: BTreeMap<&Str, usize> = BTreeMap::new();
    for contract in examples.contracts(rows) {
        *counts.entry(&of[contract[0]]).or_default() += 1;
    }
    let mut levels: Vec<(&Str, usize)> = counts.into_iter().filter(|(_, n)| *n >= LEAST_CONTRACTS).collect();
    levels.sort_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.cmp(b)));
    levels.truncate(MOST_LEVELS);
    levels.sort_unstable();
    levels.into_iter().map(|(level, _)| level.clone()).collect()
}
