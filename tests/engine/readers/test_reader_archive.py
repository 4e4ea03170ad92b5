"""Archives: what is inside, what is locked, and what is made to choke us."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import random
import struct
import sys
import tarfile
import zipfile
import zlib

import pytest

from engine.cards import Problem
from engine.pages import Inner, Page
from engine.readers import USUAL, Limits, archive
from engine.readers._file import File
from tests.engine.scripted import drained

FILES = {"docs/a.txt": b"one", "b.csv": b"a,b\n" * 50}


def parts(
    data: bytes, name: str = "a.zip", limits: Limits = USUAL, password: str = ""
) -> tuple[list[Page], list[Inner]]:
    found, _ = drained(archive.read(File(data, name, password), limits))
    return [part for part in found if isinstance(part, Page)], [part for part in found if isinstance(part, Inner)]


def listed(data: bytes, name: str = "a.zip", password: str = "") -> list[str]:
    return parts(data, name, password=password)[0][0].text.split("\n")


def inside(data: bytes, name: str = "a.zip", password: str = "") -> list[Inner]:
    return parts(data, name, password=password)[1]


def refused(data: bytes, name: str = "a.zip", limits: Limits = USUAL, password: str = "") -> str:
    with pytest.raises(Problem) as caught:
        parts(data, name, limits, password)
    return caught.value.code


def kind(data: bytes, name: str = "") -> str:
    return archive.recognises(File(data, name))[0]


def zipped(files: dict[str, bytes] = FILES, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as package:
        for name, data in files.items():
            package.writestr(name, data)
    return out.getvalue()


def tarred(files: dict[str, bytes] = FILES, form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as package:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            package.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def zstandard(data: bytes) -> bytes:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd.compress(data)


PACKED = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstandard}


# -- a folder of files ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        *(zipped(packing=packing) for packing in (0, 8, 12, 14)),
        tarred(),
        tarred(form=tarfile.GNU_FORMAT),
        tarred(form=tarfile.USTAR_FORMAT),
        *(pack(tarred()) for pack in PACKED.values()),
    ],
)
def test_files_come_out_and_are_listed_with_their_paths(data):
    pages, inner = parts(data)
    assert pages[0].text == "docs/a.txt | 3 bytes\nb.csv | 200 bytes"
    assert pages[0].path(pages[0].text.index("b.csv")) == "file 2"
    assert inner == [Inner("a.txt", b"one"), Inner("b.csv", b"a,b\n" * 50)]


@pytest.mark.parametrize(("ending", "pack"), PACKED.items(), ids=PACKED)
def test_a_single_packed_file_comes_out_under_its_name(ending, pack):
    assert inside(pack(b"words"), f"note.txt.{ending}") == [Inner("note.txt", b"words")]
    assert inside(pack(b"words") + pack(b" and more"), f"note.{ending}") == [Inner("note", b"words and more")]


def test_gzip_keeps_a_name_of_its_own():
    out = io.BytesIO()
    with gzip.GzipFile("naïve.csv", "wb", fileobj=out) as stream:
        stream.write(b"a,b")
    assert inside(out.getvalue(), "blob.gz") == [Inner("naïve.csv", b"a,b")]


def test_names_from_outside_are_only_names():
    data = zipped({"../../etc/passwd": b"x", "C:\\Windows\\evil.txt": b"y", "a\u202etxt.exe": b"z"})
    assert [inner.name for inner in inside(data)] == ["passwd", "evil.txt", "atxt.exe"]
    assert listed(data)[0] == "../../etc/passwd | 1 bytes"


@pytest.mark.parametrize(
    ("charset", "name"), [("cp932", "レポート.txt"), ("cp866", "Привет.txt"), ("cp437", "Müller.txt")]
)
def test_old_names_are_read_in_their_encoding(charset, name):
    plain = "".join(f"{n}" for n in range(len(name.encode(charset))))[: len(name.encode(charset))]
    data = zipped({plain: b"x"}, 0).replace(plain.encode(), name.encode(charset))
    assert inside(data) == [Inner(name, b"x")]


def test_links_dust_and_empty_files_are_listed_but_not_handed_out():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as package:
        for name, sort in (("link", tarfile.SYMTYPE), ("device", tarfile.CHRTYPE), ("dir", tarfile.DIRTYPE)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = sort, "/etc/passwd"
            package.addfile(entry)
        package.addfile(tarfile.TarInfo("empty"))
    assert (listed(out.getvalue()), inside(out.getvalue())) == (
        ["link | a link", "device | a link", "empty | 0 bytes | not opened"], [],
    )  # fmt: skip
    dust = zipped({"__MACOSX/._a.txt": b"x", "b/.DS_Store": b"x", "a.txt": b"x"})
    assert [inner.name for inner in inside(dust)] == ["a.txt"]


def test_one_file_that_is_too_large_does_not_keep_the_others():
    data = zipped({"big.bin": random.Random(1).randbytes(2000), "a.txt": b"x"})
    pages, inner = parts(data, limits=Limits(bytes=1000))
    assert pages[0].text == "big.bin | 2,000 bytes | too large to be opened\na.txt | 1 bytes"
    assert inner == [Inner("a.txt", b"x")]


def test_a_damaged_file_does_not_keep_the_others():
    data = bytearray(zipped({"a.txt": b"first words", "b.txt": b"other words"}, 0))
    data[data.index(b"first")] ^= 1
    assert (listed(bytes(data))[0], [inner.name for inner in inside(bytes(data))]) == (
        "a.txt | 11 bytes | damaged",
        ["b.txt"],
    )


# -- 7z -------------------------------------------------------------------------------------------

# Written by py7zr: x86 filter and LZMA; PPMd; AES; AES with a locked directory.
SEVEN = """
N3q8ryccAASzzdkzhAAAAAAAAAAUAAAAAAAAAI1+YboAN5uI1Krpaz6fp/Vz//9tKAAA4AB+AGldAACBMweuD88n8IwHsMPam2yz
hKTWc4BY2xVtO5nv1eFcAQ/rxx4vf73qwAfZZVsIsgFcDggDwKkJPc42MDiowfPNHICP2rlSPif1uI4dD9L8UFn49T+if+evuOJa
Y6TMzMVVQGr7vgAAAAAXBhMBCXEABwsBAAEhIQEYDH8AAA=="""
SEVEN_PPMD = """
N3q8ryccAARukwgMXQAAAAAAAAAUAAAAAAAAAOxhf1kAbwIpjNuDAOAAUABNXQAAgTMHrg/OP8PniCoxHzzXabat4M4CW+WONscB
DtG1/Eo4H2MWMwGFYbiJrsxtuFIKS6swZt7kOB8dZUUkL9lAGi26Mn1I2Rf4oAAAAAAXBggBCVUABwsBAAEhIQEYDFEAAA=="""
SEVEN_LOCKED = """
N3q8ryccAARFmI7BeQAAAAAAAAAUAAAAAAAAAIHWvcq9DJ+F5BR0w24ROqwggRudAQBkAQQGAAEJEAoBd+UWWwAHCwEAAiQG8QcB
ElMPCboichj3JNDGBqYG5U+SyCEhARgBAAwQDAAICgFxTdjdAAAFARENAGEALgB0AHgAdAAAABQKAQAQZfdslXzdARUGAQAggICB
AAAAFwYQAQlpAAcLAQABISEBGAxlAAA="""
SEVEN_LOCKED_DIRECTORY = """
N3q8ryccAAQ3rp7HgAAAAAAAAAAoAAAAAAAAAFyZ2QfUU0Nks9FvJd05k4NIB6FbYxNVeJnJKPr5JMS+oORZAxpeU4q0Bv63KyoB
SAEIrrdJUHFIICe7NerX0liN/P/5hhWpvB+NJ/v/CH+vz5G8OxsR8mPiJkEtKmBbkJFiicxh9aFNfcA2f8ZOYtmVbBvT1Awyxxav
trCC1zdZcQMU+xcGEAEJcAAHCwEAASQG8QcBElMPlpXw6+cTObNaQe3C+OIa4AxlAAA="""
# Written by pyzipper: AES-256.
ZIP_LOCKED = """
UEsDBBQAAQBjAI8jeV0AAAAAKgAAAAwAAAAFAAsAYS50eHQBmQcAAgBBRQMIAGDl6O0sNBcV73L//v0wWjyfd1bQVC1Dnk/97aOV
/xHOGYBCWkTfxw9pmlBLAQIUAxQAAQBjAI8jeV0AAAAAKgAAAAwAAAAFAAsAAAAAAAAAAACAAQAAAABhLnR4dAGZBwACAEFFAwgA
UEsFBgAAAAABAAEAPgAAAFgAAAAAAA=="""


def stored(text: str) -> bytes:
    return base64.b64decode(text)


def test_a_7z_archive_is_opened():
    data = stored(SEVEN)
    assert listed(data) == ["docs/a.txt | 3 bytes", "b.txt | 27 bytes"]
    assert inside(data) == [Inner("a.txt", b"one"), Inner("b.txt", b"two" * 9)]


def test_a_packing_that_is_not_known_is_unsupported():
    assert refused(stored(SEVEN_PPMD)) == "unsupported"


def seven(coders: list[tuple[str, bytes]], packed: bytes, sizes: list[int], files: dict[str, bytes]) -> bytes:
    """A 7z archive of one stream; its coders in the order in which they undo the packing."""
    chain = b"".join(
        bytes((len(method) // 2 | (0x20 if properties else 0),))
        + bytes.fromhex(method)
        + (bytes((len(properties),)) + properties if properties else b"")
        for method, properties in coders
    )
    bonds = b"".join(bytes((n + 1, n)) for n in range(len(coders) - 1))
    names = b"\0" + b"".join(f"{name}\0".encode("utf-16-le") for name in files)
    number = lambda value: b"\xff" + struct.pack("<Q", value)  # noqa: E731
    streams = (
        b"\x06" + number(0) + b"\x01\x09" + number(len(packed)) + b"\0"
        + b"\x07\x0b\x01\0" + bytes((len(coders),)) + chain + bonds + b"\x0c" + b"".join(map(number, sizes)) + b"\0"
        + b"\x08\x0d" + number(len(files)) + b"\x09" + b"".join(number(len(data)) for data in list(files.values())[:-1])
        + b"\x0a\x01" + b"".join(struct.pack("<I", zlib.crc32(data)) for data in files.values()) + b"\0\0"
    )  # fmt: skip
    header = b"\x01\x04" + streams + b"\x05" + number(len(files)) + b"\x11" + number(len(names)) + names + b"\0\0"
    start = struct.pack("<QQI", len(packed), len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\0\x04" + struct.pack("<I", zlib.crc32(start)) + start + packed + header


WHOLE = b"".join(FILES.values())
LZMA2 = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16}]
DELTA = [{"id": lzma.FILTER_DELTA, "dist": 2}, *LZMA2]


@pytest.mark.parametrize(
    ("coders", "packed"),
    [
        ([("00", b"")], WHOLE),
        ([("21", b"\x08")], lzma.compress(WHOLE, lzma.FORMAT_RAW, filters=LZMA2)),
        ([("21", b"\x08"), ("03", b"\x01")], lzma.compress(WHOLE, lzma.FORMAT_RAW, filters=DELTA)),
        ([("040202", b"")], bz2.compress(WHOLE)),
        ([("040108", b"")], zlib.compress(WHOLE, wbits=-15)),
    ],
)
def test_the_usual_packings_of_7z_are_undone(coders, packed):
    data = seven(coders, packed, [len(WHOLE)] * len(coders), FILES)
    assert inside(data) == [Inner("a.txt", b"one"), Inner("b.csv", b"a,b\n" * 50)]


def test_a_7z_archive_with_a_wrong_sum_is_damaged():
    data = seven([("00", b"")], WHOLE.upper(), [len(WHOLE)], FILES)
    assert refused(data) == "damaged"


def test_a_7z_archive_that_claims_to_grow_beyond_all_measure_is_a_bomb():
    packed = lzma.compress(bytes(100), lzma.FORMAT_RAW, filters=LZMA2)
    assert refused(seven([("21", b"\x28")], packed, [1 << 40], {"a": b""})) == "bomb"


# -- locked ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [ZIP_LOCKED, SEVEN_LOCKED, SEVEN_LOCKED_DIRECTORY])
def test_a_locked_archive_opens_with_its_password(text):
    data = stored(text)
    assert refused(data) == "encrypted"
    assert refused(data, password="wrong") == "encrypted"
    assert inside(data, password="open") == [Inner("a.txt", b"secret words")]


def test_of_a_partly_locked_zip_the_free_files_come_out():
    locked, free = stored(ZIP_LOCKED), zipped({"b.txt": b"x"}, 0)
    member = locked[: locked.index(b"PK\x01\x02")]
    directories = [data[data.index(b"PK\x01\x02") : data.rindex(b"PK\x05\x06")] for data in (locked, free)]
    moved = directories[1][:42] + struct.pack("<I", len(member)) + directories[1][46:]
    body = member + free[: free.index(b"PK\x01\x02")]
    sizes = struct.pack("<4xHHIIH", 2, 2, len(directories[0]) + len(moved), len(body), 0)
    data = body + directories[0] + moved + b"PK\x05\x06" + sizes
    assert listed(data) == ["a.txt | 12 bytes | locked with a password", "b.txt | 1 bytes"]
    assert inside(data) == [Inner("b.txt", b"x")]
    assert [inner.name for inner in inside(data, password="open")] == ["a.txt", "b.txt"]


# -- bombs and limits -----------------------------------------------------------------------------


def lying(packing: int, size: int) -> bytes:
    """A zip whose member claims to be small."""
    data = zipped({"a": bytes(size)}, packing)
    return data.replace(struct.pack("<I", size), struct.pack("<I", 1000))


def overlapping() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("a", bytes(100_000))
        first = package.infolist()[0]
        for number in range(50):
            again = zipfile.ZipInfo(f"b{number}")
            again.header_offset, again.compress_size, again.file_size, again.CRC, again.compress_type = (
                0, first.compress_size, first.file_size, first.CRC, first.compress_type,
            )  # fmt: skip
            package.filelist.append(again)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (zipped({"a": bytes(50 << 20)}), "bomb"),
        (overlapping(), "bomb"),
        (lying(8, 50 << 20), "damaged"),
        (lying(12, 50 << 20), "damaged"),
        *((pack(bytes(50 << 20)), "bomb") for pack in PACKED.values()),
        (zipped({f"{n}": b"x" for n in range(1001)}), "too_large"),
        (tarred({f"{n}": b"" for n in range(2100)}), "too_large"),
        (gzip.compress(b"") * 30_000, "too_large"),
    ],
)
def test_what_is_made_to_choke_us_is_refused(data, code):
    assert refused(data) == code


def test_what_unpacks_to_more_than_the_limit_is_too_large():
    noise = random.Random(2).randbytes(3000)
    for data in (zipped({"a": noise, "b": noise}), tarred({"a": noise, "b": noise}), gzip.compress(noise * 2)):
        assert refused(data, limits=Limits(unpacked=5000)) == "too_large"


def test_a_sparse_file_is_not_filled_up():
    header = bytearray(tarfile.TarInfo("s").tobuf(tarfile.GNU_FORMAT))
    header[156:157], header[386:410], header[483:495] = b"S", b"00000000000 00000000000 ", b"00400000000 "
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    assert refused(bytes(header) + bytes(1024)) == "bomb"


HALVES = {
    "zip": zipped()[:-30],
    "tar": tarred({"a": bytes(3000)})[:1000],
    "gz": gzip.compress(b"words")[:-9],
    "xz": lzma.compress(b"words")[:-9],
    "zst": zstandard(b"words" * 100)[:-3],
    "bent zst": zstandard(b"words" * 100)[:6] + b"\xff" * 20,
    "7z": stored(SEVEN)[:-40],
    "only a mark": b"7z\xbc\xaf\x27\x1c",
    "only another": b"PK\x03\x04",
}


@pytest.mark.parametrize("data", HALVES.values(), ids=HALVES)
def test_half_an_archive_is_damaged(data):
    assert refused(data) == "damaged"


def test_the_last_part_of_several_is_damaged():
    data = bytearray(zipped())
    at = data.rindex(b"PK\x05\x06")
    data[at + 4 : at + 8] = struct.pack("<HH", 2, 1)
    assert refused(bytes(data)) == "damaged"
    assert (kind(bytes(data[50:]), "a.zip"), refused(bytes(data[50:]))) == ("zip", "damaged")


def test_rar_is_known_but_not_read():
    assert (kind(b"Rar!\x1a\x07\x01\x00"), refused(b"Rar!\x1a\x07\x01\x00")) == ("rar", "unsupported")


# -- what they are known by -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (zipped(), "", ("zip", 0.5)),
        (zipped({}), "", ("zip", 0.5)),
        (zipped()[:60], "a.docx", ("zip", 0.25)),
        (zipped()[:60], "a.zip", ("zip", 0.5)),
        (b"PK\x07\x08PK\x03\x04", "", ("zip", 0.5)),
        (tarred(), "", ("tar", 0.95)),
        (tarred(form=tarfile.USTAR_FORMAT)[:257] + bytes(8) + tarred(form=tarfile.USTAR_FORMAT)[265:], "", ("", 0.0)),
        (gzip.compress(b"x"), "a.docx", ("gz", 1.0)),
        (b"BZh9 is a word", "a.txt", ("", 0.0)),
        (bytes(1024), "a.tar", ("", 0.0)),
        (b"words" * 200, "a.zip", ("", 0.0)),
    ],
    ids=[f"sign{number}" for number in range(1, 12)],  # without: the bytes, which hold the time of day
)
def test_they_are_known_by_their_first_bytes(data, name, expected):
    assert archive.recognises(File(data, name)) == expected


def test_the_oldest_tars_are_known_by_their_sum():
    entry = tarfile.TarInfo("a").get_info()
    header = bytearray(tarfile.TarInfo.create_ustar_header(tarfile.TarInfo("a"), entry, "utf-8", "strict"))
    header[257:265] = bytes(8)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    assert kind(bytes(header)) == "tar"


SAMPLES = [zipped(), tarred(), gzip.compress(tarred()), lzma.compress(b"words")]


@pytest.mark.parametrize("data", [*SAMPLES, *map(stored, (SEVEN, SEVEN_LOCKED, ZIP_LOCKED))])
def test_mutated_archives_end_in_a_reading_or_a_problem(data):
    rng = random.Random(11)
    for _ in range(150):
        mutant = bytearray(data)
        for _ in range(rng.randrange(1, 10)):
            mutant[rng.randrange(len(mutant))] = rng.choice((0, 1, 127, 255, rng.randrange(256)))
        mutant = mutant[: rng.choice((len(mutant), rng.randrange(1, len(mutant))))]
        if kind(bytes(mutant), "a.zip"):
            try:
                parts(bytes(mutant), password=rng.choice(("", "open")))
            except (Problem, RecursionError):
                continue
