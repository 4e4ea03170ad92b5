"""A runtime whose models do what the file beside them says (`MODEL.does`): serve, or fail in one of many ways."""

from __future__ import annotations

import ctypes
import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path

from engine.cards import Problem
from engine.models import Brief, Model, Piece

HOUR = 3600


class StubWriter:
    """Writes the request again, or misbehaves."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def stream(self, brief: Brief, request: str, grammar: str, tokens: int) -> Iterator[Piece]:
        match does(self._path):
            case "hang while writing":
                asleep_like_native_code()
            case "write slowly without end":
                for written in itertools.count(1):
                    time.sleep(0.05 if written < tokens else 0)
                    yield Piece("and ", 10, min(written, tokens))
            case "write fast without end":
                for written in itertools.count(1):
                    yield Piece("and ", 10, written)
            case "run out of memory while writing":
                raise MemoryError
            case "crash while writing":
                os.abort()
            case "write nonsense":
                yield Piece("Purple elephants pay 900 EUR on every Sunday.", 10, 9)
            case "name the intent":
                yield Piece("refund", 10, 1)
            case "name none":
                yield Piece("none", 10, 1)
            case _:
                yield Piece(request, 10, 20)


def load(row: Model, path: Path) -> object:
    if row.role == "encoder":
        from tests.engine.scripted import ScriptedEncoder

        return ScriptedEncoder()
    match does(path):
        case "fail to load":
            raise Problem("model_failed", f"llama.cpp can't load {row.id}: it is damaged.")
        case "hang while loading":
            asleep_like_native_code()
        case "run out of memory while loading":
            raise MemoryError
    return StubWriter(path)


def does(path: Path) -> str:
    return path.with_suffix(".does").read_text("utf-8").strip()


def asleep_like_native_code() -> None:
    """As a library in C does: no signal handler and no other thread of this Python runs until it is done."""
    ctypes.PyDLL(None).sleep(HOUR)
