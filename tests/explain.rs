//! `shoppulse explain`: one member's story as its readers meet it, on an example worked by hand.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it cannot do")]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::process::Output;
use std::sync::LazyLock;

use support::days::{day, text};
use support::portal::Portal;
use support::project::Project;

const AS_OF: &str = "2026-06-30";

/// Eleven members of one segment and plan, two that have left, one firm that never signed.
static PROJECT: LazyLock<Project> = LazyLock::new(|| {
    let project = Project::bare(&Portal::empty(AS_OF));
    let mut companies = String::from("company_id,name,segment,size,listed_on\n");
    let mut contracts = String::from("contract_id,company_id,plan,start_date,end_date,signed_on,amount\n");
    for n in 1..=11 {
        companies.push_str(&format!("m{n:02},Member {n},tools,small,\n"));
        let (start, end) = if n == 1 { ("2025-08-16", "2026-08-15") } else { ("2026-01-01", "2026-12-31") };
        contracts.push_str(&format!("k{n:02},m{n:02},gold,{start},{end},{start},365.00\n"));
    }
    for id in ["m02", "m03", "x01", "x02"] {
        contracts.push_str(&format!("{id}-old,{id},gold,2025-01-01,2025-12-31,2025-01-01,365.00\n"));
    }
    companies.push_str("x01,Left One,tools,small,\nx02,Left Two,tools,small,\np01,Harbour Tools,tools,large,\n");
    companies.push_str("p02,harbour tools,tools,large,\np03,Late,tools,large,2026-07-02\n");
    project.write("companies.csv", companies.as_bytes());
    project.write("contracts.csv", contracts.as_bytes());

    let mut clicks = String::from("event_id,ts,company_id,click_source\n");
    for back in 0..100 {
        let on = text(day(AS_OF) - back);
        for n in 1..=11 {
            let source = if back % 2 == 0 { "search" } else { "ad" };
            clicks.push_str(&format!("s{n}-{back},{on}T10:00:00,m{n:02},{source}\n"));
        }
    }
    project.write("shop_clicks.csv", clicks.as_bytes());
    let mut views = String::from("event_id,ts,company_id\n");
    for (n, id) in ["m01", "m01", "m01", "m01", "m02", "m02"].into_iter().enumerate() {
        views.push_str(&format!("v{n},2026-05-0{}T10:00:00,{id}\n", n + 1));
    }
    project.write("contact_views.csv", views.as_bytes());
    let services = "task_id,contract_id,kind,due_on,done_on\n\
        t1,k01,upload,2025-09-01,2025-09-04\nt2,k01,article,2026-06-20,\nt3,k01,activation,2026-06-25,2026-07-02\n\
        t4,k02,upload,2026-01-05,\n";
    project.write("service_tasks.csv", services.as_bytes());
    let care = "action_id,ts,company_id,contract_id,rep_id,action,outcome\n\
        a1,2025-12-01T09:00:00,m02,m02-old,r1,visit,promised\n\
        a2,2025-12-10T09:00:00,x01,x01-old,r1,visit,refused\n\
        a3,2025-11-11T09:00:00,x02,,r1,visit,\n\
        a4,2026-02-01T09:00:00,m03,m03-old,r1,visit,promised\n\
        a5,2026-05-05T09:00:00,m04,k04,r1,visit,promised\n\
        a6,2026-06-01T09:00:00,m01,k01,r1,visit,undecided\n\
        a7,2026-07-01T09:00:00,m01,k01,r1,visit,refused\n";
    project.write("care_actions.csv", care.as_bytes());
    project.load();
    project
});

fn explain(args: &[&str]) -> Output {
    PROJECT.command().args(["explain", "--as-of", AS_OF]).args(args).output().unwrap()
}

fn page(args: &[&str]) -> String {
    let output = explain(args);
    PROJECT.must(&output, "explain");
    String::from_utf8(output.stdout).unwrap()
}

/// The words of the first line that holds a text.
fn line<'t>(page: &'t str, start: &str) -> Vec<&'t str> {
    let line = page.lines().find(|l| l.starts_with(start));
    line.unwrap_or_else(|| panic!("no line begins with {start}:\n{page}")).split_whitespace().collect()
}

#[test]
fn the_story_is_that_of_the_rows() {
    let page = page(&["m01"]);
    assert!(page.starts_with("Member 1\nm01 · tools"), "{page}");
    assert!(page.contains("Contract k01 (gold), 2025-08-16 to 2026-08-15, 46 days left: 365.00 CNY"), "{page}");
    // 2025-08-16 .. 2026-06-30 are 319 days.
    assert!(page.contains("since 2025-08-16 (319 days); renewals so far: 0."), "{page}");
    assert!(page.contains("Peers (same segment and plan): 11;"), "{page}");
    // 30 clicks in 30 days, as each of its ten peers; none of the eleven differs: the middle.
    assert_eq!(line(&page, "shop clicks")[2..], ["30", "30", "0.0%", "–", "30.0", "50.0%"]);
    assert_eq!(line(&page, "search")[1..], ["15", "50.0%", "0.0%", "45", "50.0%"]);
    // The service done in July was not done yet; 25 June is 5 days ago.
    assert!(page.contains("Services overdue: 2, the longest by 10 days."), "{page}");
    assert_eq!(line(&page, "upload")[1..4], ["2025-09-01", "2025-09-04", "3"]);
    assert_eq!(line(&page, "activation")[1..4], ["2026-06-25", "–", "5"]);
    assert!(page.contains("2026-06-01") && !page.contains("2026-07-01"), "what is dated later is not told");
    // k01's own visit is no peer's; m03's came after its contract was renewed. m02 renewed, x01 and x02 left, m04 runs.
    let tried = page.split("What was tried with similar members").nth(1).unwrap();
    for (what, found) in [("Contracts", "4"), ("Decided", "3"), ("Renewed", "1"), ("Share", "33.3%")] {
        let row = tried.lines().find(|l| l.starts_with(&format!("{what}  "))).unwrap();
        assert_eq!(row.split_whitespace().last(), Some(found), "{page}");
    }
    assert!(tried.contains("will renew 2, will not renew 1,"), "{page}");
    let words = tried.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("2 of 4 renewed, 50.0%"), "{page}");
    // 365.00 × 319 / 365 / 4 = 79.75; m02: 365.00 × 181 / 365 / 2 = 90.50; their median 85.125.
    assert!(page.contains("79.75 (peers’ median 85.13)"), "{page}");
}

#[test]
fn who_is_no_member_has_a_story_too() {
    let never = page(&["p01"]);
    assert!(never.contains("No member: it never signed a membership"), "{never}");
    let left = page(&["x01"]);
    assert!(
        left.contains("the last membership ended on 2025-12-31") && left.contains("days of grace are over"),
        "{left}"
    );
    let far = page(&["m05"]);
    assert!(far.contains("Nothing is at stake yet"), "{far}");
}

#[test]
fn a_company_that_is_not_meant_clearly_ends_with_2() {
    for (asked, parts) in [
        (&["m99"][..], &["no company `m99` on 2026-06-30; did you mean `m0"][..]),
        (&["Harbour Tools"], &["fits 2 companies; expected one of `p01` (Harbour Tools), `p02` (harbour tools)"]),
        (&["Harbour Tools", "--audience", "ops"], &["no company `Harbour Tools`"]),
        (&["p03"], &["`p03` is not known yet on 2026-06-30; use `--as-of 2026-07-02` or a later day"]),
        (&["a\u{1b}[2Jb"], &["no company `a\\u{1b}[2Jb`"]),
        (&["m01", "--audience", "sale"], &["did you mean `sales`?"]),
    ] {
        let output = explain(asked);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{asked:?}: {stderr}");
        assert!(parts.iter().all(|part| stderr.contains(part)), "{asked:?}: {stderr}");
        assert!(output.stdout.is_empty());
    }
    assert!(page(&["left o"]).starts_with("Left One\n"), "the beginning of a name that no other shares");
}

#[test]
fn a_file_appears_whole_and_for_its_owner_alone() {
    for (name, start) in [("story.html", "<!DOCTYPE html>"), ("story.txt", "Member 1\n")] {
        let path = PROJECT.path(name);
        let output = explain(&["m01", "-o", path.to_str().unwrap()]);
        PROJECT.must(&output, "explain -o");
        assert!(output.stdout.is_empty());
        assert!(std::fs::read_to_string(&path).unwrap().starts_with(start), "{name}");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let nowhere = explain(&["m01", "-o", "/nowhere/story.html"]);
    assert_eq!(nowhere.status.code(), Some(1));
}

#[test]
fn who_was_erased_is_not_told() {
    let project = Project::bare(&Portal::empty(AS_OF));
    project.write("companies.csv", b"company_id,name,segment,size\nm01,Gone,tools,small\nm02,Stays,tools,small\n");
    project.write(
        "contracts.csv",
        b"contract_id,company_id,plan,start_date,end_date,signed_on,amount\nk1,m02,gold,2026-01-01,2026-12-31,2026-01-01,1\n",
    );
    project.load();
    project.must(&project.command().args(["erase", "--company", "m01", "--yes"]).output().unwrap(), "erase");
    let output = project.command().args(["explain", "m01", "--as-of", AS_OF]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("company `m01` was erased"), "{stderr}");
}
