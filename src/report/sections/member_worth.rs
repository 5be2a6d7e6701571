//! What it got for its money.

use super::super::ReportError;
use super::super::document::{Block, Figure, Section};
use super::super::format::NOTHING;
use super::super::scope::Scope;
use super::made;

/// Leads of the term and what each cost, against the peers' median; `None` for a company without peers.
pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let Some(worth) = &scope.story()?.worth else { return Ok(None) };
    let format = scope.format();
    // Where no source of leads is known, nobody's are zero.
    let coverage = scope.coverage()?;
    let known = ["contact_views", "messages", "inquiries"].iter().any(|source| coverage.has(source));
    let peers = |shown: Option<String>| {
        Some(scope.fill("member_worth.median", &[("x", &shown.unwrap_or_else(|| NOTHING.to_string()))]))
    };
    let figures = vec![
        Figure {
            label: scope.say("label.leads_term"),
            value: if known { format.int(worth.leads_term) } else { NOTHING.to_string() },
            note: peers(worth.peer_leads.filter(|_| known).map(|x| format.float(x, 1))),
        },
        Figure {
            label: scope.fill(
                "format.money_label",
                &[("label", &scope.say("label.cost_per_lead")), ("currency", scope.currency())],
            ),
            value: worth.cost_per_lead.map_or(NOTHING.to_string(), |c| format.money(c)),
            note: peers(worth.peer_cost.map(|c| format.money(c))),
        },
    ];
    let group = format.code("peer_group", &worth.group);
    let note = scope.fill(
        "member_worth.note",
        &[("n", &format.int(worth.peers)), ("group", &group), ("leads", &format.int(worth.peers_with_leads))],
    );
    Ok(made(scope, "member_worth", vec![Block::Figures(figures), Block::Text(note)]))
}
