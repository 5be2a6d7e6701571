//! Small lines under each other: a year of several figures by week, each on its own scale from zero, against a second line.

use super::super::ReportError;
use super::Plot;
use super::axis::Scale;
use super::canvas::{Align, BLUE, Canvas, FONT, GREY, INK, RULE, WIDTH};
use super::text;

const LABEL: f64 = 150.0;
const RIGHT: f64 = 150.0;
const ROW: f64 = 40.0;
const TOP: f64 = 26.0;
const FOOT: f64 = 24.0;
/// Columns of a label in text.
const WORDS: usize = 17;
/// Columns for the latest value; with 52 weeks and two blanks, 80.
const SHOWN: usize = 9;

/// One figure.
pub struct Spark {
    pub label: String,
    /// An unknown value leaves a gap.
    pub own: Vec<Option<f64>>,
    pub peers: Vec<Option<f64>>,
    /// The latest values in words.
    pub own_shown: String,
    pub peers_shown: String,
}

pub struct Sparks {
    pub rows: Vec<Spark>,
    /// What the two lines are.
    pub own_means: String,
    pub peers_mean: String,
    /// The first and the last period.
    pub from: String,
    pub to: String,
}

impl Spark {
    fn most(&self) -> f64 {
        self.own.iter().chain(&self.peers).flatten().fold(0.0, |most: f64, v| most.max(*v))
    }
}

impl Plot for Sparks {
    fn is_empty(&self) -> bool {
        self.rows.iter().all(|r| r.own.iter().all(Option::is_none))
    }

    fn size(&self) -> (i32, i32) {
        (WIDTH, (TOP + ROW * self.rows.len() as f64 + FOOT) as i32)
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> Result<(), ReportError> {
        let (left, right) = (LABEL, f64::from(WIDTH) - RIGHT);
        let second = left + 40.0 + text::width(&self.own_means, FONT) + 24.0;
        canvas.line(&[(left, 10.0), (left + 26.0, 10.0)], BLUE, 2.5)?;
        canvas.text(&self.own_means, (left + 34.0, 10.0), Align::Left, INK)?;
        canvas.line(&[(second, 10.0), (second + 26.0, 10.0)], GREY, 1.0)?;
        canvas.text(&self.peers_mean, (second + 34.0, 10.0), Align::Left, INK)?;
        for (n, row) in self.rows.iter().enumerate() {
            let foot = TOP + ROW * (n as f64 + 1.0) - 6.0;
            let y = Scale::new(0.0, row.most(), foot, foot - ROW + 12.0);
            let last = row.own.len().saturating_sub(1).max(1) as f64;
            let x = |at: usize| left + (right - left - 6.0) * at as f64 / last;
            let middle = foot - ROW / 2.0 + 6.0;
            canvas.line(&[(left, foot), (right, foot)], RULE, 1.0)?;
            let label = text::wrap(&row.label, FONT, LABEL - 14.0, 2);
            canvas.label(&label, (left - 10.0, middle), INK)?;
            for stretch in stretches(&row.peers) {
                let points: Vec<_> = stretch.iter().map(|(at, v)| (x(*at), y.at(*v))).collect();
                canvas.line(&points, GREY, 1.0)?;
            }
            for stretch in stretches(&row.own) {
                let points: Vec<_> = stretch.iter().map(|(at, v)| (x(*at), y.at(*v))).collect();
                canvas.line(&points, BLUE, 2.5)?;
                if let [alone] = points.as_slice() {
                    canvas.dot(*alone, 1.5, BLUE, true)?;
                }
            }
            if let Some((at, Some(v))) = row.own.iter().enumerate().next_back() {
                canvas.dot((x(at), y.at(*v)), 3.0, BLUE, true)?;
            }
            canvas.text(&row.own_shown, (right + 8.0, middle), Align::Left, INK)?;
            canvas.text(&row.peers_shown, (f64::from(WIDTH) - 8.0, middle), Align::Right, GREY)?;
        }
        let foot = TOP + ROW * self.rows.len() as f64 + 10.0;
        canvas.text(&self.from, (left, foot), Align::Left, GREY)?;
        canvas.text(&self.to, (right, foot), Align::Right, GREY)
    }

    /// Two lines a figure, of blocks from one to eight eighths high; what is unknown is a dot.
    fn text(&self) -> Vec<String> {
        let line = |label: &str, values: &[Option<f64>], most: f64, shown: &str| {
            // A number too long for its place is in the table.
            let shown = Some(shown).filter(|s| text::columns(s) <= SHOWN).unwrap_or_default();
            format!("{} {} {shown}", text::fit(label, WORDS), blocks(values, most)).trim_end().to_string()
        };
        let both = |row: &Spark| {
            let most = row.most();
            let peers = row.peers.iter().any(Option::is_some);
            let own = line(&row.label, &row.own, most, &row.own_shown);
            [Some(own), peers.then(|| line(&self.peers_mean, &row.peers, most, &row.peers_shown))]
        };
        let span = format!("{} {} – {}", text::fit("", WORDS), self.from, self.to);
        self.rows.iter().flat_map(both).flatten().chain([span]).collect()
    }
}

/// The unbroken stretches of known values, with their positions.
fn stretches(values: &[Option<f64>]) -> Vec<Vec<(usize, f64)>> {
    let mut all: Vec<Vec<(usize, f64)>> = Vec::new();
    for (at, value) in values.iter().enumerate().filter_map(|(at, v)| v.map(|v| (at, v))) {
        match all.last_mut() {
            Some(stretch) if stretch.last().is_some_and(|(before, _)| before + 1 == at) => stretch.push((at, value)),
            _ => all.push(vec![(at, value)]),
        }
    }
    all
}

/// One block a value: the lowest for zero alone.
fn blocks(values: &[Option<f64>], most: f64) -> String {
    let block = |value: &Option<f64>| match value {
        None => '·',
        Some(v) if *v <= 0.0 || most <= 0.0 => '▁',
        Some(v) => ['▂', '▃', '▄', '▅', '▆', '▇', '█'][((v / most * 7.0).ceil() as usize).clamp(1, 7) - 1],
    };
    values.iter().map(block).collect()
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;

    #[test]
    fn only_zero_lies_on_the_ground_and_what_is_unknown_is_no_zero() {
        assert_eq!(blocks(&[Some(0.0), Some(0.1), None, Some(7.0), Some(3.5)], 7.0), "▁▂·█▅");
        assert_eq!(blocks(&[Some(0.0)], 0.0), "▁");
        assert_eq!(
            stretches(&[None, Some(1.0), None, Some(2.0), Some(3.0)]),
            [vec![(1, 1.0)], vec![(3, 2.0), (4, 3.0)]]
        );
    }

    #[test]
    fn labels_of_any_script_take_the_same_room() {
        let spark = |label: &str| Spark {
            label: label.into(),
            own: vec![Some(1.0)],
            peers: vec![],
            own_shown: String::new(),
            peers_shown: String::new(),
        };
        let rows = vec![spark("联系方式被查看的次数很多很多"), spark("a")];
        let sparks = Sparks { rows, own_means: "o".into(), peers_mean: "p".into(), from: "f".into(), to: "t".into() };
        let lines = sparks.text();
        assert_eq!(lines[0].width(), lines[1].width(), "{lines:?}");
    }
}
