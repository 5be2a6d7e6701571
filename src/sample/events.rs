//! Events as rows: ids, times in each source's own form, words.

use std::io::Write;

use csv::ByteRecord;

use crate::domain::{Day, Micros, zone::MICROS_PER_SECOND};

use super::activity::{AD_SLOTS, CHANNELS, EXCLUDED, Hit, PAGES};
use super::calls::Call;
use super::people::People;
use super::portal::{CLICK_SOURCES, Company};

/// Seconds that the portal's wall clock is ahead of UTC: Asia/Shanghai, which has no summer time.
const AHEAD: i64 = 8 * 3_600;

/// The five sources of visitors' events, in the contract's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    Click,
    Ad,
    View,
    Message,
    Inquiry,
}

/// Makes rows of one source; ids are numbered through.
pub struct Rows {
    letter: char,
    next: u64,
    row: ByteRecord,
    cell: Vec<u8>,
}

impl Rows {
    pub fn new(letter: char) -> Rows {
        Rows { letter, next: 1_000_000, row: ByteRecord::new(), cell: Vec::new() }
    }

    pub fn visit(&mut self, what: Visit, day: Day, hit: &Hit, companies: &[Company]) -> &ByteRecord {
        self.begin();
        let form = match what {
            Visit::Click => Form::Space,
            Visit::Ad => Form::Offset,
            Visit::View => Form::Local,
            Visit::Message => Form::Utc,
            Visit::Inquiry => Form::Fraction,
        };
        // A few clicks come through an older gateway, which tells the offset.
        let form = if what == Visit::Click && self.next.is_multiple_of(211) { Form::Offset } else { form };
        self.time(day, hit.second, form);
        match companies.get(hit.company as usize) {
            Some(company) => self.row.push_field(company.id.as_bytes()),
            None => self.cell(format_args!("X{}", 900 + hit.company as usize - companies.len())),
        }
        match hit.visitor {
            0 => self.row.push_field(b""),
            visitor => self.cell(format_args!("v{visitor}")),
        }
        match what {
            Visit::Click => {
                let source = CLICK_SOURCES[hit.what as usize];
                if self.next.is_multiple_of(97) {
                    self.cell(format_args!("{}", source.to_uppercase()));
                } else {
                    self.word(source);
                }
                self.word(PAGES[hit.page as usize]);
            }
            Visit::Ad => self.word(AD_SLOTS[hit.what as usize]),
            Visit::View => self.word(CHANNELS[hit.what as usize]),
            Visit::Message => {}
            Visit::Inquiry => {
                self.cell(format_args!("产品 {:02}", hit.what));
                match hit.quantity {
                    0 => self.row.push_field(b""),
                    quantity => self.cell(format_args!("{quantity}")),
                }
            }
        }
        self.word(EXCLUDED[hit.excluded as usize]);
        if what == Visit::View {
            self.word(if hit.visitor.is_multiple_of(3) { "mobile" } else { "pc" });
        }
        &self.row
    }

    pub fn call(&mut self, day: Day, call: &Call, companies: &[Company], people: &People) -> &ByteRecord {
        self.begin();
        self.time(day, call.second, Form::Space);
        // Numbers that were dialled from a desk which belongs to nobody.
        self.word(if self.next.is_multiple_of(499) { "R-desk" } else { &people.reps[call.rep].id });
        self.word(call.company.map_or("", |c| &companies[c].id));
        self.word(call.direction);
        self.cell(format_args!("{}", call.duration));
        self.word(call.outcome);
        self.word(call.purpose);
        &self.row
    }

    fn begin(&mut self) {
        self.next += 1;
        self.row.clear();
        let (letter, next) = (self.letter, self.next);
        self.cell(format_args!("{letter}{next}"));
    }

    fn word(&mut self, text: &str) {
        self.row.push_field(text.as_bytes());
    }

    fn cell(&mut self, text: std::fmt::Arguments) {
        self.cell.clear();
        // Writing into memory cannot fail.
        let _ = self.cell.write_fmt(text);
        self.row.push_field(&self.cell);
    }

    fn time(&mut self, day: Day, second: u32, form: Form) {
        self.cell.clear();
        form.write(day, second, &mut self.cell);
        self.row.push_field(&self.cell);
    }
}

/// The forms of a time that the contract admits.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// `2026-07-01 09:30:00`
    Space,
    /// `2026-07-01T09:30:00`
    Local,
    /// `2026-07-01T09:30:00+08:00`
    Offset,
    /// `2026-07-01T09:30:00.250+08:00`
    Fraction,
    /// `2026-07-01T01:30:00Z`
    Utc,
}

impl Form {
    pub fn write(self, day: Day, second: u32, to: &mut Vec<u8>) {
        if let Form::Utc = self {
            let at = i64::from(day.0) * 86_400 + i64::from(second) - AHEAD;
            let _ = write!(to, "{}", Micros(at * MICROS_PER_SECOND));
            return;
        }
        let (y, m, d) = day.ymd();
        two(y as u32 / 100, to);
        for (n, mark) in [(y as u32 % 100, b'-'), (m, b'-')] {
            two(n, to);
            to.push(mark);
        }
        two(d, to);
        to.push(if let Form::Space = self { b' ' } else { b'T' });
        for (n, mark) in [(second / 3_600, b':'), (second / 60 % 60, b':')] {
            two(n, to);
            to.push(mark);
        }
        two(second % 60, to);
        match self {
            Form::Offset => to.extend_from_slice(b"+08:00"),
            Form::Fraction => to.extend_from_slice(format!(".{:03}+08:00", second * 7 % 1_000).as_bytes()),
            _ => {}
        }
    }
}

fn two(n: u32, to: &mut Vec<u8>) {
    to.extend_from_slice(&[b'0' + (n / 10 % 10) as u8, b'0' + (n % 10) as u8]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_instant_in_every_form() {
        let day = Day::from_ymd(2026, 7, 1).unwrap();
        let text = |form: Form| {
            let mut to = Vec::new();
            form.write(day, 5 * 3_600 + 61, &mut to);
            String::from_utf8(to).unwrap()
        };
        assert_eq!(text(Form::Space), "2026-07-01 05:01:01");
        assert_eq!(text(Form::Local), "2026-07-01T05:01:01");
        assert_eq!(text(Form::Offset), "2026-07-01T05:01:01+08:00");
        assert_eq!(text(Form::Utc), "2026-06-30T21:01:01Z");
    }
}
