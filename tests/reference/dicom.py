"""DICOM files in every transfer syntax and photometric interpretation that is read, for the decoder's tests.

Each shows the 64 x 48 pattern of `pictures.py`, and says so by tags that a screening asks for (laterality, day, camera) among
others that it must not (names, sequences within sequences).

    pip install pydicom pylibjpeg-openjpeg python-gdcm pillow numpy
    python tests/reference/dicom.py crates/fundus/tests/pictures

Made once with pydicom 3.0, pylibjpeg-openjpeg 2.5 (JPEG 2000), GDCM 3.2 (lossless JPEG) and Pillow 12 (baseline JPEG).
"""

import io
import sys
from pathlib import Path

import gdcm
import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import convert_color_space
from pydicom.sequence import Sequence
from pydicom.uid import (
    JPEG2000,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    OphthalmicPhotography8BitImageStorage,
    RLELossless,
)

OUT = Path(sys.argv[1])
SERIAL = "1.2.826.0.1.3680043.8.498.7"
PATTERN = np.array(Image.open(OUT / "rgb.png").convert("RGB"))
GREY = np.array(Image.open(OUT / "grey.png").convert("L"))


def described(rows: int, columns: int, samples: int, interpretation: str, syntax=ExplicitVRLittleEndian) -> Dataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = OphthalmicPhotography8BitImageStorage
    meta.MediaStorageSOPInstanceUID = SERIAL
    meta.TransferSyntaxUID = syntax
    data = Dataset()
    data.file_meta = meta
    data.SOPClassUID = OphthalmicPhotography8BitImageStorage
    data.SOPInstanceUID = SERIAL
    data.PatientName = "Secret^Patient"
    data.PatientID = "SECRET-1"
    data.Modality = "OP"
    data.StudyDate = "20260102"
    data.AcquisitionDate = "20260131"
    data.ManufacturerModelName = "Drawn Camera 3"
    data.ImageLaterality = "L"
    # Sequences of known and unknown length, one in another, with an eye that is not this picture's.
    inner = Dataset()
    inner.ImageLaterality = "R"
    outer = Dataset()
    outer.ReferencedImageSequence = Sequence([inner, inner])
    outer.ImageLaterality = "R"
    data.AnatomicRegionSequence = Sequence([outer])
    data.AcquisitionContextSequence = Sequence([outer])
    data["AcquisitionContextSequence"].is_undefined_length = True
    data.SamplesPerPixel = samples
    data.PhotometricInterpretation = interpretation
    if samples == 3:
        data.PlanarConfiguration = 0
    data.Rows, data.Columns = rows, columns
    data.BitsAllocated = data.BitsStored = 8
    data.HighBit = 7
    data.PixelRepresentation = 0
    return data


def colours(interpretation: str = "RGB", syntax=ExplicitVRLittleEndian) -> Dataset:
    return described(48, 64, 3, interpretation, syntax)


def save(data: Dataset, name: str) -> None:
    data.save_as(OUT / f"{name}.dcm", enforce_file_format=True)


def with_pixels(data: Dataset, pixels: np.ndarray) -> Dataset:
    data.PixelData = pixels.tobytes()
    data["PixelData"].VR = "OB" if pixels.dtype == np.uint8 else "OW"
    return data


def encapsulated(data: Dataset, stream: bytes, fragments: int = 1, has_offsets: bool = True) -> Dataset:
    data.PixelData = encapsulate([stream], fragments_per_frame=fragments, has_bot=has_offsets)
    data["PixelData"].VR = "OB"
    data["PixelData"].is_undefined_length = True
    return data


def jpeg(picture: Image.Image, **options) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=95, **options)
    return stream.getvalue()


# Not compressed.
save(with_pixels(colours(), PATTERN), "rgb")
implicit = with_pixels(colours(syntax=ImplicitVRLittleEndian), PATTERN)
implicit["PixelData"].VR = "OW"
save(implicit, "implicit")
planar = with_pixels(colours(), np.ascontiguousarray(PATTERN.transpose(2, 0, 1)))
planar.PlanarConfiguration = 1
save(planar, "planar")
full = convert_color_space(PATTERN, "RGB", "YBR_FULL")
save(with_pixels(colours("YBR_FULL"), full), "ybr_full")
half = np.empty((48, 32, 4), np.uint8)
half[..., 0], half[..., 1] = full[:, ::2, 0], full[:, 1::2, 0]
half[..., 2], half[..., 3] = full[:, ::2, 1], full[:, ::2, 2]
save(with_pixels(colours("YBR_FULL_422"), half), "ybr_full_422")
save(with_pixels(described(48, 64, 1, "MONOCHROME2"), GREY), "monochrome2")
save(with_pixels(described(48, 64, 1, "MONOCHROME1"), 255 - GREY), "monochrome1")
deep = described(48, 64, 1, "MONOCHROME2")
deep.BitsAllocated, deep.BitsStored, deep.HighBit = 16, 12, 11
save(with_pixels(deep, (GREY.astype(np.uint32) * 4095 // 255).astype(np.uint16)), "monochrome12")

# Compressed.
picture = Image.fromarray(PATTERN)
save(encapsulated(colours("YBR_FULL_422", JPEGBaseline8Bit), jpeg(picture)), "jpeg_baseline")
# In pieces, and without offsets.
pieces = encapsulated(colours("YBR_FULL_422", JPEGBaseline8Bit), jpeg(picture), fragments=3, has_offsets=False)
save(pieces, "jpeg_fragments")
# Red, green and blue as they are, which only the data set says.
plain = jpeg(picture, keep_rgb=True)
adobe = plain.find(b"Adobe")
if adobe >= 0:
    plain = plain[: adobe - 4] + plain[adobe + 12 :]
# Component identifiers of JFIF, which say nothing of colours.
plain = plain.replace(b"\x03R\x11\x00G\x11\x00B\x11\x00", b"\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00")
plain = plain.replace(b"\x03R\x00G\x00B\x00", b"\x03\x01\x00\x02\x00\x03\x00")
save(encapsulated(colours("RGB", JPEGBaseline8Bit), plain), "jpeg_rgb")
save(encapsulated(described(48, 64, 1, "MONOCHROME2", JPEGBaseline8Bit), jpeg(Image.fromarray(GREY))), "jpeg_grey")

compressed = with_pixels(colours(), PATTERN)
compressed.compress(RLELossless)
save(compressed, "rle")
deep_runs = with_pixels(deep, (GREY.astype(np.uint32) * 4095 // 255).astype(np.uint16))
deep_runs.compress(RLELossless)
save(deep_runs, "rle_monochrome12")
compressed = with_pixels(colours(), PATTERN)
compressed.compress(JPEG2000Lossless)
save(compressed, "jpeg2000_lossless")
compressed = with_pixels(colours(), PATTERN)
compressed.PhotometricInterpretation = "RGB"
compressed.compress(JPEG2000, j2k_cr=[4])
save(compressed, "jpeg2000")


def lossless_jpeg(source: str, name: str) -> None:
    reader = gdcm.ImageReader()
    reader.SetFileName(str(OUT / f"{source}.dcm"))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    writer.SetFileName(str(OUT / f"{name}.dcm"))
    assert writer.Write()


lossless_jpeg("rgb", "jpeg_lossless_sv1")
lossless_jpeg("monochrome12", "jpeg_lossless_monochrome12")

# Refused: two pictures in one file.
two = with_pixels(colours(), np.stack([PATTERN, PATTERN]))
two.NumberOfFrames = 2
save(two, "two_frames")
