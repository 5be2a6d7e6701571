//! Fits of the renewal model that are kept from night to night save time and change nothing: on a made-up world, constant
//! by constant, and on the committed sample by the program itself.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it cannot use")]

#[path = "support/renewal_world.rs"]
#[allow(dead_code, reason = "the world also serves tests that need the truth")]
mod renewal_world;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use renewal_world::{GRACE, World, settings};
use shoppulse::risk::kept::{Counts, Kept};
use shoppulse::risk::model::backtest::{self, Backtest, Cutoff};
use shoppulse::risk::model::{Examples, Method, ModelSettings};

const FEATURES: usize = 6;

fn world(contracts: usize) -> (Examples, Vec<Cutoff>) {
    let mut world = World::of(contracts, FEATURES, 3);
    let train = world.examples();
    (train, world.cutoffs().into_iter().map(|(cutoff, _)| cutoff).collect())
}

fn assert_same(a: &Backtest, b: &Backtest, what: &str) {
    assert!(a.model == b.model && a.model.is_some(), "{what}: another model");
    assert!(a.pooled == b.pooled && a.rows == b.rows && a.verdict == b.verdict, "{what}: another backtest");
}

/// What a run found and made, beyond what was counted before.
fn counted(kept: &Kept, before: Counts) -> Counts {
    let now = kept.counts();
    Counts { found: now.found - before.found, made: now.made - before.made }
}

#[test]
fn the_second_time_nothing_is_made_and_nothing_differs() {
    let (train, cutoffs) = world(600);
    let kept = Kept::default();
    let first = backtest::run(&train, &cutoffs, &settings(2), &kept);
    let made = kept.counts();
    // Two fits a model: today's, twelve cutoffs, and the months that had enough outcomes. Two days between which nothing
    // matured have the same numbers, and one fit.
    let all = made.found + made.made;
    assert!(made.made > 2 * 12 + 2 * 12, "{made:?}");
    let again = backtest::run(&train, &cutoffs, &settings(1), &kept);
    assert_eq!(counted(&kept, made), Counts { found: all, made: 0 });
    assert_same(&first, &again, "again");
}

/// One bit of one row: what had matured before it does not change, all that learned from it does.
#[test]
fn a_row_of_the_past_that_changes_is_learned_from_anew() {
    let (train, cutoffs) = world(600);
    let mut ends = train.end.clone();
    ends.sort_unstable();
    let mut made = Vec::new();
    for end in [ends[ends.len() / 4], ends[ends.len() / 2], ends[ends.len() - 1]] {
        let kept = Kept::default();
        backtest::run(&train, &cutoffs, &settings(2), &kept);
        let first = kept.counts();
        let row = train.end.iter().position(|e| *e == end).unwrap();
        for outcome in [false, true] {
            let mut late = train.clone();
            if outcome {
                let id = late.id[row].clone();
                (0..late.len()).filter(|r| late.id[*r] == id).for_each(|r| late.renewed[r] = !late.renewed[r]);
            } else {
                late.x.row_mut(row)[2] += 0.125;
            }
            let before = kept.counts();
            let warm = backtest::run(&late, &cutoffs, &settings(2), &kept);
            let counts = counted(&kept, before);
            assert_eq!(counts.found + counts.made, first.found + first.made, "the same questions");
            assert_same(&warm, &backtest::run(&late, &cutoffs, &settings(2), &Kept::default()), "late");
            made.push(counts.made);
        }
        // The cutoffs after it, at least; each asks twice.
        let after = cutoffs.iter().filter(|cutoff| end + GRACE < cutoff.day).count();
        assert!(made.iter().rev().take(2).all(|made| *made >= 2 * (after + 1)), "{made:?}, {after} cutoffs");
    }
    assert!(made[0] > made[2] && made[2] > made[4], "{made:?}");
    // Of the contract that matured last only today's model knows.
    assert_eq!(made[4..], [2, 2]);
}

/// With the fits of other settings at hand, the result is that of a fresh computation: none of them is out of the key's reach.
#[test]
fn no_setting_is_answered_by_the_fits_of_another() {
    let (train, cutoffs) = world(500);
    let base = settings(2);
    let kept = Kept::default();
    let plain = backtest::run(&train, &cutoffs, &base, &kept);
    let with = |method: Method| ModelSettings { method, ..base.clone() };
    let d = Method::default;
    let changed: Vec<(&str, ModelSettings)> = vec![
        ("penalties", with(Method { penalties: vec![500.0, 50.0, 5.0], ..d() })),
        ("first_penalty", with(Method { first_penalty: Some(20.0), ..d() })),
        ("no first_penalty", with(Method { first_penalty: None, ..d() })),
        ("most_rows", with(Method { most_rows: 900, ..d() })),
        ("most_rows_of_fold", with(Method { most_rows_of_fold: 500, ..d() })),
        ("slope_sd", with(Method { slope_sd: 0.5, ..d() })),
        ("intercept_sd", with(Method { intercept_sd: 0.3, ..d() })),
        ("latest_scale", with(Method { latest_scale: 0.5, ..d() })),
        ("steps_from", with(Method { steps_from: 50, ..d() })),
        ("grace", ModelSettings { grace: GRACE - 5, ..base.clone() }),
        ("seed", ModelSettings { seed: 2, ..base.clone() }),
        ("bent", ModelSettings { bent: vec![1], ..base.clone() }),
        ("with_lead", ModelSettings { with_lead: vec![2], ..base.clone() }),
        ("pairs", ModelSettings { pairs: vec![(1, 2)], ..base.clone() }),
        ("groups", ModelSettings { groups: vec![0, 1, 2, 0, 1, 2], ..base.clone() }),
    ];
    for (what, settings) in changed {
        let warm = backtest::run(&train, &cutoffs, &settings, &kept);
        assert_same(&warm, &backtest::run(&train, &cutoffs, &settings, &Kept::default()), what);
        assert!(warm.pooled != plain.pooled || warm.model != plain.model, "{what} changes nothing: it tests nothing");
    }
}

/// A copy of the sample project with files of its own.
struct Portal(tempfile::TempDir);

impl Portal {
    fn new() -> Portal {
        let dir = tempfile::tempdir().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for folder in ["sample_data", "pipelines"] {
            copy(&root.join(folder), &dir.path().join(folder));
        }
        fs::copy(root.join("shoppulse.toml"), dir.path().join("shoppulse.toml")).unwrap();
        Portal(dir)
    }

    fn run(&self, args: &[&str]) -> (Vec<u8>, String) {
        let mut program = Command::new(env!("CARGO_BIN_EXE_shoppulse"));
        let program = program.env("SHOPPULSE_LOG", "info").arg("--project").arg(self.0.path()).args(args);
        let output = program.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{args:?}: {:?}\n{said}", output.status);
        (output.stdout, said)
    }

    /// Runs a night; how many fits it found and made.
    fn night(&self, as_of: &str) -> (usize, usize) {
        let (_, said) = self.run(&["run", "nightly", "--as-of", as_of]);
        let line = said.lines().find(|line| line.contains("fits of the renewal model")).unwrap_or_default();
        let of = |word: &str| line.split_once(word).unwrap().1.split(' ').next().unwrap().parse().unwrap();
        (of("found="), of("made="))
    }

    fn tables(&self) -> Vec<Vec<u8>> {
        let tables = ["renewal_risk", "renewal_backtest", "renewal_calibration", "renewal_reasons"];
        tables.map(|table| self.run(&["table", table, "--as-of", LAST, "--format", "csv"]).0).to_vec()
    }

    /// The same tables by this lake without what is kept; that is put back.
    fn tables_without(&self) -> Vec<Vec<u8>> {
        let aside = self.0.path().join("aside");
        fs::rename(self.fits(), &aside).unwrap();
        let tables = self.tables();
        assert!(!self.fits().exists(), "a table writes nothing");
        fs::rename(aside, self.fits()).unwrap();
        tables
    }

    fn fits(&self) -> PathBuf {
        self.0.path().join("lake/kept/fits.bin")
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() { copy(&path, &to) } else { assert!(fs::copy(&path, &to).is_ok()) }
    }
}

const LAST: &str = "2026-10-31";

#[test]
fn nights_on_the_sample_reuse_what_has_not_changed() {
    let portal = Portal::new();
    let (found, made) = portal.night("2026-10-30");
    let all = found + made;
    assert!(made > found && all > 2 * 13, "{found} found, {made} made");
    // The next night learns anew what matured since, which is today's model alone.
    let (found, made) = portal.night(LAST);
    assert!(found + made == all && made <= 2, "{found} found, {made} made of {all}");
    let tables = portal.tables();
    assert!(tables == portal.tables_without(), "other tables with kept fits than without");
    assert_eq!(portal.night(LAST), (all, 0));
    let kept = fs::read(portal.fits()).unwrap();

    // Gone, cut, flipped, another format: made anew, the same in every bit, the file too.
    for damage in 0..4 {
        match damage {
            0 => fs::remove_file(portal.fits()).unwrap(),
            1 => fs::write(portal.fits(), &kept[..kept.len() / 2]).unwrap(),
            2 => fs::write(portal.fits(), kept.iter().map(|byte| byte ^ 1).collect::<Vec<u8>>()).unwrap(),
            _ => fs::write(portal.fits(), b"").unwrap(),
        }
        assert!(portal.tables() == tables, "damage {damage}");
        portal.run(&["run", "nightly", "--dry-run"]);
        assert!(fs::read(portal.fits()).ok() != Some(kept.clone()), "a dry run writes nothing");
        let (found, made) = portal.night(LAST);
        assert!(made > found && found + made == all, "damage {damage}: {found} found, {made} made");
        assert!(fs::read(portal.fits()).unwrap() == kept && portal.tables() == tables, "damage {damage}");
    }

    // A click that comes half a year late moves the figures of its firm and of all peers since.
    let click = "event_id,ts,company_id,visitor_id,click_source\nlate-1,2026-04-14 10:00:00,C00203,v1,search\n";
    fs::write(portal.0.path().join("sample_data/shop_clicks/late.csv"), click).unwrap();
    let (found, made) = portal.night(LAST);
    assert!(made > 2 && found > 0 && found + made == all, "{found} found, {made} made of {all}");
    assert!(portal.tables() == portal.tables_without(), "a late click: other tables than without kept fits");
    assert!(fs::read(portal.fits()).unwrap() != kept);

    // Of a firm that is erased nothing stays, not even what was learned from it.
    portal.run(&["erase", "--company", "C00203", "--yes"]);
    assert!(!portal.fits().exists());
    portal.night(LAST);
    assert!(portal.tables() == portal.tables_without());
}
