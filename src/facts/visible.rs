//! `Visible`: what the lake knows of a business day. The only place of the as-of rule (contract §1).
//!
//! A mart is a function of `Visible`; it is never given a row dated after the day, so it cannot see the future.
//!
//! | rows | visible when |
//! |---|---|
//! | events and roll-ups | their local day is on or before the day |
//! | follow-ups, care actions | the local day of `ts` is |
//! | services | always; `done_on` only from its own day |
//! | contracts | `signed_on` is; `cancelled_on` with its `refund` only from its own day |
//! | companies | `listed_on` empty, or the earliest of it, `registered_on`, first `signed_on` reached |
//!
//! A company that only contracts name is one of segment, region and size `unknown`, from its first `signed_on`.

mod notes;

pub use notes::{FollowupNote, Service};

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::config::Project;
use crate::domain::schema::{AD_SLOT_DAY, CLICK_SOURCE_DAY, Rollup, SOURCES};
use crate::domain::{Day, Micros, Str};
use crate::lake::{Lake, Result};

use super::UNKNOWN;
use super::activity::Activity;
use super::renewed::{Renewal, renewals};
use super::rows::{self, Company, ContractRow, EstimateRow, FollowupRow, RepRow};
use super::terms::{Contract, terms};

/// The rows of a lake as they count on one day.
pub struct Visible<'a> {
    pub day: Day,
    pub project: &'a Project,
    /// By id; those that only contracts name are among them.
    pub companies: Vec<Company>,
    pub company_of: HashMap<Str, usize>,
    /// By id, with effective terms.
    pub contracts: Vec<Contract>,
    /// Positions of each company's contracts, by id.
    pub contracts_of: Vec<Vec<usize>>,
    /// By position of the contract: what renewed it.
    pub renewed: Vec<Option<Renewal>>,
    pub reps: HashMap<Str, RepRow>,
    pub estimates: Vec<EstimateRow>,
    lake: &'a Lake,
    activity: OnceCell<Activity>,
}

/// A row of a stored roll-up: its key's texts after the date, and its counters.
pub struct RollupRow {
    pub day: Day,
    pub key: Vec<Str>,
    /// A counter that cannot be known is null.
    pub counters: Vec<Option<i64>>,
}

impl RollupRow {
    /// A counter that is always known.
    pub fn count(&self, counter: usize) -> i64 {
        self.counters.get(counter).copied().flatten().unwrap_or(0)
    }
}

impl<'a> Visible<'a> {
    /// The lake as it counts on `day`.
    pub fn at(lake: &'a Lake, project: &'a Project, day: Day) -> Result<Visible<'a>> {
        let mut signed: Vec<ContractRow> = contract_rows(lake)?;
        signed.retain_mut(|c| cut_contract(c, day));
        let mut first_signed: HashMap<Str, Day> = HashMap::new();
        for c in &signed {
            let first = first_signed.entry(c.company_id.clone()).or_insert(c.signed_on);
            *first = c.signed_on.min(*first);
        }
        let listed = company_rows(lake)?;
        let known: HashSet<&str> = listed.iter().map(|c| &*c.id).collect();
        let unknown = first_signed.iter().filter(|(id, _)| !known.contains(&***id));
        let unlisted: Vec<Company> = unknown.map(|(id, day)| unlisted(id, *day)).collect();
        let mut companies: Vec<Company> = listed;
        companies.retain_mut(|c| cut_company(c, &first_signed, day));
        companies.extend(unlisted);
        companies.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        let company_of: HashMap<Str, usize> = companies.iter().enumerate().map(|(i, c)| (c.id.clone(), i)).collect();
        let contracts = terms(&signed, &company_of, day);
        let mut contracts_of = vec![Vec::new(); companies.len()];
        for (i, c) in contracts.iter().enumerate() {
            contracts_of[c.company].push(i);
        }
        let renewed = renewals(&contracts, &contracts_of, project.grace_days);
        Ok(Visible {
            day,
            project,
            companies,
            company_of,
            contracts,
            contracts_of,
            renewed,
            reps: rep_rows(lake, day)?.into_iter().map(|r| (r.id.clone(), r)).collect(),
            estimates: estimate_rows(lake)?,
            lake,
            activity: OnceCell::new(),
        })
    }

    pub fn grace(&self) -> i32 {
        self.project.grace_days
    }

    pub fn lake(&self) -> &Lake {
        self.lake
    }

    /// Positions of a company's memberships, by id.
    pub fn memberships_of(&self, company: usize) -> impl Iterator<Item = usize> + '_ {
        self.contracts_of[company].iter().copied().filter(|c| self.contracts[*c].is_membership())
    }

    /// Whether a company is a member on a day on or before the as-of day.
    pub fn is_member(&self, company: usize, day: Day) -> bool {
        self.memberships_of(company).any(|c| self.contracts[c].signed_on <= day && self.contracts[c].in_force(day))
    }

    /// `member_day`, by company; read once.
    pub fn activity(&self) -> Result<&Activity> {
        if let Some(activity) = self.activity.get() {
            return Ok(activity);
        }
        let activity = Activity::read(self.lake, self.day)?;
        Ok(self.activity.get_or_init(|| activity))
    }

    /// Clicks per company and source from `first` to the as-of day, by key.
    pub fn click_sources(&self, first: Day) -> Result<Vec<RollupRow>> {
        self.rollup(&CLICK_SOURCE_DAY, first)
    }

    /// Clicks per company and ad slot from `first` to the as-of day, by key.
    pub fn ad_slots(&self, first: Day) -> Result<Vec<RollupRow>> {
        self.rollup(&AD_SLOT_DAY, first)
    }

    /// Loaded events of a source by day, excluded ones too; days without are left out. The same as the stored `source_day`,
    /// which would be a file a day to open.
    pub fn loaded(&self, source: &str) -> Result<BTreeMap<Day, i64>> {
        self.lake.rows_by_day(source, self.day)
    }

    /// Rows of a stored roll-up from `first` to the as-of day, by key.
    pub fn rollup(&self, rollup: &Rollup, first: Day) -> Result<Vec<RollupRow>> {
        let mut rows = Vec::new();
        self.each_rollup(rollup, first, |row| rows.push(row))?;
        rows.sort_unstable_by(|a, b| (a.day, &a.key).cmp(&(b.day, &b.key)));
        Ok(rows)
    }

    /// Goes over the rows of a stored roll-up from `first` to the as-of day, in order of their day, keeping none.
    pub fn each_rollup(&self, rollup: &Rollup, first: Day, mut each: impl FnMut(RollupRow)) -> Result<()> {
        let columns: Vec<&str> = rollup.key.iter().map(|k| k.0).chain(rollup.counters.iter().copied()).collect();
        let texts = rollup.key.len() - 1;
        rows::scan(self.lake, rollup.name, Some(first..=self.day), &columns, |row| {
            let Some(day) = row.day(0) else { return };
            let key = (1..=texts).map(|c| row.required(c)).collect();
            let counters = (0..rollup.counters.len()).map(|c| row.int(1 + texts + c)).collect();
            each(RollupRow { day, key, counters });
        })
    }

    /// Follow-ups whose local day is on or before the as-of day, by (`ts`, id).
    pub fn followups(&self) -> Result<Vec<FollowupRow>> {
        let columns = ["followup_id", "ts", "company_id", "rep_id", "stage"];
        let mut clock = self.project.zone.clock();
        let mut rows = rows::read(self.lake, "followups", &columns, |r| {
            let ts = r.time(1)?;
            (clock.day_of(ts) <= self.day).then(|| FollowupRow {
                id: r.required(0),
                ts,
                company_id: r.required(2),
                rep_id: r.required(3),
                stage: r.required(4),
            })
        })?;
        rows.sort_unstable_by(|a, b| (a.ts, &a.id).cmp(&(b.ts, &b.id)));
        Ok(rows)
    }

    /// The newest event of every event source that has rows on or before the as-of day, by source.
    pub fn newest_events(&self) -> Result<Vec<(Str, Option<Micros>)>> {
        let mut newest = Vec::new();
        for source in SOURCES.iter().filter(|s| s.is_events()) {
            let Some(day) = self.lake.last_day(source.name, self.day)? else { continue };
            let mut latest = None;
            rows::scan(self.lake, source.name, Some(day..=day), &["ts"], |row| latest = latest.max(row.time(0)))?;
            newest.push((source.name.into(), latest));
        }
        newest.sort_unstable();
        Ok(newest)
    }

    /// Rows per id in an id column of a source, as far as they are dated on or before the as-of day and not
    /// excluded; by id. Contracts count from `signed_on`, companies while visible, undated rows always.
    pub fn ids_in(&self, source: &str, column: &str) -> Result<Vec<(Str, i64)>> {
        let mut counts: HashMap<Str, i64> = HashMap::new();
        if source == "companies" {
            let sales = column == "sales_rep_id";
            let rep = |c: &Company| if sales { c.sales_rep_id.clone() } else { c.service_rep_id.clone() };
            self.companies.iter().filter_map(rep).for_each(|id| *counts.entry(id).or_default() += 1);
        } else {
            let dated = dated_by(source);
            let mut clock = self.project.zone.clock();
            let mut columns = vec![column];
            columns.extend(dated.column);
            columns.extend(dated.excludable.then_some("excluded"));
            let days = dated.partitioned.then_some(Day::MIN..=self.day);
            rows::scan(self.lake, source, days, &columns, |row| {
                let Some(id) = row.text(0) else { return };
                let day = match dated.column {
                    Some("ts") => row.time(1).map(|ts| clock.day_of(ts)),
                    Some(_) => row.day(1),
                    None => None,
                };
                let excluded = dated.excludable && row.text(columns.len() - 1).is_some();
                if day.is_none_or(|day| day <= self.day) && !excluded {
                    *counts.entry(id).or_default() += 1;
                }
            })?;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_unstable();
        Ok(counts)
    }
}

/// How the rows of a source are dated.
struct Dated {
    column: Option<&'static str>,
    partitioned: bool,
    excludable: bool,
}

fn dated_by(source: &str) -> Dated {
    let (column, partitioned, excludable) = match source {
        "shop_clicks" | "ad_clicks" | "contact_views" | "messages" | "inquiries" => (None, true, true),
        "calls" => (None, true, false),
        "contracts" => (Some("signed_on"), false, false),
        "attendance" => (Some("date"), false, false),
        "followups" | "care_actions" => (Some("ts"), false, false),
        _ => (None, false, false),
    };
    Dated { column, partitioned, excludable }
}

/// Takes off what a contract does not show yet on a day; false when it is not visible itself.
fn cut_contract(c: &mut ContractRow, day: Day) -> bool {
    if c.cancelled_on.is_some_and(|cancelled| cancelled > day) {
        (c.cancelled_on, c.refund) = (None, None);
    }
    c.signed_on <= day
}

/// Takes off what a company does not show yet on a day; false when it is not visible itself.
fn cut_company(c: &mut Company, first_signed: &HashMap<Str, Day>, day: Day) -> bool {
    if let Some(listed) = c.listed_on {
        let earlier = [c.registered_on, first_signed.get(&c.id).copied()];
        c.visible_from = earlier.into_iter().flatten().fold(listed, Day::min);
    }
    c.registered_on = c.registered_on.filter(|registered| *registered <= day);
    c.visible_from <= day
}

fn unlisted(id: &Str, first_signed: Day) -> Company {
    Company {
        id: id.clone(),
        name: None,
        segment: UNKNOWN.into(),
        region: UNKNOWN.into(),
        size: UNKNOWN.into(),
        listed_on: None,
        registered_on: None,
        lead_source: None,
        sales_rep_id: None,
        service_rep_id: None,
        contact_name: None,
        phone: None,
        shop_url: None,
        listed: false,
        visible_from: first_signed,
    }
}

fn contract_rows(lake: &Lake) -> Result<Vec<ContractRow>> {
    let columns = [
        "contract_id",
        "company_id",
        "plan",
        "kind",
        "start_date",
        "end_date",
        "signed_on",
        "amount",
        "cost",
        "rep_id",
        "cancelled_on",
        "refund",
    ];
    let mut rows = rows::read(lake, "contracts", &columns, |r| {
        Some(ContractRow {
            id: r.text(0)?,
            company_id: r.text(1)?,
            plan: r.required(2),
            kind: r.text(3),
            start: r.day(4)?,
            end: r.day(5)?,
            signed_on: r.day(6)?,
            amount: r.money(7)?,
            cost: r.money(8),
            rep_id: r.text(9),
            cancelled_on: r.day(10),
            refund: r.money(11),
        })
    })?;
    rows.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    Ok(rows)
}

fn company_rows(lake: &Lake) -> Result<Vec<Company>> {
    let columns = [
        "company_id",
        "name",
        "segment",
        "region",
        "size",
        "listed_on",
        "registered_on",
        "lead_source",
        "sales_rep_id",
        "service_rep_id",
        "contact_name",
        "phone",
        "shop_url",
    ];
    rows::read(lake, "companies", &columns, |r| {
        let or_unknown = |column| r.text(column).unwrap_or_else(|| UNKNOWN.into());
        Some(Company {
            id: r.text(0)?,
            name: r.text(1),
            segment: or_unknown(2),
            region: or_unknown(3),
            size: or_unknown(4),
            listed_on: r.day(5),
            registered_on: r.day(6),
            lead_source: r.text(7),
            sales_rep_id: r.text(8),
            service_rep_id: r.text(9),
            contact_name: r.text(10),
            phone: r.text(11),
            shop_url: r.text(12),
            listed: true,
            visible_from: Day::MIN,
        })
    })
}

fn rep_rows(lake: &Lake, day: Day) -> Result<Vec<RepRow>> {
    rows::read(lake, "reps", &["rep_id", "name", "team", "left_on"], |r| {
        let left_on = r.day(3).filter(|left| *left <= day);
        Some(RepRow { id: r.text(0)?, name: r.required(1), team: r.required(2), left_on })
    })
}

fn estimate_rows(lake: &Lake) -> Result<Vec<EstimateRow>> {
    let mut rows = rows::read(lake, "market_estimates", &["segment", "year", "companies", "spend"], |r| {
        Some(EstimateRow { segment: r.text(0)?, year: r.int(1)? as i32, companies: r.int(2), spend: r.money(3) })
    })?;
    rows.sort_unstable_by(|a, b| (&a.segment, a.year).cmp(&(&b.segment, b.year)));
    Ok(rows)
}
