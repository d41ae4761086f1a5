"""Golden explanations from Captum, for crates/attribution/tests/attribution/golden.rs.

    python tests/reference/attribution.py

writes crates/attribution/tests/golden/captum.safetensors. Each explanation is computed in double precision and
stored in single; beside it stands the relative L2 error of PyTorch's own single-precision run, the yardstick of the
test. Needs torch 2.9, torchvision, captum 0.8 and safetensors. Run once; the results do not change.
"""

import pathlib
import warnings

import numpy as np
import torch
from captum.attr import GuidedGradCam, IntegratedGradients, LayerAttribution, LayerGradCam
from safetensors.numpy import save_file

import resnet18

SEED = 7
SIDE = 96
GRADE = 2
MEAN, STD = np.float32([0.5, 0.25, 0.125]), np.float32([0.25, 0.25, 0.125])

warnings.filterwarnings("ignore")
torch.set_num_threads(1)


def picture(side: int) -> np.ndarray:
    """A smooth picture [3, side, side] in [0, 1): a bright disc and two dark spots on a background that falls off."""
    at = (np.arange(side, dtype=np.float64) + 0.5) / side
    y, x = at[:, None], at[None, :]

    def bump(row: float, column: float, radius: float) -> np.ndarray:
        dy, dx = (y - row) / radius, (x - column) / radius
        return 1.0 / (1.0 + (dy * dy + dx * dx))

    planes = [
        red * bump(0.5, 0.5, 0.6) + 0.3 * bump(0.45, 0.25, 0.08) - dark * (bump(0.6, 0.7, 0.05) + bump(0.3, 0.6, 0.03))
        for red, dark in [(0.6, 0.1), (0.4, 0.2), (0.2, 0.05)]
    ]
    return np.stack(planes).astype(np.float32)


def referable(model):
    def log_odds(x):
        logits = model(x)  # once: Captum's hooks see only the last of several passes
        return torch.logsumexp(logits[:, 2:], 1) - torch.logsumexp(logits[:, :2], 1)

    return log_odds


def expected(model):
    return lambda x: (torch.softmax(model(x), 1) * torch.arange(5, dtype=x.dtype)).sum(1)


def explanations(dtype: torch.dtype) -> dict:
    model = resnet18.network(SEED, dtype)
    for module in model.modules():
        if isinstance(module, torch.nn.ReLU):
            module.inplace = False  # Captum's hooks need what goes into a ReLU
    mean, std = MEAN[:, None, None], STD[:, None, None]
    x = torch.from_numpy((picture(SIDE) - mean) / std).to(dtype)[None]
    black = torch.from_numpy(np.broadcast_to(-mean / std, (3, SIDE, SIDE)).copy()).to(dtype)[None]

    def grad_cam(function, target):
        coarse = LayerGradCam(function, model.layer4).attribute(x, target=target, relu_attributions=False)
        return LayerAttribution.interpolate(coarse, (SIDE, SIDE), "bilinear")[0, 0]

    # Captum multiplies with a nearest-neighbour Grad-CAM by default; here as there it is interpolated bilinearly.
    guided = GuidedGradCam(model, model.layer4).attribute(x, target=GRADE, interpolate_mode="bilinear")[0]
    gradients = IntegratedGradients(model)
    integrated = gradients.attribute(x, black, target=GRADE, n_steps=50, method="gausslegendre", internal_batch_size=10)
    return {
        "logits": model(x)[0],
        "grad_cam": grad_cam(model, GRADE),
        "grad_cam_referable": grad_cam(referable(model), None),
        "grad_cam_expected": grad_cam(expected(model), None),
        "integrated_gradients": integrated[0],
        "guided_grad_cam": guided,
    }


def main() -> None:
    double, single = explanations(torch.float64), explanations(torch.float32)
    golden = {}
    for name, truth in double.items():
        truth = truth.detach().numpy()
        error = np.linalg.norm(single[name].detach().numpy() - truth) / np.linalg.norm(truth)
        golden[name] = truth.astype(np.float32)
        golden[name + ".pytorch_f32_error"] = np.array([error])
        print(f"{name:24} largest {np.abs(truth).max():.3e}  PyTorch f32 relative L2 error {error:.3e}")
    folder = pathlib.Path(__file__).parents[2] / "crates/attribution/tests/golden"
    folder.mkdir(exist_ok=True)
    save_file(golden, folder / "captum.safetensors")


if __name__ == "__main__":
    main()
