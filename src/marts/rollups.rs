//! `member_day`, `click_source_day`, `ad_slot_day`: the stored roll-ups, cut at the as-of day (contract §3.2).

use crate::domain::schema::{AD_SLOT_DAY, CLICK_SOURCE_DAY, MEMBER_DAY};
use crate::domain::{Day, Str};
use crate::facts::visible::RollupRow;
use crate::rows;

use super::{MartRow, Marts, Result};

rows! {
    /// A company's counted events of a day; there is a row where there is at least one.
    pub struct MemberDayRow = "member_day", "company and day with a counted event", key(date, company_id) {
        /// local day
        date: Day,
        /// the company
        company_id: Str,
        /// clicks on the shop
        shop_clicks: i64,
        /// distinct visitors among the day's shop clicks; null where their ids are dropped
        visitors: Option<i64>,
        /// clicks on the company's ads
        ad_clicks: i64,
        /// times its phone or e-mail was opened
        contact_views: i64,
        /// messages left
        messages: i64,
        /// inquiries
        inquiries: i64,
        /// connected after-sales calls
        aftersale_calls: i64,
    }
}

impl MartRow for MemberDayRow {
    const NEEDS: &'static [&'static str] = &[];
    const STORED: bool = true;

    fn compute(marts: &Marts<'_>) -> Result<Vec<MemberDayRow>> {
        let row = |r: RollupRow| MemberDayRow {
            date: r.day,
            company_id: r.key[0].clone(),
            shop_clicks: r.count(0),
            visitors: r.counters[1],
            ad_clicks: r.count(2),
            contact_views: r.count(3),
            messages: r.count(4),
            inquiries: r.count(5),
            aftersale_calls: r.count(6),
        };
        Ok(marts.visible.rollup(&MEMBER_DAY, Day::MIN)?.into_iter().map(row).collect())
    }
}

rows! {
    /// Where a company's shop clicks of a day came from.
    pub struct ClickSourceDayRow = "click_source_day", "company, day and click source",
        key(date, company_id, click_source) {
        /// local day
        date: Day,
        /// the company
        company_id: Str,
        /// where the clicks came from
        click_source: Str,
        /// shop clicks
        clicks: i64,
    }
}

impl MartRow for ClickSourceDayRow {
    const NEEDS: &'static [&'static str] = &[];
    const STORED: bool = true;

    fn compute(marts: &Marts<'_>) -> Result<Vec<ClickSourceDayRow>> {
        let row = |r: RollupRow| ClickSourceDayRow {
            date: r.day,
            company_id: r.key[0].clone(),
            click_source: r.key[1].clone(),
            clicks: r.count(0),
        };
        Ok(marts.visible.rollup(&CLICK_SOURCE_DAY, Day::MIN)?.into_iter().map(row).collect())
    }
}

rows! {
    /// Which ad slot brought a company's ad clicks of a day.
    pub struct AdSlotDayRow = "ad_slot_day", "company, day and ad slot", key(date, company_id, ad_slot) {
        /// local day
        date: Day,
        /// the company
        company_id: Str,
        /// the slot; unknown when the event names none
        ad_slot: Str,
        /// ad clicks
        clicks: i64,
    }
}

impl MartRow for AdSlotDayRow {
    const NEEDS: &'static [&'static str] = &[];
    const STORED: bool = true;

    fn compute(marts: &Marts<'_>) -> Result<Vec<AdSlotDayRow>> {
        let row = |r: RollupRow| AdSlotDayRow {
            date: r.day,
            company_id: r.key[0].clone(),
            ad_slot: r.key[1].clone(),
            clicks: r.count(0),
        };
        Ok(marts.visible.rollup(&AD_SLOT_DAY, Day::MIN)?.into_iter().map(row).collect())
    }
}
