//! Instants and the one time zone of a project. The only file that knows a zone's rules.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

use super::day::Day;

/// An instant in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(pub i64);

pub const MICROS_PER_SECOND: i64 = 1_000_000;
pub const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

impl Micros {
    /// Reads an RFC 3339 time with an offset, as on the command line.
    pub fn parse_rfc3339(text: &str) -> Option<Micros> {
        text.parse::<Timestamp>().ok().map(|t| Micros(t.as_microsecond()))
    }
}

impl fmt::Display for Micros {
    /// UTC with `Z`; the fraction only when there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = Day(self.0.div_euclid(MICROS_PER_DAY) as i32);
        let rest = self.0.rem_euclid(MICROS_PER_DAY);
        let (seconds, fraction) = (rest / MICROS_PER_SECOND, rest % MICROS_PER_SECOND);
        write!(f, "{day}T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        if fraction != 0 {
            let digits = format!("{fraction:06}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

/// The project's time zone, with the rules that are built into the program: the same on every host.
#[derive(Clone, Debug)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

/// A stretch of time with one offset, so that most rows need no look-up of rules.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    from: i64,
    to: i64,
    offset: i64,
}

/// Converts many instants; remembers the stretch of the last one.
#[derive(Clone, Debug)]
pub struct ZoneClock<'a> {
    zone: &'a Zone,
    stretch: Stretch,
}

impl Zone {
    /// The zone of an IANA name, or `None` if there is none of that name.
    pub fn named(name: &str) -> Option<Zone> {
        let zone = TimeZoneDatabase::bundled().get(name).ok()?;
        Some(Zone { name: name.to_string(), zone })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The local day of an instant.
    pub fn day_of(&self, at: Micros) -> Day {
        self.clock().day_of(at)
    }

    /// The first instant of a local day.
    pub fn start_of(&self, day: Day) -> Micros {
        self.clock().from_local(i64::from(day.0) * MICROS_PER_DAY)
    }

    /// Local wall time, as `YYYY-MM-DD HH:MM`, for people.
    pub fn wall(&self, at: Micros) -> String {
        let local = at.0 + self.stretch_of(at.0).offset;
        let day = Day(local.div_euclid(MICROS_PER_DAY) as i32);
        let minutes = local.rem_euclid(MICROS_PER_DAY) / MICROS_PER_SECOND / 60;
        format!("{day} {:02}:{:02}", minutes / 60, minutes % 60)
    }

    /// Minutes east of UTC at an instant.
    pub fn offset_minutes(&self, at: Micros) -> i64 {
        self.stretch_of(at.0).offset / MICROS_PER_SECOND / 60
    }

    pub fn clock(&self) -> ZoneClock<'_> {
        ZoneClock { zone: self, stretch: Stretch { from: 1, to: 0, offset: 0 } }
    }

    fn stretch_of(&self, at: i64) -> Stretch {
        let Ok(stamp) = Timestamp::from_microsecond(at) else {
            return Stretch { from: at, to: at + 1, offset: 0 };
        };
        let before = self.zone.preceding(stamp + jiff::SignedDuration::from_micros(1)).next();
        let after = self.zone.following(stamp).next();
        Stretch {
            from: before.map_or(i64::MIN / 2, |t| t.timestamp().as_microsecond()),
            to: after.map_or(i64::MAX / 2, |t| t.timestamp().as_microsecond()),
            offset: i64::from(self.zone.to_offset(stamp).seconds()) * MICROS_PER_SECOND,
        }
    }
}

impl ZoneClock<'_> {
    pub fn day_of(&mut self, at: Micros) -> Day {
        if at.0 < self.stretch.from || at.0 >= self.stretch.to {
            self.stretch = self.zone.stretch_of(at.0);
        }
        Day((at.0 + self.stretch.offset).div_euclid(MICROS_PER_DAY) as i32)
    }

    /// The instant of a local wall time, given as microseconds since 1970-01-01T00:00:00 on that wall.
    /// In a gap it moves forward by the gap; in a fold the earlier instant is meant.
    pub fn from_local(&mut self, wall: i64) -> Micros {
        // Well inside a stretch no rule is needed: no gap or fold is over a day long.
        let guess = wall - self.stretch.offset;
        if guess - MICROS_PER_DAY >= self.stretch.from && guess + MICROS_PER_DAY < self.stretch.to {
            return Micros(guess);
        }
        let civil = Offset::UTC.to_datetime(Timestamp::from_microsecond(wall).unwrap_or_default());
        let at = self.resolve(civil);
        self.stretch = self.zone.stretch_of(at.0);
        at
    }

    fn resolve(&self, civil: DateTime) -> Micros {
        let stamp = self.zone.zone.to_ambiguous_timestamp(civil).compatible().unwrap_or_default();
        Micros(stamp.as_microsecond())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wall(text: &str) -> i64 {
        Micros::parse_rfc3339(&format!("{text}Z")).unwrap().0
    }

    #[test]
    fn shanghai_has_one_offset_today() {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let at = Micros::parse_rfc3339("2026-06-30T16:00:00Z").unwrap();
        assert_eq!(zone.day_of(at).to_string(), "2026-07-01");
        assert_eq!(zone.start_of(zone.day_of(at)), at);
    }

    /// New York 2026: gap on 8 March 02:00, fold on 1 November 02:00 (IANA time zone database).
    #[test]
    fn gap_moves_forward_and_fold_takes_the_earlier() {
        let zone = Zone::named("America/New_York").unwrap();
        let mut clock = zone.clock();
        for (local, utc) in [
            ("2026-03-08T01:59:59", "2026-03-08T06:59:59Z"),
            ("2026-03-08T02:30:00", "2026-03-08T07:30:00Z"),
            ("2026-03-08T03:30:00", "2026-03-08T07:30:00Z"),
            ("2026-11-01T01:30:00", "2026-11-01T05:30:00Z"),
            ("2026-07-01T00:00:00", "2026-07-01T04:00:00Z"),
            ("2026-12-01T00:00:00", "2026-12-01T05:00:00Z"),
        ] {
            assert_eq!(clock.from_local(wall(local)).to_string(), utc, "{local}");
        }
        let mut day = |text| clock.day_of(Micros::parse_rfc3339(text).unwrap()).to_string();
        assert_eq!(day("2026-07-01T03:59:59Z"), "2026-06-30");
        assert_eq!(day("2026-12-01T04:59:59Z"), "2026-11-30");
        assert_eq!(day("2026-12-01T05:00:00Z"), "2026-12-01");
    }

    #[test]
    fn fractions_are_shortest() {
        assert_eq!(Micros(1).to_string(), "1970-01-01T00:00:00.000001Z");
        assert_eq!(Micros(1_500_000).to_string(), "1970-01-01T00:00:01.5Z");
        assert_eq!(Micros(-1_000_000).to_string(), "1969-12-31T23:59:59Z");
    }
}
