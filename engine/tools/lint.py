"""Looks through Python code for mistakes, and never runs it."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import Any

from engine.tools import Finding, Given, NoResult, Result, Tray, Value, Values

SENTENCE = "Looks through Python code for mistakes and dangerous calls, without running it."
ACTION = "compute"
PARAMETERS: dict[str, type] = {}
OPTIONAL: dict[str, type] = {}
VALUES = ("code",)

LONGEST = 100_000
MOST = 10
"""Findings that are told one by one."""
_RULES, _IGNORED = "E722,E9,F,B,S", "S101"
"""Bare `except`, what can't run, names, bugs, security; but an assert is no mistake where it is a test."""
_OUTPUT = 4 << 20
_SECONDS = 10.0

Fault = tuple[int, str, str]
"""The line, the rule, and what it says."""


def call(given: Given, values: Values, tray: Tray) -> Result:
    """First a finding that counts: `findings`, `lines`, `by`; then one for each of the first mistakes.

    Ruff is asked where it is installed; without it, only what Python's own grammar says is told.
    """
    value = values["code"]
    code = value.quote
    if len(code) > LONGEST:
        raise NoResult("too_large", f"{tray.name}: the code has more than {LONGEST:,} characters")
    faults, by = _syntax(code), "Python's grammar"
    tray.in_time()
    if not faults and (program := ruff()):
        faults, by = _by_ruff(program, code), "ruff"
    lines = code.split("\n")
    count = len(code.splitlines())
    cells = (("findings", str(len(faults))), ("lines", str(count)), ("by", by))
    told = [_finding(value, lines, fault) for fault in faults[:MOST]]
    plural = "" if len(faults) == 1 else "s"
    sentence = f"{tray.name}: {len(faults)} finding{plural} in {count} lines of code, by {by}"
    return Result((Finding(cells, lines[0], value.at(0, len(lines[0])), tray.name), *told), sentence)


def gives(values: Collection[str]) -> tuple[str, ...]:
    """The columns of a finding."""
    return "findings", "lines", "by", "line", "rule", "message"


def ruff() -> str:
    """Where ruff is, beside this Python or on the path; "" where it is not."""
    beside = Path(sys.executable).with_name("ruff.exe" if sys.platform == "win32" else "ruff")
    return str(beside) if beside.is_file() else shutil.which("ruff") or ""


def _syntax(code: str) -> list[Fault]:
    """Parsed, never compiled: the grammar alone runs nothing. What is too deep for it is told as that."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except SyntaxError as error:
        return [(error.lineno or 1, "syntax", f"{error.msg}")]
    except ValueError:
        return [(1, "syntax", "it holds characters that no code has")]
    except (RecursionError, MemoryError):
        return [(1, "syntax", "it is nested too deeply to be read")]
    return []


def _by_ruff(program: str, code: str) -> list[Fault]:
    """Its findings. What the code says to ruff itself (noqa, settings) is not heeded."""
    command = [
        program, "check", "--isolated", "--no-cache", "--ignore-noqa", "--quiet", "--output-format=json",
        f"--select={_RULES}", f"--ignore={_IGNORED}", "--stdin-filename=code.py", "-",
    ]  # fmt: skip
    environment = {"PATH": os.defpath, "RAYON_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        try:
            output, _ = process.communicate(code.encode("utf-8", "replace"), timeout=_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise NoResult("too_slow", "The code could not be looked through in time") from error
        finally:
            process.kill()
    try:
        return [_fault(row) for row in json.loads(output[:_OUTPUT])]
    except (ValueError, KeyError, TypeError) as error:
        raise NoResult("no_result", "The code has more findings than can be told") from error


def _fault(row: dict[str, Any]) -> Fault:
    return int(row["location"]["row"]), str(row["code"] or "syntax"), str(row["message"])[:300]


def _finding(value: Value, lines: list[str], fault: Fault) -> Finding:
    number, rule, message = fault
    number = max(1, min(number, len(lines)))
    line = lines[number - 1]
    start = sum(len(before) + 1 for before in lines[: number - 1])
    cells = (("line", str(number)), ("rule", rule), ("message", " ".join(message.split())))
    return Finding(cells, line, value.at(start, start + len(line)), f"line {number}")
