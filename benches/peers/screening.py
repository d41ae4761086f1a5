"""A whole screening of one 12-megapixel photograph, here and in PyTorch: decode, field of view, crop, resize, every member in
four rotations, Grad-CAM and Integrated Gradients with 50 steps a member.

    peers/bin/pip install torch pillow opencv-python-headless numpy
    cargo build --release && peers/bin/python benches/peers/screening.py PHOTOGRAPH.jpg

The peer's way to an input is that of `preparation.py`: other pixels, the same work. This program is started anew for each
screening, loads its bundle, and writes maps and pictures, all of which counts; the peer has its networks loaded and writes
nothing. Left to itself this program doubles the steps of Integrated Gradients until they are complete.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benches" / "peers"))
from network import ResNet18, safetensors  # noqa: E402
from preparation import cropped, decoded, network_input  # noqa: E402

THREADS, STEPS, BATCH, ROUNDS = 2, 50, 10, 5
torch.set_num_threads(THREADS)
photograph = pathlib.Path(sys.argv[1]).read_bytes()
manifest = json.loads((ROOT / "models" / "bundle.json").read_text())
members = []
for member in manifest["members"]:
    network = ResNet18.of(safetensors(ROOT / "models" / member["file"]))
    members.append(network)


def in_pytorch():
    side, block = manifest["preparation"]["input_side"], manifest["preparation"]["oversampling"]
    square = cropped(decoded(photograph, side * block), side * block)
    values = torch.from_numpy(network_input(square, side, block).astype(np.float32))
    with torch.no_grad():
        views = torch.stack([torch.rot90(values, turns, (1, 2)) for turns in range(4)])
        logits = torch.cat([network(views) for network in members])
        grade = int(logits.softmax(1).mean(0).argmax())
        for network in members:
            features = network.features(values[None])
            (network.fc.weight[grade][:, None, None] * features[0]).sum(0)
    positions = (torch.arange(STEPS) + 0.5) / STEPS
    for network in members:
        total = torch.zeros_like(values)
        for part in positions.split(BATCH):
            points = (part[:, None, None, None] * values).requires_grad_(True)
            network(points)[:, grade].sum().backward()
            total += points.grad.sum(0)
    return grade


def in_fundoscope():
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    program = os.environ.get("FUNDOSCOPE_BINARY", target / "release" / "fundoscope")
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "--threads", str(THREADS), "explain", sys.argv[1], "--out", folder, "--method",
                   "grad-cam,integrated-gradients", "--steps", str(STEPS), "--max-steps", str(STEPS)]
        subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)


times = {"Fundoscope": [], "PyTorch": []}
for _ in range(ROUNDS + 1):
    for name, run in [("Fundoscope", in_fundoscope), ("PyTorch", in_pytorch)]:
        started = time.perf_counter()
        run()
        times[name].append(time.perf_counter() - started)
reference = statistics.median(times["PyTorch"][1:])
print(f"{len(members)} members, {THREADS} threads, medians of {ROUNDS} interleaved screenings")
for name, seconds in times.items():
    middle = statistics.median(seconds[1:])
    print(f"  {name:<12}{middle:7.2f} s  {middle / reference:5.2f}")
