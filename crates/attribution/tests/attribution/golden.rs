//! Explanations against Captum's, computed in double precision by `tests/reference/attribution.py`. The yardstick is
//! PyTorch's own single precision: ours may be off by no more than twice its relative L2 error.

use attribution::{Attribution, Method, Options, Target};
use safetensors::SafeTensors;
use trust::Grade;

use crate::common::{explained, member, relative_l2};

const GOLDEN: &[u8] = include_bytes!("../golden/captum.safetensors");
const SEED: u64 = 7;
const TARGET: Target = Target::Grade(Grade::Moderate);

/// Captum's values of an explanation, and the error of PyTorch's single precision.
fn golden(name: &str) -> (Vec<f32>, f64) {
    let file = SafeTensors::deserialize(GOLDEN).unwrap();
    let values = file.tensor(name).unwrap();
    let values = values
        .data()
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
    let error = file.tensor(&format!("{name}.pytorch_f32_error")).unwrap();
    (
        values.collect(),
        f64::from_le_bytes(error.data().try_into().unwrap()),
    )
}

fn assert_as_good_as_pytorch(name: &str, ours: &[f32]) {
    let (truth, pytorch_error) = golden(name);
    let error = relative_l2(ours, &truth);
    println!(
        "{name}: relative L2 error {error:.2e}, PyTorch in single precision {pytorch_error:.2e}"
    );
    assert!(
        error <= 2.0 * pytorch_error,
        "{name}: {error:.2e} against PyTorch's {pytorch_error:.2e}"
    );
}

fn explanation(method: Method, target: Target) -> Attribution {
    // Captum does not refine.
    let options = Options {
        steps: 50,
        max_steps: 50,
        ..Options::default()
    };
    explained(&[member(SEED)], method, target, &options)
}

#[test]
fn grad_cam_agrees_with_captum() {
    assert_as_good_as_pytorch("grad_cam", &explanation(Method::GradCam, TARGET).map.values);
}

#[test]
fn grad_cam_of_other_targets_agrees_with_captum() {
    let referable = explanation(Method::GradCam, Target::Referable);
    assert_as_good_as_pytorch("grad_cam_referable", &referable.map.values);
    let expected = explanation(Method::GradCam, Target::Expected);
    assert_as_good_as_pytorch("grad_cam_expected", &expected.map.values);
}

#[test]
fn integrated_gradients_agree_with_captum() {
    let ours = explanation(Method::IntegratedGradients, TARGET);
    assert_as_good_as_pytorch("integrated_gradients", &ours.channels.unwrap());
}

#[test]
fn guided_grad_cam_agrees_with_captum() {
    let ours = explanation(Method::GuidedGradCam, TARGET);
    assert_as_good_as_pytorch("guided_grad_cam", &ours.channels.unwrap());
}
