"""Golden values for the ten measures of uncertainty of crates/trust, by SciPy and NumPy.

Run from the repository root: python tests/reference/trust_measures.py
It writes crates/trust/tests/measures.golden.json. Last run with SciPy 1.17.1 and NumPy 2.4.6.

Mutual information is computed here as the mean divergence of the passes from their mean, the share of dissenting passes
by SciPy's mode, the entropies' histogram by NumPy: not as the crate does it.
"""

import json
from pathlib import Path

import numpy as np
from scipy.special import softmax
from scipy.stats import entropy, mode

PHOTOGRAPHS, REFER_AT = 60, 0.375


def expected_clinical_cost(row):
    """By a matrix of costs, one row an answer."""
    grades = np.arange(5)
    costs = (grades[:, None] - grades[None, :]) ** 2 / 16
    return float((costs @ row).min())


def measures(logits):
    by_pass = softmax(logits.astype(np.float64), axis=1)
    mean = by_pass.mean(axis=0)
    grade = int(mean.argmax())
    entropies = entropy(by_pass, axis=1)
    counts, _ = np.histogram(entropies, bins=10, range=(0, np.log(5)))
    votes = by_pass.argmax(axis=1)
    falling = np.sort(mean)[::-1]
    return {
        "std": by_pass[:, grade].std(),
        "entropy": entropy(mean),
        "expected_entropy": entropies.mean(),
        "mutual_information": np.mean([entropy(row, mean) for row in by_pass]),
        "entropy_of_entropies": entropy(counts),
        "variation_ratio": 1 - mode(votes).count / len(votes),
        "threshold_distance": -abs(mean[2:].sum() - REFER_AT),
        "margin": 1 - (falling[0] - falling[1]),
        "max_probability": 1 - falling[0],
        "expected_clinical_cost": expected_clinical_cost(mean),
    }


def photograph(random):
    """Passes of few digits, exact in single precision, whose most probable grades and entropy bins are clear."""
    while True:
        passes = int(random.integers(1, 13))
        center = random.uniform(-0.5, 4.5) + random.normal(0, random.choice([0.1, 0.5, 1.5]), passes)
        logits = -random.uniform(0.2, 2) * (np.arange(5) - center[:, None]) ** 2 + random.normal(0, 0.5, (passes, 5))
        logits = np.round(logits, 2).astype(np.float16).astype(np.float32)
        by_pass = softmax(logits.astype(np.float64), axis=1)
        rows = np.sort(np.vstack([by_pass, by_pass.mean(axis=0)]), axis=1)
        places = entropy(by_pass, axis=1) / np.log(5) * 10
        if (rows[:, 4] - rows[:, 3]).min() > 1e-4 and np.abs(places - np.round(places)).min() > 1e-4:
            return logits


def main():
    random = np.random.default_rng(20240711)
    photographs = [photograph(random) for _ in range(PHOTOGRAPHS)]
    golden = {
        "refer_at": REFER_AT,
        "logits": [[[float(x) for x in row] for row in logits] for logits in photographs],
        "measures": [{name: round(float(value), 10) for name, value in measures(row).items()} for row in photographs],
    }
    path = Path(__file__).resolve().parents[2] / "crates/trust/tests/measures.golden.json"
    lines = [f"{json.dumps(name)}:{json.dumps(value, separators=(',', ':'))}" for name, value in golden.items()]
    path.write_text("{" + ",\n".join(lines) + "}\n")
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
