//! Small multiples: the same kind of line for each of several groups, all on one scale, three beside each other.
//!
//! ```text
//! Machinery         Food              Textiles
//! 40% ──●──●──● 31%  ──●──●──● 12%     ──●──●──● 22%
//!  0%
//! ```

use super::super::ReportError;
use super::Plot;
use super::axis::{Scale, ticks};
use super::canvas::{Align, BLUE, Canvas, FONT, GREY, INK, RULE, SKY, VERMILION, WIDTH};
use super::text;

const ACROSS: usize = 3;
const LEFT: f64 = 56.0;
/// Room for the latest value beside a panel.
const BESIDE: f64 = 52.0;
const GAP: f64 = 10.0;
/// Room for the name above a panel, two lines.
const NAME: f64 = 40.0;
const HEIGHT: f64 = 96.0;
const FOOT: f64 = 30.0;

/// A group. Its lists are as long as the labels; what is unknown leaves a gap.
#[derive(Clone, Debug, Default)]
pub struct Panel {
    pub name: String,
    pub points: Vec<Option<f64>>,
    pub intervals: Vec<Option<(f64, f64)>>,
    /// A model of the points, drawn as a dashed line.
    pub curve: Vec<Option<f64>>,
    /// Whether the last point can still change.
    pub last_is_open: bool,
    /// The latest value in words.
    pub shown: String,
}

pub struct Panels {
    pub panels: Vec<Panel>,
    /// The periods or numbers under every panel.
    pub labels: Vec<String>,
    /// A line through the points.
    pub joined: bool,
    pub y_title: String,
    /// What dots, curve and rings are, as far as there are any.
    pub points_mean: Option<String>,
    pub curve_means: Option<String>,
    pub open_means: Option<String>,
    pub tick: Box<dyn Fn(f64) -> String>,
}

impl Panels {
    /// The one scale of all panels, from zero.
    fn marks(&self) -> Vec<f64> {
        let of = |p: &Panel| {
            let tops = p.intervals.iter().flatten().map(|i| i.1);
            p.points.iter().chain(&p.curve).copied().flatten().chain(tops).fold(0.0, f64::max)
        };
        let most = self.panels.iter().map(of).fold(0.0, f64::max);
        ticks(0.0, if most > 0.0 { most } else { 1.0 }, 3)
    }

    fn has_open(&self) -> bool {
        self.panels.iter().any(|p| p.last_is_open && p.points.last().is_some_and(Option::is_some))
    }

    /// What the curves are, where there is one.
    fn curve_key(&self) -> Option<&String> {
        self.curve_means.as_ref().filter(|_| self.panels.iter().any(|p| p.curve.iter().any(Option::is_some)))
    }

    /// The key's lines: the axis' title with the dots, then curve and ring.
    fn top(&self) -> f64 {
        let more = self.curve_key().is_some() || (self.open_means.is_some() && self.has_open());
        if more { 46.0 } else { 24.0 }
    }
}

impl Plot for Panels {
    fn is_empty(&self) -> bool {
        self.panels.iter().all(|p| p.points.iter().all(Option::is_none))
    }

    fn size(&self) -> (i32, i32) {
        let rows = self.panels.len().div_ceil(ACROSS) as f64;
        (WIDTH, (self.top() + (NAME + HEIGHT + FOOT) * rows) as i32)
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> Result<(), ReportError> {
        let marks = self.marks();
        let wide = (f64::from(WIDTH) - LEFT) / ACROSS as f64;
        self.key(canvas)?;
        for (n, panel) in self.panels.iter().enumerate() {
            let left = LEFT + wide * (n % ACROSS) as f64;
            let right = left + wide - BESIDE - GAP;
            let top = self.top() + (NAME + HEIGHT + FOOT) * (n / ACROSS) as f64 + NAME;
            let y = Scale::new(0.0, marks.last().copied().unwrap_or(1.0), top + HEIGHT, top);
            for tick in &marks {
                canvas.line(&[(left, y.at(*tick)), (right, y.at(*tick))], RULE, 1.0)?;
                if n % ACROSS == 0 {
                    canvas.text(&(self.tick)(*tick), (left - 6.0, y.at(*tick)), Align::Right, GREY)?;
                }
            }
            let name = text::wrap(&panel.name, FONT, wide - GAP - 6.0, 2);
            for (line, words) in name.iter().rev().enumerate() {
                canvas.text(words, (left, top - 14.0 - (FONT + 3.0) * line as f64), Align::Left, INK)?;
            }
            self.foot(canvas, left, right, top + HEIGHT + 14.0)?;
            let step = (right - left) / self.labels.len().max(1) as f64;
            self.panel(canvas, panel, &y, &|at| left + step * (at as f64 + 0.5))?;
        }
        Ok(())
    }
}

impl Panels {
    fn key(&self, canvas: &mut Canvas<'_>) -> Result<(), ReportError> {
        canvas.text(&self.y_title, (8.0, 12.0), Align::Left, GREY)?;
        let mut right = f64::from(WIDTH) - 10.0;
        if let Some(means) = &self.points_mean {
            right -= text::width(means, FONT);
            canvas.dot((right - 10.0, 12.0), 3.5, BLUE, true)?;
            canvas.text(means, (right, 12.0), Align::Left, INK)?;
        }
        let mut at = LEFT;
        if let Some(means) = self.curve_key() {
            canvas.dashed((at, 34.0), (at + 26.0, 34.0), VERMILION, 2.0)?;
            canvas.text(means, (at + 34.0, 34.0), Align::Left, INK)?;
            at += 60.0 + text::width(means, FONT);
        }
        if let Some(means) = self.open_means.as_ref().filter(|_| self.has_open()) {
            canvas.dot((at + 4.0, 34.0), 3.5, BLUE, false)?;
            canvas.text(means, (at + 14.0, 34.0), Align::Left, INK)?;
        }
        Ok(())
    }

    /// The first and the last label; the middle one too where there is room.
    fn foot(&self, canvas: &mut Canvas<'_>, left: f64, right: f64, y: f64) -> Result<(), ReportError> {
        let [first, .., last] = self.labels.as_slice() else {
            return self.labels.first().map_or(Ok(()), |one| canvas.text(one, (left, y), Align::Left, GREY));
        };
        let both = text::width(first, FONT) + text::width(last, FONT) + 8.0;
        if both < right - left + BESIDE {
            canvas.text(first, (left, y), Align::Left, GREY)?;
        }
        canvas.text(last, (right + 8.0, y), Align::Right, GREY)
    }

    fn panel(
        &self,
        canvas: &mut Canvas<'_>,
        panel: &Panel,
        y: &Scale,
        x: &dyn Fn(usize) -> f64,
    ) -> Result<(), ReportError> {
        for (at, interval) in panel.intervals.iter().enumerate() {
            if let Some((low, high)) = interval {
                canvas.line(&[(x(at), y.at(*low)), (x(at), y.at(*high))], SKY, 2.0)?;
            }
        }
        for (at, pair) in panel.curve.windows(2).enumerate() {
            if let [Some(from), Some(to)] = pair {
                canvas.dashed((x(at), y.at(*from)), (x(at + 1), y.at(*to)), VERMILION, 2.0)?;
            }
        }
        let last = panel.points.len().saturating_sub(1);
        for (at, pair) in panel.points.windows(2).enumerate().filter(|_| self.joined) {
            if let [Some(from), Some(to)] = pair {
                let (from, to) = ((x(at), y.at(*from)), (x(at + 1), y.at(*to)));
                if panel.last_is_open && at + 1 == last {
                    canvas.dashed(from, to, BLUE, 1.5)?;
                } else {
                    canvas.line(&[from, to], BLUE, 1.5)?;
                }
            }
        }
        for (at, value) in panel.points.iter().enumerate().filter_map(|(at, v)| Some((at, (*v)?))) {
            canvas.dot((x(at), y.at(value)), 3.5, BLUE, !(panel.last_is_open && at == last))?;
        }
        let latest = panel.points.iter().enumerate().filter_map(|(at, v)| Some((at, (*v)?))).next_back();
        latest.map_or(Ok(()), |(at, value)| canvas.text(&panel.shown, (x(at) + 9.0, y.at(value)), Align::Left, INK))
    }
}
