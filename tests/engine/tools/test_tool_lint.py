"""Code is looked through and never run, whatever it would do."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.tools import lint
from tests.engine.tools.trays import ScriptedTray, called, code_of, whole


def looked_through(folder: Path, *pages: str) -> list[dict[str, str]]:
    return [dict(found.cells) for found in called("lint", ScriptedTray(folder), {}, code=whole(*pages)).findings]


def test_ruff_finds_what_is_wrong_and_where(tmp_path: Path) -> None:
    assert lint.ruff(), "the tests need ruff"
    code = "import os\n\ndef f(x):\n    return eval(y)\n"
    result = called("lint", ScriptedTray(tmp_path), {}, code=whole(code))
    rules = {dict(found.cells).get("rule"): found.quote for found in result.findings[1:]}
    assert rules["F401"] == "import os"
    assert rules["F821"] == rules["S307"] == "    return eval(y)"
    assert dict(result.findings[0].cells) == {"findings": "3", "lines": "4", "by": "ruff"}
    assert "3 findings" in result.sentence


def test_a_finding_stands_on_the_page_of_its_line(tmp_path: Path) -> None:
    result = called("lint", ScriptedTray(tmp_path), {}, code=whole("x = 1\ny = 2", "z = undefined\n"))
    place = result.findings[1].place
    assert (place.page, place.start, place.end) == (2, 0, len("z = undefined"))


def test_without_ruff_the_grammar_still_speaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lint, "ruff", lambda: "")
    assert looked_through(tmp_path, "def f(:\n")[0] == {"findings": "1", "lines": "1", "by": "Python's grammar"}
    assert looked_through(tmp_path, "x = 1\n")[0]["findings"] == "0"


def test_what_the_code_tells_ruff_is_not_heeded(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text("[lint]\nselect = []\n")
    code = "# ruff: noqa\n# flake8: noqa\nimport os  # noqa\n"
    assert looked_through(tmp_path, code)[0]["findings"] == "1"


@pytest.mark.parametrize(
    "code",
    [
        "open({path!r}, 'w').write('run')",
        "import pathlib; pathlib.Path({path!r}).touch()",
        "class A(metaclass=open({path!r}, 'w')): pass",
        "@open({path!r}, 'w')\ndef f(): pass",
        "x: open({path!r}, 'w') = 1",
        "#!/bin/sh\n# -*- coding: raw_unicode_escape -*-\n#\\u000aopen({path!r}, 'w')",
        "def f(x=open({path!r}, 'w')): pass",
    ],
)
def test_nothing_is_ever_run(tmp_path: Path, code: str) -> None:
    made = tmp_path / "made"
    assert looked_through(tmp_path, code.format(path=str(made)))
    assert not made.exists()


@pytest.mark.parametrize(
    "code",
    [
        "(" * 50_000, "[" * 90 + "]" * 90, "-" * 50_000 + "1", "a" + ".b" * 45_000, "x = " + "1+" * 30_000 + "1",
        "\x00", "\ud800",
        "f'{" * 300, "if x:\n" + "".join(f"{' ' * n}if x:\n" for n in range(1, 200)), "lambda:" * 10_000, "0" * 99_000,
        "1" * 99_000, "é" * 50_000, '"""', "\\", "not " * 20_000 + "x", "x if y else " * 6_000 + "z", "\n" * 90_000,
    ],
)  # fmt: skip
def test_code_that_was_made_to_break_parsers_ends_with_a_finding_or_a_reason(tmp_path: Path, code: str) -> None:
    tray = ScriptedTray(tmp_path)
    assert code_of("lint", tray, {}, code=whole(code)) in ("", "no_result", "too_slow")


def test_more_code_than_the_limit_is_refused(tmp_path: Path) -> None:
    assert code_of("lint", ScriptedTray(tmp_path), {}, code=whole("x = 1\n" * 20_000)) == "too_large"


def test_only_the_first_findings_are_told_one_by_one_and_all_are_counted(tmp_path: Path) -> None:
    told = looked_through(tmp_path, "eval(x)\n" * 200)
    assert len(told) == 1 + lint.MOST
    assert told[0]["findings"] == "400"
