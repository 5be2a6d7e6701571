//! The calendar's pull on visits: Spring Festival, National Day, fairs, weekends, growth, the hour of the day.

use crate::domain::Day;

/// First day of the lunar year, 2020 to 2035, as (year, month, day).
const LUNAR_NEW_YEAR: [(i32, u32, u32); 16] = [
    (2020, 1, 25),
    (2021, 2, 12),
    (2022, 2, 1),
    (2023, 1, 22),
    (2024, 2, 10),
    (2025, 1, 29),
    (2026, 2, 17),
    (2027, 2, 6),
    (2028, 1, 26),
    (2029, 2, 13),
    (2030, 2, 3),
    (2031, 1, 23),
    (2032, 2, 11),
    (2033, 1, 31),
    (2034, 2, 19),
    (2035, 2, 8),
];

/// Weight of each hour of the local day: two peaks of office hours, a small one in the evening.
pub const HOURS: [f64; 24] = [
    0.6, 0.3, 0.2, 0.2, 0.2, 0.3, 0.7, 1.5, 4.0, 8.0, 9.5, 8.5, 4.5, 5.5, 8.0, 8.5, 8.0, 6.0, 3.5, 3.5, 4.0, 3.8, 2.5,
    1.3,
];

/// Days since the first day of the nearest lunar year of the table; far away outside of it.
fn lunar_distance(day: Day) -> i32 {
    let year = day.year();
    LUNAR_NEW_YEAR
        .iter()
        .find(|(y, ..)| *y == year)
        .and_then(|(y, m, d)| Day::from_ymd(*y, *m, *d))
        .map_or(i32::MAX, |first| day - first)
}

/// Nobody works: the week of Spring Festival, the first week of October, New Year's Day.
pub fn is_holiday(day: Day) -> bool {
    let (_, month, date) = day.ymd();
    (-1..=6).contains(&lunar_distance(day)) || (month == 10 && date <= 7) || (month, date) == (1, 1)
}

pub fn is_workday(day: Day) -> bool {
    day.weekday() < 5 && !is_holiday(day)
}

/// Factor on visits: season × weekday × growth of 12 per cent a year since `from`.
pub fn visits(day: Day, from: Day) -> f64 {
    let (_, month, date) = day.ymd();
    let festival = match lunar_distance(day) {
        -4..=8 => 0.25,
        -11..=15 => 0.6,
        _ => 1.0,
    };
    let fair = match (month, date) {
        (10, 1..=7) => 0.5,
        (10, 15..) | (11, 1..=4) => 1.35,
        (4, 15..) | (5, 1..=5) => 1.2,
        _ => 1.0,
    };
    let weekday = [1.08, 1.1, 1.08, 1.04, 1.0, 0.58, 0.5][day.weekday() as usize];
    festival * fair * weekday * (1.0 + 0.12 * f64::from(day - from) / 365.0)
}
