//! The house stands as `lib.rs` draws it: imports run one way, files stay short, and nothing lies in a
//! registry's folder that its list does not name.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it cannot read")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms by rank: a room may use rooms of a lower rank, never one of its own or a higher.
const RANKS: &[&[&str]] = &[
    &["domain"],
    &["config", "stats"],
    &["lake"],
    &["ingest"],
    &["rollup"],
    &["facts"],
    &["risk"],
    &["marts"],
    &["report"],
    &["pipeline"],
    &["cli"],
];
/// Stands apart: knows `domain` only, and only `cli` knows it.
const SAMPLE: &str = "sample";
const MAX_LINES: usize = 400;
/// Folders in which every file is an entry of a list.
/// Sections, charts and exports hold their own folders by unit tests: their lists are in several files.
const REGISTRIES: &[&str] = &["src/marts", "src/report/lang"];

#[test]
fn imports_run_one_way() {
    let mut wrong = Vec::new();
    for path in files_below(&root().join("src")) {
        let Some(room) = room_of(&path) else { continue };
        let text = fs::read_to_string(&path).unwrap();
        let is_top = path.ends_with(Path::new(&room).join("mod.rs"));
        for used in rooms_used(&text, is_top) {
            // Unit tests may make a portal to look at.
            let in_test = path.ends_with("tests.rs") && used == SAMPLE;
            if used != room && !may_use(&room, &used) && !in_test {
                wrong.push(format!("{}: {room} uses {used}", shown(&path)));
            }
        }
    }
    assert!(wrong.is_empty(), "imports against the order of src/lib.rs:\n{}", wrong.join("\n"));
}

#[test]
fn every_room_has_a_rank() {
    let unknown: Vec<_> = rooms()
        .into_iter()
        .filter(|room| rank(room).is_none() && room != SAMPLE)
        .map(|room| format!("src/{room}"))
        .collect();
    assert!(unknown.is_empty(), "give these folders a place in the order, in src/lib.rs and here: {unknown:?}");
}

#[test]
fn files_are_short_enough_to_hold_in_the_head() {
    let long: Vec<_> = files_below(&root().join("src"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .filter_map(|path| {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            (lines > MAX_LINES).then(|| format!("{}: {lines} lines, at most {MAX_LINES}", shown(&path)))
        })
        .collect();
    assert!(long.is_empty(), "split these files:\n{}", long.join("\n"));
}

#[test]
fn no_frame_engine_comes_back() {
    let mut files = files_below(&root().join("src"));
    files.extend([root().join("Cargo.toml"), root().join("Cargo.lock")]);
    let named: Vec<_> = files
        .iter()
        .filter(|path| fs::read_to_string(path).unwrap().contains("polars"))
        .map(|path| shown(path))
        .collect();
    assert!(named.is_empty(), "marts are plain Rust over typed rows; polars is named in {named:?}");
}

#[test]
fn lists_name_every_file_of_their_folder() {
    let mut missing = Vec::new();
    for folder in REGISTRIES.iter().map(|f| root().join(f)).filter(|f| f.is_dir()) {
        let list = list_of(&folder);
        let text = code(&fs::read_to_string(&list).unwrap());
        for entry in fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()) {
            let name = entry.file_stem().unwrap().to_string_lossy().into_owned();
            if name != "mod" && !named_beyond_its_mod_line(&text, &name) {
                missing.push(format!("{} is not in the list of {}", shown(&entry), shown(&list)));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn the_scanner_sees_every_way_to_name_a_room() {
    let seen = |text, is_top| rooms_used(text, is_top).into_iter().collect::<Vec<_>>();
    assert_eq!(seen("use crate::lake::Lake;", false), ["lake"]);
    assert_eq!(seen("use crate::{domain::{Day, Money}, risk};", false), ["domain", "risk"]);
    assert_eq!(seen("use crate::{\n    domain::Day, // a day\n    lake::{self, Lake},\n};", false), ["domain", "lake"]);
    assert_eq!(seen("let x = crate::marts::run($crate::domain::Day(1));", false), ["domain", "marts"]);
    assert_eq!(seen("use super::report::Page;", true), ["report"]);
    assert!(seen("use super::report::Page;", false).is_empty());
    assert!(seen("/// see [`crate::marts`]\n//! crate::cli\nfn f() {} // crate::cli::x", false).is_empty());
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        if entry.is_dir() {
            found.extend(files_below(&entry));
        } else {
            found.push(entry);
        }
    }
    found.sort();
    found
}

/// The modules at the crate's root: `src/NAME/` or `src/NAME.rs`.
fn rooms() -> BTreeSet<String> {
    let entries = fs::read_dir(root().join("src")).unwrap().map(|e| e.unwrap().path());
    let stems = entries.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned());
    stems.filter(|name| name != "lib" && name != "main").collect()
}

fn room_of(path: &Path) -> Option<String> {
    let below = path.strip_prefix(root().join("src")).ok()?;
    let room = Path::new(below.components().next()?.as_os_str()).file_stem()?.to_string_lossy().into_owned();
    (path.extension()? == "rs" && room != "lib" && room != "main").then_some(room)
}

fn rank(room: &str) -> Option<usize> {
    RANKS.iter().position(|rooms| rooms.contains(&room))
}

fn may_use(user: &str, used: &str) -> bool {
    match (user, used) {
        (SAMPLE, _) => used == "domain",
        (_, SAMPLE) => user == "cli",
        _ => match (rank(user), rank(used)) {
            (Some(user), Some(used)) => used < user,
            // No module of the root: an item of the crate itself, such as an exported macro.
            (_, None) => true,
            (None, _) => false,
        },
    }
}

/// The text without comments.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

/// The words that follow `crate::` in code, those in braces too; in a room's own `mod.rs` also those after
/// `use super::` of the outermost level.
fn rooms_used(text: &str, is_top: bool) -> BTreeSet<String> {
    let text = code(text);
    let mut used = BTreeSet::new();
    for (at, found) in text.match_indices("crate::") {
        let rest = &text[at + found.len()..];
        match rest.strip_prefix('{') {
            Some(group) => used.extend(first_words(group)),
            None => {
                used.insert(word(rest));
            }
        }
    }
    if is_top {
        used.extend(
            text.lines().filter_map(|l| l.strip_prefix("use super::").or(l.strip_prefix("pub use super::"))).map(word),
        );
    }
    used.remove("");
    used
}

/// First words of the entries of a `{...}` group, up to its closing brace.
fn first_words(group: &str) -> Vec<String> {
    let (mut depth, mut starts, mut end) = (0, vec![0], group.len());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                end = at;
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => starts.push(at + 1),
            _ => {}
        }
    }
    starts.into_iter().filter(|at| *at <= end).map(|at| word(group[at..end].trim_start())).collect()
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Where a folder's list stands: its `mod.rs`, else `FOLDER.rs` beside it, else the `mod.rs` above.
fn list_of(folder: &Path) -> PathBuf {
    let places = [folder.join("mod.rs"), folder.with_extension("rs"), folder.with_file_name("mod.rs")];
    places.into_iter().find(|place| place.is_file()).unwrap_or_else(|| panic!("{} has no list", shown(folder)))
}

/// Is the word used in a line that does more than mount the module?
fn named_beyond_its_mod_line(text: &str, name: &str) -> bool {
    let mounts = [format!("mod {name};"), format!("pub mod {name};"), format!("pub(crate) mod {name};")];
    text.lines()
        .filter(|line| !mounts.iter().any(|mount| line.trim() == mount))
        .any(|line| line.split(|c: char| !(c.is_alphanumeric() || "_-".contains(c))).any(|w| w == name))
}
