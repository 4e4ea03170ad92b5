"""The desk that plays for the window's tests has the same doors as the real one."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

from app.desk import Desk
from tests.ui.fake_desk import FakeDesk

UI = Path(__file__).parents[2] / "ui"
STAGE = {"add", "asked", "emit", "keep_up", "play", "play_all", "read_ahead", "was_read"}
"""What only the played desk has."""


def shared() -> set[str]:
    return {name for name in vars(FakeDesk) if not name.startswith("_")} - STAGE


def test_the_played_desk_takes_what_the_real_one_takes() -> None:
    for name in shared():
        real = inspect.signature(getattr(Desk, name)).parameters
        for parameter in inspect.signature(getattr(FakeDesk, name)).parameters.values():
            assert parameter.name in real, f"{name}({parameter.name})"
            same = real[parameter.name]
            assert (parameter.kind, parameter.default) == (same.kind, same.default), f"{name}({parameter.name})"


def test_all_that_the_window_asks_of_a_desk_is_played() -> None:
    asked = {
        node.attr
        for file in UI.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("desk", "self.desk")
    }
    assert asked - {"home", "look_after"} <= shared()
    assert {"allow", "proposals", "refusal", "what_if"} <= asked
