//! Published estimates, and maxima found with 40 digits by another program (mpmath's `findroot` on the gradient).

use super::*;

/// A cohort of which so many are left after 0, 1, 2, … renewals.
fn cohort(left: &[i64]) -> Vec<Trial> {
    left.windows(2).map(|w| Trial { at_risk: w[0], renewed: w[1] }).collect()
}

fn trials(counts: &[(i64, i64)]) -> Vec<Trial> {
    counts.iter().map(|(at_risk, renewed)| Trial { at_risk: *at_risk, renewed: *renewed }).collect()
}

fn together(cohorts: &[Vec<Trial>]) -> Vec<Trial> {
    let mut sum = vec![Trial::default(); cohorts.iter().map(Vec::len).max().unwrap()];
    for (at, t) in cohorts.iter().flat_map(|c| c.iter().enumerate()) {
        sum[at].at_risk += t.at_risk;
        sum[at].renewed += t.renewed;
    }
    sum
}

const HIGH_END: [i64; 8] = [1000, 869, 743, 653, 593, 551, 517, 491];
const REGULAR: [i64; 8] = [1000, 631, 468, 382, 326, 289, 262, 241];

fn assert_near(found: Option<Sbg>, alpha: f64, beta: f64, off: f64) {
    let m = found.unwrap();
    assert!((m.alpha - alpha).abs() <= off && (m.beta - beta).abs() <= off, "{m:?}, expected {alpha} {beta}");
}

/// Fader & Hardie 2007, table 1 and page 7: seven years of two segments; years 8 to 12 projected.
#[test]
fn published_segments() {
    let high = cohort(&HIGH_END);
    let m = fit(&high);
    assert_near(m, 0.668, 3.806, 5e-4);
    assert_near(m, 0.668_088_351_106_446, 3.806_094_964_058_27, 1e-9);
    let m = m.unwrap();
    assert!((m.log_likelihood(&high) + 1611.1581).abs() < 1e-4);
    let projected: Vec<f64> = m.residual(0).skip(7).take(5).collect();
    for (s, expected) in projected.iter().zip([0.46044, 0.43578, 0.41417, 0.39506, 0.37800]) {
        assert!((s - expected).abs() < 6e-6, "{projected:?}");
    }
    assert_near(fit(&cohort(&REGULAR)), 0.704, 1.182, 5e-4);
    assert_near(fit(&cohort(&REGULAR)), 0.704_077_298_473_516, 1.182_043_026_209_48, 1e-9);
}

/// Fader & Hardie 2010, tables 1 and 2: four cohorts, each watched a year less than the one before: 3.80 and 15.19.
#[test]
fn published_cohorts_of_different_age() {
    let whole = [10_000, 8_000, 6_480, 5_307, 4_391];
    let cohorts: Vec<Vec<Trial>> = (2..=5).map(|years| cohort(&whole[..years])).collect();
    let sum = together(&cohorts);
    let m = fit(&sum);
    assert_near(m, 3.80, 15.19, 5e-3);
    assert_near(m, 3.798_125_807_918_47, 15.191_907_937_379, 1e-7);
    // Adding the counts up loses nothing: the likelihoods of the cohorts multiply.
    let each: f64 = cohorts.iter().map(|c| m.unwrap().log_likelihood(c)).sum();
    assert!((each - m.unwrap().log_likelihood(&sum)).abs() < 1e-6 && (each + 40_255.837_280_7).abs() < 1e-5);
}

/// Fader & Hardie 2010, table 3, case 1: discounted expected residual lifetime after n − 1 renewals, just before the next.
#[test]
fn published_residual_lifetimes() {
    let m = Sbg { alpha: 3.8, beta: 15.2 };
    let lifetime = |renewals| {
        let mut discount = 1.0;
        let worth = |s: f64| {
            discount /= 1.1;
            s * discount
        };
        m.residual(renewals).take(2000).map(worth).sum::<f64>()
    };
    let known = [(3.31, 3.309_818), (3.45, 3.451), (3.59, 3.586_544), (3.72, 3.716_812), (3.84, 3.842_134)];
    for (renewals, (published, full)) in (0..).zip(known) {
        let found = 1.1 * lifetime(renewals);
        assert!((found - published).abs() < 5e-3 && (found - full).abs() < 1e-5, "{renewals}: {found}");
    }
    assert!((1.0 + lifetime(0) - 4.008_926).abs() < 1e-5);
}

/// Few customers, and a ridge on which α and β rise together: 1e-5 is asked for everywhere.
#[test]
fn flat_likelihoods_are_climbed_to_the_top() {
    let small = trials(&[(40, 22), (15, 11), (6, 5)]);
    assert_near(fit(&small), 0.609_132_166_256_563, 0.742_656_533_220_718, 1e-9);
    let flat = trials(&[(1_000_000, 700_100), (700_000, 490_700), (490_000, 344_100)]);
    assert_near(fit(&flat), 84.981_159_118_826_1, 198.346_024_619_175, 1e-6);
    // Two numbers of renewals are met exactly: α / (α + β) = 1/2 and α / (α + β + 1) = 1 − 0.5004.
    let high = trials(&[(10_000_000, 5_000_000), (5_000_000, 2_502_000)]);
    assert_near(fit(&high), 624.5, 624.5, 1e-5);
    // 90 of 100 lapse at once, hardly any of the rest: α and β near the lower end.
    let steep = fit(&trials(&[(200, 110), (100, 98), (97, 96), (90, 90)])).unwrap();
    assert!(steep.alpha < 0.1 && step(&trials(&[(200, 110), (100, 98), (97, 96), (90, 90)]), steep).0[0].abs() < 1e-9);
}

#[test]
fn a_thousandfold_crowd_gives_the_same_model() {
    let many: Vec<i64> = HIGH_END.iter().map(|n| n * 1000).collect();
    let one = fit(&cohort(&HIGH_END)).unwrap();
    assert_near(fit(&cohort(&many)), one.alpha, one.beta, 1e-9);
}

#[test]
fn what_cannot_be_told_is_null() {
    assert_eq!(fit(&[]), None);
    // One renewal number, however many customers.
    assert_eq!(fit(&trials(&[(10_000, 7_000)])), None);
    assert_eq!(fit(&trials(&[(10_000, 7_000), (0, 0)])), None);
    // 19 lapses and 20.
    assert_eq!(fit(&trials(&[(40, 24), (20, 17)])), None);
    assert!(fit(&trials(&[(40, 23), (20, 17)])).is_some());
    // Customers alike, or less and less loyal: α and β run to infinity.
    assert_eq!(fit(&trials(&[(1000, 700), (700, 490), (490, 343)])), None);
    assert_eq!(fit(&trials(&[(1000, 800), (800, 500), (500, 200)])), None);
    // A maximum, but beyond 1000 (1250 and 1250).
    assert_eq!(fit(&trials(&[(10_000_000, 5_000_000), (5_000_000, 2_501_000)])), None);
    // Nobody lapses after the first renewal, nobody lapses, nobody renews: α or β run to 0.
    assert_eq!(fit(&trials(&[(100, 50), (50, 50), (50, 50)])), None);
    assert_eq!(fit(&trials(&[(100, 100), (100, 100)])), None);
    assert_eq!(fit(&trials(&[(100, 0), (100, 0)])), None);
}

/// Nothing near any estimate is likelier, over many shapes of counts.
#[test]
fn every_estimate_is_a_maximum() {
    let mut fitted = 0;
    for seed in 0_i64..400 {
        let shape = |k: i64| (seed * 7919 + k * 104_729) % 1000;
        let mut left = 30 + shape(0);
        let mut counts = Vec::new();
        for k in 1..=2 + seed % 5 {
            let renewed = left * (200 + shape(k) * 4 / 5) / 1000;
            counts.push((left, renewed));
            left = renewed * (500 + shape(k + 10) / 2) / 1000;
        }
        let counts = trials(&counts);
        let Some(m) = fit(&counts) else { continue };
        fitted += 1;
        let top = m.log_likelihood(&counts);
        for (a, b) in
            [(1.01, 1.0), (0.99, 1.0), (1.0, 1.01), (1.0, 0.99), (1.3, 1.3), (0.7, 0.7), (8.0, 8.0), (0.1, 0.2)]
        {
            let other = Sbg { alpha: m.alpha * a, beta: m.beta * b }.log_likelihood(&counts);
            assert!(other <= top + 1e-9 * top.abs(), "{counts:?}: {m:?} {top}, ×{a} ×{b} {other}");
        }
    }
    assert!(fitted > 100, "{fitted}");
}
