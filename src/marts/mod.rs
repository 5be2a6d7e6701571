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
pub mod orphans;
pub mod renewal_rates;
pub mod renewal_risk;
pub mod renewals;
pub mod risk_published;
pub mod rollups;
pub mod source_day;

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::domain::frame::{Frame, FrameSpec, Row};
use crate::facts::Visible;
use crate::lake::LakeError;

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

    /// The rows of a mart.
    pub fn rows<R: MartRow>(&self) -> Result<Rc<Vec<R>>> {
        let id = TypeId::of::<R>();
        let known = self.computed.borrow().get(&id).cloned();
        if let Some(rows) = known.and_then(|rows| rows.downcast::<Vec<R>>().ok()) {
            return Ok(rows);
        }
        for table in R::NEEDS {
            if self.visible.lake().ledger().last_loaded(table)?.is_none() {
                return Err(MartError::NeverLoaded { mart: R::SPEC.name, table });
            }
        }
        let rows = Rc::new(R::compute(self)?);
        self.computed.borrow_mut().insert(id, rows.clone());
        Ok(rows)
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
    mart::<risk_published::RiskPublishedRow>(),
    mart::<market_share::MarketShareRow>(),
    mart::<client_value::ClientValueRow>(),
    mart::<concentration::ConcentrationRow>(),
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
        let listed = ["mod", "ledgers", "rollups"];
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_string();
            assert!(listed.contains(&&*name) || by_name(&name).is_some(), "{name}");
        }
        assert_eq!(MARTS.len(), 16);
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
