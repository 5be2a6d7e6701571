//! A company's days as running sums, so that any window of any moment costs two look-ups.
//!
//! ```text
//! columns: the counters of member_day │ paid │ own │ leads
//! known:   the days on which the column's source is known; a count of another day is left out
//! whole:   those of them that are not low; on another a company without an event is not silent, but unknown
//! ```

use crate::domain::Day;
use crate::domain::schema::SOURCES;
use crate::facts::Visible;
use crate::facts::activity::{
    AD_CLICKS, AFTERSALE_CALLS, CONTACT_VIEWS, COUNTERS, DayCounts, INQUIRIES, MESSAGES, Origin, SHOP_CLICKS, VISITORS,
};
use crate::facts::coverage::{KnownDays, SourceDay, source_days};
use crate::lake::Result;

/// Columns beyond the counters: paid clicks, the member's own clicks, contact views + messages + inquiries.
pub const PAID: usize = COUNTERS;
pub const OWN: usize = COUNTERS + 1;
pub const LEADS: usize = COUNTERS + 2;
pub const COLUMNS: usize = COUNTERS + 3;

/// What the leads are the sum of.
const LEAD_KINDS: [usize; 3] = [CONTACT_VIEWS, MESSAGES, INQUIRIES];

/// Which days of each column are known.
pub struct Calendar {
    pub first: Day,
    pub last: Day,
    known: Vec<KnownDays>,
    whole: Vec<KnownDays>,
    /// By day from the first: a bit a column.
    bits: Vec<u16>,
}

impl Calendar {
    /// Of a visible lake; `visitors_unknown` when nothing tells visitors apart.
    pub fn of(visible: &Visible<'_>, visitors_unknown: bool) -> Result<Calendar> {
        let days = source_days(visible)?;
        let of = |source: &str, by: fn(&[SourceDay]) -> KnownDays| {
            let days = days.iter().find(|(name, _)| *name == source);
            days.map_or_else(KnownDays::default, |(_, days)| by(days))
        };
        let mut known = vec![KnownDays::default(); COLUMNS];
        let mut whole = known.clone();
        let sources: Vec<&str> = SOURCES.iter().filter(|s| s.is_events()).map(|s| s.name).collect();
        for (column, name) in SOURCE_OF {
            if sources.contains(name) && !(*column == VISITORS && visitors_unknown) {
                known[*column] = of(name, KnownDays::of);
                whole[*column] = of(name, KnownDays::whole);
            }
        }
        known[LEADS] = KnownDays::any(&LEAD_KINDS.map(|kind| &known[kind]));
        Ok(Calendar::from([known, whole], visible.day))
    }

    /// From the known and the whole days of each column, up to a day.
    fn from([known, whole]: [Vec<KnownDays>; 2], last: Day) -> Calendar {
        let first = known.iter().filter_map(KnownDays::first).min().unwrap_or(last + 1);
        let bit = |day: Day| {
            let bits = known.iter().zip(0..).map(|(k, column)| u16::from(k.is(day)) << column);
            bits.fold(0, |all, bit| all | bit)
        };
        let bits = (first.0..=last.0).map(|day| bit(Day(day))).collect();
        Calendar { first, last, known, whole, bits }
    }

    pub fn known(&self, column: usize) -> &KnownDays {
        &self.known[column]
    }

    pub fn whole(&self, column: usize) -> &KnownDays {
        &self.whole[column]
    }

    /// Number of days from the first.
    pub fn days(&self) -> usize {
        self.bits.len()
    }

    /// Place of a day, if it lies within.
    pub fn place(&self, day: Day) -> Option<usize> {
        (self.first <= day && day <= self.last).then(|| (day - self.first) as usize)
    }

    /// Whether a column is known on the day of a place.
    pub fn is_known(&self, place: usize, column: usize) -> bool {
        self.bits[place] >> column & 1 == 1
    }

    /// A day's columns; 0 where they are not known.
    pub fn columns(&self, place: usize, day: &DayCounts, origin: Origin) -> [u64; COLUMNS] {
        let mut columns = [0; COLUMNS];
        for (column, count) in day.counts.iter().enumerate() {
            columns[column] = u64::from(*count);
        }
        (columns[PAID], columns[OWN]) = (u64::from(origin.paid), u64::from(origin.own));
        for (column, count) in columns.iter_mut().enumerate() {
            *count *= u64::from(self.is_known(place, column));
        }
        columns[LEADS] = LEAD_KINDS.iter().map(|kind| columns[*kind]).sum();
        columns
    }
}

/// The source of each column.
const SOURCE_OF: &[(usize, &str)] = &[
    (SHOP_CLICKS, "shop_clicks"),
    (VISITORS, "shop_clicks"),
    (AD_CLICKS, "ad_clicks"),
    (CONTACT_VIEWS, "contact_views"),
    (MESSAGES, "messages"),
    (INQUIRIES, "inquiries"),
    (AFTERSALE_CALLS, "calls"),
    (PAID, "shop_clicks"),
    (OWN, "shop_clicks"),
];

/// One company's running sums; made anew for each company in the same memory.
#[derive(Default)]
pub struct Series {
    /// Place of the first day that is summed.
    from: usize,
    /// Sums of the days before `from` + i.
    sums: Vec<[u64; COLUMNS]>,
    /// Place + 1 of the last day up to `from` + i with such an event, 0 if there is none.
    latest: Vec<[u32; COLUMNS]>,
}

impl Series {
    /// Takes up a company's active days.
    pub fn fill(&mut self, calendar: &Calendar, days: &[DayCounts], origins: &[Origin]) {
        self.sums.clear();
        self.latest.clear();
        let mut sum = [0; COLUMNS];
        let mut last = [0; COLUMNS];
        self.sums.push(sum);
        let first = days.iter().position(|d| d.day >= calendar.first).unwrap_or(days.len());
        self.from = days.get(first).and_then(|d| calendar.place(d.day)).unwrap_or(calendar.days());
        for (day, origin) in days[first..].iter().zip(&origins[first..]) {
            let Some(place) = calendar.place(day.day) else { continue };
            // Days without a row repeat the one before.
            self.sums.resize(place - self.from + 1, sum);
            self.latest.resize(place - self.from, last);
            let columns = calendar.columns(place, day, *origin);
            for (column, count) in columns.iter().enumerate() {
                sum[column] += count;
                if *count > 0 {
                    last[column] = place as u32 + 1;
                }
            }
            self.sums.push(sum);
            self.latest.push(last);
        }
    }

    /// Sum of a column over the days from `from` to `to`, both in.
    pub fn sum(&self, calendar: &Calendar, column: usize, from: Day, to: Day) -> u64 {
        if to < from {
            return 0;
        }
        let before = |day: Day| {
            let days = i64::from(day - calendar.first) - self.from as i64;
            self.sums[(days.max(0) as usize).min(self.sums.len() - 1)][column]
        };
        before(to + 1) - before(from)
    }

    /// The last day up to `day` with an event of a column.
    pub fn latest(&self, calendar: &Calendar, column: usize, day: Day) -> Option<Day> {
        let days = i64::from(day - calendar.first) - self.from as i64;
        let at = (usize::try_from(days).ok()?).min(self.latest.len().checked_sub(1)?);
        let place = self.latest[at][column].checked_sub(1)?;
        Some(calendar.first + place as i32)
    }
}
