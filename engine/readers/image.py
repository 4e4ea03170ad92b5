"""Reads pictures: the words that are recognised in them, each with its place."""

from __future__ import annotations

import contextlib
import io
import math
import struct
import zlib
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
    "numpy", "pi_heif", "PIL.Image", "PIL.ImageOps", "PIL.PngImagePlugin", "PIL.JpegImagePlugin", "PIL.PpmImagePlugin",
    "PIL.TiffImagePlugin", "PIL.BmpImagePlugin", "PIL.WebPImagePlugin", "PIL.GifImagePlugin", "PIL.MpoImagePlugin",
)  # fmt: skip
SLICED = True

_FORMATS = {"png": "PNG", "jpg": "JPEG", "tif": "TIFF", "bmp": "BMP", "webp": "WEBP", "gif": "GIF", "heic": "HEIF"}
_ENDINGS = {
    "png": (".png",), "jpg": (".jpg", ".jpeg"), "tif": (".tif", ".tiff"), "bmp": (".bmp",), "webp": (".webp",),
    "gif": (".gif",), "heic": (".heic", ".heif"),
}  # fmt: skip
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
_POINTS = 72
_PAPER = 8.27 * _POINTS
"""Points: a picture that does not say its resolution is taken to be as wide as an A4 page, or as high."""
_LEAST_DPI, _MOST_DPI = 75, 1200  # 72 is what programs write that know of none
_OBLONG = 1.2  # a fax may have twice as many dots across as down
_ORIENTATION, _LYING = 0x0112, (5, 6, 7, 8)
# What Pillow and libheif raise on a picture that is bent.
_BENT = (
    OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, SyntaxError, EOFError, ArithmeticError,
    NotImplementedError, struct.error, zlib.error,
)  # fmt: skip


def recognises(file: File) -> tuple[str, float]:
    """By its mark; by name alone, to say that it is damaged."""
    head = file.head
    marks = {
        "png": head.startswith(b"\x89PNG\r\n\x1a\n"),
        "jpg": head.startswith(b"\xff\xd8\xff"),
        "tif": head.startswith(_TIFF),
        "gif": head.startswith((b"GIF87a", b"GIF89a")),
        "webp": head.startswith(b"RIFF") and head[8:12] == b"WEBP",
        "heic": head[4:8] == b"ftyp" and head[8:12] in _HEIC,
        "bmp": head.startswith(b"BM") and head[6:10] == bytes(4),
    }
    for kind, fits in marks.items():
        if fits:
            return kind, 1.0
    return next(((kind, 0.3) for kind, endings in _ENDINGS.items() if file.named(*endings)), ("", 0.0))


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """A page for each wanted picture in the file, and on it the words that were recognised.

    Raises _ocr.NeedsEyes where the models are not there.
    """
    import numpy as np

    with contextlib.closing(_opened(file)) as image:
        _check(image, limits)
        frames = _frames(image)
        if frames > limits.pages:
            raise Problem("too_large", "There are more pictures than the limit.")
        _ocr.needed()
        yield Count(frames)
        for number in range(max(1, file.first), min(file.last or frames, frames) + 1):
            shown, dpi = _shown(image, number, limits)
            width, height = (side * _POINTS / dpi for side in shown.size)
            yield _ocr.page(np.asarray(shown), width, height, number)
    return ""


def picture(file: File, number: int, scale: float) -> Picture:
    """Picture `number` of the file at `scale` pixels a point."""
    limits = Limits()
    with contextlib.closing(_opened(file)) as image:
        _check(image, limits)
        if not 1 <= number <= _frames(image):
            raise Problem("damaged", f"There is no picture {number}.")
        shown, dpi = _shown(image, number, limits)
    width, height = (max(1, round(side * _POINTS / dpi * scale)) for side in shown.size)
    if width * height > limits.pixels:
        raise Problem("too_large", "The picture would have too many pixels.")
    return Picture(width, height, shown.resize((width, height), reducing_gap=2.0).tobytes())


@contextlib.contextmanager
def _whole() -> Iterator[None]:
    """What breaks inside is damage; what a picture says of itself is no matter for a warning."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except _BENT as error:
            raise Problem("damaged", "The picture can't be decoded.") from error


def _opened(file: File) -> Image.Image:
    """The picture, of which only the head has been read."""
    import pi_heif
    from PIL import Image, ImageFile

    pi_heif.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)
    Image.MAX_IMAGE_PIXELS = None  # `_check` judges
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    with _whole():
        return Image.open(io.BytesIO(file.data), formats=[_FORMATS[recognises(file)[0]]])


def _check(image: Image.Image, limits: Limits) -> None:
    if image.width * image.height > limits.pixels:
        raise Problem("too_large", "The picture has too many pixels.")


def _frames(image: Image.Image) -> int:
    """Pages of a TIFF; of an animation only the first picture counts."""
    with _whole():
        return int(getattr(image, "n_frames", 1)) if image.format == "TIFF" else 1


def _shown(image: Image.Image, number: int, limits: Limits) -> tuple[Image.Image, float]:
    """Picture `number` as a person sees it, upright, on white, in red, green and blue; and its dots an inch."""
    with _whole():
        if number > 1 or image.tell():
            image.seek(number - 1)
        _check(image, limits)
        across, down = _resolution(image)
        upright = _coloured(image)
        if across > down * _OBLONG:
            upright = upright.resize((upright.width, round(upright.height * across / down)))
        elif down > across * _OBLONG:
            upright = upright.resize((round(upright.width * down / across), upright.height))
        _check(upright, limits)
        return upright, max(across, down) or min(upright.size) * _POINTS / _PAPER


def _coloured(image: Image.Image) -> Image.Image:
    from PIL import Image, ImageOps

    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith(("I", "F")):
        upright = _in_eight_bits(upright)
    elif upright.mode == "LAB":
        upright = upright.getchannel("L")
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


def _resolution(image: Image.Image) -> tuple[float, float]:
    """Dots an inch, across and down as it is shown, if a scanner or a printer could have them; otherwise 0."""
    stated = image.info.get("dpi")
    if not isinstance(stated, tuple) or len(stated) != 2:
        return 0.0, 0.0
    across, down = (float(dots) for dots in stated)
    if not all(math.isfinite(dots) and _LEAST_DPI <= dots <= _MOST_DPI for dots in (across, down)):
        return 0.0, 0.0
    return (down, across) if image.getexif().get(_ORIENTATION) in _LYING else (across, down)
