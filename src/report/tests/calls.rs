//! From the score to the call and back: the cut per person, who has nobody, what changed, the form that comes back.

use std::collections::BTreeMap;

use super::{day, text, unpacked};
use crate::config::{Audience, Language, ReportConfig, ReportFormat};
use crate::domain::Micros;
use crate::facts::Visible;
use crate::ingest::parse::xlsx::tests::zipped;
use crate::ingest::rig::{Rig, accounts};
use crate::lake::ledger::PublishedRisk;
use crate::marts::Marts;
use crate::marts::member_story::tell;
use crate::report::member_story::{Form, explain};
use crate::report::{Rendered, ReportContext, render};

const AS_OF: &str = "2026-07-09";
const NOW: &str = "2026-07-10T02:30:15+08:00";

/// R1 and R3 are there, R2 has left, R9 is nobody. Of the past G0 renewed, G0b and G3 did not: every
/// p is 1/3, a medium risk here, and calls go by amount.
fn portal() -> Rig {
    let mut rig = Rig::new();
    rig.project.risk.calls_per_rep_day = 2;
    rig.project.risk.high_below = 0.2;
    let reps = "rep_id,name,team,role,hired_on,left_on\nR1,Ann,t,after_sales,2020-01-01,\n\
                R2,Bo,t,after_sales,2020-01-01,2026-07-09\nR3,Cy,t,after_sales,2020-01-01,2026-07-10\n";
    rig.file("reps.csv", reps);
    let companies = [("1", "R1"), ("2", "R1"), ("3", "R1"), ("4", "R3"), ("5", "R2"), ("6", "R9"), ("7", "")];
    // Those of the contracts that are no longer at stake.
    let gone = ["11", "12", "13", "14", "16", "17"].map(|n| (n, "R1"));
    let company = |(n, rep): &(&str, &str)| format!("C{n},Firm {n},s,small,{rep}\n");
    let companies: String = companies.iter().chain(&gone).map(company).collect();
    rig.file("companies.csv", &format!("company_id,name,segment,size,service_rep_id\n{companies}"));
    let at_stake = |n: usize| format!("K{n},C{n},gold,membership,2025-08-01,2026-07-31,2025-07-01,{},\n", 1000 - n);
    let gone = "G0,C17,gold,membership,2024-06-01,2025-05-31,2024-05-01,10,\n\
                G0b,C17,gold,membership,2025-06-01,2026-05-31,2025-05-30,10,\n\
                G1,C11,gold,membership,2025-07-01,2026-06-30,2025-06-01,10,\n\
                G1b,C11,gold,membership,2026-07-01,2027-06-30,2026-06-20,10,\n\
                G2,C12,gold,membership,2025-08-02,2026-08-01,2025-07-01,10,2026-07-05\n\
                G3,C13,gold,membership,2025-06-09,2026-06-08,2025-06-01,10,\n\
                G4,C14,gold,membership,2026-01-01,2026-12-31,2025-12-20,10,\n\
                G6,C16,gold,trial,2026-01-01,2026-07-20,2025-12-20,10,\n";
    let rows: String = (1..=7).map(at_stake).collect();
    let head = "contract_id,company_id,plan,kind,start_date,end_date,signed_on,amount,cancelled_on\n";
    rig.file("contracts.csv", &format!("{head}{rows}{gone}"));
    rig.load(&["reps", "companies", "contracts"]);
    rig
}

fn made(rig: &Rig, as_of: &str, language: Language) -> Vec<Rendered> {
    let mut project = rig.project.clone();
    project.language = language;
    let lake = rig.lake();
    let visible = Visible::at(&lake, &project, day(as_of)).unwrap();
    let config = ReportConfig {
        name: "renewal_risk".into(),
        audience: Audience::AfterSales,
        formats: vec![ReportFormat::Html, ReportFormat::Xlsx, ReportFormat::Csv],
        split_by: Some("service_rep_id".into()),
        path: "-".into(),
    };
    let now = Micros::parse_rfc3339(NOW).unwrap();
    render(&config, &Marts::of(&visible), &ReportContext { now, banners: &[], summary: None }).unwrap()
}

/// Two columns of a table of the report.
fn column(files: &[Rendered], split: Option<&str>, table: &str, names: [&str; 2]) -> Vec<(String, String)> {
    let mut reader = csv::Reader::from_reader(text(files, split, "csv", Some(table)).as_bytes());
    let rows = reader.deserialize().map(Result::unwrap);
    rows.map(|row: BTreeMap<String, String>| (row[names[0]].clone(), row[names[1]].clone())).collect()
}

fn contracts(files: &[Rendered], split: Option<&str>, table: &str) -> Vec<String> {
    column(files, split, table, ["contract_id", "call_rank"]).into_iter().map(|(id, _)| id).collect()
}

#[test]
fn a_person_s_list_is_cut_and_those_of_nobody_are_apart() {
    let rig = portal();
    let files = made(&rig, AS_OF, Language::En);
    let lists = |split| {
        ["call_list", "call_list_later", "unassigned"].map(|table| {
            let is_there = files.iter().any(|r| r.split.as_deref() == split && r.file.part == Some(table));
            if is_there { contracts(&files, split, table).join(" ") } else { "-".to_string() }
        })
    };
    assert_eq!(lists(None), ["K1 K2 K4", "K3", "K5 K6 K7"]);
    assert_eq!(lists(Some("R1")), ["K1 K2", "K3", "-"]);
    assert_eq!(lists(Some("R3")), ["K4", "", "-"]);
    assert_eq!(lists(Some("R2")), ["", "", "K5"]);
    assert_eq!(lists(Some("unknown")), ["", "", "K7"]);
    // Two thirds of 995 + 994 + 993.
    let page = text(&files, None, "html", None);
    assert!(page.contains("without a service person, or with one who is unknown or has left: 3; CNY 2k at risk"));
    assert!(page.contains("Not today: 1 more, beyond 2 calls of one person and day."));
    assert!(!text(&files, Some("R1"), "html", None).contains("or with one who is unknown"));
}

/// The contracts of page one's lines and its first figure with its note: as many calls as the call list has.
#[test]
fn page_one_has_the_calls_of_the_list() {
    let files = made(&portal(), AS_OF, Language::En);
    let page_one = |split| {
        let page = text(&files, split, "html", None);
        let section = page.split("<section id=\"today\">").nth(1).unwrap().split("</section>").next().unwrap();
        let ids = (1..=7).map(|n| format!("K{n}")).filter(|id| section.contains(&format!("{id} ·")));
        let figure = section.split("To call today").nth(1).unwrap().split("Annual amount at risk").next().unwrap();
        let mut figure: String = figure
            .split('<')
            .filter_map(|tag| Some(tag.split_once('>')?.1.trim()))
            .fold(String::new(), |all, text| if text.is_empty() { all } else { format!("{all}|{text}") });
        figure.insert_str(0, &ids.collect::<Vec<_>>().join(" "));
        figure
    };
    assert_eq!(page_one(None), "K1 K2 K4|3|1 on later days, 3 without a service person");
    assert_eq!(page_one(Some("R1")), "K1 K2|2|1 on later days");
    assert_eq!(page_one(Some("R3")), "K4|1");
    assert_eq!(page_one(Some("R2")), "|0|1 without a service person");
}

#[test]
fn what_is_held_out_is_named_nowhere() {
    let mut rig = portal();
    // 1:K1 falls at 0.16338 of the range; of the others see src/risk/holdout.rs.
    rig.project.risk.holdout = 0.17;
    let published = published("K1", "low");
    publish(&rig, &[PublishedRisk { holdout: true, call_rank: None, ..published }]);
    for made in made(&rig, AS_OF, Language::En) {
        let texts = match made.file.extension {
            "xlsx" => unpacked(&made.file.bytes).into_iter().map(|(_, text)| text).collect::<String>(),
            _ => String::from_utf8(made.file.bytes.clone()).unwrap(),
        };
        // A sheet has a cell K1.
        let id = if made.file.extension == "xlsx" { "K1<" } else { "K1" };
        assert!(!texts.contains(id), "{:?} {} {:?}", made.split, made.file.extension, made.file.part);
        assert!(made.split.is_none() || !texts.contains("on purpose"), "{:?}", made.split);
    }
    // K1 of R1 is held out: the bands of R1 count K2 and K3 alone, those of the whole all seven.
    let files = made(&rig, AS_OF, Language::En);
    let bands = |split| {
        let page = text(&files, split, "html", None);
        let section = page.split("<section id=\"today\">").nth(1).unwrap().split("<table").next().unwrap();
        let texts: Vec<&str> = section.split('<').filter_map(|tag| Some(tag.split_once('>')?.1.trim())).collect();
        let of =
            |band: &str| texts.iter().skip_while(|t| !t.contains(band)).skip(1).find_map(|t| t.parse::<i64>().ok());
        ["High risk", "Medium risk", "Low risk"].map(|band| of(band).unwrap()).iter().sum::<i64>()
    };
    assert_eq!((bands(Some("R1")), bands(None)), (2, 7));
}

fn published(id: &str, band: &str) -> PublishedRisk {
    PublishedRisk {
        as_of: day("2026-07-01"),
        contract_id: id.into(),
        p_renew: 0.9,
        risk_band: band.into(),
        priority_rank: 1,
        call_rank: Some(1),
        reason_1: Some("shop_clicks_trend".into()),
        action: None,
        holdout: false,
    }
}

fn publish(rig: &Rig, list: &[PublishedRisk]) {
    publish_on(rig, "2026-07-01", list);
}

fn publish_on(rig: &Rig, as_of: &str, list: &[PublishedRisk]) {
    let now = Micros::parse_rfc3339(NOW).unwrap();
    let mut lake = rig.writer(now);
    lake.begin().unwrap();
    lake.ledger().publish_risks(9, day(as_of), list).unwrap();
    lake.commit(now, "test").unwrap();
}

#[test]
fn every_change_has_one_cause() {
    let rig = portal();
    let nothing = made(&rig, AS_OF, Language::En);
    assert!(text(&nothing, None, "html", None).contains("No list of an earlier day was published"));
    let bands = [("K1", "low"), ("K2", "high"), ("K3", "medium"), ("K5", "medium"), ("K6", "medium"), ("K7", "medium")];
    let gone = ["G1", "G2", "G3", "G4", "G5", "G6"].map(|id| published(id, "high"));
    let list: Vec<_> = bands.iter().map(|(id, band)| published(id, band)).chain(gone).collect();
    publish(&rig, &list);
    let files = made(&rig, AS_OF, Language::En);
    let changes = |split| {
        let rows = column(&files, split, "changes", ["list_change", "contract_id"]);
        rows.into_iter().map(|(change, id)| format!("{change} {id}")).collect::<Vec<_>>()
    };
    let expected = [
        "new K4",
        "worse K1",
        "better K2",
        "renewed G1",
        "cancelled G2",
        "lapsed G3",
        "beyond G4",
        "no_longer G5",
        "no_longer G6",
    ];
    assert_eq!(changes(None), expected);
    assert_eq!(changes(Some("R3")), ["new K4"]);
    let then = column(&files, None, "changes", ["p_renew_then", "reason_then"]);
    assert_eq!(then[1], ("0.9".into(), "shop_clicks_trend".into()));
    let moved = column(&files, None, "changes", ["moved", "contract_id"]).into_iter().map(|(moved, _)| moved);
    let expected = [
        "30 → 22 days left",
        "No figure: the method was learned anew, and says 33.3% by the figures of 2026-07-01 too",
        "No figure: the method was learned anew, and says 33.3% by the figures of 2026-07-01 too",
        "renewed on 2026-06-20 by G1b",
        "cancelled on 2026-07-05",
        "ended on 2026-06-08, grace over on 2026-07-08",
        "175 days left now; the list names those with at most 90",
        "",
        "",
    ];
    assert_eq!(moved.collect::<Vec<_>>(), expected);
    let said = "Since the list of 2026-07-01: 1 ＋ new, 1 ▲ greater risk, 1 ▼ smaller risk, 1 ✓ renewed, 1 cancelled, 1 ✕ lapsed";
    assert!(text(&files, None, "html", None).contains(said));
}

/// Of a portal without any event source.
#[test]
fn leads_that_no_source_tells_are_not_zero() {
    let rig = portal();
    let lake = rig.lake();
    let visible = Visible::at(&lake, &rig.project, day(AS_OF)).unwrap();
    let marts = Marts::of(&visible);
    let story = tell(&marts, visible.company_of["C1"]).unwrap();
    let page = String::from_utf8(explain(&marts, &story, Audience::AfterSales, Form::Html).unwrap()).unwrap();
    assert!(page.contains("<dt>Leads of the term</dt><dd>–</dd><dd class=\"note\">peers’ median –</dd>"), "{page}");
}

/// The list of July 1 had K1, that of July 2 nobody: all are new since then.
#[test]
fn an_empty_list_is_the_earlier_list() {
    let rig = portal();
    publish(&rig, &[published("K1", "medium")]);
    publish_on(&rig, "2026-07-02", &[]);
    let files = made(&rig, AS_OF, Language::En);
    assert!(text(&files, None, "html", None).contains("Since the list of 2026-07-02: 7 ＋ new."));
}

/// The form with texts put into empty cells of the columns outcome and reason, as a spreadsheet program would.
fn filled(form: &[u8], entries: &[(usize, &str, &str)]) -> Vec<u8> {
    let mut parts = unpacked(form);
    let (head, _) = grid(form);
    let sheet = &mut parts.iter_mut().find(|(name, _)| name == "xl/worksheets/sheet1.xml").unwrap().1;
    for (row, outcome, reason) in entries {
        for (name, word) in [("outcome", outcome), ("reason", reason)] {
            let at = head.iter().position(|h| h == name).unwrap();
            let cell = format!("<c r=\"{}{}\"", (b'A' + at as u8) as char, row + 1);
            let start = sheet.find(&cell).unwrap();
            let end = start + sheet[start..].find("/>").unwrap();
            let text = format!("{} t=\"inlineStr\"><is><t>{word}</t></is></c>", &sheet[start..end]);
            sheet.replace_range(start..end + 2, &text);
        }
    }
    let parts: Vec<(&str, &str)> = parts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    zipped(&parts)
}

/// Header and rows of a workbook's first sheet.
fn grid(book: &[u8]) -> (Vec<String>, Vec<Vec<String>>) {
    use calamine::Reader;
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(book)).unwrap();
    let sheet = book.worksheets().remove(0).1;
    let mut rows = sheet.rows().map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>());
    (rows.next().unwrap(), rows.collect())
}

fn form(files: &[Rendered]) -> &[u8] {
    &files.iter().find(|r| r.split.is_none() && r.file.extension == "xlsx").unwrap().file.bytes
}

const CARE: [&str; 8] = ["action_id", "ts", "company_id", "contract_id", "rep_id", "action", "outcome", "reason"];

#[test]
fn a_filled_in_list_comes_back() {
    let mut rig = portal();
    for language in [Language::En, Language::ZhHans, Language::ZhHant] {
        let (head, rows) = grid(form(&made(&rig, AS_OF, language)));
        assert!(CARE.iter().all(|name| head.iter().filter(|h| h == name).count() == 1), "{head:?}");
        assert_eq!(rows.len(), 3);
    }
    let list = form(&made(&rig, AS_OF, Language::En)).to_vec();
    let drop = |rig: &Rig, name: &str, bytes: &[u8]| std::fs::write(rig.file(name, ""), bytes).unwrap();
    // Nobody called yet.
    drop(&rig, "care_actions/0.xlsx", &list);
    assert_eq!(accounts(&rig.load(&["care_actions"])), ["care_actions/0.xlsx loaded* 0=0+0+0"]);
    drop(&rig, "care_actions/1.xlsx", &filled(&list, &[(1, "not_reached", ""), (3, "refused", "price")]));
    assert_eq!(accounts(&rig.load(&["care_actions"]))[1], "care_actions/1.xlsx loaded* 2=2+0+0");
    drop(&rig, "care_actions/2.xlsx", &filled(&list, &[(1, "promised", ""), (3, "refused", "price")]));
    assert_eq!(accounts(&rig.load(&["care_actions"]))[2], "care_actions/2.xlsx loaded* 2=1+1+0");
    assert_eq!(
        rig.rows("care_actions", &CARE),
        [
            "2026-07-09:K1,2026-07-09T18:30:15Z,C1,K1,R1,call,promised,",
            "2026-07-09:K4,2026-07-09T18:30:15Z,C4,K4,R3,call,refused,price",
        ]
    );
    assert!(rig.quarantine().is_empty());

    // The list was made on the day after its own: the next list knows of it, the same one made again does not.
    let known =
        |as_of| column(&made(&rig, as_of, Language::En), None, "call_list", ["last_care_on", "last_care_outcome"]);
    assert_eq!(known("2026-07-10")[0], ("2026-07-10".into(), "promised".into()));
    assert_eq!(known(AS_OF)[0], (String::new(), String::new()));
    assert!(text(&made(&rig, "2026-07-10", Language::En), None, "html", None).contains("2026-07-10: call, will renew"));
    let next = grid(form(&made(&rig, "2026-07-10", Language::En)));
    let id = next.0.iter().position(|h| h == "action_id").unwrap();
    assert_eq!(next.1[0][id], "2026-07-10:K1");
}

#[test]
fn the_form_speaks_the_words_that_the_project_reads() {
    let mut rig = portal();
    let care = rig.project.sources.get_mut("care_actions").unwrap();
    care.columns = [("outcome", "结果"), ("company_id", "Company id")].map(|(k, v)| (k.into(), v.into())).into();
    let words = ["promised", "refused"].map(|word| (format!("ours {word}"), word.to_string()));
    care.values = [("outcome".to_string(), words.into())].into();
    let files = made(&rig, AS_OF, Language::En);
    let (head, _) = grid(form(&files));
    assert_eq!(head.iter().filter(|h| *h == "Company id").count(), 1, "{head:?}");
    assert!(head.iter().any(|h| h == "结果"));
    let parts = unpacked(form(&files));
    let sheet = &parts.iter().find(|(name, _)| name == "xl/worksheets/sheet1.xml").unwrap().1;
    assert!(sheet.contains("ours promised,undecided,ours refused,not_reached"));
    assert!(sheet.contains("hidden=\"1\"") && !sheet.contains("<f>"));
}
