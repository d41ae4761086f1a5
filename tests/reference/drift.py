"""Golden values for the drift of crates/trust: chi-squared, Fisher's and Kolmogorov-Smirnov tests by SciPy, Holm's
correction by its definition.

Run from the repository root: python tests/reference/drift.py
It writes crates/trust/tests/drift.golden.json. Last run with SciPy 1.17.1, scikit-learn 1.9.1 and NumPy 2.4.6.
"""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
from scipy.special import kolmogorov
from scipy.stats import chi2_contingency, fisher_exact, ks_2samp
from sklearn.metrics import cohen_kappa_score


def photographs(random, count, mix, entropy, quality, unfamiliarity):
    """Numbers of few digits, so that some tie; `unfamiliarity` of all, of some or of none."""
    columns = {
        "grade": random.choice(5, count, p=mix).tolist(),
        "entropy": np.round(np.clip(random.gamma(2, entropy / 2, count), 0, 1.6), 2).tolist(),
        "quality": np.round(random.beta(8 * quality, 8 * (1 - quality), count), 2).tolist(),
        "unfamiliarity": np.round(random.lognormal(np.log(unfamiliarity[0]), 0.2, count), 2).tolist(),
    }
    known = random.random(count) < unfamiliarity[1]
    return [
        {
            "grade": columns["grade"][index],
            "entropy": columns["entropy"][index],
            "quality": columns["quality"][index],
            "is_gradable": columns["quality"][index] >= 0.4,
            "unfamiliarity": columns["unfamiliarity"][index] if known[index] else None,
        }
        for index in range(count)
    ]


def pooled(table):
    """Columns of a table with two rows, joined until 5 are expected in each cell or two columns are left."""
    columns = [table[:, index] for index in range(table.shape[1])]
    while len(columns) > 2:
        joined = np.array(columns).T
        smallest = np.outer(joined.sum(axis=1), joined.sum(axis=0)).min() / joined.sum()
        if smallest >= 5:
            break
        sums = [int(column.sum()) for column in columns]
        rarest = sums.index(min(sums))
        neighbours = [index for index in (rarest + 1, rarest - 1) if 0 <= index < len(sums)]
        neighbour = min(neighbours, key=lambda index: sums[index])
        low, high = sorted([rarest, neighbour])
        columns[low : high + 1] = [columns[low] + columns[high]]
    return np.array(columns).T


def compare_counts(table):
    table = pooled(np.asarray(table))
    rows = table.sum(axis=1, keepdims=True)
    smallest = (rows * table.sum(axis=0)).min() / table.sum()
    effect = np.abs(table[0] / rows[0] - table[1] / rows[1]).sum() / 2
    if table.shape[1] == 2 and smallest < 5:
        # SciPy's statistic is the odds ratio, ours the probability of the table; the p-value is the same.
        return {"test": "fisher_exact", "effect": effect, "p_value": fisher_exact(table).pvalue}
    result = chi2_contingency(table, correction=False)
    return {"test": "chi_squared", "statistic": result.statistic, "effect": effect, "p_value": result.pvalue}


def compare_values(recent, reference):
    distance, p_value = ks_2samp(recent, reference, method="asymp")
    root = np.sqrt(len(recent) * len(reference) / (len(recent) + len(reference)))
    return {
        "test": "kolmogorov_smirnov",
        "statistic": distance,
        "effect": distance,
        "p_value": kolmogorov((root + 0.12 + 0.11 / root) * distance),
        # SciPy's own takes the distribution for one list of as many photographs as the root says, rounded.
        "p_value_of_scipy": p_value,
        "mean": [np.mean(recent), np.mean(reference)],
        "median": [np.median(recent), np.median(reference)],
    }


def holm(p_values):
    """By its definition as a closed test: the largest Bonferroni p-value of all sets of hypotheses that hold this one."""
    indices = range(len(p_values))
    sets = [group for size in indices for group in combinations(indices, size + 1)]
    bonferroni = {group: min(1.0, len(group) * min(p_values[index] for index in group)) for group in sets}
    return [max(bonferroni[group] for group in sets if index in group) for index in indices]


def case(recent, reference):
    def counts(key, values):
        return [[sum(photograph[key] == value for photograph in rows) for value in values] for rows in (recent, reference)]

    def measured(rows, key):
        return np.array([row[key] for row in rows if row[key] is not None], dtype=np.float32).astype(np.float64)

    comparisons = [("grade_mix", compare_counts(counts("grade", range(5))))]
    for key in ("entropy", "quality"):
        comparisons.append((key, compare_values(measured(recent, key), measured(reference, key))))
    comparisons.append(("gradable_share", compare_counts(counts("is_gradable", (True, False)))))
    unfamiliarity = [measured(rows, "unfamiliarity") for rows in (recent, reference)]
    if all(len(values) for values in unfamiliarity):
        comparisons.append(("unfamiliarity", compare_values(*unfamiliarity)))
    adjusted = holm([found["p_value"] for _, found in comparisons])
    return {
        "recent": [list(photograph.values()) for photograph in recent],
        "reference": [list(photograph.values()) for photograph in reference],
        "comparisons": [
            {"what": what, **found, "adjusted_p_value": p_value} for (what, found), p_value in zip(comparisons, adjusted)
        ],
    }


def agreement(random, count, error, validation):
    system = random.choice(5, count, p=[0.4, 0.2, 0.2, 0.1, 0.1])
    reviewer = np.clip(system + (random.random(count) < error) * random.choice([-1, 1], count), 0, 4)
    agreed = int((system == reviewer).sum())
    photographs, right = validation
    return {
        "pairs": np.stack([system, reviewer], axis=1).tolist(),
        "photographs": photographs,
        "right": right,
        "agreed": agreed,
        "quadratic_weighted_kappa": cohen_kappa_score(system, reviewer, weights="quadratic", labels=range(5)),
        **compare_counts([[agreed, count - agreed], [right, photographs - right]]),
    }


def plain(value):
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return float(value) if isinstance(value, np.floating) else value


def main():
    random = np.random.default_rng(20241105)
    healthy, sick = [0.62, 0.14, 0.14, 0.06, 0.04], [0.35, 0.2, 0.25, 0.12, 0.08]
    rare = [0.97, 0.01, 0.01, 0.005, 0.005]

    def lot(count, mix=healthy, entropy=0.5, quality=0.75, unfamiliarity=(1.0, 1.0)):
        return photographs(random, count, mix, entropy, quality, unfamiliarity)

    golden = {
        "cases": [
            case(lot(150), lot(180)),
            case(lot(120, mix=sick, entropy=0.7, quality=0.6, unfamiliarity=(1.3, 1.0)), lot(200)),
            case(lot(33, mix=rare, quality=0.95), lot(60, mix=rare, quality=0.9)),
            case(lot(12, mix=sick), lot(80, unfamiliarity=(1.0, 0.5))),
            case(lot(70, quality=0.5, unfamiliarity=(1.1, 0.6)), lot(45, unfamiliarity=(1.0, 0.0))),
            case(lot(40, mix=[1, 0, 0, 0, 0], quality=0.99), lot(50, mix=[1, 0, 0, 0, 0], quality=0.99)),
        ],
        "agreements": [
            agreement(random, 90, 0.3, (290, 247)),
            agreement(random, 60, 0.05, (290, 200)),
            agreement(random, 31, 0.05, (40, 39)),
        ],
    }
    path = Path(__file__).resolve().parents[2] / "crates/trust/tests/drift.golden.json"
    lines = [f"{json.dumps(name)}:{json.dumps(plain(value), separators=(',', ':'))}" for name, value in golden.items()]
    path.write_text("{" + ",\n".join(lines) + "}\n")
    for found in golden["cases"]:
        print([(c["what"], c["test"], f'{c["effect"]:.3f}', f'{c["adjusted_p_value"]:.2g}') for c in found["comparisons"]])
    print([(found["test"], found["p_value"]) for found in golden["agreements"]])
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
