"""Fetches pages and their pictures for the page view, and keeps the last few."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QImage

from ui.page import PageView
from ui.worker import Lane

if TYPE_CHECKING:
    from app.desk import Desk
    from engine.readers import Picture
    from engine.store import Page

_SCALE = 2.0
"""Pixels a point of a page's picture: sharp at usual zooms, six megabytes a page."""
_KEPT = 12


class Pages(QObject):
    def __init__(self, quick: Lane, drawing: Lane, view: PageView) -> None:
        super().__init__(view)
        self.desk: Desk | None = None
        self._quick, self._drawing, self._view = quick, drawing, view
        self._wanted: tuple[str, int] = ("", 0)
        self._pictures: dict[tuple[str, int], QImage] = {}

    @Slot(str, int)
    def fetch(self, sha256: str, number: int) -> None:
        desk, self._wanted = self.desk, (sha256, number)
        if desk:
            self._quick.ask(
                lambda: (desk.pages(sha256), desk.page(sha256, number)),
                lambda answer: self._take_page(sha256, number, answer),
            )

    def _take_page(self, sha256: str, number: int, answer: tuple[int, Page | None]) -> None:
        pages, page = answer
        self._view.show_page(sha256, number, pages, page)
        if page is None or not page.width:
            return
        if (sha256, number) in self._pictures:
            self._view.show_picture(sha256, number, self._pictures[sha256, number])
            return
        self._drawing.ask(lambda: self._draw(sha256, number), lambda image: self._take_picture(sha256, number, image))

    def _draw(self, sha256: str, number: int) -> QImage | None:
        """Runs on the drawing lane; a page that nobody waits for any more is not drawn."""
        desk = self.desk
        if desk is None or self._wanted != (sha256, number):
            return None
        picture = desk.picture(sha256, number, _SCALE)
        return _image(picture) if picture else None

    def _take_picture(self, sha256: str, number: int, image: QImage | None) -> None:
        if image is None:
            return
        while len(self._pictures) >= _KEPT:
            del self._pictures[next(iter(self._pictures))]
        self._pictures[sha256, number] = image
        self._view.show_picture(sha256, number, image)


def _image(picture: Picture) -> QImage:
    rgb888 = QImage.Format.Format_RGB888
    return QImage(picture.rgb, picture.width, picture.height, 3 * picture.width, rgb888).copy()
