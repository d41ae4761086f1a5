"""Golden explanations by further methods, from Captum and pytorch-grad-cam, for the tests of crates/attribution.

    python tests/reference/attribution_methods.py

writes crates/attribution/tests/golden/methods.safetensors: what goes in (the picture, noise, masks and references, all
in single precision), and each explanation computed in double precision and stored in single; beside it stands the
relative L2 error of PyTorch's own single-precision run, the yardstick of the test. Maps of layers are coarse: neither
enlarged nor cut off below zero nor normalised. `check` holds the definitions once more, as formulas. Needs torch 2.9,
torchvision, captum 0.8, grad-cam 1.5 and safetensors. Run once; the results do not change.
"""

import pathlib
from unittest import mock

import numpy as np
import pytorch_grad_cam
import torch
import torch.nn.functional as F
from captum.attr import (
    Deconvolution,
    GradientShap,
    GuidedBackprop,
    InputXGradient,
    LayerGradCam,
    NoiseTunnel,
    Occlusion,
    Saliency,
)
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from safetensors.numpy import save_file

import resnet18
from attribution import MEAN, STD, picture

SEED = 7
SIDE = 64
GRADE = 2
NOISE = 0.15

# A gradient jumps where a ReLU's input crosses zero or two values of a pooling window change places. This seed, the best
# of 60, and the positions below keep every sample at least 12 times the rounding error of a layer away from such
# places; noise from seed 7 did not, and the error of single precision came to 4e-3.
NOISE_SEED = 25
# Which reference each sample of the expected gradients takes, and how far it goes from there to the picture.
CHOICE = np.int64([0, 1, 2, 0, 2, 1])
POSITION = np.float32([0.38, 0.36, 0.44, 0.64, 0.87, 0.14])


def normalised(planes: np.ndarray) -> np.ndarray:
    return (planes.astype(np.float32) - MEAN[:, None, None]) / STD[:, None, None]


def references() -> np.ndarray:
    """Black, a ramp from left to right, and waves; [3, 3, SIDE, SIDE] in [0, 1) before they are normalised."""
    at = (np.arange(SIDE, dtype=np.float64) + 0.5) / SIDE
    y, x = at[:, None], at[None, :]
    tints = np.array([0.8, 0.5, 0.3])[:, None, None]
    ramp = tints * (0.2 + 0.6 * x + 0.0 * y)
    waves = tints * (0.5 + 0.3 * np.sin(2.0 * np.pi * y) * np.cos(2.0 * np.pi * x))
    return np.stack([normalised(planes) for planes in (np.zeros_like(ramp), ramp, waves)])


def rise_masks(count: int, cells: int) -> np.ndarray:
    """Random grids of noughts and ones, enlarged bilinearly to one cell more than the picture and cut out anywhere."""
    random = np.random.default_rng(SEED)
    cell = -(-SIDE // cells)
    grids = torch.from_numpy((random.random((count, 1, cells, cells)) < 0.5).astype(np.float64))
    large = F.interpolate(grids, size=[(cells + 1) * cell] * 2, mode="bilinear", align_corners=False)[:, 0].numpy()
    corners = random.integers(0, cell, (count, 2))
    masks = [plane[y : y + SIDE, x : x + SIDE] for plane, (y, x) in zip(large, corners)]
    return np.clip(np.stack(masks), 0.0, 1.0).astype(np.float32)


def inputs() -> dict:
    noise = NOISE * np.random.default_rng(NOISE_SEED).standard_normal((4, 3, SIDE, SIDE))
    pictures = references()
    return {
        "picture": normalised(picture(SIDE)),
        "black": pictures[0].copy(),
        "noise": noise.astype(np.float32),
        "reference_pictures": pictures,
        "reference_choice": CHOICE,
        "reference_position": POSITION,
        "rise_masks": rise_masks(16, 5),
    }


class UnroundedOcclusion(Occlusion):
    """Captum rounds the sums to single precision before it divides them by how often each place was covered."""

    def _generate_result(self, total_attrib, weights, is_inputs_tuple):
        return total_attrib[0] / weights[0].to(total_attrib[0].dtype)


def network(dtype: torch.dtype) -> torch.nn.Module:
    model = resnet18.network(SEED, dtype)
    for module in model.modules():
        if isinstance(module, torch.nn.ReLU):
            module.inplace = False  # Captum's hooks need what goes into a ReLU
    return model


def coarse_map(method: type, model, layer, x: torch.Tensor) -> torch.Tensor:
    """pytorch-grad-cam's weighted sum [h, w] before all that the package does with it afterwards."""
    seen = []

    class Coarse(method):
        def get_cam_image(self, *arguments, **named):
            seen.append(super().get_cam_image(*arguments, **named))
            return seen[-1]

    standard = torch.get_default_dtype()
    torch.set_default_dtype(x.dtype)  # ScoreCAM keeps its scores in the default type
    try:
        with Coarse(model, [layer]) as cam, mock.patch("tqdm.tqdm", iter):
            cam(x, [ClassifierOutputTarget(GRADE)])
    finally:
        torch.set_default_dtype(standard)
    return torch.from_numpy(seen[0])[0]


def layers(model, x: torch.Tensor) -> dict:
    """What the layers answer, and the gradient of the logit by it."""
    answers = {}
    hooks = [
        getattr(model, name).register_forward_hook(lambda _, __, answer, name=name: answers.update({name: answer}))
        for name in ("layer1", "layer2", "layer3")
    ]
    logit = model(x)[0, GRADE]
    for hook in hooks:
        hook.remove()
    gradients = torch.autograd.grad(logit, list(answers.values()))
    found = {f"{name}_gradient": gradient[0] for name, gradient in zip(answers, gradients)}
    return {"layer3_activation": answers["layer3"][0], **found}


def explanations(dtype: torch.dtype, given: dict) -> dict:
    model = network(dtype)

    def tensor(name: str) -> torch.Tensor:
        return torch.from_numpy(given[name]).to(dtype)

    x, black, noise = tensor("picture")[None], tensor("black")[None], tensor("noise")
    found = {"logits": model(x)[0]}
    for layer in (2, 3, 4):
        cam = LayerGradCam(model, getattr(model, f"layer{layer}"))
        found[f"grad_cam_layer{layer}"] = cam.attribute(x, target=GRADE, relu_attributions=False)[0, 0]
    for name, method, places in [
        ("grad_cam_plus_plus", pytorch_grad_cam.GradCAMPlusPlus, (3, 4)),
        ("hires_cam", pytorch_grad_cam.HiResCAM, (3,)),
        ("layer_cam", pytorch_grad_cam.LayerCAM, (2, 3)),
        ("score_cam", pytorch_grad_cam.ScoreCAM, (3, 4)),
    ]:
        for layer in places:
            found[f"{name}_layer{layer}"] = coarse_map(method, model, getattr(model, f"layer{layer}"), x)

    found["saliency"] = Saliency(model).attribute(x, target=GRADE, abs=True)[0]
    found["gradient"] = Saliency(model).attribute(x, target=GRADE, abs=False)[0]
    found["input_x_gradient"] = InputXGradient(model).attribute(x, target=GRADE)[0]
    found["guided_backprop"] = GuidedBackprop(model).attribute(x, target=GRADE)[0]
    found["deconvolution"] = Deconvolution(model).attribute(x, target=GRADE)[0]

    def smooth(method, kind: str = "smoothgrad", **options) -> torch.Tensor:
        with mock.patch.object(torch, "normal", return_value=noise):  # Captum's noise is this noise
            tunnel = NoiseTunnel(method)
            return tunnel.attribute(x, kind, nt_samples=len(noise), stdevs=NOISE, target=GRADE, **options)[0]

    found["smoothgrad"] = smooth(Saliency(model), abs=False)
    found["smoothgrad_squared"] = smooth(Saliency(model), "smoothgrad_sq", abs=False)
    found["smoothgrad_input_x_gradient"] = smooth(InputXGradient(model))

    # Captum draws the references by `choice` and the positions by `uniform`.
    with (
        mock.patch.object(np.random, "choice", return_value=given["reference_choice"]),
        mock.patch.object(np.random, "uniform", return_value=given["reference_position"]),
    ):
        shap = GradientShap(model)
        pictures = tensor("reference_pictures")
        found["expected_gradients"] = shap.attribute(x, pictures, n_samples=len(CHOICE), stdevs=0.0, target=GRADE)[0]

    with torch.no_grad():
        for window, stride in [(8, 4), (12, 8)]:
            effect = UnroundedOcclusion(model).attribute(
                x, (3, window, window), (3, stride, stride), baselines=black, target=GRADE, perturbations_per_eval=15
            )[0]
            assert (effect == effect[:1]).all()
            found[f"occlusion_{window}_{stride}"] = effect[0]

        masks = tensor("rise_masks")
        assert masks.sum(0).min() > 1.0
        logits = model(x * masks[:, None] + black * (1.0 - masks[:, None]))[:, GRADE]
        found["rise"] = (logits[:, None, None] * masks).mean(0) / masks.mean(0)

    found.update(layers(model, x))
    assert all(value.dtype == dtype for value in found.values())
    return {name: value.detach().numpy() for name, value in found.items()}


def check(given: dict, found: dict) -> None:
    """The libraries' answers in double precision against the formulas of the methods."""
    model = network(torch.float64)
    doubles = {name: torch.from_numpy(value).double() for name, value in given.items()}
    x, black, noise = doubles["picture"], doubles["black"], doubles["noise"]

    def logits(pictures):
        with torch.no_grad():
            return model(pictures)[:, GRADE].numpy()

    def gradients(pictures):
        pictures = pictures.clone().requires_grad_()
        return torch.autograd.grad(model(pictures)[:, GRADE].sum(), pictures)[0].numpy()

    def agrees(name, value):
        np.testing.assert_allclose(found[name], value, rtol=1e-9, atol=1e-11 * np.abs(found[name]).max(), err_msg=name)

    noisy = x + noise
    agrees("gradient", gradients(x[None])[0])
    agrees("saliency", np.abs(found["gradient"]))
    agrees("input_x_gradient", x.numpy() * found["gradient"])
    agrees("smoothgrad", gradients(noisy).mean(0))
    agrees("smoothgrad_squared", (gradients(noisy) ** 2).mean(0))
    agrees("smoothgrad_input_x_gradient", (noisy.numpy() * gradients(noisy)).mean(0))

    start = doubles["reference_pictures"][given["reference_choice"]]
    away = x - start
    between = start + doubles["reference_position"][:, None, None, None] * away
    agrees("expected_gradients", (away.numpy() * gradients(between)).mean(0))

    # The maps of a layer, of its answer a [channel, y, x] and the gradient g by it.
    a, g = found["layer3_activation"], found["layer3_gradient"]
    agrees("grad_cam_layer3", (g.mean((1, 2), keepdims=True) * a).sum(0))
    agrees("hires_cam_layer3", (g * a).sum(0))
    agrees("layer_cam_layer3", (np.maximum(g, 0.0) * a).sum(0))
    # The sum over places belongs to the answer alone, not to its product with the cube of the gradient.
    share = g**2 / (2.0 * g**2 + a.sum((1, 2), keepdims=True) * g**3 + 1e-6)
    agrees("grad_cam_plus_plus_layer3", ((np.maximum(g, 0.0) * share).sum((1, 2), keepdims=True) * a).sum(0))

    # Score-CAM fades the normalised picture towards its zero, the mean colour, not towards black.
    masks = F.interpolate(torch.from_numpy(a)[None], size=[SIDE] * 2, mode="bilinear", align_corners=True)[0]
    lowest, highest = masks.amin((1, 2), keepdim=True), masks.amax((1, 2), keepdim=True)
    masks = (masks - lowest) / (highest - lowest + 1e-8)
    scores = np.concatenate([logits(x * some[:, None]) for some in masks.split(32)])
    weights = np.exp(scores - scores.max())
    agrees("score_cam_layer3", np.tensordot(weights / weights.sum(), a, 1))

    for window, stride in [(8, 4), (12, 8)]:
        total, count = np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE))
        starts = range(0, SIDE - window + stride, stride)  # the last window that starts before it reaches the frame
        for top in starts:
            covered = x.repeat(len(starts), 1, 1, 1)
            for row, left in zip(covered, starts):
                place = (slice(None), slice(top, top + window), slice(left, left + window))
                row[place] = black[place]
            for left, effect in zip(starts, logits(x[None]) - logits(covered)):
                total[top : top + window, left : left + window] += effect
                count[top : top + window, left : left + window] += 1.0
        agrees(f"occlusion_{window}_{stride}", total / count)


def main() -> None:
    given = inputs()
    double, single = explanations(torch.float64, given), explanations(torch.float32, given)
    check(given, double)
    golden = dict(given)
    for name, truth in double.items():
        error = np.linalg.norm(single[name] - truth) / np.linalg.norm(truth)
        golden[name] = truth.astype(np.float32)
        golden[name + ".pytorch_f32_error"] = np.array([error])
        print(f"{name:28} largest {np.abs(truth).max():.3e}  PyTorch f32 relative L2 error {error:.3e}")
    folder = pathlib.Path(__file__).parents[2] / "crates/attribution/tests/golden"
    folder.mkdir(exist_ok=True)
    golden = {name: np.ascontiguousarray(value) for name, value in golden.items()}
    save_file(golden, folder / "methods.safetensors")


if __name__ == "__main__":
    main()
