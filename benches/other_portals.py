#!/usr/bin/env python3
"""Portals by other rules than those of `shoppulse sample`, with their true probabilities: what a model was not tuned to.

    benches/other_portals.py RULE SEED OUT [--matured 2000]

a  renewal follows leads per money and price rises alone; clicks say nothing; months of missing sources
b  renewal follows the plan and a sudden stop within the last 45 days; strong week and year, no visitor ids,
   two segments, shops of very unequal size
c  renewal follows nothing; shops rise and fall all the same; 150 segments, most of them tiny

Terms of six months, one and two years; some renew half a year early, some in grace, some cancel. OUT gets the contract's
CSV files and `_truth.csv`: contract_id, company_id, end_date, days_left (90 to -30), p_renew = P(renewed by end + grace |
what has happened by then, not renewed yet, not cancelled). Nobody cancels within 100 days of the end, so that a
cancellation to come needs no place in it.
"""
import argparse
import csv
import datetime
import functools
import math
import pathlib
import random

from risk_scores import sigmoid

FROM, TO = datetime.date(2023, 7, 1).toordinal(), datetime.date(2026, 6, 30).toordinal()
GRACE = 30
# Share of renewals by the day of signing, counted from the last day: early ones, a hump before the end, grace.
SIGNING = {**{d: 0.12 / 90 for d in range(-180, -90)}, **{d: 0.63 * (61 + d) / 1891 for d in range(-60, 1)}, **{d: 0.25 / 25 for d in range(1, 26)}}
COLUMNS = {
    "companies": ["company_id", "name", "segment", "region", "size", "listed_on", "registered_on", "service_rep_id"],
    "contracts": ["contract_id", "company_id", "plan", "kind", "start_date", "end_date", "signed_on", "amount", "rep_id", "cancelled_on", "refund"],
    "reps": ["rep_id", "name", "team", "role", "hired_on"],
    "service_tasks": ["task_id", "contract_id", "kind", "due_on", "done_on", "rep_id"],
    "shop_clicks": ["event_id", "ts", "company_id", "visitor_id", "click_source", "page"],
    "ad_clicks": ["event_id", "ts", "company_id", "visitor_id", "ad_slot"],
    "contact_views": ["event_id", "ts", "company_id", "visitor_id", "channel"],
    "messages": ["event_id", "ts", "company_id", "visitor_id"],
    "inquiries": ["event_id", "ts", "company_id", "visitor_id", "product", "quantity"],
    "calls": ["event_id", "ts", "rep_id", "company_id", "direction", "duration_s", "outcome", "purpose"],
}


def iso(day):
    return datetime.date.fromordinal(day).isoformat() if day else ""


def poisson(chance, mean):
    if mean > 30:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    floor, n, product = math.exp(-mean), 0, chance.random()
    while product > floor:
        n, product = n + 1, product * chance.random()
    return n


class LeadsPerMoney:
    """Leads a day = money x worth; `worth` moves from term to term."""
    sources = ["shop_clicks", "contact_views", "messages", "inquiries"]
    visitors, segments = True, [(f"trade {n}", 1.0) for n in range(6)]
    plans = {"small": (4000, 0.5), "big": (9000, 0.35), "huge": (20000, 0.15)}
    missing = {("messages", "2024-10"), ("messages", "2025-09"), ("shop_clicks", "2025-01"), ("inquiries", "2026-02")}

    def company(self, chance):
        return {"worth": chance.gauss(0, 0.7), "clicks": math.exp(chance.gauss(0.1, 0.8))}

    def term(self, chance, company, term):
        company["worth"] = 0.8 * company["worth"] + chance.gauss(0, 0.42)
        term["leads"] = 0.035 * term["yearly"] / 1000 * math.exp(company["worth"])
        return [(1.0, sigmoid(1.0 + 1.2 * company["worth"] - 7 * term["rise"]), None)]

    def means(self, company, term, day):
        leads = term["leads"]
        return {"shop_clicks": company["clicks"], "contact_views": 0.5 * leads, "messages": 0.3 * leads, "inquiries": 0.2 * leads}


class SuddenStop:
    """With 30 in 100 the shop falls silent on one of the last 45 days; until then nobody can know it."""
    sources = ["shop_clicks", "ad_clicks", "contact_views"]
    visitors, segments = False, [("goods", 0.8), ("services", 0.2)]
    plans = {"bronze": (3000, 0.5), "silver": (6000, 0.3), "gold": (15000, 0.2)}
    missing = set()

    def company(self, chance):
        return {"clicks": min(50, max(1.2, math.exp(chance.gauss(0.6, 1.1))))}

    def term(self, chance, company, term):
        term["stop"] = chance.randint(1, 45) if chance.random() < 0.3 else 0
        base = 1.5 + {"bronze": -0.6, "silver": 0.2, "gold": 0.9}[term["plan"]]
        futures = [(0.7, sigmoid(base), 0)] + [(0.3 / 45, sigmoid(base - 3.3), d) for d in range(1, 46)]
        return futures

    def means(self, company, term, day):
        week = [1.3, 1.3, 1.2, 1.2, 1.1, 0.2, 0.1][(day - 1) % 7]
        clicks = company["clicks"] * week * (1 + 0.6 * math.sin(day * math.tau / 365.25))
        if term["stop"] and day > term["end"] - term["stop"]:
            clicks *= 0.03
        return {"shop_clicks": clicks, "ad_clicks": 0.1 * clicks, "contact_views": 0.12 * clicks}


class Nothing:
    """Every term renews with 0.72."""
    sources = ["shop_clicks", "ad_clicks", "contact_views", "messages", "inquiries", "calls"]
    visitors, segments = True, [(f"niche {n:03}", 1 / (n + 2)) for n in range(150)]
    plans = {"one": (5000, 0.9), "two": (8000, 0.1)}
    missing = set()

    def company(self, chance):
        return {"clicks": math.exp(chance.gauss(0.2, 0.7))}

    def term(self, chance, company, term):
        term["clicks"] = min(25, company["clicks"] * math.exp(chance.gauss(0, 0.4)))
        term["fall"] = chance.random() * 0.8
        return [(1.0, 0.72, None)]

    def means(self, company, term, day):
        faded = term["fall"] * min(max((day - term["end"] + 120) / 60, 0), 1)
        clicks = term["clicks"] * (1 - faded)
        return {"shop_clicks": clicks, "ad_clicks": 0.1 * clicks, "contact_views": 0.15 * clicks, "messages": 0.05 * clicks, "inquiries": 0.03 * clicks, "calls": 0.01}


RULES = {"a": LeadsPerMoney, "b": SuddenStop, "c": Nothing}


@functools.cache
def signed_share(days_left):
    return math.fsum(share for day, share in SIGNING.items() if day <= -days_left)


def truth_at(term, days_left):
    """What is still open at `days_left`: a stop that has come is known, the others are those to come, or none."""
    done, futures = signed_share(days_left), term["futures"]
    stop = term.get("stop", 0)
    if stop and stop > days_left:
        futures = [f for f in futures if f[2] == stop]
    elif len(futures) > 1:
        futures = [f for f in futures if f[2] <= max(days_left, 0)]
    renewed = math.fsum(w * p * (1 - done) for w, p, _ in futures)
    return renewed / math.fsum(w * (1 - p * done) for w, p, _ in futures)


def live(rule, chance, company):
    """The terms of one company that are signed by TO."""
    terms, plans = [], list(rule.plans)
    plan = chance.choices(plans, [rule.plans[p][1] for p in plans])[0]
    signed = chance.randint(FROM - 900, TO - 400)
    start, before = signed + chance.randint(0, 9), None
    while signed <= TO:
        length, years = chance.choices([(182, 0.5), (365, 1), (730, 2)], [0.2, 0.65, 0.15])[0]
        rise = 0.0 if before is None else chance.choice([0, 0, 0.03, 0.06, 0.12, 0.2])
        yearly = rule.plans[plan][0] * (0.9 + 0.2 * chance.random()) if before is None else before * math.exp(rise)
        term = {"plan": plan, "start": start, "end": start + length - 1, "signed": signed, "yearly": yearly, "rise": rise, "amount": round(yearly * years, 2), "cancelled": 0}
        term["futures"] = rule.term(chance, company, term)
        terms.append(term)
        own = next((p for _, p, stop in term["futures"] if stop in (None, term.get("stop"))))
        if chance.random() < 0.03:
            term["cancelled"] = start + chance.randint(20, length - 100)
            break
        if chance.random() >= own:
            break
        signed = term["end"] + chance.choices(list(SIGNING), list(SIGNING.values()))[0]
        start, before = max(term["end"] + 1, signed), yearly
    return terms


def portal(rule, chance, matured):
    """Companies with their terms, as many as it takes to have so many memberships matured 75 days before TO."""
    companies, count = [], 0
    while count < matured:
        company = {"id": f"F{len(companies):05}", "segment": chance.choices(*zip(*rule.segments))[0], **rule.company(chance)}
        company["size"] = chance.choices(["large", "medium", "small"], [0.1, 0.3, 0.6])[0]
        company["terms"] = [t for t in live(rule, chance, company) if t["signed"] <= TO]
        companies.append(company)
        count += sum(t["end"] + GRACE < TO - 75 for t in company["terms"])
    return companies


def table(out, name, rows, columns=None):
    with open(out / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns or COLUMNS[name])
        writer.writerows(rows)


def tables(out, companies, chance):
    table(out, "reps", [[f"R{n}", f"Rep {n}", "team", "after_sales", iso(FROM - 1500)] for n in range(4)])
    table(out, "companies", [[c["id"], f"Firm {c['id']}", c["segment"], "north", c["size"], "", iso(c["terms"][0]["signed"]) if c["terms"] else "", f"R{n % 4}"] for n, c in enumerate(companies)])
    every = sorted(((t["signed"], c["id"], t["start"], t) for c in companies for t in c["terms"]), key=lambda r: r[:3])
    contracts, tasks, truth = [], [], []
    for n, (signed, company, start, t) in enumerate(every):
        own = f"K{n:06}"
        contracts.append([own, company, t["plan"], "membership", iso(start), iso(t["end"]), iso(signed), f"{t['amount']:.2f}", f"R{n % 4}", iso(t["cancelled"] if t["cancelled"] <= TO else 0), ""])
        tasks.append([f"T{n:06}", own, "activation", iso(start + 5), iso(start + chance.randint(1, 12)) if start + 12 <= TO else "", ""])
        if not t["cancelled"]:
            truth += [[own, company, iso(t["end"]), left, truth_at(t, left)] for left in range(90, -GRACE - 1, -1)]
    table(out, "contracts", contracts)
    table(out, "service_tasks", tasks)
    table(out, "_truth", truth, ["contract_id", "company_id", "end_date", "days_left", "p_renew"])


def events(out, rule, companies, chance):
    """One file a source and month, in order of days; missing months have a header alone."""
    number, files = 0, {}
    for day in range(FROM, TO + 1):
        text = iso(day)
        if text.endswith("-01") or day == FROM:
            for file in files.values():
                file.close()
            for source in rule.sources:
                (out / source).mkdir(exist_ok=True)
                files[source] = open(out / source / f"{text[:7]}.csv", "w", encoding="utf-8")
                files[source].write(",".join(COLUMNS[source]) + "\n")
        for company in companies:
            term = next((t for t in company["terms"] if t["start"] <= day <= t["end"] and not 0 < t["cancelled"] <= day), None)
            if term is None:
                continue
            for source, mean in rule.means(company, term, day).items():
                for _ in range(poisson(chance, mean)):
                    number += 1
                    second = 28_800 + int(chance.random() * 43_200)
                    at = f"{text} {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
                    if (source, text[:7]) in rule.missing:
                        continue
                    if source == "calls":
                        files[source].write(f"e{number},{at},R{number % 4},{company['id']},outbound,60,connected,aftersale\n")
                        continue
                    visitor = f"v{int(chance.random() * 20_000)}" if rule.visitors else ""
                    more = {"shop_clicks": ",search,/" if number % 3 else ",direct,/", "ad_clicks": ",top", "contact_views": ",phone", "messages": "", "inquiries": ",x,1"}[source]
                    files[source].write(f"e{number},{at},{company['id']},{visitor}{more}\n")
    for file in files.values():
        file.close()


def make(name, seed, out, matured):
    """The same bytes for the same arguments, on the same version of Python."""
    rule, chance = RULES[name](), random.Random(f"{name} {seed} {matured}")
    companies = portal(rule, chance, matured)
    out.mkdir(parents=True)
    tables(out, companies, chance)
    events(out, rule, companies, chance)


def check(name):
    """Among those not renewed yet, likely and unlikely ones, as many renew as the truth says; within chance."""
    companies = portal(RULES[name](), random.Random(f"check {name}"), 6000)
    for left in (90, 30, 0, -15):
        groups = {}
        for terms in (c["terms"] for c in companies):
            for term, after in zip(terms, [*terms[1:], None]):
                if not term["cancelled"] and term["end"] + GRACE < TO and (after is None or after["signed"] > term["end"] - left):
                    q = truth_at(term, left)
                    groups.setdefault(q > 0.7, []).append((q, after is not None))
        for likely, rows in groups.items():
            off = math.fsum(renewed - q for q, renewed in rows) / math.sqrt(math.fsum(q * (1 - q) for q, _ in rows))
            assert abs(off) < 4, f"rule {name}, {left} days left, likely {likely}: {off:.1f} deviations off in {len(rows)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rule", choices=sorted(RULES))
    parser.add_argument("seed", type=int)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--matured", type=int, default=2000)
    arguments = parser.parse_args()
    make(arguments.rule, arguments.seed, arguments.out, arguments.matured)


if __name__ == "__main__":
    main()
