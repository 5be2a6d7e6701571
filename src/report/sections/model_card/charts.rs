//! The two drawings of the model card, each with the mart's rows behind it.

use crate::marts::renewal_backtest::RenewalBacktestRow;
use crate::marts::renewal_calibration::RenewalCalibrationRow;

use super::super::super::charts::{Bin, Calibration, Pair, Plot, Versus};
use super::super::super::document::{Chart, Kind, Table};
use super::super::super::format::Format;
use super::super::super::scope::Scope;

/// What was said against what was seen, in ten bins.
pub fn calibration(scope: &Scope<'_>, rows: &[RenewalCalibrationRow]) -> Chart {
    let bin = |r: &RenewalCalibrationRow| {
        Some(Bin { said: r.p_mean?, observed: r.rate?, low: r.rate_low?, high: r.rate_high? })
    };
    let columns = vec![
        scope.column("bin", Kind::Int),
        scope.column("n", Kind::Int),
        scope.column("p_mean", Kind::Percent),
        scope.column("rate", Kind::Percent),
        scope.column("rate_low", Kind::Percent),
        scope.column("rate_high", Kind::Percent),
    ];
    let mut data = scope.table("renewal_calibration", columns);
    for r in rows {
        data.push(vec![
            r.bin.into(),
            r.n.into(),
            r.p_mean.into(),
            r.rate.into(),
            r.rate_low.into(),
            r.rate_high.into(),
        ]);
    }
    let plot = Calibration {
        bins: rows.iter().filter_map(bin).collect(),
        x_title: scope.say("model_card.said"),
        y_title: scope.say("model_card.seen"),
        line_means: scope.say("model_card.equal"),
        off_means: scope.say("model_card.off"),
        tick: scope.percent_tick(),
    };
    chart(scope, "renewal_calibration", Box::new(plot), data)
}

/// Log loss at each cutoff, of the method in use and of the base rate.
pub fn backtest(scope: &Scope<'_>, rows: &[RenewalBacktestRow]) -> Chart {
    let columns = vec![
        scope.column("cutoff", Kind::Date),
        scope.column("n", Kind::Int),
        scope.column("auc", Kind::Float(3)),
        scope.column("log_loss", Kind::Float(4)),
        scope.column("brier", Kind::Float(4)),
        scope.column("ece", Kind::Float(3)),
        scope.column("lift_top_decile", Kind::Float(2)),
        scope.column("base_auc", Kind::Float(3)),
        scope.column("base_log_loss", Kind::Float(4)),
        scope.column("base_brier", Kind::Float(4)),
    ];
    let mut data = scope.table("renewal_backtest", columns);
    for r in rows {
        data.push(vec![
            r.cutoff.into(),
            r.n.into(),
            r.auc.into(),
            r.log_loss.into(),
            r.brier.into(),
            r.ece.into(),
            r.lift_top_decile.into(),
            r.base_auc.into(),
            r.base_log_loss.into(),
            r.base_brier.into(),
        ]);
    }
    let format = scope.format();
    let pair = |r: &RenewalBacktestRow| Pair {
        label: format.short_month(r.cutoff.month()),
        ours: r.log_loss,
        theirs: r.base_log_loss,
    };
    let words = scope.words;
    let plot = Versus {
        pairs: rows.iter().map(pair).collect(),
        y_title: scope.say("label.log_loss"),
        ours_means: scope.say("model_card.ours"),
        theirs_means: scope.say("model_card.theirs"),
        tick: Box::new(move |x| Format { words, currency: "" }.float(x, 2)),
    };
    chart(scope, "renewal_backtest", Box::new(plot), data)
}

fn chart(scope: &Scope<'_>, id: &'static str, plot: Box<dyn Plot>, data: Table) -> Chart {
    Chart {
        id,
        title: scope.say(&format!("model_card.chart.{id}")),
        desc: scope.say(&format!("model_card.desc.{id}")),
        empty: scope.say("model_card.nothing"),
        plot,
        data,
    }
}
