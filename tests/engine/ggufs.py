"""Makes tiny GGUF files, good ones and bad ones, byte by byte."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

NUMBER, TEXT, LIST = 4, 8, 9
ABOUT: dict[str, Any] = {
    "general.architecture": "llama",
    "general.name": "Tiny",
    "general.license": "mit",
    "general.file_type": 15,
    "llama.block_count": 2,
    "llama.context_length": 4096,
    "llama.embedding_length": 64,
    "llama.attention.head_count": 4,
    "llama.attention.head_count_kv": 2,
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.tokens": ["a", "b", "c"],
    "tokenizer.chat_template": "{{ '<|im_start|>' }}",
}
Tensor = tuple[str, tuple[int, ...], int, int]
"""Name, shape, kind, and where it begins."""
TENSORS: tuple[Tensor, ...] = (("token_embd.weight", (64, 3), 2, 0), ("output_norm.weight", (64,), 0, 128))
"""192 weights in Q4_0 (108 bytes), and 64 plain ones."""


def made(
    about: Mapping[str, Any] = ABOUT, tensors: Sequence[Tensor] = TENSORS, *, version: int = 3,
    counts: tuple[int, int] | None = None, weights: int = 128 + 64 * 4,
) -> bytes:  # fmt: skip
    """A GGUF file; `counts` are what it claims instead of its true numbers of tensors and keys."""
    claimed = counts or (len(tensors), len(about))
    head = b"GGUF" + struct.pack("<IQQ", version, *claimed)
    head += b"".join(text(key) + value(found) for key, found in about.items())
    for name, shape, kind, offset in tensors:
        head += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)
    return head + b"\0" * (-len(head) % 32) + b"\0" * weights


def text(words: str) -> bytes:
    data = words.encode()
    return struct.pack("<Q", len(data)) + data


def value(found: Any) -> bytes:
    match found:
        case bytes():  # as it is, its kind included
            return found
        case str():
            return struct.pack("<I", TEXT) + text(found)
        case int():
            return struct.pack("<II", NUMBER, found)
        case [int(), *_]:
            return struct.pack(f"<IIQ{len(found)}I", LIST, NUMBER, len(found), *found)
        case _:
            return struct.pack("<IIQ", LIST, TEXT, len(found)) + b"".join(map(text, found))


def written(folder: Path, name: str = "tiny.gguf", data: bytes | None = None) -> Path:
    file = folder / name
    file.write_bytes(made() if data is None else data)
    return file
