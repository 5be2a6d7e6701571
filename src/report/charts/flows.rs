//! What came and what went in each period: bars up and down from zero.
//!
//! ```text
//!  +10 ┤ ▓▓ ▓▓ ▓▓   new, won back
//!    0 ┼─██─██─██──
//!  −10 ┤ ▒▒ ▒▒      lost
//! ```

use super::super::ReportError;
use super::Plot;
use super::axis::{Scale, ticks};
use super::canvas::{Align, BLUE, Canvas, FONT, GREY, INK, RULE, SKY, VERMILION, WIDTH};
use super::text;

/// A period: two parts that came, one that went, all at least 0.
#[derive(Clone, Debug)]
pub struct Flow {
    pub label: String,
    pub came: [f64; 2],
    pub went: f64,
}

pub struct Flows {
    pub periods: Vec<Flow>,
    /// What the two parts that came and the one that went are.
    pub came_mean: [String; 2],
    pub went_means: String,
    pub y_title: String,
    pub tick: Box<dyn Fn(f64) -> String>,
}

impl Plot for Flows {
    fn is_empty(&self) -> bool {
        self.periods.iter().all(|p| p.came[0] + p.came[1] + p.went == 0.0)
    }

    fn size(&self) -> (i32, i32) {
        (WIDTH, 300)
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> Result<(), ReportError> {
        let (left, right, top, bottom) = (64.0, f64::from(WIDTH) - 10.0, 56.0, 262.0);
        let most = self.periods.iter().map(|p| p.came[0] + p.came[1]).fold(0.0, f64::max);
        let least = self.periods.iter().map(|p| -p.went).fold(0.0, f64::min);
        let marks = ticks(least, most, 5);
        let first = marks.first().copied().unwrap_or(0.0);
        let y = Scale::new(first, marks.last().copied().unwrap_or(1.0), bottom, top);
        let step = (right - left) / self.periods.len().max(1) as f64;
        for tick in &marks {
            canvas.line(&[(left, y.at(*tick)), (right, y.at(*tick))], RULE, 1.0)?;
            canvas.text(&(self.tick)(*tick), (left - 8.0, y.at(*tick)), Align::Right, GREY)?;
        }
        canvas.text(&self.y_title, (8.0, 12.0), Align::Left, GREY)?;
        let mut key = left;
        let [new, back] = &self.came_mean;
        for (means, color) in [(new, BLUE), (back, SKY), (&self.went_means, VERMILION)] {
            canvas.rect((key, 28.0), (key + 12.0, 40.0), color)?;
            canvas.text(means, (key + 18.0, 34.0), Align::Left, INK)?;
            key += 42.0 + text::width(means, FONT);
        }
        for (n, period) in self.periods.iter().enumerate() {
            let (x0, x1) = (left + step * (n as f64 + 0.18), left + step * (n as f64 + 0.82));
            let mut bar =
                |from: f64, to: f64, color| canvas.rect((x0, y.at(from.max(to))), (x1, y.at(from.min(to))), color);
            bar(0.0, period.came[0], BLUE)?;
            bar(period.came[0], period.came[0] + period.came[1], SKY)?;
            bar(0.0, -period.went, VERMILION)?;
        }
        let widest = self.periods.iter().map(|p| text::width(&p.label, FONT)).fold(1.0, f64::max);
        let every = ((widest + 10.0) / step).ceil().max(1.0) as usize;
        let last = self.periods.len().saturating_sub(1);
        for (n, period) in self.periods.iter().enumerate().filter(|(n, _)| (last - n).is_multiple_of(every)) {
            let middle =
                (left + step * (n as f64 + 0.5)).min(f64::from(WIDTH) - text::width(&period.label, FONT) / 2.0 - 2.0);
            canvas.text(&period.label, (middle, bottom + 18.0), Align::Middle, GREY)?;
        }
        canvas.line(&[(left, y.at(0.0)), (right, y.at(0.0))], INK, 1.0)
    }
}
