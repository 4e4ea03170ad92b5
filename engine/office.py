"""Converts old office files with LibreOffice, where it is installed, into ones that a reader knows.

LibreOffice runs in a folder of its own, which is thrown away, and is fenced: no network, no files but
the system's own and that folder, a limit on processor time and memory. It is a foreign program of a
million lines: what a reader can read by itself never goes this way.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from engine import fence
from engine.readers import Limits, Stop, Unread

TARGETS = {
    "doc": "docx", "dot": "docx", "wps": "docx", "wpd": "docx", "wri": "docx", "sxw": "docx", "lwp": "docx",
    "ppt": "pptx", "pps": "pptx", "sxi": "pptx",
    "xls": "xlsx", "wk1": "xlsx", "wks": "xlsx", "123": "xlsx", "sxc": "xlsx",
    "pub": "odg", "vsd": "odg",
}  # fmt: skip
"""Which kinds it may convert, and into what."""

LACKING = (
    "Baton can't read this old kind of file by itself. Where LibreOffice is installed it can: "
    "install that, or save the file as PDF, DOCX or XLSX and add that."
)

_MEMORY = 4 << 30
_SYSTEM = (
    "/usr", "/lib", "/lib64", "/etc", "/opt", "/proc", "/sys/devices/system", "/dev/urandom",
    "/var/cache/fontconfig", "/var/lib/libreoffice", "/var/spool/libreoffice",
)  # fmt: skip
_DEVICES = ("/dev/null", "/dev/zero")
_SOCKETS = Path("/tmp")  # noqa: S108  where it insists on making a socket, and leaves it when it may not remove it
_RESTART, _NO_FENCE = 81, 82
"""Its exit status when it has made itself a profile and wants to be started again; and ours."""
_LEAST, _LOOK = 90.0, 0.05
"""Seconds: it needs some even for a small file; and between two looks at it."""
_PLACES = (
    "/usr/lib/libreoffice/program/soffice.bin",
    "/usr/lib64/libreoffice/program/soffice.bin",
    "/opt/libreoffice/program/soffice.bin",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
)


def program() -> str:
    """Where LibreOffice is, or "" where it is not."""
    wrapper = shutil.which("soffice") or shutil.which("libreoffice")
    beside = Path(os.path.realpath(wrapper)).with_name("soffice.bin") if wrapper else None
    places = [str(beside)] if beside else []
    return next((place for place in (*places, *_PLACES) if os.access(place, os.X_OK)), "")


def convert(data: bytes, kind: str, limits: Limits, stop: Stop) -> bytes:
    """The same document as a `TARGETS[kind]` file.

    Raises Unread: `unsupported` without LibreOffice, or where it can't be fenced; `too_slow`, `stopped`, or
    `damaged` when it makes nothing of the file.
    """
    found = program()
    if not found:
        raise Unread("unsupported", LACKING, kind)
    seconds = max(_LEAST, limits.seconds)
    with tempfile.TemporaryDirectory(prefix="baton-office-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        (place / f"in.{kind}").write_bytes(data)
        command = [sys.executable, "-P", "-s", "-m", __name__, str(os.getpid()), folder, kind, found, str(seconds)]
        status = _status(command, kind, seconds, stop)
        if status == _RESTART:
            status = _status(command, kind, seconds, stop)
        if status == _NO_FENCE:
            raise Unread("unsupported", "LibreOffice can't be fenced on this system, so Baton does not use it.", kind)
        made = place / f"in.{TARGETS[kind]}"
        if not made.is_file() or made.stat().st_size > limits.bytes:
            raise Unread("damaged", "LibreOffice could make nothing of this file.", kind)
        return made.read_bytes()


def _status(command: list[str], kind: str, seconds: float, stop: Stop) -> int:
    """The exit status of one run, which is killed when it takes too long or is stopped."""
    deadline = time.monotonic() + seconds
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, env=environment) as process:
        try:
            while process.poll() is None:
                if stop.called:
                    raise Unread("stopped", "Reading was stopped.", kind)
                if time.monotonic() > deadline:
                    raise Unread(
                        "too_slow", f"LibreOffice took longer than {seconds:.0f} seconds over this file.", kind
                    )
                time.sleep(_LOOK)
        finally:
            process.kill()
            process.wait()
            _tidy_up()
    return process.returncode


def _main(parent: int, folder: str, kind: str, found: str, seconds: float) -> int:
    """Behind the fence: run LibreOffice, which dies with us as we die with our parent; returns its exit status."""
    fence.die_with_parent(parent)
    bounds = _bounds(os.getpid(), seconds)
    fence.no_network()
    if not fence.only_below(
        read=(*_SYSTEM, str(Path(found).parents[1])), write=(folder, *_DEVICES), sockets=(str(_SOCKETS),)
    ):
        return _NO_FENCE
    os.chdir(folder)
    environment = {"HOME": folder, "TMPDIR": folder, "PATH": os.defpath, "LANG": "C.UTF-8", "SAL_USE_VCLPLUGIN": "svp"}
    command = [
        found, "--headless", "--norestore", "--nologo", "--nodefault", f"-env:UserInstallation=file://{folder}/profile",
        "--convert-to", TARGETS[kind], "--outdir", folder, f"in.{kind}",
    ]  # fmt: skip
    quiet = subprocess.DEVNULL
    return subprocess.run(
        command, env=environment, preexec_fn=bounds, stdin=quiet, stdout=quiet, stderr=quiet, check=False
    ).returncode


def _bounds(parent: int, seconds: float) -> Callable[[], None] | None:
    """What the child does before it becomes LibreOffice. (Imported here: behind the fence it could not be.)"""
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return None

    def bounded() -> None:
        fence.die_with_parent(parent)
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    return bounded


def _tidy_up() -> None:
    """Remove the sockets that no LibreOffice listens to any more."""
    import socket

    for path in _SOCKETS.glob(f"OSL_PIPE_{os.getuid()}_SingleOfficeIPC_*") if hasattr(os, "getuid") else ():
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink(missing_ok=True)
            except OSError:  # somebody else's, or gone
                continue


if __name__ == "__main__":
    sys.exit(_main(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], float(sys.argv[5])))
