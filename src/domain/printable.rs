//! Text of strangers on a line for people: names and words of files may hold line ends and terminal controls.

use std::borrow::Cow;
use std::fmt::Write;

/// The text on one line: control characters as `\n`, `\t` or `\u{1b}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c.is_control())
}

/// The text with its line ends as they are, other control characters escaped.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c.is_control() && c != '\n')
}

fn escaped(text: &str, hide: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&hide) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if hide(c) {
            let _ = write!(shown, "{}", c.escape_default());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_shown_and_words_are_not_touched() {
        assert_eq!(printable("a\nb\x1b[2J王\u{85}"), "a\\nb\\u{1b}[2J王\\u{85}");
        assert_eq!(printable_lines("a\nb\r"), "a\nb\\r");
        assert!(matches!(printable("鑫"), Cow::Borrowed(_)));
    }
}
