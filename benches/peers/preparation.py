"""The way from a 12-megapixel JPEG to a network's input with Pillow and OpenCV: scaled decoding, the field of view by
threshold and contour, crop, resize, local background subtracted, blocks reduced to their extreme.

    peers/bin/pip install pillow opencv-python-headless numpy
    peers/bin/python benches/peers/preparation.py PHOTOGRAPH.jpg
    PHOTOGRAPH=PHOTOGRAPH.jpg cargo bench -p fundus --bench preparation
"""

import io
import pathlib
import statistics
import sys
import time

import cv2
import numpy as np
from PIL import Image

cv2.setNumThreads(1)
# Those of the Criterion bench that this is read beside.
SIDE, BLOCK = 320, 2


def decoded(data, working):
    picture = Image.open(io.BytesIO(data))
    # The smallest of libjpeg's scales (1, 1/2, 1/4, 1/8) that is still as large as the crop.
    picture.draft("RGB", (working, working))
    return np.asarray(picture.convert("RGB"))


def cropped(picture, working):
    shrink = 400 / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    _, mask = cv2.threshold(small.max(axis=2), 12, 255, cv2.THRESH_BINARY)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    (x, y), radius = cv2.minEnclosingCircle(max(contours, key=cv2.contourArea))
    x, y, radius = (int(value / shrink) for value in (x, y, radius))
    margin = radius
    padded = cv2.copyMakeBorder(picture, margin, margin, margin, margin, cv2.BORDER_CONSTANT)
    square = padded[y : y + 2 * radius, x : x + 2 * radius]
    return cv2.resize(square, (working, working), interpolation=cv2.INTER_AREA)


def network_input(square, side, block):
    working = side * block
    values = square.astype(np.float32) / 255
    background = cv2.GaussianBlur(values, (0, 0), 0.065 * working / 2)
    values = (values - background) * 10
    circle = np.zeros((working, working), np.float32)
    cv2.circle(circle, (working // 2, working // 2), int(0.98 * working / 2), 1.0, -1)
    values *= circle[..., None]
    blocks = values.reshape(side, block, side, block, 3).transpose(4, 0, 2, 1, 3).reshape(3, side, side, block * block)
    extreme = np.take_along_axis(blocks, np.abs(blocks).argmax(-1)[..., None], -1)[..., 0]
    return (extreme - 0.01) / 0.3


def main():
    data = pathlib.Path(sys.argv[1]).read_bytes()
    steps = {"decode": [], "find and crop": [], "input": [], "whole": []}
    for _ in range(12):
        begin = time.perf_counter()
        picture = decoded(data, SIDE * BLOCK)
        after_decoding = time.perf_counter()
        square = cropped(picture, SIDE * BLOCK)
        after_cropping = time.perf_counter()
        network_input(square, SIDE, BLOCK)
        end = time.perf_counter()
        taken = (after_decoding - begin, after_cropping - after_decoding, end - after_cropping, end - begin)
        for name, seconds in zip(steps, taken):
            steps[name].append(seconds * 1e3)
    for name, milliseconds in steps.items():
        print(f"{name:<16}{statistics.median(milliseconds[2:]):7.1f} ms")


if __name__ == "__main__":
    main()
