//! Texts with `{placeholders}`.

/// The text with every `{name}` that `value` knows replaced, in one pass, so that no value is read as a placeholder; all else
/// stays as it is.
pub fn filled<'v>(text: &str, value: impl Fn(&str) -> Option<&'v str>) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let inner = &rest[open + 1..];
        let known = inner.find('}').and_then(|close| Some((value(&inner[..close])?, &inner[close + 1..])));
        let (put, after) = known.unwrap_or(("{", inner));
        out.push_str(put);
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_value_is_never_filled_again_and_what_is_unknown_stays() {
        let value = |name: &str| match name {
            "a" => Some("{b}"),
            "b" => Some("{a} {"),
            "" => Some("nothing"),
            _ => None,
        };
        let filled = |text| super::filled(text, value);
        assert_eq!(filled("{a}{b}: {c}, {{a}}, {}"), "{b}{a} {: {c}, {{b}}, nothing");
        assert_eq!(filled("open {a, 王{b}"), "open {a, 王{a} {");
        assert_eq!(filled(""), "");
    }
}
