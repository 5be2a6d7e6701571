//! Sections of reports: one a file, each `section(scope)`; a report lists those it has.

pub mod about;
pub mod attention;
pub mod call_list;
pub mod changes;
pub mod clients;
pub mod concentration_quarters;
pub mod findings;
pub mod key_figures;
pub mod lifetime_value;
pub mod market_quarters;
pub mod market_share;
pub mod member_contracts;
pub mod member_figures;
pub mod member_headline;
pub mod member_risk;
pub mod member_services;
pub mod member_similar;
pub mod member_sources;
pub mod member_talks;
pub mod member_worth;
pub mod model_card;
pub mod movement;
pub mod opportunity;
pub mod profit_curve;
pub mod renewals_by_group;
pub mod renewals_by_month;
pub mod renewals_by_segment;
pub mod restated;
pub mod retention;
pub mod run_files;
pub mod run_headline;
pub mod run_quarantine;
pub mod run_reports;
pub mod run_sources;
pub mod run_steps;
pub mod segments;
pub mod share_changes;
pub mod source_gaps;
pub mod today;
pub mod top_clients;
pub mod track_record;
pub mod unassigned;

use super::charts::MOST_DOTS;
use super::document::{Block, Section};
use super::scope::Scope;

/// A section of a title and blocks.
fn made(scope: &Scope<'_>, id: &'static str, blocks: Vec<Block>) -> Option<Section> {
    Some(Section { id, title: scope.say(&format!("section.{id}")), blocks })
}

/// A sentence when a dot plot leaves categories out.
fn left_out(scope: &Scope<'_>, drawn: usize) -> Option<Block> {
    let more = drawn.checked_sub(MOST_DOTS).filter(|n| *n > 0)?;
    let (most, more) = (MOST_DOTS.to_string(), more.to_string());
    Some(Block::Text(scope.fill("chart.left_out", &[("most", &most), ("n", &more)])))
}

#[cfg(test)]
mod tests {
    /// Every file of the folder is mounted, and some report draws it.
    #[test]
    fn every_file_is_mounted_and_drawn() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/sections");
        let here = include_str!("mod.rs");
        let reports = [
            include_str!("../renewal_risk.rs"),
            include_str!("../strategy_review.rs"),
            include_str!("../run_summary.rs"),
            include_str!("../member_story.rs"),
        ];
        for file in std::fs::read_dir(folder).unwrap().flatten() {
            let name = file.file_name().into_string().unwrap();
            let stem = name.trim_end_matches(".rs");
            if stem != "mod" {
                assert!(here.contains(&format!("pub mod {stem};")), "{name} is not mounted");
                let line = format!("{stem}::section");
                assert!(reports.iter().any(|r| r.contains(&line)), "no report draws {name}");
            }
        }
    }
}
