//! A part as a stream of XML events. None may be longer than [`MAX_EVENT`], no element nested deeper than
//! [`MAX_DEPTH`], and entities stand for one character.

use std::io::{self, BufRead, BufReader, Read};

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::zip::{Part, Zip, bad};

/// The longest XML event, and the longest text of a cell: 1 MiB. A spreadsheet's cell holds 32,767 characters.
pub const MAX_EVENT: usize = 1 << 20;
/// Elements within each other.
const MAX_DEPTH: usize = 64;

/// A part's XML events.
pub struct Xml {
    reader: Reader<Bounded>,
    buffer: Vec<u8>,
    depth: usize,
}

impl Xml {
    pub fn open(zip: &Zip, path: &str, limit: u64) -> io::Result<Option<Xml>> {
        Ok(zip.part(path, limit)?.map(|part| {
            let mut reader = Reader::from_reader(Bounded { bytes: BufReader::with_capacity(1 << 16, part), left: 0 });
            reader.config_mut().expand_empty_elements = true;
            Xml { reader, buffer: Vec::new(), depth: 0 }
        }))
    }

    /// The next event; after the last one the part is read to its end, so that its checksum is known to be right.
    pub fn next(&mut self) -> io::Result<Event<'_>> {
        self.buffer.clear();
        self.reader.get_mut().left = MAX_EVENT;
        let event = self.reader.read_event_into(&mut self.buffer).map_err(|e| match e {
            quick_xml::Error::Io(e) => {
                e.raw_os_error().map_or_else(|| bad(&e.to_string()), io::Error::from_raw_os_error)
            }
            other => bad(&format!("its XML is damaged: {other}")),
        })?;
        match &event {
            Event::Start(_) => self.depth += 1,
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        if self.depth > MAX_DEPTH {
            return Err(bad("its XML is nested too deep"));
        }
        Ok(event)
    }

    /// Reads the rest of the part.
    pub fn drain(self) -> io::Result<()> {
        io::copy(&mut self.reader.into_inner().bytes, &mut io::sink()).map(drop)
    }

    /// The text of the element that was just begun, without that of elements in it.
    pub fn text(&mut self, text: &mut String) -> io::Result<()> {
        let (own, start) = (self.depth, text.len());
        loop {
            let depth = self.depth;
            match self.next()? {
                Event::End(_) if depth == own => return Ok(()),
                Event::Text(e) if depth == own => text.push_str(&e.xml10_content()),
                Event::CData(e) if depth == own => text.push_str(&e.xml10_content()),
                Event::GeneralRef(e) if depth == own => text.push_str(&entity(&e)?),
                Event::Eof => return Err(unended()),
                _ => {}
            }
            if text.len() - start > MAX_EVENT {
                return Err(bad("a cell has more than 1 MiB of text"));
            }
        }
    }

    /// The text of a string element that was just begun: its `t`s, also of its stretches in one font; not how it
    /// is spoken.
    pub fn string(&mut self, text: &mut String) -> io::Result<()> {
        let (own, start) = (self.depth, text.len());
        // Depth within a phonetic run.
        let mut spoken: Option<usize> = None;
        loop {
            let depth = self.depth;
            let is_text = match self.next()? {
                Event::End(_) if depth == own => break,
                Event::Start(e) if e.local_name().as_ref() == "rPh" => {
                    spoken = spoken.or(Some(depth));
                    false
                }
                Event::Start(e) => spoken.is_none() && e.local_name().as_ref() == "t",
                Event::End(_) => {
                    spoken = spoken.filter(|before| depth > before + 1);
                    false
                }
                Event::Eof => return Err(unended()),
                _ => false,
            };
            if is_text {
                self.text(text)?;
            }
            if text.len() - start > MAX_EVENT {
                return Err(bad("a cell has more than 1 MiB of text"));
            }
        }
        unescape(text, start);
        Ok(())
    }
}

fn unended() -> io::Error {
    bad("its XML ends in the middle")
}

/// Resolves `_x000D_`, as spreadsheets write characters that XML cannot hold, from a place on. Takes time by the
/// text's length, however many there are.
pub fn unescape(text: &mut String, start: usize) {
    if !text[start..].contains("_x") {
        return;
    }
    let escaped = text.split_off(start);
    let mut rest = escaped.as_str();
    while let Some(at) = rest.find("_x") {
        let code = rest.get(at + 2..at + 7).and_then(|code| code.strip_suffix('_'));
        let code = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        let end = at + if code.is_some() { 7 } else { 2 };
        text.push_str(&rest[..if code.is_some() { at } else { end }]);
        text.extend(code);
        rest = &rest[end..];
    }
    text.push_str(rest);
}

/// Bytes of a part, so many at most until the count is set anew.
struct Bounded {
    bytes: BufReader<Part>,
    left: usize,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(buffer)?;
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for Bounded {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(bad("an element or a text in it is longer than 1 MiB"));
        }
        self.bytes.fill_buf()
    }

    fn consume(&mut self, n: usize) {
        self.left = self.left.saturating_sub(n);
        self.bytes.consume(n);
    }
}

fn entity(reference: &BytesRef<'_>) -> io::Result<String> {
    let unknown = || bad(&format!("its XML has an unknown entity &{};", reference.as_ref().escape_default()));
    if let Some(found) = resolve_predefined_entity(reference.as_ref()) {
        return Ok(found.to_string());
    }
    reference.resolve_char_ref().ok().flatten().map(String::from).ok_or_else(unknown)
}

/// An attribute by its local name, its entities resolved.
pub fn attribute(element: &BytesStart<'_>, name: &str) -> io::Result<Option<String>> {
    for attribute in element.attributes().with_checks(false) {
        let attribute = attribute.map_err(|e| bad(&format!("its XML is damaged: {e}")))?;
        if attribute.key.local_name().as_ref() == name {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            return value.map(|v| Some(v.into_owned())).map_err(|e| bad(&format!("its XML is damaged: {e}")));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_what_xml_cannot_hold() {
        let mut text = "_x0041_a_x000D_\n_x005F_x0041__x00_王_xD800_".to_string();
        unescape(&mut text, 7);
        assert_eq!(text, "_x0041_a\r\n_x0041__x00_王_xD800_");
    }

    /// As many as a cell may hold: quadratic work would be seen by whoever runs this.
    #[test]
    fn a_cell_full_of_escapes() {
        let mut text = "_x0041_".repeat(MAX_EVENT / 7);
        unescape(&mut text, 7);
        assert_eq!(text, format!("_x0041_{}", "A".repeat(MAX_EVENT / 7 - 1)));
    }
}
