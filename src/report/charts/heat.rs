//! A table whose cells are the darker the greater their value is; every cell says its value too.
//!
//! ```text
//!          1st   2nd   3rd
//! 2022     █84%  ▓71%  ▒60%
//! 2023     █81%  ▓66%
//! ```

use super::super::ReportError;
use super::Plot;
use super::canvas::{Align, BLUE, Canvas, FONT, GREY, INK, RULE, WIDTH};
use super::text;

const LABEL: f64 = 200.0;
const LINE: f64 = FONT + 3.0;
const MOST_ROWS: usize = 40;
const HEAD_LINES: usize = 3;
/// Opacity of the greatest value: black letters still stand out from it 5 to 1.
const DARKEST: f64 = 0.7;

/// A cell: how dark it is, of 0 to 1, and what it says in one or two lines.
#[derive(Clone, Debug, Default)]
pub struct Shade {
    pub value: Option<f64>,
    pub lines: Vec<String>,
}

pub struct Heat {
    pub columns: Vec<String>,
    /// Label and cells; a row may be shorter than the head.
    pub rows: Vec<(String, Vec<Shade>)>,
    /// What the columns are.
    pub x_title: String,
    /// The value that is darkest.
    pub most: f64,
}

impl Heat {
    /// Columns that can stand beside each other with their words; the table beneath has them all.
    fn across(&self) -> usize {
        let cells = self.rows.iter().take(MOST_ROWS).flat_map(|(_, cells)| cells).flat_map(|c| &c.lines);
        let widest = cells.map(|line| text::width(line, FONT)).fold(40.0, f64::max);
        let room = ((f64::from(WIDTH) - LABEL) / (widest + 10.0)).floor() as usize;
        self.columns.len().min(room.max(1))
    }

    fn step(&self) -> f64 {
        ((f64::from(WIDTH) - LABEL - 4.0) / self.across().max(1) as f64).min(140.0)
    }

    fn heads(&self) -> Vec<Vec<String>> {
        let step = self.step();
        self.columns.iter().take(self.across()).map(|c| text::wrap(c, FONT, step - 8.0, HEAD_LINES)).collect()
    }

    fn top(&self) -> f64 {
        28.0 + LINE * self.heads().iter().map(Vec::len).max().unwrap_or(1) as f64
    }

    fn row_height(&self) -> f64 {
        let lines = self.rows.iter().take(MOST_ROWS).flat_map(|(_, cells)| cells).map(|c| c.lines.len()).max();
        let label =
            self.rows.iter().take(MOST_ROWS).map(|(label, _)| text::wrap(label, FONT, LABEL - 16.0, 2).len()).max();
        8.0 + LINE * lines.max(label).unwrap_or(1).max(1) as f64
    }
}

impl Plot for Heat {
    fn is_empty(&self) -> bool {
        self.rows.iter().all(|(_, cells)| cells.iter().all(|c| c.value.is_none()))
    }

    fn size(&self) -> (i32, i32) {
        let rows = self.rows.len().min(MOST_ROWS) as f64;
        (WIDTH, (self.top() + self.row_height() * rows + 6.0) as i32)
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> Result<(), ReportError> {
        let (across, step, top, height) = (self.across(), self.step(), self.top(), self.row_height());
        canvas.text(&self.x_title, (LABEL, 12.0), Align::Left, GREY)?;
        let middle = |column: usize| LABEL + step * (column as f64 + 0.5);
        for (n, head) in self.heads().iter().enumerate() {
            for (line, words) in head.iter().enumerate() {
                canvas.text(words, (middle(n), 32.0 + LINE * line as f64), Align::Middle, INK)?;
            }
        }
        for (n, (label, cells)) in self.rows.iter().take(MOST_ROWS).enumerate() {
            let y = top + height * n as f64;
            canvas.label(&text::wrap(label, FONT, LABEL - 16.0, 2), (LABEL - 10.0, y + height / 2.0), INK)?;
            for (column, cell) in cells.iter().take(across).enumerate() {
                let (x0, x1) = (LABEL + step * column as f64, LABEL + step * (column as f64 + 1.0));
                let dark = cell.value.map_or(0.0, |v| (v / self.most.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0));
                if cell.value.is_some() {
                    let outline = [
                        (x0 + 1.0, y + 1.0),
                        (x1 - 1.0, y + 1.0),
                        (x1 - 1.0, y + height - 1.0),
                        (x0 + 1.0, y + height - 1.0),
                    ];
                    canvas.area(&outline, BLUE, DARKEST * (0.1 + 0.9 * dark))?;
                }
                let first = y + height / 2.0 - LINE * (cell.lines.len() as f64 - 1.0) / 2.0;
                for (line, words) in cell.lines.iter().enumerate() {
                    canvas.text(words, (middle(column), first + LINE * line as f64), Align::Middle, INK)?;
                }
            }
            canvas.line(&[(0.0, y + height), (LABEL + step * across as f64, y + height)], RULE, 1.0)?;
        }
        Ok(())
    }
}
