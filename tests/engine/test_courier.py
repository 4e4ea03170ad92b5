"""The courier: it asks what a playbook lists and nothing else, and nothing else in Baton opens a socket."""

from __future__ import annotations

import ast
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import courier
from engine.cards import Problem
from tests.engine.scripted import PLAYBOOK, write_small_desk

ROOT = Path(__file__).resolve().parents[2]


class Service(http.server.ThreadingHTTPServer):
    """What listens on this machine in a test; it remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.asked: list[tuple[str, str, str, str]] = []
        self.elsewhere = ""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the tests."""


class _Answers(http.server.BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        self._answer("")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _answer(self, body: str) -> None:
        self.server.asked.append((self.command, self.path, body, self.headers.get("Idempotency-Key", "")))
        kind = self.path.partition("?")[0].strip("/")
        if kind == "drip":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            for _ in range(600):
                self.wfile.write(b"x")
                time.sleep(0.05)
            return
        self.send_response(302 if kind == "away" else 500 if kind == "broken" else 200)
        if kind == "away":
            self.send_header("Location", self.server.elsewhere)
        self.send_header("Content-Type", "image/png" if kind == "picture" else "application/json")
        self.end_headers()
        self.wfile.write(b"x" * 70_000 if kind == "large" else b'{"left": 3}')
        if kind == "silent":
            time.sleep(3)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library has it
        return


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    thread = threading.Thread(target=service.serve_forever, daemon=True)
    thread.start()
    yield service
    service.shutdown()
    service.server_close()
    thread.join()


@pytest.fixture
def _stopped(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(courier.VARIABLE, raising=False)
    yield
    courier.stop()


def listing(home: Path, address: str, tool: str = "ask_address", more: str = "") -> None:
    """The small playbook, with an address."""
    row = (
        f'[tools.stock]\ntool = "{tool}"\ngiven = {{ address = "{address}"{more} }}\n'
        'fields = { order = "order_number" }\nseconds = 1.0\n\n'
    )
    write_small_desk(home, PLAYBOOK.replace("[[fields]]", f"{row}[[fields]]", 1))


def ask(**values: str) -> str:
    return courier.ask("small", "stock", {"order": "LF-1", **values}, "key", 1.0)


def code(**values: str) -> str:
    with pytest.raises(Problem) as caught:
        ask(**values)
    return caught.value.code


@pytest.mark.usefixtures("_stopped")
def test_a_listed_address_is_asked_with_the_values_in_the_query(home: Path, service: Service) -> None:
    listing(home, f"{service.address}/stock")
    assert courier.start(home)
    assert ask(order="LF 1&x=2#?/../é", more="unlisted") == '{"left": 3}'
    assert service.asked == [("GET", "/stock?order=LF+1%26x%3D2%23%3F%2F..%2F%C3%A9", "", "")]


@pytest.mark.usefixtures("_stopped")
def test_a_write_carries_its_values_as_json_and_its_key(home: Path, service: Service) -> None:
    listing(home, f"{service.address}/refunds", "send_to_address")
    courier.start(home)
    ask(order='"}\r\nX: y')
    ((method, path, body, key),) = service.asked
    assert (method, path, key) == ("POST", "/refunds", "key")
    assert json.loads(body) == {"order": '"}\r\nX: y'}


@pytest.mark.usefixtures("_stopped")
@pytest.mark.parametrize(
    ("path", "answer"), [("large", "x" * courier.LARGEST), ("picture", "(an answer that is no text)")]
)
def test_a_write_that_was_taken_is_done_whatever_it_answers(
    home: Path, service: Service, path: str, answer: str
) -> None:
    listing(home, f"{service.address}/{path}", "send_to_address")
    courier.start(home)
    assert ask() == answer


@pytest.mark.usefixtures("_stopped")
@pytest.mark.parametrize(
    ("path", "expected"),
    [("broken", "no_answer"), ("picture", "no_answer"), ("large", "too_large"), ("drip", "no_answer")],
)
def test_what_is_no_short_text_in_time_is_no_answer(home: Path, service: Service, path: str, expected: str) -> None:
    listing(home, f"{service.address}/{path}")
    courier.start(home)
    began = time.monotonic()
    assert code() == expected
    assert time.monotonic() - began < 10, "a server that drips would hold it for half a minute"


@pytest.mark.usefixtures("_stopped")
def test_a_redirect_is_not_followed(home: Path, service: Service) -> None:
    service.elsewhere = f"{service.address}/secret"
    listing(home, f"{service.address}/away")
    courier.start(home)
    assert code() == "no_answer"
    assert [path.partition("?")[0] for _, path, _, _ in service.asked] == ["/away"]


@pytest.mark.usefixtures("_stopped")
def test_proxies_of_the_environment_are_not_heeded(
    home: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    listing(home, f"{service.address}/stock")
    courier.start(home)
    assert ask() == '{"left": 3}'


@pytest.mark.usefixtures("_stopped")
def test_it_is_told_a_name_and_never_an_address(home: Path, service: Service) -> None:
    listing(home, f"{service.address}/stock")
    courier.start(home)
    for playbook, tool in [
        ("small", f"{service.address}/secret"),
        ("small", "orders"),
        ("../small", "stock"),
        ("x", "y"),
    ]:
        with pytest.raises(Problem):
            courier.ask(playbook, tool, {"address": f"{service.address}/secret", "order": "1", "value": "1"}, "", 1.0)
    assert service.asked == []


@pytest.mark.usefixtures("_stopped")
def test_nobody_answers_where_nothing_listens(home: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    listing(home, f"http://127.0.0.1:{port}/stock")
    courier.start(home)
    assert code() == "no_answer"


@pytest.mark.usefixtures("_stopped")
def test_without_a_courier_the_sentence_says_what_to_do() -> None:
    with pytest.raises(Problem, match="Start Baton anew") as caught:
        ask()
    assert caught.value.code == "no_courier"


@pytest.mark.usefixtures("_stopped")
def test_a_home_without_an_address_has_no_courier(home: Path) -> None:
    write_small_desk(home)
    assert not courier.start(home)
    assert courier.descriptors() == ()


def run(program: str, home: Path) -> subprocess.CompletedProcess[str]:
    """A process of its own, which may start a courier and fence itself."""
    words = [sys.executable, "-c", program, str(home)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_an_engine_behind_its_fence_asks_through_the_courier_and_opens_nothing_itself(
    home: Path, service: Service
) -> None:
    listing(home, f"{service.address}/stock")
    program = (
        "import socket, sys\nfrom pathlib import Path\nfrom engine import courier, fence\n"
        "courier.start(Path(sys.argv[1]))\nfence.no_network()\n"
        "print(courier.ask('small', 'stock', {'order': 'LF-1'}, '', 2.0))\n"
        "try:\n    socket.socket()\nexcept PermissionError:\n    print('fenced')\ncourier.stop()\n"
    )
    done = run(program, home)
    assert done.stdout == '{"left": 3}\nfenced\n', done.stderr


def test_a_child_asks_by_the_descriptor_that_it_inherits_and_others_can_not(home: Path, service: Service) -> None:
    listing(home, f"{service.address}/stock")
    program = (
        "import subprocess, sys\nfrom pathlib import Path\nfrom engine import courier, fence\n"
        "courier.start(Path(sys.argv[1]))\nfence.no_network()\n"
        'child = "from engine import courier\\ntry:\\n'
        "    print(courier.ask('small', 'stock', {'order': '1'}, '', 2.0))\\n"
        'except courier.Problem as problem:\\n    print(problem.code)"\n'
        "for held in (courier.descriptors(), ()):\n"
        "    subprocess.run([sys.executable, '-c', child], pass_fds=held)\ncourier.stop()\n"
    )
    done = run(program, home)
    assert done.stdout == '{"left": 3}\nno_courier\n', done.stderr


def test_the_courier_ends_with_who_started_it(home: Path) -> None:
    listing(home, "http://127.0.0.1:9/stock")
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom engine import courier\n"
        "courier.start(Path(sys.argv[1]))\nprint(courier._process.pid, flush=True)\nos._exit(0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(home)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    pid, gone = int(done.stdout), time.monotonic() + 20
    while time.monotonic() < gone and os.path.exists(f"/proc/{pid}/exe"):
        time.sleep(0.05)
    assert not os.path.exists(f"/proc/{pid}/exe")


# Which addresses


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1", "http://127.0.0.1:8080/a/b", "http://localhost:1", "https://10.1.2.3/x", "http://192.168.1.4",
        "http://172.31.0.1", "http://[::1]:80/", "http://[fd00::1]/",
    ],
)  # fmt: skip
def test_this_machine_and_private_networks_pass(address: str) -> None:
    assert courier.fault(address, public=False) == ""


OUTSIDE = [
    "http://93.184.215.14/", "http://example.com", "http://intranet/", "http://169.254.169.254/latest/meta-data",
    "http://[::ffff:8.8.8.8]/", "http://0.0.0.0/", "http://[::]/", "http://[fe80::1]/", "http://172.32.0.1/",
    "http://127.0.0.1.example.com/", "http://2130706433.example/",
]  # fmt: skip


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_lies_outside_must_be_called_public(address: str) -> None:
    assert "public = true" in courier.fault(address, public=False)
    assert courier.fault(address, public=True) == ""


@pytest.mark.parametrize(
    "address",
    [
        "", "127.0.0.1", "file:///etc/passwd", "ftp://127.0.0.1/", "unix:///run/docker.sock", "http://", "http:///x",
        "http://a:b@127.0.0.1/", "http://127.0.0.1/?x=1", "http://127.0.0.1/#x", "http://127.0.0.1:99999/",
        "http://127.0.0.1:0/", "http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: y", "http://127.0.0.1/é", "http://[::1",
        "gopher://127.0.0.1/", "HTTP://",
    ],
)  # fmt: skip
def test_what_is_no_plain_address_never_passes(address: str) -> None:
    assert courier.fault(address, public=False)
    assert courier.fault(address, public=True)


@given(st.text(max_size=60), st.booleans())
@settings(max_examples=400)
def test_no_text_breaks_the_check(text: str, public: bool) -> None:
    assert isinstance(courier.fault(text, public), str)
    assert isinstance(courier.fault(f"http://{text}", public), str)


# Nobody else

NETWORK = {"http", "urllib.request", "ssl", "ftplib", "smtplib", "poplib", "imaplib", "telnetlib", "xmlrpc", "asyncio"}
CONNECTING = {"create_connection", "getaddrinfo", "create_server", "AF_INET", "AF_INET6"}


def speaks(path: Path) -> bool:
    """Whether a file imports what speaks over a network, or names what connects."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Import(names=names) if any(_is_network(alias.name) for alias in names):
                return True
            case ast.ImportFrom(module=str(module)) if _is_network(module):
                return True
            case ast.Attribute(attr=name) if name in CONNECTING:
                return True
    return False


def _is_network(module: str) -> bool:
    return module in NETWORK or module.partition(".")[0] in NETWORK


def test_nothing_but_the_courier_speaks_over_a_network() -> None:
    speakers = {
        path.relative_to(ROOT).as_posix()
        for layer in ("engine", "app", "ui")
        for path in (ROOT / layer).rglob("*.py")
        if speaks(path)
    }
    assert speakers - {"engine/fence/_trials.py"} == {"engine/courier.py"}, "_trials tries whether a worker could"
