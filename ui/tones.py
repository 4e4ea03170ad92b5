"""Chooses colours that can be read on the system's own palette, light or dark, of usual or of high contrast."""

from __future__ import annotations

import functools
import os

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from ui.words import Tone

_HUES: dict[str, str] = {
    "working": "#0b63c5",
    "good": "#1a7f37",
    "caution": "#9a5b00",
    "danger": "#c4232b",
    "special": "#7a45c9",
}
ENOUGH = 4.5
"""The contrast WCAG AA asks of text."""
STRONG = 7.0
"""What it asks where a person needs more: AAA."""


def strong() -> bool:
    """Whether high contrast is asked for: by BATON_CONTRAST=high, by the system, or by a palette of black and white."""
    return _strong(os.environ.get("BATON_CONTRAST", ""), QGuiApplication.palette().cacheKey())


@functools.lru_cache(maxsize=4)
def _strong(wish: str, _palette: int) -> bool:
    """Asked again with every palette: each word that is painted asks, and the system takes its time to answer."""
    if wish:
        return wish == "high"
    hints = QGuiApplication.styleHints()  # held: without it, what it says of accessibility is gone at once
    asked = hints.accessibility().contrastPreference()
    return asked == Qt.ContrastPreference.HighContrast or _extreme(QGuiApplication.palette())


def edge() -> float:
    """Pixels of the frame around what has the focus."""
    return 3.0 if strong() else 1.5


def contrast(one: QColor, two: QColor) -> float:
    """WCAG's contrast ratio, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(base: QColor, over: QColor, part: float) -> QColor:
    """`part` of the one colour over the other."""
    return QColor(
        round(base.red() + (over.red() - base.red()) * part),
        round(base.green() + (over.green() - base.green()) * part),
        round(base.blue() + (over.blue() - base.blue()) * part),
    )


def ground(palette: QPalette, *, selected: bool = False, hovered: bool = False) -> QColor:
    """What a row is drawn on. A selection is a tint, so that the colours on it keep their meaning."""
    base = palette.color(QPalette.ColorRole.Base)
    if selected:
        return mixed(base, palette.color(QPalette.ColorRole.Highlight), 0.2)
    return mixed(base, palette.color(QPalette.ColorRole.Text), 0.04) if hovered else base


def ink(tone: Tone, palette: QPalette, on: QColor | None = None) -> QColor:
    """The tone's colour, moved towards the text colour until it can be read on that ground."""
    paper = on or palette.color(QPalette.ColorRole.Base)
    text = palette.color(QPalette.ColorRole.Text)
    enough = STRONG if strong() else ENOUGH
    if tone == "plain" or (tone == "quiet" and enough == STRONG):  # no grey is faint then
        return text if enough == ENOUGH else QColor(_readable(text.name(), paper.name(), text.name(), enough))
    start = mixed(paper, text, 0.6).name() if tone == "quiet" else _HUES[tone]
    return QColor(_readable(start, paper.name(), text.name(), enough))


def wash(tone: Tone, palette: QPalette, part: float = 0.14) -> QColor:
    """A pale ground in that tone, for banners, chips and highlighted words."""
    base = palette.color(QPalette.ColorRole.Base)
    return mixed(base, ink(tone, palette), part)


def write(widget: QWidget, tone: Tone) -> None:
    """Let a label or a flat button speak in that tone, readable also where the button is pressed."""
    palette = QPalette()
    pressed = mixed(palette.color(QPalette.ColorRole.Window), palette.color(QPalette.ColorRole.WindowText), 0.12)
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        palette.setColor(role, ink(tone, palette, pressed))
    widget.setPalette(palette)


def line(palette: QPalette) -> QColor:
    """Hairlines between things."""
    part = 0.75 if strong() else 0.16
    return mixed(palette.color(QPalette.ColorRole.Base), palette.color(QPalette.ColorRole.Text), part)


def follow_scheme() -> None:
    """Follow the system's light or dark; BATON_SCHEME=light|dark asks for one of them. So does its contrast."""
    wish = os.environ.get("BATON_SCHEME", "")
    if wish in ("dark", "light"):
        dark = wish == "dark"
        hints = QGuiApplication.styleHints()
        hints.setColorScheme(Qt.ColorScheme.Dark if dark else Qt.ColorScheme.Light)
        # Platforms without a theme (offscreen, bare X11) do not obey the hint: give them the colours.
        if dark != _is_dark():
            QApplication.setPalette(_dark_palette() if dark else QPalette(QColor("#efefef")))
    if os.environ.get("BATON_CONTRAST", "") == "high":
        dark = _is_dark()
        palette = _strong_palette(dark=dark)
        QApplication.setPalette(palette)
        if dark:  # Qt frames a box to be ticked darker than the window: on black that can't be seen
            palette.setColor(QPalette.ColorRole.Base, QColor("#707070"))
            QApplication.setPalette(palette, "QCheckBox")  # type: ignore[arg-type]  # bytes are refused, unlike told
    elif strong():
        palette = QGuiApplication.palette()  # the system's own, but for words that Qt makes half transparent
        palette.setColor(QPalette.ColorRole.PlaceholderText, palette.color(QPalette.ColorRole.Text))
        QApplication.setPalette(palette)


def _is_dark() -> bool:
    return QGuiApplication.palette().color(QPalette.ColorRole.Base).lightness() < 128


def _extreme(palette: QPalette) -> bool:
    """Whether everything stands on the same black or white, and stands out from it: no ordinary theme does that."""
    role = QPalette.ColorRole
    grounds = {palette.color(one).rgb() for one in (role.Window, role.Base, role.Button)}
    base = palette.color(role.Base)
    return len(grounds) == 1 and base.name() in ("#000000", "#ffffff") and contrast(base, palette.color(role.Text)) > 15


def _luminance(colour: QColor) -> float:
    parts = [colour.redF(), colour.greenF(), colour.blueF()]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@functools.cache
def _readable(start: str, paper: str, text: str, enough: float) -> str:
    colour, ground_, goal = QColor(start), QColor(paper), QColor(text)
    if enough > ENOUGH and contrast(goal, ground_) < enough:  # the system's own text is not enough there
        goal = max((QColor("#000000"), QColor("#ffffff")), key=lambda one: contrast(one, ground_))
    for step in range(21):
        tried = mixed(colour, goal, step / 20)
        if contrast(tried, ground_) >= enough:
            return tried.name()
    return goal.name()


def _strong_palette(*, dark: bool) -> QPalette:
    """Black and white. Buttons and the window's own ground differ from it just so that their shape is seen."""
    names = ("#1c1c1c", "#ffffff", "#000000", "#404040", "#b0b0b0") if dark else (
        "#f2f2f2", "#000000", "#ffffff", "#dcdcdc", "#404040")  # fmt: skip
    window, text, base, button, off = map(QColor, names)
    palette, role = QPalette(button, window), QPalette.ColorRole
    for one in (role.WindowText, role.Text, role.ButtonText, role.BrightText, role.ToolTipText, role.PlaceholderText):
        palette.setColor(one, text)
        if one not in (role.BrightText, role.ToolTipText):
            palette.setColor(QPalette.ColorGroup.Disabled, one, off)
    for one in (role.Base, role.AlternateBase, role.ToolTipBase):
        palette.setColor(one, base)
    for one in (role.Highlight, role.Accent, role.Link):
        palette.setColor(one, QColor("#ffd800" if dark else "#003a9e"))
    palette.setColor(role.HighlightedText, base)
    return palette


def _dark_palette() -> QPalette:
    palette = QPalette(QColor("#2b2d30"))
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    colours = {
        role.Window: "#2b2d30",
        role.WindowText: "#e3e5e8",
        role.Base: "#1e1f22",
        role.AlternateBase: "#26282b",
        role.Text: "#e3e5e8",
        role.Button: "#3a3d41",
        role.ButtonText: "#e3e5e8",
        role.BrightText: "#ffffff",
        role.ToolTipBase: "#3a3d41",
        role.ToolTipText: "#e3e5e8",
        role.Highlight: "#3d7fd0",
        role.HighlightedText: "#ffffff",
        role.PlaceholderText: "#9aa0a6",
        role.Link: "#7db4ff",
    }
    for which, name in colours.items():
        palette.setColor(which, QColor(name))
    for which in (role.Text, role.WindowText, role.ButtonText):
        palette.setColor(group.Disabled, which, QColor("#7d8288"))
    return palette
