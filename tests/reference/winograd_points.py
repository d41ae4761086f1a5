"""How much the interpolation points of Winograd's F(4x4, 3x3) add to the rounding error of single precision.

Prints, for several sets of points, the relative L2 error of a convolution over 64 channels (random weights, rectified random
activations) against double precision, and that of a direct convolution. Chains of 32 additions, as in crates/inference.

    python tests/reference/winograd_points.py
"""

from fractions import Fraction as F

import numpy as np

OUTPUTS, TAPS, CHANNELS, CHAIN, TILES = 4, 3, 64, 32, 64
POINTS = OUTPUTS + TAPS - 1


def product(factors):
    """Coefficients of a product of linear polynomials (x - root), lowest power first."""
    result = [F(1)]
    for root in factors:
        shifted = [F(0), *result]
        result = [high - root * low for high, low in zip(shifted, [*result, F(0)])]
    return result


def transforms(finite):
    """Toom-Cook matrices for the finite points and infinity: of the output, the filter and the input."""
    others = [[other for other in finite if other != point] for point in finite]
    output = [[point**row for point in finite] + [F(row == OUTPUTS - 1)] for row in range(OUTPUTS)]
    scale = [np.prod([point - other for other in rest]) for point, rest in zip(finite, others)]
    filter_ = [[point**tap / at for tap in range(TAPS)] for point, at in zip(finite, scale)]
    filter_.append([F(0)] * (TAPS - 1) + [F(1)])
    input_ = [product(rest) + [F(0)] for rest in others] + [product(finite)]
    return [np.array([[float(value) for value in row] for row in matrix]) for matrix in (output, filter_, input_)]


def apply(matrix, tiles):
    """matrix · tile · matrixᵀ in single precision, one term after the other."""
    matrix = matrix.astype(np.float32)

    def side(tiles):
        rows = []
        for row in matrix:
            total = np.float32(0)
            for weight, values in zip(row, np.moveaxis(tiles, -2, 0)):
                if weight != 0:
                    total = total + weight * values
            rows.append(total)
        return np.stack(rows, -2).astype(np.float32)

    return np.swapaxes(side(np.swapaxes(side(tiles), -1, -2)), -1, -2)


def summed(terms):
    """Sums over the first axis in chains, the chains' sums then added."""
    total = None
    for start in range(0, len(terms), CHAIN):
        chain = np.zeros_like(terms[0])
        for term in terms[start : start + CHAIN]:
            chain = chain + term
        total = chain if total is None else total + chain
    return total


random = np.random.default_rng(0)
activations = np.maximum(random.standard_normal((CHANNELS, TILES, POINTS, POINTS)), 0).astype(np.float32)
filters = random.standard_normal((CHANNELS, TAPS, TAPS)).astype(np.float32)


def direct(kind):
    terms = []
    for channel in range(CHANNELS):
        for row in range(TAPS):
            for column in range(TAPS):
                window = activations[channel, :, row : row + OUTPUTS, column : column + OUTPUTS]
                terms.append(window.astype(kind) * filters[channel, row, column].astype(kind))
    return summed(np.stack(terms))


truth = direct(np.float64)


def error(found):
    return np.sqrt(((found - truth) ** 2).sum() / (truth**2).sum())


print(f"{'direct convolution':<28}{error(direct(np.float32)):.2e}")
for a, b in [(F(1), F(2)), (F(1, 2), F(1)), (F(1, 2), F(2)), (F(2, 3), F(3, 2)), (F(5, 8), F(5, 4)), (F(3, 4), F(3, 2))]:
    output, filter_, input_ = transforms([F(0), a, -a, b, -b])
    transformed = apply(input_, activations) * apply(filter_, filters)[:, None]
    print(f"{f'0, ±{a}, ±{b}, ∞':<28}{error(apply(output, summed(transformed))):.2e}")
