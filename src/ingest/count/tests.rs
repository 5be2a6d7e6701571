use std::sync::Arc;

use arrow_array::{ArrayRef, StringArray};

use super::*;

fn clicks(rows: &[(Option<&str>, &str, Option<&str>)]) -> RecordBatch {
    let column = |texts: StringArray| Arc::new(texts) as ArrayRef;
    let columns = [
        ("company_id", column(rows.iter().map(|r| r.0).collect())),
        ("excluded", column(rows.iter().map(|_| None::<&str>).collect())),
        ("visitor_id", column(rows.iter().map(|r| r.2).collect())),
        ("click_source", column(rows.iter().map(|r| Some(r.1)).collect())),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap()
}

/// In order, out of order and over two files: more visitors and kinds than are looked through.
#[test]
fn the_order_of_rows_changes_no_count() {
    let names: Vec<String> = (0..40).map(|n| format!("{n:02}")).collect();
    let row = |n: usize| (Some(names[n / 20].as_str()), names[n % 19].as_str(), Some(names[n * 7 % 18].as_str()));
    let mut rows: Vec<_> = [(None, "00", None)].into_iter().chain((0..80).map(row)).collect();
    rows.push((Some("04"), "00", None));
    let counted = Counted::of("shop_clicks").unwrap();
    let sorted = count(counted, &[clicks(&rows)], 1).unwrap();
    // By hand: 20 clicks each, of 18 visitors the first 20 of a cycle of 18; the last has one click and no visitor.
    let companies = [("00", 20, 18), ("01", 20, 18), ("02", 20, 18), ("03", 20, 18), ("04", 1, 0)];
    assert_eq!(sorted.companies().collect::<Vec<_>>(), companies);
    let first: Vec<_> = sorted.kinds().take(2).collect();
    assert_eq!((first, sorted.kinds().map(|k| k.2).sum::<u32>()), (vec![("00", "00", 2), ("00", "01", 1)], 81));
    rows.reverse();
    let (a, b) = rows.split_at(33);
    assert_eq!(count(counted, &[clicks(&rows)], 1).unwrap(), sorted);
    assert_eq!(count(counted, &[clicks(a), clicks(b)], 2).unwrap(), sorted);
}

#[test]
fn only_the_file_that_was_counted_has_its_counts() {
    let (mut days, day) = (CountedDays::default(), Day(20_000));
    days.add("calls", day, Path::new("/lake/a"), Counts::default());
    let file = |path: &str| DataFile { id: 1, path: path.into(), day: Some(day), rows: 1, bytes: 1 };
    assert!(days.of("calls", day, &[file("/lake/a")]).is_some());
    for files in [vec![], vec![file("/lake/b")], vec![file("/lake/a"), file("/lake/b")]] {
        assert!(days.of("calls", day, &files).is_none());
    }
    assert!(days.of("messages", day, &[file("/lake/a")]).is_none());
}
