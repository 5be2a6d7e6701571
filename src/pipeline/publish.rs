//! Finished reports take their place: staged while the run is open, moved when it has been committed.
//!
//! ```text
//! reports/.staging/RUN/2026-10-31/FILE ──commit──► reports/renewal_risk/2026-10-31/FILE
//!                                                  reports/renewal_risk/latest ─► 2026-10-31
//! ```
//!
//! A crash after the commit leaves the staging folder; the next run moves what it holds. `latest` never moves
//! to an older day.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::domain::placeholders::filled;
use crate::domain::{Day, hex};

/// A report file's place below the reports folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub path: PathBuf,
    /// The link beside it, and what it points to.
    pub latest: Option<(PathBuf, PathBuf)>,
}

/// What went wrong, and where.
#[derive(Debug, thiserror::Error)]
#[error("{action} {path}: {source}; check the folder's owner and free space")]
pub struct PublishError {
    action: &'static str,
    path: PathBuf,
    source: io::Error,
}

fn at<'a>(action: &'static str, path: &'a Path) -> impl Fn(io::Error) -> PublishError + 'a {
    move |source| PublishError { action, path: path.to_path_buf(), source }
}

/// The place of a file by a report's path template.
pub fn place(template: &str, report: &str, as_of: Day, split: Option<&str>, suffix: Option<&str>, ext: &str) -> Place {
    let split = split.map_or_else(|| "all".to_string(), safe_name);
    let fill = |as_of: &str| {
        let path = filled(template, |name| match name {
            "report" => Some(report),
            "as_of" => Some(as_of),
            "split" => Some(split.as_str()),
            "ext" => Some(ext),
            _ => None,
        });
        match (suffix, path.rfind('.').filter(|dot| path.rfind('/').is_none_or(|slash| slash < *dot))) {
            (Some(suffix), Some(dot)) => format!("{}-{suffix}{}", &path[..dot], &path[dot..]),
            (Some(suffix), None) => format!("{path}-{suffix}"),
            (None, _) => path,
        }
    };
    let (day, path) = (as_of.to_string(), PathBuf::from(fill(&as_of.to_string())));
    Place { latest: latest(template, &path, &PathBuf::from(fill("latest")), &day), path }
}

/// A folder named by the day gets a link to the folder; a file named by it gets a link to the file.
fn latest(template: &str, path: &Path, latest: &Path, day: &str) -> Option<(PathBuf, PathBuf)> {
    if !template.contains("{as_of}") {
        return None;
    }
    let folder = Path::new(template).parent().into_iter().flat_map(Path::components);
    let at = folder.clone().position(|c| c == Component::Normal("{as_of}".as_ref()));
    match at {
        Some(depth) => Some((latest.components().take(depth + 1).collect(), PathBuf::from(day))),
        None => Some((latest.to_path_buf(), PathBuf::from(path.file_name()?))),
    }
}

/// An id as part of a file name: unsafe bytes percent-encoded; over 120 bytes cut, with a hash.
pub fn safe_name(id: &str) -> String {
    let mut name = String::new();
    for byte in id.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(byte as char),
            b'.' if !name.is_empty() => name.push('.'),
            _ => name.push_str(&format!("%{byte:02X}")),
        }
    }
    // The name of the whole is taken.
    if name == "all" {
        name = "%61ll".to_string();
    }
    if name.len() > 120 {
        use sha2::{Digest, Sha256};
        let hash = hex(&Sha256::digest(id)[..8]);
        let mut cut = 100;
        while name.as_bytes()[cut - 2..cut].contains(&b'%') {
            cut -= 1;
        }
        name = format!("{}-{hash}", &name[..cut]);
    }
    name
}

/// Files of a run that wait for its commit.
pub struct Staging {
    folder: PathBuf,
    reports: PathBuf,
    places: Vec<Place>,
}

impl Staging {
    /// An empty staging folder for a run.
    pub fn new(reports: &Path, run_id: i64) -> Result<Staging, PublishError> {
        let folder = staging_root(reports).join(run_id.to_string());
        clear(&folder)?;
        Ok(Staging { folder, reports: reports.to_path_buf(), places: Vec::new() })
    }

    /// Writes a file to be published and syncs it.
    pub fn add(&mut self, place: Place, bytes: &[u8]) -> Result<(), PublishError> {
        let path = self.folder.join(&place.path);
        let parent = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(parent).map_err(at("create", parent))?;
        fs::write(&path, bytes).map_err(at("write", &path))?;
        sync(&path)?;
        self.places.push(place);
        Ok(())
    }

    /// Writes down which links go with the files, and makes all that is staged outlive a power cut. After it the
    /// folder alone says all that publishing needs.
    pub fn seal(&self) -> Result<(), PublishError> {
        let links = self.folder.join(LINKS);
        fs::create_dir_all(&self.folder).map_err(at("create", &self.folder))?;
        let wanted: Vec<String> = self
            .places
            .iter()
            .filter_map(|p| p.latest.as_ref())
            .map(|(link, target)| format!("{}\t{}\n", link.display(), target.display()))
            .collect();
        fs::write(&links, wanted.concat()).map_err(at("write", &links))?;
        sync(&links)?;
        folders_below(&self.folder)?.iter().try_for_each(|folder| sync(folder))?;
        let root = staging_root(&self.reports);
        sync(&root)?;
        sync(&self.reports)
    }

    /// Moves every file to its place and the links with them.
    pub fn publish(&self) -> Result<(), PublishError> {
        finish(&self.folder, &self.reports)
    }

    /// Forgets what was staged so far.
    pub fn clear(&mut self) -> Result<(), PublishError> {
        self.places.clear();
        clear(&self.folder)
    }

    /// Gives the files up; says whether all are gone. A folder that stays is cleared when its number comes again.
    pub fn discard(&self) -> bool {
        let gone = clear(&self.folder).is_ok();
        let _ = fs::remove_dir(staging_root(&self.reports));
        gone
    }
}

/// The list of links that a staging folder carries.
const LINKS: &str = ".links";

fn staging_root(reports: &Path) -> PathBuf {
    reports.join(".staging")
}

/// Publishes what committed runs left staged, and clears what others left.
pub fn mend(reports: &Path, committed: impl Fn(i64) -> bool) -> Result<(), PublishError> {
    let root = staging_root(reports);
    let entries = match fs::read_dir(&root) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(at("read", &root))?,
    };
    for entry in entries {
        let folder = entry.path();
        let run = entry.file_name().to_str().and_then(|name| name.parse().ok());
        if run.is_some_and(&committed) {
            finish(&folder, reports)?;
        } else {
            clear(&folder)?;
        }
    }
    let _ = fs::remove_dir(&root);
    Ok(())
}

/// Moves the files of a staging folder to their places, then the links; what it says outlives a power cut before the
/// folder is removed.
fn finish(folder: &Path, reports: &Path) -> Result<(), PublishError> {
    let links = folder.join(LINKS);
    let wanted = match fs::read_to_string(&links) {
        // Only the removal of the folder was left to do.
        Err(e) if e.kind() == io::ErrorKind::NotFound => String::new(),
        wanted => wanted.map_err(at("read", &links))?,
    };
    let mut touched = BTreeSet::new();
    for file in files_below(folder)? {
        if file == links {
            continue;
        }
        let target = reports.join(file.strip_prefix(folder).unwrap_or(&file));
        let parent = target.parent().unwrap_or(reports);
        fs::create_dir_all(parent).map_err(at("create", parent))?;
        fs::rename(&file, &target).map_err(at("move to", &target))?;
        // Each folder down to the file may be new.
        touched.extend(parent.ancestors().take_while(|p| p.starts_with(reports)).map(Path::to_path_buf));
    }
    touched.iter().try_for_each(|folder| sync(folder))?;
    let mut linked = BTreeSet::new();
    for (link, target) in wanted.lines().filter_map(|line| line.split_once('\t')).collect::<BTreeSet<_>>() {
        let link = reports.join(link);
        point(&link, Path::new(target))?;
        linked.extend(link.parent().map(Path::to_path_buf));
    }
    linked.iter().try_for_each(|folder| sync(folder))?;
    clear(folder)?;
    // Gone when no other run left something there.
    let _ = fs::remove_dir(staging_root(reports));
    Ok(())
}

/// Makes a file, or the names in a folder, outlive a power cut.
fn sync(path: &Path) -> Result<(), PublishError> {
    fs::File::open(path).and_then(|f| f.sync_all()).map_err(at("sync", path))
}

/// Removes a folder with all that it holds, if it is there.
fn clear(folder: &Path) -> Result<(), PublishError> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(at("clear", folder)),
    }
}

/// A folder and all folders in it.
fn folders_below(folder: &Path) -> Result<Vec<PathBuf>, PublishError> {
    let mut folders = vec![folder.to_path_buf()];
    for entry in fs::read_dir(folder).map_err(at("read", folder))? {
        let path = entry.map_err(at("read", folder))?.path();
        if path.is_dir() {
            folders.extend(folders_below(&path)?);
        }
    }
    Ok(folders)
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>, PublishError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(at("read", folder))? {
        let path = entry.map_err(at("read", folder))?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Points a link at a target, atomically, unless it points to a later one.
fn point(link: &Path, target: &Path) -> Result<(), PublishError> {
    let current = match fs::read_link(link) {
        // Nothing there, or no link.
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidInput) => None,
        current => Some(current.map_err(at("read", link))?),
    };
    if current.as_deref().is_some_and(|current| day_in(current) > day_in(target)) {
        return Ok(());
    }
    let fresh = link.with_file_name(format!(".{}.new", link.file_name().unwrap_or_default().display()));
    let _ = fs::remove_file(&fresh);
    std::os::unix::fs::symlink(target, &fresh).map_err(at("link", &fresh))?;
    fs::rename(&fresh, link).map_err(at("move to", link))
}

/// The day that a name holds.
fn day_in(path: &Path) -> Option<Day> {
    let name = path.to_str()?;
    (0..name.len()).filter_map(|from| name.get(from..from + 10)).find_map(Day::parse)
}

/// Copies published files to a folder, each under its path below the reports folder, by temporary name and rename.
pub fn copy(files: &[PathBuf], reports: &Path, to: &Path) -> Result<(), PublishError> {
    for file in files {
        let target = to.join(file.strip_prefix(reports).unwrap_or(file));
        let parent = target.parent().unwrap_or(to);
        fs::create_dir_all(parent).map_err(at("create", parent))?;
        let part = target.with_file_name(format!(".{}.part", target.file_name().unwrap_or_default().display()));
        fs::copy(file, &part).map_err(at("copy to", &part))?;
        sync(&part)?;
        fs::rename(&part, &target).map_err(at("move to", &target))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Day = Day(20_000);

    #[test]
    fn names_are_safe_and_distinct() {
        assert_eq!(safe_name("R1"), "R1");
        assert_eq!(safe_name("../张"), "%2E.%2F%E5%BC%A0");
        assert_eq!(safe_name("all"), "%61ll");
        let long = safe_name(&"张".repeat(60));
        assert!(long.len() <= 120 && !long.contains("%-"), "{long}");
        assert_ne!(long, safe_name(&format!("{}李", "张".repeat(59))));
    }

    #[test]
    fn tables_and_charts_go_before_the_extension() {
        let template = "{report}/{as_of}/{report}-{split}.{ext}";
        let place = place(template, "renewal_risk", DAY, Some("R1"), Some("rates"), "csv");
        assert_eq!(place.path, Path::new("renewal_risk/2024-10-04/renewal_risk-R1-rates.csv"));
        assert_eq!(place.latest, Some(("renewal_risk/latest".into(), "2024-10-04".into())));
        let flat = super::place("{report}-{as_of}.{ext}", "x", DAY, None, None, "html");
        assert_eq!(flat.latest, Some(("x-latest.html".into(), "x-2024-10-04.html".into())));
    }

    #[test]
    fn latest_never_moves_back_and_a_crash_is_mended() {
        let dir = tempfile::tempdir().unwrap();
        let stage = |run, day| {
            let mut staging = Staging::new(dir.path(), run).unwrap();
            staging.add(place("r/{as_of}/f.{ext}", "r", day, None, None, "html"), b"x").unwrap();
            staging.seal().unwrap();
            staging
        };
        stage(1, DAY).publish().unwrap();
        stage(2, DAY - 1).publish().unwrap();
        assert_eq!(fs::read_link(dir.path().join("r/latest")).unwrap(), Path::new(&DAY.to_string()));
        drop(stage(3, DAY + 1));
        drop(stage(4, DAY + 2));
        mend(dir.path(), |run| run == 3).unwrap();
        assert!(dir.path().join(format!("r/{}/f.html", DAY + 1)).exists());
        assert!(!dir.path().join(format!("r/{}", DAY + 2)).exists());
    }
}
