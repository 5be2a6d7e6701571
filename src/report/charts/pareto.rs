//! The Pareto curve: which share of the profit the best clients bring, best first.
//!
//! ```text
//! 100% ┤      ╭────────
//!  80% ┤----╭─╯┆
//!      ┤  ╭─╯  ┆ 24 clients make 80%
//!   0% ┼──╯────┴────────
//! ```

use super::super::ReportError;
use super::Plot;
use super::axis::{Scale, ticks};
use super::canvas::{Align, BLUE, Canvas, FONT, GREY, INK, RULE, SKY, VERMILION, WIDTH};
use super::text;

/// The most points of the curve; more add nothing to see.
const POINTS: usize = 400;

pub struct Pareto {
    /// Share of the profit up to each client, itself included, best first.
    pub cumulative: Vec<f64>,
    /// How many clients make 80 %, with the sentence that says it.
    pub mark: Option<(usize, String)>,
    pub x_title: String,
    pub y_title: String,
    pub tick: Box<dyn Fn(f64) -> String>,
}

impl Pareto {
    /// Share of clients and share of profit, thinned out; the first and the last point stay.
    fn points(&self) -> Vec<(f64, f64)> {
        let n = self.cumulative.len();
        let step = n.div_ceil(POINTS).max(1);
        let mut out = vec![(0.0, 0.0)];
        for (i, share) in self.cumulative.iter().enumerate() {
            if (i + 1).is_multiple_of(step) || i + 1 == n {
                out.push(((i + 1) as f64 / n as f64, *share));
            }
        }
        out
    }
}

impl Plot for Pareto {
    fn is_empty(&self) -> bool {
        self.cumulative.is_empty()
    }

    fn size(&self) -> (i32, i32) {
        (WIDTH, 380)
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> Result<(), ReportError> {
        let points = self.points();
        let (low, high) =
            points.iter().fold((0f64, 1f64), |(low, high), (_, share)| (low.min(*share), high.max(*share)));
        let marks = ticks(low, high, 5);
        let (left, right, top, bottom) = (64.0, f64::from(WIDTH) - 24.0, 34.0, 326.0);
        let first = marks.first().copied().unwrap_or(0.0);
        let y = Scale::new(first, marks.last().copied().unwrap_or(1.0), bottom, top);
        let x = Scale::new(0.0, 1.0, left, right);
        for tick in &marks {
            canvas.line(&[(left, y.at(*tick)), (right, y.at(*tick))], RULE, 1.0)?;
            canvas.text(&(self.tick)(*tick), (left - 8.0, y.at(*tick)), Align::Right, GREY)?;
        }
        for tick in [0.0, 0.2, 0.4, 0.6, 0.8, 1.0] {
            canvas.text(&(self.tick)(tick), (x.at(tick), bottom + 16.0), Align::Middle, GREY)?;
        }
        canvas.text(&self.y_title, (8.0, 12.0), Align::Left, GREY)?;
        canvas.text(&self.x_title, ((left + right) / 2.0, bottom + 40.0), Align::Middle, GREY)?;
        let curve: Vec<_> = points.iter().map(|(a, b)| (x.at(*a), y.at(*b))).collect();
        let mut under = curve.clone();
        under.extend([(right, y.at(0.0)), (left, y.at(0.0))]);
        canvas.area(&under, SKY, 0.25)?;
        canvas.line(&curve, BLUE, 2.0)?;
        if let Some((clients, sentence)) = &self.mark {
            let share = *clients as f64 / self.cumulative.len() as f64;
            let at = (x.at(share), y.at(0.8));
            canvas.dashed((left, at.1), at, VERMILION, 1.0)?;
            canvas.dashed(at, (at.0, y.at(0.0)), VERMILION, 1.0)?;
            canvas.dot(at, 4.0, VERMILION, true)?;
            let wide = text::width(sentence, FONT);
            let (place, align) = if at.0 + 12.0 + wide < right {
                (at.0 + 12.0, Align::Left)
            } else {
                ((at.0 - 12.0).max(left + wide), Align::Right)
            };
            canvas.text(sentence, (place, (y.at(0.0) + at.1) / 2.0), align, INK)?;
        }
        Ok(())
    }
}
