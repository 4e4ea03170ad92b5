"""A library, opened in a folder of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.library import Library
from tests.engine.libraries import Encoders, Opener
from tests.engine.scripted import ScriptedEncoder


@pytest.fixture
def open_library(tmp_path: Path) -> Iterator[Opener]:
    """Opens the same library again and again, as engines do."""
    libraries: list[Library] = []

    def opened(**encoders: ScriptedEncoder) -> Library:
        libraries.append(Library(tmp_path, Encoders(**encoders)))  # type: ignore[arg-type]
        return libraries[-1]

    yield opened
    for library in libraries:
        library.close()


@pytest.fixture
def library(open_library: Opener) -> Library:
    return open_library()
