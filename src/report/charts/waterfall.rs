//! From a first amount to a last by what was added and taken away: bars from zero, floating bars between them.
//!
//! ```text
//! ┃█┃ +12 ┃▒┃ −9  ┃█┃
//! ┃█┃ ────────────┃█┃
//! open new  lost  close
//! ```

use super::super::ReportError;
use super::Plot;
use super::axis::{Scale, ticks};
use super::canvas::{Align, BLUE, Canvas, FONT, GREY, INK, RULE, VERMILION, WIDTH};
use super::text;

const LEFT: f64 = 70.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 280.0;
/// Lines of a label under a bar.
const LINES: usize = 3;

/// A bar.
#[derive(Clone, Debug)]
pub struct Step {
    pub label: String,
    /// A total stands on zero; a change adds to what is reached, or takes away where it is below 0.
    pub value: f64,
    pub is_total: bool,
    /// The value in words, a change with its sign.
    pub shown: String,
}

pub struct Waterfall {
    pub steps: Vec<Step>,
    pub y_title: String,
    pub tick: Box<dyn Fn(f64) -> String>,
}

impl Waterfall {
    fn step(&self) -> f64 {
        (f64::from(WIDTH) - 10.0 - LEFT) / self.steps.len().max(1) as f64
    }

    fn labels(&self) -> Vec<Vec<String>> {
        self.steps.iter().map(|s| text::wrap(&s.label, FONT, self.step() - 8.0, LINES)).collect()
    }

    /// Where each bar begins and ends.
    fn spans(&self) -> Vec<(f64, f64)> {
        let mut reached = 0.0;
        let span = |step: &Step| {
            let from = if step.is_total { 0.0 } else { reached };
            reached = from + step.value;
            (from, reached)
        };
        self.steps.iter().map(span).collect()
    }
}

impl Plot for Waterfall {
    fn is_empty(&self) -> bool {
        self.steps.iter().all(|s| s.value == 0.0)
    }

    fn size(&self) -> (i32, i32) {
        let lines = self.labels().iter().map(Vec::len).max().unwrap_or(1);
        (WIDTH, (BOTTOM + 14.0 + (FONT + 3.0) * lines as f64) as i32)
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> Result<(), ReportError> {
        let spans = self.spans();
        let ends = || spans.iter().flat_map(|(a, b)| [*a, *b]);
        let marks = ticks(ends().fold(0.0, f64::min), ends().fold(0.0, f64::max), 5);
        let first = marks.first().copied().unwrap_or(0.0);
        let y = Scale::new(first, marks.last().copied().unwrap_or(1.0), BOTTOM, TOP);
        let right = f64::from(WIDTH) - 10.0;
        let (step, labels) = (self.step(), self.labels());
        for tick in &marks {
            canvas.line(&[(LEFT, y.at(*tick)), (right, y.at(*tick))], RULE, 1.0)?;
            canvas.text(&(self.tick)(*tick), (LEFT - 8.0, y.at(*tick)), Align::Right, GREY)?;
        }
        canvas.text(&self.y_title, (8.0, 12.0), Align::Left, GREY)?;
        for (n, (bar, (from, to))) in self.steps.iter().zip(&spans).enumerate() {
            let (x0, x1) = (LEFT + step * (n as f64 + 0.16), LEFT + step * (n as f64 + 0.84));
            let (high, low) = (y.at(from.max(*to)), y.at(from.min(*to)));
            let color = match bar {
                Step { is_total: true, .. } => GREY,
                Step { value, .. } if *value < 0.0 => VERMILION,
                Step { .. } => BLUE,
            };
            // A change that is too small to see is still a line.
            canvas.rect((x0, high), (x1, low.max(high + 1.0)), color)?;
            if n + 1 < self.steps.len() {
                canvas.dashed((x1, y.at(*to)), (x1 + step * 0.32, y.at(*to)), GREY, 1.0)?;
            }
            let middle = (x0 + x1) / 2.0;
            canvas.text(&bar.shown, (middle, high - 10.0), Align::Middle, INK)?;
            for (line, label) in labels[n].iter().enumerate() {
                let at = BOTTOM + 16.0 + (FONT + 3.0) * line as f64;
                canvas.text(label, (middle, at), Align::Middle, INK)?;
            }
        }
        canvas.line(&[(LEFT, y.at(0.0)), (right, y.at(0.0))], INK, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_begins_where_the_one_before_ended() {
        let step = |value, is_total| Step { label: String::new(), value, is_total, shown: String::new() };
        let steps = vec![step(100.0, true), step(12.0, false), step(-9.0, false), step(103.0, true)];
        let chart = Waterfall { steps, y_title: String::new(), tick: Box::new(|x| x.to_string()) };
        assert_eq!(chart.spans(), [(0.0, 100.0), (100.0, 112.0), (112.0, 103.0), (0.0, 103.0)]);
    }
}
