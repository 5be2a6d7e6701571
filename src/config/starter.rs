//! What `init` writes: a project that is ready to run.

use std::io;
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use super::privacy::{KEY_FILE, Key, KeyError};

/// The files of a new project. The pipelines are the very files of this repository.
const FILES: &[(&str, &str)] = &[
    ("shoppulse.toml", include_str!("starter/shoppulse.toml")),
    ("pipelines/nightly.toml", include_str!("../../pipelines/nightly.toml")),
    ("pipelines/month-end.toml", include_str!("../../pipelines/month-end.toml")),
    ("pipelines/quarterly-strategy.toml", include_str!("../../pipelines/quarterly-strategy.toml")),
    (".gitignore", "/incoming\n/lake\n/reports\n/visitor.key\n"),
];

/// Why no project was made.
#[derive(Debug)]
pub enum InitError {
    /// These files are there already; nothing was written.
    Exists(Vec<PathBuf>),
    Io(PathBuf, io::Error),
    Key(KeyError),
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InitError::Exists(files) => {
                let names: Vec<_> = files.iter().map(|p| p.display().to_string()).collect();
                write!(
                    f,
                    "{} there already; nothing was written; expected a folder without a project",
                    match names.as_slice() {
                        [one] => format!("{one} is"),
                        many => format!("{} are", many.join(", ")),
                    }
                )
            }
            InitError::Key(e) => e.fmt(f),
            InitError::Io(path, e) => write!(f, "{} cannot be written: {e}", path.display()),
        }
    }
}

impl std::error::Error for InitError {}

/// Makes a project in a folder, which may exist; returns the files written. A key that is there stays.
///
/// # Errors
/// When any of its files is there already, nothing is written.
pub fn write(dir: &Path) -> Result<Vec<PathBuf>, InitError> {
    let mut paths: Vec<PathBuf> = FILES.iter().map(|(name, _)| dir.join(name)).collect();
    let there: Vec<PathBuf> = paths.iter().filter(|p| p.symlink_metadata().is_ok()).cloned().collect();
    if !there.is_empty() {
        return Err(InitError::Exists(there));
    }
    for folder in [dir.join("incoming"), dir.join("pipelines")] {
        fs::create_dir_all(&folder).map_err(|e| InitError::Io(folder, e))?;
    }
    for (path, (_, text)) in paths.iter().zip(FILES) {
        fs::write(path, text).map_err(|e| InitError::Io(path.clone(), e))?;
    }
    let key = dir.join(KEY_FILE);
    if key.symlink_metadata().is_err() {
        Key::random().and_then(|made| made.write(&key)).map_err(InitError::Key)?;
        paths.push(key);
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::super::{Audience, Config, ReportFormat, load};
    use super::*;

    fn loaded(dir: &Path) -> Config {
        load(dir).unwrap_or_else(|e| panic!("{e}"))
    }

    /// The starter shows the defaults: it must say what an empty file means.
    #[test]
    fn the_starter_shows_the_defaults() {
        let (started, empty) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write(started.path()).unwrap();
        fs::write(empty.path().join("shoppulse.toml"), "").unwrap();
        let shown = |dir: &Path| {
            let mut project = loaded(dir).project;
            project.fingerprint.clear();
            format!("{project:?}").replace(&fs::canonicalize(dir).unwrap().display().to_string(), "ROOT")
        };
        assert_eq!(shown(started.path()), shown(empty.path()));
        assert!(Key::read(&started.path().join(KEY_FILE)).is_ok());
        assert!(matches!(write(started.path()), Err(InitError::Exists(files)) if files.len() == FILES.len()));
    }

    /// What the starter only shows must be right too.
    #[test]
    fn the_keys_in_comments_are_right() {
        let dir = tempfile::tempdir().unwrap();
        let (_, shown) = include_str!("starter/shoppulse.toml").split_once("# [sources").unwrap();
        let keys: String =
            format!("# [sources{shown}").lines().map(|line| line.trim_start_matches("# ").to_string() + "\n").collect();
        fs::write(dir.path().join("shoppulse.toml"), keys).unwrap();
        let sources = loaded(dir.path()).project.sources;
        assert_eq!(sources["shop_clicks"].null_values, ["\\N", "NULL"]);
        assert_eq!(sources["companies"].mode, super::super::Mode::Full);
    }

    #[test]
    fn the_repository_is_a_project_with_the_same_pipelines() {
        let here = loaded(Path::new(env!("CARGO_MANIFEST_DIR")));
        assert_eq!(here.pipelines.keys().collect::<Vec<_>>(), ["month-end", "nightly", "quarterly-strategy"]);
        assert_eq!(here.project.now.map(|n| n.to_string()).as_deref(), Some("2026-10-31T18:30:00Z"));
        assert!(here.project.storage.incoming.ends_with("sample_data"));
        let nightly = &here.pipelines["nightly"];
        assert_eq!(nightly.ingest.len(), 15);
        assert_eq!(nightly.reports[0].split_by.as_deref(), Some("service_rep_id"));
        assert_eq!(nightly.reports[1].audience, Audience::Ops);
        assert_eq!(nightly.reports[1].formats, [ReportFormat::Html, ReportFormat::Json]);
    }
}
