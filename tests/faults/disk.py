"""A disk that SQLite writes to through us: it records, fails on order, and can lose what was not synced.

`Disk()` puts itself between the SQLite that the log uses and the real files, by replacing three functions of each
open file (write, truncate, sync) and the one that deletes files. Power cuts are played afterwards from the recording:
`cuts` makes the files as they may lie on a disk when the power goes, which keeps what was synced, and of the rest any
part, in any order, torn at sectors. Linux and macOS, where SQLite's functions can be reached from outside.
"""

from __future__ import annotations

import ctypes
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pysqlite3

SECTOR = 512
FULL, IO_WRITE, IO_SYNC = 13, 778, 1034
"""SQLite's result codes."""

_Pointer, _Int, _Long = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64
_Write = ctypes.CFUNCTYPE(_Int, _Pointer, _Pointer, _Int, _Long)
_Truncate = ctypes.CFUNCTYPE(_Int, _Pointer, _Long)
_Sync = ctypes.CFUNCTYPE(_Int, _Pointer, _Int)
_Delete = ctypes.CFUNCTYPE(_Int, _Pointer, ctypes.c_char_p, _Int)
_Open = ctypes.CFUNCTYPE(_Int, _Pointer, _Pointer, _Pointer, _Int, _Pointer)


class _Methods(ctypes.Structure):
    """sqlite3_io_methods."""

    _fields_ = [("iVersion", _Int), ("xClose", _Pointer), ("xRead", _Pointer), ("xWrite", _Pointer),
                ("xTruncate", _Pointer), ("xSync", _Pointer), ("rest", _Pointer * 14)]  # fmt: skip


class _Vfs(ctypes.Structure):
    """sqlite3_vfs."""

    _fields_ = [("iVersion", _Int), ("szOsFile", _Int), ("mxPathname", _Int), ("pNext", _Pointer),
                ("zName", ctypes.c_char_p), ("pAppData", _Pointer), ("xOpen", _Pointer), ("xDelete", _Pointer),
                ("rest", _Pointer * 15)]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened: `what` is write, truncate, sync, delete, folder (synced) or a mark."""

    what: str
    file: str = ""
    at: int = 0
    data: bytes = b""
    mark: Any = None


@dataclass
class Disk:
    """What was done to the files of one folder. `before` is asked before each step, and may answer with an error."""

    steps: list[Step] = field(default_factory=list)
    before: Callable[[Step], int] = lambda step: 0

    def mark(self, mark: Any) -> None:
        """Note something between the steps."""
        self.steps.append(Step("mark", mark=mark))

    def settled(self) -> None:
        """Note that the folder was synced."""
        self.steps.append(Step("folder"))

    def _step(self, step: Step) -> int:
        if error := self.before(step):
            return error
        self.steps.append(step)
        return 0

    @contextmanager
    def mounted(self) -> Iterator[Disk]:
        """Within this, whatever opens a database goes through this disk."""
        library = ctypes.CDLL(pysqlite3._sqlite3.__file__)
        library.sqlite3_vfs_find.restype = _Pointer
        real = _Vfs.from_address(library.sqlite3_vfs_find(None))
        ours = _Vfs()
        ctypes.pointer(ours)[0] = real
        ours.zName, ours.pNext = b"watched", None
        hooks = _Hooks(self, real)
        ours.xOpen = ctypes.cast(hooks.open, _Pointer)
        ours.xDelete = ctypes.cast(hooks.delete, _Pointer)
        library.sqlite3_vfs_register(ctypes.byref(ours), 1)
        try:
            yield self
        finally:
            library.sqlite3_vfs_register(ctypes.byref(real), 1)
            library.sqlite3_vfs_unregister(ctypes.byref(ours))
            _KEPT.append((ours, hooks))


_KEPT: list[Any] = []
"""What C may still point at."""


class _Hooks:
    """The functions that stand in for SQLite's own."""

    def __init__(self, disk: Disk, real: _Vfs) -> None:
        self._disk, self._names, self._methods = disk, {}, {}  # type: ignore[var-annotated]
        self._real_open = _Open(real.xOpen)
        self.open = _Open(self._open)
        self._real_delete = _Delete(real.xDelete)
        self.delete = _Delete(self._delete)

    def _open(self, vfs: int, name: int | None, file: int, flags: int, out: int) -> int:
        code = self._real_open(vfs, name, file, flags, out)
        methods = _Pointer.from_address(file)
        if code == 0 and name and methods.value:
            self._names[file] = Path(ctypes.string_at(name).decode()).name
            if methods.value not in self._methods:
                self._methods[methods.value] = self._wrapped(_Methods.from_address(methods.value))
            methods.value = ctypes.addressof(self._methods[methods.value][0])
        return int(code)

    def _delete(self, vfs: int, name: bytes, folder_too: int) -> int:
        code = int(self._real_delete(vfs, name, folder_too))
        if code == 0:
            self._disk.steps.append(Step("delete", Path(name.decode()).name, folder_too))
        return code

    def _wrapped(self, real: _Methods) -> tuple[Any, ...]:
        ours = _Methods()
        ctypes.memmove(
            ctypes.byref(ours), ctypes.byref(real), ctypes.sizeof(_Methods) - 8 * (0 if real.iVersion > 2 else 2)
        )
        write, truncate, sync = _Write(real.xWrite), _Truncate(real.xTruncate), _Sync(real.xSync)

        def on_write(file: int, data: int, size: int, at: int) -> int:
            step = Step("write", self._names[file], at, ctypes.string_at(data, size))
            return self._disk._step(step) or write(file, data, size, at)

        def on_truncate(file: int, size: int) -> int:
            return self._disk._step(Step("truncate", self._names[file], size)) or truncate(file, size)

        def on_sync(file: int, flags: int) -> int:
            return self._disk._step(Step("sync", self._names[file])) or sync(file, flags)

        kept = _Write(on_write), _Truncate(on_truncate), _Sync(on_sync)
        ours.xWrite, ours.xTruncate, ours.xSync = (ctypes.cast(each, _Pointer) for each in kept)
        return ours, kept


@dataclass
class _File:
    """A file as it is on the disk for sure, and what has been asked since."""

    safe: bytearray = field(default_factory=bytearray)
    asked: list[Step] = field(default_factory=list)

    def take(self, step: Step) -> None:
        if step.what == "delete" and step.at:  # the folder was synced as well
            self.safe.clear()
            self.asked.clear()
        elif step.what == "sync":
            for one in self.asked:
                _do(self.safe, one)
            self.asked.clear()
        else:
            self.asked.append(step)

    def settle(self) -> None:
        """The folder was synced: a deletion is one for good."""
        for place, step in reversed(list(enumerate(self.asked))):
            if step.what == "delete":
                self.safe.clear()
                del self.asked[: place + 1]
                return

    def after_cut(self, chance: random.Random) -> bytes:
        """What may be left: any of what was asked, in any order, torn at sectors."""
        left, asked = bytearray(self.safe), list(self.asked)
        keep = chance.choice([0.0, 0.1, 0.5, 0.9, 1.0])
        if chance.random() < 0.5:
            chance.shuffle(asked)
        for step in asked:
            if chance.random() < keep:
                _do(left, _torn(step, chance) if chance.random() < 0.3 else step)
        return bytes(left)


def _torn(step: Step, chance: random.Random) -> Step:
    """A part of a write: whole sectors, from its beginning or its end."""
    if step.what != "write" or len(step.data) <= SECTOR:
        return step
    cut = SECTOR * chance.randrange(1, -(-len(step.data) // SECTOR))
    if chance.random() < 0.5:
        return Step("write", step.file, step.at, step.data[:cut])
    return Step("write", step.file, step.at + cut, step.data[cut:])


def _do(content: bytearray, step: Step) -> None:
    if step.what in ("truncate", "delete"):  # an empty journal counts as none
        del content[0 if step.what == "delete" else step.at :]
        return
    if len(content) < step.at:
        content.extend(bytes(step.at - len(content)))
    content[step.at : step.at + len(step.data)] = step.data


def cuts(steps: list[Step], moments: list[int], chance: random.Random) -> Iterator[tuple[dict[str, bytes], list[Any]]]:
    """For each moment (a number of steps, rising): the files after a cut there, and the marks before it."""
    files: dict[str, _File] = {}
    marks: list[Any] = []
    done = 0
    for moment in moments:
        for step in steps[done:moment]:
            if step.what == "mark":
                marks.append(step.mark)
            elif step.what == "folder":
                for file in files.values():
                    file.settle()
            else:
                files.setdefault(step.file, _File()).take(step)
        done = moment
        yield {name: file.after_cut(chance) for name, file in files.items()}, list(marks)
