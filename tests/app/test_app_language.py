"""Languages: what is said in them is whole, and English costs nothing."""

from __future__ import annotations

import ast
import gettext
import importlib.util
import io
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from app import language

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "assets" / "languages").glob("*/LC_MESSAGES/baton.po"))


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    yield
    language.use("")


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """What `make languages` runs."""
    spec = importlib.util.spec_from_file_location("languages", ROOT / "packaging" / "languages.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.parent.name)
def test_each_text_is_translated_with_the_same_names_in_it(tool: ModuleType, file: Path) -> None:
    wanted, said = tool.collected(), tool.read(file)
    texts = {message.id for message in wanted if message.id}
    assert {message.id for message in said if message.id} == texts, "run `make languages`"
    assert tool.untranslated(said) == []
    for message in said:
        if message.id:
            english, other = _forms(message.id), _forms(message.string)
            assert {frozenset(_names(text)) for text in other} == {frozenset(_names(text)) for text in english}, other
            assert {_edges(text) for text in other} == {_edges(text) for text in english}, other


def test_no_text_stands_within_another_where_it_is_not_collected() -> None:
    """What is between the braces of an f-string is seen by no collector before Python 3.12."""
    hidden = [
        f"{path.name}:{whole.lineno}"
        for layer in ("app", "ui")
        for path in sorted((ROOT / layer).glob("*.py"))
        for whole in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(whole, ast.JoinedStr)
        for part in ast.walk(whole)
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in ("_", "several")
    ]
    assert hidden == []


def _forms(text: Any) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _names(text: str) -> set[str]:
    """What is filled in. A text with braces of its own is never filled."""
    if '{"' in text:
        return set(re.findall(r"{[^}]*}", text))
    return {f"{name}:{form}" for _, name, form, _ in string.Formatter().parse(text) if name is not None}


def _edges(text: str) -> tuple[bool, bool]:
    """Whether it joins another text, at its begin and at its end."""
    return text[:1] in " ,;", text[-1:] in " …"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.parent.name)
def test_what_is_shipped_was_compiled_from_what_is_written(tool: ModuleType, file: Path) -> None:
    shipped = gettext.GNUTranslations(io.BytesIO(file.with_suffix(".mo").read_bytes()))
    fresh = gettext.GNUTranslations(io.BytesIO(tool.compiled(tool.read(file))))
    assert _said(shipped) == _said(fresh), "run `make languages`"


def _said(translations: gettext.GNUTranslations) -> dict[Any, str]:
    held: dict[Any, str] = translations._catalog  # type: ignore[attr-defined]
    return {key: text for key, text in held.items() if key}


def test_each_language_that_is_offered_is_there() -> None:
    assert {file.parent.parent.name for file in FILES} == language.NAMES.keys() - {"en"}


def test_a_text_is_said_in_the_language_that_is_used() -> None:
    assert (language._("Settings"), language.code()) == ("Settings", "en")
    language.use("de")
    assert (language._("Settings"), language.code()) == ("Einstellungen", "de")
    assert language._("No such text") == "No such text"
    assert language._("") == ""
    language.use("xx")
    assert (language._("Settings"), language.code()) == ("Settings", "en")


@pytest.mark.parametrize(
    ("code", "one", "many"), [("en", "1 task", "1,200 tasks"), ("de", "1 Aufgabe", "1,200 Aufgaben")]
)
def test_numbers_have_their_form(code: str, one: str, many: str) -> None:
    language.use(code)
    assert language.several("{n:,} task", "{n:,} tasks", 1) == one
    assert language.several("{n:,} task", "{n:,} tasks", 1200) == many


def test_what_is_filled_in_is_never_read_as_a_text_to_fill() -> None:
    assert language.several("{n} {name}", "{n} {name}", 2, name="{n.__class__}") == "2 {n.__class__}"


def test_a_role_stands_in_a_sentence_as_the_language_writes_it() -> None:
    assert language.inside("Drafter") == "drafter"
    language.use("de")
    assert language.inside("Verfasser") == "Verfasser"


@pytest.mark.parametrize(
    ("wanted", "best"),
    [(["de-AT", "en"], "de"), (["fr-FR", "de"], "de"), (["en_GB", "de"], "en"), (["fr"], ""), ([], "")],
)
def test_the_first_language_of_the_system_that_is_spoken_here_is_the_best(wanted: list[str], best: str) -> None:
    assert language.best(wanted) == best


def test_the_pseudo_language_marks_each_text() -> None:
    language.use(language.PSEUDO)
    assert language._("Save") == "⟦Save·⟧"
    assert language.several("{n} task", "{n} tasks", 2) == "⟦2 tasks···⟧"


def test_english_reads_no_file_and_loads_nothing() -> None:
    script = (
        "import sys; from app import language; language.use(''); language._('Save'); print('gettext' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-S", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout == "False\n"
