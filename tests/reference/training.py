"""Golden values for training: the loss, and one step of AdamW with a cut gradient, by PyTorch in double precision.

    python tests/reference/training.py > crates/training/tests/reference/training.json

Needs torch 2.9 and torchvision. Weights and pictures come from the formula of `grader::seeded`.
"""

import json

import torch
import torch.nn.functional as F

from resnet18 import network, picture

SEED, BATCH, SIDE = 4, 4, 64
GRADES = [0, 3, 1, 4]
LEARNING_RATE, WEIGHT_DECAY, CLIP_NORM = 1e-3, 0.05, 0.5


def loss(logits, grades):
    probabilities = logits.softmax(1)
    expected = (probabilities * torch.arange(5)).sum(1)
    referable = probabilities[:, 2:].sum(1).clamp(1e-4, 1 - 1e-4)
    return (
        F.cross_entropy(logits, grades, label_smoothing=0.05)
        + 0.5 * F.smooth_l1_loss(expected, grades.double())
        + F.binary_cross_entropy(referable, (grades >= 2).double())
    )


def main():
    logits = torch.tensor(
        [[2.0, 1.0, 0.5, -1.0, -2.0], [0.1, 0.2, 0.3, 0.4, 0.5], [-3.0, 0.0, 1.0, 4.0, 2.0], [30.0, 0.0, 0.0, 0.0, 0.0]],
        dtype=torch.float64,
        requires_grad=True,
    )
    value = loss(logits, torch.tensor([0, 2, 4, 3]))
    value.backward()

    model = network(SEED).train()
    matrices = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    vectors = [parameter for parameter in model.parameters() if parameter.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": vectors, "weight_decay": 0.0}], lr=LEARNING_RATE
    )
    pictures = torch.cat([picture(SEED + index, SIDE) for index in range(BATCH)]).double()
    steps = []
    for _ in range(2):
        optimizer.zero_grad()
        step_loss = loss(model(pictures), torch.tensor(GRADES))
        step_loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
        optimizer.step()
        steps.append({"loss": step_loss.item(), "gradient_norm": norm.item()})
    state = model.state_dict()
    names = [name for name in state if not name.endswith("num_batches_tracked")]
    print(
        json.dumps(
            {
                "loss": {"logits": logits.tolist(), "value": value.item(), "gradient": logits.grad.tolist()},
                "steps": steps,
                # The first four values of every tensor after the steps, and its root mean square.
                "weights": {
                    name: {
                        "first": state[name].flatten()[:4].tolist(),
                        "rms": state[name].square().mean().sqrt().item(),
                    }
                    for name in names
                },
            }
        )
    )


if __name__ == "__main__":
    main()
