//! How a run ended, and why.

use super::super::ReportError;
use super::super::document::{Block, Figure, Section};
use super::super::scope::Scope;
use super::super::summary;
use super::made;

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let format = scope.format();
    let run = scope.summary()?;
    let figure = |key: &str, value: String, note: Option<String>| Figure {
        label: scope.say(&format!("run_headline.{key}")),
        value,
        note,
    };
    let status = format.code("run_status", &run.status);
    let code = scope.fill("run_headline.exit", &[("code", &run.exit_code.to_string())]);
    let sums = run.by_source().into_values();
    let (read, loaded, bad) = sums.fold((0, 0, 0), |(r, l, q), t| (r + t.read, l + t.loaded, q + t.quarantined));
    let seconds = run.steps.iter().map(|s| s.ms).sum::<u64>() as f64 / 1000.0;
    let snapshot = run.snapshot.map(|n| scope.fill("run_headline.snapshot", &[("n", &n.to_string())]));
    let mut figures = vec![
        figure("status", status, Some(code)),
        figure("run", format!("{} · {}", run.run_id, run.pipeline), snapshot),
        figure("as_of", run.as_of.join(scope.words.get("format.list")), None),
        figure("started", run.started_at.clone(), Some(run.time_zone.clone())),
        figure("read", format.int(read), None),
        figure("loaded", format.int(loaded), None),
        figure("quarantined", format.int(bad), None),
        figure("seconds", format.float(seconds, 1), None),
    ];
    figures.extend(run.held_out.filter(|n| *n > 0).map(|n| figure("held", format.int(n), None)));
    let mut blocks = vec![Block::Figures(figures)];
    let mut lines: Vec<String> = run.failure.iter().cloned().collect();
    lines.extend(run.breaches.iter().map(|b| summary::breach(b, scope.words)));
    lines.extend(run.banners.iter().cloned());
    if !lines.is_empty() {
        blocks.push(Block::Findings(lines));
    }
    blocks.extend(run.pages.iter().map(|path| Block::Text(scope.fill("lines.report", &[("path", path)]))));
    Ok(made(scope, "run_headline", blocks))
}
