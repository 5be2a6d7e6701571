//! What a derived index is told of the lake's states.

use super::*;

const TABLE: &str = "click_source_day";

#[test]
fn files_of_committed_states_are_told_whatever_the_open_transaction_did() {
    let room = Room::new();
    let mut lake = room.lake();
    let made = lake.committed().unwrap();
    let first = room.load(&mut lake, &[1]);
    let ids = |files: Vec<DataFile>| files.into_iter().map(|f| f.id).collect::<Vec<_>>();
    let old = lake.files(TABLE, None).unwrap();
    let state = lake.committed().unwrap();
    assert_eq!((state.snapshot, &state.lake), (first, &made.lake));

    lake.begin().unwrap();
    lake.end(TABLE, &old[0]).unwrap();
    lake.add(TABLE, room.write(TABLE, Some(DAY), &clicks_of(&[1, 2]))).unwrap();
    assert_eq!(lake.committed().unwrap(), state);
    assert_eq!(ids(lake.files_begun(TABLE, made.snapshot, first).unwrap()), [old[0].id]);
    assert!(lake.files_begun(TABLE, first, first).unwrap().is_empty());
    assert_eq!(lake.files_added(TABLE).unwrap(), lake.files(TABLE, None).unwrap());
    lake.commit(Micros(NOW.0 + 1), "another").unwrap();

    let now = lake.committed().unwrap();
    assert_eq!(now.snapshot, first + 1);
    assert_eq!(lake.files_begun(TABLE, first, now.snapshot).unwrap(), lake.files(TABLE, None).unwrap());
    assert!(lake.files_added(TABLE).unwrap().is_empty());
    assert!(lake.was(&state).unwrap() && lake.was(&now).unwrap());
    // Another lake's, one that is still to come, and one of a history that was set back.
    assert!(!lake.was(&Committed { lake: "x".into(), ..now.clone() }).unwrap());
    assert!(!lake.was(&Committed { snapshot: now.snapshot + 1, ..now.clone() }).unwrap());
    assert!(!lake.was(&Committed { time: state.time, ..now.clone() }).unwrap());
    assert!(!lake.was(&Committed { file_name: state.file_name, ..now.clone() }).unwrap());
    assert!(!lake.was(&Committed { file: now.file + 1, ..now }).unwrap());
}

#[test]
fn files_of_some_days_are_told_and_what_others_wrote_is_met_whatever_the_days() {
    let room = Room::new();
    let mut lake = room.lake();
    lake.begin().unwrap();
    for n in [0, 1, 2, 2, 3, 9] {
        lake.add(TABLE, room.write(TABLE, Some(DAY + n), &clicks_of(&[]))).unwrap();
    }
    lake.commit(NOW, "days").unwrap();
    let days: BTreeSet<Day> = [DAY + 2, DAY + 5, DAY + 9, DAY].into();
    let those = |lake: &Lake| {
        let all = lake.files(TABLE, None).unwrap();
        all.into_iter().filter(|f| days.contains(&f.day.unwrap())).collect::<Vec<_>>()
    };
    let told = lake.files_on(TABLE, &days).unwrap();
    assert_eq!((told.len(), &told), (4, &those(&lake)));
    let last = |until| lake.last_day(TABLE, until).unwrap();
    assert_eq!(
        [last(DAY + 99), last(DAY + 8), last(DAY), last(DAY - 1)],
        [Some(DAY + 9), Some(DAY + 3), Some(DAY), None]
    );
    lake.begin().unwrap();
    lake.end(TABLE, &told[1]).unwrap();
    lake.add(TABLE, room.write(TABLE, Some(DAY + 5), &clicks_of(&[]))).unwrap();
    assert_eq!(lake.files_on(TABLE, &days).unwrap(), those(&lake));
    lake.end(TABLE, told.last().unwrap()).unwrap();
    assert_eq!(lake.last_day(TABLE, DAY + 99).unwrap(), Some(DAY + 5));
    lake.rollback().unwrap();

    let foreign = "UPDATE ducklake_data_file SET mapping_id = 1 WHERE path LIKE ?";
    assert_eq!(lake.conn.execute(foreign, [format!("{}-%", DAY + 1)]).unwrap(), 1);
    assert!(matches!(lake.files_on(TABLE, &days), Err(LakeError::Unusable { .. })));
    assert!(lake.files_on("member_day", &days).unwrap().is_empty(), "the other tables are read");
}
