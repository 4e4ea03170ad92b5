"""The sample inbox ends as its authors said it would, file by file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app import log
from engine.events import fold
from tests.app.conftest import INBOX, Worked

EXPECTED: dict[str, Any] = json.loads((INBOX.parent / "expected.json").read_text("utf-8"))


def outcome(task: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """A task in the terms of `expected.json`."""
    names = {other["task"]: name for name, other in told.items()}
    return {
        "intent": task["intent"]["label"],
        "status": task["status"],
        "flags": [flag["code"] for flag in task["flags"]],
        "fields": {field["name"]: field["value"] for field in task["fields"]},
        "duplicate_of": names.get(task["duplicate_of"], ""),
        "also": task["intent"]["also"],
    }


def test_every_sample_has_an_expected_outcome() -> None:
    assert sorted(EXPECTED) == sorted(path.name for path in INBOX.iterdir())


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sample_ends_as_expected(worked: Worked, name: str) -> None:
    wanted = {"duplicate_of": "", "also": [], "fields": {}} | EXPECTED[name]
    found = outcome(worked.told[name], worked.told)
    fields = {field: found["fields"].get(field) for field in wanted["fields"]}  # it may find more than is listed
    assert found | {"fields": fields} == wanted


def test_a_further_request_is_named_with_the_paragraph_it_stands_in(kept: Path, worked: Worked) -> None:
    db = log.read(kept / "log.db")
    route = fold(log.history(db, worked.told["15-warranty-and-invoice-copy.eml"]["task"])).route
    db.close()
    assert route is not None
    (request,) = route.also
    assert (route.label, request.label) == ("warranty_claim", "account_request")
    assert "copy of the invoice" in request.text
    assert "zip" not in request.text
    assert 0.0 < request.score <= 1.0


def test_an_amount_above_the_limit_goes_to_a_person_with_its_quote(worked: Worked) -> None:
    task = worked.told["23-refund-expedition-tent.eml"]
    (flag,) = task["flags"]
    assert (flag["code"], flag["quote"], task["handoffs"][-1]["to"]) == ("amount_over", "1,649.00 EUR", "person")
