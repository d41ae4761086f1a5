"""Do PyTorch and ONNX Runtime compute with exported members what the program itself computes?

    fundoscope bundle export --format safetensors --out exported/torch
    fundoscope bundle export --format onnx --out exported/onnx
    python tests/reference/export.py exported/torch exported/onnx

For every member, torchvision's ResNet-18 takes the state dictionary with `strict=True`, ONNX's checker passes the model,
and the logits of both are compared with those in `check.safetensors`, which the program wrote. ONNX Runtime is also
compared with PyTorch on a batch of three pictures that are not square. Prints the largest differences; the exit status is
1 where one is above 1e-4. Needs torch 2.9, torchvision, safetensors, onnx and onnxruntime.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import torchvision
from safetensors.numpy import load_file
from safetensors.torch import load_file as load_torch

from resnet18 import uniforms

TOLERANCE = 1e-4


def members(folder, expected_format):
    """The files of an exported folder, and the check beside them."""
    document = json.loads((folder / "export.json").read_text())
    assert document["format"] == expected_format, document["format"]
    check = load_file(folder / "check.safetensors")
    return [folder / entry["file"] for entry in document["files"]], check["pictures"], check["logits"]


def torch_model(file):
    state = load_torch(file)
    model = torchvision.models.resnet18(num_classes=5)
    assert set(state) == set(model.state_dict()), "the names are not exactly torchvision's"
    model.load_state_dict(state, strict=True)
    return model.eval()


def onnx_session(file):
    onnx.checker.check_model(onnx.load(file), full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    assert [value.name for value in session.get_inputs()] == ["pictures"]
    assert [value.name for value in session.get_outputs()] == ["logits"]
    return session


def other_shape():
    """Three pictures of 160 x 224 pixels."""
    values = 4.0 * uniforms("other shape", 0, 3 * 3 * 160 * 224) - 2.0
    return values.astype(np.float32).reshape(3, 3, 160, 224)


def main():
    torch.set_num_threads(1)
    torch_folder, onnx_folder = map(Path, sys.argv[1:])
    torch_files, pictures, expected = members(torch_folder, "safetensors")
    onnx_files, onnx_pictures, onnx_expected = members(onnx_folder, "onnx")
    assert np.array_equal(pictures, onnx_pictures) and np.array_equal(expected, onnx_expected)

    worst = 0.0
    for index, (torch_file, onnx_file) in enumerate(zip(torch_files, onnx_files, strict=True)):
        model, session = torch_model(torch_file), onnx_session(onnx_file)
        with torch.no_grad():
            by_torch = model(torch.from_numpy(pictures)).numpy()
            torch_other = model(torch.from_numpy(other_shape())).numpy()
        by_onnx = session.run(None, {"pictures": pictures})[0]
        onnx_other = session.run(None, {"pictures": other_shape()})[0]
        differences = {
            "PyTorch and the program": np.abs(by_torch - expected[index]).max(),
            "ONNX Runtime and the program": np.abs(by_onnx - expected[index]).max(),
            "ONNX Runtime and PyTorch, another shape": np.abs(onnx_other - torch_other).max(),
        }
        largest = np.abs(expected[index]).max()
        print(f"member {index}, {pictures.shape[2]} pixels, logits up to {largest:.2f}:")
        for name, difference in differences.items():
            print(f"  {name}: {difference:.2e}")
        worst = max(worst, *differences.values())
    print(f"largest difference {worst:.2e}, allowed {TOLERANCE:.0e}")
    sys.exit(0 if worst <= TOLERANCE else 1)


if __name__ == "__main__":
    main()
