//! How rows become numbers, and which coefficients fit them: what every model of the backtest and of every month begins with.

use crate::risk::kept::Kept;
use crate::stats::ridge::{Coefficients, Ridge};

use super::ModelSettings;
use super::encode::Encoder;
use super::examples::Examples;
use super::groups;

/// Learned from some rows, which stand together by contract; coefficients for each of some penalties, in their order.
pub(super) fn fit(
    examples: &Examples,
    rows: &[usize],
    penalties: &[f64],
    settings: &ModelSettings,
    kept: &Kept,
) -> (Encoder, Vec<Coefficients>) {
    let encoding = tracing::debug_span!("encode", rows = rows.len()).entered();
    let (mut encoder, mut encoded) = Encoder::of(examples, rows, settings);
    let y: Vec<f64> = rows.iter().map(|row| examples.y(*row)).collect();
    drop(encoding);
    let _fitting = tracing::debug_span!("fit", rows = rows.len(), penalties = penalties.len()).entered();
    let runs: Vec<usize> = examples.contracts(rows).map(<[usize]>::len).collect();
    groups::weigh(&mut encoder, &mut encoded, (&y, &runs), settings, kept);
    let path = kept.path(&Ridge { x: &encoded, y: &y, weight: None, offset: None }, penalties);
    (encoder, path)
}
