"""Times one member of the bundle in this program's engine and the same weights in other programs. See README.md."""

import argparse
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

# Seconds before each run, in which the threads of the program before stop waiting for more on the cores that the next needs.
PAUSE = 0.1

ROOT = pathlib.Path(__file__).resolve().parents[2]
parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rounds", type=int, default=15)
parser.add_argument("--member", default=None, help="a member's safetensors [default: the first of models/]")
parser.add_argument("--engine", default=None, help="the example `engine` [default: the release build]")
parser.add_argument("--device", default="cpu", help="where the engine computes; with one of a GPU, PyTorch computes there too")
parser.add_argument("--cases", default="1x224,16x224,1x512,8x320,16x224g,8x320g", help="batch x side, g for the gradient")
parser.add_argument("--checked", type=int, default=4, help="batches whose logits and gradients are compared with double precision")
arguments = parser.parse_args()
on_gpu = "cuda" in arguments.device
os.environ["OMP_NUM_THREADS"] = os.environ["RAYON_NUM_THREADS"] = str(arguments.threads)

import numpy as np
import torch

from network import ResNet18, safetensors

torch.set_num_threads(arguments.threads)
member = pathlib.Path(arguments.member) if arguments.member else sorted((ROOT / "models").glob("member-0-*"))[0]
target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
engine = arguments.engine or target / "release" / "examples" / "engine"
stored = safetensors(member)
network = ResNet18.of(stored)
folder = tempfile.TemporaryDirectory()
torch.manual_seed(0)


def export(batch, side):
    """The network as ONNX, for the peers that read it; none without the package `onnx`."""
    path = pathlib.Path(folder.name) / f"{batch}x{side}.onnx"
    try:
        torch.onnx.export(network, (torch.zeros(batch, 3, side, side),), path, dynamo=False, input_names=["x"], output_names=["y"])
    except ImportError:
        return None
    return path


def peers_on_gpu(pictures, gradient):
    """The same on a GPU: pictures are on the host before, answers after."""

    def runner(kind, multiplies_tf32):
        model = copy().to("cuda", memory_format=torch.channels_last)

        def run():
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = multiplies_tf32
            leaf = pictures.to("cuda", memory_format=torch.channels_last).requires_grad_(gradient)
            with torch.autocast("cuda", torch.bfloat16, enabled=kind is torch.bfloat16), torch.set_grad_enabled(gradient):
                logits = model(leaf)
            if gradient:
                logits[:, 0].sum().backward()
                return leaf.grad.cpu()
            return logits.float().cpu()

        return run

    torch.backends.cudnn.benchmark = True
    yield "PyTorch", runner(torch.float32, False)
    yield "PyTorch TF32", runner(torch.float32, True)
    yield "PyTorch bfloat16", runner(torch.bfloat16, True)


def peers(pictures, gradient):
    """Each peer's name and a function that computes once."""
    if on_gpu:
        yield from peers_on_gpu(pictures, gradient)
        return
    batch, _, side, _ = pictures.shape

    def eager(model, pictures):
        def run():
            if gradient:
                leaf = pictures.clone().requires_grad_(True)
                model(leaf)[:, 0].sum().backward()
            else:
                with torch.no_grad():
                    model(pictures)

        return run

    last = torch.channels_last
    yield "PyTorch", eager(network, pictures)
    yield "PyTorch channels-last", eager(copy().to(memory_format=last), pictures.to(memory_format=last))
    if gradient:
        return
    path = export(batch, side)
    if path is None:
        return
    try:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = arguments.threads
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        yield f"ONNX Runtime {onnxruntime.__version__}", lambda: session.run(None, {"x": pictures.numpy()})
    except ImportError:
        pass
    try:
        import openvino

        settings = {"INFERENCE_NUM_THREADS": arguments.threads, "INFERENCE_PRECISION_HINT": "f32"}
        compiled = openvino.compile_model(path, "CPU", settings)
        yield f"OpenVINO {openvino.__version__.split('-')[0]}", lambda: compiled(pictures.numpy())
    except ImportError:
        pass


def copy():
    return ResNet18.of(stored)


class Engine:
    def __init__(self, pictures):
        self.path = pathlib.Path(folder.name) / "pictures.f32"
        pictures.numpy().astype("<f4").tofile(self.path)
        command = [engine, member, str(pictures.shape[2]), self.path, arguments.device]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.instructions = self.process.stdout.readline().strip()

    def order(self, order):
        self.process.stdin.write(order + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def relative(found, truth):
    return float(((found - truth) ** 2).sum().sqrt() / (truth**2).sum().sqrt())


def drawn(batch, side):
    return torch.nn.functional.avg_pool2d(torch.randn(batch, 3, side, side), 5, 1, 2) * 3


def errors(batch, side):
    """How far logits (greatest difference) and input gradients (relative L2 of each picture) are from double precision."""

    def run(model, pictures):
        leaf = pictures.clone().requires_grad_(True)
        logits = model(leaf)
        logits[:, 0].sum().backward()
        return logits.detach().double(), leaf.grad.double()

    files = [pathlib.Path(folder.name) / name for name in ("logits.f32", "gradients.f32")]
    found = {"Fundoscope": ([], []), "PyTorch": ([], [])}
    for _ in range(arguments.checked):
        pictures = drawn(batch, side)
        truth = run(copy().double(), pictures.double())
        engine = Engine(pictures)
        engine.order(f"write {files[0]} {files[1]}")
        engine.close()
        ours = [torch.from_numpy(np.fromfile(file, "<f4")).double().reshape(like.shape) for file, like in zip(files, truth)]
        for name, (logits, gradients) in [("Fundoscope", ours), ("PyTorch", run(network, pictures))]:
            found[name][0].append(float((logits - truth[0]).abs().max()))
            found[name][1].extend(relative(gradient, true) for gradient, true in zip(gradients, truth[1]))
    for name, (logits, gradients) in found.items():
        print(
            f"  {name}: logits off by {max(logits):.1e}, gradients of {len(gradients)} pictures by "
            f"{statistics.mean(gradients):.1e} (median {statistics.median(gradients):.1e})"
        )


place = torch.cuda.get_device_name() if on_gpu else f"{arguments.threads} threads"
print(f"{place}, PyTorch {torch.__version__}, medians of {arguments.rounds} interleaved runs")
for case in arguments.cases.split(","):
    gradient = case.endswith("g")
    batch, side = (int(number) for number in case.removesuffix("g").split("x"))
    pictures = drawn(batch, side)
    program = Engine(pictures)
    times = {"Fundoscope": []}
    running = dict(peers(pictures, gradient))
    for round_ in range(arguments.rounds + 2):
        time.sleep(PAUSE)
        ours = float(program.order("gradient" if gradient else "forward"))
        measured = {"Fundoscope": ours}
        for name, run in running.items():
            time.sleep(PAUSE)
            started = time.perf_counter()
            run()
            measured[name] = (time.perf_counter() - started) * 1e3
        if round_ >= 2:
            for name, milliseconds in measured.items():
                times.setdefault(name, []).append(milliseconds)
    reference = statistics.median(times["PyTorch"])
    print(f"batch {batch}, {side} px, {'input gradient' if gradient else 'forward'} ({program.instructions})")
    for name, values in times.items():
        middle = statistics.median(values)
        print(f"  {name:<24}{middle:9.2f} ms  {middle / reference:5.2f}")
    program.close()
    if gradient:
        errors(batch, side)
