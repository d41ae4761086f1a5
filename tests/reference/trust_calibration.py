"""Golden values for calibration and calibration errors in crates/trust from scikit-learn, SciPy and NumPy.

Run from the repository root: python tests/reference/trust_calibration.py
It writes crates/trust/tests/calibration.golden.json. Last run with scikit-learn 1.9.1, SciPy 1.17.1 and NumPy 2.4.6.
"""

import json
from pathlib import Path

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax, logsumexp, softmax
from sklearn.calibration import calibration_curve
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss, log_loss

PHOTOGRAPHS, PASSES, BINS = 60, 3, 15


def photographs(random):
    grades = random.choice(5, PHOTOGRAPHS, p=[0.4, 0.15, 0.2, 0.15, 0.1])
    seen = grades[:, None] + random.normal(0, 1.0, (PHOTOGRAPHS, 1)) + random.normal(0, 0.4, (PHOTOGRAPHS, PASSES))
    logits = -0.9 * (np.arange(5) - seen[..., None]) ** 2 + random.normal(0, 0.6, (PHOTOGRAPHS, PASSES, 5))
    return grades, np.round(logits, 2).astype(np.float16).astype(np.float32)  # few digits, exact in single precision


def mean_log_loss(logits, grades):
    """-ln of the mean over the passes of the true grade's probability, averaged over the photographs."""
    by_pass = log_softmax(logits, axis=-1)[np.arange(len(grades)), :, grades]
    return -(logsumexp(by_pass, axis=1) - np.log(logits.shape[1])).mean()


def fit_temperature(logits, grades):
    fit = minimize_scalar(
        lambda x: mean_log_loss(logits / np.exp(x), grades),
        bounds=np.log([0.05, 20]),
        method="bounded",
        options={"xatol": 1e-12},
    )
    return float(np.exp(fit.x))


def fit_vector(logits, grades):
    """The optimum with the pull towards the temperature, by two of SciPy's methods that must agree."""
    temperature = fit_temperature(logits, grades)

    def loss(parameters):
        scaled = np.exp(parameters[:5]) / temperature * logits + parameters[5:]
        return mean_log_loss(scaled, grades) + (parameters**2).sum() / (2 * len(grades))

    first = minimize(loss, np.zeros(10), method="L-BFGS-B", options={"ftol": 1e-16, "gtol": 1e-9, "maxiter": 10000})
    again = minimize(loss, first.x, method="Powell", options={"ftol": 1e-16, "xtol": 1e-10, "maxiter": 100000})
    assert np.abs(first.x - again.x).max() < 1e-3, "two independent methods agree"
    best = min(first, again, key=lambda fit: fit.fun)
    return (np.exp(best.x[:5]) / temperature).tolist(), best.x[5:].tolist(), float(best.fun)


def isotonic(logits, grades):
    """Probabilities of every pass by scikit-learn's maps, fitted to the mean of the passes in single precision."""
    by_pass = softmax(logits, axis=-1)
    mean = by_pass.mean(axis=1).astype(np.float32).astype(np.float64)
    mapped = np.zeros_like(by_pass)
    for grade in range(5):
        floor = 1 / (2 * len(grades))
        regression = IsotonicRegression(y_min=floor, y_max=1, out_of_bounds="clip").fit(mean[:, grade], grades == grade)
        mapped[..., grade] = regression.predict(by_pass[..., grade].ravel()).reshape(by_pass.shape[:2])
    return mapped / mapped.sum(axis=-1, keepdims=True)


def equal_width(probability):
    return np.clip(np.ceil(probability * BINS), 1, BINS).astype(int) - 1


def equal_mass(probability):
    """By rank: the probabilities hold no ties and their number is a multiple of that of the bins."""
    return np.argsort(np.argsort(probability)) * BINS // len(probability)


def gaps(probability, happened, index):
    return sum(
        abs(happened[index == b].mean() - probability[index == b].mean()) * (index == b).mean() for b in np.unique(index)
    )


def exact_mean_if_perfect(probability, index):
    """Expectation of the calibration error where outcomes follow the probabilities, from the exact distribution of
    their number in each bin (Poisson binomial, by convolution)."""
    total = 0.0
    for b in np.unique(index):
        members = probability[index == b]
        distribution = np.ones(1)
        for p in members:
            distribution = np.convolve(distribution, [1 - p, p])
        total += (distribution * np.abs(np.arange(len(members) + 1) - members.sum())).sum()
    return total / len(probability)


def interval_if_perfect(probability, index, random, draws=200_000):
    surplus = (random.random((draws, len(probability))) < probability) - probability
    errors = sum(np.abs(surplus[:, index == b].sum(axis=1)) for b in np.unique(index)) / len(probability)
    return np.percentile(errors, [2.5, 97.5])


def debiased(probability, happened, index):
    """Kumar et al. 2019: the plug-in estimate less the variance of each bin's mean."""
    total = 0.0
    for b in np.unique(index):
        p, y = probability[index == b], happened[index == b].astype(float)
        if len(y) > 1:
            total += len(y) / len(probability) * ((y.mean() - p.mean()) ** 2 - y.var(ddof=1) / len(y))
    return max(total, 0.0) ** 0.5


def decomposition(probability, happened, index):
    n, rate = len(probability), happened.mean()
    parts = {"reliability": 0.0, "resolution": 0.0, "uncertainty": rate * (1 - rate)}
    for b in np.unique(index):
        p, y = probability[index == b], happened[index == b]
        parts["reliability"] += len(y) / n * (p.mean() - y.mean()) ** 2
        parts["resolution"] += len(y) / n * (y.mean() - rate) ** 2
    parts["score"] = brier_score_loss(happened, probability)
    parts["within_bins"] = parts["score"] - parts["reliability"] + parts["resolution"] - parts["uncertainty"]
    return parts


def figures(probability, happened, random):
    answer = {"outcomes": [[float(p), bool(y)] for p, y in zip(probability, happened)]}
    probability = probability.astype(np.float64)
    share, mean = calibration_curve(happened, probability, n_bins=BINS, strategy="quantile")
    assert len(np.unique(probability)) == len(probability) == PHOTOGRAPHS and PHOTOGRAPHS % BINS == 0
    assert len(share) == BINS
    answer["equal_mass_accuracy"], answer["equal_mass_confidence"] = share.tolist(), mean.tolist()
    share, mean = calibration_curve(happened, probability, n_bins=BINS, strategy="uniform")
    answer["equal_width_accuracy"], answer["equal_width_confidence"] = share.tolist(), mean.tolist()
    answer["negative_log_likelihood"] = log_loss(happened, probability)
    for name, index in [("equal_width", equal_width(probability)), ("equal_mass", equal_mass(probability))]:
        lower, upper = interval_if_perfect(probability, index, random)
        answer[name] = {
            "error": gaps(probability, happened, index),
            "perfect_mean": exact_mean_if_perfect(probability, index),
            "perfect_lower": lower,
            "perfect_upper": upper,
            "debiased": debiased(probability, happened, index),
            "brier": decomposition(probability, happened, index),
        }
    return answer


def main():
    random = np.random.default_rng(20250117)
    grades, logits = photographs(random)
    double = logits.astype(np.float64)
    scale, bias, loss = fit_vector(double, grades)
    mean = softmax(double, axis=-1).mean(axis=1)
    top = mean.max(axis=1).astype(np.float32)
    referable = mean[:, 2:].sum(axis=1).astype(np.float32)
    golden = {
        "grades": grades.tolist(),
        "logits": [[[float(x) for x in row] for row in photograph] for photograph in logits],
        "vector": {"scale": scale, "bias": bias, "loss": loss},
        "isotonic": isotonic(double, grades).round(10).tolist(),
        "top_grade": figures(top, mean.argmax(axis=1) == grades, random),
        "referable": figures(referable, grades >= 2, random),
    }
    path = Path(__file__).resolve().parents[2] / "crates/trust/tests/calibration.golden.json"
    lines = [f"{json.dumps(name)}:{json.dumps(value, separators=(',', ':'))}" for name, value in golden.items()]
    path.write_text("{" + ",\n".join(lines) + "}\n")
    print(f"{path}: {path.stat().st_size} bytes, scale {scale}, bias {bias}")


if __name__ == "__main__":
    main()
