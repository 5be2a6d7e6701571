use super::*;
use crate::domain::schema::source;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

fn put(root: &Path, paths: &[&str]) {
    for path in paths {
        let disk = root.join(path);
        fs::create_dir_all(disk.parent().unwrap()).unwrap();
        fs::write(disk, path).unwrap();
    }
}

fn paths(found: &Found) -> Vec<&str> {
    found.files.iter().map(|f| f.path.as_str()).collect()
}

fn refused(found: &Found) -> Vec<&str> {
    found.refused.iter().map(|r| r.0.as_str()).collect()
}

#[test]
fn what_belongs_to_a_source() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("incoming");
    let clicks = source("shop_clicks").unwrap();
    let pattern = Pattern::Incoming("shop_clicks");
    assert_eq!(find(&root, clicks, &pattern), Found::default());
    put(
        &root,
        &[
            "shop_clicks.csv",
            "shop_clicks-2026.csv.gz",
            "shop_clicks-old/a.csv",
            "shop_clicks/b/c/d",
            "shop_clicks/Z.csv",
            "shop_clicks/a.csv",
            "shop_clicks/b.csv",
            // Not its own.
            "shop_clicks_2026.csv",
            "ad_clicks.csv",
            "x/shop_clicks.csv",
            // Ignored.
            "shop_clicks/.a.csv",
            "shop_clicks/_a.csv",
            "shop_clicks/_old/a.csv",
            "shop_clicks/a.csv.tmp",
            "shop_clicks/a.part",
            "shop_clicks/a.filepart",
            "shop_clicks.csv.crdownload",
        ],
    );
    let found = find(&root, clicks, &pattern);
    let expected = [
        "shop_clicks-2026.csv.gz",
        "shop_clicks-old/a.csv",
        "shop_clicks.csv",
        "shop_clicks/Z.csv",
        "shop_clicks/a.csv",
        "shop_clicks/b.csv",
        "shop_clicks/b/c/d",
    ];
    assert_eq!((paths(&found), refused(&found)), (expected.to_vec(), vec![]));
    assert_eq!((found.files[2].size, fs::read(&found.files[2].disk).unwrap()), (15, b"shop_clicks.csv".to_vec()));
}

#[test]
fn links_and_what_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let (root, out) = (folder.path().join("in"), folder.path().join("out"));
    put(&root, &["store/a.csv", "shop_clicks/real.csv", "shop_clicks.y"]);
    put(&out, &["b.csv", "c/d.csv"]);
    let below = root.join("shop_clicks");
    symlink("../store/a.csv", below.join("inside.csv")).unwrap();
    symlink("../store", below.join("inside")).unwrap();
    symlink(out.join("b.csv"), below.join("outside.csv")).unwrap();
    symlink(&out, below.join("outside")).unwrap();
    symlink("nowhere", below.join("dangling")).unwrap();
    symlink("..", below.join("loop")).unwrap();
    symlink(out.join("b.csv"), below.join(".hidden")).unwrap();
    symlink(&out, root.join("shop_clicks-out")).unwrap();
    symlink(&out, root.join("other")).unwrap();
    let _socket = UnixListener::bind(below.join("socket")).unwrap();
    let pipe = std::process::Command::new("mkfifo").arg(root.join("shop_clicks.pipe")).status().unwrap();
    assert!(pipe.success());
    let found = find(&root, source("shop_clicks").unwrap(), &Pattern::Incoming("shop_clicks"));
    let files = ["shop_clicks.y", "shop_clicks/inside.csv", "shop_clicks/inside/a.csv", "shop_clicks/real.csv"];
    assert_eq!(paths(&found), files);
    let expected = [
        "shop_clicks-out",
        "shop_clicks.pipe",
        "shop_clicks/dangling",
        "shop_clicks/loop",
        "shop_clicks/outside",
        "shop_clicks/outside.csv",
        "shop_clicks/socket",
    ];
    assert_eq!(refused(&found), expected);
    assert!(found.refused[1].1.contains("a named pipe"));
}

#[test]
fn a_source_s_own_path() {
    let folder = tempfile::tempdir().unwrap();
    put(
        folder.path(),
        &["drop/a1.csv", "drop/a.csv", "drop/b/a2.csv", "drop/b/c/a3.csv", "drop/b/c/x.txt", "drop/_x/a4.csv"],
    );
    let find = |path: &str| {
        let (fixed, names) = split_glob(path);
        let found = find(&folder.path().join(fixed), source("reps").unwrap(), &Pattern::Glob(names));
        paths(&found).join(" ")
    };
    assert_eq!(find("drop/*.csv"), "a.csv a1.csv");
    assert_eq!(find("drop/a?.csv"), "a1.csv");
    assert_eq!(find("./drop/**/a*.csv"), "a.csv a1.csv b/a2.csv b/c/a3.csv");
    assert_eq!(find("drop/**"), "a.csv a1.csv b/a2.csv b/c/a3.csv b/c/x.txt");
    assert_eq!(find("drop/*/*.csv"), "b/a2.csv");
    assert_eq!(find("drop/b/**/c/*"), "c/a3.csv c/x.txt");
    assert_eq!(find("drop/a.csv"), "a.csv");
    assert_eq!(find("*/a.csv"), "drop/a.csv");
    assert_eq!(find("none/*.csv"), "");
    assert_eq!(find(&format!("{}/drop/b/*", folder.path().display())), "a2.csv");
}

#[test]
fn names_of_no_source_are_strays() {
    let mut rig = crate::ingest::rig::Rig::new();
    let incoming = rig.project.storage.incoming.clone();
    put(
        &incoming,
        &[
            "messages/a.csv",
            "messages-old.csv",
            "calls.csv",
            ".x",
            "_y/z.csv",
            "b.csv.part",
            "README.md",
            "message/a.csv",
            "Messages.csv",
            "calls_2026.csv",
            "logs/a.csv",
            "deep/er/b.csv",
        ],
    );
    assert_eq!(strays(&rig.project), ["Messages.csv", "calls_2026.csv", "deep", "logs", "message"]);
    assert!(stray_line("message").contains("did you mean `messages`"), "{}", stray_line("message"));
    // A source's own path takes what is named as another, and gives up what is named as itself.
    let below = |path: &str| incoming.join(path).to_str().unwrap().to_string();
    rig.project.sources.get_mut("calls").unwrap().path = Some(below("logs/*.csv"));
    rig.project.sources.get_mut("messages").unwrap().path = Some(below("**/b.csv"));
    assert_eq!(strays(&rig.project), ["Messages.csv", "calls.csv", "calls_2026.csv", "messages-old.csv"]);
}

#[test]
fn names_that_are_no_text_have_a_path_of_their_own() {
    let names: [&[u8]; 5] = [b"a\xff.csv", b"a\\xFF.csv", b"a\\x5CxFF.csv", b"\xe7\x8e\x8b\\.csv", b"%FF\\\xff"];
    let shown: Vec<String> = names.iter().map(|n| shown(n)).collect();
    assert_eq!(shown, ["a\\xFF.csv", "a\\x5CxFF.csv", "a\\x5Cx5CxFF.csv", "王\\.csv", "%FF\\x5C\\xFF"]);
}

#[test]
fn what_cannot_be_looked_at_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("incoming");
    symlink("incoming", &root).unwrap();
    let found = find(&root, source("reps").unwrap(), &Pattern::Incoming("reps"));
    assert_eq!(found.unreadable.len(), 1);
    assert!(found.unreadable[0].1.contains("cannot look at"), "{:?}", found.unreadable);
}
