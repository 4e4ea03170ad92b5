"""Attacks the fence around a worker from inside, and says of each attack what became of it.

    python tests/probe.py [--unlocked]

A process locks itself as a worker does, then tries what a parser might that a document has taken over:
through Python and past it, straight at the C library and the kernel. One line an attack: `blocked` and the
kernel's words, or `OPEN`. After that, what a worker must still be able to do: `works`, or `BROKEN`.
With --unlocked the same is tried without a lock, but for what would do harm or needs more rights: there an
attack must get through, or it proves nothing. Ends with 0 if everything was as it should be. Linux only.
"""

from __future__ import annotations

import codecs
import contextlib
import ctypes
import errno
import fcntl
import io
import mmap
import os
import platform
import queue
import resource
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import lxml.html
import PIL.Image
import pypdfium2

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from engine import fence

PIL.Image.init()
codecs.lookup("utf-16-le")  # an encoding is imported when it is first asked for
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.syscall.restype = ctypes.c_long

MEMORY = 256 << 20
OPEN_FILES = 48
CPU_SECONDS = 1.0

# <asm/unistd.h>: calls that the C library has no name for, on x86_64 and on aarch64.
CALLS = {
    "openat2": (437, 437),
    "clone3": (435, 435),
    "io_uring_setup": (425, 425),
    "pidfd_open": (434, 434),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "tkill": (200, 130),
}
PTRACE_SEIZE = 0x4206
CLONE_NEWNET = 0x40000000
TIOCSTI = 0x5412
PR_GET_DUMPABLE, PR_SET_PTRACER = 3, 0x59616D61

# The smallest PDF with a word in it.
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj "
    b"4 0 obj<</Length 37>>stream\nBT /F 12 Tf 20 50 Td (Hello) Tj ET  \nendstream endobj "
    b"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj trailer<</Root 1 0 R>>"
)


class Scene:
    """What was there before the lock: things to attack, and doors that were left open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "precious"
        self.file.write_text("as it was")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(folder / "socket"))
        self.listener.listen()
        self.abstract = f"\0baton-probe-{os.getpid()}"
        self.hidden = socket.socket(socket.AF_UNIX)
        self.hidden.bind(self.abstract)
        self.hidden.listen()
        self.etc = os.open("/etc", os.O_RDONLY)
        self.program = os.open("/bin/sh", os.O_RDONLY)
        self.terminal = os.openpty()
        self.namespace = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.pair = socket.socketpair()
        self.parent = os.getppid()
        self.secret = ctypes.create_string_buffer(b"the parent has it at the same place")
        self._wishes: queue.SimpleQueue[tuple[Callable[[], object], queue.SimpleQueue[Exception | None]]]
        self._wishes = queue.SimpleQueue()
        threading.Thread(target=self._elder, daemon=True).start()

    def elder(self, attempt: Callable[[], object]) -> None:
        """Have a thread do it that was there before the lock."""
        answer: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()
        self._wishes.put((attempt, answer))
        error = answer.get()
        if error is not None:
            raise error

    def _elder(self) -> None:
        while True:
            attempt, answer = self._wishes.get()
            try:
                attempt()
                answer.put(None)
            except OSError as error:
                answer.put(error)


Attack = Callable[[Scene], object]
HARMLESS: dict[str, Attack] = {}
"""What may be tried without a lock as well, and gets through there."""
HARMFUL: dict[str, Attack] = {}
"""What would do harm without one, or needs rights that not everybody has."""


def attack(name: str, group: dict[str, Attack] = HARMLESS) -> Callable[[Attack], Attack]:
    def add(function: Attack) -> Attack:
        group[name] = function
        return function

    return add


def check(result: int) -> int:
    """The result of a call to the C library; raises what went wrong."""
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def call(name: str, *arguments: object) -> int:
    number = CALLS[name][0 if platform.machine() == "x86_64" else 1]
    whole = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    return check(LIBC.syscall(ctypes.c_long(number), *whole))


def talk(family: int, kind: int, address: str | tuple[str, int]) -> None:
    """Reach somebody; nobody being there is as good."""
    with socket.socket(family, kind) as talker, contextlib.suppress(ConnectionRefusedError):
        if kind == socket.SOCK_DGRAM:
            talker.sendto(b"x", address)
        else:
            talker.connect(address)


def died(child: int) -> None:
    os.waitpid(child, 0)


attack("read a file")(lambda scene: Path("/etc/passwd").read_bytes())
attack("read a file, from a thread older than the lock")(lambda scene: scene.elder(lambda: os.listdir("/")))
attack("read a file below an open folder")(lambda scene: os.close(os.open("passwd", os.O_RDONLY, dir_fd=scene.etc)))
attack("read a file by openat2")(
    lambda scene: os.close(call("openat2", -100, ctypes.c_char_p(b"/etc/passwd"), ctypes.c_char_p(bytes(24)), 24))
)
attack("list the root")(lambda scene: os.listdir("/"))
attack("list an open folder")(lambda scene: os.listdir(scene.etc))
attack("ask for a file's size")(lambda scene: os.stat("/etc/passwd"))
attack("write to its own memory as a file")(lambda scene: os.close(os.open("/proc/self/mem", os.O_WRONLY)))
attack("read the environment of its parent")(lambda scene: Path(f"/proc/{scene.parent}/environ").read_bytes())
attack("make a file")(lambda scene: (scene.folder / "new").touch())
attack("make a folder")(lambda scene: (scene.folder / "folder").mkdir())
attack("overwrite a file")(lambda scene: scene.file.write_text("not as it was"))
attack("truncate a file")(lambda scene: os.truncate(scene.file, 3))
attack("rename a file")(lambda scene: scene.file.rename(scene.file))
attack("link a file")(lambda scene: os.link(scene.file, scene.folder / "twin"))
attack("change a file's mode")(lambda scene: scene.file.chmod(0o600))
attack("change an open folder's mode", HARMFUL)(lambda scene: os.fchmod(scene.etc, 0o755))
attack("remove a file")(lambda scene: scene.file.unlink())
attack("watch a folder")(lambda scene: os.close(check(LIBC.inotify_init())))

attack("TCP")(lambda scene: talk(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 9)))
attack("UDP")(lambda scene: talk(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 9)))
attack("netlink")(lambda scene: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close())
attack("a raw packet", HARMFUL)(lambda scene: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close())
attack("a Unix socket")(lambda scene: talk(socket.AF_UNIX, socket.SOCK_STREAM, str(scene.folder / "socket")))
attack("an abstract Unix socket")(lambda scene: talk(socket.AF_UNIX, socket.SOCK_STREAM, scene.abstract))
attack("a pair of sockets")(lambda scene: [each.close() for each in socket.socketpair()])
attack("hand on a descriptor")(lambda scene: socket.send_fds(scene.pair[0], [b"x"], [0]))

attack("fork")(lambda scene: died(check(LIBC.fork()) or os._exit(0)))
attack("vfork")(lambda scene: died(os.posix_spawn("/bin/sh", ["sh", "-c", ":"], {})))
attack("clone3", HARMFUL)(lambda scene: call("clone3", ctypes.c_char_p(bytes(64)), 64))
attack("start a program by its open file", HARMFUL)(lambda scene: os.execve(scene.program, ["sh", "-c", ":"], {}))


@attack("become another program")
def _become(scene: Scene) -> None:
    with contextlib.suppress(FileNotFoundError):  # the kernel looked for it
        os.execv(scene.folder / "no such program", ["x"])


attack("signal its parent")(lambda scene: os.kill(scene.parent, 0))
attack("signal its process group")(lambda scene: os.killpg(0, 0))
attack("signal its parent's thread")(lambda scene: call("tkill", scene.parent, 0))
attack("have a pipe signal its parent")(lambda scene: fcntl.fcntl(scene.pair[0], fcntl.F_SETOWN, scene.parent))
attack("hold on to its parent")(lambda scene: os.close(call("pidfd_open", scene.parent, 0)))
attack("slow its parent down")(lambda scene: os.sched_setaffinity(scene.parent, os.sched_getaffinity(0)))
attack("trace its parent", HARMFUL)(lambda scene: check(LIBC.ptrace(PTRACE_SEIZE, scene.parent, None, None)))
attack("let itself be traced", HARMFUL)(lambda scene: check(LIBC.prctl(PR_SET_PTRACER, -1, 0, 0, 0)))


@attack("read its parent's memory", HARMFUL)
def _peep(scene: Scene) -> None:
    size = len(scene.secret)
    to, at = ctypes.create_string_buffer(size), ctypes.addressof(scene.secret)
    vector = (ctypes.c_size_t * 2)(ctypes.addressof(to), size), (ctypes.c_size_t * 2)(at, size)
    check(LIBC.process_vm_readv(scene.parent, vector[0], 1, vector[1], 1, 0))


attack("mount", HARMFUL)(lambda scene: check(LIBC.mount(b"none", bytes(scene.folder), b"tmpfs", 0, None)))
attack("chroot", HARMFUL)(lambda scene: os.chroot(scene.folder))
attack("a namespace of its own", HARMFUL)(lambda scene: check(LIBC.unshare(CLONE_NEWNET)))
attack("another namespace", HARMFUL)(lambda scene: check(LIBC.setns(scene.namespace, CLONE_NEWNET)))
attack("become another user", HARMFUL)(lambda scene: os.setuid(os.getuid()))
attack("a ring (io_uring)", HARMFUL)(lambda scene: call("io_uring_setup", 1, ctypes.create_string_buffer(120)))
attack("a program in the kernel (bpf)", HARMFUL)(lambda scene: call("bpf", 0, ctypes.create_string_buffer(72), 72))
attack("count events (perf)", HARMFUL)(
    lambda scene: call("perf_event_open", ctypes.create_string_buffer(b"\1\0\0\0\x70", 112), 0, -1, -1, 0)
)
attack("handle its own page faults", HARMFUL)(lambda scene: call("userfaultfd", 1))
attack("keep a key in the kernel", HARMFUL)(
    lambda scene: call("add_key", ctypes.c_char_p(b"user"), ctypes.c_char_p(b"x"), ctypes.c_char_p(b"x"), 1, -3)
)
attack("share memory", HARMFUL)(lambda scene: check(LIBC.shmget(0, 4096, 0o600)))
attack("type into a terminal", HARMFUL)(lambda scene: fcntl.ioctl(scene.terminal[1], TIOCSTI, b"x"))


@attack("raise its own limits")
def _raise_limits(scene: Scene) -> None:
    limits = (ctypes.c_ulong * 2)(*resource.getrlimit(resource.RLIMIT_CPU))
    check(LIBC.prlimit(0, resource.RLIMIT_CPU, limits, None))


@attack("more memory than the cap")
def _hoard(scene: Scene) -> None:
    try:
        mmap.mmap(-1, MEMORY + (64 << 20)).close()
    except MemoryError as error:
        raise OSError(errno.ENOMEM, "") from error


@attack("more open files than the cap")
def _open_many(scene: Scene) -> None:
    held: list[int] = []
    try:
        held.extend(os.dup(0) for _ in range(OPEN_FILES))
    finally:
        for each in held:
            os.close(each)


@attack("leave its memory behind as a core dump")
def _dump(scene: Scene) -> None:
    if LIBC.prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0:
        raise OSError(errno.EPERM, "")


WORKS: dict[str, Callable[[], bool]] = {}


def _thread_starts() -> bool:
    ran: list[bool] = []
    thread = threading.Thread(target=ran.append, args=(True,))
    thread.start()
    thread.join()
    return ran == [True]


def _pipe() -> bool:
    ours, theirs = os.pipe()
    os.write(theirs, b"x")
    return os.read(ours, 1) == b"x"


def _callback() -> bool:
    kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
    values = (ctypes.c_int * 3)(3, 1, 2)
    LIBC.qsort(values, ctypes.c_size_t(3), ctypes.c_size_t(4), kind(lambda a, b: a[0] - b[0]))
    return list(values) == [1, 2, 3]


def _pdf() -> bool:
    with contextlib.closing(pypdfium2.PdfDocument(PDF)) as document:
        page = document[0]
        drawn = page.render(scale=1).to_pil()
        return page.get_textpage().get_text_bounded().strip() == "Hello" and min(drawn.convert("L").tobytes()) < 99


def _picture() -> bool:
    file = io.BytesIO()
    PIL.Image.new("L", (8, 8), 7).save(file, "PNG")
    return PIL.Image.open(io.BytesIO(file.getvalue())).tobytes() == bytes([7]) * 64


WORKS["a thread starts"] = _thread_starts
WORKS["a pipe carries"] = _pipe
WORKS["input and output stay open"] = lambda: os.read(0, 5) == b"Hello"
WORKS["native code calls back"] = _callback
WORKS["the clock, the zone and chance"] = lambda: time.localtime().tm_year > 2000 and len(os.urandom(8)) == 8
WORKS["a PDF is read and drawn"] = _pdf
WORKS["HTML is read"] = lambda: lxml.html.fromstring("<p>Hel<b>lo</b>").text_content() == "Hello"
WORKS["a picture is read"] = _picture


def outcomes(scene: Scene, attacks: dict[str, Attack]) -> Iterator[str]:
    for name, function in attacks.items():
        try:
            function(scene)
        except OSError as error:
            yield f"{name}: blocked ({errno.errorcode[error.errno or 0]})"
        else:
            yield f"{name}: OPEN"


def workings() -> Iterator[str]:
    for name, function in WORKS.items():
        yield f"{name}: {'works' if function() else 'BROKEN'}"


def inside(locked: bool, folder: Path) -> None:
    """The worker: it answers on standard output, and then spins until it is ended."""
    scene = Scene(folder)
    if locked:
        started = time.perf_counter()
        done = fence.lock_down(memory_bytes=MEMORY, cpu_seconds=CPU_SECONDS, open_files=OPEN_FILES)
        taken = (time.perf_counter() - started) * 1000
        print(
            f"# locked in {taken:.1f} ms by {', '.join(done.means)}; missing: {', '.join(done.missing) or 'nothing'}",
            flush=True,
        )
    for line in outcomes(scene, HARMLESS | HARMFUL if locked else HARMLESS):
        print(line, flush=True)
    for line in workings():
        print(line, flush=True)
    for barrier in fence.in_force_for_worker():
        print(f"# {barrier.name}: {'holds' if barrier.holds else 'does not hold'}, {barrier.means}", flush=True)
    while locked:
        pass


def _end_by(work: Callable[[], None]) -> None:
    """Do the work and end this process, however it goes."""
    try:
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def main() -> int:
    locked = "--unlocked" not in sys.argv[1:]
    fence.prepare()
    source, out = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory() as folder:
        child = os.fork()
        if child == 0:
            os.dup2(source[0], 0)
            os.dup2(out[1], 1)
            os.closerange(3, 256)
            _end_by(lambda: inside(locked, Path(folder)))
        os.close(out[1])
        os.write(source[1], b"Hello")
        with os.fdopen(out[0]) as answers:
            lines = list(answers)
        _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if locked:
        ended = signal.Signals(-code).name if code < 0 else str(code)
        lines.append(
            f"more processor time than the cap: {'blocked' if code == -signal.SIGXCPU else 'OPEN'} ({ended})\n"
        )
    sys.stdout.writelines(lines)
    wrong = (": OPEN", ": BROKEN") if locked else (": blocked", ": BROKEN")
    return int(any(each in line for line in lines for each in wrong))


if __name__ == "__main__":
    sys.exit(main())
