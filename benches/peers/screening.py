"""A whole screening of one 12-megapixel photograph, here and in PyTorch: decode, field of view, crop, resize, every member in
four rotations, Grad-CAM and Integrated Gradients with 50 steps a member.

    peers/bin/pip install torch pillow opencv-python-headless numpy
    cargo build --release && peers/bin/python benches/peers/screening.py PHOTOGRAPH.jpg

The peer's way to an input is that of `preparation.py`: other pixels, the same work. This program is asked through HTTP, as
a clinician's browser asks it, and saves what it finds; it may refine Integrated Gradients beyond 50 steps, the peer does not.
Explanations that the peer does not compute are left out (`serve --explanations`).
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid

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
    values = torch.from_numpy(network_input(cropped(decoded(photograph))).astype(np.float32))
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


class Server:
    def __init__(self, folder):
        target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        program = os.environ.get("FUNDOSCOPE_BINARY", target / "release" / "fundoscope")
        self.address = "http://127.0.0.1:5078"
        command = [program, "--threads", str(THREADS), "serve", "--listen", "127.0.0.1:5078", "--data-dir", folder,
                   "--explanations", "grad-cam,integrated-gradients"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        while True:
            try:
                urllib.request.urlopen(self.address + "/readyz")
                return
            except urllib.error.URLError:
                time.sleep(0.02)

    def screen(self):
        border = uuid.uuid4().hex
        head = f'--{border}\r\nContent-Disposition: form-data; name="image"; filename="retina.jpg"\r\n\r\n'
        body = head.encode() + photograph + f"\r\n--{border}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={border}"}
        request = urllib.request.Request(self.address + "/api/v1/screenings", body, kind)
        answer = urllib.request.urlopen(request).read().decode()
        for url in sorted(set(part.split('"')[0] for part in answer.split('"url":"')[1:])):
            while True:
                try:
                    urllib.request.urlopen(self.address + url).read()
                    break
                except urllib.error.HTTPError:
                    time.sleep(0.02)

    def close(self):
        self.process.terminate()
        self.process.wait()


times = {"Fundoscope": [], "PyTorch": []}
with tempfile.TemporaryDirectory() as folder:
    server = Server(folder)
    for _ in range(ROUNDS + 1):
        for name, run in [("Fundoscope", server.screen), ("PyTorch", in_pytorch)]:
            started = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - started)
    server.close()
reference = statistics.median(times["PyTorch"][1:])
print(f"{len(members)} members, {THREADS} threads, medians of {ROUNDS} interleaved screenings")
for name, seconds in times.items():
    middle = statistics.median(seconds[1:])
    print(f"  {name:<12}{middle:7.2f} s  {middle / reference:5.2f}")
