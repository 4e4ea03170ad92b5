"""Opens the parts of an OpenDocument file that a password locks."""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.cards import Problem
from engine.readers._odf_text import attribute

if TYPE_CHECKING:
    from lxml import etree

IMPORTS = (
    "cryptography.hazmat.primitives.ciphers.algorithms",
    "cryptography.hazmat.primitives.ciphers.modes",
    "cryptography.hazmat.decrepit.ciphers.algorithms",
    "cryptography.hazmat.decrepit.ciphers.modes",
)

_MOST_ROUNDS = 5_000_000
_CHECKED = 1024


@dataclass(frozen=True, slots=True)
class Lock:
    """How one part is locked, as the manifest tells."""

    cipher: str
    vector: bytes
    start: str
    salt: bytes
    rounds: int
    key_size: int
    checksum_type: str
    checksum: bytes


def locks(manifest: etree._Element) -> dict[str, Lock]:
    """The locked parts by their names."""
    found = {}
    for entry in manifest.iter("{*}file-entry"):
        data = next(entry.iter("{*}encryption-data"), None)
        if data is None:
            continue
        cipher, key = next(data.iter("{*}algorithm"), None), next(data.iter("{*}key-derivation"), None)
        start = next(data.iter("{*}start-key-generation"), None)
        found[attribute(entry, "full-path")] = Lock(
            attribute(cipher, "algorithm-name").lower(),
            _bytes(attribute(cipher, "initialisation-vector")),
            attribute(start, "start-key-generation-name").lower(),
            _bytes(attribute(key, "salt")),
            _number(attribute(key, "iteration-count")),
            _number(attribute(key, "key-size")) or 16,
            attribute(data, "checksum-type").lower(),
            _bytes(attribute(data, "checksum")),
        )
    return found


def unlocked(data: bytes, lock: Lock, password: str, most: int) -> bytes:
    """A part without its lock. Raises Problem("encrypted") where the password is missing, wrong, or of no use here."""
    if not password or not 0 < lock.rounds <= _MOST_ROUNDS or not lock.salt:
        raise Problem("encrypted", "The document is locked with a password.")
    start = hashlib.new("sha256" if "sha256" in lock.start else "sha1", password.encode(), usedforsecurity=False)
    key = hashlib.pbkdf2_hmac("sha1", start.digest(), lock.salt, lock.rounds, lock.key_size)
    try:
        opened = _decrypted(data, lock, key)
    except ValueError as error:
        raise Problem("encrypted", "The lock does not open.") from error
    name = "sha256" if "sha256" in lock.checksum_type else "sha1"
    if hashlib.new(name, opened[:_CHECKED], usedforsecurity=False).digest() != lock.checksum:
        raise Problem("encrypted", "The password is wrong.")
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        found = unpacking.decompress(opened, most)
    except zlib.error as error:
        raise Problem("damaged", "A part of the document can't be unpacked.") from error
    if unpacking.unconsumed_tail:
        raise Problem("too_large", "A part of the document is too large.")
    return found


def _decrypted(data: bytes, lock: Lock, key: bytes) -> bytes:
    from cryptography.hazmat.decrepit.ciphers.algorithms import Blowfish
    from cryptography.hazmat.decrepit.ciphers.modes import CFB
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    if lock.cipher.endswith("-cbc"):
        opening = Cipher(AES(key), CBC(lock.vector)).decryptor()
        opened = opening.update(data) + opening.finalize()
        return opened[: -opened[-1]] if opened else opened  # the last byte tells how many fill the last block
    if lock.cipher == "blowfish cfb":
        opening = Cipher(Blowfish(key), CFB(lock.vector)).decryptor()
        return opening.update(data) + opening.finalize()
    raise Problem("encrypted", "The document is locked in a way that is not known here.")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return b""


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 9 else 0
