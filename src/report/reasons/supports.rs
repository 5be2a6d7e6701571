//! Whether the printed figures of a reason say what it says: nobody is told to better a figure that is good.
//!
//! ```text
//! Visitors per shop click: 0.45; peers 0.39  ──► more is better, and it is more ──► not told, whatever effect it has
//! Ad clicks: 12 in 30 days; peers 41         ──► less than the peers have       ──► told
//! Renewals made so far: 3                    ──► held against nothing           ──► not told; 0 is
//! ```
//!
//! What is told changes no effect and no probability.

use crate::risk::features::{self, Against, Feature, Good};

use super::super::format::Format;
use super::{Figures, number, unit};

/// What a figure is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Other {
    Peer,
    Past,
}

impl Other {
    pub fn of(self, figures: Figures) -> Option<f64> {
        match self {
            Other::Peer => figures.peer,
            Other::Past => figures.past,
        }
    }
}

/// What a feature's figure stands beside, in the order of a sentence.
pub fn others(feature: &str) -> [Other; 2] {
    match features::by_name(feature) {
        Some(feature) if feature.against == Against::Past => [Other::Past, Other::Peer],
        _ => [Other::Peer, Other::Past],
    }
}

/// The first of them than which the figure is worse, as printed.
pub fn worse_than(format: Format<'_>, feature: &str, figures: Figures) -> Option<Other> {
    let (known, value) = (features::by_name(feature)?, figures.value?);
    let counts = |other: &Other| match known.against {
        Against::Both => true,
        Against::Peers => *other == Other::Peer,
        Against::Past => *other == Other::Past,
    };
    let worse = |other: &Other| other.of(figures).is_some_and(|other| is_worse(format, known, [other, value]));
    others(feature).into_iter().filter(counts).find(worse)
}

/// Whether the figures are a reason for leaving. What is not known may be one.
pub fn supports(format: Format<'_>, feature: &str, figures: Figures) -> bool {
    let (Some(known), Some(value)) = (features::by_name(feature), figures.value) else { return true };
    let alone = figures.peer.is_none() && figures.past.is_none() && stands_alone(known, value);
    alone || worse_than(format, feature, figures).is_some()
}

/// Whether a figure that is held against nothing says enough: work that the portal owes, a member that is new.
fn stands_alone(feature: &Feature, value: f64) -> bool {
    match feature.name {
        "services_late" | "services_open" => value > 0.0,
        "renewals_made" => value == 0.0,
        "tenure" => value < 1.0,
        _ => false,
    }
}

/// Whether a figure moved, as printed, and the way that is worse or better.
pub fn moved(format: Format<'_>, feature: &str, [then, now]: [Option<f64>; 2], worse: bool) -> bool {
    let (Some(feature), Some(then), Some(now)) = (features::by_name(feature), then, now) else { return false };
    is_worse(format, feature, if worse { [then, now] } else { [now, then] })
}

/// Whether the second is worse than the first, as printed.
fn is_worse(format: Format<'_>, feature: &Feature, [a, b]: [f64; 2]) -> bool {
    let shown = |x| number(format, unit(feature.name), x);
    let way = match feature.good {
        Good::More => b < a,
        Good::Less => b > a,
    };
    way && shown(a) != shown(b)
}
