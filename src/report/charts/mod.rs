//! Charts: one kind a file, drawn with plotters into SVG text.
//!
//! ```text
//! values ─► Plot::draw ─► Canvas (nominal pixels, drawn at twice the size) ─► accessible <svg>
//! ```
//!
//! Colours are those of Okabe and Ito (2008), told apart by colour-blind readers; marks differ in shape too.

mod axis;
mod bars;
mod calibration;
mod canvas;
mod dot_plot;
mod flows;
mod heat;
mod panels;
mod pareto;
mod sparks;
pub mod text;
mod trend;
mod versus;
mod waterfall;

pub use bars::Bars;
pub use calibration::{Bin, Calibration};
pub use canvas::Canvas;
pub use dot_plot::{DotPlot, Interval, MOST as MOST_DOTS};
pub use flows::{Flow, Flows};
pub use heat::{Heat, Shade};
pub use panels::{Panel, Panels};
pub use pareto::Pareto;
pub use sparks::{Spark, Sparks};
pub use text::wrap;
pub use trend::{Point, Trend};
pub use versus::{Pair, Versus};
pub use waterfall::{Step, Waterfall};

use super::ReportError;
use super::document::Chart;

/// One kind of chart with its data.
pub trait Plot {
    /// Whether there is nothing to draw.
    fn is_empty(&self) -> bool;
    /// Width and height in nominal pixels.
    fn size(&self) -> (i32, i32);
    fn draw(&self, canvas: &mut Canvas<'_>) -> Result<(), ReportError>;
    /// The same as lines of text for a terminal, at most 80 columns wide; none when its table says it better.
    fn text(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The SVG of a chart: scalable, with title and description for screen readers; `None` without data.
pub fn svg(chart: &Chart, prefix: &str) -> Result<Option<String>, ReportError> {
    if chart.plot.is_empty() {
        return Ok(None);
    }
    let (width, height) = chart.plot.size();
    // On paper a drawing with many rows takes a page of its own.
    let tall = if height > 460 { " tall" } else { "" };
    let drawn = canvas::draw(width, height, |canvas| chart.plot.draw(canvas))?;
    let body = drawn.split_once('>').map_or("", |(_, body)| body);
    let id = format!("{prefix}{}", chart.id);
    let (title, desc) = (text::escape(&chart.title), text::escape(&chart.desc));
    Ok(Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart{tall}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" \
         width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {} {}\">\n<title id=\"{id}-title\">{title}</title>\n\
         <desc id=\"{id}-desc\">{desc}</desc>{body}",
        width * 2,
        height * 2
    )))
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod mounted {
    /// Every file of the folder that draws a kind is in the list of modules, and nothing else is.
    #[test]
    fn every_file_is_mounted() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/charts");
        let here = include_str!("mod.rs");
        for file in std::fs::read_dir(folder).unwrap().flatten() {
            let name = file.file_name().into_string().unwrap();
            let stem = name.trim_end_matches(".rs");
            assert!(stem == "mod" || here.contains(&format!("mod {stem};")), "{name} is not mounted");
        }
    }
}
