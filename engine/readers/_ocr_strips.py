"""Tells where lines of text stand, from a map of how likely each dot of a picture is the core of one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.cards import Box

Array = NDArray[Any]

_SURE_DOT, _SURE_STRIP = 0.3, 0.5
_THINNEST = 3  # dots
_MOST = 3000
_TELLING = 0.9  # a strip so long for its height tells its slope
_LEVEL = math.radians(0.3)
_DRIFT = 0.5  # of a strip's thickness, over its length
# Letters reach beyond the core of a line. More room above and below costs nothing and makes the reader faster.
_MARGIN, _SIDES, _ENDS = 0.65, 0.3, -0.1


@dataclass(frozen=True, slots=True)
class Strip:
    """A line of text: its middle, its length along its slope (in radians), and its height."""

    x: float
    y: float
    length: float
    height: float
    slope: float

    @property
    def steep(self) -> bool:
        """Whether it runs up or down rather than across."""
        return abs(math.sin(self.slope)) > math.sqrt(0.5)

    def flipped(self) -> Strip:
        """The same, read from its other end."""
        return replace(self, slope=self.slope + math.pi)

    def scaled(self, across: float, down: float) -> Strip:
        """The same where a dot is so many pixels wide and high."""
        cos, sin = math.cos(self.slope), math.sin(self.slope)
        length, height = math.hypot(cos * across, sin * down), math.hypot(sin * across, cos * down)
        return Strip(self.x * across, self.y * down, self.length * length, self.height * height, self.slope)

    def turned(self, angle: float) -> Strip:
        """The same on a page turned by that angle around its corner."""
        cos, sin = math.cos(angle), math.sin(angle)
        x, y = self.x * cos - self.y * sin, self.x * sin + self.y * cos
        return Strip(x, y, self.length, self.height, self.slope + angle)

    def part(self, start: float, end: float) -> Strip:
        """What lies between two places along it, from 0 to 1."""
        along = ((start + end) / 2 - 0.5) * self.length
        x, y = self.x + along * math.cos(self.slope), self.y + along * math.sin(self.slope)
        return Strip(x, y, (end - start) * self.length, self.height, self.slope)

    def inside(self, width: int, height: int) -> Strip:
        """What of a level one lies in a picture of that size; a sloping one as it is."""
        if self.slope:
            return self
        x0, y0, x1, y1 = self.box
        x0, y0, x1, y1 = max(0.0, x0), max(0.0, y0), min(float(width), x1), min(float(height), y1)
        return Strip((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0, 0.0)

    @property
    def box(self) -> Box:
        """The box around it."""
        cos, sin = abs(math.cos(self.slope)), abs(math.sin(self.slope))
        wide, high = (self.length * cos + self.height * sin) / 2, (self.length * sin + self.height * cos) / 2
        return self.x - wide, self.y - high, self.x + wide, self.y + high


def strips(chances: Array) -> list[Strip]:
    """One strip for each patch of likely dots, in the map's own dots."""
    from scipy import ndimage

    marks, count = ndimage.label(chances > _SURE_DOT, np.ones((3, 3)))
    if not count:
        return []
    ys, xs = np.nonzero(marks)
    return _measured(marks[ys, xs] - 1, xs + 0.5, ys + 0.5, chances[ys, xs])[:_MOST]


def _measured(which: Array, xs: Array, ys: Array, chances: Array) -> list[Strip]:
    """The strips, from the dots that belong to each: `which` numbers them."""
    area = np.bincount(which)

    def mean(values: Array) -> Array:
        return np.asarray(np.bincount(which, values) / area)

    x, y = mean(xs), mean(ys)
    dx, dy = xs - x[which], ys - y[which]
    slopes = _slopes(mean(dx * dx), mean(dy * dy), mean(dx * dy))
    cos, sin = np.cos(slopes), np.sin(slopes)
    left, right = _extremes(dx * cos[which] + dy * sin[which], which)
    top, bottom = _extremes(dy * cos[which] - dx * sin[which], which)
    along, aside = (left + right) / 2, (top + bottom) / 2
    lengths, heights = right - left + 1, bottom - top + 1
    good = (mean(chances) > _SURE_STRIP) & (np.minimum(lengths, heights) >= _THINNEST)
    middles = x + along * cos - aside * sin, y + along * sin + aside * cos
    rows = np.stack([*middles, lengths, heights, slopes], axis=1)[good]
    return [_grown(Strip(*row)) for row in rows.tolist()]


def _slopes(wide: Array, high: Array, mixed: Array) -> Array:
    """The slope of each strip, from its variance across, down, and both.

    Those that do not clearly have another get the page's own: short ones can't tell theirs.
    """
    both = wide + high + 1 / 6
    spread = np.sqrt((wide - high) ** 2 + 4 * mixed**2)
    slopes = np.arctan2(2 * mixed, wide - high) / 2
    lengths, heights = np.sqrt(6 * (both + spread)), np.sqrt(6 * (both - spread))
    telling = spread > _TELLING * both
    page = _common(slopes, lengths * telling)
    quarters = np.where(telling, np.round((slopes - page) / (math.pi / 2)), 0) * (math.pi / 2)
    drift = np.abs(np.sin(slopes - page - quarters)) * lengths
    return np.where(telling & (drift > _DRIFT * heights), slopes, page + quarters)


def _common(slopes: Array, weights: Array) -> float:
    """The slope in the middle of all; what runs up or down a page is turned for that."""
    if not weights.any():
        return 0.0
    turned = (slopes + math.pi / 4) % (math.pi / 2) - math.pi / 4
    order = np.argsort(turned)
    shares = np.cumsum(weights[order])
    common = float(turned[order][np.searchsorted(shares, shares[-1] / 2)])
    return common if abs(common) > _LEVEL else 0.0


def _extremes(values: Array, which: Array) -> tuple[Array, Array]:
    order = np.argsort(which, kind="stable")
    starts = np.searchsorted(which[order], np.arange(which.max() + 1))
    return np.minimum.reduceat(values[order], starts), np.maximum.reduceat(values[order], starts)


def _grown(core: Strip) -> Strip:
    margin = _MARGIN * core.length * core.height / (core.length + core.height)
    sides, ends = margin + _SIDES * core.height, margin + _ENDS * core.height
    return replace(core, length=core.length + 2 * ends, height=core.height + 2 * sides)


def common_slope(found: Sequence[Strip]) -> float:
    """The slope that most of the text across the page has."""
    level = [strip for strip in found if not strip.steep]
    if not level:
        return 0.0
    return _common(np.array([strip.slope for strip in level]), np.array([strip.length for strip in level]))
