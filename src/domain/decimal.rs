//! Decimal numbers as they are written, without a float between.

/// A decimal number as written: digits without leading, decimals without trailing zeros.
pub(super) struct Decimal<'a> {
    pub negative: bool,
    pub whole: &'a [u8],
    pub decimals: &'a [u8],
    pub exponent: bool,
}

impl Decimal<'_> {
    pub fn below_zero(&self) -> bool {
        self.negative && !(self.whole.is_empty() && self.decimals.is_empty())
    }
}

/// Reads `[+-]digits[.[digits]]`, and an exponent where it may stand.
pub(super) fn decimal(text: &str, exponent: bool) -> Option<Decimal<'_>> {
    let b = text.as_bytes();
    let negative = b.first() == Some(&b'-');
    let (b, whole) = digits(b.strip_prefix(b"-").or(b.strip_prefix(b"+")).unwrap_or(b));
    if whole.is_empty() {
        return None;
    }
    let (b, decimals) = b.strip_prefix(b".").map_or((b, &b[..0]), digits);
    let whole = &whole[whole.iter().take_while(|c| **c == b'0').count()..];
    let decimals = &decimals[..decimals.iter().rposition(|c| *c != b'0').map_or(0, |n| n + 1)];
    let Some(b) = b.strip_prefix(b"e").or(b.strip_prefix(b"E")).filter(|_| exponent) else {
        return b.is_empty().then_some(Decimal { negative, whole, decimals, exponent: false });
    };
    let (rest, power) = digits(b.strip_prefix(b"-").or(b.strip_prefix(b"+")).unwrap_or(b));
    (rest.is_empty() && !power.is_empty()).then_some(Decimal { negative, whole, decimals, exponent: true })
}

/// What follows the leading ASCII digits, and these.
pub(super) fn digits(b: &[u8]) -> (&[u8], &[u8]) {
    let length = b.iter().take_while(|c| c.is_ascii_digit()).count();
    (&b[length..], &b[..length])
}

/// The value of at most 18 digits.
pub(super) fn value(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |n, c| n * 10 + i64::from(c - b'0'))
}
