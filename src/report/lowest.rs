//! Where a member lies lowest among its peers, for sentences.
//!
//! ```text
//! inquiries 12 % · shop_clicks 40 % ──► inquiries
//! inquiries 74 % · shop_clicks 90 % ──► none lies low: the lowest of good figures is no weakness
//! ```
//!
//! The mart's `weakest_metric` counts after-sales calls too; these are the portal's, so no sentence tells them as the member's.

/// What is known of the lowest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lowest<T> {
    /// Under the middle of its peers.
    Low(T),
    NoneLow,
    /// No counter has a percentile.
    Unknown,
}

/// Of counters by name with their percentile, in the order that breaks ties.
pub fn lowest<'n, T>(counters: impl IntoIterator<Item = (&'n str, Option<f64>, T)>) -> Lowest<T> {
    let own = counters.into_iter().filter(|(name, ..)| *name != "aftersale_calls");
    let known = own.filter_map(|(_, percentile, counter)| Some((percentile?, counter)));
    match known.min_by(|a, b| a.0.total_cmp(&b.0)) {
        // As printed, in whole per cent.
        Some((percentile, counter)) if (percentile * 100.0).round() < 50.0 => Lowest::Low(counter),
        Some(_) => Lowest::NoneLow,
        None => Lowest::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_low_and_is_the_member_s_is_its_weakness() {
        let of = |clicks, views, calls| {
            lowest([("shop_clicks", clicks, 's'), ("contact_views", views, 'v'), ("aftersale_calls", calls, 'c')])
        };
        assert_eq!(of(Some(0.4), Some(0.12), Some(0.05)), Lowest::Low('v'));
        assert_eq!(of(Some(0.4), Some(0.4), None), Lowest::Low('s'));
        assert_eq!(of(Some(0.9), Some(0.74), Some(0.05)), Lowest::NoneLow);
        assert_eq!(of(None, Some(0.496), None), Lowest::NoneLow);
        assert_eq!(of(None, None, Some(0.05)), Lowest::Unknown);
    }
}
