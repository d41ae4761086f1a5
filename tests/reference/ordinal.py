"""Golden values for heads on frozen features: ordinal losses by coral-pytorch, a penalised fit by scikit-learn.

    python tests/reference/ordinal.py > crates/training/tests/reference/ordinal.json

Last run with coral-pytorch 1.4.0, scikit-learn 1.9.1, PyTorch 2.9.1 and NumPy.
"""

import json

import numpy as np
import torch
from coral_pytorch.losses import coral_loss, corn_loss
from sklearn.linear_model import LogisticRegression

GRADES = [0, 3, 1, 4, 2, 0]
FEATURES, VIEWS, PENALTY = 512, 60, 3e-2


def steps_above(grades):
    return torch.tensor([[float(grade > step) for step in range(4)] for grade in grades])


def corn_probabilities(logits):
    """P(grade > k) is the product of the conditional probabilities up to k."""
    above = torch.cumprod(torch.sigmoid(logits), dim=1).numpy()
    ends = np.hstack([np.ones((len(above), 1)), above, np.zeros((len(above), 1))])
    return ends[:, :-1] - ends[:, 1:]


def coral_probabilities(logits):
    above = np.minimum.accumulate(torch.sigmoid(logits).numpy(), axis=1)
    ends = np.hstack([np.ones((len(above), 1)), above, np.zeros((len(above), 1))])
    return ends[:, :-1] - ends[:, 1:]


def feature(view, index):
    """What a rectified feature might look like; the grade shows in some of them."""
    wave = np.sin(0.37 * (view + 1) * (index + 1))
    return max(0.0, wave + 0.6 * (view % 5) * np.cos(float(index)))


def penalised_fit():
    features = np.array([[feature(view, index) for index in range(FEATURES)] for view in range(VIEWS)])
    features = (features - features.mean(0)) / np.sqrt(np.maximum(features.var(0), 1e-8))
    grades = np.arange(VIEWS) % 5
    weights = 1.0 + (grades == 2)
    # scikit-learn minimises |W|^2 / 2 + C * sum of weighted losses.
    model = LogisticRegression(C=1 / (2 * PENALTY * weights.sum()), tol=1e-8, max_iter=10000)
    model.fit(features, grades, sample_weight=weights)
    return model.predict_proba(features)


def main():
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(6, 4, generator=generator, dtype=torch.float64) * 2
    grades = torch.tensor(GRADES)
    # coral-pytorch divides by the number of (photograph, step) pairs that are asked.
    asked = sum(min(grade + 1, 4) for grade in GRADES)
    document = {
        "logits": logits.tolist(),
        "grades": GRADES,
        "coral_losses": coral_loss(logits, steps_above(GRADES), reduction=None).tolist(),
        "corn_loss_sum": float(corn_loss(logits, grades, 5)) * asked,
        "coral_probabilities": coral_probabilities(logits).tolist(),
        "corn_probabilities": corn_probabilities(logits).tolist(),
        "fit": np.round(penalised_fit(), 6).tolist(),
    }
    print(json.dumps(document))


if __name__ == "__main__":
    main()
