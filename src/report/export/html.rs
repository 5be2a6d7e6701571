//! HTML: one page that needs nothing else. No script, no outside reference, a policy that forbids both.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context, escape_formatter};
use serde::Serialize;

use crate::config::ReportFormat;

use super::super::charts::text::{clean, turns};
use super::super::document::{Block, Cell, Chart, Column, Document, Kind, Mark, Row, Section, Table};
use super::super::{ReportError, charts};
use super::{Context, Export, File};

pub struct Html;

/// Every template, by name; the name's ending switches escaping on.
const TEMPLATES: [(&str, &str); 3] = [
    ("page.html", include_str!("../templates/page.html")),
    ("section.html", include_str!("../templates/section.html")),
    ("table.html", include_str!("../templates/table.html")),
];
const STYLE: &str = include_str!("../templates/style.css");

fn environment() -> Result<Environment<'static>, ReportError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    // What HTML has no place for, or turns the page around, is shown as such; markup is escaped.
    environment.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() && text.contains(|c: char| c.is_control() || turns(c)) => {
            escape_formatter(out, state, &Value::from(clean(text)))
        }
        _ => escape_formatter(out, state, value),
    });
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

impl Export for Html {
    fn format(&self) -> ReportFormat {
        ReportFormat::Html
    }

    fn export(&self, document: &Document, context: Context<'_>) -> Result<Vec<File>, ReportError> {
        let words = context.format.words;
        let sections: Result<Vec<_>, _> = document.sections.iter().map(|s| section(s, context)).collect();
        let definitions: Vec<_> = document.definitions().iter().map(|c| (c.label.clone(), c.doc.clone())).collect();
        let text = |key: &str| words.get(key).to_string();
        let page = context! {
            lang => words.tag,
            style => Value::from_safe_string(STYLE.to_string()),
            landscape => document.landscape,
            compact => document.compact,
            title => Value::from(Serde(&document.title)),
            subtitle => Value::from(Serde(&document.subtitle)),
            stamp => Value::from(Serde(&document.stamp)),
            banners => Value::from(Serde(&document.banners)),
            sections => Value::from(Serde(sections?)),
            methods => Value::from(Serde(&document.methods)),
            definitions => definitions,
            words => context! {
                warning => text("page.warning"),
                contents => text("page.contents"),
                definitions => text("page.definitions"),
                back => text("page.back"),
                stamp => text("page.stamp"),
            },
        };
        let html = environment()?.get_template("page.html")?.render(page)?;
        Ok(vec![File { part: None, extension: "html", bytes: html.into_bytes() }])
    }
}

#[derive(Serialize)]
struct SectionView {
    id: &'static str,
    title: String,
    blocks: Vec<BlockView>,
}

/// A block: `kind` says which of the others is set.
#[derive(Serialize, Default)]
struct BlockView {
    kind: &'static str,
    lines: Vec<String>,
    figures: Vec<(String, String, Option<String>)>,
    table: Option<TableView>,
    title: String,
    /// Of a part: where rows of other tables lead.
    id: String,
    svg: Option<Value>,
    /// Said instead of a chart without data, or the summary of the data behind it.
    note: String,
}

#[derive(Serialize)]
struct TableView {
    title: String,
    headers: Vec<(String, &'static str)>,
    rows: Vec<RowView>,
    /// How many rows are only in the workbook.
    more: Option<String>,
    empty: Option<String>,
}

#[derive(Serialize)]
struct RowView {
    class: &'static str,
    cells: Vec<CellView>,
}

#[derive(Serialize)]
struct CellView {
    class: &'static str,
    lines: Vec<String>,
    /// The part of the page to which the text leads.
    href: Option<String>,
    spark: Option<(String, String)>,
}

fn section(section: &Section, context: Context<'_>) -> Result<SectionView, ReportError> {
    let blocks: Result<Vec<_>, _> = section.blocks.iter().map(|b| block(b, context)).collect();
    Ok(SectionView { id: section.id, title: section.title.clone(), blocks: blocks? })
}

fn block(block: &Block, context: Context<'_>) -> Result<BlockView, ReportError> {
    Ok(match block {
        Block::Findings(lines) => BlockView { kind: "findings", lines: lines.clone(), ..BlockView::default() },
        Block::Text(text) => BlockView { kind: "text", lines: vec![text.clone()], ..BlockView::default() },
        Block::Figures(list) => BlockView {
            kind: "figures",
            figures: list.iter().map(|f| (f.label.clone(), f.value.clone(), f.note.clone())).collect(),
            ..BlockView::default()
        },
        Block::Part { id, title } => {
            BlockView { kind: "part", id: id.clone(), title: title.clone(), ..BlockView::default() }
        }
        // What stands in sheets only has no place on a page.
        Block::Table(t) if t.page_columns().is_empty() => BlockView { kind: "none", ..BlockView::default() },
        Block::Table(t) => BlockView { kind: "table", table: Some(table(t, context)), ..BlockView::default() },
        Block::Chart(chart) => chart_view(chart, context)?,
    })
}

fn chart_view(chart: &Chart, context: Context<'_>) -> Result<BlockView, ReportError> {
    let Some(svg) = charts::svg(chart, "chart-")? else {
        return Ok(BlockView { kind: "text", lines: vec![chart.empty.clone()], ..BlockView::default() });
    };
    Ok(BlockView {
        kind: "chart",
        title: chart.title.clone(),
        // Made by our own drawing, which escapes every text.
        svg: Some(Value::from_safe_string(svg)),
        note: context.format.words.get("page.data").to_string(),
        table: Some(table(&chart.data, context)),
        ..BlockView::default()
    })
}

fn table(table: &Table, context: Context<'_>) -> TableView {
    let words = context.format.words;
    let columns = table.page_columns();
    let total = table.page_rows().count();
    let hidden = total.saturating_sub(context.max_rows);
    let more = (hidden > 0).then(|| words.fill("page.more_rows", &[("n", &context.format.int(hidden as i64))]));
    TableView {
        title: table.title.clone(),
        headers: columns.iter().map(|(_, c)| (c.heading().to_string(), class(c))).collect(),
        rows: table.page_rows().take(context.max_rows).map(|r| row(r, &columns, context)).collect(),
        more,
        empty: (total == 0).then(|| words.get("page.no_rows").to_string()),
    }
}

fn row(row: &Row, columns: &[(usize, &Column)], context: Context<'_>) -> RowView {
    let class_of_row = match row.mark {
        Mark::Provisional => "provisional",
        Mark::Total => "total",
        Mark::None | Mark::Data => "",
    };
    let first_text = columns.iter().find(|(_, c)| matches!(c.kind, Kind::Text | Kind::Code(_))).map(|(n, _)| *n);
    let cell = |(n, column): &(usize, &Column)| {
        let cell = &row.cells[*n];
        let shown = context.format.cell(cell, column.kind);
        let class = class(column);
        let href = row.link.clone().filter(|_| first_text == Some(*n));
        match cell {
            Cell::Lines(lines) => CellView { class, lines: lines.clone(), href, spark: None },
            Cell::Spark(numbers) => {
                let label = format!("{}: {shown}", column.label);
                CellView { class, lines: Vec::new(), href, spark: Some((polyline(numbers), label)) }
            }
            _ => CellView { class, lines: vec![shown], href, spark: None },
        }
    };
    RowView { class: class_of_row, cells: columns.iter().map(cell).collect() }
}

/// Points of a sparkline in a box of 100 by 24, from zero at its foot; unknown numbers have none.
fn polyline(numbers: &[Option<i64>]) -> String {
    let most = numbers.iter().copied().flatten().max().unwrap_or(0).max(1) as f64;
    let step = 96.0 / numbers.len().saturating_sub(1).max(1) as f64;
    let point = |(n, value): (usize, &Option<i64>)| {
        value.map(|v| format!("{:.1},{:.1}", 2.0 + step * n as f64, 22.0 - 20.0 * v as f64 / most))
    };
    numbers.iter().enumerate().filter_map(point).collect::<Vec<_>>().join(" ")
}

fn class(column: &Column) -> &'static str {
    match column.kind {
        // Names are long; what else is in lines is short, but for sentences.
        Kind::Lines if matches!(&*column.key, "name" | "member") => "lines wide",
        Kind::Lines if matches!(&*column.key, "why" | "todo" | "what_changed" | "refusals") => "lines said",
        Kind::Int | Kind::Float(_) | Kind::Percent | Kind::Points | Kind::Money | Kind::Amount(_) => "num",
        Kind::Date | Kind::Time | Kind::Bool => "short",
        Kind::Lines => "lines",
        Kind::Spark => "spark",
        Kind::Text | Kind::Code(_) => "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_listed_and_escapes() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/templates");
        let files = std::fs::read_dir(folder).unwrap().flatten();
        let html = files.filter(|f| f.path().extension().is_some_and(|e| e == "html")).count();
        assert_eq!(html, TEMPLATES.len());
        let environment = environment().unwrap();
        for (name, source) in TEMPLATES {
            let state = environment.get_template(name).unwrap();
            assert_eq!(state.source(), source);
            assert!(!source.contains("|safe") && !source.contains("| safe"), "{name}");
            assert!(!source.contains("autoescape"), "{name}");
            let probe = environment.render_named_str(name, "{{ x }}", context! { x => "<script>" }).unwrap();
            assert_eq!(probe, "&lt;script&gt;", "{name}");
            let probe = environment.render_named_str(name, "{{ x }}", context! { x => "a\0\u{202e}<b>" }).unwrap();
            assert_eq!(probe, "a\u{FFFD}\u{FFFD}&lt;b&gt;", "{name}");
        }
    }

    #[test]
    fn a_sparkline_is_one_polyline_within_its_box() {
        assert_eq!(polyline(&[Some(0), None, Some(10)]), "2.0,22.0 98.0,2.0");
        assert_eq!(polyline(&[Some(0), Some(0)]), "2.0,22.0 98.0,22.0");
    }
}
