//! Two values of the same thing over periods, from a common scale that need not begin at zero: full dots on a line
//! against rings on a dashed one.

use super::super::ReportError;
use super::Plot;
use super::axis::{Scale, ticks};
use super::canvas::{Align, BLUE, Canvas, FONT, GREY, INK, RULE, VERMILION, WIDTH};
use super::text;

/// A period's two values; a missing one leaves a gap.
#[derive(Clone, Debug)]
pub struct Pair {
    pub label: String,
    pub ours: Option<f64>,
    pub theirs: Option<f64>,
}

pub struct Versus {
    pub pairs: Vec<Pair>,
    pub y_title: String,
    pub ours_means: String,
    pub theirs_means: String,
    pub tick: Box<dyn Fn(f64) -> String>,
}

impl Plot for Versus {
    fn is_empty(&self) -> bool {
        self.pairs.iter().all(|p| p.ours.is_none() && p.theirs.is_none())
    }

    fn size(&self) -> (i32, i32) {
        (WIDTH, 300)
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> Result<(), ReportError> {
        let (left, right, top, bottom) = (64.0, f64::from(WIDTH) - 30.0, 44.0, 256.0);
        let values: Vec<f64> = self.pairs.iter().flat_map(|p| [p.ours, p.theirs]).flatten().collect();
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        // One value alone is still given some room.
        let marks = ticks(low, high.max(low + 0.01), 4);
        let y = Scale::new(marks[0], marks.last().copied().unwrap_or(1.0), bottom, top);
        let step = (right - left) / self.pairs.len().max(1) as f64;
        let x = |n: usize| left + step * (n as f64 + 0.5);
        for tick in &marks {
            canvas.line(&[(left, y.at(*tick)), (right, y.at(*tick))], RULE, 1.0)?;
            canvas.text(&(self.tick)(*tick), (left - 8.0, y.at(*tick)), Align::Right, GREY)?;
        }
        let widest = self.pairs.iter().map(|p| text::width(&p.label, FONT)).fold(1.0, f64::max);
        let every = ((widest + 10.0) / step).ceil().max(1.0) as usize;
        let last = self.pairs.len().saturating_sub(1);
        for (n, pair) in self.pairs.iter().enumerate().filter(|(n, _)| (last - n).is_multiple_of(every)) {
            canvas.text(&pair.label, (x(n), bottom + 18.0), Align::Middle, GREY)?;
        }
        canvas.text(&self.y_title, (8.0, 12.0), Align::Left, GREY)?;
        let mut key = right;
        for (means, color, full) in [(&self.theirs_means, VERMILION, false), (&self.ours_means, BLUE, true)] {
            key -= text::width(means, FONT);
            canvas.dot((key - 10.0, 12.0), 4.5, color, full)?;
            canvas.text(means, (key, 12.0), Align::Left, INK)?;
            key -= 34.0;
        }
        self.series(canvas, (&x, &y), |p| p.theirs, false)?;
        self.series(canvas, (&x, &y), |p| p.ours, true)
    }
}

impl Versus {
    fn series(
        &self,
        canvas: &mut Canvas<'_>,
        (x, y): (&dyn Fn(usize) -> f64, &Scale),
        of: fn(&Pair) -> Option<f64>,
        full: bool,
    ) -> Result<(), ReportError> {
        let color = if full { BLUE } else { VERMILION };
        let at: Vec<_> = self.pairs.iter().enumerate().map(|(n, p)| of(p).map(|v| (x(n), y.at(v)))).collect();
        for pair in at.windows(2) {
            if let [Some(from), Some(to)] = pair {
                if full { canvas.line(&[*from, *to], color, 2.0)? } else { canvas.dashed(*from, *to, color, 2.0)? }
            }
        }
        at.into_iter().flatten().try_for_each(|point| canvas.dot(point, 4.5, color, full))
    }
}
