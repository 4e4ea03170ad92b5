"""Reads what a sentence-transformers folder says about its encoder: network, pooling, lengths, prompts."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

POOLINGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
"""Our names of the poolings, by the older spelling in `1_Pooling/config.json`; joined in this order."""

SERVED_POOLINGS = {"cls", "max", "mean", "mean_sqrt_len_tokens"}
FAMILIES = {
    "bert": "bert",
    "roberta": "roberta",
    "xlm-roberta": "roberta",
    "camembert": "roberta",
    "mpnet": "mpnet",
    "distilbert": "distilbert",
}
"""The networks that `bert.py` runs, by `model_type` in config.json."""
GELUS = {"gelu": "erf", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh"}
DENSE_ACTIVATIONS = {"Tanh": "tanh", "Identity": "", "ReLU": "relu"}
MOST_TOKENS = 512
"""Where a folder names no length: what every network of these families can take."""

_PART = re.compile(r"[A-Za-z0-9_]{0,40}")


@dataclass(frozen=True, slots=True)
class Dense:
    """A layer behind the pooling: the folder with its weights, and the activation ("" = none)."""

    folder: str
    activation: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How a folder's encoder is run.

    `fast` is False where only sentence-transformers itself can run it, and `why` says what it has. A
    `dimension` of 0 stands nowhere in the folder.
    `tokens` is the length that longer texts are cut at; `query` and `document` are put before texts.
    """

    network: str
    family: str
    fast: bool
    why: str
    dimension: int
    tokens: int
    pooling: tuple[str, ...]
    dense: tuple[Dense, ...]
    lower: bool
    query: str
    document: str
    config: dict[str, Any]


def read(folder: Path) -> Plan:
    """The plan of an encoder. Raises ValueError, KeyError or OSError where the folder is none."""
    modules = _modules(folder)
    first, network = modules[0]
    pooling, dense, odd = _after(folder, modules[1:])
    if first == "Transformer":
        config = _json(folder / network / "config.json")
        family = FAMILIES.get(str(config.get("model_type", "bert")), "")
        why = odd or _unknown(family, config, pooling)
    else:
        config, family, why = {}, "", f"a first module {first:.40}"
    width = int(config.get("hidden_size") or config.get("dim") or 0)
    dimension = width * len(pooling)
    if modules[1:] and dense:
        dimension = int(_json(folder / dense[-1].folder / "config.json")["out_features"])
    bert = _sentence_config(folder / network)
    query, document = _prompts(folder)
    return Plan(
        network,
        family,
        not why,
        why,
        dimension,
        _tokens(folder / network, bert, config, family),
        pooling,
        dense,
        bool(bert.get("do_lower_case")),
        query,
        document,
        config,
    )


def _modules(folder: Path) -> list[tuple[str, str]]:
    """(kind, subfolder) of each module, in order. A folder without a list is a bare network."""
    if not (folder / "modules.json").exists():
        return [("Transformer", "")]
    found = []
    for row in _json(folder / "modules.json", list):
        kind, path = str(row["type"]), str(row.get("path", ""))
        if not kind.startswith("sentence_transformers."):
            raise ValueError(f"it needs program code of its own ({kind:.80})")
        if not _PART.fullmatch(path):
            raise ValueError(f"a module lies at {path!r:.80}, outside its folder")
        found.append((kind.rpartition(".")[2], path))
    if not found:
        raise ValueError("modules.json names no module")
    return found


def _after(folder: Path, modules: list[tuple[str, str]]) -> tuple[tuple[str, ...], tuple[Dense, ...], str]:
    """The poolings, the dense layers, and what `bert.py` can't run ("" = nothing)."""
    pooling: tuple[str, ...] = ("mean",)
    dense: list[Dense] = []
    odd = ""
    for kind, path in modules:
        if kind == "Pooling":
            said = _json(folder / path / "config.json")
            pooling = _poolings(said)
            odd = odd or ("" if said.get("include_prompt", True) else "pooling without the prompt")
        elif kind == "Dense":
            said = _json(folder / path / "config.json")
            activation = str(said.get("activation_function", "Tanh")).rpartition(".")[2]
            if activation not in DENSE_ACTIVATIONS or said.get("use_residual"):
                odd = odd or f"a dense layer with {activation:.40}"
            dense.append(Dense(path, DENSE_ACTIVATIONS.get(activation, "")))
        elif kind != "Normalize":
            odd = odd or f"a module {kind:.40}"
    return pooling, tuple(dense), odd


def _poolings(said: dict[str, Any]) -> tuple[str, ...]:
    mode = said.get("pooling_mode")
    if isinstance(mode, str):
        return (mode,)
    if isinstance(mode, list) and mode:
        return tuple(str(each) for each in mode)
    return tuple(name for key, name in POOLINGS.items() if said.get(key)) or ("mean",)


def _unknown(family: str, config: dict[str, Any], pooling: tuple[str, ...]) -> str:
    """What about this network `bert.py` does not know ("" = nothing)."""
    if not family:
        return f"a network of the kind {config.get('model_type')!r:.40}"
    if str(config.get("hidden_act") or config.get("activation")) not in GELUS:
        return f"the activation {config.get('hidden_act') or config.get('activation')!r:.40}"
    if config.get("position_embedding_type", "absolute") != "absolute" or config.get("is_decoder"):
        return "places that are not absolute"
    if not set(pooling) <= SERVED_POOLINGS:
        return f"the pooling {', '.join(pooling):.80}"
    return ""


def _tokens(folder: Path, bert: dict[str, Any], config: dict[str, Any], family: str) -> int:
    offset = int(config.get("pad_token_id", 1)) + 1 if family in ("roberta", "mpnet") else 0
    room = int(config.get("max_position_embeddings") or MOST_TOKENS) - offset
    named = bert.get("max_seq_length")
    if named is None and (folder / "tokenizer_config.json").exists():
        named = _json(folder / "tokenizer_config.json").get("model_max_length")
    tokens = min(int(named or MOST_TOKENS), room)
    if tokens < 3:
        raise ValueError(f"it takes {tokens} tokens only")
    return tokens


def _sentence_config(folder: Path) -> dict[str, Any]:
    files = sorted(folder.glob("sentence_*_config.json"))
    return _json(files[0]) if files else {}


def _prompts(folder: Path) -> tuple[str, str]:
    """What is put before a query, and before a passage; the default prompt where one is not named."""
    file = folder / "config_sentence_transformers.json"
    said = _json(file) if file.exists() else {}
    prompts = dict(said.get("prompts") or {})
    default = prompts.get(said.get("default_prompt_name") or "") or ""
    query = prompts.get("query") or default
    document = next((prompts[name] for name in ("document", "passage", "corpus") if prompts.get(name)), default)
    if not (isinstance(query, str) and isinstance(document, str)):
        raise ValueError("a prompt is not a text")  # noqa: TRY004 - a damaged file, not a caller's mistake
    return query, document


def _json(file: Path, kind: type = dict) -> Any:
    try:
        said = json.loads(file.read_text("utf-8"))
    except RecursionError as error:
        raise ValueError(f"{file.name} is nested too deep") from error
    if not isinstance(said, kind):
        raise ValueError(f"{file.name} holds no {kind.__name__}")  # noqa: TRY004 - a damaged file
    return said
