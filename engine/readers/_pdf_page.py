"""Reads one page of a PDF: its text layer, what is laid over it, and what stands only in its pictures."""

from __future__ import annotations

from dataclasses import replace

from engine.pages import Inner, Page
from engine.readers import _pdf_eyes, _pdf_forms, _pdf_hidden, _pdf_objects, _pdf_text
from engine.readers._pdf_forms import Notes
from engine.readers._pdf_raw import Book, Paper, paper
from engine.readers._wire import Limits


def read(book: Book, index: int, limits: Limits) -> tuple[Page, list[Inner]]:
    """That page (from 0), and the files pinned to it. Raises Problem("damaged")."""
    with paper(book, index) as sheet:
        notes = _pdf_forms.notes(sheet)
        if not _pdf_forms.flatten(sheet, notes):
            return _read(sheet, notes, limits, flat=False), notes.files
        sight = sheet.sight
    with paper(book, index) as sheet:
        sheet.sight = sight
        return _read(sheet, notes, limits, flat=True), notes.files


def _read(sheet: Paper, notes: Notes, limits: Limits, *, flat: bool) -> Page:
    with sheet.letters() as letters:
        found = _pdf_text.sheet(sheet, letters)
        if not sheet.sight.width:
            return Page(found.number, found.text)
        unreadable = _pdf_text.garbled(letters, found)
        things = _pdf_objects.things(sheet, layered=sheet.book.layered)
        if not unreadable:
            found = _pdf_hidden.apart(sheet, letters, found, things)
            if notes.marks:
                found = _pdf_forms.settled(sheet, letters, found, notes, flat=flat)
    found = _pdf_eyes.filled(sheet, found, things, limits, unreadable=unreadable)
    if notes.hidden:
        found = replace(found, hidden=(*found.hidden, *notes.hidden))
    return found.page()
