"""What a model file says of itself is read; what can't be true is refused, whatever the file claims."""

from __future__ import annotations

import io
import random
import struct
from pathlib import Path

import pytest

from engine import gguf
from engine.cards import Problem
from engine.fleet import catalogue, locate
from tests.engine.ggufs import ABOUT, LIST, TENSORS, TEXT, made, value, written

HUGE = struct.pack("<Q", 1 << 62)


def refused(folder: Path, data: bytes) -> str:
    with pytest.raises(Problem) as caught:
        gguf.read(written(folder, data=data))
    assert caught.value.code == "bad_model"
    return caught.value.sentence


@pytest.mark.parametrize("version", [2, 3])
def test_a_file_says_what_it_is(tmp_path: Path, version: int) -> None:
    data = made(version=version)
    assert gguf.read(written(tmp_path, data=data)) == gguf.Header(
        architecture="llama", name="Tiny", kind="", licence="mit", parameters=256, quantisation="Q4_K_M", context=4096,
        layers=2, embedding=64, heads=4, kv_heads=2, key_length=16, value_length=16, vocabulary=3, tokenizer=True,
        template="chatml", parts=0, size=len(data), copied=0,
    )  # fmt: skip


def test_the_shipped_drafter_says_what_llama_cpp_says_of_it() -> None:
    said = gguf.read(locate(next(row for row in catalogue(Path("no-home")) if row.role == "drafter")))
    assert (said.architecture, said.quantisation, said.licence, said.template) == (
        "llama", "Q4_1", "apache-2.0", "chatml",
    )  # fmt: skip
    assert (said.layers, said.heads, said.kv_heads, said.context, said.vocabulary) == (30, 9, 3, 8192, 49152)
    assert said.parameters == 134_515_008


def test_what_a_file_does_not_say_is_nought_or_empty(tmp_path: Path) -> None:
    said = gguf.read(written(tmp_path, data=made({"general.architecture": "new"}, (), weights=0)))
    assert (said.context, said.kv_heads, said.quantisation, said.tokenizer, said.template) == (0, 0, "", False, "")


def test_a_number_a_layer_counts_as_its_largest(tmp_path: Path) -> None:
    about = ABOUT | {"llama.attention.head_count_kv": [1, 4, 2], "llama.attention.key_length": 128}
    said = gguf.read(written(tmp_path, data=made(about)))
    assert (said.kv_heads, said.key_length, said.value_length) == (4, 128, 16)


def test_the_commonest_kind_names_a_mix_that_is_not_named(tmp_path: Path) -> None:
    about = {key: found for key, found in ABOUT.items() if key != "general.file_type"}
    assert gguf.read(written(tmp_path, data=made(about))).quantisation == "Q4_0"


@pytest.mark.parametrize(
    ("template", "family"),
    [
        ("{% for m in messages %}<|start_header_id|>", "llama3"),
        ("<start_of_turn>user", "gemma"),
        ("[INST] {{ x }} [/INST]", "mistral"),
        ("{{ ''.__class__.__mro__ }}", "unknown"),
    ],
)
def test_a_chat_template_is_recognised_and_not_run(tmp_path: Path, template: str, family: str) -> None:
    said = gguf.read(written(tmp_path, data=made(ABOUT | {"tokenizer.chat_template": template})))
    assert said.template == family


def test_a_name_brings_nothing_into_a_terminal(tmp_path: Path) -> None:
    said = gguf.read(written(tmp_path, data=made(ABOUT | {"general.name": "a\x1b]0;x\x07b\n\u202ec" + "d" * 500})))
    assert said.name == "a ]0;x b c" + "d" * 190


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "middle of its header"),
        (b"PK\x03\x04" + bytes(60), "no GGUF file"),
        (made(version=1), "version 1"),
        (b"GGUF\0\0\0\3" + bytes(40), "byte order"),
        (made(counts=(1 << 60, 3)), "more than any model"),
        (made(counts=(2, 1 << 60)), "more than any model"),
        (made(counts=(2, 4000)), "can't be used"),
        (made(counts=(60_000, len(ABOUT))), "can't be used"),
        (made()[:-1], "1 of its"),
        (made()[:200], "middle of its header"),
        (made({"k": struct.pack("<I", 13) + bytes(8)}), "kind (13)"),
        (made({"k": struct.pack("<I", TEXT) + HUGE}), "middle of its header"),
        (made({"k" * 300: 1}), "too long"),
        (made({"k": struct.pack("<II", LIST, TEXT) + HUGE}), "more than it can hold"),
        (made({"k": struct.pack("<II", LIST, 4) + HUGE}), "middle of its header"),
        (made({"k": struct.pack("<II", LIST, 99) + struct.pack("<Q", 1)}), "kind (99)"),
        (made({"k": struct.pack("<IIQIQIQ", LIST, LIST, 1, LIST, 1, LIST, 1)}, (), weights=64), "too deeply"),
        (made({"general.architecture": ""}), "what kind of model"),
        (made(ABOUT | {"general.alignment": 33}), "power of two"),
        (made(tensors=[("t", (32,), 4, 0)]), "kind (4)"),
        (made(tensors=[("t", (1 << 63, 1 << 63), 0, 0)]), "impossible shape"),
        (made(tensors=[("t", (33,), 2, 0)]), "impossible shape"),
        (made(tensors=[("t", (32,), 0, 31)]), "impossible shape"),
        (made(tensors=[("t", (32,), 0, 1 << 62)]), "not whole"),
        (made(tensors=[("t", (1, 1, 1, 1, 1), 0, 0)]), "no possible name or shape"),
    ],
)
def test_what_can_not_be_is_refused_with_a_reason(tmp_path: Path, data: bytes, said: str) -> None:
    assert said in refused(tmp_path, data)


def test_a_key_that_comes_twice_is_refused(tmp_path: Path) -> None:
    twice = made({"general.architecture": "llama", "general.architecturf": "llama"}, ())
    assert "twice" in refused(tmp_path, twice.replace(b"architecturf", b"architecture"))


def test_lists_cost_no_memory_and_no_endless_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gguf, "MOST_ITEMS", 50)
    assert "more than it can hold" in refused(tmp_path, made(ABOUT | {"many": ["x"] * 60}))


def test_a_damaged_file_is_read_or_refused_and_nothing_else() -> None:
    chance = random.Random(7)
    whole = made(ABOUT | {"odd": value(["x", "y"])}, TENSORS)
    ended = {"read": 0, "bad_model": 0}
    for _ in range(2000):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data) - 380)
            data[at] = chance.choice((0, 1, 9, 127, 255, chance.randrange(256)))
        if chance.random() < 0.2:
            del data[chance.randrange(len(data)) :]
        ended[ending(bytes(data))] += 1
    assert min(ended.values()) > 200


def ending(data: bytes) -> str:
    try:
        gguf.header(io.BytesIO(data), len(data))
    except Problem as problem:
        return problem.code
    return "read"
