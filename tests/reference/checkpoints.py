"""Small checkpoints as `torch.save` writes them, for the reader of checkpoints, and the numbers they hold.

    python tests/reference/checkpoints.py

writes `crates/grader/tests/grader/checkpoints/*.pth` and `checkpoints.json` beside them: for each file, for each tensor of
floating-point numbers, its shape and its values in row-major order. Needs torch 2.9. The malicious ones would make a file
`executed` if they were loaded by a program that runs pickles; nothing here loads them.
"""

import json
import os
from collections import OrderedDict
from pathlib import Path

import torch

FOLDER = Path(__file__).resolve().parents[2] / "crates/grader/tests/grader/checkpoints"


class Malicious:
    def __reduce__(self):
        return os.system, ("touch executed",)


def numbers(count, shape, dtype=torch.float32):
    """Numbers that 16 bits hold exactly: quarters around zero."""
    return ((torch.arange(count, dtype=torch.float32) - count // 2) / 4).reshape(shape).to(dtype)


def views():
    """Tensors that share a storage, begin inside of it, and are not contiguous."""
    base = numbers(24, (4, 6))
    return {
        "base": base,
        "transposed": base.t(),
        "row": base[2],
        "columns": base[:, 1:6:2],
        "permuted": numbers(24, (2, 3, 4)).permute(2, 0, 1),
        "expanded": torch.tensor([1.5, -2.5]).unsqueeze(1).expand(2, 3),
        "scalar": torch.tensor(0.125),
    }


def wrapped():
    """What a training program leaves behind."""
    weights = OrderedDict(
        {
            "module.conv1.weight": numbers(6, (2, 3)),
            "module.bn1.running_var": numbers(2, (2,)),
            "module.bn1.num_batches_tracked": torch.tensor(7),
        }
    )
    parameter = torch.nn.Parameter(numbers(4, (2, 2)))
    optimizer = torch.optim.AdamW([parameter])
    parameter.sum().backward()
    optimizer.step()
    return {
        "epoch": 3,
        "best": 0.75,
        "name": "resnet18",
        "state_dict": weights,
        "optimizer": optimizer.state_dict(),
        "parameter": parameter,
    }


def whole_module():
    module = torch.nn.Sequential(OrderedDict(first=torch.nn.Linear(3, 2), norm=torch.nn.BatchNorm1d(2)))
    with torch.no_grad():
        module.first.weight.copy_(numbers(6, (2, 3)))
        module.first.bias.copy_(numbers(2, (2,)))
    return module


def types():
    types = [torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.int64]
    return {str(dtype).removeprefix("torch."): numbers(6, (2, 3), dtype) for dtype in types}


def flattened(value, prefix=""):
    """Tensors by the keys that lead to them, joined with dots."""
    if isinstance(value, torch.nn.Module):
        value = value.state_dict()
    if isinstance(value, torch.Tensor):
        return {prefix: value.detach()}
    items = value.items() if isinstance(value, dict) else ()
    found = {}
    for key, item in items:
        found |= flattened(item, f"{prefix}.{key}" if prefix else str(key))
    return found


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    sound = {"wrapped": wrapped(), "views": views(), "types": types(), "module": whole_module()}
    readable = (torch.float32, torch.float16, torch.bfloat16)
    expected = {}
    for name, content in sound.items():
        # The old form keeps a module's source code beside it, which is nobody's to keep here.
        forms = [("", True)] if name == "module" else [("", True), ("_legacy", False)]
        for form, is_zip in forms:
            file = f"{name}{form}.pth"
            torch.save(content, FOLDER / file, _use_new_zipfile_serialization=is_zip)
            expected[file] = {
                key: {"shape": list(tensor.shape), "values": tensor.double().reshape(-1).tolist()}
                for key, tensor in flattened(content).items()
                if tensor.dtype in readable
            }
    for form, is_zip in [("", True), ("_legacy", False)]:
        content = {"state_dict": {"conv1.weight": numbers(6, (2, 3))}, "notes": Malicious()}
        torch.save(content, FOLDER / f"malicious{form}.pth", _use_new_zipfile_serialization=is_zip)
    torch.save(Malicious(), FOLDER / "malicious_root.pth")
    (FOLDER / "checkpoints.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
