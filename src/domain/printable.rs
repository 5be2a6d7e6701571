//! Text of strangers on a line for people: names and words of files may hold line ends, terminal controls, and marks that
//! turn the direction of what follows, so that `exe.csv` reads as another name (Boucher & Anderson 2021, *Trojan Source*).

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a character steers what is shown and is none of it: a control, or a mark of Unicode's bidirectional algorithm.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text on one line: characters that steer as `\n`, `\t` or `\u{1b}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, steers)
}

/// The text with its line ends as they are, other control characters escaped.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| steers(c) && c != '\n')
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
        assert_eq!(printable("a\u{202e}vsc.exe\u{2066}"), "a\\u{202e}vsc.exe\\u{2066}");
        assert!(matches!(printable("鑫"), Cow::Borrowed(_)));
    }
}
