//! The tables that people ask for: one file a mart, each a function of [`Visible`] and of other marts.
//!
//! ```text
//! Visible ──► Marts ──► rows::<RenewalRow>() ──► Frame ──► table, report
//!               └ computes each mart once; marts ask each other here
//! ```
//!
//! A new mart is one file with its row ([`rows!`](crate::rows)), its [`MartRow::compute`], and one line in [`MARTS`].

pub mod client_value;
pub mod concentration;
pub mod deals;
pub mod ledgers;
pub mod market_share;
pub mod member_health;
pub mod member_movement;
pub mod member_story;
pub mod orphans;
pub mod renewal_backtest;
pub mod renewal_calibration;
pub mod renewal_rates;
pub mod renewal_reasons;
pub mod renewal_risk;
pub mod renewals;
pub mod restated;
pub mod retention_curve;
pub mod risk_published;
pub mod risk_scores;
pub mod risk_track;
pub mod rollups;
pub mod source_day;

pub use member_story::Story;

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::domain::frame::{Frame, FrameSpec, Row};
use crate::facts::Visible;
use crate::lake::LakeError;
use crate::risk::kept::Kept;

/// Why a mart cannot be computed.
#[derive(Debug, thiserror::Error)]
pub enum MartError {
    #[error(
        "{mart} needs {table}, and no file of {table} was ever loaded; \
         put one below the incoming folder (see `shoppulse check`) and run again"
    )]
    NeverLoaded { mart: &'static str, table: &'static str },
    #[error(transparent)]
    Lake(#[from] LakeError),
}

pub type Result<T> = std::result::Result<T, MartError>;

/// A row of a mart, and how the mart is computed.
pub trait MartRow: Row + Sized + 'static {
    /// Tables without which the mart would be a lie rather than empty.
    const NEEDS: &'static [&'static str] = &["companies", "contracts"];

    /// Stands in the lake already, so that a pipeline need not compute it.
    const STORED: bool = false;

    /// All rows, in the mart's order.
    fn compute(marts: &Marts<'_>) -> Result<Vec<Self>>;
}

/// The marts of one day; each is computed once, when first asked for.
pub struct Marts<'a> {
    pub visible: &'a Visible<'a>,
    computed: RefCell<HashMap<TypeId, Rc<dyn Any>>>,
}

impl<'a> Marts<'a> {
    pub fn of(visible: &'a Visible<'a>) -> Marts<'a> {
        Marts { visible, computed: RefCell::default() }
    }

    /// The marts with something known beforehand, as if it had been computed.
    #[cfg(test)]
    pub(crate) fn with<T: 'static>(self, known: T) -> Marts<'a> {
        self.computed.borrow_mut().insert(TypeId::of::<T>(), Rc::new(known));
        self
    }

    /// The marts with fits that other days of the same run share.
    pub fn sharing(self, kept: Rc<Kept>) -> Marts<'a> {
        self.computed.borrow_mut().insert(TypeId::of::<Kept>(), kept);
        self
    }

    /// Fits of earlier nights: those that are shared, else those that the lake keeps.
    fn kept(&self) -> Result<Rc<Kept>> {
        self.once(|marts| Ok(Kept::read(marts.visible.lake())))
    }

    /// The rows of a mart.
    pub fn rows<R: MartRow>(&self) -> Result<Rc<Vec<R>>> {
        self.once(|marts| {
            for table in R::NEEDS {
                if marts.visible.lake().ledger().last_loaded(table)?.is_none() {
                    return Err(MartError::NeverLoaded { mart: R::SPEC.name, table });
                }
            }
            R::compute(marts)
        })
    }

    /// What marts share, by its type: computed when first asked for.
    fn once<T: 'static>(&self, compute: impl FnOnce(&Marts<'a>) -> Result<T>) -> Result<Rc<T>> {
        let id = TypeId::of::<T>();
        let known = self.computed.borrow().get(&id).cloned();
        if let Some(known) = known.and_then(|known| known.downcast::<T>().ok()) {
            return Ok(known);
        }
        let made = Rc::new(compute(self)?);
        self.computed.borrow_mut().insert(id, made.clone());
        Ok(made)
    }
}

/// A mart by name.
pub struct Mart {
    pub spec: &'static FrameSpec,
    pub frame: fn(&Marts<'_>) -> Result<Frame>,
    /// Stands in the lake already.
    pub stored: bool,
}

const fn mart<R: MartRow>() -> Mart {
    fn frame<R: MartRow>(marts: &Marts<'_>) -> Result<Frame> {
        Ok(Frame::of(&marts.rows::<R>()?))
    }
    Mart { spec: R::SPEC, frame: frame::<R>, stored: R::STORED }
}

/// Every table that `shoppulse table` prints.
pub const MARTS: &[Mart] = &[
    mart::<rollups::MemberDayRow>(),
    mart::<rollups::ClickSourceDayRow>(),
    mart::<rollups::AdSlotDayRow>(),
    mart::<source_day::SourceDayRow>(),
    mart::<member_health::MemberHealthRow>(),
    mart::<renewals::RenewalRow>(),
    mart::<deals::DealRow>(),
    mart::<renewal_rates::RenewalRateRow>(),
    mart::<renewal_risk::RenewalRiskRow>(),
    mart::<renewal_reasons::RenewalReasonRow>(),
    mart::<renewal_backtest::RenewalBacktestRow>(),
    mart::<renewal_calibration::RenewalCalibrationRow>(),
    mart::<risk_published::RiskPublishedRow>(),
    mart::<risk_track::RiskTrackRow>(),
    mart::<market_share::MarketShareRow>(),
    mart::<client_value::ClientValueRow>(),
    mart::<concentration::ConcentrationRow>(),
    mart::<retention_curve::RetentionCurveRow>(),
    mart::<member_movement::MemberMovementRow>(),
    mart::<ledgers::IngestFileRow>(),
    mart::<ledgers::QuarantineRow>(),
    mart::<orphans::OrphanRow>(),
];

/// The mart of a name.
pub fn by_name(name: &str) -> Option<&'static Mart> {
    MARTS.iter().find(|m| m.spec.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mart's file is named after it; a file without a line in the list is a mart that nobody can ask for.
    #[test]
    fn every_file_has_its_line() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/marts");
        let listed = ["mod", "ledgers", "member_story", "restated", "risk_scores", "rollups"];
        // A company’s story and what was restated are gathered from several marts, and are none.
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_string();
            assert!(listed.contains(&&*name) || by_name(&name).is_some(), "{name}");
        }
        assert_eq!(MARTS.len(), 22);
    }

    #[test]
    fn keys_come_first_and_every_column_is_described() {
        for mart in MARTS {
            let columns: Vec<&str> = mart.spec.columns.iter().map(|c| c.name).collect();
            assert_eq!(&columns[..mart.spec.key.len()], mart.spec.key, "{}", mart.spec.name);
            assert!(mart.spec.columns.iter().all(|c| !c.doc.is_empty()), "{}", mart.spec.name);
        }
    }
}
