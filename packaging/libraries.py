"""Says which system libraries Baton still lacks on this machine, with the command that brings them.

python packaging/libraries.py engine|test|window
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys

ENGINE = {
    "libstdc++.so.6": "libstdc++6",
    "libgomp.so.1": "libgomp1",  # llama.cpp's threads; comes with a compiler, but not with a bare system
}
QT = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
}
X11 = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
WAYLAND = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
}


def missing(wanted: dict[str, str]) -> list[str]:
    """The libraries among `wanted` that the loader does not find."""
    return [name for name in wanted if not _loads(name)]


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def wanted(purpose: str) -> dict[str, str]:
    """What is linked to here: by the engine, by Qt for the tests, by Qt with this display for the window."""
    if sys.platform != "linux":
        return {}
    if purpose == "engine":
        return ENGINE
    if purpose == "test":
        return ENGINE | QT
    return ENGINE | QT | _display()


def _display() -> dict[str, str]:
    """What Qt needs for the display that is there; a Wayland desktop mostly offers X11 as well, and one will do."""
    offered = [table for name, table in (("WAYLAND_DISPLAY", WAYLAND), ("DISPLAY", X11)) if os.environ.get(name)]
    return min(offered, key=lambda table: len(missing(table)), default=X11)


def sentence(names: list[str], packages: list[str]) -> str:
    """What is missing, and what to type."""
    lacks = f"Baton cannot start: this machine has no {', '.join(names)}."
    if shutil.which("apt-get") is None:
        return f"{lacks} Install the packages of your system that hold them."
    sudo = "" if os.geteuid() == 0 else "sudo "
    return f"{lacks}\nInstall with: {sudo}apt-get update && {sudo}apt-get install -y {' '.join(packages)}"


def qt_objection() -> str:
    """Why Qt's widgets do not load, or nothing. The tables above may lag behind Qt; this decides."""
    probe = subprocess.run([sys.executable, "-c", "import PySide6.QtWidgets"], capture_output=True, text=True)
    if probe.returncode == 0:
        return ""
    return (probe.stderr.strip().splitlines() or [f"it ended with {probe.returncode}"])[-1]


def main(purpose: str) -> int:
    table = wanted(purpose)
    if names := missing(table):
        print(sentence(names, sorted({table[name] for name in names})), file=sys.stderr)
        return 3
    if purpose != "engine" and (objection := qt_objection()):
        print(f"Baton cannot open a window: Qt does not load. {objection}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    if sys.argv[1:] not in (["engine"], ["test"], ["window"]):
        sys.exit("usage: libraries.py engine|test|window")
    sys.exit(main(sys.argv[1]))
