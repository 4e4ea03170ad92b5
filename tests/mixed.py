"""Reads a folder of mixed files as a stranger would, and prints what became of them, by kind.

    python tests/mixed.py FOLDER [--manifest FILE] [--text FOLDER]

It runs `baton read FOLDER --json --text` in an empty home. The true kind of a file comes from a manifest, a
line of JSON each with `file`, `ext`, `magic` (a media type) and `tags`; one that lies in the folder or beside
it is found by itself. Without one, endings count. A table by true kind: files, kind told right, read, with
text, set aside by code, and the slowest; then each file that was told wrong, or had no text though it is
neither encrypted nor broken; the host's peak memory; what was written where nothing should be; and every line
on standard error. `--text` keeps the texts, to be looked at. Ends with 1 if the host failed, wrote somewhere,
or lost a file. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BROKEN = {"encrypted", "corrupt", "fuzzed", "bomb"}
"""Tags of files that need no text."""
PROMISED = 0.98
HOST_MOST = 600

# Media types that say for certain what a file is, and the kinds that are right then.
CERTAIN = {
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx docm dotx dotm",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx xlsm xltx xltm xlsb",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx pptm ppsx potx",
    "application/msword": "doc dot",
    "application/vnd.ms-excel": "xls xlt",
    "application/vnd.ms-powerpoint": "ppt pps pot",
    "application/vnd.ms-tnef": "tnef",
    "application/epub+zip": "epub",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/vnd.wordperfect": "wpd",
    "application/x-7z-compressed": "7z",
    "text/rtf": "rtf",
    "text/calendar": "ics",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/heic": "heic",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "image/webp": "webp",
}
# Endings that mean the same.
SAME = {"jpeg": "jpg", "tiff": "tif", "htm": "html", "xhtml": "html", "mht": "eml", "text": "txt", "yml": "yaml"}
# What else is right for an ending when nothing more is known.
ALSO = {"html": "xml", "xml": "html svg", "txt": "log", "dat": "tnef", "csv": "tsv", "p7m": "eml", "wps": "doc"}


# First bytes that say what a file is, where nothing else does.
MARKS = {b"%PDF": "pdf", b"MZ": "exe", b"\x7fELF": "exe"}


@dataclass(frozen=True)
class Truth:
    """What a file is: the kind it is counted under, the kinds that are right for it, and whether it must have text."""

    kind: str
    right: frozenset[str]
    sound: bool


@dataclass
class Line:
    """One row of the table."""

    files: int = 0
    right: int = 0
    read: int = 0
    text: int = 0
    sound: int = 0
    sound_text: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    inside: int = 0


def truth(path: Path, row: dict[str, Any] | None) -> Truth:
    name, head = path.name, path.read_bytes()[:4]
    ending = Path(name).suffix.lower().lstrip(".") if row is None else str(row.get("ext", ""))
    kind = SAME.get(ending, ending) or "none"
    sound = row is None or not BROKEN & set(row.get("tags", ()))
    certain = CERTAIN.get(str((row or {}).get("magic", "")))
    if certain:
        kinds = certain.split()
        return Truth(kind if kind in kinds else kinds[0], frozenset(kinds), sound)
    if row is None or "magic" not in row:
        kind = next((marked for mark, marked in MARKS.items() if head.startswith(mark)), kind)
    nothing = ("",) if not head else ()
    return Truth(kind, frozenset((kind, *ALSO.get(kind, "").split(), *nothing)), sound and bool(head))


def manifest(folder: Path, named: Path | None) -> dict[str, dict[str, Any]]:
    """The rows of the manifests that there are, by the last part of the file's name."""
    places = [named] if named else [*folder.glob("*manifest.jsonl"), *folder.parent.glob("*manifest.jsonl")]
    rows = [json.loads(line) for place in places for line in place.read_text("utf-8").splitlines() if line.strip()]
    for row in rows:
        row.setdefault("ext", Path(row["file"]).suffix.lower().lstrip("."))
    return {Path(row["file"]).name: row for row in rows}


def read(folder: Path, scratch: Path) -> tuple[list[dict[str, Any]], int, str, int, float]:
    """The rows of `baton read`, its exit status, its standard error, its peak memory in MiB, and its seconds."""
    for name in ("home", "tmp", "user", "here"):
        (scratch / name).mkdir()
    places = {"BATON_HOME": "home/baton", "TMPDIR": "tmp", "HOME": "user", "XDG_CACHE_HOME": "user"}
    began, peak = time.monotonic(), [0]
    with (scratch / "out").open("wb") as out, (scratch / "err").open("wb") as err:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "app", "read", "--json", "--text", str(folder)],
            cwd=scratch / "here",
            env=os.environ | {"PYTHONPATH": str(ROOT)} | {name: str(scratch / to) for name, to in places.items()},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        weighing = threading.Thread(target=_weigh, args=(child, peak))
        weighing.start()
        child.wait()
        weighing.join()
    rows = [json.loads(line) for line in (scratch / "out").read_text("utf-8").splitlines()]
    errors = (scratch / "err").read_text("utf-8", errors="replace")
    return rows, child.returncode, errors, peak[0], time.monotonic() - began


def _weigh(child: subprocess.Popen[bytes], peak: list[int]) -> None:
    while child.poll() is None:
        try:
            status = Path(f"/proc/{child.pid}/status").read_text()
        except OSError:
            return
        found = re.search(r"VmHWM:\s+(\d+)", status)
        peak[0] = max(peak[0], int(found.group(1)) >> 10 if found else 0)
        time.sleep(0.05)


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """All files below, with size and time."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_size, path.lstat().st_mtime_ns) for path in folder.rglob("*")
    }


def table(rows: Iterable[dict[str, Any]], known: dict[str, dict[str, Any]]) -> tuple[dict[str, Line], list[str]]:
    """The lines by true kind, and a sentence for each file that was told wrong or lacks its text."""
    lines: dict[str, Line] = defaultdict(Line)
    amiss, kind = [], ""
    for row in rows:
        if row["parent"]:
            lines[kind].inside += 1
            continue
        name = Path(row["source"]).name
        true = truth(Path(row["source"]), known.get(name))
        kind, line = true.kind, lines[true.kind]
        right, text = row["kind"] in true.right, bool(row.get("text", "").strip())
        line.files += 1
        line.right += right
        line.read += row["status"] == "read"
        line.text += text
        line.sound += true.sound
        line.sound_text += true.sound and text
        line.slowest = max(line.slowest, row["seconds"])
        if row["code"]:
            line.codes[row["code"]] += 1
        if not right:
            amiss.append(f"kind   {name}: told {row['kind'] or 'nothing'}, is {true.kind} ({row['code'] or 'read'})")
        if true.sound and not text:
            amiss.append(f"text   {name}: {row['code'] or 'read'} {row['reason']}")
    return dict(lines), amiss


def print_table(lines: dict[str, Line]) -> None:
    print(f"{'kind':<9}{'files':>6}{'right':>6}{'read':>6}{'text':>6}{'inside':>7}{'slowest':>9}   set aside")
    for kind, line in [*sorted(lines.items()), ("all", _sum(lines.values()))]:
        codes = ", ".join(f"{code} {number}" for code, number in line.codes.most_common())
        counts = f"{line.files:>6}{line.right:>6}{line.read:>6}{line.text:>6}{line.inside:>7}"
        print(f"{kind:<9}{counts}{line.slowest:>8.1f}s   {codes}")


def _sum(lines: Iterable[Line]) -> Line:
    whole = Line()
    for line in lines:
        for name in ("files", "right", "read", "text", "sound", "sound_text", "inside"):
            setattr(whole, name, getattr(whole, name) + getattr(line, name))
        whole.codes += line.codes
        whole.slowest = max(whole.slowest, line.slowest)
    return whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--manifest", type=Path)
    parser.add_argument("--text", type=Path, help="keep each file's text here")
    given = parser.parse_args()
    folder = given.folder.resolve()
    before, files = snapshot(folder), sum(1 for path in folder.rglob("*") if path.is_file())
    with tempfile.TemporaryDirectory(prefix="baton-mixed-") as name:
        scratch = Path(name)
        rows, status, errors, peak, seconds = read(folder, scratch)
        left = [f"{place}/{one}" for place in ("home", "tmp", "user", "here") for one in snapshot(scratch / place)]
    left += [f"changed: {one}" for one, is_now in snapshot(folder).items() if before.get(one) != is_now]
    lines, amiss = table(rows, manifest(folder, given.manifest))
    whole = _sum(lines.values())
    print_table(lines)
    print("\n".join(amiss))
    pages = sum(row["pages"] for row in rows)
    print(f"\n{files} files, {whole.files} told, {whole.inside} inside them, {pages} pages in {seconds:.0f} s.")
    print(f"Kind right: {_share(whole.right, whole.files)}.")
    print(f"Text, of the sound ones: {_share(whole.sound_text, whole.sound)}.")
    print(f"The host ended with {status} and took {peak} MiB at most (promised: {HOST_MOST}).")
    print(f"Left behind or changed: {', '.join(left) or 'nothing'}.")
    print(f"Standard error: {errors.strip() or 'nothing'}")
    if given.text:
        _keep(rows, given.text)
    sys.exit(1 if status or left or errors or whole.files != files or peak > HOST_MOST else 0)


def _share(part: int, whole: int) -> str:
    good = "" if not whole or part >= PROMISED * whole else f", less than the {PROMISED:.0%} that were promised"
    return f"{part} of {whole} ({part / max(1, whole):.1%}{good})"


def _keep(rows: list[dict[str, Any]], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, row in enumerate(rows):
        name = re.sub(r"[^\w.-]", "_", Path(row["source"]).name)[:80]
        (folder / f"{number:04}-{name}.txt").write_text(
            f"{row['kind']} {row['code']}\n\n{row.get('text', '')}", "utf-8", "replace"
        )


if __name__ == "__main__":
    main()
