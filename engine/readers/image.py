"""Reads pictures: the words that are recognised in them, each with its place."""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from engine.cards import Problem
from engine.pages import Count, Part
from engine.readers import _ocr
from engine.readers._file import File
from engine.readers._wire import Limits, Picture

if TYPE_CHECKING:
    from PIL import Image

KINDS = ("png", "jpg", "tif", "bmp", "webp", "gif", "heic")
IMPORTS = (
    "numpy", "pi_heif", "PIL.Image", "PIL.ImageOps", "PIL.PngImagePlugin", "PIL.JpegImagePlugin",
    "PIL.TiffImagePlugin", "PIL.BmpImagePlugin", "PIL.WebPImagePlugin", "PIL.GifImagePlugin", "PIL.MpoImagePlugin",
)  # fmt: skip

_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF", "HEIF")
_POINTS = 72
_PAPER = 8.27 * _POINTS
"""Points: a picture that does not say its resolution is taken to be as wide as an A4 page, or as high."""
_LEAST_DPI, _MOST_DPI = 75, 1200  # 72 is what programs write that know of none
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif")
# What Pillow raises on a picture that is bent.
_BENT = (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, SyntaxError, EOFError, OverflowError)


def recognises(file: File) -> tuple[str, float]:
    """By its mark."""
    head = file.head
    marks = {
        "png": head.startswith(b"\x89PNG\r\n\x1a\n"),
        "jpg": head.startswith(b"\xff\xd8\xff"),
        "tif": head.startswith((b"II*\x00", b"MM\x00*")),
        "gif": head.startswith((b"GIF87a", b"GIF89a")),
        "webp": head.startswith(b"RIFF") and head[8:12] == b"WEBP",
        "heic": head[4:8] == b"ftyp" and head[8:12] in _HEIC,
        "bmp": head.startswith(b"BM") and head[6:10] == bytes(4),
    }
    return next(((kind, 1.0) for kind, fits in marks.items() if fits), ("", 0.0))


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """A page for each picture in the file, and on it the words that were recognised.

    Raises _ocr.NeedsEyes where the models are not there.
    """
    import numpy as np

    _ocr.needed()
    with _opened(file, limits) as picture:
        frames = _frames(picture)
        if frames > limits.pages:
            raise Problem("too_large", "There are more pictures than the limit.")
        yield Count(frames)
        for number in range(1, frames + 1):
            shown = _shown(picture, number, limits)
            scale = _points_a_pixel(picture, shown.size)
            yield _ocr.page(np.asarray(shown), shown.width * scale, shown.height * scale, number)
    return ""


def picture(file: File, number: int, scale: float) -> Picture:
    """Picture `number` of the file at `scale` pixels a point."""
    limits = Limits()
    with _opened(file, limits) as image:
        if not 1 <= number <= _frames(image):
            raise Problem("damaged", f"There is no picture {number}.")
        shown = _shown(image, number, limits)
        factor = scale * _points_a_pixel(image, shown.size)
        size = max(1, round(shown.width * factor)), max(1, round(shown.height * factor))
        if size[0] * size[1] > limits.pixels:
            raise Problem("too_large", "The picture would have too many pixels.")
        return Picture(*size, shown.resize(size, reducing_gap=2.0).tobytes())


@contextlib.contextmanager
def _opened(file: File, limits: Limits) -> Iterator[Image.Image]:
    """The picture, of which only the head has been read. What breaks inside counts as damage."""
    import warnings

    import pi_heif
    from PIL import Image, ImageFile

    pi_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = None  # `_fits` judges
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    warnings.simplefilter("ignore")  # on what a picture says of itself
    try:
        with Image.open(io.BytesIO(file.data), formats=_FORMATS) as image:
            _fits(image, limits)
            yield image
    except _BENT as error:
        raise Problem("damaged", "The picture can't be decoded.") from error


def _fits(image: Image.Image, limits: Limits) -> None:
    if image.width * image.height > limits.pixels:
        raise Problem("too_large", "The picture has too many pixels.")


def _frames(image: Image.Image) -> int:
    """Pages of a TIFF; of an animation only the first picture counts."""
    return int(getattr(image, "n_frames", 1)) if image.format == "TIFF" else 1


def _shown(image: Image.Image, number: int, limits: Limits) -> Image.Image:
    """Picture `number` as a person sees it: upright, on white, in red, green and blue."""
    from PIL import Image, ImageOps

    if number > 1:
        image.seek(number - 1)
        _fits(image, limits)
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith(("I", "F")):
        upright = _in_eight_bits(upright)
    if "transparency" in upright.info or upright.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        clear = upright.convert("RGBA")
        white = Image.new("RGBA", clear.size, "white")
        white.alpha_composite(clear)
        upright = white
    return upright.convert("RGB")


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """16 bits and more a dot, scaled down: Pillow by itself would cut them off."""
    import numpy as np
    from PIL import Image

    dots = np.nan_to_num(np.asarray(image, dtype=np.float32))
    lowest, highest = float(dots.min()), float(dots.max())
    if highest > 255 or lowest < 0:
        dots = (dots - lowest) * (255.0 / max(1.0, highest - lowest))
    return Image.fromarray(dots.clip(0, 255).astype(np.uint8))


def _points_a_pixel(image: Image.Image, size: tuple[int, int]) -> float:
    """By the resolution that the picture states, if a scanner or a printer could have it."""
    stated = image.info.get("dpi", (0, 0))
    across = float(stated[0]) if isinstance(stated, tuple) and stated else 0.0
    if math.isfinite(across) and _LEAST_DPI <= across <= _MOST_DPI:
        return _POINTS / across
    return _PAPER / min(size)
