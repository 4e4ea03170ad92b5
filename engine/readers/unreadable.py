"""Knows the kinds of files that hold no text for us, or none that we can get at, and says so."""

from __future__ import annotations

import struct
from collections.abc import Generator

from engine.cards import Problem
from engine.pages import Part
from engine.readers import _ole
from engine.readers._file import File
from engine.readers._wire import Limits

IMPORTS = _ole.IMPORTS

# How files begin: where, with what, what they are.
_BEGINNINGS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x7fELF", "elf"),
    (0, b"\xfe\xed\xfa\xce", "macho"), (0, b"\xfe\xed\xfa\xcf", "macho"),
    (0, b"\xce\xfa\xed\xfe", "macho"), (0, b"\xcf\xfa\xed\xfe", "macho"),
    (0, b"dex\n0", "dex"), (0, b"\x00asm\x01", "wasm"), (0, b"\x4c\x00\x00\x00\x01\x14\x02\x00", "lnk"),
    (0, b"!<arch>\ndebian-binary", "deb"), (0, b"!<arch>\n", "ar"), (0, b"\xed\xab\xee\xdb", "rpm"),
    (0x8001, b"CD001", "iso"), (0, b"KDMV", "vmdk"), (0, b"QFI\xfb", "qcow2"), (0, b"conectix", "vhd"),
    (0, b"ID3", "mp3"), (0, b"fLaC", "flac"), (0, b"OggS", "ogg"), (0, b"MThd", "mid"), (0, b".snd", "au"),
    (0, b"\x1aE\xdf\xa3", "mkv"), (0, b"FLV\x01", "flv"), (0, b"#!AMR", "amr"),
    (0, b"0&\xb2u\x8ef\xcf\x11", "wmv"), (0, b"\x00\x00\x01\xba", "mpg"), (0, b"\x00\x00\x01\xb3", "mpg"),
    (0, b"SQLite format 3\x00", "sqlite"), (0, b"\x00\x01\x00\x00Standard Jet DB", "mdb"),
    (0, b"\x00\x01\x00\x00Standard ACE DB", "accdb"), (0, b"PAR1", "parquet"), (0, b"ARROW1", "arrow"),
    (0, b"\x89HDF\r\n\x1a\n", "hdf5"), (0, b"GGUF", "gguf"), (0, b"\x93NUMPY", "npy"), (0, b"Obj\x01", "avro"),
    (0, b"8BPS", "psd"), (0, b"gimp xcf", "xcf"), (0, b"AC10", "dwg"), (128, b"DICM", "dcm"),
    (0, b"AT&TFORM", "djvu"), (0, b"\xd7\xcd\xc6\x9a", "wmf"), (40, b" EMF", "emf"), (0, b"icns", "icns"),
    (0, b"%!PS", "ps"), (0, b"\xc5\xd0\xd3\xc6", "eps"), (0, b"FWS", "swf"), (0, b"CWS", "swf"), (0, b"ZWS", "swf"),
    (0, b"OTTO\x00", "otf"), (0, b"wOFF", "woff"), (0, b"wOF2", "woff2"), (0, b"ttcf", "ttf"), (0, b"true\x00", "ttf"),
    (0, b"\x00\x01\x00\x00\x00", "ttf"),
    (0, b"ITSF", "chm"), (0, b"ITOLITLS", "lit"), (60, b"BOOKMOBI", "mobi"), (60, b"TEXtREAd", "mobi"),
    (0, b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", "one"), (0, b"\xffWPC", "wpd"), (0, b"WordPro", "lwp"),
    (0, b"1\xbe\x00\x00", "wri"), (0, b"\x00\x00\x02\x00\x06\x04\x06\x00", "wk1"),
    (0, b"\x00\x00\x1a\x00", "wk3"), (0, b"\xd0\xcf\x11\xe0\x0e\x11\xfc\x0d", "ole"),
    (0, b"Salted__", "enc"), (0, b"-----BEGIN PGP MESSAGE", "pgp"), (0, b"age-encryption.org", "age"),
    (0, b"bplist00", "plist"), (0, b"d8:announce", "torrent"), (0, b"BC\xc0\xde", "bc"),
)  # fmt: skip

# What the streams and storages of old Office's file system are called: any of these will do.
_STREAMS: tuple[tuple[str, str], ...] = (
    ("VisioDocument", "vsd"), ("TBkndTask", "mpp"),
    ("NativeContent_MAIN", "qpw"), ("PerfectOffice_MAIN", "wpd"), ("BodyText", "hwp"), ("StarWriterDocument", "sdw"),
    ("StarCalcDocument", "sdc"), ("StarDrawDocument3", "sda"), ("Catalog", "thumbs"),
)  # fmt: skip
_INSTALLER = "\u4840"

# What the members of a zip are called.
_MEMBERS: tuple[tuple[str, str], ...] = (
    ("AndroidManifest.xml", "apk"), ("visio/document.xml", "vsdx"), ("FixedDocumentSequence.fdseq", "xps"),
    ("FixedDocSeq.fdseq", "xps"), ("_rels/FixedDocSeq.fdseq.rels", "xps"), ("3D/3dmodel.model", "3mf"),
    ("Payload/", "ipa"),
)  # fmt: skip

_BRANDS = {b"qt  ": "mov", b"M4A ": "m4a", b"M4B ": "m4a", b"3gp": "3gp"}
_PICTURES = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis", b"crx ", b"jp")
_RIFFS = {b"WAVE": "wav", b"AVI ": "avi", b"RMID": "mid", b"CDDA": "wav"}
_UNMARKED = ("onnx", "safetensors", "pickle", "pkl", "dbf")
"""Kinds without a mark: their name is all there is."""

KINDS = tuple(
    dict.fromkeys(
        (
            *(kind for _, _, kind in _BEGINNINGS), *(kind for _, kind in _STREAMS), *(kind for _, kind in _MEMBERS),
            *_BRANDS.values(), *_RIFFS.values(), *_UNMARKED, "exe", "class", "pyc", "mp4", "jar", "npz", "msi",
            "ole", "aiff",
        )
    )
)  # fmt: skip


def recognises(file: File) -> tuple[str, float]:
    """By its first bytes, or by the names inside it. Whoever can read such a file knows it better."""
    if file.is_ole:
        return _of_ole(file)
    if file.is_zip:
        return _of_zip(file)
    for guess in (_program, _media):
        if kind := guess(file.data):
            return kind, 0.95
    for place, mark, kind in _BEGINNINGS:
        if file.data.startswith(mark, place):
            return kind, 0.95 if len(mark) > 3 else 0.6
    if b"\x00" in file.head:
        named = next((kind for kind in _UNMARKED if file.named(f".{kind}")), "")
        return named, 0.4 if named else 0.0
    return "", 0.0


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """There is nothing to be read."""
    yield from ()
    del file, limits
    raise Problem("unsupported", "This kind of file is not read.")


def _of_ole(file: File) -> tuple[str, float]:
    for name, kind in _STREAMS:
        if name in file.ole_names:
            return kind, 0.6
    if any(name.startswith(_INSTALLER) for name in file.ole_names):
        return "msi", 0.9
    return "ole", 0.2


def _of_zip(file: File) -> tuple[str, float]:
    for name, kind in _MEMBERS:
        if name in file.zip_names:
            return kind, 0.9
    names = file.zip_names
    if "META-INF/MANIFEST.MF" in names and any(name.endswith((".class", ".jar", ".war")) for name in names):
        return "jar", 0.9
    if any(name.endswith("/data.pkl") for name in names):
        return "pt", 0.9
    if names and all(name.endswith(".npy") for name in names):
        return "npz", 0.9
    return "", 0.0


def _program(data: bytes) -> str:
    """Programs of Windows, Java and Python."""
    if data.startswith(b"MZ") and len(data) > 0x40:
        place = struct.unpack_from("<I", data, 0x3C)[0]
        return "exe" if data[place : place + 2] in (b"PE", b"NE", b"LE", b"LX") or b"\x00" in data[:64] else ""
    if data.startswith(b"\xca\xfe\xba\xbe") and len(data) >= 8:
        return "class" if struct.unpack_from(">I", data, 4)[0] >= 45 else "macho"
    if data[2:4] == b"\r\n" and len(data) > 16 and data[1] in (0x0C, 0x0D, 0x0E) and b"\x00" in data[4:16]:
        return "pyc"
    return ""


def _media(data: bytes) -> str:
    """Sounds and films."""
    if data[4:8] == b"ftyp":
        brand = data[8:12]
        if brand.startswith(_PICTURES):
            return ""
        return next((kind for mark, kind in _BRANDS.items() if brand.startswith(mark)), "mp4")
    if data[4:8] in (b"moov", b"wide", b"mdat"):
        return "mov"
    if data.startswith(b"RIFF"):
        return _RIFFS.get(data[8:12], "")
    if data.startswith(b"FORM") and data[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if data[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2") and b"\x00" in data[:4096]:
        return "mp3"
    return ""
