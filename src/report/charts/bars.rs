//! One bar a category, from zero, its value beside it.

use super::super::ReportError;
use super::Plot;
use super::axis::Scale;
use super::canvas::{Align, BLUE, Canvas, FONT, GREY, INK, WIDTH};
use super::text;

const LABEL: f64 = 210.0;
const MOST: usize = 40;

/// Bars of values at least 0; the table beneath has those that do not fit.
pub struct Bars {
    /// Label, value, the value in words.
    pub items: Vec<(String, f64, String)>,
}

impl Bars {
    fn rows(&self) -> Vec<(Vec<String>, f64, &str)> {
        let wrapped = |label: &str| text::wrap(label, FONT, LABEL - 16.0, 2);
        self.items.iter().take(MOST).map(|(label, value, shown)| (wrapped(label), *value, shown.as_str())).collect()
    }

    fn row_height(rows: &[(Vec<String>, f64, &str)]) -> f64 {
        if rows.iter().any(|(lines, _, _)| lines.len() > 1) { 38.0 } else { 26.0 }
    }
}

impl Plot for Bars {
    fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    fn size(&self) -> (i32, i32) {
        let rows = self.rows();
        (WIDTH, (20.0 + Self::row_height(&rows) * rows.len() as f64) as i32)
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> Result<(), ReportError> {
        let rows = self.rows();
        let height = Self::row_height(&rows);
        let widest = rows.iter().map(|(_, _, shown)| text::width(shown, FONT)).fold(0.0, f64::max);
        let most = rows.iter().map(|(_, value, _)| *value).fold(0.0, f64::max);
        let scale = Scale::new(0.0, most, LABEL, f64::from(WIDTH) - widest - 16.0);
        for (n, (lines, value, shown)) in rows.iter().enumerate() {
            let y = 10.0 + height * (n as f64 + 0.5);
            let end = scale.at(value.max(0.0));
            canvas.label(lines, (LABEL - 10.0, y), INK)?;
            canvas.rect((LABEL, y - 8.0), (end.max(LABEL + 1.0), y + 8.0), BLUE)?;
            canvas.text(shown, (end + 8.0, y), Align::Left, INK)?;
        }
        canvas.line(&[(LABEL, 6.0), (LABEL, 14.0 + height * rows.len() as f64)], GREY, 1.0)
    }
}
