//! What the ledgers keep.

use super::*;

#[test]
fn ledgers_remember() {
    use ledger::*;
    let room = Room::new();
    let mut lake = room.lake();
    lake.begin().unwrap();
    let file = |run_id, path: &str, sha: &str, rows_read, status: &str| IngestFileRow {
        run_id,
        source: "reps".into(),
        path: path.into(),
        sha256: sha.into(),
        rows_read,
        rows_loaded: rows_read,
        rows_duplicate: 0,
        rows_quarantined: 0,
        status: status.into(),
    };
    let ledger = lake.ledger();
    assert_eq!(ledger.next_run_id().unwrap(), 1);
    let files = [
        file(1, "a", "A", 5, "refused"),
        file(2, "a", "A", 5, "loaded"),
        file(2, "b", "empty", 0, "loaded"),
        file(3, "c", "torn", 0, "refused"),
        file(4, "d", "A", 0, "skipped"),
    ];
    for row in &files {
        ledger.add_file(row).unwrap();
    }
    assert_eq!(ledger.files().unwrap(), files);
    let status = |sha| ledger.status_of_bytes("reps", sha).unwrap();
    assert_eq!(status("A").as_deref(), Some("loaded"), "the latest that is no skip");
    assert_eq!(status("empty"), None, "nothing was in it");
    assert_eq!(status("torn").as_deref(), Some("refused"));
    assert_eq!(ledger.status_of_bytes("calls", "A").unwrap(), None);
    assert_eq!(ledger.last_loaded("reps").unwrap().as_deref(), Some("empty"));

    let seen = |sha: &str, status: &str| SeenFile {
        source: "reps".into(),
        path: "a".into(),
        size: 9,
        mtime_ns: -1,
        inode: 3,
        sha256: sha.into(),
        status: status.into(),
        rows: 2,
    };
    ledger.set_seen(&seen("A", "skipped")).unwrap();
    ledger.set_seen(&seen("B", "refused")).unwrap();
    let told = || {
        let mut told = Vec::new();
        let mut take =
            |s: Seen<'_>| told.push(format!("{} {} {} {} {}", s.source, s.path, s.size, s.mtime_ns, s.inode));
        ledger.each_seen(&mut take).unwrap();
        told
    };
    assert_eq!(told(), ["reps a 9 -1 3"]);
    assert_eq!(ledger.last_taken("reps", "a").unwrap().as_deref(), Some("A"));
    ledger.mark_retry("reps", "B").unwrap();
    assert!(told().is_empty(), "they are to be read again");
    ledger.retried("reps", "B").unwrap();

    let refused = QuarantineRow {
        run_id: 1,
        source: "reps".into(),
        path: "a".into(),
        line: 7,
        column: None,
        reason: "parse".into(),
        raw: Some("nul\0, 中文, \\xFF\r\n".into()),
    };
    ledger.add_quarantine(std::slice::from_ref(&refused)).unwrap();
    assert_eq!(ledger.quarantine().unwrap(), [refused]);

    let run = RunRow {
        run_id: 1,
        pipeline: "nightly".into(),
        started_at: NOW,
        status: "ok".into(),
        exit_code: 0,
        as_of: Some(DAY),
        snapshot: 1,
        summary: "{}".into(),
    };
    ledger.add_run(&run).unwrap();
    assert_eq!((ledger.runs().unwrap(), ledger.next_run_id().unwrap()), (vec![run], 2));

    let line = |contract: &str| PublishedRisk {
        as_of: DAY,
        contract_id: contract.into(),
        p_renew: 0.25,
        risk_band: "high".into(),
        priority_rank: 1,
        call_rank: None,
        reason_1: None,
        action: Some("call".into()),
        holdout: true,
    };
    assert!(ledger.publish_risks(1, DAY, &[line("k1")]).unwrap());
    assert!(!ledger.publish_risks(1, DAY, &[line("k2")]).unwrap());
    assert!(ledger.publish_risks(1, DAY + 1, &[]).unwrap());
    assert!(!ledger.publish_risks(1, DAY + 1, &[line("k2")]).unwrap(), "an empty list stands too");
    assert_eq!(ledger.published_risks().unwrap(), [line("k1")]);
    let latest = [DAY, DAY + 1, DAY + 2].map(|before| ledger.latest_list(before).unwrap());
    assert_eq!(latest, [None, Some(DAY), Some(DAY + 1)]);
    // What a later list says of a contract does not count, nor does one of a day that is not reached.
    let later = PublishedRisk { as_of: DAY + 2, p_renew: 0.75, risk_band: "low".into(), ..line("k1") };
    let new = PublishedRisk { as_of: DAY + 2, ..line("k0") };
    assert!(ledger.publish_risks(1, DAY + 2, &[later, new.clone()]).unwrap());
    assert_eq!(ledger.first_published(DAY + 1).unwrap(), [line("k1")]);
    assert_eq!(ledger.first_published(DAY + 2).unwrap(), [new, line("k1")]);
    lake.rollback().unwrap();
    assert!(lake.ledger().runs().unwrap().is_empty(), "ledgers go with the data");
}

#[test]
fn refused_rows_of_an_earlier_version_take_today_s_form() {
    use ledger::QuarantineRow;
    let room = Room::new();
    let mut lake = room.lake();
    let rows: Vec<QuarantineRow> = (0..2000)
        .map(|n| QuarantineRow {
            run_id: 1 + n / 1000,
            source: "reps".into(),
            path: "a".into(),
            line: n,
            column: (n % 2 == 0).then(|| "rep_id".into()),
            reason: "missing".into(),
            raw: (n % 3 > 0).then(|| "x".repeat(n as usize).as_str().into()),
        })
        .collect();
    let number = |lake: &Lake, sql: &str| -> i64 { lake.conn.query_row(sql, [], |r| r.get(0)).unwrap() };
    // As older versions would have left it: whole rows, in whatever order they came.
    for form in ["", " WITHOUT ROWID"] {
        lake.conn
            .execute_batch(&format!(
                "BEGIN;
                 DROP VIEW shoppulse_quarantine;
                 DELETE FROM shoppulse_refused; DELETE FROM shoppulse_refused_file; DELETE FROM shoppulse_refused_why;
                 CREATE TABLE shoppulse_quarantine(
                   run_id INTEGER NOT NULL, source TEXT NOT NULL, path TEXT NOT NULL, line INTEGER NOT NULL,
                   \"column\" TEXT, reason TEXT NOT NULL, raw TEXT, PRIMARY KEY(run_id, source, path, line)){form};"
            ))
            .unwrap();
        for row in rows.iter().rev() {
            let sql = "INSERT INTO shoppulse_quarantine VALUES (?,?,?,?,?,?,?)";
            let values = rusqlite::params![row.run_id, row.source, row.path, row.line, row.column, row.reason, row.raw];
            lake.conn.execute(sql, values).unwrap();
        }
        lake.conn.execute_batch("COMMIT").unwrap();
        drop(lake);
        lake = room.lake();
        assert_eq!(lake.ledger().quarantine().unwrap(), rows);
        let left = "SELECT count(*) FROM sqlite_master WHERE name LIKE 'shoppulse_quarantine%' AND type != 'view'";
        assert_eq!((number(&lake, left), number(&lake, "PRAGMA freelist_count")), (0, 0));
        assert_eq!(number(&lake, "SELECT count(*) FROM shoppulse_refused_why"), 2);
    }
    // A later run's rows go on with the numbers.
    let later = QuarantineRow { run_id: 3, ..rows[7].clone() };
    lake.ledger().add_quarantine(std::slice::from_ref(&later)).unwrap();
    assert_eq!(number(&lake, "SELECT max(file_id) FROM shoppulse_refused"), 3);
    assert_eq!(lake.ledger().quarantine().unwrap().last(), Some(&later));
    assert_eq!(Lake::open_reader(&room.root).unwrap().unwrap().ledger().quarantine().unwrap(), rows);
}
