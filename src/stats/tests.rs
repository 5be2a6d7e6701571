//! What scikit-learn says (`fixtures/make.py` wrote it), and what holds without it.

use serde_json::Value;

use super::group_spread::Grouped;
use super::isotonic::{self, Step};
use super::matrix::Matrix;
use super::ridge::{Coefficients, Ridge};
use super::scores::{self, Scored};

fn fixture() -> Value {
    serde_json::from_str(include_str!("fixtures/sklearn.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn x_and_y(f: &Value) -> (Matrix, Vec<f64>) {
    (Matrix { rows: 200, columns: 6, data: numbers(&f["x"]) }, numbers(&f["y"]))
}

fn assert_same(found: &Coefficients, expected: &Value) {
    let off = numbers(&expected["weights"]).iter().zip(&found.weights).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let off = off.max((found.intercept - expected["intercept"].as_f64().unwrap()).abs());
    assert!(off < 1e-9, "off by {off:e}: {found:?}, expected {expected}");
}

#[test]
fn ridge_finds_the_minimum_that_scikit_learn_finds() {
    let f = fixture();
    let (x, y) = x_and_y(&f);
    let plain = Ridge { x: &x, y: &y, weight: None, offset: None };
    let expected = f["plain"].as_array().unwrap();
    let penalties: Vec<f64> = expected.iter().map(|e| e["penalty"].as_f64().unwrap()).collect();
    let path = plain.path(&penalties);
    for (e, on_path) in expected.iter().zip(&path) {
        assert_same(on_path, e);
        assert_same(&plain.fit(e["penalty"].as_f64().unwrap()), e);
    }
    let (weight, offset) = (numbers(&f["weight"]), numbers(&f["offset"]));
    assert_same(&Ridge { weight: Some(&weight), ..plain }.fit(2.5), &f["weighted"]);
    assert_same(&Ridge { offset: Some(&offset), ..plain }.fit(3.0), &f["offset_fit"]);
}

/// Rows of one outcome counted together, a column of no group, a group whose spread would be negative.
#[test]
fn spreads_of_groups_are_those_of_plain_matrices_and_another_solver() {
    let f = fixture();
    let (x, y) = x_and_y(&f);
    let ridge = Ridge { x: &x, y: &y, weight: None, offset: None };
    for case in f["group_spread"].as_array().unwrap() {
        let runs: Vec<usize> = numbers(&case["runs"]).into_iter().map(|n| n as usize).collect();
        let groups: Vec<Option<usize>> =
            case["groups"].as_array().unwrap().iter().map(|g| g.as_u64().map(|g| g as usize)).collect();
        let penalty = case["penalty"].as_f64().unwrap();
        let found = Grouped { ridge, runs: &runs, groups: &groups }.variances(penalty, &ridge.fit(penalty));
        let want = numbers(&case["variances"]);
        assert!(found.len() == want.len());
        assert!(found.iter().zip(&want).all(|(a, b)| (a - b).abs() < 1e-8), "{found:?}, expected {want:?}");
    }
}

/// At the minimum Xᵀ v (p − y) + λ w = 0 and Σ v (p − y) = 0: held for data on which plain Newton steps go astray or stop.
#[test]
fn ridge_does_not_fail_on_separable_collinear_or_one_sided_data() {
    let mut x = Matrix::empty(4);
    let mut y = Vec::new();
    for i in 0..90 {
        let v = f64::from(i) / 10.0 - 4.0;
        x.push(&[v, v, 1e6 * v, 7.0]);
        y.push(f64::from(u8::from(i >= 40)));
    }
    for penalty in [1e-8, 1.0, 1e8] {
        let fit = Ridge { x: &x, y: &y, weight: None, offset: None }.fit(penalty);
        let residual = |i: usize| 1.0 / (1.0 + (-fit.margin(x.row(i))).exp()) - y[i];
        for j in 0..4 {
            let g = (0..90).map(|i| residual(i) * x.row(i)[j]).sum::<f64>() + penalty * fit.weights[j];
            let size = (0..90).map(|i| x.row(i)[j].abs()).sum::<f64>();
            assert!(g.abs() < 1e-6 * size, "λ {penalty}: gradient {g} of {size} in column {j} at {fit:?}");
        }
        assert!((0..90).map(residual).sum::<f64>().abs() < 1e-6, "{fit:?}");
    }
    for side in [0.0, 1.0] {
        let fit = Ridge { x: &x, y: &[side; 90], weight: None, offset: None }.fit(1.0);
        assert!((25.0..60.0).contains(&fit.margin(x.row(3)).abs()), "{fit:?}");
    }
    let nothing = Ridge { x: &Matrix::empty(3), y: &[], weight: None, offset: None }.fit(1.0);
    assert_eq!(nothing, Coefficients { intercept: 0.0, weights: vec![0.0; 3] });
}

#[test]
fn isotonic_steps_are_those_of_scikit_learn() {
    let f = &fixture()["isotonic"];
    let (x, fit) = (numbers(&f["x"]), numbers(&f["fit"]));
    let points = x.iter().zip(numbers(&f["y"])).zip(numbers(&f["weight"]));
    let steps = isotonic::steps(points.map(|((x, y), w)| Step::at(*x, y, w)).collect());
    for (x, expected) in x.iter().zip(&fit) {
        let step = steps.iter().find(|s| s.low <= *x && *x <= s.high).unwrap();
        assert!((step.value - expected).abs() < 1e-12, "at {x}: {step:?}, expected {expected}");
    }
    assert!(steps.windows(2).all(|w| w[0].value < w[1].value && w[0].x < w[1].x));
}

#[test]
fn scores_are_those_of_scikit_learn() {
    let f = fixture();
    let (p, y) = (numbers(&f["p"]), numbers(&f["y"]));
    let rows: Vec<Scored<'_>> = p.iter().zip(&y).map(|(p, y)| Scored { p: *p, came: *y == 1.0, id: "" }).collect();
    let rows = scores::sorted(rows);
    for (name, found) in
        [("auc", scores::auc(&rows)), ("log_loss", scores::log_loss(&rows)), ("brier", scores::brier(&rows))]
    {
        let expected = f[name].as_f64().unwrap();
        assert!((found.unwrap() - expected).abs() < 1e-12, "{name} {found:?}, expected {expected}");
    }
}

/// By hand: 12 rows in ten bins (2, 2, then 1 each), p = i / 20, good from the seventh on.
#[test]
fn bins_lift_and_what_has_no_score() {
    let ids = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    let row = |(i, id): (usize, &'static &str)| Scored { p: i as f64 / 20.0, came: i >= 6, id };
    static IDS: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    let rows = scores::sorted(IDS.iter().enumerate().rev().map(row).collect());
    assert_eq!(rows.iter().map(|r| r.id).collect::<Vec<_>>(), ids);
    assert_eq!(scores::tenths(12).map(|bin| bin.len()), [2, 2, 1, 1, 1, 1, 1, 1, 1, 1]);
    // Bad: Σ p of rows 0..6 = 15/20. Good: Σ (1 − p) of rows 6..12 = 6 − 51/20.
    assert!((scores::ece(&rows).unwrap() - (0.75 + 3.45) / 12.0).abs() < 1e-12);
    assert_eq!(scores::lift_of_lowest_tenth(&rows), Some(2.0));
    assert_eq!(scores::auc(&rows), Some(1.0));
    assert_eq!(scores::auc(&rows[6..]), None);
    assert_eq!(scores::lift_of_lowest_tenth(&rows[6..]), None);
    assert_eq!((scores::ece(&[]), scores::log_loss(&[]), scores::auc(&[])), (None, None, None));
    assert!((scores::loss(0.0, true) - 1e15f64.ln()).abs() < 1e-9);
}

/// Outcomes that are σ(0.5 + 2 logit p) exactly: the line is found again.
#[test]
fn the_calibration_line_of_a_known_distortion() {
    let p: Vec<f64> = (1..40).map(|i| f64::from(i) / 40.0).collect();
    let truth: Vec<f64> = p.iter().map(|p| super::logit::sigmoid(0.5 + 2.0 * super::logit::logit(*p))).collect();
    let (a, b) = scores::calibration_line(&p, &truth).unwrap();
    assert!((a - 0.5).abs() < 1e-5 && (b - 2.0).abs() < 1e-5, "{a} {b}");
    assert_eq!(scores::calibration_line(&[0.5, 0.5], &[1.0, 0.0]), None);
    assert_eq!(scores::calibration_line(&[], &[]), None);
}
