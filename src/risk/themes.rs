//! Reasons by theme: what has one cause is one reason.
//!
//! ```text
//! effect of each part (log-odds) ──► sum by theme ──► sum < 0: a reason for leaving; its part with the most negative effect speaks
//!   contact_views_level  −0.30                    └──► sum > 0: a reason for staying; its part with the most positive effect speaks
//!   inquiries_level      +0.05   leads −0.25: contact_views_level speaks
//! ```
//!
//! Figures of one cause rise and fall together, so a regression shares an effect among them in a way that has no meaning of its
//! own: one may even get the wrong sign. Their sum is what the data determine (Belsley, Kuh & Welsch 1980, *Regression
//! Diagnostics*, ch. 3). A part never speaks against its theme.

use std::collections::BTreeMap;

use super::features::by_name;

/// The theme of what stands beside the features: days left, segment, plan, size.
pub const TERMS: &str = "terms";

/// A theme of one contract.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// Below `code.theme` in the language files.
    pub theme: &'static str,
    /// Sum of its parts' effects (log-odds); negative speaks for a lapse. Never 0.
    pub effect: f64,
    /// Position of the part that speaks.
    pub speaks: usize,
}

/// The themes of parts and their effects, the most negative first, ties by theme.
pub fn causes<'p>(parts: impl IntoIterator<Item = (&'p str, f64)>) -> Vec<Cause> {
    let mut themes: BTreeMap<&'static str, Vec<(usize, f64)>> = BTreeMap::new();
    for (at, (part, effect)) in parts.into_iter().enumerate().filter(|(_, (_, effect))| effect.is_finite()) {
        let theme = by_name(part).map_or(TERMS, |feature| feature.theme.word());
        themes.entry(theme).or_default().push((at, effect));
    }
    let cause = |(theme, parts): (&'static str, Vec<(usize, f64)>)| {
        let effect: f64 = parts.iter().map(|(_, effect)| effect).sum();
        // Of equal parts the first.
        let most = |a: &&(usize, f64), b: &&(usize, f64)| (a.1 * effect).total_cmp(&(b.1 * effect)).then(b.0.cmp(&a.0));
        let speaks = parts.iter().max_by(most)?.0;
        (effect != 0.0).then_some(Cause { theme, effect, speaks })
    };
    let mut causes: Vec<Cause> = themes.into_iter().filter_map(cause).collect();
    causes.sort_by(|a, b| a.effect.total_cmp(&b.effect).then(a.theme.cmp(b.theme)));
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Leads: −0.30 − 0.05 + 0.05 = −0.30; ads: −0.10 + 0.35 = 0.25, so that the clicks are no reason; terms: −0.20 + 0.20 = 0.
    #[test]
    fn a_part_never_speaks_against_its_theme() {
        let parts = [
            ("ad_clicks_level", -0.10),
            ("ad_clicks_trend", 0.35),
            ("contact_views_level", -0.30),
            ("inquiries_level", -0.05),
            ("messages_level", 0.05),
            ("days_left", -0.25),
            ("segment", 0.25),
            ("tenure", f64::NEG_INFINITY),
        ];
        let causes = causes(parts);
        let found: Vec<_> = causes.iter().map(|c| (c.theme, parts[c.speaks].0)).collect();
        assert_eq!(found, [("leads", "contact_views_level"), ("ads", "ad_clicks_trend")]);
        assert!((causes[0].effect + 0.30).abs() < 1e-12 && (causes[1].effect - 0.25).abs() < 1e-12);
    }

    #[test]
    fn of_equal_parts_the_first_speaks() {
        let found = causes([("visitors_level", -0.5), ("shop_clicks_level", -0.5), ("services_late", -1.0)]);
        let found: Vec<_> = found.iter().map(|c| (c.theme, c.effect, c.speaks)).collect();
        assert_eq!(found, [("service", -1.0, 2), ("visits", -1.0, 0)]);
    }
}
