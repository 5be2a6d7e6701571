//! How a run ends: one commit, then publishing and deliveries; or a trace of its failure.

use crate::domain::Day;
use crate::ingest::ids;
use crate::lake::ledger::{PublishedRisk, RunRow};
use crate::lake::{Lake, LakeError};
use crate::marts::Marts;
use crate::marts::renewal_risk::RenewalRiskRow;
use crate::report::summary::RunSummary;
use crate::risk::kept::Counts;

use super::deliver::{DeliverError, deliver};
use super::retain;
use super::run::{Done, Outcome, Run, RunError};

/// The report whose list is kept in `risk_published`, and the pipeline that publishes it.
const RENEWAL_RISK: &str = "renewal_risk";
const NIGHTLY: &str = "nightly";

impl Run<'_> {
    /// Steps 7 and 8; of a dry run neither.
    pub fn settle(&mut self, lake: &mut Lake, done: Done) -> Result<Outcome, RunError> {
        if self.request.dry_run {
            lake.rollback()?;
            // Of files that were written and not added: else the next start would look for what a death left.
            lake.sweep()?;
            self.staging.discard();
            return Ok(self.outcome(done.summary, &[], done.kept.counts()));
        }
        lake.ledger().add_run(&self.row(&done.summary, done.days.last().map(|d| d.as_of)))?;
        let old = self.retain(lake)?;
        self.staging.seal()?;
        let since = lake.committed()?.snapshot;
        let committed = lake.commit(self.request.now, &format!("run {} of {}", self.run_id, self.pipeline.name));
        // Committed, or not to be known before the next start: either way nothing is taken back here.
        self.settled = !lake.is_open();
        committed.map_err(|e| if self.settled { RunError::Undecided(e) } else { e.into() })?;
        let shown = self.show(lake);
        let brought = ids::Brought { since, ids: &done.loaded.new_ids };
        ids::update(lake, self.request.threads, Some(brought));
        if let Err(e) = done.kept.write(lake) {
            tracing::warn!("fits of the renewal model are not kept, the next run makes them anew: {e}");
        }
        let fits = done.kept.counts();
        tracing::info!(fits.found, fits.made, "fits of the renewal model");
        shown.map_err(|e| RunError::Unshown(Box::new(e)))?;
        retain::remove(&self.project.storage.reports, &old);
        let (reports, root) = (&self.project.storage.reports, &self.project.root);
        let failures = deliver(&self.pipeline.deliver, &self.staged, reports, root);
        if failures.is_empty() || done.summary.exit_code != 0 {
            return Ok(self.outcome(done.summary, &failures, fits));
        }
        let summary = RunSummary { exit_code: 4, status: "delivery_failed".into(), ..done.summary };
        self.restate(lake, &self.row(&summary, done.days.last().map(|d| d.as_of)));
        Ok(self.outcome(summary, &failures, fits))
    }

    /// Makes what was committed visible: the readers' copy, then the reports.
    fn show(&self, lake: &Lake) -> Result<(), RunError> {
        lake.publish_copy()?;
        Ok(self.staging.publish()?)
    }

    /// Keeps the nightly list as it is published, the first of each day. Within a run too, so that the list of the
    /// next day is compared with it.
    pub fn keep_published(&self, marts: &Marts<'_>) -> Result<(), RunError> {
        let publishes = self.pipeline.reports.iter().any(|r| r.name == RENEWAL_RISK);
        if self.pipeline.name != NIGHTLY || !publishes {
            return Ok(());
        }
        let as_of = marts.visible.day;
        let rows = marts.rows::<RenewalRiskRow>()?;
        let row = |r: &RenewalRiskRow| PublishedRisk {
            as_of,
            contract_id: r.contract_id.clone(),
            p_renew: r.p_renew,
            risk_band: r.risk_band.clone(),
            priority_rank: r.priority_rank,
            call_rank: r.call_rank,
            reason_1: r.reason_1.clone(),
            action: r.action.clone(),
            holdout: r.holdout,
        };
        let list: Vec<PublishedRisk> = rows.iter().map(row).collect();
        marts.visible.lake().ledger().publish_risks(self.run_id, as_of, &list)?;
        Ok(())
    }

    /// Leaves a trace of a run that failed; its own failure changes nothing any more.
    pub fn record_failure(&self, lake: &mut Lake, error: &RunError) {
        let failure = RunSummary { failure: Some(error.to_string()), ..RunSummary::default() };
        let summary = self.signed(failure, "failed", 1);
        if !self.request.dry_run {
            self.restate(lake, &self.row(&summary, None));
        }
    }

    /// Writes the run's row in a transaction of its own. Its failure is told and changes nothing any more.
    fn restate(&self, lake: &mut Lake, row: &RunRow) {
        let mut write = || -> Result<(), LakeError> {
            lake.begin()?;
            lake.ledger().add_run(row)?;
            lake.commit(self.request.now, &format!("run {}", self.run_id))?;
            lake.publish_copy()
        };
        if let Err(e) = write() {
            tracing::warn!("the end of the run could not be recorded: {e}");
        }
    }

    fn row(&self, summary: &RunSummary, as_of: Option<Day>) -> RunRow {
        RunRow {
            run_id: self.run_id,
            pipeline: self.pipeline.name.as_str().into(),
            started_at: self.request.now,
            status: summary.status.as_str().into(),
            exit_code: i64::from(summary.exit_code),
            as_of,
            snapshot: summary.snapshot.unwrap_or(0),
            summary: serde_json::to_string(summary).unwrap_or_default().into(),
        }
    }

    fn outcome(&self, summary: RunSummary, failures: &[DeliverError], fits: Counts) -> Outcome {
        let mut lines = summary.lines(self.words());
        let at = lines.len().saturating_sub(1);
        lines.splice(
            at..at,
            failures.iter().map(|f| self.words().fill("lines.delivery_failed", &[("why", &f.to_string())])),
        );
        let published = !self.request.dry_run;
        let reports = self.staged.iter().filter(|_| published).map(|s| self.project.storage.reports.join(&s.path));
        Outcome { exit_code: summary.exit_code, lines, reports: reports.collect(), fits }
    }
}
