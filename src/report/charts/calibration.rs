//! What was said against what came of it: a dot with its interval per bin, and the line on which both are equal.
//!
//! ```text
//! observed │        ┬ ╱
//!          │      ●╱┴
//!          │    ╱┴
//!          └──────────── said
//! ```

use super::super::ReportError;
use super::Plot;
use super::axis::Scale;
use super::canvas::{Align, BLUE, Canvas, FONT, GREY, INK, RULE, VERMILION, WIDTH};
use super::text;

/// A bin: mean said, share observed with its interval, all 0..1.
#[derive(Clone, Copy, Debug)]
pub struct Bin {
    pub said: f64,
    pub observed: f64,
    pub low: f64,
    pub high: f64,
}

impl Bin {
    /// Whether what was said lies outside the interval of what came of it.
    fn is_off(&self) -> bool {
        self.said < self.low || self.said > self.high
    }
}

pub struct Calibration {
    pub bins: Vec<Bin>,
    pub x_title: String,
    pub y_title: String,
    /// What the dashed line means.
    pub line_means: String,
    /// What a ring means.
    pub off_means: String,
    pub tick: Box<dyn Fn(f64) -> String>,
}

impl Plot for Calibration {
    fn is_empty(&self) -> bool {
        self.bins.is_empty()
    }

    fn size(&self) -> (i32, i32) {
        (WIDTH, 390)
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> Result<(), ReportError> {
        let (left, right, top, bottom) = (64.0, f64::from(WIDTH) - 30.0, 56.0, 334.0);
        let x = Scale::new(0.0, 1.0, left, right);
        let y = Scale::new(0.0, 1.0, bottom, top);
        for tick in [0.0, 0.2, 0.4, 0.6, 0.8, 1.0] {
            canvas.line(&[(left, y.at(tick)), (right, y.at(tick))], RULE, 1.0)?;
            canvas.text(&(self.tick)(tick), (left - 8.0, y.at(tick)), Align::Right, GREY)?;
            canvas.text(&(self.tick)(tick), (x.at(tick), bottom + 16.0), Align::Middle, GREY)?;
        }
        canvas.text(&self.y_title, (8.0, 12.0), Align::Left, GREY)?;
        canvas.text(&self.x_title, ((left + right) / 2.0, bottom + 40.0), Align::Middle, GREY)?;
        let key = right - text::width(&self.line_means, FONT);
        canvas.dashed((key - 36.0, 12.0), (key - 8.0, 12.0), INK, 1.0)?;
        canvas.text(&self.line_means, (key, 12.0), Align::Left, INK)?;
        if self.bins.iter().any(Bin::is_off) {
            let key = right - text::width(&self.off_means, FONT);
            canvas.dot((key - 12.0, 34.0), 4.5, VERMILION, false)?;
            canvas.text(&self.off_means, (key, 34.0), Align::Left, INK)?;
        }
        canvas.dashed((x.at(0.0), y.at(0.0)), (x.at(1.0), y.at(1.0)), INK, 1.0)?;
        for bin in &self.bins {
            let color = if bin.is_off() { VERMILION } else { BLUE };
            let at = x.at(bin.said);
            canvas.line(&[(at, y.at(bin.low)), (at, y.at(bin.high))], color, 2.0)?;
            for end in [bin.low, bin.high] {
                canvas.line(&[(at - 4.0, y.at(end)), (at + 4.0, y.at(end))], color, 1.0)?;
            }
            canvas.dot((at, y.at(bin.observed)), 4.5, color, !bin.is_off())?;
        }
        Ok(())
    }
}
