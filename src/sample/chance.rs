//! Chance: one ChaCha8 stream per concern and number, so that a change in one concern moves no other.
//!
//! Every function of real numbers comes from `libm`, which gives the same bits on every machine.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a stream of chance decides.
#[derive(Clone, Copy, Debug)]
pub enum Concern {
    Company = 1,
    Contracts,
    People,
    Attendance,
    Visits,
    Calls,
    FollowUps,
    Service,
    Plans,
    Dirt,
}

/// A stream of chance.
pub struct Chance(ChaCha8Rng);

impl Chance {
    /// The `n`-th stream of a concern (a company's, a day's, a source's number).
    pub fn new(seed: u64, concern: Concern, n: u64) -> Chance {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(((concern as u64) << 48) ^ n);
        Chance(rng)
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in 0..n.
    pub fn below(&mut self, n: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(n)) >> 32) as u32
    }

    /// Uniform in lo..=hi.
    pub fn between(&mut self, lo: i32, hi: i32) -> i32 {
        lo + self.below((hi - lo).max(0) as u32 + 1) as i32
    }

    /// True with probability `p`.
    pub fn hit(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u32) as usize]
    }

    /// An index, with probability in proportion to its weight.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        for (n, w) in weights.iter().enumerate() {
            left -= w;
            if left < 0.0 {
                return n;
            }
        }
        weights.len() - 1
    }

    /// Standard normal (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }

    /// Poisson of a mean: products of uniforms (Knuth), large means as sums of smaller ones.
    pub fn poisson(&mut self, mean: f64) -> u32 {
        if mean > 24.0 {
            return self.poisson(mean / 2.0) + self.poisson(mean / 2.0);
        }
        let floor = libm::exp(-mean);
        let (mut n, mut product) = (0, self.unit());
        while product > floor {
            n += 1;
            product *= self.unit();
        }
        n
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poisson_and_normal_have_their_moments() {
        let mut chance = Chance::new(7, Concern::Visits, 0);
        for mean in [0.3, 5.0, 60.0] {
            let draws: Vec<f64> = (0..40_000).map(|_| f64::from(chance.poisson(mean))).collect();
            let m = draws.iter().sum::<f64>() / 40_000.0;
            let v = draws.iter().map(|d| (d - m) * (d - m)).sum::<f64>() / 40_000.0;
            assert!((m / mean - 1.0).abs() < 0.02 && (v / mean - 1.0).abs() < 0.04, "{mean}: {m} {v}");
        }
        let v = (0..40_000).map(|_| chance.normal()).map(|x| x * x).sum::<f64>() / 40_000.0;
        assert!((v - 1.0).abs() < 0.03, "{v}");
    }
}
