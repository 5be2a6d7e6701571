//! A dot with its interval per category, on one scale that holds zero.
//!
//! ```text
//! Machinery  ├──●──┤        23%
//! Food            ├────●────┤  41%
//!            0%   20%   40%
//! ```

use super::super::ReportError;
use super::Plot;
use super::axis::{Scale, ticks};
use super::canvas::{Align, BLUE, Canvas, FONT, GREY, INK, RULE, VERMILION, WIDTH};
use super::text;

/// The most categories that are drawn; the table beneath has them all.
pub const MOST: usize = 40;
const LABEL: f64 = 210.0;

/// A category's value with its interval; `marked` ones are drawn as rings in the second colour.
#[derive(Clone, Debug)]
pub struct Interval {
    pub label: String,
    pub value: f64,
    pub low: f64,
    pub high: f64,
    pub marked: bool,
    /// The value in words, e.g. `23.1%`.
    pub shown: String,
}

pub struct DotPlot {
    pub items: Vec<Interval>,
    /// A value of the whole, drawn as a dashed line, with its label.
    pub reference: Option<(f64, String)>,
    /// What the marked rings mean.
    pub marked_means: String,
    pub tick: Box<dyn Fn(f64) -> String>,
}

impl DotPlot {
    fn rows(&self) -> Vec<(&Interval, Vec<String>)> {
        let wrapped = |item: &'_ Interval| text::wrap(&item.label, FONT, LABEL - 16.0, 2);
        self.items.iter().take(MOST).map(|item| (item, wrapped(item))).collect()
    }

    fn row_height(rows: &[(&Interval, Vec<String>)]) -> f64 {
        if rows.iter().any(|(_, lines)| lines.len() > 1) { 36.0 } else { 24.0 }
    }

    fn has_marks(&self) -> bool {
        self.items.iter().take(MOST).any(|i| i.marked)
    }

    fn top(&self) -> f64 {
        let lines = usize::from(self.reference.is_some()) + usize::from(self.has_marks());
        10.0 + 22.0 * lines as f64
    }
}

impl Plot for DotPlot {
    fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    fn size(&self) -> (i32, i32) {
        let rows = self.rows();
        (WIDTH, (self.top() + Self::row_height(&rows) * rows.len() as f64 + 34.0) as i32)
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> Result<(), ReportError> {
        let rows = self.rows();
        let height = Self::row_height(&rows);
        let widest = rows.iter().map(|(i, _)| text::width(&i.shown, FONT)).fold(0.0, f64::max);
        let most = rows.iter().map(|(i, _)| i.high).chain(self.reference.iter().map(|r| r.0)).fold(0.0, f64::max);
        let least = rows.iter().map(|(i, _)| i.low).fold(0.0, f64::min);
        let ticks = ticks(least, most, 5);
        let top = self.top();
        let bottom = top + height * rows.len() as f64;
        let right = f64::from(WIDTH) - widest - 20.0;
        let scale =
            Scale::new(ticks.first().copied().unwrap_or(0.0), ticks.last().copied().unwrap_or(1.0), LABEL, right);
        for tick in &ticks {
            let x = scale.at(*tick);
            canvas.line(&[(x, top), (x, bottom)], RULE, 1.0)?;
            canvas.text(&(self.tick)(*tick), (x, bottom + 16.0), Align::Middle, GREY)?;
        }
        let mut key = 12.0;
        if let Some((value, label)) = &self.reference {
            let x = scale.at(*value);
            canvas.dashed((x, top - 4.0), (x, bottom), INK, 1.0)?;
            let half = text::width(label, FONT) / 2.0;
            let middle = x.clamp(half + 4.0, (f64::from(WIDTH) - half - 4.0).max(half + 4.0));
            canvas.text(label, (middle, top - 14.0), Align::Middle, INK)?;
        }
        if self.has_marks() {
            canvas.dot((LABEL + 4.0, key), 4.5, VERMILION, false)?;
            canvas.text(&self.marked_means, (LABEL + 14.0, key), Align::Left, INK)?;
            key += 20.0;
        }
        debug_assert!(key <= top + 12.0);
        for (n, (item, lines)) in rows.iter().enumerate() {
            let y = top + height * (n as f64 + 0.5);
            let color = if item.marked { VERMILION } else { BLUE };
            canvas.label(lines, (LABEL - 12.0, y), INK)?;
            let (low, high) = (scale.at(item.low), scale.at(item.high));
            canvas.line(&[(low, y), (high, y)], color, 2.0)?;
            canvas.line(&[(low, y - 4.0), (low, y + 4.0)], color, 1.0)?;
            canvas.line(&[(high, y - 4.0), (high, y + 4.0)], color, 1.0)?;
            canvas.dot((scale.at(item.value), y), 4.5, color, !item.marked)?;
            canvas.text(&item.shown, (f64::from(WIDTH) - 6.0, y), Align::Right, INK)?;
        }
        Ok(())
    }
}
