//! Files replaced in every snapshot, and what a death in between leaves.

use super::*;

/// A lake of two snapshots of a day, the first of which holds 7 twice.
fn loaded(room: &Room) -> Lake {
    let mut lake = room.lake();
    room.load(&mut lake, &[7, 1, 7]);
    room.load(&mut lake, &[2]);
    lake.publish_copy().unwrap();
    lake
}

/// Replaces the older file by one without its last row.
fn replace(room: &Room, lake: &mut Lake) {
    let history = lake.history("click_source_day").unwrap();
    assert_eq!(history.iter().map(|(file, live)| (file.rows, *live)).collect::<Vec<_>>(), [(3, false), (1, true)]);
    lake.begin_erasure().unwrap();
    let new = room.write("click_source_day", Some(DAY), &clicks_of(&[7, 1]));
    lake.replace("click_source_day", &history[0].0, Some(new)).unwrap();
}

fn rows_of_all(lake: &Lake) -> Vec<u64> {
    let history = lake.history("click_source_day").unwrap();
    for (file, _) in &history {
        assert_eq!(lake.read("click_source_day", file, &["clicks"]).unwrap()[0].num_rows() as u64, file.rows);
    }
    history.iter().map(|(file, _)| file.rows).collect()
}

#[test]
fn an_erasure_is_done_or_not_and_the_next_start_finishes_it() {
    // Done: nothing is left over.
    let room = Room::new();
    let mut lake = loaded(&room);
    replace(&room, &mut lake);
    let before = lake.snapshot().unwrap();
    assert_eq!(lake.commit(NOW, "erase").unwrap(), before, "history is no new snapshot");
    assert_eq!(room.on_disk().len(), 3, "who reads the old copy finds its files");
    lake.finish_erasure().unwrap();
    assert_eq!((room.on_disk().len(), rows_of_all(&lake)), (2, vec![2, 1]));
    let stats: (i64, String) = lake
        .conn
        .query_row(
            "SELECT value_count, max_value FROM ducklake_file_column_stats s JOIN ducklake_data_file f
             USING (data_file_id) JOIN ducklake_column c ON c.table_id = f.table_id AND c.column_id = s.column_id
             WHERE column_name = 'company_id' AND f.end_snapshot IS NOT NULL",
            [],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )
        .unwrap();
    assert_eq!(stats, (2, "c1".to_string()));

    // Dead before the commit, and given up: the old state.
    for dies in [true, false] {
        let room = Room::new();
        let mut lake = loaded(&room);
        replace(&room, &mut lake);
        if !dies {
            lake.rollback().unwrap();
            lake.finish_erasure().unwrap();
        }
        drop(lake);
        assert_eq!(rows_of_all(&room.lake()), [3, 1]);
        assert_eq!(room.on_disk().len(), 2);
    }

    // Dead after the commit: the new state, and the old file goes.
    let room = Room::new();
    let mut lake = loaded(&room);
    replace(&room, &mut lake);
    lake.commit(NOW, "erase").unwrap();
    drop(lake);
    assert!(super::super::erase::is_due(&room.root));
    let lake = room.lake();
    assert_eq!((room.on_disk().len(), rows_of_all(&lake)), (2, vec![2, 1]));
    assert!(!super::super::erase::is_due(&room.root));
    let copy = Lake::open_reader(&room.root).unwrap().unwrap();
    assert_eq!(rows_of_all(&copy), [2, 1]);
}

#[test]
fn a_file_of_which_nothing_is_left_is_named_by_no_snapshot() {
    let room = Room::new();
    let mut lake = loaded(&room);
    let history = lake.history("click_source_day").unwrap();
    lake.begin_erasure().unwrap();
    lake.replace("click_source_day", &history[0].0, None).unwrap();
    lake.commit(NOW, "erase").unwrap();
    lake.finish_erasure().unwrap();
    assert_eq!((room.on_disk().len(), rows_of_all(&lake)), (1, vec![1]));
    let leftovers = "SELECT count(*) FROM ducklake_file_column_stats WHERE data_file_id NOT IN
                     (SELECT data_file_id FROM ducklake_data_file)";
    assert_eq!(lake.conn.query_row(leftovers, [], |r| r.get::<_, i64>(0)).unwrap(), 0);
}
