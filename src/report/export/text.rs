//! A document as text for a terminal or a pipe: 80 columns, no colour, full-width characters counted twice.
//!
//! ```text
//! a table that fits ─► columns     one that does not ─► its widest texts are broken, else each row as "label: value" lines
//! ```
//!
//! Texts of strangers hold no control character and no sign that turns the direction of writing.

use super::super::charts::text::{columns, fit};
use super::super::document::{Block, Cell, Chart, Column, Document, Figure, Kind, Row, Section, Table};
use super::Context;

/// Columns of a terminal.
pub const WIDTH: usize = 80;
/// Blanks between columns, as many as there is room for.
const GAPS: [usize; 2] = [2, 1];
/// To what a column of text may be narrowed.
const NARROW: usize = 14;
/// Labels of records and figures.
const LABEL: usize = 26;

/// The whole document.
pub fn text(document: &Document, context: Context<'_>) -> String {
    let mut out = Page::default();
    out.line(&document.title);
    document.subtitle.iter().for_each(|line| out.wrapped("", line));
    let words = context.format.words;
    document.banners.iter().for_each(|b| out.wrapped("! ", &format!("{} {b}", words.get("page.warning"))));
    document.sections.iter().for_each(|section| out.section(section, context));
    out.line("");
    let stamp: Vec<String> = document.stamp.iter().map(|(label, value)| format!("{label}: {value}")).collect();
    out.wrapped("", &stamp.join(" · "));
    out.0
}

/// What can show nothing but itself: control characters and signs of direction are U+FFFD.
pub fn plain(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if hidden(c) { '\u{FFFD}' } else { c }).collect()
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn line(&mut self, text: &str) {
        self.0.push_str(plain(text).trim_end());
        self.0.push('\n');
    }

    /// Lines of at most [`WIDTH`] columns, those after the first indented as the first's mark is wide.
    fn wrapped(&mut self, mark: &str, text: &str) {
        let indent = columns(mark);
        for (n, line) in wrap(&plain(text), WIDTH - indent).into_iter().enumerate() {
            let start = if n == 0 { mark.to_string() } else { " ".repeat(indent) };
            self.line(&format!("{start}{line}"));
        }
    }

    fn section(&mut self, section: &Section, context: Context<'_>) {
        self.line("");
        self.line(&section.title);
        self.line(&"-".repeat(columns(&section.title).min(WIDTH)));
        for block in &section.blocks {
            match block {
                Block::Findings(lines) => lines.iter().for_each(|l| self.wrapped("* ", l)),
                Block::Text(text) => self.wrapped("", text),
                Block::Figures(figures) => figures.iter().for_each(|f| self.figure(f)),
                Block::Table(t) => self.table(t, &section.title, context),
                Block::Chart(chart) => self.chart(chart),
                Block::Part { title, .. } => {
                    self.line("");
                    self.wrapped("", title);
                }
            }
        }
    }

    fn figure(&mut self, figure: &Figure) {
        let note = figure.note.as_ref().map_or(String::new(), |note| format!(" ({note})"));
        self.labelled(&figure.label, &format!("{}{note}", figure.value));
    }

    fn labelled(&mut self, label: &str, value: &str) {
        self.wrapped(&format!("{}  ", fit(&plain(label), LABEL)), value);
    }

    fn chart(&mut self, chart: &Chart) {
        self.line("");
        if chart.plot.is_empty() {
            return self.wrapped("", &chart.empty);
        }
        self.wrapped("", &chart.title);
        chart.plot.text().iter().for_each(|line| self.line(line));
    }

    fn table(&mut self, table: &Table, section: &str, context: Context<'_>) {
        if table.title != section {
            self.line("");
            self.wrapped("", &table.title);
        }
        let shown: Vec<(usize, &Column)> = table.page_columns();
        let all: Vec<&Row> = table.page_rows().collect();
        let (rows, more) = all.split_at(all.len().min(context.max_rows));
        let words = context.format.words;
        if rows.is_empty() {
            return self.wrapped("", words.get("page.no_rows"));
        }
        let cells = |row: &&Row| shown.iter().map(|(at, c)| cell(&row.cells[*at], c.kind, context)).collect();
        let cells: Vec<Vec<String>> = rows.iter().map(cells).collect();
        match layout(&shown, &cells).filter(|_| rows.len() > 1 || shown.len() < 5) {
            Some((widths, gap)) => self.grid(&shown, &cells, &widths, gap),
            None => self.records(&shown, &cells),
        }
        if !more.is_empty() {
            let n = context.format.int(more.len() as i64);
            self.wrapped("", &words.fill("page.more_rows", &[("n", &n)]));
        }
    }

    fn grid(&mut self, shown: &[(usize, &Column)], cells: &[Vec<String>], widths: &[usize], gap: usize) {
        let header: Vec<String> = shown.iter().map(|(_, c)| plain(c.heading())).collect();
        self.grid_row(shown, &header, widths, gap);
        let rule: Vec<String> = widths.iter().map(|w| "-".repeat(*w)).collect();
        self.line(&rule.join(&" ".repeat(gap)));
        cells.iter().for_each(|row| self.grid_row(shown, row, widths, gap));
    }

    /// One row, over as many lines as its highest cell has.
    fn grid_row(&mut self, shown: &[(usize, &Column)], row: &[String], widths: &[usize], gap: usize) {
        let lines: Vec<Vec<String>> = row.iter().zip(widths).map(|(text, width)| wrap(text, *width)).collect();
        for n in 0..lines.iter().map(Vec::len).max().unwrap_or(0) {
            let part = |(at, (_, column)): (usize, &(usize, &Column))| {
                let text = lines[at].get(n).map_or("", String::as_str);
                let blanks = " ".repeat(widths[at].saturating_sub(columns(text)));
                if is_number(column.kind) { format!("{blanks}{text}") } else { format!("{text}{blanks}") }
            };
            let parts: Vec<String> = shown.iter().enumerate().map(part).collect();
            self.line(&parts.join(&" ".repeat(gap)));
        }
    }

    /// Each row as lines of a label and a value; what is null is left out.
    fn records(&mut self, shown: &[(usize, &Column)], cells: &[Vec<String>]) {
        for (n, row) in cells.iter().enumerate() {
            if n > 0 {
                self.line("");
            }
            let said = shown.iter().zip(row).filter(|(_, text)| *text != super::super::format::NOTHING);
            said.for_each(|((_, column), text)| self.labelled(column.heading(), text));
        }
    }
}

fn cell(cell: &Cell, kind: Kind, context: Context<'_>) -> String {
    match cell {
        Cell::Lines(lines) => lines.iter().map(|l| plain(l)).collect::<Vec<_>>().join("\n"),
        other => plain(&context.format.cell(other, kind)),
    }
}

fn is_number(kind: Kind) -> bool {
    matches!(kind, Kind::Int | Kind::Float(_) | Kind::Percent | Kind::Points | Kind::Money | Kind::Amount(_))
}

/// The widths of the columns and the gap between them, texts narrowed until all fit; `None` when they do not.
fn layout(shown: &[(usize, &Column)], cells: &[Vec<String>]) -> Option<(Vec<usize>, usize)> {
    let widest = |text: &str| text.lines().map(columns).max().unwrap_or(0);
    let word = |text: &str| text.split(' ').map(columns).max().unwrap_or(0);
    let natural = |at: usize| {
        let label = plain(shown[at].1.heading());
        let of_cells = cells.iter().map(|row| widest(&row[at])).max().unwrap_or(0);
        // A label may be broken at its blanks, or anywhere where it has none.
        of_cells.max(word(&label).min(10)).max(columns(&label).min(6))
    };
    let natural: Vec<usize> = (0..shown.len()).map(natural).collect();
    GAPS.into_iter().find_map(|gap| {
        let mut widths = natural.clone();
        let room = WIDTH.checked_sub(gap * shown.len().saturating_sub(1))?;
        let may_narrow = |at: &usize| matches!(shown[*at].1.kind, Kind::Text | Kind::Lines);
        let narrowed = |widths: &[usize]| {
            (0..widths.len()).filter(may_narrow).filter(|at| widths[*at] > NARROW).max_by_key(|at| widths[*at])
        };
        while widths.iter().sum::<usize>() > room {
            let at = narrowed(&widths)?;
            widths[at] -= 1;
        }
        Some((widths, gap))
    })
}

/// Breaks text into lines of at most so many columns: at line ends, at blanks, and within what is longer than a line,
/// as Chinese is.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut rest = paragraph.trim_end();
        loop {
            let end = fitting(rest, room.max(2));
            if end == rest.len() {
                lines.push(rest.to_string());
                break;
            }
            let cut = if rest[end..].starts_with(' ') { end } else { rest[..end].rfind(' ').unwrap_or(end) };
            // A word of another script is not left alone at the start of a line.
            let cut = if cut * 3 < end { end } else { cut };
            lines.push(rest[..cut].trim_end().to_string());
            rest = rest[cut..].trim_start();
        }
    }
    lines
}

/// Bytes of the longest start of a text within so many columns; one character at least.
fn fitting(text: &str, room: usize) -> usize {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += columns(c.encode_utf8(&mut [0; 4]));
        if used > room && at > 0 {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_blanks_and_within_what_has_none() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("机械设备制造有限公司", 9), ["机械设备", "制造有限", "公司"]);
        assert_eq!(wrap("a 机械设备制造", 8), ["a 机械设", "备制造"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a\nb", 9), ["a", "b"]);
        assert_eq!(wrap("", 9), [""]);
    }

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(plain("a\u{1b}[2J\u{202e}b\u{9b}\nc"), "a\u{FFFD}[2J\u{FFFD}b\u{FFFD}\u{FFFD}c");
    }
}
