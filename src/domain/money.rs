//! Exact money: whole cents of the project's one currency.
//!
//! Cents are 128 bits wide so that no sum of amounts that the contract admits (below 10^13 each)
//! can overflow. Computed money is rounded once, half away from zero.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// An amount in hundredths of the currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cents(pub i128);

impl Cents {
    pub const ZERO: Cents = Cents(0);

    /// `self × num / den`, rounded half away from zero; `None` when `den` is 0.
    pub fn times(self, num: i128, den: i128) -> Option<Cents> {
        div_half_away(self.0 * num, den).map(Cents)
    }

    /// `self × factor`, rounded half away from zero to the cent.
    pub fn scale(self, factor: f64) -> Cents {
        Cents((self.0 as f64 * factor).round() as i128)
    }

    /// The amount in units of the currency, for ratios and drawings only.
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / 100.0
    }

    /// `self / other` as a ratio; `None` when `other` is 0.
    pub fn ratio(self, other: Cents) -> Option<f64> {
        (other.0 != 0).then(|| self.0 as f64 / other.0 as f64)
    }
}

/// `num / den` rounded half away from zero; `None` when `den` is 0.
pub fn div_half_away(num: i128, den: i128) -> Option<i128> {
    if den == 0 {
        return None;
    }
    let (num, den) = if den < 0 { (-num, -den) } else { (num, den) };
    let (quotient, rest) = (num / den, num % den);
    Some(if rest.abs() * 2 >= den { quotient + num.signum() } else { quotient })
}

impl Add for Cents {
    type Output = Cents;
    fn add(self, other: Cents) -> Cents {
        Cents(self.0 + other.0)
    }
}

impl Sub for Cents {
    type Output = Cents;
    fn sub(self, other: Cents) -> Cents {
        Cents(self.0 - other.0)
    }
}

impl Neg for Cents {
    type Output = Cents;
    fn neg(self) -> Cents {
        Cents(-self.0)
    }
}

impl AddAssign for Cents {
    fn add_assign(&mut self, other: Cents) {
        self.0 += other.0;
    }
}

impl SubAssign for Cents {
    fn sub_assign(&mut self, other: Cents) {
        self.0 -= other.0;
    }
}

impl Sum for Cents {
    fn sum<I: Iterator<Item = Cents>>(iter: I) -> Cents {
        iter.fold(Cents::ZERO, Add::add)
    }
}

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let n = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", n / 100, n % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_half_away_from_zero_once() {
        assert_eq!(Cents(5).times(1, 2), Some(Cents(3)));
        assert_eq!(Cents(-5).times(1, 2), Some(Cents(-3)));
        assert_eq!(Cents(1000).times(1, 3), Some(Cents(333)));
        assert_eq!(Cents(2000).times(-1, 3), Some(Cents(-667)));
        assert_eq!(Cents(1).times(1, 0), None);
        assert_eq!(Cents(-7).to_string(), "-0.07");
        assert_eq!(Cents(123_456).to_string(), "1234.56");
    }
}
