"""Asks the addresses that playbooks list: the only part of Baton that opens a network socket.

Everything else is kept off the network by the kernel (`fence/`). So the courier is a process of its own,
started before that happens, and only in a home with a playbook that lists an address. It is asked over a
Unix socket which its host's children inherit. What it may ask it reads in the playbooks by itself: it is
told the name of a grant and the values, and never an address. Only loopback and private addresses pass,
unless the playbook says `public = true`; a redirect is not followed, and bytes and seconds are bounded.
"""

from __future__ import annotations

import array
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cards import Problem

if TYPE_CHECKING:
    import http.client
    import urllib.parse

VARIABLE = "BATON_COURIER"
"""The descriptor of the socket to the courier, in the environment of the processes that inherit it."""
LARGEST = 64 * 1024
"""Bytes of an answer, and of a question."""
LONGEST = 30.0
"""Seconds, whatever a playbook says."""
TOOLS = {"ask_address": "GET", "send_to_address": "POST"}

_process: subprocess.Popen[bytes] | None = None
_NONE_SENTENCE = "No address can be asked from here. Start Baton anew after an address was put into a playbook."
# Not the link-local ones: where a machine is rented, its keys are handed out there.
_PRIVATE = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
_TEXT = ("text/", "application/json", "application/xml")


def start(home: Path) -> bool:
    """Start the courier for this process and its children, if a playbook lists an address. Call it before the fence.

    False where none is needed, or on a system without Unix sockets. It ends with the last process that holds
    its socket, and at `stop`.
    """
    global _process  # noqa: PLW0603  one courier a process
    if VARIABLE in os.environ or not hasattr(socket, "AF_UNIX") or not _lists_addresses(home):
        return False
    ours, theirs = socket.socketpair()
    with theirs:
        _process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__, str(home), str(theirs.fileno())],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[theirs.fileno()], start_new_session=True,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        )  # fmt: skip
    os.environ[VARIABLE] = str(ours.detach())
    return True


def stop() -> None:
    """End the courier that this process has started, if it has."""
    global _process  # noqa: PLW0603
    if _process is not None:
        for held in descriptors():
            os.close(held)
        del os.environ[VARIABLE]
        _process.kill()
        _process.wait()
        _process = None


def descriptors() -> tuple[int, ...]:
    """What a child must inherit to ask."""
    given = os.environ.get(VARIABLE, "")
    return (int(given),) if given.isdecimal() else ()


def ask(playbook: str, tool: str, values: Mapping[str, str], key: str, seconds: float) -> str:
    """What the address of that grant answers. `key` tells a repeated write apart from a second one.

    Raises Problem("no_courier"), or with the code and the sentence that the courier gives.
    """
    question = json.dumps({"playbook": playbook, "tool": tool, "values": dict(values), "key": key, "seconds": seconds})
    held = descriptors()
    if not held or len(question) > LARGEST:
        raise Problem("no_courier", _NONE_SENTENCE if not held else "There is more to send than may be sent.")
    near, far = socket.socketpair()
    with near:
        near.settimeout(min(seconds, LONGEST) + 5)
        try:
            with far, socket.socket(fileno=os.dup(held[0])) as courier:
                courier.sendmsg([b"?"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [far.fileno()]))])
            near.sendall(question.encode() + b"\n")
            answer = json.loads(_all(near, 8 * LARGEST))
        except (OSError, ValueError) as error:
            raise Problem("no_courier", _NONE_SENTENCE) from error
    if answer.get("code"):
        raise Problem(str(answer["code"]), str(answer["sentence"]))
    return str(answer["text"])


def fault(address: str, public: bool) -> str:
    """What a playbook has wrong with an address, or ""."""
    import urllib.parse

    try:
        parts = urllib.parse.urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "is no address"
    if parts.scheme not in ("http", "https") or not host or port == 0:
        return "must begin with http:// or https:// and a host"
    if parts.username is not None or parts.password is not None or parts.fragment or parts.query:
        return "must not hold a user name, a password, a query or a fragment"
    if not address.isascii() or any(char.isspace() for char in address):
        return "holds characters that no address has"
    if not public and host != "localhost" and not _is_private(host):
        return (
            "may lie outside your own network. For a service in it, write its number in place of the name, such as "
            "http://192.168.1.20/orders; for one outside, add public = true to `given`"
        )
    return ""


def _is_private(host: str) -> bool:
    """Whether it is the number of a loopback or private address. A name could lead anywhere."""
    import ipaddress

    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(number, ipaddress.IPv6Address) and number.ipv4_mapped is not None:
        number = number.ipv4_mapped
    return any(number in ipaddress.ip_network(network) for network in _PRIVATE)


def _lists_addresses(home: Path) -> bool:
    """A quick look: whether a playbook has the word of such a tool in it. What counts is read later, with care."""
    from engine.fleet import ASSETS

    files = [*(ASSETS / "playbooks").glob("*.toml"), *(home / "playbooks").glob("*.toml")]
    return any(tool.encode() in _bytes(file) for file in files for tool in TOOLS)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _all(near: socket.socket, most: int) -> bytes:
    parts, size = [], 0
    while size < most and (part := near.recv(65536)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _serve(home: Path, host: socket.socket) -> None:
    """Until nobody holds the other end."""
    room = socket.CMSG_SPACE(array.array("i").itemsize)
    while True:
        message, extra, _, _ = host.recvmsg(1, room)
        if not message:
            return
        for level, kind, data in extra:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                (far,) = array.array("i", data[: array.array("i").itemsize])
                threading.Thread(target=_attend, args=(home, socket.socket(fileno=far)), daemon=True).start()


def _attend(home: Path, asker: socket.socket) -> None:
    """One question and its answer."""
    with asker, contextlib.suppress(OSError):
        asker.settimeout(LONGEST)
        line = b""
        while not line.endswith(b"\n") and len(line) <= LARGEST and (part := asker.recv(65536)):
            line += part
        try:
            answer = {"text": _asked(home, json.loads(line))}
        except Problem as problem:
            answer = {"code": problem.code, "sentence": problem.sentence}
        except (ValueError, LookupError, TypeError, AttributeError):
            answer = {"code": "bad_question", "sentence": "The courier was asked nonsense."}
        asker.sendall(json.dumps(answer).encode())


def _asked(home: Path, question: Mapping[str, Any]) -> str:
    """The answer to one question, by the playbook's own words."""
    from engine import playbook

    grant = playbook.find(home, str(question["playbook"])).tools[str(question["tool"])]
    address, public = str(grant.given["address"]), grant.given.get("public") is True
    if wrong := fault(address, public):
        raise Problem("bad_address", f"The address {address!r:.100} {wrong}.")
    values = {name: str(question["values"][name]) for name in grant.fields}
    seconds = min(float(question["seconds"]), grant.seconds, LONGEST)
    return _fetched(address, public, TOOLS[grant.tool], values, str(question["key"]), seconds)


def _fetched(address: str, public: bool, method: str, values: Mapping[str, str], key: str, seconds: float) -> str:
    import http.client
    import urllib.parse

    parts = urllib.parse.urlsplit(address)
    target, body, headers = parts.path or "/", None, {"Accept": "application/json, text/*", "Connection": "close"}
    if method == "GET":
        target += f"?{urllib.parse.urlencode(values)}" if values else ""
    else:
        body = json.dumps(values).encode()
        headers |= {"Content-Type": "application/json", "Idempotency-Key": key}
    ends = time.monotonic() + seconds
    connection = _connection(parts, public, seconds)
    # A server that sends a byte now and then keeps within every time-out of its own: the clock ends it.
    clock = threading.Timer(max(0.0, ends - time.monotonic()), _cut, [connection.sock])
    clock.start()
    try:
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        data = response.read(LARGEST + 1)
    except (OSError, http.client.HTTPException) as error:
        raise _no_answer(address, seconds, ends) from error
    finally:
        clock.cancel()
        connection.close()
    if time.monotonic() >= ends:  # what was cut off may still look like an answer
        raise _no_answer(address, seconds, ends)
    return _text(address, method, response, data)


def _no_answer(address: str, seconds: float, ends: float) -> Problem:
    late = time.monotonic() >= ends
    why = f"has not answered within {seconds:g} seconds" if late else "does not answer as it should"
    return Problem("no_answer", f"{address} {why}")


def _connection(parts: urllib.parse.SplitResult, public: bool, seconds: float) -> http.client.HTTPConnection:
    """Connected to a number that was looked at: the name is not looked up a second time."""
    import http.client

    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    made = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = made(host, port, timeout=seconds)
    try:
        found = [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        if not public and not all(map(_is_private, found)):
            raise Problem("bad_address", f"{host} is not on this machine or in a private network. Nothing was sent.")
        number = found[0]
        connection._create_connection = (  # type: ignore[attr-defined]  # the seam http.client has for this
            lambda _, timeout, source: socket.create_connection((number, port), timeout, source)
        )
        connection.connect()
    except OSError as error:
        raise Problem("no_answer", f"{host}:{port} can't be reached ({error.strerror or 'no connection'})") from error
    return connection


def _cut(connected: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)


def _text(address: str, method: str, response: http.client.HTTPResponse, data: bytes) -> str:
    if not 200 <= response.status < 300:
        redirect = ", a redirect, which is not followed" if 300 <= response.status < 400 else ""
        raise Problem("no_answer", f"{address} answers {response.status}{redirect}")
    if method == "POST":  # it was done: what can't be kept of the answer must not look as if it had failed
        is_text = response.headers.get_content_type().startswith(_TEXT)
        return data[:LARGEST].decode("utf-8", "replace") if is_text else "(an answer that is no text)"
    if len(data) > LARGEST:
        raise Problem("too_large", f"{address} answers with more than {LARGEST // 1024} KiB")
    if not response.headers.get_content_type().startswith(_TEXT):
        raise Problem("no_answer", f"{address} answers with something that is no text")
    return data.decode("utf-8", "replace")


def _main() -> None:
    from engine import fence, playbook  # noqa: F401  imported before writing and programs are taken away

    home, host = Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2]))
    fence.no_programs()
    fence.no_writing()
    _serve(home, host)


if __name__ == "__main__":
    _main()
