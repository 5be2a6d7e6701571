//! Whatever happens to the index between two nights, the next night says what it would have said.

use super::*;
use crate::ingest::rig::{Rig, accounts};

const NIGHTS: u32 = 5;

/// A night's 120 new ids, and one each of the first three days, which is a conflict.
fn night(n: u32) -> String {
    let row = |id: String| format!("{id},2026-06-{:02}T08:00:00+08:00,C1,v1\n", 1 + n);
    let old = (0..n.min(3)).map(|day| row(format!("e{day}-{n}")));
    let new = (0..120).map(|i| row(format!("e{n}-{i}")));
    "event_id,ts,company_id,visitor_id\n".to_string() + &old.chain(new).collect::<String>()
}

/// Nights of which all but the first meet old ids; `harm` does its worst before the last one.
fn last_night(harm: impl FnOnce(&mut Rig, &Path)) -> Rig {
    let mut rig = Rig::new();
    let mut harm = Some(harm);
    for n in 0..NIGHTS {
        rig.file(&format!("messages/{n}.csv"), &night(n));
        if n == NIGHTS - 1 {
            let folder = rig.project.storage.lake.join(INDEX).join("messages");
            harm.take().unwrap()(&mut rig, &folder);
        }
        let found = accounts(&rig.load(&["messages"])).pop().unwrap();
        let conflicts = n.min(3);
        assert_eq!(found, format!("messages/{n}.csv loaded* {}=120+0+{conflicts}", 120 + conflicts));
    }
    assert_eq!(check(&rig.lake(), 2).unwrap(), []);
    rig
}

#[test]
fn nothing() {
    let rig = last_night(|_, folder| assert!(runs_in(folder).len() < NIGHTS as usize));
    rebuild(&rig.lake(), 2).unwrap();
    let folder = rig.project.storage.lake.join(INDEX).join("messages");
    assert_eq!((check(&rig.lake(), 2).unwrap(), runs_in(&folder).len()), (vec![], 1));
}

#[test]
fn the_index_or_its_manifest_is_gone_or_garbage() {
    last_night(|_, folder| fs::remove_dir_all(folder.parent().unwrap()).unwrap());
    last_night(|_, folder| fs::remove_file(folder.join("manifest.json")).unwrap());
    last_night(|_, folder| fs::write(folder.join("manifest.json"), "{").unwrap());
    last_night(|_, folder| {
        let text = fs::read_to_string(folder.join("manifest.json")).unwrap();
        fs::write(folder.join("manifest.json"), text.replace("\"format\": 2", "\"format\": 3")).unwrap();
    });
}

#[test]
fn a_run_is_gone_cut_or_changed() {
    let last = |folder: &Path| runs_in(folder).pop().unwrap();
    last_night(|_, folder| fs::remove_file(last(folder)).unwrap());
    last_night(|_, folder| {
        let run = fs::File::options().write(true).open(last(folder)).unwrap();
        run.set_len(run.metadata().unwrap().len() - 1).unwrap();
    });
    // A byte of the head and of each section; the last is read only where those before agree.
    let parts: [fn(layout::Places) -> u64; 3] = [|p| p.head - 9, |p| p.middle + 10, |p| p.rest + 10];
    for part in parts {
        last_night(|rig, folder| {
            let mut bytes = fs::read(last(folder)).unwrap();
            let at = part(layout::Places::of(layout::u64s(&bytes[16..24])[0]));
            bytes[at as usize] ^= 0x10;
            fs::write(last(folder), bytes).unwrap();
            let problems = check(&rig.lake(), 2).unwrap();
            assert_eq!(problems.len(), 1, "{at}");
            assert!(problems[0].to_string().contains("the id index of messages"), "{}", problems[0]);
        });
    }
}

/// An index that lacks ids of the lake without being damaged cannot come about; `check` would see it.
#[test]
fn check_sees_an_id_that_is_not_there() {
    let rig = last_night(|_, _| {});
    let lake = rig.lake();
    let folder = lake.root().join(INDEX).join("messages");
    let covers = Store::load(&folder).unwrap().unwrap().covers().clone();
    let mut store = Store::empty(&folder, &covers.lake);
    let run = Store::write(&folder, keys(0, 10)).unwrap();
    store.append(vec![run], covers).unwrap();
    let problems = check(&lake, 1).unwrap();
    assert_eq!(problems[0].found, format!("{} ids of the lake are not in it", 120 * NIGHTS));
}

#[test]
fn an_old_manifest_comes_back() {
    let copy = tempfile::tempdir().unwrap();
    // Of two nights ago, once without and once with the runs that it names.
    for with_runs in [false, true] {
        let mut rig = Rig::new();
        for n in 0..NIGHTS {
            rig.file(&format!("messages/{n}.csv"), &night(n));
            let folder = rig.project.storage.lake.join(INDEX).join("messages");
            let copied = |path: &Path| copy.path().join(path.file_name().unwrap());
            if n == 2 {
                let files = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path());
                files.for_each(|path| _ = fs::copy(&path, copied(&path)).unwrap());
            }
            if n == NIGHTS - 1 {
                let files = fs::read_dir(copy.path()).unwrap().map(|e| e.unwrap().path());
                let wanted = |path: &PathBuf| with_runs || path.ends_with("manifest.json");
                files.filter(wanted).for_each(|p| _ = fs::copy(&p, folder.join(p.file_name().unwrap())).unwrap());
            }
            let found = accounts(&rig.load(&["messages"])).pop().unwrap();
            assert!(found.ends_with(&format!("=120+0+{}", n.min(3))), "{found}");
        }
        assert_eq!(check(&rig.lake(), 2).unwrap(), []);
    }
}

#[test]
fn a_backup_of_the_lake_comes_back_under_a_newer_index() {
    let mut rig = Rig::new();
    let catalog = rig.project.storage.lake.join("catalog.sqlite");
    let backup = rig.project.root.join("backup.sqlite");
    for n in 0..NIGHTS {
        rig.file(&format!("messages/{n}.csv"), &night(n));
        rig.load(&["messages"]);
        if n == 1 {
            fs::copy(&catalog, &backup).unwrap();
        }
    }
    let index = rig.project.storage.lake.join(INDEX);
    let newer = tempfile::tempdir().unwrap();
    let folder = index.join("messages");
    for path in fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()) {
        fs::copy(&path, newer.path().join(path.file_name().unwrap())).unwrap();
    }
    // Set back, the nights come again in another order, by the same clock, two of them without the index.
    fs::copy(&backup, &catalog).unwrap();
    fs::remove_file(rig.project.storage.lake.join("lake.sqlite")).unwrap();
    for n in 2..NIGHTS {
        fs::remove_file(rig.project.storage.incoming.join(format!("messages/{n}.csv"))).unwrap();
    }
    for (at, n) in [4, 3, 2].into_iter().enumerate() {
        rig.file(&format!("messages/{n}.csv"), &night(n));
        if at == 2 {
            // As if an older program had done the two nights before: the index stands as it was at the backup's end.
            fs::remove_dir_all(&folder).unwrap();
            fs::create_dir_all(&folder).unwrap();
            for path in fs::read_dir(newer.path()).unwrap().map(|e| e.unwrap().path()) {
                fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
            }
        }
        rig.load(&["messages"]);
    }
    assert_eq!(rig.quarantine().len(), 1 + 2 + 3 + 3);
    assert_eq!(check(&rig.lake(), 2).unwrap(), []);
}

#[test]
fn the_index_of_another_lake_is_not_believed() {
    let other = last_night(|_, _| {});
    last_night(|_, folder| {
        fs::remove_dir_all(folder).unwrap();
        fs::rename(other.project.storage.lake.join(INDEX).join("messages"), folder).unwrap();
    });
}
