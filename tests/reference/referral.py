"""Golden values for the referral of crates/trust: risk-coverage areas and figures over the photographs kept.

Run from the repository root: python tests/reference/referral.py
It writes crates/trust/tests/referral.golden.json. Last run with scikit-learn 1.9.1 and NumPy 2.4.6.

The expectation over the orders of equally unsure photographs is taken as it is defined: small lists by all their
orders, larger ones by the mean over the members of a group at each of its places.
"""

import itertools
import json
from pathlib import Path

import numpy as np
from sklearn.metrics import accuracy_score, cohen_kappa_score, recall_score, roc_auc_score

SHARES = [0.05, 0.5, 0.7, 0.8, 0.9, 1.0]
REFER_AT = 0.4


def area_in_order(losses):
    """Geifman and El-Yaniv 2017: the mean over k of the mean loss of the first k."""
    return float(np.mean([np.mean(losses[:k]) for k in range(1, len(losses) + 1)]))


def orders(uncertainties):
    """Every order that sorts the uncertainties."""
    groups = [np.flatnonzero(uncertainties == value) for value in np.unique(uncertainties)]
    for parts in itertools.product(*(itertools.permutations(group) for group in groups)):
        yield [index for part in parts for index in part]


def small_case(random, photographs, levels):
    uncertainties = random.integers(0, levels, photographs).astype(float) / 8
    losses = np.round(random.random(photographs), 3)
    areas, kept = [], []
    for order in orders(uncertainties):
        areas.append(area_in_order(losses[order]))
        kept.append([np.mean(losses[order][: max(1, int(share * photographs + 1e-9))]) for share in SHARES])
    return {
        "uncertainties": uncertainties.tolist(),
        "losses": losses.tolist(),
        "area": float(np.mean(areas)),
        "excess": float(np.mean(areas)) - area_in_order(np.sort(losses)),
        "kept": np.mean(kept, axis=0).tolist(),
    }


def large_case(random, photographs, levels):
    """Each place of a group takes the mean of the group, which is its expectation."""
    uncertainties = random.integers(0, levels, photographs).astype(float) / 16
    losses = (random.random(photographs) < 0.1 + 0.5 * uncertainties / uncertainties.max()).astype(float)
    means = {value: losses[uncertainties == value].mean() for value in np.unique(uncertainties)}
    expected = np.array([means[value] for value in np.sort(uncertainties)])
    return {
        "uncertainties": uncertainties.tolist(),
        "losses": losses.tolist(),
        "area": area_in_order(expected),
        "excess": area_in_order(expected) - area_in_order(np.sort(losses)),
        "kept": [expected[: max(1, int(share * photographs + 1e-9))].mean() for share in SHARES],
    }


def figures_kept(grades, probabilities, kept):
    truth, row = grades[kept], probabilities[kept]
    predicted, referable = row.argmax(axis=1), row[:, 2:].sum(axis=1)
    positive, called = truth >= 2, referable >= REFER_AT
    return {
        "accuracy": accuracy_score(truth, predicted),
        "referable_auc": roc_auc_score(positive, referable),
        "sensitivity": recall_score(positive, called),
        "specificity": recall_score(~positive, ~called),
        "quadratic_weighted_kappa": cohen_kappa_score(truth, predicted, weights="quadratic", labels=range(5)),
    }


def curve_case(random, photographs):
    """Photographs whose largest probabilities all differ, and the figures over those with the largest."""
    grades = random.choice(5, photographs, p=[0.4, 0.15, 0.25, 0.12, 0.08])
    center = grades + random.normal(0, 1.0, photographs)
    logits = -0.8 * (np.arange(5) - center[:, None]) ** 2
    logits = np.round(logits, 3).astype(np.float32)
    exponentials = np.exp(logits.astype(np.float64))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    largest = probabilities.max(axis=1)
    assert np.diff(np.sort(largest)).min() > 2e-6, "no ties, in single precision either"
    order = np.argsort(-largest)
    predicted = probabilities.argmax(axis=1)
    wrong_grades = (predicted != grades).astype(float)
    wrong_referrals = ((probabilities[:, 2:].sum(axis=1) >= REFER_AT) != (grades >= 2)).astype(float)
    fifth = order[int(0.8 * photographs) :]
    rest = order[: int(0.8 * photographs)]
    return {
        "refer_at": REFER_AT,
        "grades": grades.tolist(),
        "logits": [[float(x) for x in row] for row in logits],
        "grade_area": area_in_order(wrong_grades[order]),
        "referral_area": area_in_order(wrong_referrals[order]),
        "kept": [
            {"percent": percent, **figures_kept(grades, probabilities, order[: photographs * percent // 100])}
            for percent in (50, 70, 80, 90, 100)
        ],
        "wrong_among_most_unsure_fifth": wrong_grades[fifth].mean(),
        "wrong_among_rest": wrong_grades[rest].mean(),
        "wrong_ratio": wrong_grades[fifth].mean() / wrong_grades[rest].mean(),
    }


def main():
    random = np.random.default_rng(20240601)
    golden = {
        "shares": SHARES,
        "lists": [small_case(random, 7, 3), small_case(random, 6, 1), small_case(random, 8, 6), large_case(random, 200, 9)],
        "photographs": curve_case(random, 120),
    }
    path = Path(__file__).resolve().parents[2] / "crates/trust/tests/referral.golden.json"
    lines = [f"{json.dumps(name)}:{json.dumps(value, separators=(',', ':'))}" for name, value in golden.items()]
    path.write_text("{" + ",\n".join(lines) + "}\n")
    print(f"{path}: {path.stat().st_size} bytes, area {golden['photographs']['grade_area']:.4f}")


if __name__ == "__main__":
    main()
