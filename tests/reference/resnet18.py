"""Golden values for the network: torchvision's ResNet-18 with weights and pictures from the formula of `grader::seeded`.

    python tests/reference/resnet18.py > crates/grader/tests/grader/resnet18.json

Needs torch 2.9 and torchvision. Other reference scripts import `weights`, `network` and `picture` from here.
"""

import json
import math

import numpy as np
import torch
import torchvision

MASK = (1 << 64) - 1


def fnv1a64(name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def uniforms(name, seed, count):
    """`count` numbers in [0, 1), multiples of 2**-24: splitmix64 of (fnv1a64(name) ^ seed) + index."""
    with np.errstate(over="ignore"):
        z = np.uint64(fnv1a64(name) ^ seed) + np.arange(count, dtype=np.uint64)
        z = z + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / (1 << 24)


def weights(seed):
    """The state dictionary of `grader::seeded::network(seed, ..)`, float32."""
    state = torchvision.models.resnet18(num_classes=5).state_dict()
    for name, tensor in state.items():
        if name.endswith("num_batches_tracked"):
            continue
        shape = tuple(tensor.shape)
        fan_in = math.prod(shape[1:])
        if len(shape) == 4:
            bound = math.sqrt(3.0 / fan_in)
            lowest, extent = -bound, 2.0 * bound
        elif len(shape) == 2:
            bound = 1.0 / math.sqrt(fan_in)
            lowest, extent = -bound, 2.0 * bound
        elif name.rsplit(".", 1)[-1] in ("weight", "running_var"):
            lowest, extent = 0.5, 1.0
        else:
            lowest, extent = -0.2, 0.4
        values = lowest + extent * uniforms(name, seed, math.prod(shape))
        state[name] = torch.from_numpy(values.astype(np.float32).reshape(shape))
    return state


def network(seed, dtype=torch.float64):
    """torchvision's ResNet-18 with the seeded weights, in evaluation mode."""
    model = torchvision.models.resnet18(num_classes=5)
    model.load_state_dict(weights(seed))
    return model.to(dtype).eval()


def picture(seed, side):
    """`grader::seeded::input(seed, side)` as `[1, 3, side, side]`, float32."""
    values = 4.0 * uniforms("input", seed, 3 * side * side) - 2.0
    return torch.from_numpy(values.astype(np.float32).reshape(1, 3, side, side))


def logits(seed, side, dtype):
    with torch.no_grad():
        return network(seed, dtype)(picture(seed, side).to(dtype))[0].tolist()


def training(seed, batch, side):
    """One forward pass in training mode: logits, and running statistics after it."""
    model = network(seed).train()
    pictures = torch.cat([picture(seed + index, side) for index in range(batch)]).double()
    with torch.no_grad():
        answer = model(pictures)
    state = model.state_dict()
    names = [name for name in state if name.endswith(("running_mean", "running_var"))]
    return {
        "seed": seed,
        "batch": batch,
        "side": side,
        "logits": answer.tolist(),
        # The first four values of every layer's statistics, and the sum of all.
        "statistics": {name: {"first": state[name][:4].tolist(), "sum": state[name].sum().item()} for name in names},
    }


def main():
    frozen = [
        {
            "seed": seed,
            "side": side,
            "float64": logits(seed, side, torch.float64),
            "float32": logits(seed, side, torch.float32),
        }
        for seed, side in [(1, 224), (2, 512), (3, 97)]
    ]
    layout = {
        name: list(tensor.shape)
        for name, tensor in torchvision.models.resnet18(num_classes=5).state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    print(json.dumps({"layout": layout, "frozen": frozen, "training": training(4, 4, 64)}))


if __name__ == "__main__":
    main()
