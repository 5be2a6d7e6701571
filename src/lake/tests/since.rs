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
