"""Reckons with numbers and dates: "delivered + 30 days", "total * 2 %", "received <= delivered + 30 days"."""

from __future__ import annotations

import datetime
import decimal
import operator
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine._document import day
from engine.cards import Problem
from engine.rules.amount_over import number
from engine.tools import Finding, Given, NoResult, Result, Tray, Values

SENTENCE = "Reckons with numbers, amounts and dates."
ACTION = "compute"
PARAMETERS = {"expression": str}
OPTIONAL = {"decimals": int}
VALUES = None

LONGEST = 200
"""Characters of an expression; and of a value, a fifth of it."""
DEEPEST = 20
LARGEST = Decimal(10) ** 15
_UNITS = {"day": "days", "working day": "working days", "week": "weeks", "month": "months", "year": "years"}
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d{1,15}(?:\.\d{1,9})?)|(?P<unit>working days?|(?:day|week|month|year)s?)\b"
    r"|(?P<name>[A-Za-z_]\w{0,63})|(?P<sign><=|>=|[-+*/()<>=%]))"
)
# All of a text must be an amount or a duration: the first number in "3/4/2026" is none.
_MONEY = r"(?:[A-Z]{3}|[€$£¥]|[Ee]uros?|[Dd]ollars?|[Pp]ounds?)?"
_AMOUNT = re.compile(rf"{_MONEY}\s*([-−]?)\s*{_MONEY}\s*([0-9](?:[0-9.,'’ ]{{0,20}}[0-9])?)\s*{_MONEY}")
_DURATION = re.compile(r"([0-9]{1,6})\s+(working days?|(?:day|week|month|year)s?)")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T|$)")
_EXACT = decimal.Context(prec=40, traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow])
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt, "=": operator.eq,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """So many days, working days, weeks, months or years."""

    count: Decimal
    unit: str


Amount = Decimal | datetime.date | Span | bool


def call(given: Given, values: Values, tray: Tray) -> Result:
    """The value of `expression`, in which the names stand for the values; dates are written as 2026-10-05.

    `decimals` rounds a number. Raises NoResult for what is no number, no date or too large, and
    Problem("bad_expression") for what the playbook has wrong.
    """
    known = {name: _read(name, value.text) for name, value in values.items()}
    try:
        result = _shown(_Parser(given["expression"], known).result(), given.get("decimals"))
    except (decimal.DecimalException, OverflowError, ValueError) as error:
        raise NoResult("no_result", f"{tray.name} can't be reckoned: a number or a date gets too large") from error
    except _Unlike as error:
        raise NoResult("no_result", f"{tray.name} can't be reckoned: {error}") from error
    told = tuple((name, value.text) for name, value in values.items())
    sentence = f"{tray.name}: {given['expression']} is {result}"
    first = next((value for value in values.values() if value.quote), None)
    place, quote = (first.place, first.quote) if first else tray.note(tray.name, sentence)
    return Result((Finding((("result", result), *told), quote, place, tray.name),), sentence)


def gives(values: Collection[str]) -> tuple[str, ...]:
    """The columns of a finding."""
    return "result", *values


def faults(given: Given, values: Collection[str]) -> Iterator[str]:
    """What is wrong with a playbook's row."""
    try:
        named = {text for kind, text in _tokens(given["expression"]) if kind == "name"}
        _try(given["expression"], named)
    except Problem as problem:
        yield f"can't reckon: {problem.sentence}"
        return
    if named != set(values):
        yield f"must say in `fields` what fills {', '.join(sorted(named)) or 'nothing'}: the names in its expression."


def _try(expression: str, names: Collection[str]) -> None:
    """Reckon with numbers, then with dates: of which kind the values are, only a task says. Raises
    Problem("bad_expression") where neither can go."""
    faults: list[Exception] = []
    for sample in (Decimal(1), datetime.date(2000, 1, 1)):
        try:
            _Parser(expression, dict.fromkeys(names, sample)).result()
        except (Problem, _Unlike) as error:
            faults.append(error)
        except (decimal.DecimalException, OverflowError, ValueError):
            return
    if len(faults) == 2 and type(faults[0]) is type(faults[1]):
        raise Problem("bad_expression", f"In {expression!r}, {str(faults[0]).rstrip('.')}.")


def _read(name: str, text: str) -> Amount:
    """A date, else the number in the text."""
    text = text.strip()
    if len(text) <= LONGEST // 5:
        found = day(text) or _moment(text)
        if found is not None:
            return found
        if duration := _DURATION.fullmatch(text):
            return Span(Decimal(duration[1]), _UNITS[duration[2].removesuffix("s")])
        if (amount := _AMOUNT.fullmatch(text)) and (plain := number(amount[2])) is not None:
            return -Decimal(str(plain)) if amount[1] else Decimal(str(plain))
    raise NoResult("no_result", f"{name} is {text!r:.40}, which is neither a number nor a date")


def _moment(text: str) -> datetime.date | None:
    """A day as it is written here, or that of a time as the desk writes it."""
    try:
        return datetime.datetime.fromisoformat(text).date() if _MOMENT.match(text) else None
    except ValueError:
        return None


def _tokens(expression: str) -> list[tuple[str, str]]:
    if len(expression) > LONGEST:
        raise Problem("bad_expression", f"An expression has at most {LONGEST} characters.")
    found, at, text = [], 0, expression.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise Problem("bad_expression", f"In {expression!r}, nobody can reckon from {text[at:][:20]!r} on.")
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


class _Unlike(Exception):
    """Two amounts that don't go together: which kinds they are, only the values say."""


class _Parser:
    """Recursive descent over the tokens. There is no power, no name but the given ones, and no call: it is finite."""

    def __init__(self, expression: str, known: Mapping[str, Amount]) -> None:
        self._expression = expression
        self._tokens = _tokens(expression)
        self._known = known
        self._depth = 0

    def result(self) -> Amount:
        left = self._sum()
        if self._next in _COMPARED:
            compared = _COMPARED[self._take()]
            right = self._sum()
            if type(left) is not type(right) or isinstance(left, Span):
                raise _Unlike("only two numbers or two dates can be compared")
            left = compared(left, right)
        if self._tokens:
            raise self._wrong(f"something is missing before {self._next!r}")
        return left

    @property
    def _next(self) -> str:
        return self._tokens[0][1] if self._tokens else ""

    def _take(self) -> str:
        return self._tokens.pop(0)[1]

    def _sum(self) -> Amount:
        left = self._product()
        while self._next in ("+", "-"):
            left = self._added(left, self._product()) if self._take() == "+" else self._less(left, self._product())
        return left

    def _product(self) -> Amount:
        left = self._factor()
        while self._next in ("*", "/"):
            sign, right = self._take(), self._factor()
            if not isinstance(left, Decimal) or not isinstance(right, Decimal):
                raise _Unlike("only numbers can be multiplied or divided")
            left = _small(_EXACT.multiply(left, right) if sign == "*" else _EXACT.divide(left, right))
        return left

    def _factor(self) -> Amount:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._wrong("it is nested too deeply")
        amount = self._atom()
        self._depth -= 1
        if self._next == "%" and isinstance(amount, Decimal):
            self._take()
            amount = amount / 100
        if self._tokens and self._tokens[0][0] == "unit" and isinstance(amount, Decimal):
            unit = self._take().removesuffix("s")
            amount = Span(amount, _UNITS[unit])
        return amount

    def _atom(self) -> Amount:
        kind, text = self._tokens.pop(0) if self._tokens else ("", "")
        if kind == "number":
            return Decimal(text)
        if kind == "name" and text in self._known:
            return self._known[text]
        if text == "-":
            return self._less(Decimal(0), self._factor())
        if text == "(":
            amount = self._sum()
            if not self._tokens or self._take() != ")":
                raise self._wrong("a bracket is not closed")
            return amount
        raise self._wrong(f"{text!r} stands where a number, a date or a name is expected")

    def _added(self, left: Amount, right: Amount) -> Amount:
        if isinstance(left, Span) and isinstance(right, datetime.date):
            left, right = right, left
        if isinstance(left, datetime.date) and isinstance(right, Span):
            return _later(left, right)
        if isinstance(left, Decimal) and isinstance(right, Decimal):
            return _small(left + right)
        raise _Unlike("numbers are added to numbers, and days to dates")

    def _less(self, left: Amount, right: Amount) -> Amount:
        if isinstance(left, datetime.date) and isinstance(right, datetime.date):
            return Span(Decimal((left - right).days), "days")
        if isinstance(right, Span):
            return self._added(left, Span(-right.count, right.unit))
        if isinstance(left, Decimal) and isinstance(right, Decimal):
            return _small(left - right)
        raise _Unlike("numbers are taken from numbers, and days or dates from dates")

    def _wrong(self, why: str) -> Problem:
        return Problem("bad_expression", f"The expression {self._expression!r} can't be reckoned: {why}.")


def _small(amount: Decimal) -> Decimal:
    if abs(amount) > LARGEST:
        raise OverflowError
    return amount


def _later(start: datetime.date, span: Span) -> datetime.date:
    """That much later. A month after 31 January is the last of February; working days leave out weekends only."""
    if abs(span.count) > 100_000 or span.count != int(span.count):
        raise OverflowError
    count = int(span.count)
    match span.unit:
        case "weeks":
            return start + datetime.timedelta(weeks=count)
        case "months":
            return _months_later(start, count)
        case "years":
            return _months_later(start, 12 * count)
        case "working days":
            return _working_days_later(start, count)
        case _:
            return start + datetime.timedelta(days=count)


def _months_later(start: datetime.date, months: int) -> datetime.date:
    years, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    first = datetime.date(years, month + 1, 1)
    last = (first.replace(day=28) + datetime.timedelta(days=4)).replace(day=1) - datetime.timedelta(days=1)
    return first.replace(day=min(start.day, last.day))


def _working_days_later(start: datetime.date, count: int) -> datetime.date:
    weeks, days = divmod(abs(count), 5)
    step = datetime.timedelta(days=1 if count > 0 else -1)
    found = start
    while count and found.weekday() >= 5:  # a weekend counts from the working day before it
        found -= step
    found += 7 * weeks * step
    while days:
        found += step
        days -= found.weekday() < 5
    return found


def _shown(amount: Amount, decimals: int | None) -> str:
    match amount:
        case bool():
            return "yes" if amount else "no"
        case Span(count, unit):
            return f"{_shown(count, decimals)} {unit}"
        case datetime.date():
            return amount.isoformat()
    places = 6 if decimals is None else max(0, min(decimals, 9))
    rounded = amount.quantize(Decimal(1).scaleb(-places), decimal.ROUND_HALF_UP, _EXACT)
    text = f"{rounded:f}"
    return text if decimals is not None or "." not in text else text.rstrip("0").rstrip(".")
