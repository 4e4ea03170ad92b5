"""Encoders of other makes: read from their folders, run as sentence-transformers runs them, imported safely."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import encoders
from engine.cards import Problem
from engine.fleet import Fleet, catalogue, locate
from engine.models import _bert_weights, _folder
from engine.models._bert_numpy import Plain
from engine.models.bert import BertEncoder, _batches, _Memory
from tests.engine.scripted import real_fleet
from tests.engine.test_models import TEXTS as HARD_TEXTS

TEXTS = ["the tent leaks at the seam", "refund", "", "When will my money be paid back?", "the seam " * 60]
WORDS = "the tent leaks at seam refund when will my money be paid back ? [ ] query passage : a".split()
SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
DISTIL = {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64}

pytestmark = pytest.mark.expects_log  # transformers and sentence-transformers tell what they load

MADE = {
    "bert": {"kind": "BertConfig", "pooling": "mean"},
    "roberta": {"kind": "RobertaConfig", "pooling": "cls", "dense": True},
    "mpnet": {"kind": "MPNetConfig", "pooling": ("mean", "max"), "prompts": {"query": "query: ", "passage": "a "}},
    "distilbert": {"kind": "DistilBertConfig", "pooling": "mean_sqrt_len_tokens", "length": 12},
    "electra": {"kind": "ElectraConfig", "pooling": "mean"},
}


def made(family: str, folder: Path) -> Path:
    """A sentence-transformers folder with a tiny random network of that family."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch
        import transformers
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.base.modules import Dense, Normalize, Transformer
        from sentence_transformers.sentence_transformer.modules import Pooling

        said: dict[str, Any] = MADE[family]
        torch.manual_seed(1)
        pad = 1 if family in ("roberta", "mpnet") else 0
        shape = DISTIL if family == "distilbert" else SMALL
        vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *"abcdefghijklmnopqrstuvwxyz"]
        if pad:
            vocabulary[:2] = vocabulary[1::-1]
        config = getattr(transformers, said["kind"])(
            vocab_size=len(vocabulary), max_position_embeddings=80, pad_token_id=pad, **shape
        )
        network = transformers.AutoModel.from_config(config)
        for value in network.parameters():  # as far from nothing as trained ones, so that mistakes show
            torch.nn.init.normal_(value, std=0.15)
        network.save_pretrained(folder / "network")
        _tokenizer(vocabulary).save_pretrained(folder / "network")
        transformer = Transformer(str(folder / "network"), max_seq_length=said.get("length", 64))
        pooling = Pooling(32, pooling_mode=said["pooling"])
        modules = [transformer, pooling, *([Dense(32, 16)] if said.get("dense") else []), Normalize()]
        SentenceTransformer(modules=modules, prompts=said.get("prompts")).save(str(folder / family))
    return folder / family


def _tokenizer(vocabulary: list[str]) -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    ids = {word: number for number, word in enumerate(dict.fromkeys(vocabulary))}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", ids["[SEP]"]), ("[CLS]", ids["[CLS]"]))
    marks = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **{f"{key}_token": mark for key, mark in marks.items()})


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {family: made(family, tmp_path_factory.mktemp(family)) for family in MADE}


def theirs(folder: Path, texts: list[str], prompt: str = "") -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        return model.encode(texts, prompt=prompt, normalize_embeddings=True, show_progress_bar=False)


def test_the_shipped_encoder_gives_the_vectors_that_sentence_transformers_gives() -> None:
    ours = real_fleet().encoder().encode(HARD_TEXTS)
    # A brain float rounds by at most 2**-9; through six layers that leaves an angle of about 0.005.
    assert np.sum(ours * theirs(locate(real_fleet().row("encoder")).parent, HARD_TEXTS), axis=1).min() > 0.9999


@pytest.mark.parametrize("family", ["bert", "roberta", "mpnet", "distilbert"])
def test_each_family_gives_the_vectors_that_sentence_transformers_gives(folders: dict[str, Path], family: str) -> None:
    prompts = MADE[family].get("prompts", {})
    passages = theirs(folders[family], TEXTS, prompts.get("passage", ""))
    questions = theirs(folders[family], TEXTS, prompts.get("query", ""))
    encoder = BertEncoder(folders[family])
    assert encoder.dimension == passages.shape[1]
    assert np.sum(encoder.encode(TEXTS) * passages, axis=1).min() > 0.999
    assert np.sum(encoder.encode_queries(TEXTS) * questions, axis=1).min() > 0.999
    encoder._network = Plain(_bert_weights.read(folders[family], _folder.read(folders[family])))
    assert np.abs(encoder.encode(TEXTS) - passages).max() < 1e-5


def test_a_network_of_another_kind_is_run_by_sentence_transformers(home: Path, folders: dict[str, Path]) -> None:
    row = encoders.imported(home, folders["electra"], "other")
    assert row.runtime == "sentence"
    assert "electra" in row.note
    found = Fleet(catalogue(home)).encoder("other").encode(TEXTS)
    assert np.abs(found - theirs(folders["electra"], [text or " " for text in TEXTS])).max() < 1e-5


def test_an_encoder_without_a_network_is_imported_too(home: Path, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import StaticEmbedding

        table = np.random.default_rng(1).normal(size=(len({*WORDS}) + 31, 8)).astype(np.float32)
        static = StaticEmbedding(_tokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]), table)
        SentenceTransformer(modules=[static]).save(str(tmp_path / "static"))
    row = encoders.imported(home, tmp_path / "static")
    assert json.loads(Path(row.file).read_bytes())["dimension"] == 8
    found = Fleet(catalogue(home)).encoder("static").encode(TEXTS[:2])
    assert np.abs(found - theirs(tmp_path / "static", TEXTS[:2])).max() < 1e-5


def test_half_and_brain_floats_are_read(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    values = torch.tensor([[1.5, -2.25], [0.0, 3e4]])
    save_file({"a": values.bfloat16(), "b": values.half(), "c": values, "d": torch.arange(3)}, tmp_path / "w")
    found = _bert_weights.tensors(tmp_path / "w")
    assert sorted(found) == ["a", "b", "c"]
    assert found["c"].tolist() == found["b"].tolist() == values.tolist()
    assert np.abs(found["a"] / np.where(values == 0, 1, values) - (values != 0).numpy()).max() < 2**-8


def test_batches_hold_texts_of_about_one_length_within_their_room() -> None:
    tokens = [[0] * length for length in (5, 90, 3, 88, 40, 4, 200)]
    assert list(_batches(tokens, 180)) == [[6], [1, 3], [4, 0, 5, 2]]


def test_what_was_read_before_is_not_read_again_within_its_room() -> None:
    tokens = {name: ([(0, 1)], np.full((2, 4), number, np.float32)) for number, name in enumerate("abc")}
    memory = _Memory(2 * tokens["a"][1].nbytes)
    memory.add({"a": tokens["a"], "b": tokens["b"]})
    assert memory.recall(["a"])["a"] is tokens["a"]
    memory.add({"c": tokens["c"]})
    assert sorted(memory.recall("abc")) == ["a", "c"]  # "b" was not asked for the longest
    with pytest.raises(ValueError, match="read-only"):
        tokens["a"][1][:] = 0  # it is shared with whoever asks next


def test_the_tokens_of_a_text_are_the_same_when_they_are_asked_for_again(folders: dict[str, Path]) -> None:
    encoder = BertEncoder(folders["bert"])
    first = encoder.encode_tokens(["the tent", "refund"])
    again = encoder.encode_tokens(["refund", "the seam leaks", "the tent"])
    assert again[0] is first[1]
    assert again[2] is first[0]
    assert [len(spans) for spans, _ in again] == [1, 3, 2]


def test_an_encoder_is_imported_with_what_its_folder_says(home: Path, folders: dict[str, Path]) -> None:
    (folders["mpnet"] / "README.md").write_text("---\nlanguage: de\nlicense: apache-2.0\n---\n# A model\n")
    (folders["mpnet"] / "pytorch_model.bin").write_bytes(b"pickle")
    row = encoders.imported(home, folders["mpnet"])
    said = json.loads(Path(row.file).read_bytes())
    assert (row.id, row.licence, said["dimension"], said["tokens"]) == ("mpnet", "apache-2.0", 64, 64)
    assert said["pooling"] == ["mean", "max"]
    assert said["prompts"] == {"query": "query: ", "document": "a "}
    assert not (Path(row.file).parent / "pytorch_model.bin").exists()
    assert Fleet(catalogue(home)).encoder_id("mpnet") == row.sha256


def test_prompts_that_a_person_gives_come_before_the_folders_own(home: Path, folders: dict[str, Path]) -> None:
    plain, asked = encoders.imported(home, folders["bert"], "one"), "query: "
    other = encoders.imported(home, folders["bert"], "two", query=asked)
    assert plain.sha256 != other.sha256
    encoder = Fleet(catalogue(home)).encoder("two")
    assert np.allclose(encoder.encode_queries(["refund"]), encoder.encode([f"{asked}refund"]), atol=1e-6)


def test_the_chosen_encoder_is_the_default_until_the_shipped_one_is_chosen_again(
    home: Path, folders: dict[str, Path]
) -> None:
    encoders.imported(home, folders["bert"], "mine")
    assert Fleet(catalogue(home)).row("encoder").id == "all-minilm-l6-v2"
    encoders.choose(home, "mine")
    assert Fleet(catalogue(home)).encoder().dimension == 32
    with pytest.raises(Problem, match="in use"):
        encoders.remove(home, "mine")
    encoders.choose(home, "")
    encoders.remove(home, "mine")
    assert [row.id for row in catalogue(home) if row.role == "encoder"] == ["all-minilm-l6-v2"]


def test_an_encoder_tuned_here_is_found_by_a_fleet_that_is_older(home: Path, folders: dict[str, Path]) -> None:
    fleet = Fleet(catalogue(home), home)
    row = encoders.adopt(home, folders["bert"], "tuned-1", base="all-minilm-l6-v2", licence="Apache-2.0")
    assert (row.licence, row.note) == ("Apache-2.0", "Made from all-minilm-l6-v2.")
    assert fleet.encoder("tuned-1").dimension == 32
    with pytest.raises(Problem) as caught:
        fleet.encoder("tuned-2")
    assert caught.value.code == "no_encoder"


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "1_Pooling/config.json", "encoder.json"])
def test_an_encoder_with_a_changed_file_is_not_loaded(home: Path, folders: dict[str, Path], name: str) -> None:
    row = encoders.imported(home, folders["bert"], "mine")
    file = Path(row.file).parent / name
    file.write_bytes(file.read_bytes().replace(b"a", b"b", 1))
    with pytest.raises(Problem) as caught:
        Fleet(catalogue(home)).encoder("mine")
    assert caught.value.code == "model_changed"


def _linked(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder.parent / "elsewhere")
    (folder / "model.safetensors").symlink_to(folder.parent / "elsewhere")


def _with_code(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_bytes())
    (folder / "config.json").write_text(json.dumps(config | {"auto_map": {"AutoModel": "evil.Model"}}))


def _with_module(folder: Path, kind: str, path: str) -> None:
    modules = json.loads((folder / "modules.json").read_bytes())
    (folder / "modules.json").write_text(json.dumps([*modules, {"idx": 9, "type": kind, "path": path}]))


def _damaged(folder: Path) -> None:
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[:-100])


REFUSED = {
    "links": _linked,
    "auto_map": _with_code,
    "program code": lambda folder: _with_module(folder, "custom.Layer", "9_Layer"),
    "outside": lambda folder: _with_module(folder, "sentence_transformers.models.Normalize", "../../etc"),
    "no model.safetensors": lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"),
    "tokenizer.json": lambda folder: (folder / "tokenizer.json").unlink(),
    "can't be": _damaged,
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_can_not_be_an_encoder_is_refused_and_leaves_nothing(
    home: Path, folders: dict[str, Path], tmp_path: Path, reason: str
) -> None:
    shutil.copytree(folders["bert"], tmp_path / "theirs")
    REFUSED[reason](tmp_path / "theirs")
    with pytest.raises(Problem) as caught:
        encoders.imported(home, tmp_path / "theirs", "mine")
    assert reason in caught.value.sentence.lower()
    assert list((home / "encoders").iterdir()) == []


@pytest.mark.parametrize("name", ["../up", "Upper", "", ".hidden", "a/b"])
def test_a_name_that_could_lead_elsewhere_is_refused(home: Path, folders: dict[str, Path], name: str) -> None:
    with pytest.raises(Problem) as caught:
        encoders.adopt(home, folders["bert"], name, base="")
    assert caught.value.code == "bad_name"
