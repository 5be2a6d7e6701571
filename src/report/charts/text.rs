//! Text in drawings: how wide it is, where it breaks, and what may stand in XML.

use unicode_width::UnicodeWidthChar;

/// Width in pixels at a font size: a full-width character is 1 em, any other about 0.55 em.
pub fn width(text: &str, size: f64) -> f64 {
    text.chars().map(|c| char_width(c) * size).sum()
}

fn char_width(c: char) -> f64 {
    match c.width() {
        Some(2) => 1.0,
        None | Some(0) => 0.0,
        Some(_) if c.is_uppercase() || matches!(c, 'm' | 'w' | '%' | '@' | '—') => 0.78,
        Some(_) => 0.55,
    }
}

/// Columns that a text takes on a terminal: two a full-width character.
pub fn columns(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// Text in exactly so many columns of a terminal: filled with blanks, or cut with `…`.
pub fn fit(text: &str, room: usize) -> String {
    let mut out = text.to_string();
    if columns(text) > room {
        out.clear();
        let mut used = 1;
        for c in text.chars() {
            used += c.width().unwrap_or(0);
            if used > room {
                break;
            }
            out.push(c);
        }
        out.push('…');
    }
    let blanks = room.saturating_sub(columns(&out));
    out.extend(std::iter::repeat_n(' ', blanks));
    out
}

/// Breaks text into at most `lines` lines of at most `limit` pixels, at spaces where there are any; what does not fit ends in `…`.
pub fn wrap(text: &str, size: f64, limit: f64, lines: usize) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if width(rest, size) <= limit {
            out.push(rest.to_string());
            break;
        }
        if out.len() + 1 >= lines {
            let end = fitting(rest, size, limit - size);
            out.push(format!("{}…", rest[..end].trim_end()));
            break;
        }
        let end = fitting(rest, size, limit);
        let cut = rest[..end].rfind(' ').filter(|at| *at > end / 3).unwrap_or(end);
        out.push(rest[..cut].trim_end().to_string());
        rest = rest[cut..].trim_start();
    }
    out
}

/// The byte length of the longest start of `text` within `limit` pixels; one character at least.
fn fitting(text: &str, size: f64, limit: f64) -> usize {
    let mut used = 0.0;
    for (at, c) in text.char_indices() {
        used += char_width(c) * size;
        if used > limit && at > 0 {
            return at;
        }
    }
    text.len()
}

/// Whether a character turns the direction of what follows it, far beyond the text that it stands in.
pub fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters that XML 1.0 has no place for and those that turn the direction of writing become U+FFFD; line breaks become spaces.
pub fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' | '\n' | '\r' => ' ',
            c if c.is_control() || turns(c) || matches!(c, '\u{FFFE}' | '\u{FFFF}') => '\u{FFFD}',
            c => c,
        })
        .collect()
}

/// Text for XML content and attribute values.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_width_character_is_never_halved() {
        assert_eq!(fit("机械设备", 8), "机械设备");
        assert_eq!(fit("机械设备", 7), "机械设…");
        assert_eq!(fit("机械设备", 6), "机械… ");
        assert_eq!(fit("ab", 4), "ab  ");
    }

    #[test]
    fn chinese_is_full_width_and_breaks_anywhere() {
        assert_eq!(width("机械", 10.0), 20.0);
        assert_eq!(wrap("机械设备制造", 10.0, 30.0, 3), ["机械设", "备制造"]);
        assert_eq!(wrap("机械设备制造有限公司", 10.0, 30.0, 2), ["机械设", "备制…"]);
        assert_eq!(wrap("food and drink", 10.0, 60.0, 3), ["food and", "drink"]);
        assert_eq!(escape("<b>]]>\u{1}\u{202e}"), "&lt;b&gt;]]&gt;\u{FFFD}\u{FFFD}");
    }
}
