//! A value over periods with its interval; values that can still change are rings on a dashed line.

use super::super::ReportError;
use super::Plot;
use super::axis::{Scale, ticks};
use super::canvas::{Align, BLUE, Canvas, FONT, GREY, INK, RULE, SKY, WIDTH};
use super::text;

#[derive(Clone, Debug)]
pub struct Point {
    /// The period, short.
    pub label: String,
    /// `None` leaves a gap.
    pub value: Option<f64>,
    pub interval: Option<(f64, f64)>,
    /// Whether the value can no longer change.
    pub settled: bool,
}

pub struct Trend {
    pub points: Vec<Point>,
    pub y_title: String,
    /// What a ring means.
    pub open_means: String,
    pub tick: Box<dyn Fn(f64) -> String>,
}

impl Plot for Trend {
    fn is_empty(&self) -> bool {
        self.points.iter().all(|p| p.value.is_none())
    }

    fn size(&self) -> (i32, i32) {
        (WIDTH, 320)
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> Result<(), ReportError> {
        let (left, right, top, bottom) = (64.0, f64::from(WIDTH) - 30.0, 40.0, 280.0);
        let values = self.points.iter().flat_map(|p| p.value.into_iter().chain(p.interval.map(|i| i.1)));
        let marks = ticks(0.0, values.fold(0.0, f64::max), 5);
        let y = Scale::new(0.0, marks.last().copied().unwrap_or(1.0), bottom, top);
        let step = (right - left) / self.points.len().max(1) as f64;
        let x = |n: usize| left + step * (n as f64 + 0.5);
        for tick in &marks {
            canvas.line(&[(left, y.at(*tick)), (right, y.at(*tick))], RULE, 1.0)?;
            canvas.text(&(self.tick)(*tick), (left - 8.0, y.at(*tick)), Align::Right, GREY)?;
        }
        let widest = self.points.iter().map(|p| text::width(&p.label, FONT)).fold(1.0, f64::max);
        let every = ((widest + 10.0) / step).ceil().max(1.0) as usize;
        let last = self.points.len().saturating_sub(1);
        for (n, point) in self.points.iter().enumerate().filter(|(n, _)| (last - n).is_multiple_of(every)) {
            canvas.text(&point.label, (x(n), bottom + 18.0), Align::Middle, GREY)?;
        }
        canvas.text(&self.y_title, (8.0, 12.0), Align::Left, GREY)?;
        if self.points.iter().any(|p| p.value.is_some() && !p.settled) {
            let at = right - text::width(&self.open_means, FONT);
            canvas.dot((at - 10.0, 12.0), 4.5, BLUE, false)?;
            canvas.text(&self.open_means, (at, 12.0), Align::Left, INK)?;
        }
        self.bands(canvas, &y, &x)?;
        let drawn: Vec<_> =
            self.points.iter().enumerate().filter_map(|(n, p)| Some((n, p.value?, p.settled))).collect();
        for pair in drawn.windows(2) {
            let [(a, from, one), (b, to, two)] = pair else { continue };
            let (from, to) = ((x(*a), y.at(*from)), (x(*b), y.at(*to)));
            if b - a > 1 {
                continue;
            }
            if *one && *two { canvas.line(&[from, to], BLUE, 2.0)? } else { canvas.dashed(from, to, BLUE, 2.0)? }
        }
        for (n, value, settled) in drawn {
            canvas.dot((x(n), y.at(value)), 4.0, BLUE, settled)?;
        }
        Ok(())
    }
}

impl Trend {
    /// The interval of each unbroken stretch as one shaded band; of a single point as a bar.
    fn bands(&self, canvas: &mut Canvas<'_>, y: &Scale, x: &dyn Fn(usize) -> f64) -> Result<(), ReportError> {
        let mut stretch: Vec<(f64, f64, f64)> = Vec::new();
        for n in 0..=self.points.len() {
            if let Some((low, high)) = self.points.get(n).and_then(|p| p.interval) {
                stretch.push((x(n), y.at(low), y.at(high)));
                continue;
            }
            match stretch.as_slice() {
                [] => {}
                [(at, low, high)] => canvas.line(&[(*at, *low), (*at, *high)], SKY, 3.0)?,
                many => {
                    let upper = many.iter().map(|(at, _, high)| (*at, *high));
                    let lower = many.iter().rev().map(|(at, low, _)| (*at, *low));
                    canvas.area(&upper.chain(lower).collect::<Vec<_>>(), SKY, 0.3)?;
                }
            }
            stretch.clear();
        }
        Ok(())
    }
}
