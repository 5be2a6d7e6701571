//! Rates that are products of one factor a level: fitted so that every level's events come out right.
//!
//! ```text
//! rate of a cell = first × second × third factor of its levels
//! Σ over the cells of a level: exposure × rate = Σ events        for each level of each dimension
//! ```
//!
//! The method of marginal totals (Bailey 1963, "Insurance Rates with Minimum Bias", *Proceedings of the Casualty Actuarial Society*
//! 50:4-11): the maximum likelihood of a log-linear Poisson model, found by fitting one dimension after the other (Deming & Stephan 1940,
//! *Annals of Mathematical Statistics* 11:427-444).

/// What happened to those of one level in each dimension.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Level by dimension.
    pub levels: [usize; 3],
    pub events: f64,
    pub exposure: f64,
}

const MOST_ROUNDS: usize = 500;
/// Relative change of all factors of a round at which they have settled.
const SETTLED: f64 = 1e-12;
/// A factor below it is as good as none.
const TINY: f64 = 1e-9;

/// The factors of each level, by dimension. Those of the second and third have the mean 1 over the exposure and are drawn to 1
/// as by so much exposure at the usual rate; the first has the unit of a rate. A level without exposure has the factor 1.
/// Cost: cells × rounds.
pub fn factors(cells: &[Cell], levels: [usize; 3], prior: f64) -> [Vec<f64>; 3] {
    let mut factors = levels.map(|n| vec![1.0; n]);
    let sum = |of: &dyn Fn(&Cell) -> f64| cells.iter().map(of).sum::<f64>();
    let exposure = sum(&|c| c.exposure);
    let usual = sum(&|c| c.events) / exposure;
    // No event says nothing of who has more of them.
    if !(usual > 0.0 && usual.is_finite()) {
        return factors;
    }
    let mut seen = levels.map(|n| vec![false; n]);
    for cell in cells.iter().filter(|cell| cell.exposure > 0.0) {
        seen.iter_mut().zip(cell.levels).for_each(|(seen, level)| seen[level] = true);
    }
    for _ in 0..MOST_ROUNDS {
        let mut moved: f64 = 0.0;
        for dimension in 0..3 {
            let prior = if dimension == 0 { 0.0 } else { prior * usual };
            let mut sums = vec![(prior, prior); levels[dimension]];
            for cell in cells {
                let others = (0..3).filter(|d| *d != dimension).map(|d| factors[d][cell.levels[d]]);
                let (events, expected) = &mut sums[cell.levels[dimension]];
                *events += cell.events;
                *expected += cell.exposure * others.product::<f64>();
            }
            let before = factors[dimension].clone();
            for (level, (events, expected)) in sums.into_iter().enumerate() {
                if seen[dimension][level] && expected > 0.0 {
                    factors[dimension][level] = events / expected;
                }
            }
            if dimension > 0 {
                let mean = sum(&|c| c.exposure * factors[dimension][c.levels[dimension]]) / exposure;
                let of_seen = factors[dimension].iter_mut().zip(&seen[dimension]).filter(|(_, seen)| **seen);
                of_seen.for_each(|(factor, _)| *factor /= mean);
            }
            let steps = factors[dimension].iter().zip(before).map(|(new, old)| (new - old).abs() / old.max(TINY));
            moved = steps.fold(moved, f64::max);
        }
        if moved < SETTLED {
            break;
        }
    }
    factors
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(levels: [usize; 3], exposure: f64, events: f64) -> Cell {
        Cell { levels, events, exposure }
    }

    /// Rates 2 and 6, times 1 and 3, times 1 and 5, whatever the exposure of each cell: plan and size go together.
    #[test]
    fn products_are_found_again() {
        let mut cells = Vec::new();
        for (n, exposure) in [10.0, 3.0, 0.0, 40.0, 7.0, 1.0, 2.0, 30.0].into_iter().enumerate() {
            let levels = [n / 4, n / 2 % 2, n % 2];
            let rate = [2.0, 6.0][levels[0]] * [1.0, 3.0][levels[1]] * [1.0, 5.0][levels[2]];
            cells.push(cell(levels, exposure, exposure * rate));
        }
        let [first, second, third] = factors(&cells, [2, 2, 2], 0.0);
        let near = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-7, "{a} {b}");
        near(first[1] / first[0], 3.0);
        near(second[1] / second[0], 3.0);
        near(third[1] / third[0], 5.0);
        near(first[0] * second[0] * third[0], 2.0);
        let mean = |factors: &[f64], d: usize| {
            let exposure: f64 = cells.iter().map(|c| c.exposure).sum();
            cells.iter().map(|c| c.exposure * factors[c.levels[d]]).sum::<f64>() / exposure
        };
        near(mean(&second, 1), 1.0);
        near(mean(&third, 2), 1.0);
    }

    /// A table that is no product: each level's expected events are those that happened.
    #[test]
    fn the_margins_come_out_right() {
        let rows = [([0, 0, 0], 5.0, 9.0), ([0, 1, 1], 4.0, 1.0), ([1, 0, 1], 8.0, 30.0), ([1, 1, 0], 2.0, 7.0)];
        let more = [([0, 1, 0], 6.0, 3.0), ([1, 1, 1], 3.0, 20.0)];
        let cells: Vec<Cell> = rows.iter().chain(&more).map(|(l, e, n)| cell(*l, *e, *n)).collect();
        let found = factors(&cells, [2, 2, 2], 0.0);
        for dimension in 0..3 {
            for level in 0..2 {
                let of = || cells.iter().filter(|c| c.levels[dimension] == level);
                let rate = |c: &Cell| (0..3).map(|d| found[d][c.levels[d]]).product::<f64>();
                let (events, expected): (f64, f64) =
                    (of().map(|c| c.events).sum(), of().map(|c| c.exposure * rate(c)).sum());
                assert!((events - expected).abs() < 1e-6, "{dimension} {level}: {events} {expected}");
            }
        }
    }

    /// By hand, one segment and plan: 60 events in 10 days of the first size, none in 10 of the second, 3 a day in all. With 10 days
    /// at the usual rate more each size is (60 + 30) / (30 + 30) and (0 + 30) / (30 + 30) of it at the first round, 3 : 1.
    #[test]
    fn little_evidence_is_drawn_to_one() {
        let cells = [cell([0, 0, 0], 10.0, 60.0), cell([0, 0, 1], 10.0, 0.0)];
        let [rate, plan, size] = factors(&cells, [1, 1, 3], 10.0);
        assert!(
            (size[0] - 1.5).abs() < 1e-9 && (size[1] - 0.5).abs() < 1e-9 && (plan[0] - 1.0).abs() < 1e-9,
            "{size:?}"
        );
        assert!((rate[0] - 3.0).abs() < 1e-9);
        assert_eq!(size[2], 1.0, "nobody is of it");
        assert_eq!(factors(&[cell([0, 0, 0], 10.0, 0.0)], [1, 1, 1], 10.0), [vec![1.0], vec![1.0], vec![1.0]]);
    }
}
