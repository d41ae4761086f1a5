"""Small pictures in every format that a photograph may come in, for the decoder's tests.

Each shows the same 64 x 48 pattern: a red quarter (top left), a green quarter (top right), a blue quarter (bottom left)
and a grey quarter (bottom right), in saturated but not extreme colours, so that colour and orientation can be checked.

    python tests/reference/pictures.py crates/fundus/tests/pictures

Made once with Pillow 12 and OpenCV 4 (the 16-bit files).
"""

import io
import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

OUT = Path(sys.argv[1])
COLOURS = {"red": (200, 40, 40), "green": (40, 180, 60), "blue": (40, 60, 190), "grey": (128, 128, 128)}


def pattern() -> np.ndarray:
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:24, :32] = COLOURS["red"]
    picture[:24, 32:] = COLOURS["green"]
    picture[24:, :32] = COLOURS["blue"]
    picture[24:, 32:] = COLOURS["grey"]
    return picture


# The transformation that a camera with this EXIF orientation applied to the upright picture.
TURNED = {
    1: lambda p: p,
    2: np.fliplr,
    3: lambda p: np.rot90(p, 2),
    4: np.flipud,
    5: lambda p: np.swapaxes(p, 0, 1),
    6: lambda p: np.rot90(p, 1),
    7: lambda p: np.swapaxes(np.rot90(p, 2), 0, 1),
    8: lambda p: np.rot90(p, -1),
}


def ycck(rgb: Image.Image) -> bytes:
    """A JPEG as Photoshop writes it: CMY turned to YCbCr, inverted K beside it, Adobe transform 2.

    Pillow writes CMYK (transform 0) inverted, so the channels are handed over inverted and the marker is changed.
    """
    luma, blue, red = ImageOps.invert(rgb).convert("YCbCr").split()
    key = Image.new("L", rgb.size, 255)
    channels = [channel.point(lambda value: 255 - value) for channel in (luma, blue, red, key)]
    stream = io.BytesIO()
    Image.merge("CMYK", channels).save(stream, "JPEG", quality=95, subsampling=0)
    data = bytearray(stream.getvalue())
    adobe = data.index(b"Adobe")
    assert data[adobe + 11] == 0
    data[adobe + 11] = 2
    return bytes(data)


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    upright = pattern()
    rgb = Image.fromarray(upright)
    alpha = np.full((48, 64, 1), 255, np.uint8)
    alpha[:, :32] = 128
    rgba = Image.fromarray(np.concatenate([upright, alpha], axis=2))

    rgb.save(OUT / "rgb.jpg", quality=95, subsampling=0)
    rgb.save(OUT / "progressive.jpg", quality=95, subsampling=0, progressive=True)
    rgb.convert("L").save(OUT / "grey.jpg", quality=95)
    rgb.convert("CMYK").save(OUT / "cmyk.jpg", quality=95, subsampling=0)
    (OUT / "ycck.jpg").write_bytes(ycck(rgb))
    rgb.save(OUT / "rgb.png")
    rgba.save(OUT / "rgba.png")
    rgb.convert("L").save(OUT / "grey.png")
    rgb.quantize(8).save(OUT / "palette.png")
    rgb.save(OUT / "rgb.tiff", compression="tiff_lzw")
    rgb.convert("CMYK").save(OUT / "cmyk.tiff", compression="tiff_lzw")
    rgb.convert("L").save(OUT / "grey.tiff")
    rgb.quantize(8).save(OUT / "palette.tiff")
    rgb.save(OUT / "rgb.bmp")
    rgb.quantize(8).save(OUT / "palette.bmp")
    rgb.save(OUT / "lossless.webp", lossless=True)
    rgba.save(OUT / "rgba.webp", lossless=True, exact=True)
    rgb.save(OUT / "lossy.webp", quality=95)

    deep = upright.astype(np.uint16) * 257
    cv2.imwrite(str(OUT / "rgb16.png"), deep[:, :, ::-1])
    cv2.imwrite(str(OUT / "rgb16.tiff"), deep[:, :, ::-1])
    deep_rgba = np.concatenate([deep[:, :, ::-1], alpha.astype(np.uint16) * 257], axis=2)
    cv2.imwrite(str(OUT / "rgba16.png"), deep_rgba)
    cv2.imwrite(str(OUT / "grey16.png"), np.asarray(rgb.convert("L")).astype(np.uint16) * 257)

    for orientation, turn in TURNED.items():
        exif = Image.Exif()
        exif[0x0112] = orientation
        turned = Image.fromarray(np.ascontiguousarray(turn(upright)))
        turned.save(OUT / f"orientation{orientation}.jpg", quality=95, subsampling=0, exif=exif)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.fromarray(np.ascontiguousarray(TURNED[6](upright)))
    turned.save(OUT / "orientation6.png", exif=exif)
    turned.save(OUT / "orientation6.webp", lossless=True, exif=exif)
    turned.save(OUT / "orientation6.tiff", exif=exif)


if __name__ == "__main__":
    main()
