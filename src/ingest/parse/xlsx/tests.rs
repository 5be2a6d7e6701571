use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};

use crate::ingest::FileProblem;
use crate::ingest::read::tests::Case;
use crate::ingest::rig::{Rig, accounts};

/// A workbook as a spreadsheet program writes it.
fn written(fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(book.add_worksheet());
    book.add_worksheet().write(0, 0, "contract_id").unwrap();
    book.save_to_buffer().unwrap()
}

/// A ZIP file of deflated parts.
pub(crate) fn zipped(parts: &[(&str, &str)]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, text) in parts {
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
        packed.write_all(text.as_bytes()).unwrap();
        let packed = packed.finish().unwrap();
        let mut crc = flate2::Crc::new();
        crc.update(text.as_bytes());
        let mut about = vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0];
        for n in [crc.sum(), packed.len() as u32, text.len() as u32, name.len() as u32] {
            about.extend(n.to_le_bytes());
        }
        let at = file.len() as u32;
        file.extend([b"PK\x03\x04", &about[..], name.as_bytes(), &packed].concat());
        directory.extend([b"PK\x01\x02\x14\x00", &about[..], &[0; 10], &at.to_le_bytes(), name.as_bytes()].concat());
    }
    let (n, start) = ((parts.len() as u16).to_le_bytes(), file.len() as u32);
    let size = (directory.len() as u32).to_le_bytes();
    [file, directory, [b"PK\x05\x06\0\0\0\0", &n[..], &n, &size, &start.to_le_bytes(), &[0; 2]].concat()].concat()
}

const RELATIONS: &str =
    r#"<Relationships><Relationship Id="rId1" Type="x/officeDocument" Target="/xl/workbook.xml"/></Relationships>"#;
const BOOK_RELATIONS: &str = r#"<Relationships>
<Relationship Id="rId1" Type="x/worksheet" Target="worksheets/sheet1.xml"/>
<Relationship Id="rId2" Type="x/sharedStrings" Target="sharedStrings.xml"/>
<Relationship Id="rId3" Type="x/styles" Target="styles.xml"/></Relationships>"#;

/// A workbook from the XML of its sheet's rows and of its shared strings; style 1 is a date.
pub(crate) fn book(properties: &str, rows: &str, strings: &str) -> Vec<u8> {
    let book =
        format!(r#"<workbook>{properties}<sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>"#);
    zipped(&[
        ("_rels/.rels", RELATIONS),
        ("xl/workbook.xml", &book),
        ("xl/_rels/workbook.xml.rels", BOOK_RELATIONS),
        (
            "xl/styles.xml",
            r#"<styleSheet><cellStyleXfs><xf/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#,
        ),
        ("xl/sharedStrings.xml", &format!(r#"<sst count="9" uniqueCount="123456789012">{strings}</sst>"#)),
        (
            "xl/worksheets/sheet1.xml",
            &format!(
                "<worksheet><dimension ref=\"A1:XFD1048576\"/><sheetData>{rows}</sheetData><mergeCells/></worksheet>"
            ),
        ),
    ])
}

/// Cells of text.
fn row(number: usize, cells: &[&str]) -> String {
    let cells: String = cells.iter().map(|c| format!(r#"<c t="inlineStr"><is><t>{c}</t></is></c>"#)).collect();
    format!(r#"<row r="{number}">{cells}</row>"#)
}

#[test]
fn a_workbook_of_a_spreadsheet_program_loads() {
    let bytes = written(|sheet| {
        let names = [
            "plan",
            "contract_id",
            "company_id",
            "note",
            "start_date",
            " end_date ",
            "signed_on",
            "amount",
            "refund",
            "rep_id",
        ];
        for (n, name) in names.iter().enumerate() {
            sheet.write(0, n as u16, *name).unwrap();
        }
        let day = Format::new().set_num_format("yyyy\\-mm\\-dd");
        let date = |text| ExcelDateTime::parse_from_str(text).unwrap();
        for (row, id) in [(1, 7_001.0), (3, 7_002.0), (4, 7_003.0), (5, 7_004.0), (6, 7_005.0)] {
            sheet.write(row, 0, " gold ").unwrap();
            sheet.write(row, 1, id).unwrap();
            sheet.write(row, 2, " c1 ").unwrap();
            sheet.write(row, 4, "2026-01-01").unwrap();
            sheet.write_with_format(row, 5, date("2026-12-31"), &day).unwrap();
            sheet.write_with_format(row, 6, date("2025-12-24"), &day).unwrap();
            sheet.write(row, 7, 0.1 + 0.2).unwrap();
        }
        // Formatted, and without a value: no record.
        sheet.write_blank(2, 3, &day).unwrap();
        sheet.write_with_format(3, 6, date("2025-12-24T00:00:01"), &day).unwrap();
        sheet.write(4, 7, 1.005).unwrap();
        sheet.write_formula(5, 7, Formula::new("=1+1").set_result("2")).unwrap();
        sheet.write_formula(5, 9, Formula::new("=\"r\"").set_result("r9")).unwrap();
        sheet.write_formula(6, 7, Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
        // A far cell is a row with nothing in the known columns.
        sheet.write(1_048_575, 16_383, "x").unwrap();
    });
    let mut rig = Rig::new();
    std::fs::write(rig.project.storage.incoming.join("contracts.xlsx"), &bytes).unwrap();
    let loaded = rig.load(&["contracts"]);
    assert_eq!(accounts(&loaded), ["contracts.xlsx loaded* 6=2+0+4"]);
    assert_eq!(loaded.unknown_columns["contracts"].iter().collect::<Vec<_>>(), ["note"]);
    let columns = ["contract_id", "company_id", "plan", "start_date", "end_date", "signed_on", "amount", "rep_id"];
    assert_eq!(
        rig.rows("contracts", &columns),
        [
            "7001, c1 ,gold,2026-01-01,2026-12-31,2025-12-24,0.30,",
            "7004, c1 ,gold,2026-01-01,2026-12-31,2025-12-24,2.00,r9"
        ]
    );
    let raw = |id, signed, amount| {
        format!(
            r#"{{"contract_id":{id},"company_id":" c1 ","plan":" gold ","start_date":"2026-01-01","end_date":"2026-12-31","signed_on":"{signed}","amount":{amount}}}"#
        )
    };
    assert_eq!(
        rig.quarantine(),
        [
            format!(
                "1 contracts.xlsx:4 signed_on bad_date {}",
                raw(7002, "2025-12-24T00:00:01", "0.30000000000000004")
            ),
            format!("1 contracts.xlsx:5 amount bad_number {}", raw(7003, "2025-12-24", "1.005")),
            format!("1 contracts.xlsx:7 amount bad_number {}", raw(7005, "2025-12-24", "\"#DIV/0!\"")),
            "1 contracts.xlsx:1048576 contract_id missing {}".to_string(),
        ]
    );
    // Over the limit of bad rows, the good ones are read again for the quarantine.
    let mut many = written(|sheet| {
        for (n, name) in ["period", "amount"].iter().enumerate() {
            sheet.write(0, n as u16, *name).unwrap();
        }
        for row in 1..=12 {
            sheet.write(row, 0, 2026).unwrap();
            sheet.write(row, 1, if row == 7 { "5" } else { "five" }).unwrap();
        }
    });
    std::fs::write(rig.project.storage.incoming.join("targets-2026"), &many).unwrap();
    assert_eq!(accounts(&rig.load(&["targets"])), ["targets-2026 refused* 12=0+0+12"]);
    assert!(
        rig.quarantine().contains(&"2 targets-2026:8 - file_refused {\"period\":2026,\"amount\":\"5\"}".to_string())
    );
    // Events are no table, damaged bytes no workbook.
    std::fs::write(rig.project.storage.incoming.join("messages.xlsx"), &many).unwrap();
    let sheet = many.windows(10).position(|w| w == b"sheet1.xml").unwrap();
    many[sheet + 60] ^= 0x10;
    std::fs::write(rig.project.storage.incoming.join("reps.xlsx"), &many).unwrap();
    let loaded = rig.load(&["messages", "reps"]);
    assert_eq!(accounts(&loaded), ["messages.xlsx refused* 0=0+0+0", "reps.xlsx refused* 0=0+0+0"]);
    assert!(loaded.files[0].message.as_ref().unwrap().contains("XLSX is read for tables only"));
    assert!(loaded.files[1].message.as_ref().unwrap().contains("cannot be read to its end"));
}

/// Targets read from rows of XML, as `line period|rep_id|amount` or `line column reason`.
fn targets(properties: &str, rows: &str, strings: &str) -> Result<Vec<String>, String> {
    let read = Case::new().read("targets", "t.xlsx", &book(properties, rows, strings));
    let read = read.map_err(|e| match e {
        FileProblem::Refused(why) => why,
        other => panic!("{other:?}"),
    })?;
    let good = read.rows.into_iter().map(|(line, text)| format!("{line} {text}"));
    let bad = |r: crate::ingest::Reject| format!("{} {} {}", r.line, r.column.unwrap_or_default(), r.reason.word());
    Ok(good.chain(read.rejects.into_iter().map(bad)).collect())
}

#[test]
fn cells_of_every_kind() {
    let head = row(1, &["period", "rep_id", "amount"]);
    let read = |cells: &str| {
        targets(
            "",
            &format!("{head}<row r=\"4\">{cells}</row>"),
            "<si><t>r</t><rPh><t>x</t></rPh><r><rPr/><t>1&amp;</t></r></si><si/>",
        )
    };
    let one = |cells: &str| read(cells).unwrap().join(";");
    // Shared strings, with what they sound like left out; no reference: one after the other.
    assert_eq!(one(r#"<c><v>2026</v></c><c t="s"><v>0</v></c><c><v>5</v></c>"#), "4 2026|r1&|5.00");
    assert_eq!(one(r#"<c r="C4"><v>1.25E3</v></c><c r="A4" t="str"><v>2026-07</v></c>"#), "4 2026-07|∅|1250.00");
    // An id's digits are those of the file, however many.
    assert_eq!(
        one(r#"<c><v>2026</v></c><c><v>12345678901234567890</v></c><c><v>1</v></c>"#),
        "4 2026|12345678901234567890|1.00"
    );
    assert_eq!(one(r#"<c><v>2026</v></c><c t="b"><v>1</v></c><c t="str"><v>_x0031_.5</v></c>"#), "4 2026|true|1.50");
    assert_eq!(one(r#"<c s="1"><v>46204</v></c><c/><c><v>1</v></c>"#), "4 period bad_period");
    assert_eq!(one(r#"<c><v>2026</v></c><c s="1"><v>46204</v></c><c><v>1</v></c>"#), "4 2026|2026-07-01|1.00");
    assert_eq!(one(r##"<c><v>2026</v></c><c t="e"><v>#SPILL!</v></c><c><v>1</v></c>"##), "4 rep_id parse");
    // A formula that was never computed is a value that cannot be read.
    assert_eq!(one(r#"<c><v>2026</v></c><c><f>A1</f></c><c><v>1</v></c>"#), "4 rep_id parse");
    for never in ["<v/>", "<v></v>", "<v> </v>"] {
        let cells = format!(r#"<c><v>2026</v></c><c><f>A1</f>{never}</c><c><v>1</v></c>"#);
        assert_eq!(one(&cells), "4 rep_id parse", "{never}");
    }
    assert_eq!(one(r#"<c><v>2026</v></c><c t="str"><f>A1</f><v></v></c><c><v>1</v></c>"#), "4 2026|∅|1.00");
    // Nothing but blanks, or nothing at all: no record.
    assert_eq!(one(r#"<c t="s"><v>1</v></c><c t="str"><v> </v></c>"#), "");
    assert_eq!(targets("", "", "").unwrap(), [""; 0]);
    assert_eq!(targets("", &head, "").unwrap(), [""; 0]);
    assert!(read(r#"<c t="s"><v>2</v></c>"#).unwrap_err().contains("shared string"));
    assert!(targets("", &head.replace("r=\"1\"", "r=\"2\""), "").unwrap_err().contains("required column missing"));
}

/// Days of both calendars, against the table in ECMA-376 part 1, 18.17.4.1, and Microsoft's note on the two.
#[test]
fn days_of_both_calendars() {
    let care = |properties: &str, serial: &str| {
        let head = row(1, &["rep_id", "role", "team", "name", "hired_on"]);
        let cells =
            r#"<c t="str"><v>r1</v></c><c t="str"><v>sales</v></c><c t="str"><v>t</v></c><c t="str"><v>n</v></c>"#;
        let rows = format!(r#"{head}<row r="2">{cells}<c s="1"><v>{serial}</v></c></row>"#);
        let read = Case::new().read("reps", "t.xlsx", &book(properties, &rows, "")).unwrap();
        let good = read.rows.first().map(|(_, text)| text.split('|').nth(4).unwrap().to_string());
        good.unwrap_or_else(|| read.rejects[0].reason.word().to_string())
    };
    for (serial, day) in [("1", "1900-01-01"), ("59", "1900-02-28"), ("61", "1900-03-01"), ("46204", "2026-07-01")] {
        assert_eq!(care("", serial), day);
    }
    assert_eq!(care("", "46204.00000000001"), "2026-07-01");
    for serial in ["0", "0.5", "60", "60.5", "-1", "46204.5", "1e300", "2958466"] {
        assert_eq!(care("", serial), "bad_date", "{serial}");
    }
    let from_1904 = "<workbookPr date1904=\"1\"/>";
    for (serial, day) in [("0", "1904-01-01"), ("60", "1904-03-01"), ("44742", "2026-07-01")] {
        assert_eq!(care(from_1904, serial), day);
    }
}

#[test]
fn times_are_local() {
    let head = row(1, &["rep_id", "action_id", "company_id", "action", "ts"]);
    let ids = row(2, &["r1", "a1", "c1", "call"]);
    let read = |cell: &str| {
        let rows = format!("{head}{}{cell}</row>", ids.strip_suffix("</row>").unwrap());
        let read = Case::new().read("care_actions", "t.xlsx", &book("", &rows, "")).unwrap();
        let good = read.rows.first().map(|(_, text)| text.split('|').nth(1).unwrap().to_string());
        good.unwrap_or_else(|| read.rejects[0].reason.word().to_string())
    };
    // 09:30 in Shanghai.
    assert_eq!(read(r#"<c s="1"><v>46204.395833333336</v></c>"#), "2026-07-01T01:30:00Z");
    assert_eq!(read(r#"<c s="1"><v>46204</v></c>"#), "2026-06-30T16:00:00Z");
    assert_eq!(read(r#"<c t="d"><v>2026-07-01T09:30:00</v></c>"#), "2026-07-01T01:30:00Z");
    assert_eq!(read(r#"<c s="1"><v>0.5</v></c>"#), "bad_time");
    assert_eq!(read(r#"<c><v>46204.4</v></c>"#), "bad_time");
}

#[test]
fn workbooks_made_to_hurt_are_refused() {
    let head = row(1, &["period", "rep_id", "amount"]);
    let refused = |rows: &str, strings: &str, expected: &str| {
        let why = targets("", rows, strings).unwrap_err();
        assert!(why.contains(expected), "{why}");
    };
    let long = "x".repeat(2 << 20);
    refused(&(head.clone() + &row(2, &[&long])), "", "longer than 1 MiB");
    refused(&(head.clone() + &row(2, &[&(long[..62].to_string() + "&amp;").repeat(17 << 10)])), "", "1 MiB of text");
    refused(&format!("{head}<!--{long}-->"), "", "longer than 1 MiB");
    refused(&head, &format!("<si><t>{long}</t></si>"), "longer than 1 MiB");
    refused(&format!("{head}{}", "<a>".repeat(100)), "", "nested too deep");
    refused(&format!("{head}<row r=\"1048577\"></row>"), "", "beyond 1,048,576");
    refused(&format!("{head}<row r=\"99999999999999999999\"></row>"), "", "out of order or beyond");
    refused(&format!("{head}<row r=\"1\"></row>"), "", "out of order");
    refused(&format!("{head}<row r=\"2\"><c r=\"XFE2\"><v>1</v></c></row>"), "", "beyond column XFD");
    refused(&format!("{head}<row><c><v>&lol;</v></c></row>"), "", "unknown entity");
    refused(&format!("{head}<row>"), "", "damaged");
    // Ten texts of a row that each are long: the row is the limit.
    let most = &long[..(1 << 20) - 100];
    let wide = [most; 17];
    refused(&(head.clone() + &row(2, &wide)), "", "16 MiB");
    // Sizes that lie: of a part, of the directory, of the number of parts.
    let case = Case::new();
    let good = book("", &head, "");
    let end = good.len() - 22;
    let size_of_the_last_part = good.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap() + 24;
    for (place, value) in
        [(size_of_the_last_part, 1), (size_of_the_last_part - 8, 9), (end + 12, 200), (end + 16, 1), (end + 10, 9)]
    {
        let mut lying = good.clone();
        lying[place] ^= value;
        assert!(matches!(case.read("targets", "t.xlsx", &lying), Err(FileProblem::Refused(_))), "{place}");
    }
    assert!(case.read("targets", "t.xlsx", &good).is_ok());
    for cut in (4..good.len()).step_by(11) {
        assert!(matches!(case.read("targets", "t.xlsx", &good[..cut]), Err(FileProblem::Refused(_))), "{cut}");
    }
}

/// XML changed anywhere, under a checksum that is right: read, or refused, never a crash.
#[test]
fn changed_xml_never_crashes() {
    let rows = row(1, &["period", "rep_id", "amount"])
        + r#"<row r="4"><c r="A4"><v>2026</v></c><c t="s"><v>0</v></c><c s="1"><f>A</f><v>1e3</v></c></row>"#;
    let case = Case::new();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut draw = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as usize
    };
    let pieces = [
        "<",
        ">",
        "\"",
        "&",
        "/",
        "9999999999",
        "-",
        "A",
        "<row>",
        "</row>",
        "<c>",
        "</c>",
        "<v>",
        "&#x0;",
        "]]>",
        "<!--",
        "\0",
        "王",
    ];
    let mut read = 0;
    for _ in 0..400 {
        let mut xml = rows.clone();
        for _ in 0..=draw(2) {
            let at = xml.floor_char_boundary(draw(xml.len()));
            let end = xml.floor_char_boundary((at + draw(4)).min(xml.len()));
            xml.replace_range(at..end.max(at), pieces[draw(pieces.len())]);
        }
        match case.read("targets", "t.xlsx", &book("", &xml, "<si><t>r</t></si>")) {
            Ok(_) => read += 1,
            Err(FileProblem::Refused(_)) => {}
            other => panic!("{xml}: {other:?}"),
        }
    }
    assert!((1..400).contains(&read), "{read}");
}
