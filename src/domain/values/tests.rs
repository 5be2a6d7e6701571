use super::*;

fn read(kind: Kind, text: &str) -> Result<Value<'_>, Reason> {
    read_in("Asia/Shanghai", kind, text)
}

/// The run's clock stands at 2026-11-01T02:30:00+08:00.
fn read_in<'a>(zone: &str, kind: Kind, text: &'a str) -> Result<Value<'a>, Reason> {
    let zone = Zone::named(zone).unwrap();
    ValueReader::new(&zone, Micros::parse_rfc3339("2026-10-31T18:30:00Z").unwrap()).read(kind, text)
}

fn text(text: &str) -> Result<Value<'_>, Reason> {
    Ok(Value::Text(Cow::Borrowed(text)))
}

#[test]
fn times() {
    for (written, utc, day) in [
        ("2026-07-01T09:30:00+08:00", "2026-07-01T01:30:00Z", "2026-07-01"),
        ("2026-07-01t09:30:00z", "2026-07-01T09:30:00Z", "2026-07-01"),
        ("2026-07-01 09:30:00", "2026-07-01T01:30:00Z", "2026-07-01"),
        (" 2026-07-01 00:00:00\u{3000}", "2026-06-30T16:00:00Z", "2026-07-01"),
        ("2026-07-01T23:59:59-05:30", "2026-07-02T05:29:59Z", "2026-07-02"),
        ("2026-07-01T09:30:00.1234567899Z", "2026-07-01T09:30:00.123456Z", "2026-07-01"),
        ("2026-07-01T09:30:00.5", "2026-07-01T01:30:00.5Z", "2026-07-01"),
        ("2000-01-01T00:00:00", "1999-12-31T16:00:00Z", "2000-01-01"),
        // One day after the clock, and not a microsecond more.
        ("2026-11-02T02:30:00+08:00", "2026-11-01T18:30:00Z", "2026-11-02"),
    ] {
        let Ok(Value::Time(at, on)) = read(Kind::Time, written) else { panic!("{written}") };
        assert_eq!((at.to_string().as_str(), on.to_string().as_str()), (utc, day), "{written}");
    }
    for bad in [
        "2026-07-01",
        "2026-07-01T09:30",
        "2026-07-01T24:00:00",
        "2026-07-01T23:60:00",
        "2026-07-01T23:59:60",
        "2026-07-01  09:30:00",
        "2026-07-01_09:30:00",
        "2026-07-01T09:30:00.",
        "2026-07-01T09:30:00,5",
        "2026-07-01T09:30:00+0800",
        "2026-07-01T09:30:00+08",
        "2026-07-01T09:30:00+24:00",
        "2026-07-01T09:30:00 +08:00",
        "2026-07-01T09:30:00Zx",
        "2026-02-29T09:30:00",
        "20260701T093000",
        "1782869400",
        "２026-07-01T09:30:00",
    ] {
        assert_eq!(read(Kind::Time, bad), Err(Reason::BadTime), "{bad}");
    }
    for out in [
        "1999-12-31T23:59:59",
        "1999-12-31T15:59:59Z",
        "2026-11-02T02:30:00.000001+08:00",
        "2199-12-31T00:00:00",
        "1850-01-01T00:00:00Z",
        "9999-12-31T23:59:59",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00",
    ] {
        assert_eq!(read(Kind::Time, out), Err(Reason::TimeRange), "{out}");
    }
}

/// New York 2026: gap on 8 March 02:00 (EDT from then), fold on 1 November 02:00.
#[test]
fn local_times_in_gap_and_fold() {
    for (written, utc) in
        [("2026-03-08T02:30:00", "2026-03-08T07:30:00Z"), ("2026-11-01T01:30:00", "2026-11-01T05:30:00Z")]
    {
        let Ok(Value::Time(at, _)) = read_in("America/New_York", Kind::Time, written) else { panic!("{written}") };
        assert_eq!(at.to_string(), utc);
    }
}

#[test]
fn dates() {
    assert_eq!(read(Kind::Date, " 2024-02-29 "), Ok(Value::Date(Day(19_782))));
    assert_eq!(read(Kind::Date, "1900-01-01"), Ok(Value::Date(Day::MIN)));
    for bad in ["2023-02-29", "1899-12-31", "2200-01-01", "2024-2-9", "2024-02-29T00:00:00", "29.02.2024", "x"] {
        assert_eq!(read(Kind::Date, bad), Err(Reason::BadDate), "{bad}");
    }
}

#[test]
fn amounts() {
    for (written, cents) in [
        ("5", 500),
        ("5.", 500),
        ("5.2", 520),
        ("5.25", 525),
        ("+5.25000", 525),
        ("0005.07", 507),
        ("-0.00", 0),
        ("9999999999999.99", 999_999_999_999_999),
        ("00000000000000000000000000000000001", 100),
    ] {
        assert_eq!(read(Kind::Money, written), Ok(Value::Money(cents)), "{written}");
    }
    for bad in
        ["1.005", "-1.005", ".5", ".", "", "+", "1e3", "1,000", "1 000", "１", "NaN", "inf", "0x1", "5..", "--5", "¥5"]
    {
        let expected = if bad.is_empty() { Ok(Value::Null) } else { Err(Reason::BadNumber) };
        assert_eq!(read(Kind::Money, bad), expected, "{bad}");
    }
    for out in ["-1", "-0.01", "10000000000000", "10000000000000000000000000000000000000000"] {
        assert_eq!(read(Kind::Money, out), Err(Reason::NumberRange), "{out}");
    }
}

#[test]
fn whole_numbers() {
    let seconds = Kind::Integer(0, 86_400);
    for (written, n) in [("12.0", 12), ("12.", 12), ("+012", 12), ("86400", 86_400), ("-0", 0)] {
        assert_eq!(read(seconds, written), Ok(Value::Int(n)), "{written}");
    }
    for bad in ["12.5", "1e2", ".0", "twelve"] {
        assert_eq!(read(seconds, bad), Err(Reason::BadNumber), "{bad}");
    }
    for out in ["-1", "86401", "99999999999999999999999999"] {
        assert_eq!(read(seconds, out), Err(Reason::NumberRange), "{out}");
    }
    assert_eq!(read(Kind::Integer(1900, 2199), "2200"), Err(Reason::NumberRange));
}

#[test]
fn fractions_and_exponents() {
    assert_eq!(read(Kind::Number, "37.5"), Ok(Value::Float(37.5)));
    assert_eq!(read(Kind::Number, "1e2"), Err(Reason::BadNumber));
    assert_eq!(read(Kind::Number, "10000000000000"), Err(Reason::NumberRange));
    for (written, n) in
        [("1.5e3", 1500.0), ("5.E+2", 500.0), ("25e-1", 2.5), ("-0.0e5", 0.0), ("123456789", 123_456_789.0)]
    {
        let Ok(Value::Float(read)) = read(Kind::Quantity, written) else { panic!("{written}") };
        assert_eq!(read.to_bits(), f64::to_bits(n), "{written}");
    }
    for bad in ["e5", "1e", "1e+", "1e5.0", "NaN", "infinity"] {
        assert_eq!(read(Kind::Quantity, bad), Err(Reason::BadNumber), "{bad}");
    }
    for out in ["-1e-400", "-2", "1e400"] {
        assert_eq!(read(Kind::Quantity, out), Err(Reason::NumberRange), "{out}");
    }
}

#[test]
fn periods() {
    for good in ["2026", "2026-Q3", "2026-07", "1900", "2199-12"] {
        assert_eq!(read(Kind::Period, good), text(good));
    }
    for bad in ["1899", "2200-01", "2026-Q5", "2026-Q0", "2026-q3", "2026-13", "2026-00", "2026-7", "26", "2026-07-01"]
    {
        assert_eq!(read(Kind::Period, bad), Err(Reason::BadPeriod), "{bad}");
    }
}

#[test]
fn texts_ids_and_words() {
    let words = Kind::Word(&["outbound", "inbound"]);
    assert_eq!(read(Kind::Id, " A1 "), text(" A1 "));
    assert_eq!(read(Kind::Id, " "), text(" "));
    assert_eq!(read(Kind::Id, ""), Ok(Value::Null));
    let id = "é".repeat(64);
    assert_eq!(read(Kind::Id, &id), text(&id));
    assert_eq!(read(Kind::Id, &"é".repeat(65)), Err(Reason::IdTooLong));
    assert_eq!(read(Kind::Text, "\u{a0}\u{3000}\t"), Ok(Value::Null));
    assert_eq!(read(Kind::Text, "\u{a0} Ab  c\n"), text("Ab  c"));
    assert_eq!(read(Kind::Lower, " Ad Words É "), text("ad words é"));
    assert_eq!(read(words, " InBound"), text("inbound"));
    assert_eq!(read(words, "in bound"), Err(Reason::UnknownWord));
    assert_eq!(read(Kind::Segment, " all "), Err(Reason::ReservedWord));
    assert_eq!(read(Kind::Segment, "All"), text("All"));
}
