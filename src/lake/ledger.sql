-- Our own tables beside the catalog. Times and days are text (UTC with Z; ISO), flags 0/1.
CREATE TABLE IF NOT EXISTS shoppulse_state("key" TEXT PRIMARY KEY, "value" INTEGER NOT NULL);

CREATE TABLE IF NOT EXISTS shoppulse_run(
    run_id INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, started_at TEXT NOT NULL, status TEXT NOT NULL,
    exit_code INTEGER NOT NULL, as_of TEXT, snapshot INTEGER NOT NULL, summary TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS shoppulse_file(
    run_id INTEGER NOT NULL, source TEXT NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL, rows_read INTEGER NOT NULL,
    rows_loaded INTEGER NOT NULL, rows_duplicate INTEGER NOT NULL, rows_quarantined INTEGER NOT NULL, status TEXT NOT NULL,
    PRIMARY KEY(run_id, source, path));
CREATE INDEX IF NOT EXISTS shoppulse_file_bytes ON shoppulse_file(source, sha256);
CREATE INDEX IF NOT EXISTS shoppulse_file_order ON shoppulse_file(source, status, run_id, path);

-- Refused records. What many of them share stands once: most of the catalog are these rows, and it is copied every night.
-- file_id and why_id are handed out in order. `shoppulse_quarantine` shows whole rows, by key in the order of the files' key.
CREATE TABLE IF NOT EXISTS shoppulse_refused_file(
    run_id INTEGER NOT NULL, source TEXT NOT NULL, path TEXT NOT NULL, file_id INTEGER NOT NULL,
    PRIMARY KEY(run_id, source, path)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS shoppulse_refused_why(why_id INTEGER PRIMARY KEY, "column" TEXT, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS shoppulse_refused(
    file_id INTEGER NOT NULL, line INTEGER NOT NULL, why_id INTEGER NOT NULL, raw TEXT,
    PRIMARY KEY(file_id, line)) WITHOUT ROWID;
CREATE VIEW IF NOT EXISTS shoppulse_quarantine AS
    SELECT f.run_id, f.source, f.path, r.line, w."column", w.reason, r.raw
    FROM shoppulse_refused_file f JOIN shoppulse_refused r USING (file_id) JOIN shoppulse_refused_why w USING (why_id);

-- taken_sha256: the bytes last loaded or skipped from this path, which a later refusal does not change.
CREATE TABLE IF NOT EXISTS shoppulse_seen(
    source TEXT NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, inode INTEGER NOT NULL,
    sha256 TEXT NOT NULL, status TEXT NOT NULL, "rows" INTEGER NOT NULL, taken_sha256 TEXT,
    PRIMARY KEY(source, path));

-- Refused bytes that a person wants to be read again; the run that reads them takes them out.
CREATE TABLE IF NOT EXISTS shoppulse_retry(
    source TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY(source, sha256));

-- BLAKE3 of a data file's bytes as they were written; files of older versions have none until `verify --repair`.
-- By id and without a reference: other programs may merge files and delete their rows, ids are never used again.
CREATE TABLE IF NOT EXISTS shoppulse_data_file(data_file_id INTEGER PRIMARY KEY, blake3 BLOB NOT NULL);

-- One row per published list, so that an empty list stands too.
CREATE TABLE IF NOT EXISTS shoppulse_risk_list(as_of TEXT PRIMARY KEY, "rows" INTEGER NOT NULL, run_id INTEGER);
CREATE TABLE IF NOT EXISTS shoppulse_risk_published(
    as_of TEXT NOT NULL, contract_id TEXT NOT NULL, p_renew REAL NOT NULL, risk_band TEXT NOT NULL,
    priority_rank INTEGER NOT NULL, call_rank INTEGER, reason_1 TEXT, action TEXT, holdout INTEGER NOT NULL,
    PRIMARY KEY(as_of, contract_id));

-- One row per commit: its time (as DuckLake writes times), and the snapshot and the last run that it left.
CREATE TABLE IF NOT EXISTS shoppulse_commit(
    commit_id INTEGER PRIMARY KEY, "at" TEXT NOT NULL, snapshot INTEGER NOT NULL, run_id INTEGER NOT NULL);

-- Report files that stand below the reports folder, by the run that last made them.
CREATE TABLE IF NOT EXISTS shoppulse_report(
    path TEXT PRIMARY KEY, pipeline TEXT NOT NULL, as_of TEXT NOT NULL, run_id INTEGER NOT NULL);
-- `shoppulse_publication` (reports.rs): of each report and day the run that last published it, and the state it was made from.
-- What was erased: the id as a hash, and the live rows that went with it. The account of files stays as it was.
CREATE TABLE IF NOT EXISTS shoppulse_erased(
    run_id INTEGER NOT NULL, kind TEXT NOT NULL, id_hash TEXT NOT NULL, source TEXT NOT NULL, "rows" INTEGER NOT NULL,
    PRIMARY KEY(run_id, kind, id_hash, source));

-- What the program looks up in DuckLake's tables; DuckLake has no indexes of its own and does not mind these.
CREATE INDEX IF NOT EXISTS shoppulse_live ON ducklake_data_file(table_id, end_snapshot);
CREATE INDEX IF NOT EXISTS shoppulse_begun ON ducklake_data_file(table_id, begin_snapshot);
CREATE INDEX IF NOT EXISTS shoppulse_file_day ON ducklake_file_partition_value(data_file_id, partition_value);
CREATE INDEX IF NOT EXISTS shoppulse_day_file ON ducklake_file_partition_value(table_id, partition_value, data_file_id);
-- Holds what other programs wrote in ways that we do not read: it is empty, so that looking into it costs nothing.
CREATE INDEX IF NOT EXISTS shoppulse_foreign ON ducklake_data_file(table_id) WHERE
    (path_is_relative AND file_format = 'parquet' AND mapping_id IS NULL AND partial_max IS NULL
    AND encryption_key IS NULL) IS NOT TRUE;
