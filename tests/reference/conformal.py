"""Golden values for the conformal prediction sets of crates/trust, by NumPy and by trying out.

Run from the repository root: python tests/reference/conformal.py
It writes crates/trust/tests/conformal.golden.json. Last run with NumPy 2.4.6.

Nothing is computed here as the crate does it: sets are searched among all ranges of grades, the threshold of split
conformal prediction is NumPy's weighted quantile, and that of risk control is the first of all candidates that holds.
"""

import json
from pathlib import Path

import numpy as np

GRADES = 5
PATIENTS = 60
COVERAGES, RISKS, THRESHOLDS = [0.7, 0.8, 0.9, 0.95], [0.03, 0.05, 0.1], [0.0, 0.33, 0.61, 0.87, 0.993, 1.0]


def ranges_that_grow(row):
    """The five ranges: each the best of those with one grade more that contain the one before it."""
    row = np.asarray(row, dtype=np.float64)
    ranges = []
    for size in range(1, GRADES + 1):
        candidates = [(low, low + size - 1) for low in range(GRADES - size + 1)]
        if ranges:
            low, high = ranges[-1]
            candidates = [(a, b) for a, b in candidates if a <= low and b >= high]
        # Of equally probable ranges the one that reaches further up.
        added = [(sum(row[a : b + 1]), a) for a, b in candidates]
        best = max(range(len(candidates)), key=lambda index: (np.round(added[index][0], 12), added[index][1]))
        ranges.append(candidates[best])
    return ranges


def set_at(row, threshold):
    """The largest range before which the share of the probability was at most the threshold."""
    total = np.sum(row, dtype=np.float64)
    ranges = ranges_that_grow(row)
    chosen = ranges[0]
    for previous, current in zip(ranges, ranges[1:]):
        share = np.sum(row[previous[0] : previous[1] + 1], dtype=np.float64) / total
        if share <= threshold + 1e-12:
            chosen = current
        else:
            break
    return chosen


def score(row, truth):
    """The share of the probability of the largest range that does not hold the truth yet."""
    before = [r for r in ranges_that_grow(row) if not r[0] <= truth <= r[1]]
    if not before:
        return 0.0
    low, high = before[-1]
    return np.sum(row[low : high + 1], dtype=np.float64) / np.sum(row, dtype=np.float64)


def patient_mean(values, patients):
    return np.mean([np.mean(values[patients == patient]) for patient in np.unique(patients)])


def split_threshold(probabilities, grades, patients, coverage):
    """Lee et al. 2023: the quantile of the weighted scores and of one more patient at infinity."""
    scores = np.array([score(row, grade) for row, grade in zip(probabilities, grades)])
    _, inverse, counts = np.unique(patients, return_inverse=True, return_counts=True)
    weights = np.append(1 / counts[inverse], 1.0)
    quantile = np.quantile(np.append(scores, 2.0), coverage - 1e-9, weights=weights, method="inverted_cdf")
    assert quantile <= 1
    return float(quantile)


def losses_at(probabilities, grades, threshold):
    sets = [set_at(row, threshold) for row in probabilities]
    return np.array([max(0, grade - high) / 4 for (_, high), grade in zip(sets, grades)])


def risk_threshold(probabilities, grades, patients, risk):
    n = len(np.unique(patients))
    candidates = sorted({score(row, grade) for row in probabilities for grade in range(GRADES)})
    for threshold in candidates:
        mean = patient_mean(losses_at(probabilities, grades, threshold), patients)
        if n / (n + 1) * mean + 1 / (n + 1) <= risk + 1e-9:
            return float(threshold)
    raise AssertionError("too few patients")


def figures(probabilities, grades, patients, threshold):
    sets = np.array([set_at(row, threshold) for row in probabilities])
    covered = (sets[:, 0] <= grades) & (grades <= sets[:, 1])
    sizes = sets[:, 1] - sets[:, 0] + 1
    losses = losses_at(probabilities, grades, threshold)
    return {
        "coverage": covered.mean(),
        "mean_size": sizes.mean(),
        "singletons": (sizes == 1).mean(),
        "coverage_by_grade": [covered[grades == grade].mean() for grade in range(GRADES)],
        "under_grading": losses.mean(),
        "coverage_by_patient": patient_mean(covered.astype(float), patients),
        "mean_size_by_patient": patient_mean(sizes.astype(float), patients),
        "under_grading_by_patient": patient_mean(losses, patients),
    }


def main():
    random = np.random.default_rng(20260117)
    photographs_of = random.integers(1, 5, PATIENTS)
    patients = np.repeat(np.arange(PATIENTS), photographs_of)
    severity = random.choice(5, PATIENTS, p=[0.35, 0.15, 0.25, 0.15, 0.1])[patients]
    grades = np.clip(severity + random.integers(-1, 2, len(patients)), 0, 4)
    seen = grades + random.normal(0, 0.6, PATIENTS)[patients] + random.normal(0, 0.6, len(patients))
    logits = -0.9 * (np.arange(5) - seen[:, None]) ** 2 + random.normal(0, 0.3, (len(patients), 5))
    softmax = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    # Of few digits, so that some neighbours and some scores tie.
    rounded = np.round(softmax, 2) + 0.002
    probabilities = (rounded / rounded.sum(axis=1, keepdims=True)).astype(np.float32)
    first = np.unique(patients, return_index=True)[1]

    golden = {
        "probabilities": [[float(x) for x in row] for row in probabilities],
        "grades": grades.tolist(),
        "patients": [f"patient {patient}" for patient in patients],
        "sets": [
            {"threshold": threshold, "sets": [[int(end) for end in set_at(row, threshold)] for row in probabilities]}
            for threshold in THRESHOLDS
        ],
        "split": [
            {"coverage": coverage, "threshold": split_threshold(probabilities, grades, patients, coverage)}
            for coverage in COVERAGES
        ],
        "first_photographs": first.tolist(),
        "split_of_first_photographs": [
            {"coverage": coverage, "threshold": split_threshold(probabilities[first], grades[first], first, coverage)}
            for coverage in COVERAGES
        ],
        "risk_control": [
            {"risk": risk, "threshold": risk_threshold(probabilities, grades, patients, risk)} for risk in RISKS
        ],
    }
    golden["figures"] = [
        {"promised": fitted["coverage"], **figures(probabilities, grades, patients, fitted["threshold"])}
        for fitted in golden["split"]
    ]

    # The textbook: with one photograph a patient, the ceil((n + 1) coverage)-th smallest score.
    scores = np.sort([score(probabilities[index], grades[index]) for index in first])
    for fitted in golden["split_of_first_photographs"]:
        rank = int(np.ceil((PATIENTS + 1) * fitted["coverage"] - 1e-9))
        assert fitted["threshold"] == scores[rank - 1], "two independent ways agree"

    path = Path(__file__).resolve().parents[2] / "crates/trust/tests/conformal.golden.json"
    lines = [f"{json.dumps(name)}:{json.dumps(value, separators=(',', ':'))}" for name, value in golden.items()]
    path.write_text("{" + ",\n".join(lines) + "}\n")
    print(f"{path}: {path.stat().st_size} bytes, {len(patients)} photographs")
    print(golden["split"], golden["split_of_first_photographs"], golden["risk_control"])


if __name__ == "__main__":
    main()
