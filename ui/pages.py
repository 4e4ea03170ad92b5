"""Fetches pages and their pictures for the page view, and keeps the last few."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QImage

from ui.page import PageView
from ui.worker import Lane

if TYPE_CHECKING:
    from app.desk import Desk
    from engine.pages import Page
    from engine.readers import Picture

_SCALE = 2.0
"""Pixels a point of a page's picture: sharp at usual zooms, six megabytes a page."""
_KEPT = 12
_LOOKED_THROUGH = 200
"""Pages; a longer document says for each page whether it holds hidden text, but not for all of them at once."""
_REMEMBERED = 500


class Pages(QObject):
    def __init__(self, quick: Lane, drawing: Lane, view: PageView) -> None:
        super().__init__(view)
        self.desk: Desk | None = None
        self._quick, self._drawing, self._view = quick, drawing, view
        self._wanted: tuple[str, int] = ("", 0)
        self._pictures: dict[tuple[str, int], QImage] = {}
        self._unseen: dict[str, tuple[int, ...]] = {}

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
        if page is None:
            return
        self._look_through(sha256, pages)
        if not page.width:
            return
        if (sha256, number) in self._pictures:
            self._view.show_picture(sha256, number, self._pictures[sha256, number])
            return
        self._drawing.ask(
            lambda: self._draw(sha256, number),
            lambda image: self._take_picture(sha256, number, image),
            lambda _problem: self._view.show_picture(sha256, number, None),
        )

    def _draw(self, sha256: str, number: int) -> QImage | None:
        """Runs on the drawing lane; a page that nobody waits for any more is not drawn."""
        desk = self.desk
        if desk is None or self._wanted != (sha256, number):
            return None
        picture = desk.picture(sha256, number, _SCALE)
        return _image(picture) if picture else None

    def _take_picture(self, sha256: str, number: int, image: QImage | None) -> None:
        if image is None:
            if self._wanted == (sha256, number):
                self._view.show_picture(sha256, number, None)
            return
        while len(self._pictures) >= _KEPT:
            del self._pictures[next(iter(self._pictures))]
        self._pictures[sha256, number] = image
        self._view.show_picture(sha256, number, image)

    def _look_through(self, sha256: str, pages: int) -> None:
        """Which pages hold text that is not visible: asked once, and only of documents short enough."""
        desk = self.desk
        if sha256 in self._unseen or pages > _LOOKED_THROUGH:
            self._view.show_unseen(sha256, self._unseen.get(sha256, ()))
        elif desk:
            self._quick.ask(
                lambda: [n for n in range(1, pages + 1) if (page := desk.page(sha256, n)) and page.hidden],
                lambda found: self._take_unseen(sha256, found),
            )

    def _take_unseen(self, sha256: str, found: list[int]) -> None:
        while len(self._unseen) >= _REMEMBERED:
            del self._unseen[next(iter(self._unseen))]
        self._unseen[sha256] = tuple(found)
        self._view.show_unseen(sha256, found)


def _image(picture: Picture) -> QImage:
    rgb888 = QImage.Format.Format_RGB888
    return QImage(picture.rgb, picture.width, picture.height, 3 * picture.width, rgb888).copy()
