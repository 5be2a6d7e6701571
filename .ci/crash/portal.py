"""A tiny project whose second night holds one of everything: late rows, a later `excluded`, a conflict, a duplicate, a
changed company, a refused file, refused rows, a delivery, a membership more to learn from (so that fits are kept anew)."""
import os

NOW = {1: "2026-03-11T04:00:00+08:00", 2: "2026-03-12T04:00:00+08:00"}

WRITTEN = 1_700_000_000

SETTINGS = """[project]
time_zone = "Asia/Shanghai"
[privacy]
visitor_ids = "plain"
[storage]
incoming = "{incoming}"
umask = "022"
[risk]
min_outcomes = 1
"""

PIPELINE = """as_of = "yesterday"
[[report]]
name = "renewal_risk"
audience = "after_sales"
formats = ["html", "xlsx", "csv"]
split_by = "service_rep_id"
path = "{report}/{as_of}/{report}-{split}.{ext}"
[[report]]
name = "strategy_review"
formats = ["html"]
path = "{report}-{as_of}.{ext}"
[[report]]
name = "run_summary"
formats = ["html"]
[[deliver]]
report = "renewal_risk"
copy_to = "share"
"""

HEADS = {
    "companies": "company_id,name,segment,region,size,service_rep_id",
    "contracts": "contract_id,company_id,plan,start_date,end_date,signed_on,amount,rep_id",
    "reps": "rep_id,name,team,role,hired_on",
    "shop_clicks": "event_id,ts,company_id,visitor_id,click_source,excluded",
    "ad_clicks": "event_id,ts,company_id,visitor_id,ad_slot",
    "calls": "event_id,ts,rep_id,company_id,direction,duration_s,outcome,purpose",
}


def clicks(day, ids):
    return [f"s{i},2026-03-{day:02}T{8 + i % 12:02}:00:00,C{i % 4},v{i % 7},search," for i in ids]


FILES = {
    1: {
        "companies/a.csv": [f"C{i},Firm {i},tools,north,small,R{i % 2}" for i in range(5)],
        "contracts/a.csv": ["K0,C0,basic,2025-04-01,2026-03-31,2025-03-20,1000.50,R0", "K2,C2,basic,2025-05-01,2026-04-30,2025-04-20,800,R0"]
        + ["K1,C1,gold,2025-06-01,2026-05-31,2025-05-01,900,R1"]
        # Renewed, lapsed, and one whose outcome is known from the second night on.
        + ["K3,C3,basic,2024-01-01,2024-12-31,2023-12-20,700,R0", "K4,C3,basic,2025-01-01,2025-12-31,2024-12-20,700,R0"]
        + ["K5,C4,gold,2025-02-09,2026-02-08,2025-02-01,300,R1"],
        "reps/a.csv": ["R0,Li,east,after_sales,2020-01-01", "R1,Wu,east,sales,2021-01-01"],
        "shop_clicks/0310.csv": clicks(8, range(20)) + clicks(9, range(20, 40)) + clicks(10, range(40, 70)),
        "ad_clicks/0310.csv": [f"a{i},2026-03-10T09:0{i}:00,C{i % 3},v1,top" for i in range(8)],
        "calls/0310.csv": [f"p{i},2026-03-10T10:0{i}:00,R0,C{i % 4},outbound,60,connected,aftersale" for i in range(5)],
    },
    2: {
        "companies/b.csv": ["C1,Firm 1 new,pumps,south,large,R1", "C9,Firm 9,pumps,south,medium,R0"],
        "contracts/b.csv": ["K0b,C0,basic,2026-04-01,2027-03-31,2026-03-11,1100,R0"],
        "shop_clicks/0311.csv": clicks(11, range(100, 130))
        + clicks(9, range(200, 206))                                  # late
        + clicks(10, range(40, 43))                                   # met before
        + ["s44,2026-03-10T16:00:00,C0,v2,search,bot"]                # to be excluded now
        + ["s45,2026-03-11T16:00:00,C0,v2,search,"]                   # another row under a known id
        + ["x1,2026-03-32T00:00:00,C0,v1,search,", "x2,,C0,v1,search,"],
        "ad_clicks/0311.csv": None,
        "calls/0311.csv": [f"q{i},2026-03-11T10:0{i}:00,R1,C{i % 4},inbound,30,connected,aftersale" for i in range(4)],
    },
}


def drop(incoming, night):
    """Puts a night's files into the drop folder."""
    for path, rows in FILES[night].items():
        path = os.path.join(incoming, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        source = path.split("/")[-2]
        with open(path, "w", encoding="utf-8") as file:
            # A file without a required column is refused.
            file.write("\n".join([HEADS[source], *rows] if rows is not None else ["event_id,ts", "a9,2026-03-11T09:00:00"]) + "\n")
        # Long steady: a file that is still being written would wait.
        os.utime(path, (WRITTEN, WRITTEN))


def make(project, incoming):
    os.makedirs(os.path.join(project, "pipelines"))
    with open(os.path.join(project, "shoppulse.toml"), "w") as file:
        file.write(SETTINGS.format(incoming=incoming))
    with open(os.path.join(project, "pipelines", "nightly.toml"), "w") as file:
        file.write(PIPELINE)
