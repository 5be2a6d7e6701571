use super::*;

/// The instant that a text means in Shanghai, UTC.
fn read(format: &TimeFormat, text: &str) -> Option<String> {
    let zone = crate::domain::Zone::named("Asia/Shanghai").unwrap();
    let at = match format.read(text, &mut LastDay::default())? {
        Moment::At(at) => at,
        Moment::Wall(wall) => zone.clock().from_local(wall),
    };
    Some(at.to_string())
}

#[test]
fn epochs() {
    // 1234567890 is 2009-02-13T23:31:30Z.
    let cases = [
        (TimeFormat::EpochSeconds, "1234567890", Some("2009-02-13T23:31:30Z")),
        (TimeFormat::EpochSeconds, "+1234567890.5", Some("2009-02-13T23:31:30.5Z")),
        (TimeFormat::EpochSeconds, "1234567890.12345678", Some("2009-02-13T23:31:30.123456Z")),
        (TimeFormat::EpochSeconds, "-1", Some("1969-12-31T23:59:59Z")),
        (TimeFormat::EpochMillis, "1234567890123", Some("2009-02-13T23:31:30.123Z")),
        (TimeFormat::EpochMillis, "1234567890123.4567", Some("2009-02-13T23:31:30.123456Z")),
        (TimeFormat::EpochMillis, "1.234567890e12", None),
        (TimeFormat::EpochSeconds, "2009-02-13T23:31:30Z", None),
        (TimeFormat::EpochSeconds, "", None),
    ];
    for (format, text, expected) in cases {
        assert_eq!(read(&format, text).as_deref(), expected, "{text}");
    }
    // It can be read, and lies far away.
    let far = |text| TimeFormat::EpochSeconds.read(text, &mut LastDay::default());
    assert_eq!(far("99999999999999999999999999"), Some(Moment::At(Micros(FAR))));
    assert_eq!(far("-9223372036854775807"), Some(Moment::At(Micros(-FAR))));
}

#[test]
fn patterns() {
    let cases = [
        ("%d/%m/%Y %H:%M:%S", "01/07/2026 09:30:00", Some("2026-07-01T01:30:00Z")),
        ("%d/%m/%Y %H:%M", "1/7/2026 9:30", Some("2026-07-01T01:30:00Z")),
        ("%d/%b/%Y:%H:%M:%S %z", "01/Jul/2026:09:30:00 +0200", Some("2026-07-01T07:30:00Z")),
        ("%Y-%m-%dT%H:%M:%S%.f%:z", "2026-07-01T09:30:00.25+02:00", Some("2026-07-01T07:30:00.25Z")),
        ("%Y年%m月%d日 %H时%M分", "2026年07月01日 09时30分", Some("2026-07-01T01:30:00Z")),
        ("%m/%d/%y %I:%M %p", "07/01/26 09:30 PM", Some("2026-07-01T13:30:00Z")),
        ("%s", "1234567890", Some("2009-02-13T23:31:30Z")),
        ("%Y%m%d%H%M%S", "20260701093060", None),
        ("%Y%m%d%H%M%S", "20260701096000", None),
        ("%Y%m%d%H%M%S", "20600701093059", Some("2060-07-01T01:30:59Z")),
        ("%Y%m%d%H%M%S", "20260230093000", None),
        ("%Y%m%d%H%M%S", "20260701093000 ", None),
        ("%d/%m/%Y %H:%M", "01/07/2026", None),
    ];
    for (pattern, text, expected) in cases {
        let format = TimeFormat::pattern(pattern).unwrap();
        assert_eq!(read(&format, text).as_deref(), expected, "{pattern} {text}");
    }
}

#[test]
fn a_pattern_must_name_the_date_and_the_time_of_day() {
    for pattern in [
        "%Y-%m-%d",
        "%H:%M:%S",
        "%Y-%m-%d %I:%M",
        "%Y-%m %H:%M",
        "%d.%m. %H:%M",
        "iso",
        "",
        "%",
        "%Y-%m-%d %!",
        "%c",
        "%Y-%m-%d %H:%M %Z",
    ] {
        assert!(TimeFormat::pattern(pattern).is_err(), "{pattern:?}: {:?}", TimeFormat::pattern(pattern));
    }
}
