//! The lake as its users see it: what is written is read, what is not committed is not there.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Int64Type};
use arrow_array::{ArrayRef, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray};

use super::*;

mod erase;
mod history;
mod ledgers;
mod since;

const NOW: Micros = Micros(1_795_556_577_257_312);
const DAY: Day = Day(20_635);

struct Room {
    // Removes the folder at the end.
    _folder: tempfile::TempDir,
    root: PathBuf,
}

impl Room {
    fn new() -> Room {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("lake 100%?#");
        Room { _folder: folder, root }
    }

    fn lake(&self) -> Lake {
        Lake::open_writer(&self.root, NOW).unwrap()
    }

    fn write(&self, table: &str, day: Option<Day>, rows: &RecordBatch) -> WrittenFile {
        Lake::write_file(&self.root, &lake_table(table).unwrap(), day, rows).unwrap()
    }

    /// One run that adds a day of companies with these clicks.
    fn load(&self, lake: &mut Lake, clicks: &[i64]) -> i64 {
        lake.begin().unwrap();
        for old in lake.files("click_source_day", Some(DAY..=DAY)).unwrap() {
            lake.end("click_source_day", &old).unwrap();
        }
        lake.add("click_source_day", self.write("click_source_day", Some(DAY), &clicks_of(clicks))).unwrap();
        lake.commit(NOW, "a run").unwrap()
    }

    fn on_disk(&self) -> Vec<PathBuf> {
        sweep::parquet_files(&self.root.join("data")).unwrap()
    }
}

fn clicks_of(clicks: &[i64]) -> RecordBatch {
    let days: ArrayRef = Arc::new(Date32Array::from(vec![DAY.0; clicks.len()]));
    let companies: ArrayRef = Arc::new(StringArray::from_iter_values((0..clicks.len()).map(|n| format!("c{n}"))));
    let sources: ArrayRef = Arc::new(StringArray::from(vec!["search"; clicks.len()]));
    let clicks: ArrayRef = Arc::new(Int64Array::from(clicks.to_vec()));
    // In another order than the lake's, with a column that it does not know.
    let columns = [("clicks", clicks.clone()), ("more", clicks), ("click_source", sources), ("company_id", companies)];
    RecordBatch::try_from_iter(columns.into_iter().chain([("date", days)])).unwrap()
}

fn contracts() -> RecordBatch {
    let table = lake_table("contracts").unwrap();
    let text = |values: [Option<&str>; 3]| -> ArrayRef { Arc::new(StringArray::from(values.to_vec())) };
    let money = |values: [Option<i128>; 3]| -> ArrayRef {
        Arc::new(Decimal128Array::from(values.to_vec()).with_precision_and_scale(18, 2).unwrap())
    };
    let days = |values: [Option<i32>; 3]| -> ArrayRef { Arc::new(Date32Array::from(values.to_vec())) };
    let column = |name: &str| match name {
        "contract_id" => text([Some("k1"), Some("k2"), Some("合同三")]),
        "plan" => text([Some("金牌會員"), Some("銀牌"), None]),
        "amount" => money([Some(-5), Some(123_456_789_012_345_600), None]),
        "cost" => money([None, None, None]),
        "start_date" => days([Some(0), Some(-1), None]),
        _ => arrow_array::new_null_array(arrow_schema(&table).field_with_name(name).unwrap().data_type(), 3),
    };
    RecordBatch::try_from_iter_with_nullable(table.columns.iter().map(|(name, _)| (*name, column(name), true))).unwrap()
}

fn clicks(lake: &Lake) -> Vec<i64> {
    let files = lake.files("click_source_day", None).unwrap();
    let batches = files.iter().flat_map(|f| lake.read("click_source_day", f, &["clicks"]).unwrap());
    batches.flat_map(|b| b.column(0).as_primitive::<Int64Type>().values().to_vec()).collect()
}

#[test]
fn rows_come_back_as_they_were() {
    let room = Room::new();
    let mut lake = room.lake();
    let rows = contracts();
    lake.begin().unwrap();
    lake.add("contracts", room.write("contracts", None, &rows)).unwrap();
    assert_eq!(lake.commit(NOW, "first").unwrap(), 2);

    let [file] = lake.files("contracts", None).unwrap().try_into().unwrap();
    assert_eq!((file.rows, file.day), (3, None));
    assert_eq!(file.bytes, std::fs::metadata(&file.path).unwrap().len());
    let names: Vec<&str> = lake_table("contracts").unwrap().columns.iter().map(|c| c.0).collect();
    let [back] = lake.read("contracts", &file, &names).unwrap().try_into().unwrap();
    assert_eq!(back.columns(), rows.columns());
    // In the order asked, the same column twice, none at all.
    let [back] = lake.read("contracts", &file, &["amount", "plan", "amount"]).unwrap().try_into().unwrap();
    assert_eq!(back.column(0).as_primitive::<Decimal128Type>().value(0), -5);
    assert_eq!(back.column(1).as_string::<i32>().value(0), "金牌會員");
    assert_eq!(back.column(2), back.column(0));
    assert_eq!(lake.read("contracts", &file, &[]).unwrap()[0].num_rows(), 3);
    assert!(lake.read("contracts", &file, &["no_such"]).is_err());
}

#[test]
fn a_column_that_an_old_file_lacks_is_null() {
    let room = Room::new();
    let mut lake = room.lake();
    let mut old = lake_table("click_source_day").unwrap();
    assert_eq!(old.columns.pop().unwrap().0, "clicks");
    lake.begin().unwrap();
    let file = Lake::write_file(&room.root, &old, Some(DAY), &clicks_of(&[7])).unwrap();
    let file = DataFile { id: 0, path: file.path, day: file.day, rows: file.rows, bytes: file.bytes };
    let [back] = lake.read("click_source_day", &file, &["clicks", "date"]).unwrap().try_into().unwrap();
    assert_eq!(back.column(0).null_count(), 1);
    assert_eq!(back.column(1).as_primitive::<Date32Type>().value(0), DAY.0);
    let wrong = DataFile { rows: 2, ..file };
    assert!(matches!(lake.read("click_source_day", &wrong, &["date"]), Err(LakeError::Parquet { .. })));
}

#[test]
fn a_day_is_replaced_and_the_old_snapshot_stays() {
    let room = Room::new();
    let mut lake = room.lake();
    assert_eq!(room.load(&mut lake, &[1, 2, 3]), 2);
    let [old] = lake.files("click_source_day", None).unwrap().try_into().unwrap();
    assert_eq!(room.load(&mut lake, &[10, 20]), 3);
    lake.begin().unwrap();
    assert!(lake.end("click_source_day", &old).is_err(), "an end does not move");
    lake.rollback().unwrap();
    assert_eq!(clicks(&lake), [10, 20]);
    assert!(lake.files("click_source_day", Some(DAY + 1..=DAY + 9)).unwrap().is_empty());
    assert_eq!(lake.rows_by_day("click_source_day", DAY).unwrap(), [(DAY, 2)].into());
    assert!(lake.rows_by_day("click_source_day", DAY - 1).unwrap().is_empty());
    let row = |sql: &str| -> String { lake.conn.query_row(sql, [], |r| r.get(0)).unwrap() };
    let files = "SELECT group_concat(concat_ws('/', data_file_id, begin_snapshot, end_snapshot, record_count, \
                 row_id_start), ' ') FROM ducklake_data_file";
    assert_eq!(row(files), "0/2/3/3/0 1/3/2/3", "ids and row ids grow and are never used again");
    assert_eq!(row("SELECT concat_ws('/', record_count, next_row_id) FROM ducklake_table_stats"), "5/5");
    let changes = row("SELECT changes_made FROM ducklake_snapshot_changes WHERE snapshot_id = 3");
    let id = lake.tables["click_source_day"].table;
    assert_eq!(changes, format!("deleted_from_table:{id},inserted_into_table:{id}"));
    let stats = "SELECT concat_ws('|', column_id, value_count, null_count, min_value, max_value) \
                 FROM ducklake_file_column_stats WHERE data_file_id = 1 AND column_id IN (1, 4) ORDER BY column_id";
    let stats: Vec<String> = lake
        .conn
        .prepare(stats)
        .unwrap()
        .query_map([], |r| r.get(0))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap();
    assert_eq!(stats, ["1|2|0|2026-07-01|2026-07-01", "4|2|0|10|20"]);
    assert_eq!(
        row("SELECT snapshot_time FROM ducklake_snapshot WHERE snapshot_id = 3"),
        "2026-11-24 21:42:57.257312+00"
    );
}

#[test]
fn a_file_added_and_ended_in_one_run_leaves_nothing() {
    let room = Room::new();
    let mut lake = room.lake();
    lake.begin().unwrap();
    let head = lake.snapshot().unwrap();
    lake.add("click_source_day", room.write("click_source_day", Some(DAY), &clicks_of(&[1]))).unwrap();
    assert_eq!(lake.snapshot().unwrap(), head + 1);
    let [file] = lake.files("click_source_day", None).unwrap().try_into().unwrap();
    lake.end("click_source_day", &file).unwrap();
    assert!(lake.end("click_source_day", &file).is_err(), "it is ended once");
    assert_eq!(lake.commit(NOW, "nothing").unwrap(), head, "no file changed, no snapshot");
    assert!(room.on_disk().is_empty());
}

#[test]
fn what_is_given_up_or_cut_off_leaves_the_old_state() {
    let room = Room::new();
    let mut lake = room.lake();
    room.load(&mut lake, &[1]);
    lake.publish_copy().unwrap();
    let before = room.on_disk();

    lake.begin().unwrap();
    let old = lake.files("click_source_day", None).unwrap();
    lake.end("click_source_day", &old[0]).unwrap();
    lake.add("click_source_day", room.write("click_source_day", Some(DAY), &clicks_of(&[2]))).unwrap();
    assert_eq!(clicks(&lake), [2], "the run sees its own changes");
    lake.rollback().unwrap();
    assert_eq!((clicks(&lake), room.on_disk()), (vec![1], before.clone()));

    // Cut off: the connection goes without commit or rollback, a note and a half-written file lie about.
    lake.begin().unwrap();
    lake.add("click_source_day", room.write("click_source_day", Some(DAY), &clicks_of(&[3]))).unwrap();
    drop(lake);
    std::fs::write(room.root.join("data/main/half.parquet"), "PAR1").unwrap();
    std::fs::write(room.root.join("data/note.txt"), "mine").unwrap();
    assert_eq!(room.on_disk().len(), 3);
    let reader = Lake::open_reader(&room.root).unwrap().unwrap();
    assert_eq!(clicks(&reader), [1]);
    let lake = room.lake();
    assert_eq!((clicks(&lake), room.on_disk()), (vec![1], before));
    assert!(room.root.join("data/note.txt").exists());
}

#[test]
fn readers_see_the_copy() {
    use std::os::unix::fs::PermissionsExt;
    let room = Room::new();
    assert!(Lake::open_reader(&room.root).unwrap().is_none());
    let mut lake = room.lake();
    assert!(Lake::open_reader(&room.root).unwrap().is_none(), "nothing was ever loaded");
    room.load(&mut lake, &[1]);
    lake.publish_copy().unwrap();
    let mut old = Lake::open_reader(&room.root).unwrap().unwrap();
    room.load(&mut lake, &[2, 3]);
    assert_eq!(clicks(&Lake::open_reader(&room.root).unwrap().unwrap()), [1], "not before it is published");
    assert!(old.begin().is_err());

    // A run that died between commit and copy is mended by the next.
    drop(lake);
    room.lake();
    let new = Lake::open_reader(&room.root).unwrap().unwrap();
    assert_eq!((clicks(&old), clicks(&new)), (vec![1], vec![2, 3]), "who has the old copy open keeps it");
    let mode = std::fs::metadata(room.root.join("lake.sqlite")).unwrap().permissions().mode();
    assert_eq!((mode & 0o222, mode & 0o400), (0, 0o400), "nobody writes to it");
    let stray: Vec<_> = std::fs::read_dir(&room.root).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(stray.len(), 3, "catalog, copy and data only: {stray:?}");
}

#[test]
fn a_moved_lake_finds_its_files_and_tells_duckdb() {
    let room = Room::new();
    let mut lake = room.lake();
    room.load(&mut lake, &[4]);
    lake.publish_copy().unwrap();
    drop(lake);
    let moved = Room { root: room.root.with_file_name("elsewhere"), _folder: tempfile::tempdir().unwrap() };
    std::fs::rename(&room.root, &moved.root).unwrap();
    assert_eq!(clicks(&Lake::open_reader(&moved.root).unwrap().unwrap()), [4]);
    moved.lake();
    let reader = Lake::open_reader(&moved.root).unwrap().unwrap();
    let sql = "SELECT value FROM ducklake_metadata WHERE key = 'data_path'";
    let path: String = reader.conn.query_row(sql, [], |r| r.get(0)).unwrap();
    assert_eq!(path, format!("{}/data/", moved.root.canonicalize().unwrap().display()));
}

#[test]
fn a_lost_catalog_is_refused_and_no_file_swept() {
    let room = Room::new();
    let mut lake = room.lake();
    room.load(&mut lake, &[4]);
    drop(lake);
    std::fs::remove_file(room.root.join("catalog.sqlite")).unwrap();
    assert!(matches!(Lake::open_writer(&room.root, NOW), Err(LakeError::Unusable { .. })));
    assert_eq!(room.on_disk().len(), 1);
}

#[test]
fn what_others_wrote_is_refused_not_misread() {
    let room = Room::new();
    let mut lake = room.lake();
    room.load(&mut lake, &[4]);
    let id = lake.tables["click_source_day"].table;
    let refused = |lake: &Lake| {
        let files = matches!(lake.files("click_source_day", None), Err(LakeError::Unusable { .. }));
        let counts = matches!(lake.rows_by_day("click_source_day", DAY), Err(LakeError::Unusable { .. }));
        assert_eq!(files, counts);
        files
    };
    for (write, undo) in [
        (
            "INSERT INTO ducklake_delete_file (delete_file_id, table_id) VALUES (9, ?)",
            "DELETE FROM ducklake_delete_file",
        ),
        ("UPDATE ducklake_data_file SET partial_max = ?", "UPDATE ducklake_data_file SET partial_max = NULL"),
        ("UPDATE ducklake_data_file SET mapping_id = ?", "UPDATE ducklake_data_file SET mapping_id = NULL"),
    ] {
        assert!(!refused(&lake));
        lake.conn.execute(write, [id]).unwrap();
        assert!(refused(&lake), "{write}");
        lake.conn.execute(undo, []).unwrap();
    }
    lake.conn.execute("CREATE TABLE rows_inside(a)", []).unwrap();
    lake.conn.execute("INSERT INTO ducklake_inlined_data_tables VALUES (?, 'rows_inside', 1)", [id]).unwrap();
    assert!(!refused(&lake), "no row in it");
    lake.conn.execute("INSERT INTO rows_inside VALUES (1)", []).unwrap();
    assert!(refused(&lake));
    assert!(lake.files("member_day", None).is_ok(), "the other tables are read");
}

#[test]
fn a_newer_version_adds_its_tables_and_columns() {
    let room = Room::new();
    let lake = room.lake();
    let ids = lake.tables.clone();
    let (gone, narrow) = (ids["member_day"], ids["calls"]);
    // As an older version would have left it: without a table, and without the last column of another.
    for sql in ["ducklake_table", "ducklake_column"] {
        lake.conn.execute(&format!("DELETE FROM {sql} WHERE table_id = ?"), [gone.table]).unwrap();
    }
    let sql = "DELETE FROM ducklake_column WHERE table_id = ? AND column_name = 'purpose'";
    assert_eq!(lake.conn.execute(sql, [narrow.table]).unwrap(), 1);
    drop(lake);
    let lake = room.lake();
    let row = |sql: &str| -> String { lake.conn.query_row(sql, [], |r| r.get(0)).unwrap() };
    assert_eq!(
        row("SELECT changes_made FROM ducklake_snapshot_changes WHERE snapshot_id = 2"),
        format!("altered_table:{},created_table:\"main\".\"member_day\"", narrow.table)
    );
    assert_eq!(row("SELECT schema_version || '' FROM ducklake_snapshot WHERE snapshot_id = 2"), "2");
    let sql = format!(
        "SELECT concat_ws('/', column_id, column_order) FROM ducklake_column WHERE table_id = {} AND column_name = 'purpose'",
        narrow.table
    );
    assert_eq!(row(&sql), "9/10", "its own id for ever, last in order");
    assert!(lake.tables["member_day"].table > ids["source_day"].table, "ids are never used again");

    lake.conn.execute("UPDATE ducklake_column SET column_type = 'int32' WHERE column_name = 'duration_s'", []).unwrap();
    drop(lake);
    assert!(matches!(Lake::open_writer(&room.root, NOW), Err(LakeError::Unusable { .. })));
}

#[test]
fn equal_rows_give_equal_bytes() {
    let room = Room::new();
    room.lake();
    let values: Vec<i64> = (0..200_000).map(|n| n * 7919 % 1009).collect();
    let bytes = || std::fs::read(room.write("click_source_day", Some(DAY), &clicks_of(&values)).path).unwrap();
    let (one, two) = (bytes(), bytes());
    assert!(one == two);
}

#[test]
fn rows_of_another_day_or_shape_are_refused() {
    let room = Room::new();
    room.lake();
    let table = lake_table("click_source_day").unwrap();
    let write = |day, rows: &RecordBatch| Lake::write_file(&room.root, &table, day, rows);
    assert!(write(Some(DAY + 1), &clicks_of(&[1])).is_err());
    assert!(write(None, &clicks_of(&[1])).is_err());
    assert!(write(Some(DAY), &clicks_of(&[1]).project(&[0, 2]).unwrap()).is_err());
    assert!(room.on_disk().is_empty());
}
