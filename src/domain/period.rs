//! Months and quarters: the periods of rates, shares and targets.

use std::fmt;

use super::day::{Day, days_in_month};

/// A calendar month, counted in months since year 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(pub i32);

impl Month {
    /// `month` is 1..12.
    pub fn new(year: i32, month: u32) -> Month {
        Month(year * 12 + month as i32 - 1)
    }

    pub fn year(self) -> i32 {
        self.0.div_euclid(12)
    }

    /// 1..12.
    pub fn number(self) -> u32 {
        self.0.rem_euclid(12) as u32 + 1
    }

    pub fn first_day(self) -> Day {
        Day::from_ymd(self.year(), self.number(), 1).unwrap_or(Day::MIN)
    }

    pub fn last_day(self) -> Day {
        self.first_day() + days_in_month(self.year(), self.number()) as i32 - 1
    }

    pub fn quarter(self) -> Quarter {
        Quarter(self.0.div_euclid(3))
    }

    pub fn plus(self, months: i32) -> Month {
        Month(self.0 + months)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.number())
    }
}

/// A calendar quarter, counted in quarters since year 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quarter(pub i32);

impl Quarter {
    pub fn first_day(self) -> Day {
        Month(self.0 * 3).first_day()
    }

    pub fn last_day(self) -> Day {
        Month(self.0 * 3 + 2).last_day()
    }

    pub fn plus(self, quarters: i32) -> Quarter {
        Quarter(self.0 + quarters)
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-Q{}", self.0.div_euclid(4), self.0.rem_euclid(4) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_of_a_day() {
        let day = Day::from_ymd(2024, 2, 29).unwrap();
        assert_eq!(day.month().to_string(), "2024-02");
        assert_eq!(day.month().last_day(), day);
        assert_eq!(day.quarter().to_string(), "2024-Q1");
        assert_eq!(day.quarter().last_day().to_string(), "2024-03-31");
        assert_eq!(day.quarter().plus(-1).first_day().to_string(), "2023-10-01");
        assert_eq!(day.month().plus(11).to_string(), "2025-01");
    }
}
