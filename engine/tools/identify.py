"""Checks an identifier by its own check digits: IBAN, VAT number, payment card, machine-readable zone, and more."""

from __future__ import annotations

import importlib
import re
from collections.abc import Collection, Iterator

from engine.tools import Finding, Given, Result, Tray, Values

SENTENCE = "Checks the digits of an IBAN, VAT number, payment card, passport line (MRZ), BIC, LEI, ISIN, ISBN or EAN."
ACTION = "compute"
PARAMETERS = {"kind": str}
OPTIONAL: dict[str, type] = {}
VALUES = ("number",)

LONGEST = 200
_MODULES = {
    "iban": "stdnum.iban", "vat": "stdnum.eu.vat", "card": "stdnum.luhn", "bic": "stdnum.bic", "lei": "stdnum.lei",
    "isin": "stdnum.isin", "isbn": "stdnum.isbn", "ean": "stdnum.ean",
}  # fmt: skip
KINDS = (*_MODULES, "mrz")

_CARD = re.compile(r"\d{12,19}")
_MRZ = re.compile(r"[A-Z0-9<]+")
_VALUES = {char: n for n, char in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {"<": 0}

Span = tuple[int, int]
_Part = tuple[str, int, Span, int]
"""What it is, the line, the span in it, and where its check digit stands."""

# ICAO Doc 9303, parts 4 to 7: by the number of lines and their length.
_BEGINNING: tuple[_Part, ...] = (
    ("document number", 1, (0, 9), 9), ("date of birth", 1, (13, 19), 19), ("date of expiry", 1, (21, 27), 27),
)  # fmt: skip
_PARTS: dict[tuple[int, int], tuple[_Part, ...]] = {
    (3, 30): (("document number", 0, (5, 14), 14), ("date of birth", 1, (0, 6), 6), ("date of expiry", 1, (8, 14), 14)),
    (2, 36): _BEGINNING,
    (2, 44): (*_BEGINNING, ("personal number", 1, (28, 42), 42)),
}
# Together: the spans that the last check digit covers, and where it stands (always in the second line).
_TOGETHER: dict[tuple[int, int], tuple[tuple[tuple[int, Span], ...], int]] = {
    (3, 30): (((0, (5, 30)), (1, (0, 7)), (1, (8, 15)), (1, (18, 29))), 29),
    (2, 36): (((1, (0, 10)), (1, (13, 20)), (1, (21, 35))), 35),
    (2, 44): (((1, (0, 10)), (1, (13, 20)), (1, (21, 43))), 43),
}


_CONTINUED: dict[tuple[int, int], Span] = {(3, 30): (15, 30), (2, 36): (28, 35)}
"""Where a document number of more than nine characters goes on, its check digit last (and `<` at that one's place)."""


def call(given: Given, values: Values, tray: Tray) -> Result:
    """`valid` is yes or no, and then `reason` says why not. Nobody is asked whether the number is in use."""
    kind, value = given["kind"], values["number"]
    text = value.text.strip()
    number, reason = ("", "it is too long") if len(text) > LONGEST else _checked(kind, text)
    shown = number or text[:LONGEST]
    if kind == "card":  # whoever needs it finds it at its place
        shown = f"ends in {re.sub('[^0-9]', '', shown)[-4:]}"
    cells = (("kind", kind), ("number", shown), ("valid", "no" if reason else "yes"), ("reason", reason))
    sentence = f"{tray.name}: {shown} is {f'not valid, {reason}' if reason else 'valid'}"
    return Result((Finding(cells, value.quote, value.place, tray.name),), sentence)


def gives(values: Collection[str]) -> tuple[str, ...]:
    """The columns of a finding."""
    return "kind", "number", "valid", "reason"


def faults(given: Given, values: Collection[str]) -> Iterator[str]:
    """What is wrong with a playbook's row."""
    if given["kind"] not in KINDS:
        yield f"names the kind {given['kind']!r:.40} of identifier; choose from {', '.join(KINDS)}."


def _checked(kind: str, text: str) -> tuple[str, str]:
    """The number without blanks, and what is wrong with it, or ""."""
    if kind == "mrz":
        return "", mrz_fault(text)
    from stdnum import exceptions

    module = importlib.import_module(_MODULES[kind])
    try:
        number = str(module.validate(re.sub(r"[ -]", "", text) if kind == "card" else text))
        if kind == "card" and not _CARD.fullmatch(number):
            return "", "a card has 12 to 19 digits"
        return number, ""
    except exceptions.InvalidChecksum:
        return "", "its check digits are wrong"
    except exceptions.InvalidLength:
        return "", "it has too many or too few characters"
    except exceptions.ValidationError:
        return "", "it has not the form of one"


def mrz_fault(text: str) -> str:
    """What is wrong with a machine-readable zone, whose lines are set apart by white space; "" if nothing is."""
    lines = text.split()
    layout = (len(lines), len(lines[0])) if lines else (0, 0)
    if layout not in _PARTS or any(len(line) != layout[1] or not _MRZ.fullmatch(line) for line in lines):
        return "it has not the form of one: 2 lines of 44 or 36 characters, or 3 of 30, of A to Z, 0 to 9 and <"
    for name, row, (start, end), digit in _PARTS[layout]:
        covered, given = lines[row][start:end], lines[row][digit]
        if name == "document number" and given == "<" and layout in _CONTINUED:
            rest = lines[row][slice(*_CONTINUED[layout])].partition("<")[0]
            covered, given = covered + rest[:-1], rest[-1:]
        optional = name == "personal number" and given == "<" and not lines[row][start:end].strip("<")
        if not optional and given != _check_digit(covered):
            return f"the check digit of the {name} is wrong"
    spans, digit = _TOGETHER[layout]
    covered = "".join(lines[row][start:end] for row, (start, end) in spans)
    return "" if lines[1][digit] == _check_digit(covered) else "the last check digit, over all of it, is wrong"


def _check_digit(text: str) -> str:
    return str(sum(_VALUES[char] * (7, 3, 1)[n % 3] for n, char in enumerate(text)) % 10)
