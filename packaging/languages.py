"""Brings the window's texts into the languages: `python packaging/languages.py`.

All texts are collected into a template, each language's .po is brought to it, and its .mo is made of that. What a
text says in a language is written into the .po by a person; a text without a translation stays English.
"""

from __future__ import annotations

import io
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = ROOT / "assets" / "languages"
_CALLS = {"_": None, "several": (1, 2)}
_HEADER = "# Texts of Baton's window.\n# Made by `make languages`; only what stands behind msgstr is written by hand."
_BEGUN = datetime(2026, 12, 1, tzinfo=UTC)
"""In place of the date of the day: the files change with the texts alone."""


def collected() -> Catalog:
    """All texts: what the code marks, and what the window shows of the engine's tables."""
    template = Catalog()
    _head(template)
    for layer in ("app", "ui"):
        for path in sorted((ROOT / layer).rglob("*.py")):
            for _line, message, _comments, _context in extract_from_file("python", path, keywords=_CALLS):
                template.add(message, locations=[(path.relative_to(ROOT).as_posix(), 0)])
    for text, place in _tables():
        template.add(text, locations=[(place, 0)])
    return template


def _tables() -> list[tuple[str, str]]:
    """Sentences of the engine that describe it, and are no part of the log."""
    from engine import agents, rules, tools
    from engine.fence import _linux
    from engine.pages import HIDDEN
    from engine.shelf import modules

    found = [(text, "engine/pages.py") for text in HIDDEN.values()]
    found += [(text, "engine/fence/_linux.py") for text in (_linux._BLOCKED, "Not enforced in this process.")]
    for name, agent in modules(agents).items():
        exits = getattr(agent, "EXITS", {}).values()
        found += [(text, f"engine/agents/{name}.py") for text in (agent.DUTY, *exits) if text]
    found += [(rule.SENTENCE, f"engine/rules/{name}.py") for name, rule in modules(rules).items()]
    found += [(tool.SENTENCE, f"engine/tools/{name}.py") for name, tool in modules(tools).items()]
    models = tomllib.loads((ROOT / "assets" / "models.toml").read_text("utf-8"))["models"]
    return found + [(row["note"], "assets/models.toml") for row in models if row.get("note")]


def _head(catalog: Catalog) -> None:
    """Nothing in it changes with the day or the person."""
    catalog.project, catalog.version, catalog.header_comment = "Baton", "1", _HEADER
    catalog.creation_date = catalog.revision_date = _BEGUN
    catalog.last_translator = catalog.language_team = catalog.msgid_bugs_address = ""


def read(file: Path) -> Catalog:
    return read_po(io.BytesIO(file.read_bytes()), locale=file.parent.parent.name)


def compiled(catalog: Catalog) -> bytes:
    made = io.BytesIO()
    write_mo(made, catalog)
    return made.getvalue()


def _written(catalog: Catalog) -> bytes:
    made = io.BytesIO()
    write_po(made, catalog, width=110, sort_by_file=True, include_lineno=False)
    return made.getvalue()


def untranslated(catalog: Catalog) -> list[str]:
    """What that language does not say, or not certainly."""
    return [str(one.id) for one in catalog if one.id and (one.fuzzy or not all(_forms(one.string)))]


def _forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """None is what a text has as long as nobody translated it."""
    return tuple(text) if isinstance(text, (tuple, list)) else (text or "",)


def main() -> int:
    template = collected()
    (LANGUAGES / "baton.pot").write_bytes(_written(template))
    for file in sorted(LANGUAGES.glob("*/LC_MESSAGES/baton.po")):
        catalog = read(file)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        _head(catalog)
        file.write_bytes(_written(catalog))
        file.with_suffix(".mo").write_bytes(compiled(catalog))
        print(f"{file.parent.parent.name}: {len(catalog)} texts, {len(untranslated(catalog))} not translated")
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
