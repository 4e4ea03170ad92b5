"""A tool's whole way, as a person sees it: the command, the fenced desk and engine, the courier, a service, the log."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.desk import Desk
from engine.cards import Problem
from tests.engine.scripted import LETTER, PLAYBOOK, write_small_desk
from tests.engine.test_courier import Service
from tests.test_airgap import without_network

Baton = Callable[..., "subprocess.CompletedProcess[str]"]
TOOLS = """
[tools.stock]
tool = "ask_address"
given = {{ address = "{address}/stock" }}
fields = {{ order = "order_number" }}

[tools.refund]
tool = "send_to_address"
given = {{ address = "{address}/refunds" }}
fields = {{ order = "order_number", left = "stock.left" }}

"""


@pytest.fixture
def service(home: Path) -> Iterator[Service]:
    """A service on this machine, and a playbook without models that may ask it and write to it."""
    service = Service()
    thread = threading.Thread(target=service.serve_forever, daemon=True)
    thread.start()
    legs = '["reader", "extractor", "clerk"]'
    text = PLAYBOOK.replace(PLAYBOOK[PLAYBOOK.index("legs = ") + 7 : PLAYBOOK.index("\nout_of_scope")], legs)
    tools = TOOLS.format(address=service.address)
    write_small_desk(home, text.replace("[[fields]]", f"{tools}[[fields]]", 1))
    yield service
    service.shutdown()
    service.server_close()
    thread.join()


def test_an_address_is_asked_a_write_is_proposed_and_a_person_allows_it(
    baton: Baton, service: Service, tmp_path: Path, home: Path
) -> None:
    (tmp_path / "letter.txt").write_text(LETTER)
    done = baton("triage", tmp_path / "letter.txt", "--playbook", "small", "--json")
    (told,) = map(json.loads, done.stdout.splitlines())
    assert (done.returncode, told["status"]) == (0, "finished"), done.stderr
    assert service.asked == [("GET", "/stock?order=LF-20417", "", "")]
    reasons = [row["reason"] for row in told["handoffs"] if row["from"] == "clerk"]
    assert reasons[:2] == ["LF-20417 found in orders.", "stock answered: left 3."]
    assert "line 4 of the permission table" in reasons[2]
    assert [flag["code"] for flag in told["flags"]] == ["write_proposed"]
    assert "order LF-20417, left 3" in told["flags"][0]["sentence"]

    wrong = baton("review", "allow", told["task"], "orders")
    assert (wrong.returncode, len(service.asked)) == (3, 1)
    assert "No write of 'orders' waits" in wrong.stderr

    with closing(Desk(home, resume=False)) as desk:
        (waiting,) = desk.proposals(told["task"])
        assert (waiting.tool, waiting.where) == ("refund", f"{service.address}/refunds")
        shown = [(name, value.text, value.origin) for name, value in waiting.values]
        assert shown == [("order", "LF-20417", "document"), ("left", "3", "document")]
        with pytest.raises(Problem, match="has changed since you looked"):
            desk.allow(told["task"], "refund", "what somebody saw elsewhere")

    allowed = baton("review", "allow", told["task"], "refund")
    assert allowed.returncode == 0, allowed.stderr
    ((method, path, body, key),) = service.asked[2:]
    assert (method, path, json.loads(body)) == ("POST", "/refunds", {"order": "LF-20417", "left": "3"})
    assert len(key) == 64
    assert baton("review", "allow", told["task"], "refund").returncode == 3
    assert len(service.asked) == 3
    assert baton("log", "verify").returncode == 0
    shown = json.loads(baton("log", "show", told["task"], "--json").stdout)
    assert shown["flags"] == []
    assert "refund answered: left 3." in [row["reason"] for row in shown["handoffs"]]

    erased = baton("log", "erase", told["task"], "--yes")
    assert erased.returncode == 0, erased.stderr
    assert not [path for path in home.rglob("*") if path.is_file() and b'{"left": 3}' in path.read_bytes()]


@pytest.mark.skipif(sys.platform != "linux", reason="seccomp filters exist on Linux only")
def test_under_a_filter_that_kills_who_speaks_the_courier_dies_and_the_task_goes_on(
    service: Service, tmp_path: Path
) -> None:
    """The judge of the other offline tests sees it, so they would see anything else that opens a socket."""
    (tmp_path / "letter.txt").write_text(LETTER)
    command = [sys.executable, "-m", "app", "triage", str(tmp_path / "letter.txt"), "--playbook", "small", "--json"]
    done = without_network(*command, seconds=120)
    (told,) = map(json.loads, done.stdout.splitlines())
    assert (done.returncode, told["status"]) == (0, "finished"), done.stderr
    assert service.asked == []
    reasons = [row["reason"] for row in told["handoffs"] if row["from"] == "clerk"]
    assert reasons[0] == "LF-20417 found in orders."
    assert "No address can be asked from here" in reasons[1]
    assert "No stock.left to look up in refund" in reasons[1]
