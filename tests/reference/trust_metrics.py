"""Golden values for crates/trust from scikit-learn, SciPy and NumPy.

Run from the repository root: python tests/reference/trust_metrics.py
It writes crates/trust/tests/metrics.golden.json. Last run with scikit-learn 1.9.1, SciPy 1.17.1 and NumPy 1.26.4.
"""

import json
from pathlib import Path

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp, softmax
from scipy.stats import entropy, mannwhitneyu
from sklearn.metrics import (
    accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    log_loss,
    recall_score,
    roc_auc_score,
    roc_curve,
)

GRADES = range(5)
PHOTOGRAPHS, PASSES = 40, 3


def most_probable(probabilities):
    """Of equally probable grades the more severe."""
    return 4 - np.argmax(np.asarray(probabilities)[..., ::-1], axis=-1)


def expected_calibration_error(probabilities, grades, bins=15):
    """Guo et al. 2017, with bins (a, b], by a loop over photographs and no vector tricks."""
    members = [[] for _ in range(bins)]
    for row, grade in zip(probabilities, grades):
        predicted = int(most_probable(row))
        confidence = float(row[predicted])
        for index in range(bins):
            if index / bins < confidence <= (index + 1) / bins:
                members[index].append((confidence, predicted == grade))
    error = 0.0
    for member in members:
        if member:
            confidence = sum(c for c, _ in member) / len(member)
            accuracy = sum(right for _, right in member) / len(member)
            error += len(member) / len(grades) * abs(accuracy - confidence)
    return error


def sensitivity_at_specificity(positive, scores, specificity):
    false_positive_rate, true_positive_rate, _ = roc_curve(positive, scores, drop_intermediate=False)
    return true_positive_rate[false_positive_rate <= 1 - specificity + 1e-12].max()


def mean_of_passes_loss(log_temperature, logits, grades):
    probabilities = softmax(logits / np.exp(log_temperature), axis=-1).mean(axis=1)
    return -np.log(probabilities[np.arange(len(grades)), grades]).mean()


def main():
    random = np.random.default_rng(20240501)
    grades = random.choice(5, PHOTOGRAPHS, p=[0.4, 0.15, 0.25, 0.12, 0.08])
    center = grades + random.normal(0, 1.1, PHOTOGRAPHS)
    passes = center[:, None] + random.normal(0, 0.5, (PHOTOGRAPHS, PASSES))
    logits = -0.8 * (np.arange(5) - passes[..., None]) ** 2 + random.normal(0, 0.5, (PHOTOGRAPHS, PASSES, 5))
    logits = np.round(logits, 2).astype(np.float16).astype(np.float32)  # few digits, exact in single precision
    by_pass = softmax(logits.astype(np.float64), axis=-1)
    mean = by_pass.mean(axis=1)

    # What the metrics see, rounded so that some scores tie, and normalised again in single precision.
    rounded = np.round(mean, 2) + 0.002
    probabilities = (rounded / rounded.sum(axis=1, keepdims=True)).astype(np.float32)
    exact = probabilities.astype(np.float64)
    predicted = most_probable(probabilities)
    referable = (probabilities[:, 2] + probabilities[:, 3] + probabilities[:, 4]).astype(np.float32)
    scores = np.round(referable, 1).astype(np.float32)
    positive = grades >= 2
    assert len(np.unique(scores)) < PHOTOGRAPHS, "the scores must hold ties"

    auc = roc_auc_score(positive, scores)
    by_rank = mannwhitneyu(scores[positive], scores[~positive]).statistic / (positive.sum() * (~positive).sum())
    assert abs(auc - by_rank) < 1e-12, "two independent sources agree"

    one_hot = np.eye(5)[grades]
    total = entropy(mean, axis=1)
    expected = entropy(by_pass, axis=2).mean(axis=1)
    double = logits.astype(np.float64)
    fit = minimize_scalar(
        mean_of_passes_loss, bounds=np.log([0.05, 20]), args=(double, grades), method="bounded", options={"xatol": 1e-10}
    )
    scale, bias = [0.5, 1.25, 0.75, 1.0, 2.0], [0.1, -0.2, 0.0, 0.3, -0.4]
    vector = double[0, 0] * scale + bias

    golden = {
        "grades": grades.tolist(),
        "logits": [[[float(x) for x in row] for row in photograph] for photograph in logits],
        "probabilities": [[float(x) for x in row] for row in probabilities],
        "scores": [float(x) for x in scores],
        "quadratic_weighted_kappa": cohen_kappa_score(grades, predicted, weights="quadratic", labels=GRADES),
        "accuracy": accuracy_score(grades, predicted),
        "confusion_matrix": confusion_matrix(grades, predicted, labels=GRADES).tolist(),
        "recall_by_grade": recall_score(grades, predicted, labels=GRADES, average=None).tolist(),
        "roc_auc": auc,
        "sensitivity_at_90_specificity": sensitivity_at_specificity(positive, scores, 0.9),
        "sensitivity_at_50_specificity": sensitivity_at_specificity(positive, scores, 0.5),
        "expected_calibration_error": expected_calibration_error(probabilities, grades),
        "brier_score": ((exact - one_hot) ** 2).sum(axis=1).mean(),
        "negative_log_likelihood": log_loss(grades, exact / exact.sum(axis=1, keepdims=True), labels=list(GRADES)),
        "mean_of_passes": mean.round(10).tolist(),
        "std": by_pass.std(axis=1).round(10).tolist(),
        "entropy": total.round(10).tolist(),
        "expected_entropy": expected.round(10).tolist(),
        "mutual_information": (total - expected).round(10).tolist(),
        "temperature": float(np.exp(fit.x)),
        "vector": {"scale": scale, "bias": bias, "probabilities": np.exp(vector - logsumexp(vector)).tolist()},
    }
    path = Path(__file__).resolve().parents[2] / "crates/trust/tests/metrics.golden.json"
    lines = [f"{json.dumps(name)}:{json.dumps(value, separators=(',', ':'))}" for name, value in golden.items()]
    path.write_text("{" + ",\n".join(lines) + "}\n")
    print(f"{path}: {path.stat().st_size} bytes, temperature {golden['temperature']:.4f}, auc {auc:.4f}")


if __name__ == "__main__":
    main()
