//! A workbook: where its first sheet is, which cells are dates, and the table of shared strings.
//!
//! No part may unpack to more than its limit; whatever a part declares about its own size is not read.

use std::collections::HashMap;
use std::fs::File;
use std::io;

use quick_xml::events::Event;

use super::xml::{Xml, attribute};
use super::zip::{Zip, bad};

/// Bytes that the sheet, the shared strings, and other parts may unpack to.
const MAX_SHEET: u64 = 2 << 30;
const MAX_STRINGS: u64 = 512 << 20;
const MAX_PART: u64 = 16 << 20;
/// Text of the shared strings, and their number: about 100 MB of memory.
const MAX_STRING_TEXT: usize = 64 << 20;
const MAX_STRING_COUNT: usize = 4 << 20;

/// Shared strings, end to end.
#[derive(Default)]
pub struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    pub fn get(&self, n: usize) -> Option<&str> {
        let end = *self.ends.get(n)? as usize;
        let start = n.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.text.get(start..end)
    }
}

/// What is needed to read the cells of a workbook's first sheet.
pub struct Book {
    pub strings: Strings,
    /// For each cell style whether its numbers are dates.
    pub dates: Vec<bool>,
    /// Days are counted from 1904-01-01.
    pub from_1904: bool,
    pub sheet: Xml,
}

impl Book {
    /// # Errors
    /// Of the disk, or `InvalidData` with what is wrong.
    pub fn open(file: File) -> io::Result<Book> {
        let zip = Zip::new(file)?;
        let relations = relations(&zip, "", "_rels/.rels")?;
        let path = relations.into_iter().find(|r| r.kind == "officeDocument").map(|r| r.target);
        let path = path.ok_or_else(|| bad("it is a ZIP file without a workbook"))?;
        let (folder, name) = path.rsplit_once('/').map_or(("", path.as_str()), |(folder, name)| (folder, name));
        let relations = self::relations(&zip, folder, &join(folder, &format!("_rels/{name}.rels")))?;
        let of_kind = |kind| relations.iter().find(|r| r.kind == kind).map(|r| r.target.as_str());
        let (sheets, from_1904) = workbook(&mut Xml::open(&zip, &path, MAX_PART)?.ok_or_else(|| missing(&path))?)?;
        let sheet = sheets.iter().find(|s| s.visible).or(sheets.first()).ok_or_else(|| bad("it has no sheet"))?;
        let sheet = relations.iter().find(|r| r.id == sheet.relation && r.kind == "worksheet");
        let sheet = &sheet.ok_or_else(|| bad("its first sheet holds no cells"))?.target;
        let strings = match of_kind("sharedStrings").map(|path| Xml::open(&zip, path, MAX_STRINGS)).transpose()? {
            Some(Some(mut xml)) => strings(&mut xml)?,
            _ => Strings::default(),
        };
        let dates = match of_kind("styles").map(|path| Xml::open(&zip, path, MAX_PART)).transpose()? {
            Some(Some(mut xml)) => date_styles(&mut xml)?,
            _ => Vec::new(),
        };
        let sheet = Xml::open(&zip, sheet, MAX_SHEET)?.ok_or_else(|| missing(sheet))?;
        Ok(Book { strings, dates, from_1904, sheet })
    }
}

fn missing(path: &str) -> io::Error {
    bad(&format!("its part {path} is missing"))
}

struct Relation {
    id: String,
    /// The last word of its type.
    kind: String,
    target: String,
}

fn relations(zip: &Zip, folder: &str, path: &str) -> io::Result<Vec<Relation>> {
    let mut xml = Xml::open(zip, path, MAX_PART)?.ok_or_else(|| missing(path))?;
    let mut relations = Vec::new();
    loop {
        match xml.next()? {
            Event::Start(e) if e.local_name().as_ref() == "Relationship" => {
                let text = |name| attribute(&e, name).map(Option::unwrap_or_default);
                let (kind, target) = (text("Type")?, text("Target")?);
                let kind = kind.rsplit('/').next().unwrap_or_default().to_string();
                relations.push(Relation { id: text("Id")?, kind, target: join(folder, &target) });
            }
            Event::Eof => return Ok(relations),
            _ => {}
        }
    }
}

/// A target as seen from a folder of the package.
fn join(folder: &str, target: &str) -> String {
    let base = if target.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(target.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

struct Sheet {
    relation: String,
    visible: bool,
}

/// The sheets in their order, and whether days are counted from 1904.
fn workbook(xml: &mut Xml) -> io::Result<(Vec<Sheet>, bool)> {
    let (mut sheets, mut from_1904) = (Vec::new(), false);
    loop {
        match xml.next()? {
            Event::Start(e) if e.local_name().as_ref() == "sheet" => {
                let visible = attribute(&e, "state")?.is_none_or(|state| state == "visible");
                sheets.push(Sheet { relation: attribute(&e, "id")?.unwrap_or_default(), visible });
            }
            Event::Start(e) if e.local_name().as_ref() == "workbookPr" => {
                from_1904 |= attribute(&e, "date1904")?.is_some_and(|v| v == "1" || v == "true");
            }
            Event::Eof => return Ok((sheets, from_1904)),
            _ => {}
        }
    }
}

fn strings(xml: &mut Xml) -> io::Result<Strings> {
    let mut strings = Strings::default();
    loop {
        match xml.next()? {
            Event::Start(e) if e.local_name().as_ref() == "si" => {}
            Event::Eof => return Ok(strings),
            _ => continue,
        }
        xml.string(&mut strings.text)?;
        strings.ends.push(strings.text.len() as u32);
        if strings.text.len() > MAX_STRING_TEXT || strings.ends.len() > MAX_STRING_COUNT {
            return Err(bad("its texts are more than 64 MiB or 4 million; export it as CSV or Parquet"));
        }
    }
}

/// For each cell style whether its numbers are dates.
fn date_styles(xml: &mut Xml) -> io::Result<Vec<bool>> {
    let (mut formats, mut styles) = (HashMap::new(), Vec::new());
    let mut within = false;
    loop {
        match xml.next()? {
            Event::Start(e) => match e.local_name().as_ref() {
                "numFmt" => {
                    let code = attribute(&e, "formatCode")?.unwrap_or_default();
                    formats.insert(attribute(&e, "numFmtId")?.unwrap_or_default(), is_date_format(&code));
                }
                "cellXfs" => within = true,
                "xf" if within => {
                    let id = attribute(&e, "numFmtId")?.unwrap_or_default();
                    let built_in = || matches!(id.parse(), Ok(14..=22 | 27..=36 | 45 | 47 | 50..=58_u32));
                    styles.push(formats.get(&id).copied().unwrap_or_else(built_in));
                }
                _ => {}
            },
            Event::End(e) if e.local_name().as_ref() == "cellXfs" => within = false,
            Event::Eof => return Ok(styles),
            _ => {}
        }
    }
}

/// Whether a format shows a number as a date or a time of day: its first section has a letter of one outside of
/// quotes, brackets and escapes. Elapsed times (`[h]:mm`) are no dates.
fn is_date_format(code: &str) -> bool {
    let mut chars = code.chars();
    let mut date = false;
    while let Some(c) = chars.next() {
        match c {
            ';' => break,
            '"' => drop(chars.by_ref().find(|c| *c == '"')),
            '\\' | '_' | '*' => drop(chars.next()),
            '[' => {
                let inner: String = chars.by_ref().take_while(|c| *c != ']').collect();
                if !inner.is_empty() && inner.bytes().all(|b| b"hmsHMS".contains(&b)) {
                    return false;
                }
            }
            'd' | 'm' | 'y' | 'h' | 's' | 'D' | 'M' | 'Y' | 'H' | 'S' => date = true,
            _ => {}
        }
    }
    date
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_that_show_dates() {
        for code in
            ["yyyy\\-mm\\-dd;@", "d-mmm-yy", "[$-404]e\"年\"m\"月\"d\"日\"", "h:mm AM/PM", "[Red]dd/mm", "*-yyyy"]
        {
            assert!(is_date_format(code), "{code}");
        }
        for code in ["General", "0.00E+00", "#,##0\"days\"", "[h]:mm:ss", "[Red]-0", "0\\d", "@", "0;yyyy", "0_m"] {
            assert!(!is_date_format(code), "{code}");
        }
    }

    #[test]
    fn targets_are_seen_from_their_folder() {
        assert_eq!(join("xl", "worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(join("xl", "/xl/sheet.xml"), "xl/sheet.xml");
        assert_eq!(join("xl", "../../x.xml"), "x.xml");
    }
}
