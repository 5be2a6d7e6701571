//! A portal's rows as the files that a portal would drop.

use jiff::tz::TimeZone;

use super::days::{self, Day};
use super::portal::{Event, FEEDS, Feed, Note, Portal};

/// The rows of one source, as text.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub source: &'static str,
    pub header: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    fn new(source: &'static str, header: &'static str, rows: Vec<Vec<String>>) -> Sheet {
        Sheet { source, header: header.split(' ').collect(), rows }
    }

    /// The CSV text of some of its rows.
    pub fn csv(&self, rows: &[Vec<String>]) -> Vec<u8> {
        let mut out = csv::Writer::from_writer(Vec::new());
        out.write_record(&self.header).unwrap();
        for row in rows {
            out.write_record(row).unwrap();
        }
        out.into_inner().unwrap()
    }
}

pub fn money(cents: i128) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn opt<T>(value: Option<T>, show: impl Fn(T) -> String) -> String {
    value.map_or(String::new(), show)
}

fn word(value: Option<&str>) -> String {
    value.unwrap_or_default().to_string()
}

/// A local time, written as local, as UTC or with a far offset.
fn time(zone: &TimeZone, date: Day, second: i64, style: usize) -> String {
    let wall = days::civil(date).at(0, 0, 0, 0).checked_add(jiff::Span::new().seconds(second)).unwrap();
    let stamp = zone.to_ambiguous_timestamp(wall).compatible().unwrap();
    match style % 4 {
        0 => wall.to_string(),
        1 => wall.to_string().replace('T', " "),
        2 => stamp.to_string(),
        _ => {
            let far = jiff::tz::Offset::from_seconds(5 * 3600 + 1800).unwrap();
            format!("{}+05:30", far.to_datetime(stamp))
        }
    }
}

fn note(zone: &TimeZone, n: &Note, i: usize, more: &[&str]) -> Vec<String> {
    let head =
        [n.id.clone(), time(zone, n.date, 86_399, i), n.company_id.clone(), n.rep_id.clone().unwrap_or("r1".into())];
    head.into_iter().chain(more.iter().map(|m| m.to_string())).collect()
}

fn event(zone: &TimeZone, e: &Event, i: usize) -> Vec<String> {
    let (id, at) = (e.id.clone(), time(zone, e.date, e.second, i));
    let company = word(e.company_id.as_deref());
    let visitor = word(e.visitor.as_deref());
    let name = word(e.word.as_deref());
    let excluded = word(e.excluded);
    match e.feed {
        Feed::ShopClicks => vec![id, at, company, visitor, name, "/p".into(), excluded],
        Feed::AdClicks | Feed::ContactViews => vec![id, at, company, visitor, name, excluded],
        Feed::Messages => vec![id, at, company, visitor, excluded],
        Feed::Inquiries => vec![id, at, company, visitor, "valve".into(), "1.5e1".into(), excluded],
        Feed::Calls => {
            vec![id, at, e.rep_id.clone(), company, "outbound".into(), "60".into(), e.outcome.into(), word(e.purpose)]
        }
    }
}

fn header(feed: Feed) -> &'static str {
    match feed {
        Feed::ShopClicks => "event_id ts company_id visitor_id click_source page excluded",
        Feed::AdClicks => "event_id ts company_id visitor_id ad_slot excluded",
        Feed::ContactViews => "event_id ts company_id visitor_id channel excluded",
        Feed::Messages => "event_id ts company_id visitor_id excluded",
        Feed::Inquiries => "event_id ts company_id visitor_id product quantity excluded",
        Feed::Calls => "event_id ts rep_id company_id direction duration_s outcome purpose",
    }
}

/// All sheets of a portal, the fifteen sources.
pub fn sheets(p: &Portal) -> Vec<Sheet> {
    let zone = TimeZone::get(p.zone).unwrap();
    let mut out = Vec::new();
    for feed in FEEDS {
        let rows = p.events.iter().enumerate().filter(|(_, e)| e.feed == feed).map(|(i, e)| event(&zone, e, i));
        out.push(Sheet::new(feed.name(), header(feed), rows.collect()));
    }
    let companies = p.companies.iter().map(|c| {
        vec![
            c.id.clone(),
            format!("Firm {}", c.id.trim()),
            c.segment.clone(),
            word(c.region.as_deref()),
            c.size.into(),
            opt(c.listed_on, days::text),
            opt(c.registered_on, days::text),
            word(c.sales_rep_id.as_deref()),
            word(c.service_rep_id.as_deref()),
            "138 0000".into(),
        ]
    });
    let names = "company_id name segment region size listed_on registered_on sales_rep_id service_rep_id phone";
    out.push(Sheet::new("companies", names, companies.collect()));
    let contracts = p.contracts.iter().map(|c| {
        vec![
            c.id.clone(),
            c.company_id.clone(),
            c.plan.clone(),
            word(c.kind),
            days::text(c.start),
            days::text(c.end),
            days::text(c.signed),
            money(c.amount),
            opt(c.cost, money),
            word(c.rep_id.as_deref()),
            opt(c.cancelled_on, days::text),
            opt(c.refund, money),
        ]
    });
    let names = "contract_id company_id plan kind start_date end_date signed_on amount cost rep_id cancelled_on refund";
    out.push(Sheet::new("contracts", names, contracts.collect()));
    let reps = p.reps.iter().map(|r| {
        vec![
            r.id.clone(),
            format!("Rep {}", r.id),
            r.team.clone(),
            r.role.into(),
            days::text(r.hired_on),
            opt(r.left_on, days::text),
            "37.5".into(),
        ]
    });
    out.push(Sheet::new("reps", "rep_id name team role hired_on left_on daily_call_quota", reps.collect()));
    let estimates = p
        .estimates
        .iter()
        .map(|e| vec![e.segment.clone(), e.year.to_string(), opt(e.companies, |n| n.to_string()), opt(e.spend, money)]);
    out.push(Sheet::new("market_estimates", "segment year companies spend", estimates.collect()));
    let followups = p.followups.iter().enumerate().map(|(i, n)| note(&zone, n, i, &["contacted"]));
    out.push(Sheet::new("followups", "followup_id ts company_id rep_id stage", followups.collect()));
    let care = p.care.iter().enumerate().map(|(i, n)| note(&zone, n, i, &["call", "promised"]));
    out.push(Sheet::new("care_actions", "action_id ts company_id rep_id action outcome", care.collect()));
    let attendance = p.attendance.iter().map(|n| vec![n.rep_id.clone().unwrap(), days::text(n.date), "present".into()]);
    out.push(Sheet::new("attendance", "rep_id date status", attendance.collect()));
    let tasks = p
        .tasks
        .iter()
        .map(|n| vec![n.id.clone(), "k1".into(), "upload".into(), days::text(n.date), word(n.rep_id.as_deref())]);
    out.push(Sheet::new("service_tasks", "task_id contract_id kind due_on rep_id", tasks.collect()));
    let targets = p.targets.iter().map(|n| vec![days::quarter(n.date), word(n.rep_id.as_deref()), "100000.00".into()]);
    out.push(Sheet::new("targets", "period rep_id amount", targets.collect()));
    out
}
