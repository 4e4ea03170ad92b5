"""Works a set of documents whose outcomes are known, and says which of them came out otherwise.

A set is a folder with the documents in `inbox/`, and `expected.json`, which says for each what should become of it:

    {"letter.eml": {"intent": "refund_status", "status": "finished", "fields": {"order": "CK-1001"},
                    "says": ["within 14 days"]}}

    intent, status      as `triage --json` tells them; a label of null = none
    flags, also         the codes shown to a person, and further requests: all of them, [] if they are not named
    fields              values that must have been found; others may have been
    says                texts that the draft must hold, whatever their case and line breaks
    code                the reason code of the last handoff
    duplicate_of        the file of which it is a copy

What is not named is not looked at, but for flags and further requests. The documents are worked in a home of
their own, which knows what was taught in this one: playbooks, intents, encoders, models and settings.
"""

from __future__ import annotations

import functools
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from app import settings, triage
from engine.cards import Problem
from engine.fleet import ASSETS
from engine.playbook import playbooks
from engine.wording import plainly

SAMPLES = ASSETS / "samples"
TAUGHT = ("playbooks", "intents", "encoders", "models", "models.toml", "settings.toml")
"""What of a home decides how its work comes out, but for the knowledge that was added to it."""
PARTS = ("intent", "status", "flags", "also", "fields", "says", "code", "duplicate_of")
ALWAYS: Mapping[str, Any] = {"flags": [], "also": []}


@dataclass(frozen=True, slots=True)
class Set:
    """Documents, what should become of each, and by which playbook."""

    name: str
    inbox: Path
    expected: Mapping[str, Mapping[str, Any]]
    playbook: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one document, and each respect in which that is not what should have become of it."""

    file: str
    status: str
    intent: str | None
    misses: tuple[str, ...]
    seconds: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0

    @property
    def right(self) -> bool:
        return not self.misses


@dataclass
class Report:
    """All outcomes of a set. A wrong one that a person sees anyway costs time; one that does not costs more."""

    name: str
    playbook: str
    outcomes: list[Outcome] = field(default_factory=list)

    def totals(self) -> dict[str, Any]:
        some = self.outcomes
        return {
            "set": self.name,
            "playbook": self.playbook,
            "documents": len(some),
            "right": sum(one.right for one in some),
            "wrong_unseen": sum(not one.right and one.status == "finished" for one in some),
            "to_a_person": sum(one.status == "review" for one in some),
            "seconds": round(sum(one.seconds for one in some), 2),
            "tokens_in": sum(one.tokens_in for one in some),
            "tokens_out": sum(one.tokens_out for one in some),
        }

    def sentence(self) -> str:
        """The totals for people."""
        told = self.totals()
        unseen = f"; {told['wrong_unseen']} of the others would have gone out" if told["wrong_unseen"] else ""
        return (
            f"{told['right']} of {told['documents']} came out as they should{unseen}. {told['to_a_person']} went to a "
            f"person. {told['seconds']:.1f} s of work, {told['tokens_in']} tokens read, {told['tokens_out']} written."
        )

    def markdown(self) -> str:
        head = f"# {self.name}, by the playbook {self.playbook}\n\n{self.sentence()}\n\n"
        rows = [
            "| Document | Intent | Status | Right | Seconds | Tokens read | written |",
            "|---|---|---|---|---|---|---|",
        ]
        for one in self.outcomes:
            cells = (
                one.file, one.intent or "none", one.status, "yes" if one.right else "; ".join(one.misses),
                f"{one.seconds:.1f}", str(one.tokens_in), str(one.tokens_out),
            )  # fmt: skip
            rows.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
        return head + "\n".join(rows) + "\n"


def read(name: str, playbook: str, home: Path) -> Set:
    """A shipped set by its name, or a folder. Raises Problem("no_set") or Problem("bad_set")."""
    folder = SAMPLES / name if (SAMPLES / name / "expected.json").is_file() else Path(name)
    try:
        expected = json.loads((folder / "expected.json").read_text("utf-8"))
    except OSError as error:
        sentence = (
            f"There is no set {name!r:.120}: name a folder with inbox and expected.json, or one of "
            f"{', '.join(shipped())}."
        )
        raise Problem("no_set", sentence) from error
    except ValueError as error:
        raise Problem("bad_set", f"{folder / 'expected.json'} is no JSON: {error}.") from error
    if fault := next(_faults(expected, folder / "inbox"), ""):
        raise Problem("bad_set", f"{folder / 'expected.json'}: {fault}")
    named = playbook or (folder.resolve().name if folder.resolve().name in playbooks(home) else "")
    return Set(folder.resolve().name, folder / "inbox", expected, named or settings.read(home).playbook)


def shipped() -> list[str]:
    """The names of the sets that come along."""
    return sorted(path.parent.name for path in SAMPLES.glob("*/expected.json"))


def run(home: Path, sets: Sequence[Set], report: Path | None, as_json: bool) -> bool:
    """Work the sets, and print each outcome and the totals of each set; whether all came out as they should.

    Raises Problem("no_report") where the report can't be written.
    """
    found = []
    for one in worked(home, sets):
        found.append(one)
        if len(sets) > 1 and not as_json:
            print(f"{one.name}:", flush=True)
        for outcome in one.outcomes:
            print(json.dumps(_data(outcome), ensure_ascii=False) if as_json else _line(outcome), flush=True)
        print(json.dumps(one.totals(), ensure_ascii=False) if as_json else f"\n{one.sentence()}", flush=True)
    if report:
        try:
            report.write_text("\n".join(one.markdown() for one in found), "utf-8")
        except OSError as error:
            raise Problem("no_report", f"The report can't be written to {report}: {error.strerror}.") from error
    return all(outcome.right for one in found for outcome in one.outcomes)


def worked(home: Path, sets: Sequence[Set]) -> Iterator[Report]:
    """Work the sets, one after the other, in a home of their own, which knows what was taught in `home`."""
    from app.desk import Desk

    told: list[dict[str, Any]] = []

    def ended(task: dict[str, Any]) -> str:
        told.append(task)
        return ""

    with tempfile.TemporaryDirectory(prefix="baton-eval-") as scratch:
        _teach(home, Path(scratch))
        desk = Desk(Path(scratch))
        try:
            for samples in sets:
                told.clear()
                files = [samples.inbox / name for name in samples.expected]
                begin = functools.partial(desk.submit, files, samples.playbook)
                triage.work(desk, begin, ended, show=False)
                yield Report(samples.name, samples.playbook, list(judged(samples.expected, told)))
        finally:
            desk.close()


def judged(expected: Mapping[str, Mapping[str, Any]], told: Sequence[Mapping[str, Any]]) -> Iterator[Outcome]:
    """Each document's outcome (a `triage --json` object) against what is expected of it, in the set's order."""
    names = {task["task"]: PurePath(task["source"]).name for task in told}
    by_file = {names[task["task"]]: task for task in told}
    for file, wanted in expected.items():
        task = by_file.get(file)
        if task is None:
            yield Outcome(file, "missing", None, ("it was never worked",))
            continue
        misses = tuple(_misses({**ALWAYS, **wanted}, task, names))
        cost = {name: task["cost"][name] for name in ("seconds", "tokens_in", "tokens_out")}
        yield Outcome(file, task["status"], task["intent"]["label"], misses, **cost)


def _misses(wanted: Mapping[str, Any], task: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    flags = sorted(flag["code"] for flag in task["flags"])
    plain = {
        "intent": task["intent"]["label"],
        "status": task["status"],
        "code": task["code"],
        "duplicate_of": names.get(task["duplicate_of"], ""),
        "flags": flags,
        "also": sorted(task["intent"]["also"]),
    }
    for part, found in plain.items():
        if part not in wanted:
            continue
        right = sorted(wanted[part]) if isinstance(found, list) else wanted[part]
        if found != right:
            yield f"{part} is {_shown(found)}, should be {_shown(right)}"
    values: dict[str, list[str]] = {}
    for one in task["fields"]:
        values.setdefault(one["name"], []).append(one["value"])
    for name, value in wanted.get("fields", {}).items():
        right = value if isinstance(value, list) else [value]
        if sorted(values.get(name, [])) != sorted(right):
            yield f"{name} is {', '.join(values.get(name, [])) or 'not found'}, should be {', '.join(right)}"
    draft = plainly(task["draft"]["text"])
    yield from (f"the draft does not say “{text}”" for text in wanted.get("says", []) if plainly(text) not in draft)


def _teach(home: Path, scratch: Path) -> None:
    """What this home was taught, in the scratch one."""
    for name in TAUGHT:
        if (home / name).is_dir():
            shutil.copytree(home / name, scratch / name)
        elif (home / name).is_file():
            shutil.copy(home / name, scratch / name)


def _faults(expected: Any, inbox: Path) -> Iterator[str]:
    if not isinstance(expected, dict) or not expected:
        yield 'it must be a table of files: {"letter.eml": {"intent": "...", "status": "finished"}}.'
        return
    for file, wanted in expected.items():
        if PurePath(file).name != file or not (inbox / file).is_file():
            yield f"there is no {file!r:.120} in {inbox}."
        elif not isinstance(wanted, dict):
            yield f"{file} needs a table with intent and status."
        else:
            yield from (f"{file} has {part!r}; it may have {', '.join(PARTS)}." for part in wanted.keys() - {*PARTS})


def _shown(found: Any) -> str:
    return (", ".join(found) or "none") if isinstance(found, list) else str(found or "none")


def _data(one: Outcome) -> dict[str, Any]:
    return {
        "file": one.file, "right": one.right, "misses": list(one.misses), "status": one.status, "intent": one.intent,
        "seconds": one.seconds, "tokens_in": one.tokens_in, "tokens_out": one.tokens_out,
    }  # fmt: skip


def _line(one: Outcome) -> str:
    verdict = "right" if one.right else "WRONG"
    misses = "".join(f"\n       {miss}" for miss in one.misses)
    return f"{verdict}  {one.file}: {one.status}, {one.intent or 'no intent'}{misses}"
