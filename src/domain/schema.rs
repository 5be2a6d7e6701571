//! The schema of every source and roll-up, once: columns in contract order, kinds, limits, keys.
//!
//! Ingest reads values by [`Kind`], the lake stores them by [`Kind::lake_type`], and the documents list
//! them. The marts' schemas stand beside their definitions, in `marts/`.

/// How the text of a source's column is read, checked and stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An opaque id, 1 to 128 bytes, taken as it is.
    Id,
    /// Free text, trimmed.
    Text,
    /// A segment's name: text, but `all` is refused.
    Segment,
    /// Text, trimmed and lower-cased.
    Lower,
    /// One of a few words, trimmed and lower-cased.
    Word(&'static [&'static str]),
    /// An instant.
    Time,
    /// A civil day.
    Date,
    /// An amount, 0 .. below 10^13, at most two non-zero decimals.
    Money,
    /// A whole number within limits, both in.
    Integer(i64, i64),
    /// A number with decimals, 0 .. below 10^13.
    Number,
    /// A number with decimals and perhaps an exponent, >= 0.
    Quantity,
    /// `2026`, `2026-Q3` or `2026-07`.
    Period,
}

impl Kind {
    /// The column's DuckLake type.
    pub fn lake_type(self) -> LakeType {
        match self {
            Kind::Id | Kind::Text | Kind::Segment | Kind::Lower | Kind::Word(_) | Kind::Period => LakeType::Text,
            Kind::Time => LakeType::Time,
            Kind::Date => LakeType::Date,
            Kind::Money => LakeType::Money,
            Kind::Integer(..) => LakeType::Int,
            Kind::Number | Kind::Quantity => LakeType::Float,
        }
    }
}

/// The types that the lake stores: VARCHAR, BIGINT, DOUBLE, DECIMAL(18,2), DATE, TIMESTAMPTZ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LakeType {
    Text,
    Int,
    Float,
    Money,
    Date,
    Time,
}

/// A column of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
}

/// Events are appended; tables are upserted by key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Events,
    Table,
}

/// A source of the contract, §2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    pub name: &'static str,
    pub shape: Shape,
    /// The key's columns: `event_id`, or the table's key.
    pub key: &'static [&'static str],
    pub fields: &'static [Field],
}

impl Source {
    pub fn is_events(&self) -> bool {
        self.shape == Shape::Events
    }

    /// Position of a column in contract order.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|f| f.name == name)
    }
}

/// The source of a name.
pub fn source(name: &str) -> Option<&'static Source> {
    SOURCES.iter().find(|s| s.name == name)
}

/// A required column.
const fn req(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: true }
}

/// An optional column.
const fn opt(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: false }
}

const fn events(name: &'static str, fields: &'static [Field]) -> Source {
    Source { name, shape: Shape::Events, key: &["event_id"], fields }
}

const fn table(name: &'static str, key: &'static [&'static str], fields: &'static [Field]) -> Source {
    Source { name, shape: Shape::Table, key, fields }
}

/// The greatest whole amount, quota or estimate: below 10^13.
const LIMIT: i64 = 9_999_999_999_999;

/// All sources, in the order in which they are loaded and listed.
pub const SOURCES: &[Source] = &[
    events(
        "shop_clicks",
        &[
            req("event_id", Kind::Id),
            req("ts", Kind::Time),
            req("company_id", Kind::Id),
            opt("visitor_id", Kind::Id),
            req("click_source", Kind::Lower),
            opt("page", Kind::Text),
            opt("excluded", Kind::Text),
        ],
    ),
    events(
        "ad_clicks",
        &[
            req("event_id", Kind::Id),
            req("ts", Kind::Time),
            req("company_id", Kind::Id),
            opt("visitor_id", Kind::Id),
            opt("ad_slot", Kind::Text),
            opt("excluded", Kind::Text),
        ],
    ),
    events(
        "contact_views",
        &[
            req("event_id", Kind::Id),
            req("ts", Kind::Time),
            req("company_id", Kind::Id),
            opt("visitor_id", Kind::Id),
            opt("channel", Kind::Text),
            opt("excluded", Kind::Text),
        ],
    ),
    events(
        "messages",
        &[
            req("event_id", Kind::Id),
            req("ts", Kind::Time),
            req("company_id", Kind::Id),
            opt("visitor_id", Kind::Id),
            opt("excluded", Kind::Text),
        ],
    ),
    events(
        "inquiries",
        &[
            req("event_id", Kind::Id),
            req("ts", Kind::Time),
            req("company_id", Kind::Id),
            opt("visitor_id", Kind::Id),
            opt("product", Kind::Text),
            opt("quantity", Kind::Quantity),
            opt("excluded", Kind::Text),
        ],
    ),
    events(
        "calls",
        &[
            req("event_id", Kind::Id),
            req("ts", Kind::Time),
            req("rep_id", Kind::Id),
            opt("company_id", Kind::Id),
            req("direction", Kind::Word(&["outbound", "inbound"])),
            req("duration_s", Kind::Integer(0, 86_400)),
            req("outcome", Kind::Word(&["connected", "no_answer", "busy", "refused", "voicemail"])),
            opt("purpose", Kind::Word(&["presale", "aftersale", "other"])),
        ],
    ),
    table(
        "companies",
        &["company_id"],
        &[
            req("company_id", Kind::Id),
            req("name", Kind::Text),
            req("segment", Kind::Segment),
            opt("region", Kind::Text),
            req("size", Kind::Word(&["large", "medium", "small"])),
            opt("listed_on", Kind::Date),
            opt("registered_on", Kind::Date),
            opt("lead_source", Kind::Text),
            opt("sales_rep_id", Kind::Id),
            opt("service_rep_id", Kind::Id),
            opt("contact_name", Kind::Text),
            opt("phone", Kind::Text),
            opt("shop_url", Kind::Text),
        ],
    ),
    table(
        "contracts",
        &["contract_id"],
        &[
            req("contract_id", Kind::Id),
            req("company_id", Kind::Id),
            req("plan", Kind::Text),
            opt("kind", Kind::Word(&["membership", "addon", "trial"])),
            req("start_date", Kind::Date),
            req("end_date", Kind::Date),
            req("signed_on", Kind::Date),
            req("amount", Kind::Money),
            opt("cost", Kind::Money),
            opt("rep_id", Kind::Id),
            opt("cancelled_on", Kind::Date),
            opt("refund", Kind::Money),
        ],
    ),
    table(
        "reps",
        &["rep_id"],
        &[
            req("rep_id", Kind::Id),
            req("name", Kind::Text),
            req("team", Kind::Text),
            req("role", Kind::Word(&["sales", "after_sales", "assistant"])),
            req("hired_on", Kind::Date),
            opt("left_on", Kind::Date),
            opt("daily_call_quota", Kind::Number),
        ],
    ),
    table(
        "targets",
        &["period", "rep_id"],
        &[req("period", Kind::Period), opt("rep_id", Kind::Id), req("amount", Kind::Money)],
    ),
    table(
        "followups",
        &["followup_id"],
        &[
            req("followup_id", Kind::Id),
            req("ts", Kind::Time),
            req("company_id", Kind::Id),
            req("rep_id", Kind::Id),
            opt("channel", Kind::Text),
            req("stage", Kind::Word(&["lead", "contacted", "interested", "quoted", "negotiating", "won", "lost"])),
            opt("evidence", Kind::Text),
            opt("objection", Kind::Text),
            opt("competitor", Kind::Text),
            opt("next_step", Kind::Text),
            opt("next_on", Kind::Date),
            opt("expected_amount", Kind::Money),
        ],
    ),
    table(
        "attendance",
        &["rep_id", "date"],
        &[
            req("rep_id", Kind::Id),
            req("date", Kind::Date),
            req("status", Kind::Word(&["present", "half_day", "leave", "absent", "training"])),
            opt("call_quota", Kind::Number),
        ],
    ),
    table(
        "service_tasks",
        &["task_id"],
        &[
            req("task_id", Kind::Id),
            req("contract_id", Kind::Id),
            req("kind", Kind::Lower),
            req("due_on", Kind::Date),
            opt("done_on", Kind::Date),
            opt("rep_id", Kind::Id),
        ],
    ),
    table(
        "market_estimates",
        &["segment", "year"],
        &[
            req("segment", Kind::Segment),
            req("year", Kind::Integer(1900, 2199)),
            opt("companies", Kind::Integer(0, LIMIT)),
            opt("spend", Kind::Money),
        ],
    ),
    table(
        "care_actions",
        &["action_id"],
        &[
            req("action_id", Kind::Id),
            req("ts", Kind::Time),
            req("company_id", Kind::Id),
            opt("contract_id", Kind::Id),
            req("rep_id", Kind::Id),
            req("action", Kind::Text),
            opt("outcome", Kind::Word(&["promised", "undecided", "refused", "not_reached"])),
            opt("reason", Kind::Word(&["no_effect", "price", "closed", "competitor", "service", "other"])),
        ],
    ),
];

/// The column that event tables carry besides the contract's: the local day of `ts`.
pub const EVENT_DATE: &str = "event_date";

/// A stored table of the lake: its columns, and the day column by which its files are partitioned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LakeTable {
    pub name: &'static str,
    pub columns: Vec<(&'static str, LakeType)>,
    /// `event_date` or `date`; `None` for tables that are kept as one current version.
    pub day: Option<&'static str>,
}

/// A roll-up that the lake stores: its key first, then its counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rollup {
    pub name: &'static str,
    pub key: &'static [(&'static str, LakeType)],
    pub counters: &'static [&'static str],
}

pub const MEMBER_DAY: Rollup = Rollup {
    name: "member_day",
    key: &[("date", LakeType::Date), ("company_id", LakeType::Text)],
    counters: MEMBER_DAY_COUNTERS,
};

/// The counters of `member_day`, in the order that breaks ties of `weakest_metric`.
pub const MEMBER_DAY_COUNTERS: &[&str] =
    &["shop_clicks", "visitors", "ad_clicks", "contact_views", "messages", "inquiries", "aftersale_calls"];

pub const CLICK_SOURCE_DAY: Rollup = Rollup {
    name: "click_source_day",
    key: &[("date", LakeType::Date), ("company_id", LakeType::Text), ("click_source", LakeType::Text)],
    counters: &["clicks"],
};

pub const AD_SLOT_DAY: Rollup = Rollup {
    name: "ad_slot_day",
    key: &[("date", LakeType::Date), ("company_id", LakeType::Text), ("ad_slot", LakeType::Text)],
    counters: &["clicks"],
};

/// Rows per source and day; `expected` and `status` of the mart of the same name are computed when read.
pub const SOURCE_DAY: Rollup =
    Rollup { name: "source_day", key: &[("date", LakeType::Date), ("source", LakeType::Text)], counters: &["rows"] };

pub const ROLLUPS: &[Rollup] = &[MEMBER_DAY, CLICK_SOURCE_DAY, AD_SLOT_DAY, SOURCE_DAY];

/// Every table of the lake, in the order of their catalog ids.
pub fn lake_tables() -> Vec<LakeTable> {
    let sources = SOURCES.iter().map(|s| {
        let mut columns: Vec<_> = s.fields.iter().map(|f| (f.name, f.kind.lake_type())).collect();
        if s.is_events() {
            columns.push((EVENT_DATE, LakeType::Date));
        }
        LakeTable { name: s.name, columns, day: s.is_events().then_some(EVENT_DATE) }
    });
    let rollups = ROLLUPS.iter().map(|r| {
        let counters = r.counters.iter().map(|c| (*c, LakeType::Int));
        LakeTable { name: r.name, columns: r.key.iter().copied().chain(counters).collect(), day: Some("date") }
    });
    sources.chain(rollups).collect()
}

/// The lake table of a name.
pub fn lake_table(name: &str) -> Option<LakeTable> {
    lake_tables().into_iter().find(|t| t.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifteen_sources_with_their_keys_among_their_columns() {
        assert_eq!(SOURCES.len(), 15);
        for source in SOURCES {
            for key in source.key {
                assert!(source.index(key).is_some(), "{}.{key}", source.name);
            }
        }
        assert_eq!(lake_tables().len(), 19);
    }
}
