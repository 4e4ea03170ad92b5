"""Tuning for intents: what goes live has won on examples it had not seen, is whole, and is served as it was trained."""

from __future__ import annotations

import json
import random
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.cards import Problem
from engine.intents import head as heads
from engine.intents.head import Example, Head
from engine.models.bert import BertEncoder
from engine.tuning._encoder import TorchEncoder
from engine.tuning.intents import Recipe, Tuned, beside, made_from, tune
from tests.engine.scripted import drained

FILLERS, LONG = 150, 13
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "money", "parcel", "invoice", *(f"word{i}" for i in range(FILLERS))]
KEYS = {"refund": "money", "delivery": "parcel", "billing": "invoice"}
Won = tuple[Path, list[Any], Tuned]
QUICK = Recipe(epochs=10, batch=12, rate=3e-3, classifier_rate=3e-3, adversity=0.0, tokens=32)
MANY = 30


def message(key: str, chance: random.Random) -> str:
    """One word that decides, among many that say nothing."""
    words = [f"word{chance.randrange(FILLERS)}" for _ in range(LONG)]
    words.insert(chance.randrange(LONG), key)
    return " ".join(words)


def written(seed: int, each: int) -> list[Example]:
    chance = random.Random(seed)
    return [(message(key, chance), label) for label, key in KEYS.items() for _ in range(each)]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small BERT that has learned nothing, as an encoder folder."""
    import torch
    from safetensors.torch import save_file
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("base")
    words = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    words.save(str(folder / "tokenizer.json"))
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=64,
    )  # fmt: skip
    torch.manual_seed(1)
    network = BertModel(config, add_pooling_layer=False)
    (folder / "config.json").write_text(json.dumps(config.to_dict() | {"model_type": "bert"}))
    save_file({k: v.contiguous() for k, v in network.state_dict().items()}, str(folder / "model.safetensors"))
    return folder


def untuned(base: Path, texts: list[str]) -> np.ndarray:
    return np.asarray(TorchEncoder(base, 0.0, 32).encode(texts).numpy())


def tuning(base: Path, folder: Path, examples: list[Example], **changed: Any) -> Generator[Any, None, Tuned]:
    vectors = changed.pop("vectors", None)
    known = untuned(base, [text for text, _ in examples]) if vectors is None else vectors
    return tune(examples, known, base, folder, "own", changed.pop("recipe", QUICK), **changed)


@pytest.fixture(scope="module")
def won(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Won:
    folder = tmp_path_factory.mktemp("won") / "tuned"
    steps, tuned = drained(tuning(base, folder, written(0, MANY)))
    return folder, steps, tuned


def asked(head: Head, base: Path, folder: Path, texts: list[str]) -> list[str]:
    vectors = beside(BertEncoder(folder).encode(texts), untuned(base, texts))
    return [said.candidates[0][0] for said in head.predict(vectors)]


def test_tuning_answers_new_messages_better_than_the_untuned_head(base: Path, won: Won) -> None:
    folder, _, tuned = won
    assert tuned.head is not None
    assert tuned.after > tuned.before
    new = written(99, 20)
    texts, labels = [text for text, _ in new], [label for _, label in new]
    learned = written(0, MANY)
    plain = heads.train(untuned(base, [text for text, _ in learned]), learned)
    before = [said.candidates[0][0] for said in plain.predict(untuned(base, texts))]
    after = asked(tuned.head, base, folder, texts)
    assert sum(map(str.__eq__, after, labels)) > sum(map(str.__eq__, before, labels))


def test_the_folder_is_served_as_it_was_trained(won: Won) -> None:
    texts = [text for text, _ in written(5, 4)]
    trained = TorchEncoder(won[0], 0.0, 32).encode(texts).numpy()
    assert np.allclose(BertEncoder(won[0]).encode(texts), trained, atol=0.02)


def test_the_head_names_its_encoder_and_says_what_it_won(won: Won) -> None:
    tuned = won[2]
    assert tuned.head is not None
    assert tuned.head.encoder == "own"
    assert f"{tuned.after:.1%} of {tuned.kept_away}" in tuned.sentence


def test_a_kept_tuned_head_says_the_same(base: Path, won: Won, tmp_path: Path) -> None:
    folder, _, tuned = won
    assert tuned.head is not None
    heads.save(tuned.head, tmp_path / "head.npz", "made-from", "encoder")
    kept = heads.load(tmp_path / "head.npz", "encoder")
    assert kept is not None
    texts = [text for text, _ in written(7, 4)]
    vectors = beside(BertEncoder(folder).encode(texts), untuned(base, texts))
    assert kept[0].predict(vectors) == tuned.head.predict(vectors)


def test_an_encoder_moves_a_share_of_the_way_to_another(base: Path) -> None:
    one, other = TorchEncoder(base), TorchEncoder(base)
    weight, there = one.parameters()[0], other.parameters()[0]
    before = weight.detach().clone()
    there.data.add_(1.0)
    one.move(other, 0.25)
    assert np.allclose((weight.detach() - before).numpy(), 0.25, atol=1e-5)


def test_progress_counts_to_its_end(won: Won) -> None:
    notes = list(dict.fromkeys(note for note, _, _ in won[1]))
    assert notes == [f"training {part} of 5" for part in range(1, 6)]
    for note in notes:
        done = [(at, count) for said, at, count in won[1] if said == note]
        assert [at for at, _ in done] == list(range(1, done[-1][1] + 1))
        assert {count for _, count in done} == {done[-1][1]}


def test_where_the_untuned_head_can_not_be_beaten_nothing_is_kept(base: Path, tmp_path: Path) -> None:
    examples = written(0, 6)
    truth = [list(KEYS).index(label or "") for _, label in examples]
    perfect = np.eye(32, dtype=np.float32)[truth]
    recipe = Recipe(epochs=2, batch=12, tokens=32)
    _, tuned = drained(tuning(base, tmp_path / "tuned", examples, vectors=perfect, recipe=recipe))
    assert tuned.head is None
    assert tuned.before == 1.0
    assert not list(tmp_path.iterdir())


def test_closing_it_midway_leaves_nothing(base: Path, tmp_path: Path) -> None:
    work = tuning(base, tmp_path / "tuned", written(0, 6))
    next(work)
    work.close()
    assert not list(tmp_path.iterdir())


def test_with_messages_out_of_scope_their_class_is_learned_and_never_shown(base: Path, tmp_path: Path) -> None:
    chance = random.Random(3)
    fillers = [" ".join(f"word{chance.randrange(FILLERS)}" for _ in range(LONG)) for _ in range(12)]
    outside: list[Example] = [(text, None) for text in fillers]
    _, tuned = drained(tuning(base, tmp_path / "tuned", [*written(0, MANY), *outside]))
    assert tuned.head is not None
    assert "" in tuned.head.labels
    assert all(label for label in asked(tuned.head, base, tmp_path / "tuned", fillers))


def test_the_same_seed_gives_the_same_figures(base: Path, tmp_path: Path) -> None:
    recipe = Recipe(epochs=4, batch=12, rate=3e-3, classifier_rate=3e-3, tokens=32)
    first, again = (
        drained(tuning(base, tmp_path / name, written(0, 8), seed=3, recipe=recipe))[1] for name in ("a", "b")
    )
    assert (first.before, first.after) == (again.before, again.after)


def test_two_examples_an_intent_are_too_few_to_keep_some_away(base: Path, tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        drained(tuning(base, tmp_path / "tuned", written(0, 2)))
    assert caught.value.code == "few_examples"


def test_an_encoder_that_is_not_pooled_by_the_mean_is_refused(base: Path, tmp_path: Path) -> None:
    for file in base.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    with pytest.raises(Problem) as caught:
        TorchEncoder(tmp_path)
    assert caught.value.code == "not_tunable"


def test_a_damaged_encoder_is_refused(base: Path, tmp_path: Path) -> None:
    for file in base.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"rot")
    with pytest.raises(Problem) as caught:
        TorchEncoder(tmp_path)
    assert caught.value.code == "model_damaged"


def test_a_tuned_head_has_another_signature_than_the_untuned_one() -> None:
    examples = written(0, 2)
    assert made_from("sha", examples) != heads.signature("sha", examples)
    assert made_from("sha", examples) != made_from("other", examples)
