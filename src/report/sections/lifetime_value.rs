//! What members are expected to bring from now on, by plan and by segment.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::domain::{Cents, Str};
use crate::marts::client_value::ClientValueRow;

use super::super::ReportError;
use super::super::charts::Bars;
use super::super::document::{Block, Chart, Kind, Mark, Section, Table};
use super::super::scope::Scope;
use super::made;
use super::segments::link;

/// The members of a group.
#[derive(Clone, Copy, Default)]
struct Group {
    members: i64,
    annual_amount: Cents,
    lifetime: Cents,
}

impl Group {
    fn add(&mut self, client: &ClientValueRow) {
        self.members += 1;
        self.annual_amount += client.annual_amount;
        self.lifetime += client.expected_lifetime_value;
    }

    fn mean(&self) -> Option<Cents> {
        self.lifetime.times(1, i128::from(self.members))
    }
}

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let clients = scope.marts.rows::<ClientValueRow>()?;
    let (mut plans, mut segments): (BTreeMap<Str, Group>, BTreeMap<Str, Group>) = Default::default();
    let mut all = Group::default();
    for client in clients.iter() {
        let Some(plan) = plan(scope, &client.company_id) else { continue };
        plans.entry(plan).or_default().add(client);
        segments.entry(client.segment.clone()).or_default().add(client);
        all.add(client);
    }
    let charts = [("lifetime_plans", "plan", plans), ("lifetime_segments", "segment", segments)];
    let mut blocks = vec![Block::Text(scope.say("lifetime_value.note"))];
    for (id, key, groups) in charts {
        let mut groups: Vec<(Str, Group)> = groups.into_iter().collect();
        groups.sort_by_key(|(name, group)| (Reverse(group.mean()), name.clone()));
        blocks.push(Block::Chart(Chart {
            id,
            title: scope.say(&format!("lifetime_value.{key}_chart")),
            desc: scope.say(&format!("lifetime_value.{key}_desc")),
            empty: scope.say("lifetime_value.empty"),
            plot: Box::new(bars(scope, &groups)),
            data: table(scope, id, key, &groups, &all)?,
        }));
    }
    Ok(made(scope, "lifetime_value", blocks))
}

/// The plan of a company's latest membership in force, as in `member_health`.
fn plan(scope: &Scope<'_>, company_id: &Str) -> Option<Str> {
    let visible = scope.marts.visible;
    let memberships = visible.memberships_of(*visible.company_of.get(company_id)?).map(|c| &visible.contracts[c]);
    memberships.filter(|c| c.in_force(visible.day)).max_by_key(|c| (c.start, &c.id)).map(|c| c.plan.clone())
}

fn bars(scope: &Scope<'_>, groups: &[(Str, Group)]) -> Bars {
    let format = scope.format();
    let bar = |(name, group): &(Str, Group)| {
        let mean = group.mean()?;
        let (amount, n) = (format.money_short(mean), format.int(group.members));
        let shown = scope.fill("lifetime_value.shown", &[("amount", &amount), ("n", &n)]);
        Some((scope.segment(name), mean.to_f64(), shown))
    };
    Bars { items: groups.iter().filter_map(bar).collect() }
}

fn table(
    scope: &Scope<'_>,
    name: &'static str,
    key: &str,
    groups: &[(Str, Group)],
    all: &Group,
) -> Result<Table, ReportError> {
    let columns = vec![
        scope.column(key, Kind::Code("value")),
        scope.column("clients_in_force", Kind::Int),
        scope.column("annual_amount", Kind::AMOUNT),
        scope.column("expected_lifetime_value", Kind::AMOUNT),
        scope.column("mean_lifetime_value", Kind::AMOUNT),
    ];
    let mut table = scope.table(name, columns);
    for (group_name, group) in groups.iter().map(|(name, g)| (&**name, g)).chain([("all", all)]) {
        let mark = if std::ptr::eq(group, all) { Mark::Total } else { Mark::None };
        let link = if key == "segment" { link(scope, group_name)? } else { None };
        let cells = vec![
            group_name.into(),
            group.members.into(),
            group.annual_amount.into(),
            group.lifetime.into(),
            group.mean().into(),
        ];
        table.push_linked(cells, mark, link);
    }
    Ok(table)
}
