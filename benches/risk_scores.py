#!/usr/bin/env python3
"""How far predicted probabilities p lie from the true ones q: no outcome is looked at, so chance adds nothing.

    benches/risk_scores.py      tries the measures on planted scores
"""
import math
import random

TINY = 1e-12


def logit(p):
    p = min(max(p, TINY), 1 - TINY)
    return math.log(p / (1 - p))


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def mean(values):
    values = list(values)
    return math.fsum(values) / len(values) if values else math.nan


def log_loss(q, p):
    """Mean log loss of p that is to be expected when outcomes follow q; of q itself: its entropy."""
    clipped = [min(max(x, TINY), 1 - TINY) for x in p]
    return mean(-(t * math.log(x) + (1 - t) * math.log(1 - x)) for t, x in zip(q, clipped))


def calibration(q, p):
    """(intercept, slope) of the logistic regression of q on logit p, by Newton's method; NaN when all p are equal."""
    xs = [logit(x) for x in p]
    if max(xs) - min(xs) < 1e-9:
        return math.nan, math.nan
    a, b = 0.0, 1.0
    for _ in range(50):
        fits = [sigmoid(a + b * x) for x in xs]
        w = [f * (1 - f) + 1e-15 for f in fits]
        g0, g1 = math.fsum(t - f for t, f in zip(q, fits)), math.fsum((t - f) * x for t, f, x in zip(q, fits, xs))
        h00, h01, h11 = math.fsum(w), math.fsum(u * x for u, x in zip(w, xs)), math.fsum(u * x * x for u, x in zip(w, xs))
        det = h00 * h11 - h01 * h01
        da, db = (h11 * g0 - h01 * g1) / det, (h00 * g1 - h01 * g0) / det
        a, b = a + max(-2, min(2, da)), b + max(-2, min(2, db))
        if abs(da) + abs(db) < 1e-10:
            break
    return a, b


def ece(q, p, bins=10):
    """Mean over equal-count bins by p of |mean p - mean q|, weighted by their number."""
    rows = sorted(zip(p, range(len(p)), q))
    n, off = len(rows), 0.0
    for k in range(bins):
        own = rows[k * n // bins:(k + 1) * n // bins]
        off += abs(math.fsum(r[0] - r[2] for r in own))
    return off / n


def auc(q, p):
    """P(a renewed one has the higher p than a lapsed one) to be expected under q; ties count half."""
    rows = sorted(zip(p, q))
    wins, lapsed_below, same, at = 0.0, 0.0, 0.0, 0
    while at < len(rows):
        end = at
        while end < len(rows) and rows[end][0] == rows[at][0]:
            end += 1
        tied = [t for _, t in rows[at:end]]
        yes, no = math.fsum(tied), math.fsum(1 - t for t in tied)
        both = math.fsum(t * (1 - t) for t in tied)  # one with itself is no pair
        wins += yes * lapsed_below + (yes * no - both) / 2
        lapsed_below, same, at = lapsed_below + no, same + both, end
    pairs = math.fsum(q) * math.fsum(1 - t for t in q) - same
    return wins / pairs if pairs > 0 else math.nan


def figures(q, p):
    """What the goals are about; `gap` and `auc_gap` are against q itself, `bias` is mean p - mean q."""
    a, b = calibration(q, p)
    best, own = auc(q, q), auc(q, p)
    return {"n": len(q), "gap": log_loss(q, p) - log_loss(q, q), "slope": b, "intercept": a, "ece": ece(q, p),
            "bias": mean(p) - mean(q), "auc": own, "auc_truth": best, "auc_gap": best - own, "entropy": log_loss(q, q)}


def check():
    """Planted scores with known answers; AUC and log loss against their definitions."""
    chance = random.Random(1)
    q = [sigmoid(chance.gauss(0.9, 1.4)) for _ in range(700)]
    same = figures(q, q)
    assert abs(same["gap"]) < 1e-12 and abs(same["slope"] - 1) < 1e-9 and abs(same["intercept"]) < 1e-9, same
    assert same["ece"] < 1e-12 and same["auc_gap"] == 0, same
    half = figures(q, [sigmoid(logit(t) / 2 + 0.25) for t in q])
    assert abs(half["slope"] - 2) < 1e-9 and abs(half["intercept"] + 0.5) < 1e-9 and half["auc_gap"] == 0, half
    assert half["gap"] > 0.02 and half["ece"] > 0.05, half
    shift = figures(q, [min(t + 0.04, 1 - 1e-9) if n % 2 else t for n, t in enumerate(q)])
    assert abs(shift["bias"] - 0.02) < 0.002 and 0.015 < shift["ece"] < 0.021, shift
    p = [round(chance.random(), 1) for _ in q[:120]]
    pairs = [(q[i] * (1 - q[j]), (p[i] > p[j]) + (p[i] == p[j]) / 2) for i in range(120) for j in range(120) if i != j]
    brute = math.fsum(w * x for w, x in pairs) / math.fsum(w for w, _ in pairs)
    assert abs(auc(q[:120], p) - brute) < 1e-12
    drawn = mean(mean(-math.log(x if chance.random() < t else 1 - x) for t, x in zip(q, q)) for _ in range(400))
    assert abs(drawn - same["entropy"]) < 0.005, (drawn, same["entropy"])


if __name__ == "__main__":
    check()
    print("the planted scores have their known figures")
