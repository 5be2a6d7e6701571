//! Drawings with many groups and long names of any script: nothing is cut, nothing overlaps, one scale is one scale.

use super::*;
use crate::report::document::{Chart, Table};

/// A text of a drawing and the box it takes.
#[derive(Debug)]
struct Placed {
    text: String,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

fn drawn(plot: Box<dyn Plot>) -> String {
    let data = Table { name: "t", title: String::new(), columns: Vec::new(), rows: Vec::new() };
    let chart = Chart { id: "c", title: "t".into(), desc: "d".into(), empty: String::new(), plot, data };
    svg(&chart, "").unwrap().unwrap()
}

fn attribute(tag: &str, name: &str) -> f64 {
    let at = tag.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
    tag[at..].split('"').next().unwrap().parse().unwrap()
}

/// The texts of a drawing in nominal pixels.
fn placed(svg: &str) -> Vec<Placed> {
    let one = |rest: &str| {
        let (tag, rest) = rest.split_once('>').unwrap();
        let tag = format!(" {tag}");
        let text = rest.split("</text>").next().unwrap().trim().to_string();
        let (x, y) = (attribute(&tag, "x") / 2.0, attribute(&tag, "y") / 2.0);
        let wide = text::width(&text.replace("&lt;", "<").replace("&amp;", "&"), 13.0);
        let left = match () {
            () if tag.contains("text-anchor=\"middle\"") => x - wide / 2.0,
            () if tag.contains("text-anchor=\"end\"") => x - wide,
            () => x,
        };
        Placed { text, left, right: left + wide, top: y - 6.0, bottom: y + 6.0 }
    };
    svg.split("<text ").skip(1).map(one).collect()
}

/// Every text lies within the drawing, and no two share a place.
fn is_legible(plot: Box<dyn Plot>) -> Vec<Placed> {
    let (width, height) = plot.size();
    let texts = placed(&drawn(plot));
    assert!(texts.len() > 3);
    for (n, a) in texts.iter().enumerate() {
        let inside =
            a.left >= -1.0 && a.right <= f64::from(width) + 1.0 && a.top >= -1.0 && a.bottom <= f64::from(height) + 1.0;
        assert!(inside, "{a:?} leaves {width} × {height}");
        for b in &texts[n + 1..] {
            let apart = a.right <= b.left + 1.0
                || b.right <= a.left + 1.0
                || a.bottom <= b.top + 1.0
                || b.bottom <= a.top + 1.0;
            assert!(apart, "{a:?} over {b:?}");
        }
    }
    texts
}

fn names(n: usize) -> Vec<String> {
    let long = [
        "工业自动化控制系统与智能制造装备及其零部件批发行业",
        "Industrial automation, control systems and smart equipment",
        "食品",
    ];
    (0..n).map(|at| format!("{}{at}", long[at % long.len()])).collect()
}

fn percent() -> Box<dyn Fn(f64) -> String> {
    Box::new(|x| format!("{:.0}%", x * 100.0))
}

fn panels(n: usize) -> Panels {
    let panel = |(at, name): (usize, String)| {
        let value = |q: usize| 0.02 + 0.8 * ((at * 7 + q * 3) % 10) as f64 / 10.0;
        Panel {
            name,
            points: (0..8).map(|q| Some(value(q))).collect(),
            intervals: (0..8).map(|q| Some((value(q) * 0.8, (value(q) * 1.2).min(1.0)))).collect(),
            curve: vec![Some(0.5); 8],
            last_is_open: true,
            shown: "100.0%".into(),
        }
    };
    Panels {
        panels: names(n).into_iter().enumerate().map(panel).collect(),
        labels: (1..=8).map(|q| format!("2026-Q{q}")).collect(),
        joined: true,
        y_title: "份额".into(),
        points_mean: Some("share, with 95 % interval".into()),
        curve_means: Some("fitted: shifted-beta-geometric model".into()),
        open_means: Some("quarter not over".into()),
        tick: percent(),
    }
}

#[test]
fn small_multiples_are_legible_and_share_one_scale() {
    is_legible(Box::new(panels(12)));
    // The same value stands at the same height above the foot of every panel, whatever else a panel holds.
    let one = |value: f64, most: f64| Panel {
        name: "x".into(),
        points: vec![Some(value), Some(most)],
        intervals: vec![None, None],
        shown: "s".into(),
        ..Panel::default()
    };
    let mut chart = panels(0);
    chart.panels = vec![one(0.3, 0.3), one(0.3, 0.9), one(0.3, 0.1), one(0.3, 0.5)];
    chart.labels = vec!["a".into(), "b".into()];
    let svg = drawn(Box::new(chart));
    let dots: Vec<f64> = svg.split("<circle ").skip(1).map(|tag| attribute(&format!(" {tag}"), "cy")).collect();
    let firsts: Vec<f64> = dots.iter().copied().skip(1).step_by(2).collect();
    assert_eq!(dots.len(), 9, "the key's dot and two of each panel");
    assert_eq!((firsts[0], firsts[1]), (firsts[1], firsts[2]), "{dots:?}");
    // The fourth stands in the second row: name, panel and foot lower, at twice the size.
    assert_eq!(firsts[3] - firsts[0], 2.0 * (40.0 + 96.0 + 30.0));
}

#[test]
fn forty_segments_in_a_heat_table_are_legible() {
    let shade = |at: usize| Shade { value: Some(at as f64 / 7.0), lines: vec!["100%".into(), "\u{2212}100.0".into()] };
    let heat = Heat {
        columns: names(7),
        rows: names(60).into_iter().map(|name| (name, (0..7).map(shade).collect())).collect(),
        x_title: "last 90 days, change against the 90 before".into(),
        most: 1.0,
    };
    let texts = is_legible(Box::new(heat));
    assert_eq!(texts.iter().filter(|t| t.text == "100%").count(), 7 * 40);
}

#[test]
fn a_heat_table_draws_the_columns_that_fit() {
    let shade = || Shade { value: Some(0.5), lines: vec!["84%".into(), "of 123,456".into()] };
    let heat = Heat {
        columns: (1..=30).map(|n| n.to_string()).collect(),
        rows: (2000..2026).map(|year| (year.to_string(), (0..30).map(|_| shade()).collect())).collect(),
        x_title: "Renewal".into(),
        most: 1.0,
    };
    is_legible(Box::new(heat));
}

#[test]
fn waterfalls_are_legible_with_small_changes_and_long_words() {
    let words = [
        "at the beginning of the quarter",
        "new",
        "won back",
        "lost",
        "rises of those who stayed",
        "留存者年金额的减少合计",
        "期末",
    ];
    let values = [1_000_000.0, 3.0, 0.0, -999.0, 500_000.0, -1_200_000.0, 299_004.0];
    let step = |(n, (word, value)): (usize, (&str, f64))| Step {
        label: word.into(),
        value,
        is_total: n == 0 || n == 6,
        shown: "\u{2212}999.9M".into(),
    };
    let steps = words.into_iter().zip(values).enumerate().map(step).collect();
    is_legible(Box::new(Waterfall {
        steps,
        y_title: "Annual amount (CNY)".into(),
        tick: Box::new(|x| format!("{x:.0}")),
    }));
}

#[test]
fn flows_of_24_months_are_legible() {
    let flow =
        |n: usize| Flow { label: format!("26年{}月", n % 12 + 1), came: [n as f64, 2.0], went: 30.0 - n as f64 };
    let chart = Flows {
        periods: (0..24).map(flow).collect(),
        came_mean: ["new".into(), "won back".into()],
        went_means: "lost".into(),
        y_title: "Members".into(),
        tick: Box::new(|x| format!("{x:.0}")),
    };
    is_legible(Box::new(chart));
}

#[test]
fn forty_dots_and_bars_with_long_names_are_legible() {
    let dot = |(n, label): (usize, String)| Interval {
        label,
        value: n as f64 / 60.0,
        low: n as f64 / 70.0,
        high: (n as f64 / 50.0).min(1.0),
        marked: n % 3 == 0,
        shown: "100.0% (+12.3)".into(),
    };
    is_legible(Box::new(DotPlot {
        items: names(60).into_iter().enumerate().map(dot).collect(),
        reference: Some((0.5, "All: 50.0%".into())),
        marked_means: "Interval lies below the rate of all".into(),
        tick: percent(),
    }));
    let bar = |(n, label): (usize, String)| (label, n as f64, "123.4M CNY (12,345 large to win)".to_string());
    is_legible(Box::new(Bars { items: names(60).into_iter().enumerate().map(bar).collect() }));
}
