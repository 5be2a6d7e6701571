//! A canvas in nominal pixels over plotters' SVG backend, drawn at twice the size so that whole pixels are fine enough.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::super::ReportError;
use super::text;

/// Okabe and Ito's palette, and the greys around it.
pub const BLUE: RGBColor = RGBColor(0, 114, 178);
pub const VERMILION: RGBColor = RGBColor(213, 94, 0);
pub const SKY: RGBColor = RGBColor(86, 180, 233);
pub const INK: RGBColor = RGBColor(34, 34, 34);
pub const GREY: RGBColor = RGBColor(90, 90, 90);
pub const RULE: RGBColor = RGBColor(218, 218, 218);

/// Fonts that have Latin and Chinese letters on every usual system.
pub const FONTS: &str =
    "system-ui, Segoe UI, Noto Sans, Noto Sans CJK SC, PingFang SC, Microsoft YaHei, WenQuanYi Micro Hei, sans-serif";

/// Size of all lettering, nominal pixels.
pub const FONT: f64 = 13.0;
/// Width of every chart, nominal pixels.
pub const WIDTH: i32 = 720;

pub type Xy = (f64, f64);

/// Where text lies relative to its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Middle,
    Right,
}

pub struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

fn px((x, y): Xy) -> (i32, i32) {
    ((x * 2.0).round() as i32, (y * 2.0).round() as i32)
}

fn failed<E: std::error::Error + Send + Sync>(error: DrawingAreaErrorKind<E>) -> ReportError {
    ReportError::Chart(error.to_string())
}

/// The SVG text of what `paint` draws on white.
pub fn draw(
    width: i32,
    height: i32,
    paint: impl FnOnce(&mut Canvas<'_>) -> Result<(), ReportError>,
) -> Result<String, ReportError> {
    let mut out = String::new();
    {
        let backend = SVGBackend::with_string(&mut out, (width.max(1) as u32 * 2, height.max(1) as u32 * 2));
        let mut canvas = Canvas { area: backend.into_drawing_area() };
        canvas.area.fill(&WHITE).map_err(failed)?;
        paint(&mut canvas)?;
        canvas.area.present().map_err(failed)?;
    }
    Ok(out)
}

impl Canvas<'_> {
    pub fn line(&mut self, points: &[Xy], color: RGBColor, width: f64) -> Result<(), ReportError> {
        let style = color.stroke_width((width * 2.0) as u32);
        let points: Vec<_> = points.iter().copied().map(px).collect();
        self.area.draw(&PathElement::new(points, style)).map_err(failed)
    }

    pub fn dashed(&mut self, from: Xy, to: Xy, color: RGBColor, width: f64) -> Result<(), ReportError> {
        let length = ((to.0 - from.0).powi(2) + (to.1 - from.1).powi(2)).sqrt();
        let (dash, gap) = (5.0, 4.0);
        let at = |d: f64| {
            let t = if length > 0.0 { d.min(length) / length } else { 0.0 };
            (from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t)
        };
        for n in 0..(length / (dash + gap)).ceil() as i32 {
            let start = f64::from(n) * (dash + gap);
            self.line(&[at(start), at(start + dash)], color, width)?;
        }
        Ok(())
    }

    pub fn rect(&mut self, from: Xy, to: Xy, color: RGBColor) -> Result<(), ReportError> {
        self.area.draw(&Rectangle::new([px(from), px(to)], color.filled())).map_err(failed)
    }

    pub fn area(&mut self, outline: &[Xy], color: RGBColor, opacity: f64) -> Result<(), ReportError> {
        let points: Vec<_> = outline.iter().copied().map(px).collect();
        self.area.draw(&Polygon::new(points, color.mix(opacity).filled())).map_err(failed)
    }

    /// A full dot, or a ring filled with white.
    pub fn dot(&mut self, at: Xy, radius: f64, color: RGBColor, full: bool) -> Result<(), ReportError> {
        let size = (radius * 2.0) as i32;
        if !full {
            self.area.draw(&Circle::new(px(at), size, WHITE.filled())).map_err(failed)?;
            return self.area.draw(&Circle::new(px(at), size, color.stroke_width(3))).map_err(failed);
        }
        self.area.draw(&Circle::new(px(at), size, color.filled())).map_err(failed)
    }

    /// One line of text, its middle at the height of the point.
    pub fn text(&mut self, text: &str, at: Xy, align: Align, color: RGBColor) -> Result<(), ReportError> {
        let horizontal = match align {
            Align::Left => HPos::Left,
            Align::Middle => HPos::Center,
            Align::Right => HPos::Right,
        };
        // The backend divides the size by 1.24.
        let style = TextStyle::from((FONTS, FONT * 2.0 * 1.24).into_font())
            .pos(Pos::new(horizontal, VPos::Center))
            .color(&color);
        self.area.draw(&Text::new(text::clean(text), px(at), style)).map_err(failed)
    }

    /// Lines of text, right-aligned, centred on the point's height.
    pub fn label(&mut self, lines: &[String], at: Xy, color: RGBColor) -> Result<(), ReportError> {
        let step = FONT + 3.0;
        let top = at.1 - step * (lines.len() as f64 - 1.0) / 2.0;
        for (n, line) in lines.iter().enumerate() {
            self.text(line, (at.0, top + step * n as f64), Align::Right, color)?;
        }
        Ok(())
    }
}
